"""Where a potential is known by two routes (closed, parametric, dual), they agree to 50 digits on the leaf.

Points of the leaf of the start are found here: some parameters are moved by a rational amount and the others
are solved from the conserved quantities by Newton's method at 60 digits.  There

    gradient(F(w)) = parametric gradient(w),   gradient(dual_gradient(s)) = s,   Q + Q* = s.beta,
    Hess Q = g rho, by mpmath's numerical derivative of the value, with rho = M(w)^-1 inverted here.

Every comparison is also made with a mutated route, and must then fail.
"""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations

import pytest
from console import model, read, reads, show
from mpmath import diff, matrix, mp, mpf, norm
from sympy import Expr, Matrix, Rational, S, Symbol, eye, lambdify

DIGITS, CLOSE, CLOSE_DERIVATIVE = 60, 50, 30
SCALE = Rational(3, 2)  # the value of alpha in every start
MOVES = (Rational(1, 9), Rational(-1, 12))
WEIGHTS = "1, 0; 0, 2"
MODELS = [
    ("diagonal",),
    ("diagonal", "--depth", "3"),
    ("diagonal", "--depth", "4", "--dimension", "1"),
    ("hadamard",),
    ("untied",),
    ("untied", "--dimension", "1", "--start", "up1=2, vp1=1, um1=1/2, vm1=1/3"),
    ("neuron",),
    ("neuron", "--dimension", "3"),
    ("a*w1, a*w2", "--start", "a=2, w1=3/5, w2=4/5"),
    ("a*w1, a*w2", "--start", "a=1/2, w1=3/5, w2=4/5"),
    ("a*w1, a*w2", "--start", "a=-2, w1=3/5, w2=-4/5"),
    ("u*v", "--start", "u=2, v=1"),
    ("u*v", "--start", "u=1, v=-2"),
    ("u*v", "--start", "u=1, v=1"),
    ("w1**3", "--start", "w1=2"),
    ("sinh(w1)", "--start", "w1=1"),
    ("exp(w1)", "--start", "w1=0"),
    ("u*v", "--start", "u=2, v=1", "--parameter-metric", WEIGHTS),
    ("x+y, x-2*y", "--start", "x=1, y=0"),
    ("a**2*w1, a**2*w2", "--start", "a=1, w1=2, w2=3"),
]


@cache
def document(arguments: tuple[str, ...]) -> dict:
    return show(*arguments)


def scaled(expression: Expr) -> Expr:
    return expression.xreplace({Symbol("alpha", real=True): SCALE})


def numeric(expressions: list[Expr], variables: list[Symbol]) -> Callable:
    """A function of mpf; lambdify works in the global context, which is at DIGITS here (see `at_sixty_digits`)."""
    return lambdify(variables, [scaled(e) for e in expressions], "mpmath")


@pytest.fixture(autouse=True)
def at_sixty_digits() -> Iterator[None]:
    with mp.workdps(DIGITS):
        yield


def leaf_points(found: dict) -> list[list[mpf]]:
    """Two points near the start on its leaf."""
    parameters, _, _ = model(found)
    start = [scaled(read(found["model"]["start"][str(p)])) for p in parameters]
    laws = [scaled(law) for law in reads(found["conservation_laws"]["laws"])]
    assert len(laws) == found["conservation_laws"]["count"]
    jacobian = Matrix(laws).jacobian(parameters) if laws else Matrix(0, len(parameters), [])
    at_start = jacobian.subs(dict(zip(parameters, start, strict=True)))
    solved = next(c for c in combinations(range(len(start)), len(laws)) if at_start[:, list(c)].rank() == len(laws))
    levels, slopes = numeric(laws, parameters), numeric(list(jacobian), parameters)
    goal, points = levels(*map(mpf_of, start)), []
    for move in MOVES:
        w = [mpf_of(v if i in solved else v + move) for i, v in enumerate(start)]
        for _ in range(12 if laws else 0):
            full = matrix(slopes(*w))
            part = matrix([[full[i * len(w) + j] for j in solved] for i in range(len(laws))])
            step = mp.lu_solve(part, matrix([a - b for a, b in zip(goal, levels(*w), strict=True)]))
            for j, change in zip(solved, step, strict=True):
                w[j] += change
        assert all(abs(a - b) < mpf(10) ** -55 for a, b in zip(goal, levels(*w), strict=True))
        points.append(w)
    return points


def mpf_of(value: Expr) -> mpf:
    return mpf(S(value).p) / S(value).q


def close(left: list[mpf], right: list[mpf], digits: int = CLOSE) -> bool:
    return len(left) == len(right) and all(
        abs(a - b) < mpf(10) ** -digits * (1 + abs(b)) for a, b in zip(left, right, strict=True)
    )


def symbols_of(texts: list[str]) -> list[Symbol]:
    return [Symbol(text, real=True) for text in texts]


def with_routes(arguments: tuple[str, ...], *keys: str) -> dict:
    """The document, where its potential has all of these; else the test is about another model."""
    found = document(arguments)
    if any(found["potential"][k] is None for k in keys):
        pytest.skip("not both routes: " + ", ".join(keys))
    return found


def count(*keys: str) -> int:
    return sum(all(document(m)["potential"][k] is not None for k in keys) for m in MODELS)


def test_the_table_of_models_exercises_every_pair_of_routes() -> None:
    assert count("gradient", "parametric") >= 8
    assert count("gradient", "dual_gradient") >= 6
    assert count("parametric", "dual_gradient") >= 5
    assert any(document(m)["potential"]["form"] == "dual" for m in MODELS)
    assert any(document(m)["potential"]["form"] == "parametric" for m in MODELS)


