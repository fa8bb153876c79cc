"""The hull of a start: the right subspace, nothing claimed that is not so on it, and the large model's own laws.

Planted subspaces are hidden by orthogonal changes of coordinates and checked without `derive`: invariance by SymPy's
derivatives at points of the subspace, minimality by displacements along random flows.
"""

from dataclasses import dataclass
from random import Random

import numpy as np
import pytest
from console import model as model_of
from console import point, read, show
from scipy.integrate import solve_ivp
from sympy import Expr, Matrix, Rational, Symbol, eye, lambdify, sqrt, zeros

from derive.catalogue import architectures
from derive.fields.dynamics import induced_dynamics
from derive.fields.hull import Hull, hull
from derive.fields.leaf import setting
from derive.laws.conservation import conservation_laws
from derive.laws.special import special_leaf
from derive.metric.closure import closure
from derive.metric.hessian import hessian
from derive.metric.warp import warp
from derive.model import Model, parse_model
from derive.pipeline import derive
from derive.potentials.routes import routes
from derive.verdict import Verdict


def found(predictor: list[str], parameters: str, start: str) -> Hull | None:
    names, values = parameters.split(), start.split()
    return hull(induced_dynamics(parse_model(predictor, parameters=names, start=dict(zip(names, values, strict=True)))))


def images(held: Hull | None) -> dict[str, str]:
    assert held is not None
    return {str(p): str(e) for p, e in held.images}


# -- by hand ------------------------------------------------------------------------------------------

TWO = ["a*w1+b*v1", "a*w2+b*v2"]
PRODUCT = ["u1*v1+u2*v2", "u1*v3+u2*v4", "u3*v1+u4*v2", "u3*v3+u4*v4"]
SYMMETRIC = [PRODUCT[0], f"{PRODUCT[1]}+{PRODUCT[2]}", PRODUCT[3]]
SIX = "a w1 w2 b v1 v2"
UV = "u1 u2 u3 u4 v1 v2 v3 v4"

KNOWN = [
    (["a*b*w1", "a*b*w2"], "a b w1 w2", "3 -3 1 0", {"b": "-a"}),
    (["a*b*w1", "a*b*w2"], "a b w1 w2", "alpha alpha 1 0", {"b": "a"}),
    (TWO, SIX, "3 1 2 -6 -2 -4", {"b": "-2*a", "v1": "-2*w1", "v2": "-2*w2"}),
    (TWO, SIX, "1 1 2 0 0 0", {"b": "0", "v1": "0", "v2": "0"}),
    (TWO, SIX, "sqrt(2) 1 0 1 sqrt(2)/2 0", {"b": "sqrt(2)*a/2", "v1": "sqrt(2)*w1/2", "v2": "sqrt(2)*w2/2"}),
    (TWO, SIX, "3*c c 0 2*e 2*e/3 0", {"b": "2*a*e/(3*c)", "v1": "2*e*w1/(3*c)", "v2": "2*e*w2/(3*c)"}),
    (["exp(a)*w+exp(b)*v", "a+b"], "a w b v", "0 1 0 1", {"b": "a", "v": "w"}),
    (["a**D*b**D*w"], "a b w", "alpha alpha 0", {"b": "a"}),
    (["u**2-x**2", "x**3+v**3"], "u x v", "1 0 1", {"x": "0"}),
    # under symmetric measurements U = V stays
    (SYMMETRIC, UV, "1 0 0 1 1 0 0 1", {"v1": "u1", "v2": "u2", "v3": "u3", "v4": "u4"}),
]  # fmt: skip
NONE = [
    (["a*b*w1", "a*b*w2"], "a b w1 w2", "3 2 1 0"),
    (TWO, SIX, "3 1 2 -6 -2 -3"),
    (["exp(a)*w+exp(b)*v", "a+b"], "a w b v", "0 1 0 2"),
    (PRODUCT, UV, "1 0 0 1 1 0 0 1"),  # A in dU = A V, dV = A^T U is any matrix
    (["exp(a)/(exp(a)+exp(b))"], "a b", "1 2"),  # a + b is conserved from every start
    (["a*w", "b*w"], "a b w", "alpha**(1/2) alpha**(1/2) 1"),  # constants that are not independent
]


@pytest.mark.parametrize(("predictor", "parameters", "start", "known"), KNOWN)
def test_the_subspace_is_the_one_found_by_hand(
    predictor: list[str], parameters: str, start: str, known: dict[str, str]
) -> None:
    assert images(found(predictor, parameters, start)) == known


