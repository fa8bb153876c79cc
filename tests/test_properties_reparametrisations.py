"""Random reparametrisations built to be Hessian, warped by a planted g, or neither: proved, proved, refuted.

Let beta = phi(w) be invertible and G = Dphi^T rho(phi) Dphi.  Then M = Dphi G^-1 Dphi^T = rho(beta)^-1, so that the
answer is that of rho, and rho is a Hessian, a Hessian times g, or bent away from both.  Whether it is bent is asked of
`metric_oracle`, in beta.  The tool sees phi and G alone.
"""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from metric_oracle import has_warp, is_hessian
from sympy import Expr, Matrix, Rational, S, Symbol, hessian, symbols

from derive.fields.dynamics import induced_dynamics
from derive.fields.leaf import setting
from derive.laws.conservation import conservation_laws
from derive.metric.closure import closure
from derive.metric.hessian import hessian as decide
from derive.metric.warp import warp
from derive.model import parse_model

FEW = settings(max_examples=14, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
W = symbols("x y z t", real=True)
PLACE = tuple(Rational(7 * i + 1, 5) * (-1) ** i for i in range(4))
SMALL = st.integers(-1, 1)


@st.composite
def planted(draw, d: int) -> Matrix:
    """A Hessian, perhaps times g, perhaps bent; positive definite everywhere."""
    xs = W[:d]
    form = sum((draw(SMALL) * x for x in xs), S.Zero)
    rho = hessian(sum(x**2 for x in xs) + form**4, xs)
    kind = draw(st.sampled_from(("hessian", "warped", "bent")))
    if kind == "warped":
        other = sum((draw(SMALL) * x for x in xs), S.Zero)
        return rho * (1 + other**2)
    if kind == "bent":
        i, j = draw(st.integers(0, d - 1)), draw(st.integers(0, d - 1))
        rho[i, i] += xs[j] ** 2
    return rho


@st.composite
def triangular(draw, d: int) -> list[Expr]:
    """An invertible polynomial map, in a random order of the parameters."""
    order = draw(st.permutations(range(d)))
    images = [W[n] for n in order]
    for n in range(1, d):
        inner = images[draw(st.integers(0, n - 1))]
        images[n] += draw(SMALL) * draw(st.sampled_from((inner, inner**2)))
    return images


def judged(phi: list[Expr], rho: Matrix, ws: tuple[Symbol, ...]) -> tuple[str, str, str]:
    """Closure, Hessian map and warp, by the stages alone."""
    slopes = Matrix(phi).jacobian(ws)
    metric = (slopes.T * rho.subs(dict(zip(ws, phi, strict=True)), simultaneous=True) * slopes).expand()
    rows = [[str(e) for e in metric.row(i)] for i in range(len(ws))]
    model = parse_model([str(f) for f in phi], parameters=[str(w) for w in ws], parameter_metric=rows)
    leaf = setting(induced_dynamics(model))
    laws = conservation_laws(leaf)
    closed = closure(leaf, laws)
    found = decide(leaf, closed)
    return str(closed.verdict.status), str(found.hessian.status), str(warp(leaf, closed, found).verdict.status)


def expected(rho: Matrix, xs: tuple[Symbol, ...]) -> tuple[str, str, str]:
    if len(xs) == 1:
        return "proved", "proved", "proved"
    plain, warped = is_hessian(rho, xs), has_warp(rho, xs)
    return "proved", "proved" if plain else "refuted", "proved" if warped else "refuted"


@FEW
@given(st.data(), st.integers(1, 3))
def test_the_answer_is_that_of_the_planted_metric(data: st.DataObject, d: int) -> None:
    rho, phi = data.draw(planted(d)), data.draw(triangular(d))
    assert judged(phi, rho, W[:d]) == expected(rho, W[:d])


@settings(FEW, max_examples=3)
@given(planted(4))
def test_four_coordinates(rho: Matrix) -> None:
    """Through a shear; whether rho is bent is computed here, in beta."""
    x, y, z, t = W
    assert judged([x, y + x, z - y, t], rho, W) == expected_of_four(rho)


def expected_of_four(rho: Matrix) -> tuple[str, str, str]:
    """By differentiation: d_k rho_ij - d_j rho_ik, and the forced theta, identically."""
    inverse, d = rho.inv(), range(4)
    gaps = [rho[i, j].diff(W[k]) - rho[i, k].diff(W[j]) for i in d for j in d for k in d]
    plain = all(g.expand() == 0 for g in gaps)
    at = dict(zip(W, PLACE, strict=True))
    theta = [
        sum(inverse[i, j] * (rho[i, k].diff(W[j]) - rho[i, j].diff(W[k])) for i in d for j in d).subs(at) / 3 for k in d
    ]
    warped = all(
        (theta[k] * rho[i, j] + rho[i, j].diff(W[k]) - theta[j] * rho[i, k] - rho[i, k].diff(W[j])).subs(at) == 0
        for i in d
        for j in d
        for k in d
    )
    return "proved", "proved" if plain else "refuted", "proved" if warped else "refuted"
