"""The sign of a number, or of an expression in positive constants, where it is certain."""

from flint import arb
from sympy import Expr, I, Pow, nan, oo, zoo

from derive.errors import ComputationError
from derive.exact.balls import ball
from derive.exact.points import PRECISION


def sign_of(number: Expr) -> int | None:
    """-1, 0 or 1 where that is certain: by assumptions, or by a ball for a number."""
    for value, holds in ((1, number.is_positive), (-1, number.is_negative), (0, number.is_zero)):
        if holds:
            return value
    if number.free_symbols:
        factored = number.factor()
        return None if factored == number else sign_of(factored)
    try:
        enclosure: arb = ball(number, PRECISION)
    except ComputationError:
        return None
    return 1 if enclosure > 0 else -1 if enclosure < 0 else None


def settled(e: Expr) -> Expr:
    """The expression with every radicand factored, so that (a^2 + 1)^2 under a root becomes a^2 + 1."""
    return e.replace(
        lambda u: isinstance(u, Pow) and u.exp.is_Rational and not u.exp.is_Integer,
        lambda u: u.base.expand().factor() ** u.exp,
    )


def is_defined(value: Expr) -> bool:
    """Did the value come out finite and real?  (Poles read zoo, roots and logarithms of negatives I.)"""
    return not value.has(zoo, oo, -oo, nan, I)
