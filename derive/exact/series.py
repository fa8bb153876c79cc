"""Power series in one variable over the rationals: a polynomial flow from a rational start, term by term.

Picard's iteration w <- w0 + int V(w) gains one correct coefficient a round.  The coefficients are exact.
"""

from collections.abc import Sequence

from flint import fmpq, fmpq_poly
from sympy import Expr, Poly, Symbol

Terms = Sequence[tuple[Sequence[int], fmpq]]


def terms_of(f: Expr, symbols: Sequence[Symbol]) -> Terms | None:
    """The monomials of f; None where it is no polynomial with rational coefficients."""
    if not f.is_polynomial(*symbols):
        return None
    polynomial = Poly(f, *symbols)
    if not all(c.is_Rational for c in polynomial.coeffs()):
        return None
    return [(m, fmpq(int(c.p), int(c.q))) for m, c in polynomial.terms()]


def truncated(series: fmpq_poly, order: int) -> fmpq_poly:
    """The series up to the power order - 1."""
    return fmpq_poly(series.coeffs()[:order])


def evaluated(terms: Terms, values: Sequence[fmpq_poly], order: int) -> fmpq_poly:
    """A polynomial at power series."""
    total = fmpq_poly([0])
    for exponents, c in terms:
        product = fmpq_poly([c])
        for x, k in zip(values, exponents, strict=True):
            for _ in range(int(k)):
                product = truncated(product * x, order)
        total += product
    return total


def flow(field: Sequence[Terms], start: Sequence[fmpq], order: int) -> list[fmpq_poly]:
    """w(t) with dw/dt = V(w), w(0) = start, up to the power order - 1."""
    w = [fmpq_poly([v]) for v in start]
    for k in range(1, order):
        w = [fmpq_poly([v]) + evaluated(f, w, k).integral() for v, f in zip(start, field, strict=True)]
    return w
