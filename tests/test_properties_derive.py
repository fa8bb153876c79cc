"""Verdicts on random metrics and models are those of a second implementation, written here in SymPy.

The oracle works in other terms than the tool: on rho in beta, by the equations

    d_k rho_ij = d_j rho_ik                                     (Hessian map)
    theta_k = rho^ij (d_j rho_ik - d_k rho_ij) / (d - 1)        (the only candidate for d log g)
    theta_k rho_ij + d_k rho_ij symmetric in j, k; d_j theta_k = d_k theta_j     (warp)

where the tool works with Lie brackets on parameter space.  Laws, closure witnesses and witnesses of
refutation are evaluated by SymPy at the exact point given.
"""

from itertools import combinations, product

from console import model, point, read, reads, show
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from sympy import Expr, Matrix, Rational, S, Symbol, cancel, exp, hessian, log, symbols

FEW = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
MORE = settings(FEW, max_examples=25)
X = symbols("x y z", real=True)
SMALL = st.integers(-2, 2)


# -- the oracle -------------------------------------------------------------------------------------------


def vanishes(e: Expr) -> bool:
    return cancel(S(e).expand()) == 0


def is_hessian(rho: Matrix, xs: tuple[Symbol, ...]) -> bool:
    d = range(len(xs))
    return all(vanishes(rho[i, j].diff(xs[k]) - rho[i, k].diff(xs[j])) for i in d for j, k in combinations(d, 2))


def forced(rho: Matrix, xs: tuple[Symbol, ...]) -> list[Expr]:
    """d log g of the only possible warp (d >= 2)."""
    d, inverse = range(len(xs)), rho.inv()
    return [
        cancel(
            sum(inverse[i, j] * (rho[i, k].diff(xs[j]) - rho[i, j].diff(xs[k])) for i in d for j in d) / (len(xs) - 1)
        )
        for k in d
    ]


def curls(theta: list[Expr], xs: tuple[Symbol, ...]) -> list[Expr]:
    return [theta[j].diff(xs[i]) - theta[i].diff(xs[j]) for i, j in combinations(range(len(xs)), 2)]


def has_warp(rho: Matrix, xs: tuple[Symbol, ...]) -> bool:
    theta, d = forced(rho, xs), range(len(xs))
    symmetric = all(
        vanishes(theta[k] * rho[i, j] + rho[i, j].diff(xs[k]) - theta[j] * rho[i, k] - rho[i, k].diff(xs[j]))
        for i in d
        for j, k in combinations(d, 2)
    )
    return symmetric and all(vanishes(c) for c in curls(theta, xs))


def rows(rho: Matrix) -> str:
    return "; ".join(", ".join(str(e) for e in rho.row(i)) for i in range(rho.rows))


def show_metric(rho: Matrix, xs: tuple[Symbol, ...]) -> dict:
    return show("--metric", rows(rho), "--parameters", ",".join(map(str, xs)))


# -- random metrics ---------------------------------------------------------------------------------------


@st.composite
def polynomial_psi(draw, d: int) -> Expr:
    """|x|^2 plus even powers of linear forms: the Hessian is positive definite everywhere."""
    xs, total = X[:d], sum(x**2 for x in X[:d])
    for _ in range(draw(st.integers(1, 3))):
        form = sum((draw(SMALL) * x for x in xs), S.Zero) + draw(SMALL)
        total += draw(st.integers(1, 3)) * form ** draw(st.sampled_from((2, 4)))
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
    return draw(st.sampled_from((1 + form**2, exp(form), exp(form**2 / 2), 1 / (1 + form**2), (2 + form**2) ** 2)))


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
        rho[i, i] = (
            1 + draw(st.integers(0, 2)) * draw(terms) ** 2 + sum(1 + rho[i, j] ** 2 for j in range(d) if j != i)
        )
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
def test_a_planted_warp_is_proved_with_its_log_gradient(psi: Expr, g: Expr) -> None:
    """rho = Hess psi / g has the warp g and, with two coordinates or more, no other."""
    xs = X[:2]
    rho = (hessian(psi, xs) / g).applyfunc(cancel)
    found = show_metric(rho, xs)
    assert found["warp"]["status"] == "proved", found["warp"]["reason"]
    assert found["hessian"]["status"] == ("proved" if is_hessian(rho, xs) else "refuted")
    theta = [log(g).diff(x) for x in xs]
    assert all(vanishes(a - b) for a, b in zip(reads(found["warp"]["log_gradient_parameters"]), theta, strict=True))
    if found["warp"]["factor_parameters"] is not None:
        ratio = read(found["warp"]["factor_parameters"]) / g
        assert all(vanishes((ratio.diff(x) / ratio).expand()) for x in xs)
    check_metric_witnesses(found, rho, xs)


