"""Predictors that do not fill R^d: decided as an oracle decides, with witnesses and potentials that hold elsewhere."""

from pathlib import Path
from random import Random
from typing import Any

import pytest
from confined_models import Fields, Kernel, drawn, judged
from console import model, point, read, reads, run, show
from leaf_oracle import null
from mpmath import mp, mpf
from sympy import Expr, Matrix, Rational, Symbol, diff, lambdify

from derive.derivation import Derivation
from derive.errors import ComputationError, InputError
from derive.model import parse_model
from derive.pipeline import derive
from verify.data import DataSet
from verify.limit import limit
from verify.minimise.api import minimise

SEEDS = (2, 3, 4, 6, 7, 8, *range(10, 30))  # others take the oracle longer
SOFTMAX = ", ".join(f"exp({a})/(exp(a)+exp(b)+exp(c))" for a in "abc")
BASES = {
    "hadamard": (["u1*v1", "u2*v2"], {"u1": "1", "v1": "0", "u2": "1", "v2": "1/2"}, "proved", "proved"),
    "neuron": (["a*w1", "a*w2"], {"a": "2", "w1": "1", "w2": "0"}, "refuted", "proved"),
    "symmetric": (["u1**2+u2**2", "u1*u3+u2*u4", "u3**2+u4**2"], None, "refuted", "refuted"),
    "neurons": (["a*w1+b*v1", "a*w2+b*v2"], None, "refuted", "refuted"),
}


def statuses(d: Derivation) -> tuple[str | None, ...]:
    confined = None if d.confined is None else str(d.confined.verdict.status)
    assert d.closure is not None
    return confined, *(str(v.status) for v in (d.closure.verdict, d.hessian, d.warp.verdict))


def expected(k: Kernel) -> tuple[str | None, ...]:
    def word(holds: object) -> str:
        return "proved" if holds else "refuted"

    if not k.stays or k.reduced is None:
        return "refuted", None, "refuted", "refuted"
    r = k.reduced
    return (
        None if k.regular else "proved",
        word(r.closure),
        word(r.closure and r.hessian),
        word(r.closure and r.warp),
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_verdicts_are_those_of_the_oracle(seed: int) -> None:
    drawn_model = drawn(seed)
    if drawn_model is None:
        pytest.skip("a coordinate is constant")
    try:
        found = derive(drawn_model)
    except InputError:
        pytest.skip("beta cannot move at the start")
    if found.closure is not None and "at the start and" in found.closure.verdict.reason:
        assert {found.closure.verdict.status, found.hessian.status, found.warp.verdict.status} == {"unknown"}
        pytest.skip("rho is singular at the start alone, which is no point for the oracle")
    wanted = expected(judged(drawn_model))
    assert all(a == b for a, b in zip(statuses(found), wanted, strict=True) if b or wanted[0] is None), drawn_model


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("seed", range(2))
def test_affine_images_of_a_model_have_its_verdicts(name: str, seed: int) -> None:
    base, start, hessian, warp = BASES[name]
    random = Random(f"{name} {seed}")
    r = len(base)
    a = [[random.randint(-2, 3) for _ in range(r)] for _ in range(r + 2)]
    while Matrix(a).rank() < r:
        a = [[random.randint(-2, 3) for _ in range(r)] for _ in range(r + 2)]
    b = [random.randint(-2, 2) for _ in range(r + 2)]
    rows = [
        " + ".join(f"({c})*({f})" for c, f in zip(row, base, strict=True)) + f" + {shift}"
        for row, shift in zip(a, b, strict=True)
        if any(row)
    ]
    found = derive(parse_model(rows, start=start))
    alone = derive(parse_model(base, start=start))
    assert statuses(found)[1:] == statuses(alone)[1:] == (statuses(alone)[1], hessian, warp)
    assert found.confined is not None and found.confined.verdict.is_proved
    assert found.laws is not None and alone.laws is not None and found.laws.count == alone.laws.count


# -- affine subspaces ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("predictor", "options"),
    [
        ("w, 2*w", ()),
        (SOFTMAX, ()),
        ("u+v, u, v, 2*u-v+5", ()),
        ("u, alpha*u + beta", ("--parameters", "u")),
        ("exp(u)*v, sqrt(2)*exp(u)*v - 1", ()),
        ("log(u), log(3*u), log(u)*sqrt(5)", ("--start", "u=2")),
        ("sin(u)**2, cos(u)**2", ()),
        ("u*v, sin(x)**2 + cos(x)**2, 3*u*v", ()),
        ("u*v, v*u + u**2 + 1, u**2", ("--parameter-metric", "1+u**2, 0; 0, 1")),
    ],
)
def test_relations_hold_and_are_all(predictor: str, options: tuple[str, ...]) -> None:
    found = show(predictor, *options)
    parameters, values, jacobian = model(found)
    confined = found["confined"]
    betas = {Symbol(f"beta{i + 1}", real=True): f for i, f in enumerate(values)}
    assert confined["status"] == "proved" and not confined["constant"]
    at = {w: Rational(3 + i, 2) for i, w in enumerate(parameters)}
    at |= {s: Rational(5, 3) for s in jacobian.free_symbols | values.free_symbols if s not in parameters}
    for relation in reads(confined["relations"]):
        assert abs(relation.subs(betas).subs(at).evalf(60)) < Rational(1, 10**50)
        assert all(
            abs(s.subs(at).evalf(60)) < Rational(1, 10**50) for s in Matrix([relation.subs(betas)]).jacobian(parameters)
        )
    rank = len(confined["coordinates"])
    assert len(confined["relations"]) + rank == len(values)
    with mp.workdps(60):
        numbers = jacobian.subs(at).evalf(60)
        kept = [int(name[4:]) - 1 for name in confined["coordinates"]]
        gram = numbers.extract(kept, list(range(numbers.cols)))
        assert abs((gram * gram.T).det()) > Rational(1, 10**20)


