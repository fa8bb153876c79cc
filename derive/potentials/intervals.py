"""The interval around beta(0) that conditions on one coordinate cut out of the line.

The real zeros of each condition are found where it is a polynomial, of degree one or two or over Q; the nearest on
either side of beta(0), compared by certain signs, are its ends.  Where a zero or a comparison is not certain there is
no interval, rather than one that may be too long.
"""

from collections.abc import Sequence

from sympy import (
    Expr,
    Poly,
    Symbol,
    oo,
    sqrt,
)

from derive.exact.signs import settled, sign_of
from derive.potentials.conditions import Condition

Interval = tuple[Expr, Expr]


def interval_around(conditions: Sequence[Condition], beta: Symbol, at: Expr) -> Interval | None:
    """The interval around beta(0) that the conditions cut out; None where a root is not found."""
    low, high = -oo, oo
    for condition in conditions:
        found = zeros(condition.expression, beta)
        sides = [] if found is None else [sign_of(settled((root - at).expand())) for root in found]
        if found is None or not all(sides):
            return None
        for root, side in zip(found, sides, strict=True):
            bound = high if side == 1 else low
            inner = 1 if bound in (oo, -oo) else sign_of(settled((side * (bound - root)).expand()))
            if inner is None:
                return None
            if inner == 1:
                low, high = (low, root) if side == 1 else (root, high)
    return low, high


def zeros(e: Expr, beta: Symbol) -> tuple[Expr, ...] | None:
    """All real zeros of a polynomial in beta, linear or quadratic or with rational coefficients; None elsewhere."""
    if not e.is_polynomial(beta):
        return None
    polynomial = Poly(e, beta)
    if polynomial.degree() == 1:
        a, b = polynomial.all_coeffs()
        return (-b / a,) if sign_of(a) else None
    if not e.free_symbols - {beta}:
        return tuple(polynomial.real_roots())
    if polynomial.degree() == 2:
        a, b, c = polynomial.all_coeffs()
        discriminant = (b**2 - 4 * a * c).expand().factor()
        side = sign_of(discriminant)
        if side is None or not sign_of(a):
            return None
        return tuple((-b + s * sqrt(discriminant)) / (2 * a) for s in (-1, 1)[: side + 1])
    return None


def bounds(beta: Symbol, interval: Interval) -> tuple[Condition, ...]:
    """The conditions that say that beta lies in the interval."""
    low, high = interval
    bounds = [beta - low] if low != -oo else []
    bounds += [high - beta] if high != oo else []
    return tuple(Condition(expression=e) for e in bounds)
