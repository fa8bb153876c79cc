"""Metrics and models that turn on both sides of a rectangular matrix, against differences of the metric in NumPy."""

from collections.abc import Callable
from random import Random

import numpy as np
import pytest
from singular_oracle import Array, conditions, drawn
from sympy import (
    Add,
    Expr,
    ImmutableDenseMatrix,
    Matrix,
    Rational,
    Symbol,
    diff,
    exp,
    eye,
    hessian,
    lambdify,
    log,
    trace,
)

from derive.everywhere.rectangular import singular_slice
from derive.everywhere.two_sided import two_sided
from derive.model import Model
from derive.pipeline import derive

SIZES = [(2, 2), (2, 3), (3, 2)]


def matrix(m: int, n: int, name: str = "w") -> Matrix:
    return Matrix(m, n, lambda i, j: Symbol(f"{name}{i + 1}{j + 1}", real=True))


def given(m: int, n: int, form: Callable[[Matrix, Matrix], Expr]) -> Model:
    """The metric E -> form(W, E) in the entries, row by row."""
    w, e = matrix(m, n), matrix(m, n, "e")
    rho = (hessian(form(w, e), list(e)) / 2).applyfunc(lambda v: v.expand())
    return Model(name="given", parameters=tuple(w), predictor=tuple(w), parameter_metric=ImmutableDenseMatrix(rho),
                 is_metric=True)  # fmt: skip


def of_potential(m: int, n: int, q: Callable[[Matrix], Expr]) -> Model:
    """The second derivative of q(W)."""
    w = matrix(m, n)
    rho = hessian(q(w), list(w)).applyfunc(lambda v: v.together())
    return Model(name="q", parameters=tuple(w), predictor=tuple(w), parameter_metric=ImmutableDenseMatrix(rho),
                 is_metric=True)  # fmt: skip


def function_of(m: int, n: int, coefficients: list[Expr]) -> Model:
    """W + c W W^T W + ..., an odd polynomial of the singular values."""
    w = matrix(m, n)
    total, power = Matrix.zeros(m, n), w
    for c in coefficients:
        total, power = total + c * power, power * w.T * w
    return Model(name="f(W)", parameters=tuple(w), predictor=tuple(e.expand() for e in total))


def measured(model: Model, at: Array) -> tuple[bool, bool]:
    assert model.parameter_metric is not None
    rho = lambdify(model.parameters, model.parameter_metric, "numpy")
    return conditions(lambda b: np.array(rho(*b.ravel()), dtype=float), at)


TERMS: dict[str, Callable[[Matrix, Matrix], Expr]] = {
    "flat": lambda w, e: trace(e * e.T),
    "left": lambda w, e: trace(w * w.T * e * e.T),
    "right": lambda w, e: trace(w.T * w * e.T * e),
    "across": lambda w, e: trace(w.T * e * w.T * e),
    "coupled": lambda w, e: trace(w.T * e) ** 2,
    "scaled": lambda w, e: trace(w.T * w) * trace(e * e.T),
}


@pytest.mark.parametrize("m, n", SIZES)
@pytest.mark.parametrize("weights", [
    {"flat": 2}, {"flat": 1, "left": 2, "right": 2, "across": 2}, {"flat": 1, "left": 1, "right": 1, "across": 2},
    {"flat": 3, "left": 1}, {"flat": 3, "left": 1, "right": 1}, {"flat": 3, "across": 1},
    {"flat": 3, "left": 2, "right": 1, "across": 1}, {"flat": 3, "left": 1, "right": 1, "across": 1},
])  # fmt: skip
def test_kernels_are_decided_as_differences_decide_them(m: int, n: int, weights: dict[str, int]) -> None:
    model = given(m, n, lambda w, e: Add(*(c * TERMS[k](w, e) for k, c in weights.items())))
    hessian_map, warp = measured(model, drawn(1, m, n))
    found = two_sided(model)
    assert found is not None and hessian_map == warp
    assert found.verdict.is_proved is hessian_map and found.verdict.is_refuted is not warp
    if found.verdict.is_refuted:
        assert found.verdict.witness is not None
        at = np.array([float(dict(found.verdict.witness.point)[p]) for p in model.parameters]).reshape(m, n)
        assert measured(model, at) == (False, False)
    else:
        k = found.kernel
        assert k is not None and k.potential is not None and (diff(k.potential, k.x, 2) - k.diagonal).expand() == 0


