"""Every built-in architecture against what is known of it (`architecture_facts`), and the facts against each other.

The facts come first: fields, brackets, ranks, metrics in beta and gradients are computed here from F and from the
table, without `derive`'s stages.  A verdict `proved` or `refuted` that contradicts a fact fails; `unknown` passes
where the table says so and nowhere else.
"""

from dataclasses import replace
from functools import cache

import pytest
from architecture_facts import FACTS, Facts
from metric_oracle import Jet, vanish
from sympy import Abs, Expr, Matrix, Rational, Symbol, diff

from derive.catalogue import architectures
from derive.derivation import Derivation
from derive.expression import parse_expression
from derive.model import Model
from derive.pipeline import derive

ALPHA, SMALL = Rational(3, 2), Rational(1, 10**40)
PLACES = (
    (Rational(5, 7), Rational(2, 11), Rational(3, 13), Rational(4, 5)),
    (Rational(9, 5), Rational(1, 3), Rational(7, 17), Rational(8, 3)),
)
STAGES = ("commuting", "closure", "hessian", "warp", "potential")
each = pytest.mark.parametrize("facts", FACTS, ids=[f.title for f in FACTS])


@cache
def model_of(title: str) -> Model:
    facts = next(f for f in FACTS if f.title == title)
    model = architectures()[facts.name].model(**facts.options)
    symbols = {str(p): p for p in model.parameters}
    restrict = tuple(parse_expression(r, symbols.__getitem__) for r in facts.restrict)
    return replace(model, restrict=restrict)


@cache
def derived(title: str) -> Derivation:
    return derive(model_of(title))


def expected(facts: Facts, stage: str) -> bool | None:
    """A potential exists iff a warp does."""
    return facts.warp if stage == "potential" else getattr(facts, stage)


def contradiction(facts: Facts, stage: str, status: str) -> str | None:
    """Why this status cannot stand beside the fact, or None."""
    fact = expected(facts, stage)
    if status == "unknown":
        return None if stage in facts.open else "the table does not allow `unknown` here"
    return None if fact is None or (status == "proved") is fact else f"the fact is {fact}"


def statuses(found: Derivation) -> dict[str, str]:
    assert found.laws is not None and found.closure is not None
    verdicts = (found.commuting, found.closure.verdict, found.hessian, found.warp.verdict, found.potential.verdict)
    return {stage: str(v.status) for stage, v in zip(STAGES, verdicts, strict=True)}


# -- derive against the facts -------------------------------------------------------------------------


def test_every_architecture_and_example_has_its_facts() -> None:
    known = [(f.name, dict(f.options)) for f in FACTS]
    missing = [(n, e) for n, a in architectures().items() for e in a.examples if (n, dict(e)) not in known]
    assert not missing


@each
def test_verdicts_are_the_facts(facts: Facts) -> None:
    found = statuses(derived(facts.title))
    assert not {s: (v, why) for s, v in found.items() if (why := contradiction(facts, s, v))}


@each
def test_a_wrong_fact_would_be_found(facts: Facts) -> None:
    found = statuses(derived(facts.title))
    for stage in STAGES:
        fact = expected(facts, stage)
        if found[stage] != "unknown" and fact is not None:
            turned = replace(facts, **{"warp" if stage == "potential" else stage: not fact})
            assert contradiction(turned, stage, found[stage]), stage
        assert stage in facts.open or contradiction(facts, stage, "unknown")


@each
def test_the_number_of_laws_is_known(facts: Facts) -> None:
    laws = derived(facts.title).laws
    assert laws is not None
    assert (str(laws.verdict.status), laws.count) == ("proved", facts.laws)
    assert len(laws.laws) <= facts.laws


def places(facts: Facts, d: int) -> list[list[Rational]]:
    """Two points of beta-space; inside the simplex for probabilities."""
    return [[x / 5 if facts.name == "softmax" else x for x in place[:d]] for place in PLACES]


def proportional(found: list[Expr], wanted: list[Expr], *, exactly: bool) -> bool:
    """found = c wanted with c = 1, or some c > 0."""
    pairs = list(zip([e.evalf(60) for e in found], [e.evalf(60) for e in wanted], strict=True))
    c = 1 if exactly else next(f / w for f, w in pairs if abs(w) > SMALL)
    return c > 0 and all(abs(f - c * w) < SMALL for f, w in pairs)


def compare(found: list[Expr], wanted: list[Expr], *, exactly: bool) -> None:
    """Proportional, and no longer so when one entry is spoiled."""
    assert proportional(found, wanted, exactly=exactly)
    assert not proportional(found, [wanted[0] * 2 + Rational(1, 3), *wanted[1:]], exactly=exactly)


