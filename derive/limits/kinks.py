"""A formula on one side of its kinks: |u| is u or -u, and sign(u) is 1 or -1, wherever a ball of u excludes zero.

SymPy differentiates |u| and sign(u) by real and imaginary parts unless it knows that u is real, which it does not of
v/u^2; so a formula is made smooth before it is differentiated.
"""

from collections.abc import Mapping

from flint import arb
from sympy import Abs, Expr, Integer, Symbol, sign

from derive.exact.balls import ball_over

BITS = 64


class Kink(Exception):
    """An absolute value or a sign whose argument may vanish on the box."""


def without_kinks(f: Expr, box: Mapping[Symbol, arb]) -> Expr:
    """The smooth formula that f is on a box of balls.  Raises `Kink`, and `ComputationError` as `ball_over` does."""

    def side(u: Expr) -> Integer:
        value = ball_over(u, box, BITS)
        if not (value > 0 or value < 0):
            raise Kink
        return Integer(1 if value > 0 else -1)

    return f.replace(Abs, lambda u: side(u) * u).replace(sign, side)
