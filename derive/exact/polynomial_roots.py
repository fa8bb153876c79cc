"""The complex roots of a polynomial over Q, in balls that do not meet."""

from flint import acb, ctx, fmpq_poly

from derive.exact.points import PRECISION


def isolated_roots(polynomial: fmpq_poly) -> list[acb]:
    """Its different complex roots, without multiplicities; none of a constant."""
    if polynomial.degree() <= 0:
        return []
    with ctx.workprec(PRECISION):
        found: list[tuple[acb, int]] = polynomial.complex_roots()  # pyright: ignore
    return [root for root, _ in found]