@each
def test_the_potential_has_the_known_gradient(facts: Facts) -> None:
    """grad Q in beta, or beta in the dual variable, or grad Q in the parameters: whichever forms `derive` gives."""
    if facts.gradient is None and facts.dual is None:
        pytest.skip("no closed form is known")
    q, model = derived(facts.title).potential, model_of(facts.title)
    alpha = dict.fromkeys(model.constants, ALPHA)
    d, exactly = len(model.predictor), derived(facts.title).hessian.is_proved
    compared = 0
    if q.gradient is not None and facts.gradient is not None:
        for place in places(facts, d):
            at = dict(zip(q.variables, place, strict=True)) | alpha
            compare([g.subs(at) for g in q.gradient], facts.gradient(place, ALPHA), exactly=exactly)
            compared += 1
    if q.dual_gradient is not None:
        s = [Rational(1, 40 + 3 * i) for i in range(d)]  # inside every domain
        image = [b.subs(alpha).subs(dict(zip(q.dual_variables, s, strict=True))) for b in q.dual_gradient]
        if facts.gradient is not None:
            compare(facts.gradient(image, ALPHA), s, exactly=True)
        else:
            compare(image, [facts.dual(x, ALPHA) for x in s], exactly=True)
        compared += 1
    if q.parametric is not None and facts.gradient is not None:
        for w in leaf_points(facts, model):
            beta = [f.subs(w) for f in model.predictor]
            compare([g.subs(w | alpha) for g in q.parametric.gradient], facts.gradient(beta, ALPHA), exactly=exactly)
            compared += 1
    # one coordinate with a dual fact alone, as an integral along the leaf: compared with flows in test_leaf_clock
    assert compared or q.form == "quadrature" or (q.form == "parametric" and facts.dual is not None)


@each
def test_the_warp_is_the_known_one(facts: Facts) -> None:
    """g at points of the leaf, up to one factor, is that of D(grad Q) M = g 1."""
    found, model = derived(facts.title).warp, model_of(facts.title)
    points = leaf_points(facts, model)
    if found.factor is None or facts.gradient is None or facts.metric is None or facts.hessian or not points:
        pytest.skip("no closed form on either side, or a Hessian map")
    xs = [Symbol(f"x{i}", positive=True) for i in range(len(model.predictor))]
    known = (Matrix(facts.gradient(xs, ALPHA)).jacobian(xs) * facts.metric(xs, ALPHA))[0, 0]
    betas = [dict(zip(xs, (f.subs(w) for f in model.predictor), strict=True)) for w in points]
    compare([found.factor.subs(w) for w in points], [known.subs(b) for b in betas], exactly=False)


def leaf_points(facts: Facts, model: Model) -> list[dict[Symbol, Expr]]:
    """Two points of the leaf of the start, where there is an easy rational way to them."""
    p, d = len(model.parameters), len(model.predictor)
    if facts.name == "softmax":  # sum w = 0
        rows = [[Rational(1, 3), Rational(-1, 5)][:d], [Rational(2, 7), Rational(1, 2)][:d]]
        rows = [[*row, -sum(row)] for row in rows]
    elif p == d <= len(PLACES[0]):  # one parameter a coordinate
        rows = [list(PLACES[0][:d]), list(PLACES[1][:d])]
    elif facts.name in ("chain", "neuron") or (facts.name == "groups" and facts.options["groups"] == 1):  # a = |w|
        sides = {2: ((3, 4, 5), (5, 12, 13)), 3: ((3, 4, 12, 13), (2, 3, 6, 7))}[d]
        rows = [[Rational(side[-1])] * (p - d) + [Rational(x) for x in side[:-1]] for side in sides]
    elif facts.name == "fully-connected":  # W_1 = u w^T, W_j = a u u^T, W_D = a u^T with a = |w|
        u, depth = (Rational(3, 5), Rational(4, 5)), facts.options["depth"]
        sides = {2: ((3, 4, 5), (5, 12, 13)), 3: ((3, 4, 12, 13), (2, 3, 6, 7))}[d]
        rows = [
            [x * y for x in u for y in side[:-1]]
            + [side[-1] * x * y for _ in range(depth - 2) for x in u for y in u]
            + [side[-1] * x for x in u]
            for side in sides
        ]
    else:
        rows = []
    return [dict(zip(model.parameters, row, strict=True)) for row in rows]


# -- the facts against themselves, without derive -----------------------------------------------------