def test_a_relation_that_differs_from_leaf_to_leaf_is_not_given_a_value() -> None:
    found = show("log(Abs(u)), log(Abs(3*u))")
    assert found["confined"]["relations"] == [] and found["confined"]["constant"] == ["beta1 - beta2"]


def follow(found: dict[str, Any], pieces: int = 3) -> tuple[list[mpf], list[mpf], mp.matrix]:
    """beta, the integral of g c, and ker J^T at the end of a flow of random forces, by Runge-Kutta from F alone."""
    parameters, predictor, _ = model(found)
    fields, random = Fields(list(predictor), parameters, None), Random(4)
    factor = lambdify([parameters], read(found["warp"]["factor_parameters"]), modules="mpmath")
    start = point(found["model"]["start"])
    with mp.workdps(40):
        state = [mpf(int(v.p)) / int(v.q) for v in start.values()] + [mpf(0)] * len(predictor)
        p, h = len(parameters), mpf(1) / 400
        for _ in range(pieces):
            c = [mpf(random.randint(-5, 5)) / 7 for _ in predictor]

            def slope(y: list[mpf], c: list[mpf] = c) -> list[mpf]:
                v = fields.vectors(y[:p])
                moved = [sum(v[n, i] * c[i] for i in range(len(c))) for n in range(p)]
                return [*moved, *(factor(y[:p]) * e for e in c)]

            for _ in range(60):
                k1 = slope(state)
                k2 = slope([x + h / 2 * k for x, k in zip(state, k1, strict=True)])
                k3 = slope([x + h / 2 * k for x, k in zip(state, k2, strict=True)])
                k4 = slope([x + h * k for x, k in zip(state, k3, strict=True)])
                state = [
                    x + h / 6 * (a + 2 * b + 2 * e + f) for x, a, b, e, f in zip(state, k1, k2, k3, k4, strict=True)
                ]
        beta = [mpf(v) for v in lambdify([parameters], list(predictor), modules="mpmath")(state[:p])]
        return beta, state, null(fields.jacobian(state[:p]).T, mpf(10) ** -12)


@pytest.mark.parametrize(
    ("predictor", "start"),
    [
        ("u**2-v**2, x**2-y**2, u**2-v**2+2*x**2-2*y**2+1", "u=1, v=1, x=1, y=1/2"),
        ("a*w1, a*w2, a*w1+a*w2+a*w3, a*w3", "a=1, w1=1, w2=0, w3=1/2"),
        ("u**3, 1-2*u**3, v, v-u**3", "u=1, v=2"),
        (SOFTMAX, "a=0, b=0, c=0"),
    ],
)
def test_the_gradient_of_q_follows_every_flow_up_to_normals(predictor: str, start: str) -> None:
    """(1) of the derivation `confined`, with grad Q from the document and everything else from F alone."""
    found = show(predictor, "--start", start)
    q, d = found["potential"], len(found["model"]["predictor"])
    parameters = [Symbol(name, real=True) for name in found["model"]["parameters"]]
    beta, state, kernel = follow(found)
    with mp.workdps(40):
        if q["gradient"] is not None:
            names, at = reads(q["variables"]), beta
            rows = reads(q["gradient"])
        else:
            names, at = parameters, state[: len(parameters)]
            rows = reads(q["parametric"]["gradient"])
        gradient = [mpf(e) for e in lambdify([names], rows, modules="mpmath")(at)]
        gap = mp.matrix([g - z for g, z in zip(gradient, state[len(parameters) :], strict=True)])
        assert kernel.cols == len(found["confined"]["relations"]) and kernel.cols < d
        assert mp.norm(gap) > mpf(10) ** -3, "the representative is not the integral itself"
        tangent = mp.matrix([[kernel[i, k] for i in range(d)] for k in range(kernel.cols)])
        assert max(abs(e) for e in (null(tangent, mpf(10) ** -12).T * gap)) < mpf(10) ** -8


