"""Chebyshev series on whole arcs of a Bernstein ellipse, and on whole subintervals of [-1, 1], in balls.

On the ellipse z = (rho e^(i phi) + e^(-i phi)/rho)/2 the polynomials are

    T_k(z) = (rho^k e^(i k phi) + rho^-k e^(-i k phi))/2,

so that a matrix of T_k on arcs, each entry a ball over its arc, times a matrix of coefficients encloses all
series on all arcs in one product.  The same with rho = 1 covers the real interval.  Real coefficients make
the upper half of the ellipse enough.
"""

from functools import lru_cache

from flint import acb, acb_mat, arb, arb_mat, ctx, fmpq


@lru_cache(maxsize=256)
def points(n: int, log_rho: float, arcs: int, which: tuple[int, ...], precision: int) -> acb_mat:
    """T_0 ... T_n at the points phi = pi j/arcs of the upper half, one row for each j in `which`."""
    return _rows(n, log_rho, [(fmpq(j, arcs), arb(0)) for j in which], precision)


@lru_cache(maxsize=256)
def over_arcs(n: int, log_rho: float, arcs: int, which: tuple[int, ...], precision: int) -> acb_mat:
    """T_0 ... T_n over the arcs from phi = pi j/arcs to pi (j + 1)/arcs, one row for each j in `which`."""
    return _rows(n, log_rho, [(fmpq(2 * j + 1, 2 * arcs), arb(1) / (2 * arcs)) for j in which], precision)


def _rows(n: int, log_rho: float, angles: list[tuple[fmpq, arb]], precision: int) -> acb_mat:
    before, ctx.prec = ctx.prec, precision
    try:
        grow = [(arb(log_rho) * k).exp() for k in range(n + 1)]
        table = []
        for middle, half in angles:
            row = []
            for k in range(n + 1):
                # e^(i k phi) over the arc: the value at the middle times e^(i [-w, w]), w = k pi half
                turn = acb(0, arb(middle) * k * arb.pi()).exp() * _swing(k * arb.pi() * half)
                row.append((grow[k] * turn + turn.conjugate() / grow[k]) / 2)
            table.append(row)
        return acb_mat(table)
    finally:
        ctx.prec = before


def _swing(width: arb) -> acb:
    """e^(i t) for all |t| <= width: real part 1 - t^2/2..1, imaginary part within +-t."""
    if width == 0:
        return acb(1)
    return acb(0, (-width).union(width)).exp()


@lru_cache(maxsize=64)
def over_interval(n: int, pieces: int, precision: int) -> arb_mat:
    """T_0 ... T_n over the pieces of [-1, 1] between cos(pi j/pieces), pieces x (n + 1)."""
    rows = over_arcs(n, 0.0, pieces, tuple(range(pieces)), precision)
    return arb_mat([[e.real for e in row] for row in rows.tolist()])


def derivative(coefficients: list[arb]) -> list[arb]:
    """The Chebyshev coefficients of the derivative in x, as many as there are coefficients."""
    n = len(coefficients) - 1
    result = [arb(0)] * (n + 2)
    for k in range(n, 0, -1):
        result[k - 1] = (result[k + 1] if k + 1 <= n else arb(0)) + 2 * k * coefficients[k]
    result[0] /= 2
    return result[: n + 1]


def integral(coefficients: list[arb]) -> arb:
    """The integral over [-1, 1]."""
    return sum((2 * c / (1 - k * k) for k, c in enumerate(coefficients) if k % 2 == 0), arb(0))
