"""Spectral metrics against an oracle of its own: rho by eigenvectors in mpmath, its derivatives by differences.

The tool sees formulas in the entries of a matrix only.  `metric_oracle` is used for 2 x 2 matrices besides.
"""

from random import Random

import mpmath as mp
import pytest
from metric_oracle import has_warp, is_hessian
from spectral_oracle import X, Y, function_of, given, matrix, numeric, pairs, upper, verdicts
from sympy import (
    Add,
    Expr,
    ImmutableDenseMatrix,
    Integer,
    Matrix,
    Poly,
    Rational,
    diff,
    expand,
    log,
    trace,
)

from derive.everywhere.spectral import spectral
from derive.model import Model
from derive.pipeline import derive

# -- the oracle ---------------------------------------------------------------------------------------


def test_divided_differences_are_hessian_maps_at_every_size_and_others_have_no_warp() -> None:
    random = Random(5)
    for trial in range(3):
        c = [random.randint(1, 4) for _ in range(4)]
        q = c[0] * X**4 + c[1] * X**2 + c[2] * X * log(X) - c[3] * log(X)
        slope = diff(q, X)
        h = (slope - slope.subs(X, Y)) / (X - Y)
        wrong = h + Rational(random.randint(1, 5), 7) * (X - Y) ** 2
        for n in (2, 3, 4) if trial == 0 else (2, 3):
            assert verdicts(n, numeric(diff(q, X, 2), X), numeric(h, X, Y)) == (True, True)
            assert verdicts(n, numeric(diff(q, X, 2), X), numeric(wrong, X, Y)) == (False, False)


def test_the_constant_that_two_eigenvalues_allow_is_forbidden_to_three() -> None:
    one, h = (lambda _: mp.mpf(1)), (lambda x, y: 1 + 1 / (x - y))
    assert verdicts(2, one, h) == (True, True)
    assert verdicts(3, one, h) == (False, False)


# -- models -------------------------------------------------------------------------------------------


def kernel_form(h: Expr):  # type: ignore[no-untyped-def]
    """sum c_kl tr(W^k E W^l E) for h = sum c_kl x^k y^l."""
    return lambda w, e: Add(*(c * trace(w**k * e * w**m * e) for (k, m), c in Poly(h, X, Y).terms()))


def divided(q: Expr) -> Expr:
    slope = diff(q, X)
    return ((slope - slope.subs(X, Y)) / (X - Y)).cancel()


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_polynomial_kernels_are_decided_in_any_order_of_the_coordinates(n: int, seed: int) -> None:
    random = Random(seed)
    q = random.randint(1, 3) * X**4 + random.randint(-3, 3) * X**3 + random.randint(1, 5) * X**2
    h = divided(q)
    wrong = h + random.randint(1, 4) * X * Y - random.randint(5, 6) * (X + Y)
    for kernel, hessian_map in ((h, True), (wrong, False)):
        a = kernel.subs(Y, X)
        assert verdicts(n, numeric(a, X), numeric(kernel, X, Y)) == (hessian_map, hessian_map)
        found = spectral(given(n, kernel_form(kernel), shuffle=seed))
        assert found is not None and found.verdict.is_proved is hessian_map
        assert found.verdict.is_refuted is not hessian_map and found.kernel is not None
        assert expand(found.kernel.across - kernel) == 0 and expand(found.kernel.diagonal - a) == 0
        if hessian_map:
            assert found.kernel.potential is not None and expand(diff(found.kernel.potential - q, X, 2)) == 0


@pytest.mark.parametrize("f", [X**2, X**3 - X, 2 * X**3 + X**2])
def test_functions_of_a_symmetric_matrix_have_no_warp_unless_they_are_affine(f: Expr) -> None:
    for n in (2, 3):
        found = spectral(function_of(n, f))
        assert found is not None and found.verdict.is_refuted and found.kernel is not None
    w = matrix(2)
    jacobian = Matrix(function_of(2, f).predictor).jacobian(upper(w))
    # rho = (J J^T)^-1 as a function of beta has no closed form: compare M in an eigenbasis instead
    at = dict(zip(upper(w), (Rational(5, 3), Integer(0), Rational(1, 4)), strict=True))
    m = (jacobian * jacobian.T).subs(at)
    x, y = at[w[0, 0]], at[w[1, 1]]
    ratio = (f.subs(X, x) - f.subs(X, y)) / (x - y)
    assert m[0, 0] == diff(f, X).subs(X, x) ** 2 and 2 * m[1, 1] == ratio**2
    assert found.kernel.across.subs({found.kernel.x: x, found.kernel.y: y}) == 1 / ratio**2


def test_an_affine_function_is_a_hessian_map_of_every_size() -> None:
    found = spectral(function_of(3, 3 * X - 2))
    assert found is not None and found.verdict.is_proved and found.kernel is not None


@pytest.mark.parametrize("n", [2, 3])
def test_the_flat_metric_of_the_upper_triangle_does_not_turn(n: int) -> None:
    assert spectral(function_of(n, X**2, root=1)) is None
    counted = ImmutableDenseMatrix(Matrix.diag(*[1 if i == j else 2 for i, j in pairs(n)]))
    plain = function_of(n, X**2, root=1)
    same = Model(name="f(W)", parameters=plain.parameters, predictor=plain.predictor, parameter_metric=counted)
    found = spectral(same)
    assert found is not None and found.verdict.is_refuted and found.kernel is not None


def test_what_is_almost_equivariant_is_not_recognised() -> None:
    model = given(2, kernel_form(divided(X**4 + X**2)))
    w11 = model.parameters[0]
    assert model.parameter_metric is not None
    bent = model.parameter_metric + ImmutableDenseMatrix(Matrix.diag(0, w11**2, 0)) / 1000
    changed = Model(name="bent", parameters=model.parameters, predictor=model.parameters, parameter_metric=bent,
                    is_metric=True)  # fmt: skip
    assert spectral(model) is not None and spectral(changed) is None
    assert not is_hessian(Matrix(bent), model.parameters)  # type: ignore[arg-type]


@pytest.mark.parametrize("form, hessian_map, warp", [
    (lambda w, e: trace(w) * trace(e * e) + 2 * trace(w * e) * trace(e), True, True),  # of tr B tr B^2 / 2
    (lambda w, e: trace(w) * trace(e * e) + trace(w * e) * trace(e), False, False),
    (lambda w, e: trace(e * e) / trace(w), False, True),
])  # fmt: skip
def test_coupled_eigenvalues_are_decided_at_their_own_size(form, hessian_map: bool, warp: bool) -> None:  # type: ignore[no-untyped-def]
    model = given(2, form)
    rho = Matrix(model.parameter_metric)
    assert (is_hessian(rho, model.parameters), has_warp(rho, model.parameters)) == (hessian_map, warp)  # type: ignore[arg-type]
    found = derive(model)
    assert found.hessian.is_proved is hessian_map and found.warp.verdict.is_proved is warp
    assert found.hessian.is_refuted is not hessian_map and found.warp.verdict.is_refuted is not warp
    assert found.scope == "this dimension"