@pytest.mark.parametrize(("predictor", "parameters", "start"), NONE)
def test_a_start_that_is_on_none_is_left_alone(predictor: list[str], parameters: str, start: str) -> None:
    assert found(predictor, parameters, start) is None


def test_the_model_on_it_has_the_induced_metric() -> None:
    held = found(["a*b*c*w"], "a b c w", "2 2 -2 1")
    assert held is not None
    assert held.model.parameter_metric == Matrix([[3, 0], [0, 1]]) and str(held.model.predictor[0]) == "-a**3*w"


# -- planted and hidden -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Planted:
    """A model, the dimension of the subspace that was planted, and whether the start was moved off it."""

    model: Model
    dimension: int
    moved: bool


def reflection(random: Random, p: int) -> Matrix:
    v = Matrix([random.choice((1, -1, 2, 0)) for _ in range(p)])
    v[random.randrange(p)] = 1
    return eye(p) - 2 * v * v.T / v.dot(v)


def planted(seed: int) -> Planted:
    """Copies of random polynomials in m parameters, added up; equal copies at the start; then reflected."""
    random = Random(f"hull {seed}")
    m, copies = random.choice(((1, 3), (2, 2), (2, 3)))
    us = [[Symbol(f"u{c}_{j}", real=True) for j in range(m)] for c in range(copies)]
    flat, moved = [u for c in us for u in c], random.random() < 0.3
    powers = [[random.randint(low, 3) for _ in range(m)] for low in (2, 1)]
    sums = [sum(u[j] ** k for u in us) for j, k in enumerate(powers[0])]
    mixed = sum(_product(u, powers[1]) for u in us)
    turn, w0 = reflection(random, len(flat)), [Rational(random.randint(1, 3), random.randint(1, 2)) for _ in range(m)]
    start = Matrix(w0 * copies)
    if moved:
        start[0] += 1
    names = [Symbol(f"y{i}", real=True) for i in range(len(flat))]
    there = dict(zip(flat, turn * Matrix(names), strict=True))
    predictor = [mixed + sums[0], *sums[1:]]
    model = Model(
        name=f"planted {seed}",
        parameters=tuple(names),
        predictor=tuple(f.xreplace(there).expand() for f in predictor),
        start=tuple(turn * start),  # a reflection is its own inverse
    )
    return Planted(model, m, moved)


def _product(u: list[Symbol], ks: list[int]) -> Expr:
    total: Expr = Rational(1)
    for x, k in zip(u, ks, strict=True):
        total = total * x**k
    return total


def basis(model: Model, held: Hull) -> Matrix:
    return Matrix([dict(held.images).get(p, p) for p in model.parameters]).jacobian(list(held.model.parameters))


def displacement_rank(model: Model, seed: int) -> int:
    """How many directions the flow from the start has been seen to take: a lower bound of the hull's dimension."""
    velocity = lambdify([model.parameters], Matrix(model.predictor).jacobian(list(model.parameters)).T, "numpy")
    w0, random = np.array([float(v) for v in model.start or ()]), Random(seed)
    rows = []
    for _ in range(3 * len(w0)):
        force = [random.uniform(-1, 1) for _ in model.predictor]
        pace = 0.3 / (1 + np.abs(velocity(w0) @ force).max())
        end = solve_ivp(lambda _, w, f=force: velocity(w) @ f, (0, pace), w0, rtol=1e-11, atol=1e-13).y[:, -1]
        rows.append((end - w0) / np.linalg.norm(end - w0))
    return int((np.linalg.svd(np.array(rows), compute_uv=False) > 1e-7).sum())


SEEDS = range(16)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hidden_subspace_is_found_and_no_gradient_leaves_it(seed: int) -> None:
    plan = planted(seed)
    model, held = plan.model, hull(induced_dynamics(plan.model))
    size = len(model.parameters) if held is None else len(held.model.parameters)
    seen = displacement_rank(model, seed)
    assert seen <= size
    if not plan.moved:
        assert held is not None and size <= plan.dimension
    if held is None:
        return
    span, random = basis(model, held), Random(seed)
    assert span.T * span == (held.model.parameter_metric or eye(size))
    jacobian = Matrix(model.predictor).jacobian(list(model.parameters))
    for _ in range(2):
        z = {p: Rational(random.randint(-20, 20), 7) for p in held.model.parameters}
        w = z | {p: e.xreplace(z) for p, e in held.images}
        for row in range(jacobian.rows):
            assert span.row_join(jacobian[row, :].T.xreplace(w)).rank() == size


