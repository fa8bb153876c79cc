"""What is certain about a coefficient, a function of constants and of beta: is it zero, and which sign has it?

A coefficient counts as zero only where exact algebra shows that it vanishes identically, and as different from zero
only where a ball at an exact point shows it: then it is different from zero on an open dense set, as it is analytic.
A sign is certain where it holds for all values of the symbols, by what they are assumed to be: of a product by its
factors, of a positive semidefinite form whose kernel has entries of both signs, and of p sqrt(R) + q by squaring.
"""

from collections.abc import Iterable

from sympy import Dummy, Expr, ImmutableDenseMatrix, Mul, Poly, Pow, Rational

from derive.exact.identity import is_identity, is_nonzero
from derive.exact.signs import sign_of
from derive.limits.sums import Undecided


def vanishes(c: Expr) -> bool:
    """Is the coefficient zero, identically?  Raises `Undecided` where neither answer is certain."""
    if c.is_zero or c.expand().is_zero:
        return True
    if is_nonzero(c):
        return False
    if is_identity(c):
        return True
    raise Undecided(f"is {c} zero?")


def certain_sign(c: Expr) -> int | None:
    """The sign of a product, of a definite quadratic form, and of p sqrt(R) + q by that of p^2 R - q^2; or None."""
    known = sign_of(c)
    if known is not None:
        return known
    factors = Mul.make_args(c.factor())
    if len(factors) > 1 or isinstance(factors[0], Pow):
        return _product_of_signs(factors)
    roots = [u for u in c.atoms(Pow) if u.exp == Rational(1, 2) and u.base.is_Add]
    if len(roots) != 1:
        return 1 if _definite(c) else -1 if _definite(-c) else None
    root, name = roots[0], Dummy("r", positive=True)
    plain = c.expand().xreplace({root: name}).expand()
    p, q = plain.coeff(name, 1), plain.coeff(name, 0)
    if not (plain - p * name - q).expand().is_zero:
        return None
    sides = sign_of(p), sign_of(q)
    if None in sides or 0 in sides or sides[0] == sides[1]:
        return sides[0] if sides[0] == sides[1] else None
    apart = sign_of((p**2 * root.base - q**2).expand())
    return None if apart is None else apart * (sides[0] or 0)


def _product_of_signs(factors: Iterable[Expr]) -> int | None:
    total = 1
    for f in factors:
        base, exponent = f.as_base_exp()
        side = certain_sign(base)
        if side is None or not (exponent.is_Integer or side == 1):
            return None
        total *= 1 if exponent.is_even else side
    return total


def _definite(e: Expr) -> bool:
    """Is it a positive semidefinite quadratic form that vanishes at no positive values of its symbols?"""
    symbols = sorted(e.free_symbols, key=str)
    if not symbols or len(symbols) > 6 or not e.is_polynomial(*symbols) or not all(s.is_positive for s in symbols):
        return False
    form = Poly(e, *symbols)
    if not form.is_homogeneous or form.total_degree() != 2 or not all(c.is_Rational for c in form.coeffs()):
        return False
    matrix = ImmutableDenseMatrix([[e.diff(x, y) for y in symbols] for x in symbols])
    kernel = matrix.nullspace() if matrix.is_positive_semidefinite else None
    if kernel is None or len(kernel) > 1:
        return False
    return not kernel or {1, -1} <= {sign_of(x) for x in kernel[0]}