@pytest.mark.parametrize("m, n", SIZES)
@pytest.mark.parametrize("seed", range(4))
def test_random_forms_never_contradict_the_differences(m: int, n: int, seed: int) -> None:
    random = Random(10 * seed + m + n)
    weights = {k: random.choice((0, 0, 1, 2)) for k in TERMS} | {"flat": 3}
    model = given(m, n, lambda w, e: Add(*(c * TERMS[k](w, e) for k, c in weights.items())))
    hessian_map, warp = measured(model, drawn(seed, m, n))
    found = two_sided(model)
    if weights["coupled"] or weights["scaled"]:
        assert found is None
    else:
        assert found is not None and found.verdict.is_proved is hessian_map and found.verdict.is_refuted is not warp


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 1, 3), (0, 3, 1, 2), (3, 1, 0, 2)])
def test_the_entries_of_a_square_matrix_come_in_any_order(order: tuple[int, ...]) -> None:
    plain = of_potential(2, 2, lambda w: trace((w.T * w) ** 2))
    assert plain.parameter_metric is not None
    names = tuple(plain.parameters[i] for i in order)
    rows = plain.parameter_metric.extract(list(order), list(order))
    turned = Model(
        name="q", parameters=names, predictor=names, parameter_metric=ImmutableDenseMatrix(rows), is_metric=True
    )
    found = two_sided(turned)
    assert found is not None and found.verdict.is_proved


@pytest.mark.parametrize("m, n", [(2, 2), (2, 3)])
def test_log_det_of_one_less_a_square_is_found_by_its_singular_values(m: int, n: int) -> None:
    model = of_potential(m, n, lambda w: -log((eye(m) - w * w.T).det()))
    found = two_sided(model)
    assert found is not None and found.verdict.is_proved and found.kernel is not None
    x, q = found.kernel.x, found.kernel.potential
    assert q is not None and abs((q + log(1 - x**2)).diff(x).subs(x, Rational(1, 3))) < 1e-12
    assert measured(model, drawn(2, m, n) / 4) == (True, True)


@pytest.mark.parametrize("m, n", [(2, 2), (2, 3), (3, 3)])
@pytest.mark.parametrize("coefficients", [[0, 1], [1, 1], [2, 0, 1]])
def test_functions_of_a_matrix_are_refused_unless_they_are_linear(m: int, n: int, coefficients: list[Expr]) -> None:
    if (m, n) == (3, 3) and len(coefficients) > 2:
        return
    model = function_of(m, n, coefficients)
    found = two_sided(model)
    assert found is not None and found.verdict.is_refuted and found.kernel is not None
    # rho at a diagonal point, by the Jacobian
    k, size = found.kernel, min(m, n)
    numbers = [Rational(5, 2), Rational(4, 3), Rational(1, 2)][:size]
    at = dict.fromkeys(model.parameters, 0) | {model.parameters[i * n + i]: s for i, s in enumerate(numbers)}
    jacobian = Matrix(model.predictor).jacobian(model.parameters).subs(at)
    rho = (jacobian * jacobian.T).inv()
    there = {k.x: numbers[0], k.y: numbers[1]}
    first, second = 1, n  # the entries (1, 2) and (2, 1)
    assert rho[0, 0] == k.diagonal.subs(there)
    assert rho[first, first] + rho[first, second] == k.plus.subs(there)
    assert rho[first, first] - rho[first, second] == k.minus.subs(there)
    if m != n:
        assert k.rest is not None and rho[n - 1, n - 1] == k.rest.subs(there)
    assert two_sided(function_of(m, n, [3])) is not None
    linear = two_sided(function_of(m, n, [3]))
    assert linear is not None and linear.verdict.is_proved


@pytest.mark.parametrize("bent", [lambda w: w[0, 0] ** 2, lambda w: exp(w[0, 1]), lambda w: w.det() * w[0, 0]])
def test_what_is_almost_equivariant_is_not_recognised(bent: Callable[[Matrix], Expr]) -> None:
    model = function_of(2, 2, [1, 1])
    changed = Model(
        name="bent",
        parameters=model.parameters,
        predictor=((model.predictor[0] + bent(matrix(2, 2)) / 1000).expand(), *model.predictor[1:]),
    )
    assert singular_slice(model) is not None and singular_slice(changed) is None


def test_a_start_of_lower_rank_is_not_judged_by_what_is_near_it() -> None:
    model = function_of(2, 2, [0, 1])  # W W^T W, and W keeps its rank
    for diagonal, expected in (((2, 1), True), ((2, 0), False), ((0, 0), False)):
        start = (Rational(diagonal[0]), Rational(0), Rational(0), Rational(diagonal[1]))
        own = Model(name="f(W)", parameters=model.parameters, predictor=model.predictor, start=start)
        assert (two_sided(own) is not None) is expected


def test_the_whole_way() -> None:
    found = derive(function_of(2, 2, [0, 1]))
    assert found.hessian.is_refuted and found.warp.verdict.is_refuted and found.scope == "every dimension"
    found = derive(of_potential(2, 2, lambda w: trace((w.T * w) ** 2) + trace(w.T * w)))
    assert found.hessian.is_proved and found.commuting.is_proved and found.scope == "every dimension"
    assert found.potential.form == "closed" and "square matrices" in found.scope_reason
    model = function_of(2, 2, [1, 1])
    own = Model(
        name="f(W)",
        parameters=model.parameters,
        predictor=model.predictor,
        start=(Rational(1), Rational(0), Rational(0), Rational(1)),
    )
    found = derive(own)
    assert found.hessian.is_refuted and found.warp.verdict.is_refuted