@pytest.mark.parametrize("predictor", ["u*v, 3*u*v - 2", "u*v, x*y, u*v + 2*x*y + 1"])
def test_the_dual_side_is_a_legendre_transform(predictor: str) -> None:
    """beta(s) = d Q*(s), the relations hold along it, and s less grad Q(beta(s)) is a normal."""
    found = show(predictor, "--start", ", ".join(f"{w}={int(w in 'ux')}" for w in sorted(set(predictor) & set("uvxy"))))
    q = found["potential"]
    betas, duals, gradient = reads(q["variables"]), reads(q["dual_variables"]), reads(q["dual_gradient"])
    at = {s: Rational(k + 1, 5) for k, s in enumerate(duals)}
    ends = [g.subs(at).evalf(40) for g in gradient]
    for s, b in zip(duals, gradient, strict=True):
        assert abs((diff(read(q["dual_value"]), s) - b).subs(at).evalf(40)) < Rational(1, 10**30)
    there = dict(zip(betas, ends, strict=True))
    relations = reads(found["confined"]["relations"])
    assert all(abs(r.subs(there)) < Rational(1, 10**30) for r in relations)
    normals = Matrix(relations).jacobian(betas)
    slope = Matrix([g.subs(there) for g in reads(q["gradient"])]) - Matrix([at[s] for s in duals])
    assert all(abs(e) < Rational(1, 10**30) for e in Matrix.hstack(*normals.nullspace()).T * slope)


# -- other sets ---------------------------------------------------------------------------------------


def check_witness(found: dict[str, Any]) -> None:
    """M n = 0, V_k(M) n != 0, the number is a component of J [V_i, V_j], and no random point has a larger rank."""
    parameters, predictor, jacobian = model(found)
    witness = found["hessian"]["witness"]
    at = point(witness["point"])
    n = Matrix(reads(list(witness["normal"].values())))
    metric = jacobian * jacobian.T
    fields = [jacobian.row(i).T for i in range(len(predictor))]
    exact = all(v.is_Rational for v in n)
    size = 0 if exact else Rational(1, 10**20)

    def number(e: Expr) -> Expr:
        return e if exact else e.evalf(50)

    assert not n.is_zero_matrix
    assert all(abs(number(e)) <= size for e in (metric.subs(at) * n).expand())
    turned = [
        metric.applyfunc(lambda e, v=v: sum(diff(e, w) * c for w, c in zip(parameters, v, strict=True))) for v in fields
    ]
    assert any(abs(number(e)) > size for t in turned for e in (t.subs(at) * n).expand())
    i, j = witness["entry"]
    bracket = fields[j].jacobian(parameters) * fields[i] - fields[i].jacobian(parameters) * fields[j]
    image = [number(e) for e in (jacobian * bracket).subs(at).expand()]
    assert any(abs(e - read(witness["value"])) < Rational(1, 10**8) * (1 + abs(e)) and e != 0 for e in image)
    if exact:
        random = Random(2)
        ranks = {jacobian.subs({w: Rational(random.randint(-9, 9), 7) for w in parameters}).rank() for _ in range(4)}
        assert jacobian.subs(at).rank() == max(ranks) < len(predictor)


@pytest.mark.parametrize(
    "arguments",
    [
        ("u**2, u*v, v**2",),
        ("psd", "--rank", "1"),
        ("u1*v1, u1*v2, u2*v1, u2*v2",),
        ("u, u**2",),
        ("u, u**3", "--start", "u=0"),
        ("exp(u), exp(2*u)",),
        ("sin(u), cos(u)", "--start", "u=0"),
        ("u*v, u**2*v**2, u*v+3", "--start", "u=1, v=0"),
        ("u+v, u-v, u*v, 2*u+1",),
        ("u, u**2, x*y, 2*x*y",),
    ],
)
def test_a_normal_that_turns_refutes_and_is_shown(arguments: tuple[str, ...]) -> None:
    found = show(*arguments)
    assert found["confined"]["status"] == found["hessian"]["status"] == found["warp"]["status"] == "refuted"
    assert found["potential"]["status"] == "refuted" and found["potential"]["value"] is None
    check_witness(found)