@FEW
@given(polynomial_psi(3), positive_factor(3), st.booleans())
def test_three_coordinates_with_and_without_a_planted_warp(psi: Expr, g: Expr, bent: bool) -> None:
    rho = (hessian(psi, X) / g).applyfunc(cancel)
    if bent:
        rho[0, 0] += X[1] ** 2 + X[2] ** 2
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
        theta = reads(found["warp"]["log_gradient_parameters"])
        assert all(vanishes(a - b) for a, b in zip(theta, forced(rho, xs), strict=True))
    check_metric_witnesses(found, rho, xs)


def check_metric_witnesses(found: dict, rho: Matrix, xs: tuple[Symbol, ...]) -> None:
    """At the point given, an equation of the oracle fails too."""
    if found["hessian"]["status"] == "refuted":
        at = point(found["hessian"]["witness"]["point"])
        d = range(len(xs))
        gaps = [rho[i, j].diff(xs[k]) - rho[i, k].diff(xs[j]) for i in d for j, k in combinations(d, 2)]
        assert any(g.subs(at).simplify() != 0 for g in gaps) and read(found["hessian"]["witness"]["value"]) != 0
    if found["warp"]["status"] == "refuted" and len(xs) == 2:
        at = point(found["warp"]["witness"]["point"])
        assert curls(forced(rho, xs), xs)[0].subs(at) != 0 and read(found["warp"]["witness"]["value"]) != 0


def test_the_oracle_knows_a_metric_without_a_warp() -> None:
    """diag(1 + y^2, 1 + x^2): theta = (-x/(1+x^2)..., by hand a curl that is not zero), so the comparison is not empty."""
    x, y = X[:2]
    bare = Matrix([[1 + y**2 + x * y, 0], [0, 1]])
    assert not has_warp(bare, (x, y)) and has_warp(hessian(x**4 + x**2 + y**2, (x, y)) * (1 + y**2), (x, y))
    assert show_metric(bare + Matrix([[10, 0], [0, x**2]]), (x, y))["warp"]["status"] != "proved" or has_warp(
        bare + Matrix([[10, 0], [0, x**2]]), (x, y)
    )


# -- random models ----------------------------------------------------------------------------------------

W = symbols("w1:6", real=True)


@st.composite
def polynomial_model(draw, p: int, d: int) -> list[Expr]:
    """d quadratic predictors in p parameters; every coordinate moves."""
    monomials = [a * b for a, b in product(W[:p], repeat=2) if str(a) <= str(b)] + list(W[:p])
    return [
        sum((draw(st.sampled_from((-2, -1, 1, 2, 1))) * draw(st.sampled_from(monomials)) for _ in range(3)), S.Zero)
        for _ in range(d)
    ]


def show_model(predictor: list[Expr]) -> dict:
    assume(all(f.free_symbols for f in predictor))
    text = ", ".join(str(f) for f in predictor)
    names = sorted({str(s) for f in predictor for s in f.free_symbols})
    return show(text, "--parameters", ",".join(names))


def somewhere(parameters: list[Symbol], shift: int = 0) -> dict[Symbol, Rational]:
    """A rational point with no pattern."""
    return {w: Rational(7 + 11 * i + 3 * i * i + shift, 5 + 2 * i) for i, w in enumerate(parameters)}


def bracket_rank(jacobian: Matrix, parameters: list[Symbol]) -> int:
    """The rank at a point of V_i and iterated brackets: a lower bound of dim Lie at generic points."""
    fields = [jacobian.row(i).T for i in range(jacobian.rows)]
    layer = list(fields)
    found = list(fields)
    for _ in range(2):
        layer = [(b.jacobian(parameters) * v - v.jacobian(parameters) * b).expand() for v in fields for b in layer[:4]]
        found += layer
    return Matrix.hstack(*found).subs(somewhere(parameters)).rank()