def fields(model: Model) -> list[Matrix]:
    return [Matrix([diff(f, p) for p in model.parameters]) for f in model.predictor]


def bracket(v: Matrix, u: Matrix, model: Model) -> Matrix:
    return u.jacobian(model.parameters) * v - v.jacobian(model.parameters) * u


@each
def test_brackets_of_the_fields(facts: Facts) -> None:
    """Zero at points of no pattern iff the table says commuting."""
    model = model_of(facts.title)
    points = [{p: Rational((7 * i + 3 * n) % 11 - 4, 3 + n) for i, p in enumerate(model.parameters)} for n in (1, 2)]
    vs = fields(model)
    values = [
        Abs(e.subs(at).subs(dict.fromkeys(model.constants, 3)).evalf(60))
        for v in vs
        for u in vs
        for e in bracket(v, u, model)
        for at in points
    ]
    assert vanish(values) is facts.commuting


@each
def test_the_rank_of_the_lie_algebra(facts: Facts) -> None:
    """p less the rank of brackets up to length three at rational points (Marcotte et al. 2023)."""
    model = model_of(facts.title)
    if facts.restrict or not all(f.is_polynomial(*model.parameters) for f in model.predictor):
        pytest.skip("polynomial models on all of parameter space only")
    vs = fields(model)
    twice = [bracket(v, u, model) for i, v in enumerate(vs) for u in vs[:i]]
    thrice = [bracket(v, b, model) for v in vs for b in twice]
    points = [{p: Rational((5 * i * i + n * i) % 17 - 6, 3) for i, p in enumerate(model.parameters)} for n in (1, 4)]
    rank = max(Matrix.hstack(*[v.subs(at) for v in (*vs, *twice, *thrice)]).rank() for at in points)
    assert len(model.parameters) - rank == facts.laws


def jet(facts: Facts, place: list[Rational]) -> Jet:
    """rho = M^-1 and its derivatives, from those of M, in numbers of 60 digits."""
    assert facts.metric is not None
    xs = [Symbol(f"x{i}", positive=True) for i in range(len(place))]
    at = dict(zip(xs, place, strict=True))
    m = facts.metric(xs, ALPHA)

    def number(e: Matrix) -> Matrix:
        return e.subs(at).evalf(60)

    rho = number(m).inv()
    first = [m.diff(x) for x in xs]
    turned = [-rho * number(f) * rho for f in first]
    slopes = [number(f) for f in first]

    def curvature(k: int, n: int) -> Matrix:
        mixed = number(first[k].diff(xs[n]))
        return -(turned[n] * slopes[k] * rho + rho * slopes[k] * turned[n] + rho * mixed * rho)

    second = [tuple(curvature(k, n) for n in range(len(xs))) for k in range(len(xs))]
    return Jet(rho, tuple(turned), tuple(second))


@pytest.mark.parametrize("facts", [f for f in FACTS if f.metric], ids=[f.title for f in FACTS if f.metric])
def test_metrics_of_the_literature_have_the_hessian_and_warp_of_the_table(facts: Facts) -> None:
    jets = [jet(facts, place) for place in places(facts, len(model_of(facts.title).predictor))]
    assert all(vanish(j.gaps) for j in jets) is facts.hessian
    if jets[0].rho.rows > 1:
        assert all(vanish(j.unsolved) and vanish(j.curls) for j in jets) is facts.warp


@pytest.mark.parametrize(
    "facts", [f for f in FACTS if f.metric and f.gradient], ids=[f.title for f in FACTS if f.metric and f.gradient]
)
def test_gradients_of_the_literature_belong_to_their_metrics(facts: Facts) -> None:
    """D(grad Q) M = g 1 with g > 0, and g = 1 for a Hessian map; grad Q vanishes at the start."""
    model = model_of(facts.title)
    xs = [Symbol(f"x{i}", positive=True) for i in range(len(model.predictor))]
    gradient = Matrix(facts.gradient(xs, ALPHA))
    for place in places(facts, len(xs)):
        at = dict(zip(xs, place, strict=True))
        product = (gradient.jacobian(xs) * facts.metric(xs, ALPHA)).subs(at).evalf(60)
        g = 1 if facts.hessian else product[0, 0]
        assert g > 0
        assert vanish(list(product - g * Matrix.eye(len(xs))))
    start = {p: v.subs(dict.fromkeys(model.constants, ALPHA)) for p, v in model.start_map().items()}
    beta = [f.subs(start) for f in model.predictor]
    assert vanish([e.evalf(60) for e in facts.gradient(beta, ALPHA)])
