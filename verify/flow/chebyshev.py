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
from operator import add, sub

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
    before = ctx.prec
    ctx.prec = precision + 20
    try:
        cosine = _cosines(n)
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
        start = [_primitive([arb(-1) ** k for k in range(n + 2)], k) for k in range(n + 1)]
        primitive = [[_primitive(row, k) - start[k] for k in range(n + 1)] for row in values]
        return BallMatrices(coefficients, (arb_mat(primitive) * coefficients).mid())
    finally:
        ctx.prec = before


@dataclass(frozen=True, slots=True)
class Parity:
    """A linear map that sends even vectors to even (or odd) ones and odd vectors to odd (or even) ones.

    Two matrices of half the size do the work of one: `even` acts on the even part of a vector, `odd` on the odd part.
    Matrices act on rows, from the right.
    """

    even: arb_mat
    odd: arb_mat

    def __call__(self, rows: Sequence[Sequence[arb]]) -> tuple[list[list[arb]], list[list[arb]]]:
        """The images of the even and of the odd parts of values at the nodes, one row for each row."""
        middle = (len(rows[0]) - 1) // 2
        even, odd = [], []
        for row in rows:
            left, right = row[:middle], row[: -middle - 1 : -1]
            even.append([*map(add, left, right), 2 * row[middle]])
            odd.append([*map(sub, left, right)])
        return (arb_mat(even) * self.even).tolist(), (arb_mat(odd) * self.odd).tolist()


@dataclass(frozen=True, slots=True)
class Halves:
    """Values at n + 1 nodes (n even) to Chebyshev coefficients, and to integrals from the left end."""

    to_coefficients: Parity
    to_integrals: Parity

    def coefficients(self, rows: Sequence[Sequence[arb]]) -> list[list[arb]]:
        """The Chebyshev coefficients, as midpoints."""
        even, odd = self.to_coefficients(rows)
        result = []
        for a, b in zip(even, odd, strict=True):
            row = [arb(0)] * (len(a) + len(b))
            row[0::2], row[1::2] = map(arb.mid, a), map(arb.mid, b)
            result.append(row)
        return result

    def integrals(self, rows: Sequence[Sequence[arb]]) -> list[list[arb]]:
        """The interpolants' integrals from -1 to each node."""
        result = []
        # integrals from 0: odd for the even part, even for the odd part
        for a, b in zip(*self.to_integrals(rows), strict=True):
            start = a[0] + b[0]
            left = [x + y - start for x, y in zip(a, b, strict=True)]
            right = [y - x - start for x, y in zip(a, b, strict=True)]
            result.append([*left, -start, *reversed(right)])
        return result


@lru_cache(maxsize=8)
def halves(n: int, precision: int) -> Halves:
    """The same two matrices for even n, in halves."""
    if n % 2:
        raise ValueError(f"parity needs a node in the middle: n = {n}")
    before = ctx.prec
    ctx.prec = precision + 20
    try:
        cosine, middle = _cosines(n), n // 2
        # half of each pair: T_k(x_j) takes the same value at both nodes of a pair, up to sign
        weight = [arb(1) / (2 * n if j in (0, middle) else n) for j in range(middle + 1)]

        def transform(k: int, count: int) -> list[arb]:
            scale = 1 if k in (0, n) else 2
            return [(scale * weight[j] * cosine[(k * (n - j)) % (2 * n)]).mid() for j in range(count)]

        even = arb_mat([transform(k, middle + 1) for k in range(0, n + 1, 2)])
        odd = arb_mat([transform(k, middle) for k in range(1, n, 2)])
        values = [[cosine[(k * (n - i)) % (2 * n)] for k in range(n + 2)] for i in range(middle)]
        even_primitive = arb_mat([[_primitive(row, k) for k in range(0, n + 1, 2)] for row in values])
        odd_primitive = arb_mat([[_primitive(row, k) - _at_zero(k) for k in range(1, n, 2)] for row in values])
        return Halves(
            Parity(even.transpose(), odd.transpose()),
            Parity((even_primitive * even).transpose().mid(), (odd_primitive * odd).transpose().mid()),
        )
    finally:
        ctx.prec = before


