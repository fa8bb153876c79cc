"""Least l1 norm under margins: a linear program.

Its vertex is recomputed in exact rationals from the rows and coordinates that float64 finds active, and certified by
dual multipliers: nu >= 0, |A^T nu|_i <= 1, sum nu = |w|_1.
"""

from collections.abc import Sequence

import numpy as np
from flint import fmpq, fmpq_mat
from scipy.optimize import linprog

from verify.margins.point import LARGEST, SMALL, MaxMargin, Rows, active_rows, balls, in_floats, margins


def least_l1(rows: Rows) -> MaxMargin | None:
    """argmin |w|_1; None where the linear program has no solution."""
    d = len(rows[0])
    found = program(rows, np.ones(2 * d))
    if found is None:
        return None
    vertex = _vertex(rows, found)
    if vertex is None:
        return in_floats(rows, found, "a linear program in float64")
    w, nu, active = vertex
    pulled = _pulled(rows, nu)
    size = sum((abs(e) for e in w), fmpq(0))
    if any(v < 0 for v in nu) or any(abs(e) > 1 for e in pulled) or sum(nu, fmpq(0)) != size:
        return in_floats(rows, found, "a linear program in float64")
    idle = [i for i in range(d) if w[i] == 0 and abs(pulled[i]) == 1]
    unique = not idle and all(nu[n] > 0 for n in active)
    other = None if unique else _other(rows, w, size, idle, [n for n in active if nu[n] == 0])
    return MaxMargin(
        w=balls(w),
        active=active_rows(rows, w),
        unique=True if unique else None if other is None else False,
        how="exact: a vertex with dual multipliers",
        other=None if other is None else balls(other),
    )


def program(rows: Rows, cost: np.ndarray, bound: float | None = None) -> np.ndarray | None:
    """w = p - m >= 0 that minimises cost . (p, m) under the margins (and sum (p + m) <= bound)."""
    a = np.array([[float(e.p) / float(e.q) for e in row] for row in rows])
    upper, right = np.c_[-a, a], -np.ones(len(rows))
    if bound is not None:
        upper, right = np.r_[upper, np.ones((1, upper.shape[1]))], np.r_[right, bound]
    result = linprog(cost, A_ub=upper, b_ub=right, bounds=(0, None), method="highs-ds")
    return result.x[: a.shape[1]] - result.x[a.shape[1] :] if result.success else None


def _vertex(rows: Rows, w: np.ndarray) -> tuple[list[fmpq], list[fmpq], list[int]] | None:
    """The exact vertex near w and its multipliers; None where its rows and coordinates do not determine it."""
    a = np.array([[float(e.p) / float(e.q) for e in row] for row in rows])
    places = [i for i in range(len(w)) if abs(w[i]) > SMALL * np.abs(w).max()]
    tight = [n for n in np.argsort(a @ w) if a[n] @ w < 1 + 1e-7]
    active: list[int] = []
    for n in tight:  # independent ones, as many as there are coordinates
        trial = [*active, int(n)]
        if len(trial) <= len(places) and fmpq_mat([[rows[k][i] for i in places] for k in trial]).rank() == len(trial):
            active = trial
    if len(active) != len(places) or len(places) > LARGEST:
        return None
    matrix = fmpq_mat([[rows[n][i] for i in places] for n in active])
    values = matrix.solve(fmpq_mat([[fmpq(1)]] * len(active))).entries()
    signs = fmpq_mat([[fmpq(1 if v > 0 else -1)] for v in values])
    multipliers = matrix.transpose().solve(signs).entries()
    full, nu = [fmpq(0)] * len(w), [fmpq(0)] * len(rows)
    for i, v in zip(places, values, strict=True):
        full[i] = v
    for n, v in zip(active, multipliers, strict=True):
        nu[n] = v
    return (full, nu, active) if min(margins(rows, full)) >= 1 else None


def _other(rows: Rows, w: list[fmpq], size: fmpq, idle: Sequence[int], loose: Sequence[int]) -> list[fmpq] | None:
    """Another exact minimiser of the same |w|_1, along what costs nothing to use: coordinates and rows without a
    multiplier of their own."""
    slopes = sum((np.array([float(e.p) / float(e.q) for e in rows[n]]) for n in loose), np.zeros(len(w)))
    cost = np.r_[-slopes, slopes]
    for i in idle:
        cost[[i, len(w) + i]] -= 1.0
    found = program(rows, cost, float(size.p) / float(size.q) * (1 + 1e-12))
    vertex = None if found is None else _vertex(rows, found)
    if vertex is None or vertex[0] == w or sum((abs(e) for e in vertex[0]), fmpq(0)) != size:
        return None
    return vertex[0]


def _pulled(rows: Rows, nu: Sequence[fmpq]) -> list[fmpq]:
    return [sum((v * row[i] for v, row in zip(nu, rows, strict=True)), fmpq(0)) for i in range(len(rows[0]))]
