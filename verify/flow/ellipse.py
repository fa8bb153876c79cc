"""Chebyshev series on whole arcs of a Bernstein ellipse, and on whole subintervals of [-1, 1], in balls.

On the ellipse z = (rho e^(i phi) + e^(-i phi)/rho)/2 the polynomials are

    T_k(z) = (rho^k e^(i k phi) + rho^-k e^(-i k phi))/2,

so that a series f = sum c_k T_k is, with R_k, I_k = (rho^k +- rho^-k)/2,

    f(phi)  = sum c_k (R_k cos k phi + i I_k sin k phi),        f'(phi) = sum k c_k (-R_k sin k phi + i I_k cos k phi),

products of real matrices that depend on the angles alone.  On an arc of half-width w around phi, by Taylor's theorem,

    |f - f(phi)| <= w |f'(phi)| + w^2/2 K,      |f' - f'(phi)| <= w K,      K = sum k^2 |c_k| R_k >= |f''|.

With rho = 1 the same covers the real interval.  Real coefficients make the upper half of the ellipse enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from flint import acb, arb, arb_mat, ctx, fmpq


@lru_cache(maxsize=100_000)
def _circle(i: int, m: int, precision: int) -> tuple[arb, arb]:
    """cos and sin of pi i/m, at the current precision, which is `precision`."""
    return arb.cos_pi_fmpq(fmpq(i, m)), arb.sin_pi_fmpq(fmpq(i, m))


@lru_cache(maxsize=16)
def angles(n: int, m: int, which: tuple[int, ...], precision: int) -> tuple[arb_mat, arb_mat]:
    """cos k phi and sin k phi for k = 0 ... n, one row for each phi = pi i/m, i in `which`."""
    with ctx.workprec(precision):
        table = [[_circle(i * k % (2 * m), m, precision) for k in range(n + 1)] for i in which]
        return arb_mat([[e[0] for e in row] for row in table]), arb_mat([[e[1] for e in row] for row in table])


@dataclass(frozen=True, slots=True)
class Arc:
    """One series on arcs: at the middle of each, over the whole of it, and its derivative by phi over the whole."""

    middle: list[acb]
    values: list[acb]
    slopes: list[acb]


class Ellipse:
    """Some series on the ellipse with ln rho; `columns` are their Chebyshev coefficients (real balls)."""

    def __init__(self, columns: Sequence[Sequence[arb]], log_rho: float, precision: int) -> None:
        self.n, self.count, self.precision = len(columns[0]) - 1, len(columns), precision
        grow = [(arb(log_rho) * k).exp() for k in range(self.n + 1)]
        real = [(g + 1 / g) / 2 for g in grow]
        imaginary = [(g - 1 / g) / 2 for g in grow]
        a = [[c * r for c, r in zip(column, real, strict=True)] for column in columns]
        b = [[c * r for c, r in zip(column, imaginary, strict=True)] for column in columns]
        self.cosines = arb_mat([*a, *(_times_degree(e) for e in b)]).transpose()
        self.sines = arb_mat([*b, *(_times_degree(e) for e in a)]).transpose()
        self.bend = [sum((k * k * abs(e) for k, e in enumerate(column)), arb(0)).upper() for column in a]

    def arcs(self, total: int, which: Sequence[int]) -> list[Arc]:
        """The series on the arcs from pi j/total to pi (j + 1)/total, j in `which`."""
        cosine, sine = angles(self.n, 2 * total, tuple(2 * j + 1 for j in which), self.precision)
        even, odd = (cosine * self.cosines).transpose().tolist(), (sine * self.sines).transpose().tolist()
        half = (arb.pi() / (2 * total)).upper()
        return [
            _arc(even[c], odd[c], odd[self.count + c], even[self.count + c], half, self.bend[c])
            for c in range(self.count)
        ]


def _times_degree(coefficients: Sequence[arb]) -> list[arb]:
    return [k * e for k, e in enumerate(coefficients)]


def _arc(re: list[arb], im: list[arb], minus: list[arb], up: list[arb], half: arb, bend: arb) -> Arc:
    middle, values, slopes = [], [], []
    turn = arb(0, half * bend)
    for x, y, a, b in zip(re, im, minus, up, strict=True):
        slope = acb(-a, b)
        around = arb(0, half * (slope.abs_upper() + half * bend / 2))
        middle.append(acb(x, y))
        values.append(acb(x + around, y + around))
        slopes.append(acb(turn - a, turn + b))
    return Arc(middle, values, slopes)


def derivative(coefficients: Sequence[arb]) -> list[arb]:
    """The Chebyshev coefficients of the derivative in x, as many as there are coefficients."""
    n = len(coefficients) - 1
    result = [arb(0)] * (n + 2)
    for k in range(n, 0, -1):
        result[k - 1] = (result[k + 1] if k + 1 <= n else arb(0)) + 2 * k * coefficients[k]
    result[0] /= 2
    return result[: n + 1]


def integral(coefficients: Sequence[arb]) -> arb:
    """The integral over [-1, 1]."""
    return sum((2 * c / (1 - k * k) for k, c in enumerate(coefficients) if k % 2 == 0), arb(0))
