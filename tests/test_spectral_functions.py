"""Functions of symmetric matrices with exponentials, logarithms and roots, and metrics that contain them."""

import mpmath as mp
import pytest
from spectral_oracle import verdicts
from sympy import (
    Expr,
    atan,
    cos,
    diff,
    exp,
    log,
    sin,
    sinh,
    sqrt,
    symbols,
    tanh,
)
from test_spectral_potential import two

from derive.everywhere.spectral import spectral
from derive.model import Model
from derive.pipeline import derive

X, Y = symbols("x y", real=True)
A, B, C = symbols("a b c", real=True)
ROOTS = (sqrt((A - C) ** 2 / 4 + B**2 / 2), sqrt((A - C) ** 2 + 2 * B**2) / 2)


def function_of(f: Expr, gap: Expr = ROOTS[0], bent: Expr | None = None) -> Model:
    """f(W) = mean + slope (W - tr W / 2) for W_12 = b / sqrt 2, by its eigenvalues (a + c)/2 +- gap."""
    large, small = f.subs(X, (A + C) / 2 + gap), f.subs(X, (A + C) / 2 - gap)
    mean, slope = (large + small) / 2, (large - small) / (2 * gap)
    predictor = (mean + slope * (A - C) / 2, slope * B / sqrt(2), mean - slope * (A - C) / 2)
    if bent is not None:
        predictor = (predictor[0] + bent, *predictor[1:])
    return Model(name="f(W)", parameters=(A, B, C), predictor=predictor)


@pytest.mark.parametrize("gap", ROOTS)
@pytest.mark.parametrize("f", [exp(X), log(1 + exp(X)), X + sin(X) / 2, sqrt(1 + X**2), atan(X), X * exp(X)])
def test_functions_that_are_no_polynomials_are_known_by_their_eigenvalues_and_refused(f: Expr, gap: Expr) -> None:
    found = spectral(function_of(f, gap))
    assert found is not None and found.verdict.is_refuted and found.kernel is not None
    k = found.kernel
    for x, y in ((0.7, -0.4), (1.3, 0.2)):
        there, slope = {k.x: x, k.y: y}, (f.subs(X, x) - f.subs(X, y)) / (x - y)
        assert abs(k.eigenvalue.subs(there) - f.subs(X, x)) < 1e-12
        assert abs(k.across.subs(there) * slope**2 - 1) < 1e-12
        assert abs(k.diagonal.subs(there) * diff(f, X).subs(X, x) ** 2 - 1) < 1e-12


def test_the_exponential_of_a_matrix_is_refused_by_the_oracle_too() -> None:
    for n in (2, 3):
        assert verdicts(n, lambda z: 1 / z**2, lambda z, w: ((mp.log(z) - mp.log(w)) / (z - w)) ** 2) == (False, False)
    found = derive(function_of(exp(X)), time_limit=10)
    assert found.hessian.is_refuted and found.warp.verdict.is_refuted and found.scope == "every dimension"


def test_affine_functions_stay_hessian_maps_however_they_are_written() -> None:
    found = spectral(function_of(log(exp(2 * X)) + 1))
    assert found is None or found.verdict.is_proved
    plain = spectral(function_of(2 * X + 1))
    assert plain is not None and plain.verdict.is_proved


@pytest.mark.parametrize("bent", [exp(A), sin(A + C) * B, exp(A + C) / 100, atan(B / A), cos(B)])
def test_exponentials_that_do_not_turn_are_not_recognised(bent: Expr) -> None:
    assert spectral(function_of(exp(X), bent=bent)) is None


def test_a_jump_of_the_arctangent_is_not_taken_for_a_constant() -> None:
    """atan(b/a) + atan(a/b) has no slope and jumps where the axes are turned."""
    jump = atan(B / (A - C)) + atan((A - C) / B)
    model = function_of(X**2)
    bent = Model(name="jump", parameters=model.parameters, predictor=tuple(f * (2 + jump) for f in model.predictor))
    assert spectral(bent) is None


@pytest.mark.parametrize("q", [exp(X), X * exp(X), log(1 + exp(X))])
def test_metrics_with_exponentials_are_decided(q: Expr) -> None:
    slope, a = diff(q, X), diff(q, X, 2)
    h = (slope - slope.subs(X, Y)) / (X - Y)
    found = spectral(two(a, h))
    assert found is not None and found.verdict.is_proved and found.kernel is not None
    potential, x = found.kernel.potential, found.kernel.x
    assert potential is not None
    assert abs((diff(potential, x, 2) - a.subs(X, x)).subs(x, 0.3)) < 1e-12
    wrong = spectral(two(a, 2 * h))
    assert wrong is not None and wrong.verdict.is_refuted


def test_hyperbolic_functions_are_exponentials() -> None:
    for f in (sinh(X), tanh(X)):
        found = spectral(function_of(f))
        assert found is not None and found.verdict.is_refuted
