"""Extremal vectors of l_p norms in float64, by SciPy: what steepest descent is compared with.

*Largest margin* (Gunasekar et al. 2018, theorem 5): max over |b|_p <= 1 of min_n m_n . b.  Its dual is the least
|M^T a|_q over the simplex of weights a, 1/p + 1/q = 1, in as many variables as there are samples.  Both values are
returned: the margin of the vector found bounds the optimum from below, |M^T a|_q from above.

*Least norm*: min |b - b_0|_p subject to X b = y, over the null space of X.

For p = 1 and p = oo both are linear programs.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import null_space
from scipy.optimize import linprog, minimize
from sympy import Expr, oo

from derive.errors import ComputationError
from verify.optimise.norms import dual_exponent, norm, steepest_direction
from verify.optimise.numbers import FLOAT64, Array


@dataclass(frozen=True, slots=True, kw_only=True)
class LargestMargin:
    """A unit vector with a margin of `margin`; no unit vector has one above `bound`."""

    direction: Array
    margin: float
    bound: float


def largest_margin(rows: Array, p: Expr) -> LargestMargin:
    """Of the rows y_n x_n, N x d.  Raises `ComputationError` where SciPy finds no margin."""
    q = dual_exponent(p)
    if p in (1, oo):
        direction, weights = _linear_program(rows, p)
    else:
        weights = _least_combination(rows, q)
        direction = steepest_direction(FLOAT64, -(weights @ rows), p)
    size = norm(FLOAT64, direction, p)
    if not size > 0 or not min(rows @ direction) > 0:
        raise ComputationError("no direction with a positive margin was found", hint="separable data")
    direction = direction / size
    return LargestMargin(
        direction=direction, margin=float(min(rows @ direction)), bound=float(norm(FLOAT64, weights @ rows, q))
    )


def _least_combination(rows: Array, q: Expr) -> Array:
    """The a of the simplex with the least |M^T a|_q, 1 < q < oo."""

    def value(a: Array) -> tuple[float, Array]:
        combination = a @ rows
        half_square = float(norm(FLOAT64, combination, q)) ** 2 / 2
        return half_square, rows @ -steepest_direction(FLOAT64, combination, dual_exponent(q))

    count = len(rows)
    found = minimize(
        value, np.full(count, 1 / count), jac=True, method="SLSQP", bounds=[(0, None)] * count,
        constraints={"type": "eq", "fun": lambda a: a.sum() - 1, "jac": lambda a: np.ones(count)},
        options={"ftol": 1e-16, "maxiter": 2000},
    )  # fmt: skip
    return np.clip(found.x, 0, None) / np.clip(found.x, 0, None).sum()


def _linear_program(rows: Array, p: Expr) -> tuple[Array, Array]:
    """max t, M b >= t, |b|_p <= 1 for p = 1 or oo: the vector, and the multipliers of the rows."""
    count, d = rows.shape
    # b = plus - minus with both at least 0; p = oo bounds the entries, p = 1 their sum
    margins = np.hstack([-rows, rows, np.ones((count, 1))])
    ball = np.hstack([np.ones((1, 2 * d)), [[0.0]]])
    above = np.vstack([margins, ball]) if p == 1 else margins
    right = np.r_[np.zeros(count), 1.0] if p == 1 else np.zeros(count)
    bounds = [(0, None if p == 1 else 1)] * (2 * d) + [(None, None)]
    found = _solved(linprog(np.r_[np.zeros(2 * d), -1.0], A_ub=above, b_ub=right, bounds=bounds))
    weights = -found.ineqlin.marginals[:count]
    return found.x[:d] - found.x[d : 2 * d], weights / weights.sum()


def least_norm(x: Array, y: Array, p: Expr, start: Array) -> Array:
    """argmin |b - start|_p subject to X b = y.  Raises `ComputationError` where SciPy fails."""
    d = x.shape[1]
    gap = y - x @ start
    if p in (1, oo):
        costs = np.ones(2 * d) if p == 1 else np.r_[np.zeros(2 * d), 1.0]
        equal = np.hstack([x, -x]) if p == 1 else np.hstack([x, -x, np.zeros((len(x), 1))])
        below = None if p == 1 else np.hstack([np.eye(d), np.eye(d), -np.ones((d, 1))])
        found = _solved(linprog(costs, A_ub=below, b_ub=None if p == 1 else np.zeros(d), A_eq=equal, b_eq=gap))
        return start + found.x[:d] - found.x[d : 2 * d]
    first, basis, power = np.linalg.lstsq(x, gap, rcond=None)[0], null_space(x), float(p)

    def value(c: Array) -> tuple[float, Array]:
        b = first + basis @ c
        size = abs(b) ** (power - 1)
        return float((size * abs(b)).sum()), power * (size * np.sign(b)) @ basis

    if basis.shape[1] == 0:
        return start + first
    found = minimize(value, np.zeros(basis.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-12})
    return start + first + basis @ found.x


def _solved(found: Any) -> Any:
    if not found.success:
        raise ComputationError("SciPy did not solve a linear program", received=str(found.message))
    return found
