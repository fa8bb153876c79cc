"""Verdicts on random metrics are those of the oracle in `metric_oracle`, and planted warps are found."""

from itertools import combinations, permutations

from console import point, read, reads, show
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from metric_oracle import PLACES, agree, has_warp, is_hessian, jets, vanish
from sympy import Expr, Matrix, S, Symbol, exp, hessian, log, symbols

FEW = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
MORE = settings(FEW, max_examples=25)
X = symbols("x y z", real=True)
SMALL = st.integers(-2, 2)


def rows(rho: Matrix) -> str:
    return "; ".join(", ".join(str(e) for e in rho.row(i)) for i in range(rho.rows))


def show_metric(rho: Matrix, xs: tuple[Symbol, ...]) -> dict:
    return show("--metric", rows(rho), "--parameters", ",".join(map(str, xs)))


@st.composite
def polynomial_psi(draw, d: int) -> Expr:
    """|x|^2 plus even powers of linear forms: the Hessian is positive definite everywhere."""
    xs, total = X[:d], sum(x**2 for x in X[:d])
    for power in draw(st.sampled_from(((4,), (2, 4), (4, 4)))):
        form = sum((draw(SMALL) * x for x in xs), S.Zero) + draw(st.integers(0, 1))
        total += draw(st.integers(1, 3)) * form**power
    return total


@st.composite
def exponential_psi(draw, d: int) -> Expr:
    """|x|^2 plus a sum of exponentials of linear forms, with positive coefficients."""
    xs, total = X[:d], sum(x**2 for x in X[:d])
    for _ in range(draw(st.integers(1, 2))):
        total += draw(st.integers(1, 3)) * exp(sum((draw(SMALL) * x for x in xs), S.Zero))
    return total


@st.composite
def positive_factor(draw, d: int) -> Expr:
    """1 + (linear form)^2, or an exponential of a linear or quadratic form."""
    form = sum((draw(SMALL) * x for x in X[:d]), S.Zero)
    return draw(st.sampled_from((1 + form**2, exp(form), exp(form**2 / 2), 1 / (1 + form**2))))


@st.composite
def dominant_metric(draw, d: int) -> Matrix:
    """Squares on the diagonal that dominate what stands beside it: positive definite, and nothing else planned."""
    xs = X[:d]
    terms = st.sampled_from([S.One, *xs, *(a * b for a, b in combinations(xs, 2))])
    rho = Matrix(d, d, lambda i, j: 0)
    for i, j in combinations(range(d), 2):
        rho[i, j] = rho[j, i] = draw(st.integers(-1, 1)) * draw(terms)
    for i in range(d):
        # |b| <= (1 + b^2) / 2
        rho[i, i] = 1 + draw(st.integers(0, 2)) * draw(terms) ** 2 + sum(1 + rho[i, j] ** 2 for j in range(d) if j != i)
    return rho


@FEW
@given(st.one_of(polynomial_psi(2), polynomial_psi(3), exponential_psi(2)))
def test_a_planted_hessian_is_proved(psi: Expr) -> None:
    xs = tuple(x for x in X if psi.has(x))
    found = show_metric(hessian(psi, xs), xs)
    assert (found["hessian"]["status"], found["warp"]["status"], found["warp"]["factor"]) == ("proved", "proved", "1")
    assert found["potential"]["status"] == "proved"


@MORE
@given(polynomial_psi(2), positive_factor(2))
@example(X[0] ** 2 + X[1] ** 2, S(3))
@example(X[0] ** 2 + X[1] ** 2, exp(2 * X[1] ** 2))
def test_a_planted_warp_is_proved_with_its_log_gradient(psi: Expr, g: Expr) -> None:
    """rho = Hess psi / g has the warp g and, with two coordinates or more, no other."""
    xs = X[:2]
    rho = hessian(psi, xs) / g
    found = show_metric(rho, xs)
    assert found["warp"]["status"] == "proved", found["warp"]["reason"]
    assert found["hessian"]["status"] == ("proved" if is_hessian(rho, xs) else "refuted")
    theta = [log(g).diff(x) for x in xs]
    assert agree(reads(found["warp"]["log_gradient_parameters"]), theta, xs)
    if found["warp"]["factor_parameters"] is not None:
        factor = read(found["warp"]["factor_parameters"])
        assert agree([factor.diff(x) / factor for x in xs], theta, xs)
    check_metric_witnesses(found, rho, xs)


@FEW
@given(st.sampled_from(list(permutations(X))), st.sampled_from((-1, 0, 1)), SMALL, st.booleans(), st.booleans())
def test_three_coordinates_with_and_without_a_planted_warp(
    xs: tuple[Symbol, ...], slope: int, rate: int, is_exponential: bool, is_bent: bool
) -> None:
    a, b, c = xs
    psi = a**2 + b**2 + c**2 + (a + slope * b) ** 4
    rho = (hessian(psi, X) * (exp(rate * b + c) if is_exponential else 1 + c**2)).applyfunc(lambda e: e.expand())
    if is_bent:
        rho[0, 0] += X[1] ** 2
    assert_verdicts(rho, X)


@MORE
@given(dominant_metric(2))
def test_a_random_metric_has_a_warp_exactly_where_the_oracle_finds_one(rho: Matrix) -> None:
    assert_verdicts(rho, X[:2])


def assert_verdicts(rho: Matrix, xs: tuple[Symbol, ...]) -> None:
    """Rational metrics are decided: the tool may not answer `unknown`."""
    found = show_metric(rho, xs)
    assert found["hessian"]["status"] == ("proved" if is_hessian(rho, xs) else "refuted")
    expected = has_warp(rho, xs)
    assert found["warp"]["status"] == found["potential"]["status"] == ("proved" if expected else "refuted")
    if expected:
        theta = Matrix(reads(found["warp"]["log_gradient_parameters"]))
        for at, jet in zip(PLACES, jets(rho, xs), strict=True):
            assert vanish(list(theta.subs(dict(zip(xs, at, strict=False))) - Matrix(jet.forced)))
    check_metric_witnesses(found, rho, xs)


def check_metric_witnesses(found: dict, rho: Matrix, xs: tuple[Symbol, ...]) -> None:
    """At the point given, an equation of the oracle fails too."""
    for stage in ("hessian", "warp"):
        if found[stage]["status"] == "refuted":
            at = point(found[stage]["witness"]["point"])
            jet = jets(rho, xs, (tuple(at[x] for x in xs),))[0]
            assert not vanish(jet.gaps if stage == "hessian" else jet.unsolved + jet.curls)
            assert read(found[stage]["witness"]["value"]) != 0


def test_the_oracle_tells_metrics_with_a_warp_from_those_without() -> None:
    """Otherwise the comparisons above could not fail.  By hand, for diag(1 + y^2, 1): theta = (0, -2 y / (1 + y^2)) is
    closed, and diag(1 + x y^2, 1) has theta_2 = -2 x y / (1 + x y^2), theta_1 = 0, which is not."""
    x, y = X[:2]
    closed, open_ = (Matrix([[e, 0], [0, 1]]) for e in (1 + y**2, 1 + x * y**2))
    assert has_warp(closed, (x, y)) and not is_hessian(closed, (x, y)) and not has_warp(open_, (x, y))
    planted = hessian(x**4 + x**2 + x * y + y**2, (x, y))
    assert is_hessian(planted, (x, y)) and has_warp(planted * exp(x * y), (x, y))
    for rho in (closed, planted * exp(x * y)):
        assert show_metric(rho, (x, y))["warp"]["status"] == "proved"
