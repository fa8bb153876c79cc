"""Chebyshev collocation: nodes, the integration matrix, coefficients, in float64 and in Arb.

On the n + 1 points x_j = -cos(pi j/n) a function f has the interpolant sum'' c_k T_k (first and last
term halved in the cosine sum that gives c), and

    int_{-1}^x T_k = T_{k+1}/(2(k+1)) - T_{k-1}/(2(k-1)) + const       (k >= 2),

so the matrix B with (B f)_i = int_{-1}^{x_i} of the interpolant is a product of two explicit matrices.
Collocation U = u_0 + (h/2) B f(U) is then an implicit Runge-Kutta method whose order grows with n
(Trefethen, Approximation Theory and Practice, 2013, ch. 19; Hairer, Wanner 1996, IV.5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from flint import arb, arb_mat, ctx, fmpq


@lru_cache(maxsize=32)
def nodes(n: int) -> np.ndarray:
    """The n + 1 points in float64, ascending."""
    return -np.cos(np.pi * np.arange(n + 1) / n)


@lru_cache(maxsize=32)
def to_coefficients(n: int) -> np.ndarray:
    """The matrix that maps values at the nodes to Chebyshev coefficients, float64."""
    k, j = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    matrix = 2 / n * np.cos(np.pi * k * (n - j) / n)
    matrix[:, [0, n]] /= 2
    matrix[[0, n], :] /= 2
    return matrix


@lru_cache(maxsize=32)
def integration(n: int) -> np.ndarray:
    """B in float64."""
    x, k = nodes(n), np.arange(n + 1)
    t = np.cos(np.outer(np.arccos(np.clip(x, -1, 1)), np.arange(n + 2)))
    signs = (-1.0) ** np.arange(n + 2)
    primitive = np.empty((n + 1, n + 1))
    primitive[:, 0] = x + 1
    primitive[:, 1] = (x * x - 1) / 2
    for m in k[2:]:
        primitive[:, m] = (t[:, m + 1] - signs[m + 1]) / (2 * (m + 1)) - (t[:, m - 1] - signs[m - 1]) / (2 * (m - 1))
    return primitive @ to_coefficients(n)


@dataclass(frozen=True, slots=True)
class BallMatrices:
    """Coefficients (n+1 x n+1) and B, as exact midpoints at some precision."""

    coefficients: arb_mat
    integration: arb_mat


@lru_cache(maxsize=16)
def ball_matrices(n: int, precision: int) -> BallMatrices:
    """The same two matrices in Arb."""
    with ctx.workprec(precision + 20):
        cosine = cosines(n)
        half = [arb(1) / 2 if i in (0, n) else arb(1) for i in range(n + 1)]
        scale = arb(2) / n
        coefficients = arb_mat(
            [
                [(scale * half[k] * half[j] * cosine[(k * (n - j)) % (2 * n)]).mid() for j in range(n + 1)]
                for k in range(n + 1)
            ]
        )
        # T_k at x_i = cos(pi (n - i)/n)
        values = [[cosine[(k * (n - i)) % (2 * n)] for k in range(n + 2)] for i in range(n + 1)]
        start = [primitive_of([arb(-1) ** k for k in range(n + 2)], k) for k in range(n + 1)]
        primitive = [[primitive_of(row, k) - start[k] for k in range(n + 1)] for row in values]
        return BallMatrices(coefficients, (arb_mat(primitive) * coefficients).mid())


def cosines(n: int) -> list[arb]:
    """cos(pi i/n) for i < 2 n: T_k at node j is the one at k (n - j) modulo 2 n."""
    return [arb.cos_pi_fmpq(fmpq(i, n)) for i in range(2 * n)]


def primitive_of(t: list[arb], k: int) -> arb:
    """A primitive of T_k at x, from t = (T_0(x), T_1(x), ...)."""
    if k < 2:
        return t[1] if k == 0 else t[1] * t[1] / 2
    return t[k + 1] / (2 * (k + 1)) - t[k - 1] / (2 * (k - 1))


@lru_cache(maxsize=16)
def ball_nodes(n: int, precision: int) -> tuple[arb, ...]:
    """The nodes in Arb, as exact midpoints."""
    with ctx.workprec(precision + 20):
        return tuple(-arb.cos_pi_fmpq(fmpq(j, n)).mid() for j in range(n + 1))


@lru_cache(maxsize=16)
def transfer(source: int, target: int, precision: int) -> arb_mat:
    """The matrix that maps values at source + 1 nodes to the interpolant's values at target + 1 nodes."""
    with ctx.workprec(precision + 20):
        cosine = [arb.cos_pi_fmpq(fmpq(i, target)) for i in range(2 * target)]
        values = [[cosine[(k * (target - i)) % (2 * target)] for k in range(source + 1)] for i in range(target + 1)]
        return (arb_mat(values) * ball_matrices(source, precision).coefficients).mid()


@lru_cache(maxsize=4)
def _half(n: int, right: bool, precision: int) -> arb_mat:
    """T_0 ... T_n (rows) at the n + 1 nodes of the left or right half of [-1, 1]."""
    with ctx.workprec(precision + 20):
        sides = [((x + (1 if right else -1)) / 2).acos() for x in ball_nodes(n, precision)]
        return arb_mat([[(k * angle).cos() for angle in sides] for k in range(n + 1)]).mid()


def on_half(coefficients: Sequence[Sequence[arb]], right: bool, precision: int) -> list[list[arb]]:
    """The values of series at the nodes of the left or right half of their interval, as midpoints."""
    table = _half(len(coefficients[0]) - 1, right, precision)
    return (arb_mat([list(c) for c in coefficients]) * table).mid().tolist()


def evaluate(coefficients: list[arb], x: arb) -> arb:
    """sum c_k T_k(x) by Clenshaw's recurrence."""
    b1, b2 = arb(0), arb(0)
    for c in reversed(coefficients[1:]):
        b1, b2 = c + 2 * x * b1 - b2, b1
    return coefficients[0] + x * b1 - b2