@pytest.mark.parametrize("arguments", MODELS, ids=" ".join)
def test_closed_and_parametric_forms_agree_on_the_leaf(arguments: tuple[str, ...]) -> None:
    found = with_routes(arguments, "gradient", "parametric")
    q, (parameters, predictor, _) = found["potential"], model(found)
    closed = numeric(reads(q["gradient"]), symbols_of(q["variables"]))
    in_parameters, image = numeric(reads(q["parametric"]["gradient"]), parameters), numeric(list(predictor), parameters)
    for w in leaf_points(found):
        assert close(closed(*image(*w)), in_parameters(*w))
        assert not close(closed(*image(*w)), in_parameters(*(v + mpf(10) ** -20 for v in w)))
        if q["parametric"]["value"] is not None and q["value"] is not None:
            left = numeric([read(q["value"])], symbols_of(q["variables"]))(*image(*w))
            assert close(left, numeric([read(q["parametric"]["value"])], parameters)(*w))


@pytest.mark.parametrize("arguments", MODELS, ids=" ".join)
def test_the_dual_map_inverts_the_gradient_and_fenchel_holds_with_equality(arguments: tuple[str, ...]) -> None:
    q = with_routes(arguments, "gradient", "dual_gradient")["potential"]
    betas, duals = symbols_of(q["variables"]), symbols_of(q["dual_variables"])
    gradient, dual = numeric(reads(q["gradient"]), betas), numeric(reads(q["dual_gradient"]), duals)
    for move in MOVES:
        s = [mpf_of(move) / (10 * (i + 2)) for i in range(len(duals))]
        beta = dual(*s)
        assert close(gradient(*beta), s)
        assert not close(gradient(*(b * (1 + mpf(10) ** -20) for b in beta)), s)
        if q["value"] is not None and q["dual_value"] is not None:
            total = numeric([read(q["value"])], betas)(*beta)[0] + numeric([read(q["dual_value"])], duals)(*s)[0]
            inner = sum(a * b for a, b in zip(s, beta, strict=True))
            assert close([total], [inner]) and not close([total], [inner + mpf(10) ** -20])


@pytest.mark.parametrize("arguments", MODELS, ids=" ".join)
def test_the_dual_map_of_the_parametric_gradient_is_the_predictor(arguments: tuple[str, ...]) -> None:
    found = with_routes(arguments, "parametric", "dual_gradient")
    q, (parameters, predictor, _) = found["potential"], model(found)
    dual = numeric(reads(q["dual_gradient"]), symbols_of(q["dual_variables"]))
    slopes, image = numeric(reads(q["parametric"]["gradient"]), parameters), numeric(list(predictor), parameters)
    for w in leaf_points(found):
        assert close(dual(*slopes(*w)), image(*w))
        assert not close(dual(*slopes(*w)), image(*(v + mpf(10) ** -20 for v in w)))


@pytest.mark.parametrize("arguments", MODELS, ids=" ".join)
def test_the_dual_gradient_is_the_derivative_of_the_dual_value(arguments: tuple[str, ...]) -> None:
    q = with_routes(arguments, "dual_value", "dual_gradient")["potential"]
    duals = symbols_of(q["dual_variables"])
    value, gradient = numeric([read(q["dual_value"])], duals), numeric(reads(q["dual_gradient"]), duals)
    s = [mpf_of(MOVES[0]) / (10 * (i + 2)) for i in range(len(duals))]
    slopes = [diff(lambda *t: value(*t)[0], tuple(s), unit(len(s), i)) for i in range(len(s))]
    assert close(slopes, gradient(*s), CLOSE_DERIVATIVE)
    assert not close([2 * v for v in slopes], gradient(*s), CLOSE_DERIVATIVE)


def unit(d: int, *indices: int) -> tuple[int, ...]:
    return tuple(indices.count(i) for i in range(d))


@pytest.mark.parametrize("arguments", MODELS, ids=" ".join)
def test_the_hessian_of_the_value_is_the_warped_metric(arguments: tuple[str, ...]) -> None:
    """Hess Q M = g I at F(w): Q is the tool's, M = J G^-1 J^T is made here, g is the tool's factor."""
    found = with_routes(arguments, "value")
    parameters, predictor, jacobian = model(found)
    d, q = len(predictor), found["potential"]
    value = numeric([read(q["value"])], symbols_of(q["variables"]))
    raised = Matrix([[1, 0], [0, Rational(1, 2)]]) if WEIGHTS in arguments else eye(len(parameters))
    inverse_metric = jacobian * raised * jacobian.T
    metric, image = numeric(list(inverse_metric), parameters), numeric(list(predictor), parameters)
    factor = numeric([read(found["warp"]["factor_parameters"])], parameters)
    for w in leaf_points(found):
        beta = tuple(image(*w))
        hess = matrix(d)
        for i in range(d):
            for j in range(i + 1):
                hess[i, j] = hess[j, i] = diff(lambda *b: value(*b)[0], beta, unit(d, i, j))
        m, g = matrix(d, d), factor(*w)[0]
        for i, entry in enumerate(metric(*w)):
            m[i // d, i % d] = entry
        assert g > 0
        assert norm(hess * m - g * mp.eye(d)) < mpf(10) ** -CLOSE_DERIVATIVE
        assert norm(hess * m - (g + mpf(10) ** -20) * mp.eye(d)) > mpf(10) ** -CLOSE_DERIVATIVE
        in_beta = found["warp"]["factor"]
        if in_beta is not None:
            assert close(numeric([read(in_beta)], symbols_of(q["variables"]))(*beta), [g])