def test_the_plans_are_of_both_kinds_and_minimal_ones_occur() -> None:
    """Otherwise the comparison above would say little."""
    plans = [planted(seed) for seed in SEEDS]
    assert {p.moved for p in plans} == {True, False}
    on = [p for p in plans if not p.moved]
    assert sum(displacement_rank(p.model, 0) == p.dimension for p in on) > len(on) / 2


# -- verdicts and witnesses ---------------------------------------------------------------------------

BALANCED = parse_model(
    TWO, parameters=SIX.split(), start=dict(zip(SIX.split(), ("5", "3", "4", "10", "6", "8"), strict=True))
)


def on_the_ideal(model: Model) -> tuple[Verdict, Verdict, Verdict]:
    """The stages modulo the ideal of the laws, with no reduction."""
    leaf = setting(induced_dynamics(model))
    leaf, laws = special_leaf(leaf, conservation_laws(leaf))
    assert leaf.dynamics.model.restrict
    closed = closure(leaf, laws)
    decided = hessian(leaf, closed)
    return closed.verdict, decided.hessian, warp(leaf, closed, decided).verdict


def test_the_ideal_of_the_laws_says_the_same_without_a_reduction() -> None:
    whole = derive(BALANCED)
    assert whole.subspace and whole.closure is not None
    reduced = (whole.closure.verdict, whole.hessian, whole.warp.verdict)
    assert [v.status for v in reduced] == [v.status for v in on_the_ideal(BALANCED)]


def test_laws_and_commuting_fields_are_about_all_of_parameter_space() -> None:
    """The count is that of every leaf."""
    generic, special = derive(parse_model(TWO)), derive(BALANCED)
    assert generic.laws is not None and special.laws is not None
    assert special.laws.count == generic.laws.count == 3
    assert set(special.laws.laws) == set(conservation_laws(setting(induced_dynamics(BALANCED))).laws)
    assert special.commuting.is_refuted and special.commuting.witness is not None


def test_a_large_net_has_all_its_laws() -> None:
    model = architectures()["fully-connected"].model(depth=4, width=2, dimension=3)
    laws = derive(model).laws
    assert laws is not None and laws.verdict.is_proved and laws.count == len(laws.laws) == 9  # 3 of each two layers
    jacobian = Matrix(model.predictor).jacobian(list(model.parameters))
    at = {p: Rational(3 * n + 2, n + 1) for n, p in enumerate(model.parameters)}
    slopes = Matrix(laws.laws).jacobian(list(model.parameters))
    assert (jacobian * slopes.T).xreplace(at) == zeros(3, 9) and slopes.xreplace(at).rank() == 9


WITNESSED = [
    # three neurons, two of them equal: on the hull there are two, which do not close
    ("a*w1+b*v1+c*x1, a*w2+b*v2+c*x2", "a=1, b=1, c=1, w1=1, w2=2, v1=2, v2=-1, x1=2, x2=-1", "closure"),
    ("a*b*w1, a*b*w2", "a=2, b=2, w1=1, w2=1", "hessian"),
]


@pytest.mark.parametrize(("predictor", "start", "stage"), WITNESSED)
def test_a_witness_is_a_point_of_the_large_model_on_the_subspace(predictor: str, start: str, stage: str) -> None:
    document = show(predictor, "--start", start)
    assert document[stage]["status"] == "refuted" and document["subspace"]
    witness = document[stage]["witness"]
    parameters, _, jacobian = model_of(document)
    at = point(witness["point"])
    assert set(parameters) <= set(at)
    equations = [read(p) - read(e) for p, e in document["subspace"].items()]
    assert all(e.xreplace(at) == 0 for e in equations)
    if stage == "closure":
        u = Matrix([point(witness["direction"])[p] for p in parameters])
        laws = Matrix([read(h) for h in document["conservation_laws"]["laws"]]).jacobian(parameters)
        assert (jacobian * u).xreplace(at).is_zero_matrix and (laws * u).xreplace(at).is_zero_matrix
        metric = jacobian * jacobian.T
        moved = sum((c * metric.diff(p) for c, p in zip(u, parameters, strict=True)), zeros(*metric.shape))
        assert read(witness["value"]) in set(moved.xreplace(at))
        return
    fields = [jacobian[i, :].T for i in range(jacobian.rows)]
    i, j = witness["entry"]
    bracket = fields[j].jacobian(parameters) * fields[i] - fields[i].jacobian(parameters) * fields[j]
    assert read(witness["value"]) in set((jacobian * bracket).xreplace(at))