def _cosines(n: int) -> list[arb]:
    return [arb.cos_pi_fmpq(fmpq(i, n)) for i in range(2 * n)]


def _primitive(t: list[arb], k: int) -> arb:
    """A primitive of T_k at x, from t = (T_0(x), T_1(x), ...)."""
    if k < 2:
        return t[1] if k == 0 else t[1] * t[1] / 2
    return t[k + 1] / (2 * (k + 1)) - t[k - 1] / (2 * (k - 1))


def _at_zero(k: int) -> arb:
    """The same primitive at x = 0, for odd k: T_m(0) = (-1)^(m/2)."""
    if k == 1:
        return arb(0)
    sign = -1 if k % 4 == 1 else 1
    return arb(sign) / (2 * (k + 1)) + arb(sign) / (2 * (k - 1))


@lru_cache(maxsize=16)
def ball_nodes(n: int, precision: int) -> tuple[arb, ...]:
    """The nodes in Arb, as exact midpoints."""
    before = ctx.prec
    ctx.prec = precision + 20
    try:
        return tuple(-arb.cos_pi_fmpq(fmpq(j, n)).mid() for j in range(n + 1))
    finally:
        ctx.prec = before


@lru_cache(maxsize=16)
def transfer(source: int, target: int, precision: int) -> arb_mat:
    """The matrix that maps values at source + 1 nodes to the interpolant's values at target + 1 nodes."""
    before = ctx.prec
    ctx.prec = precision + 20
    try:
        cosine = [arb.cos_pi_fmpq(fmpq(i, target)) for i in range(2 * target)]
        values = [[cosine[(k * (target - i)) % (2 * target)] for k in range(source + 1)] for i in range(target + 1)]
        return (arb_mat(values) * ball_matrices(source, precision).coefficients).mid()
    finally:
        ctx.prec = before


@lru_cache(maxsize=4)
def _evaluation(count: int, n: int, precision: int) -> tuple[arb_mat, arb_mat]:
    """T_0 ... T_(count-1) at the first half of n + 1 nodes and the middle one: even k, and odd k."""
    before = ctx.prec
    ctx.prec = precision + 20
    try:
        cosine = _cosines(n)

        def part(first: int) -> arb_mat:
            return arb_mat(
                [[cosine[(k * (n - i)) % (2 * n)] for i in range(n // 2 + 1)] for k in range(first, count, 2)]
            ).mid()

        return part(0), part(1)
    finally:
        ctx.prec = before


def at_nodes(coefficients: Sequence[Sequence[arb]], n: int, precision: int) -> list[list[arb]]:
    """The values at n + 1 nodes (n even) of the series with these coefficients, as midpoints."""
    even, odd = _evaluation(len(coefficients[0]), n, precision)
    a = (arb_mat([list(c[0::2]) for c in coefficients]) * even).tolist()
    b = (arb_mat([list(c[1::2]) for c in coefficients]) * odd).tolist()
    sums = [[*map(add, x, y), *map(sub, x[-2::-1], y[-2::-1])] for x, y in zip(a, b, strict=True)]
    return [list(map(arb.mid, row)) for row in sums]


@lru_cache(maxsize=4)
def _half(n: int, right: bool, precision: int) -> arb_mat:
    """T_0 ... T_n (rows) at the n + 1 nodes of the left or right half of [-1, 1]."""
    before = ctx.prec
    ctx.prec = precision + 20
    try:
        sides = [((x + (1 if right else -1)) / 2).acos() for x in ball_nodes(n, precision)]
        return arb_mat([[(k * angle).cos() for angle in sides] for k in range(n + 1)]).mid()
    finally:
        ctx.prec = before


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
