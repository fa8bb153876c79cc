"""Is an expression identically zero?  Exact algebra for yes, a rigorous ball for no.

The expression is written in the differential field of its own functions.  If its normal form vanishes
it is zero wherever it is defined.  A field may hide a dependence (two radicals whose product is a
third); then derivatives help: an expression whose derivative is identically zero is constant, and a
constant is zero if it is zero at one exact point.  `refute` never relies on anything but a ball.
"""

from functools import lru_cache

from sympy import Expr, Pow, acosh, atanh, expand_log, log, sqrt

from derive.errors import ComputationError, InputError
from derive.exact.balls import ball
from derive.exact.field import Field
from derive.exact.points import PRECISION, sample_points


def is_identity(expression: Expr) -> bool:
    """True only where exact algebra shows the expression to be zero on its whole domain."""
    if expression.is_zero:
        return True
    symbols = sorted(expression.free_symbols, key=str)
    plain = (
        _joined_roots(expression)
        .replace(acosh, lambda u: log(u + sqrt(u - 1) * sqrt(u + 1)))
        .replace(atanh, lambda u: (log(1 + u) - log(1 - u)) / 2)
    )
    plain = expand_log(plain)  # log(alpha**2) is 2 log(alpha) for positive constants
    try:
        field = Field([plain], symbols)
        return field.normal(field.convert(plain)).vanishes
    except (InputError, KeyError, ZeroDivisionError):
        return False


def _joined_roots(expression: Expr) -> Expr:
    """sqrt(1 + x^2/a^2) as sqrt(a^2 + x^2)/|a|, so that equal radicals become one generator."""
    return expression.replace(
        lambda e: isinstance(e, Pow) and e.exp.is_Rational and not e.exp.is_Integer,
        lambda e: _together(e.base) ** e.exp,
    )


@lru_cache(maxsize=256)
def _together(radicand: Expr) -> Expr:
    """Kept, since one radicand comes back in every entry of a metric."""
    return radicand.together()


def is_nonzero(expression: Expr, tries: int = 8) -> bool:
    """True only where a ball at an exact point shows the expression not to be zero."""
    symbols = sorted(expression.free_symbols, key=str)
    for point, _ in zip(sample_points(symbols, ()), range(tries), strict=False):
        try:
            number = ball(expression.xreplace(point), PRECISION)
        except (ComputationError, TypeError, ValueError):  # SymPy refuses nan in atan, and numbers under a derivative
            continue
        if number.is_finite() and not number.contains(0):
            return True
    return False