# -- the balanced net, against the flow of all its weights --------------------------------------------


@pytest.mark.parametrize(
    "options", [{"depth": 3, "width": 3, "dimension": 2}, {"depth": 4, "width": 2, "dimension": 3}]
)
def test_the_potential_of_a_balanced_net_follows_the_flow_of_all_weights(options: dict[str, int]) -> None:
    """d grad Q = g s dt under a constant force s: integrated here, by SciPy, in all parameters."""
    model = architectures()["fully-connected"].model(**options)
    q = derive(model)
    assert q.potential.gradient is not None and q.warp.factor is not None
    assert q.scope == ("every dimension" if options["width"] <= options["dimension"] else "this dimension")
    (alpha,) = model.constants
    at, w = {alpha: Rational(6, 5)}, list(model.parameters)
    slopes = lambdify([w], Matrix(model.predictor).jacobian(w).T, "numpy")
    g = lambdify([w], q.warp.factor.xreplace(at), "numpy")
    force = np.array([0.3, -0.2, 0.25][: len(model.predictor)])

    def velocity(_: float, y: np.ndarray) -> list[float]:
        return [*(slopes(y[:-1]) @ force), g(y[:-1])]

    w0 = [float(v.xreplace(at)) for v in model.start or ()]
    end = solve_ivp(velocity, (0, 0.5), [*w0, 0.0], rtol=1e-11, atol=1e-12).y[:, -1]
    beta = lambdify([w], list(model.predictor), "numpy")(end[:-1])
    gradient = lambdify([q.potential.variables], [e.xreplace(at) for e in q.potential.gradient], "numpy")(beta)
    assert np.allclose(gradient, force * end[-1], rtol=1e-7, atol=0)
    r = sqrt(sum(b**2 for b in q.potential.variables))
    depth = options["depth"]
    assert q.warp_in_beta is not None and not (q.warp_in_beta / r ** (1 - Rational(1, depth))).simplify().free_symbols


# -- a constant metric on parameter space, which the hull brings with it ------------------------------


def test_two_routes_are_compared_under_a_constant_metric_and_a_wrong_gradient_is_found() -> None:
    metric = [["2", "0", "0"], ["0", "1", "0"], ["0", "0", "1"]]
    model = parse_model(
        ["a**2*w1", "a**2*w2"],
        start={"a": "1", "w1": "1", "w2": "0"},
        parameter_metric=metric,
        parameters=["a", "w1", "w2"],
    )
    a, w1, w2 = model.parameters
    assert routes(model, None, [w1 - 1, w2], None, None, a**2).compared
    assert routes(model, None, [2 * w1 - 2, w2], None, None, a**2).verdict.is_refuted


@pytest.mark.parametrize(("start", "listed"), [("a=2, w1=1, w2=0", False), ("a=1, w1=2, w2=0", True)])
def test_a_law_excludes_an_event_under_a_constant_metric_too(start: str, listed: bool) -> None:
    """2*a**2 - |w|**2 is conserved: where it is positive, a never vanishes."""
    found = show("a*w1, a*w2", "--parameter-metric", "2, 0, 0; 0, 1, 0; 0, 0, 1", "--start", start)
    assert any(text.startswith("a = 0") for text in found["potential"]["valid_until"]) is listed


def test_an_invariant_zero_is_no_event_on_the_hull() -> None:
    found = show("a*b*w1, a*b*w2", "--start", "a=1, b=1, w1=2, w2=0")
    assert found["subspace"] == {"b": "a"}  # V_i(a) = a*w_i there
    assert not any(text.startswith("a = 0") for text in found["potential"]["valid_until"])


def test_conditions_that_positive_coordinates_imply_are_not_listed() -> None:
    assert show("spectral", "--size", "2")["potential"]["domain"]["conditions"] == ["beta1 > 0", "beta2 > 0"]


def test_a_kink_beside_the_hull_is_no_internal_error() -> None:
    found = show("Abs(a)*w1+Abs(b)*v1, Abs(a)*w2+Abs(b)*v2", "--start", "a=1, b=1, w1=2, v1=2, w2=0, v2=0")
    assert found["subspace"] and found["warp"]["status"] == "proved"