@MORE
@given(st.one_of(polynomial_model(3, 1), polynomial_model(3, 2), polynomial_model(4, 2), polynomial_model(5, 2)))
@example([W[0] * W[1] + W[2] * W[3], W[0] * W[4]])
@example([W[0] * W[1] + W[2] * W[3]])
@example([W[0] * W[1] + W[2] * W[3], W[0] * W[4] + W[2] * W[4]])
@example([W[0] ** 2 * W[1]])
def test_laws_closure_and_refutations_hold_up_in_sympy(predictor: list[Expr]) -> None:
    found = show_model(predictor)
    parameters, _, jacobian = model(found)
    laws = reads(found["conservation_laws"]["laws"])
    gradients = Matrix(laws).jacobian(parameters) if laws else Matrix(0, len(parameters), [])
    assert all(vanishes(e) for e in jacobian * gradients.T), "V_i(h) = 0"
    independent = max(gradients.subs(somewhere(parameters, n)).rank() for n in (0, 2)) if laws else 0
    assert independent == len(laws)
    bound = len(parameters) - bracket_rank(jacobian, parameters)
    assert len(laws) <= bound
    if found["conservation_laws"]["status"] == "proved":
        assert found["conservation_laws"]["count"] == bound
    check_closure(found, jacobian, gradients, parameters)
    check_brackets(found, jacobian, parameters)


def moved(metric: Matrix, parameters: list[Symbol]) -> Matrix:
    """The Jacobian of all entries of M, one row an entry."""
    return Matrix([metric[i, j] for i in range(metric.rows) for j in range(i + 1)]).jacobian(parameters)


def check_closure(found: dict, jacobian: Matrix, gradients: Matrix, parameters: list[Symbol]) -> None:
    """Proved: dM adds no rank to (dbeta, dh).  Refuted: the witness moves M, and neither beta nor any law."""
    status, slopes = found["closure"]["status"], moved((jacobian * jacobian.T).expand(), parameters)
    if status == "refuted":
        at = point(found["closure"]["witness"]["point"])
        direction = Matrix([point(found["closure"]["witness"]["direction"]).get(w, S.Zero) for w in parameters])
        assert (jacobian.subs(at) * direction).is_zero_matrix
        assert all(e.simplify() == 0 for e in gradients.subs(at) * direction)
        assert not (slopes.subs(at) * direction).is_zero_matrix
    if status == "proved" and len(gradients.col_join(jacobian)) and laws_are_known(found):
        at = somewhere(parameters)
        still = jacobian.col_join(gradients).subs(at)
        assert still.col_join(slopes.subs(at)).rank() == still.rank()


def laws_are_known(found: dict) -> bool:
    return len(found["conservation_laws"]["laws"]) == found["conservation_laws"]["count"]


def check_brackets(found: dict, jacobian: Matrix, parameters: list[Symbol]) -> None:
    """J [V_i, V_j]: zero where `hessian` is proved, not zero at the witness where it is refuted by one."""
    fields = [jacobian.row(i).T for i in range(jacobian.rows)]
    images = {
        (i, j): (jacobian * (fields[j].jacobian(parameters) * fields[i] - fields[i].jacobian(parameters) * fields[j]))
        for i, j in combinations(range(len(fields)), 2)
    }
    if found["hessian"]["status"] == "proved":
        assert all(vanishes(e) for image in images.values() for e in image)
    if found["hessian"]["status"] == "refuted" and found["closure"]["status"] == "proved":
        witness = found["hessian"]["witness"]
        i, j = witness["entry"]
        assert not images[i, j].subs(point(witness["point"])).expand().is_zero_matrix


def test_closure_is_refuted_for_two_neurons_with_a_witness_that_is_not_trivial() -> None:
    """The property above is empty unless closure fails somewhere: a w + b v does not close."""
    found = show("a*w1 + b*v1, a*w2 + b*v2")
    assert found["closure"]["status"] == "refuted"
    parameters, _, jacobian = model(found)
    gradients = Matrix(reads(found["conservation_laws"]["laws"])).jacobian(parameters)
    check_closure(found, jacobian, gradients, parameters)
    damaged = dict(found["closure"]["witness"]["direction"])
    first = next(iter(damaged))
    damaged[first] = str(read(damaged[first]) + 1)
    found["closure"]["witness"]["direction"] = damaged
    try:
        check_closure(found, jacobian, gradients, parameters)
    except AssertionError:
        return
    raise AssertionError("a damaged witness passed")