@pytest.mark.parametrize("seed", range(6))
def test_random_polynomial_curves_and_surfaces_are_refuted(seed: int) -> None:
    random = Random(f"surface {seed}")
    names = ["u", "v"][: 1 + seed % 2]
    monomials = [[*names], [f"{a}*{b}" for a in names for b in names if a <= b], [f"{a}**3" for a in names]]
    rows = []
    for _ in range(len(names) + random.randint(1, 2)):
        terms = [f"{random.choice((-3, -1, 1, 2))}*{m}" for group in monomials for m in group if random.random() < 0.6]
        rows.append(" + ".join(terms or ["u**2"]))
    parameters = [Symbol(n, real=True) for n in names]
    jacobian = Matrix(reads(rows)).jacobian(parameters)
    points = [{w: Rational(random.randint(-9, 9), 7) for w in parameters} for _ in range(12)]
    if Matrix.hstack(*(jacobian.subs(at) for at in points)).rank() == jacobian.subs(points[0]).rank():
        pytest.skip("the surface drawn is flat")
    found = show(", ".join(rows), "--parameters", ",".join(names))
    assert found["confined"]["status"] == "refuted" and found["warp"]["status"] == "refuted"
    check_witness(found)


def test_a_restriction_to_matrices_of_rank_one_is_refuted_there() -> None:
    """U U^T at 2 x 2 has rank one where det U = 0: J has rank 3 nearby, and 2 there."""
    found = show("a**2+b**2, a*c+b*d, c**2+d**2", "--restrict", "a*d - b*c")
    assert found["hessian"]["status"] == "refuted" and found["confined"]["status"] == "refuted"
    at = point(found["hessian"]["witness"]["point"])
    assert read("a*d - b*c").subs(at) == 0


def test_where_m_is_invertible_nothing_is_said() -> None:
    for arguments in (("neuron", "--dimension", "2"), ("--metric", "1+x**2, 0; 0, 1+y**2"), ("u*v",)):
        assert show(*arguments)["confined"] is None


def test_a_sign_that_is_not_followed_leaves_it_open() -> None:
    found = show("Abs(u), u")
    assert found["confined"]["status"] == found["hessian"]["status"] == found["warp"]["status"] == "unknown"


def test_what_is_shown(tmp_path: Path) -> None:
    text = run("show", "w, 2*w").out
    assert "Confinement  [proved]" in text and "0 = 2*beta1 - beta2" in text
    for command in ("latex", "html"):
        assert run(command, "u*v, 2*u*v + 1", "-o", str(tmp_path / "out")).status == 0
        assert "Confinement" in (tmp_path / "out").read_text()


# -- minimisers ---------------------------------------------------------------------------------------


def data(rows: list[list[str]], labels: list[str]) -> DataSet:
    return DataSet(name="rows", X=tuple(tuple(map(Rational, r)) for r in rows), y=tuple(map(Rational, labels)))


def test_the_flow_of_all_coordinates_ends_at_the_minimiser_in_the_independent_ones() -> None:
    drawn_model = parse_model(
        ["u**2-v**2", "x**2-y**2", "u**2-v**2+2*x**2-2*y**2+1"], start={"u": "1", "v": "1", "x": "1", "y": "1/2"}
    )
    found = limit(drawn_model, derive(drawn_model), {}, data([["1", "2", "1/2"]], ["3"]), digits=15)
    assert found.verdict.is_proved and found.agreement == 15
    assert len(found.minimiser.beta) == 3


def test_constants_of_the_start_enter_the_offset() -> None:
    drawn_model = parse_model(
        ["u**2-v**2", "2*u**2-2*v**2+alpha"], parameters=["u", "v"], start={"u": "alpha", "v": "alpha"}
    )
    alpha = Symbol("alpha", positive=True)
    found = minimise(
        derive(drawn_model), data([["1", "1"]], ["7/2"]), subject_to="interpolation", digits=20,
        constants={alpha: Rational(1, 2)},
    )  # fmt: skip
    assert [round(float(b), 12) for b in found.beta] == [1.0, 2.5]  # 3 beta1 + 1/2 = 7/2


def test_margins_are_refused_where_they_are_none_in_the_independent_coordinates() -> None:
    for offset, holds in (("0", True), ("1", False)):
        drawn_model = parse_model(["u**2-v**2", f"2*u**2-2*v**2+{offset}"], start={"u": "1", "v": "1"})
        rows = data([["1", "1"]], ["1"])
        if holds:
            found = minimise(derive(drawn_model), rows, subject_to="margin", digits=15)
            assert [round(float(3 * b), 12) for b in found.beta] == [1.0, 2.0]
        else:
            with pytest.raises(InputError, match="margins"):
                minimise(derive(drawn_model), rows, subject_to="margin", digits=15)


def test_an_irrational_subspace_and_a_missing_potential_are_refused() -> None:
    irrational = derive(parse_model(["u**2-v**2", "sqrt(2)*u**2-sqrt(2)*v**2"], start={"u": "1", "v": "1"}))
    assert irrational.hessian.is_proved
    curved = derive(parse_model(["u", "u**2"], start={"u": "1"}))
    for found in (irrational, curved):
        with pytest.raises(ComputationError):
            minimise(found, data([["1", "1"]], ["1"]), subject_to="interpolation", digits=15)
