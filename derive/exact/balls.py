"""SymPy numbers as rigorous balls (Arb): the enclosure of an exact real expression without symbols."""

from flint import arb, ctx
from sympy import (
    Abs,
    Add,
    Expr,
    I,
    Mul,
    Pow,
    acosh,
    asinh,
    atan,
    atanh,
    cos,
    cosh,
    exp,
    log,
    pi,
    sign,
    sin,
    sinh,
    tan,
    tanh,
)
from sympy.core.numbers import Exp1

from derive.errors import ComputationError

_METHODS = {
    exp: "exp",
    log: "log",
    sin: "sin",
    cos: "cos",
    tan: "tan",
    sinh: "sinh",
    cosh: "cosh",
    tanh: "tanh",
    asinh: "asinh",
    acosh: "acosh",
    atan: "atan",
    atanh: "atanh",
}


def ball(expression: Expr, precision: int) -> arb:
    """A ball at `precision` bits that contains the number; not finite where it is undefined.

    Raises `ComputationError` for a function that the grammar does not have.
    """
    before = ctx.prec
    ctx.prec = precision
    try:
        return _ball(expression)
    finally:
        ctx.prec = before


def _ball(e: Expr) -> arb:
    if e.is_Rational:
        return arb(int(e.p)) / int(e.q)
    if isinstance(e, Add):
        return sum((_ball(a) for a in e.args), arb(0))
    if isinstance(e, Mul):
        product = arb(1)
        for argument in e.args:
            product *= _ball(argument)
        return product
    if e is I:
        return arb.nan()
    if isinstance(e, Exp1):
        return arb(1).exp()
    if e == pi:
        return arb.pi()
    if isinstance(e, Pow):
        return _power(e)
    if type(e) in _METHODS:
        return getattr(_ball(e.args[0]), _METHODS[type(e)])()
    if isinstance(e, Abs):
        return abs(_ball(e.args[0]))
    if isinstance(e, sign):
        return _ball(e.args[0]).sgn()
    raise ComputationError("an expression has no enclosure", received=str(e))


def _power(e: Pow) -> arb:
    base = _ball(e.base)
    if e.exp.is_Integer:
        n = int(e.exp)
        return base**n if n >= 0 else 1 / base ** (-n)
    if e.exp.is_Rational and e.exp.q == 2:
        root = base.sqrt()
        n = int(e.exp.p)
        return root**n if n >= 0 else 1 / root ** (-n)
    return base ** _ball(e.exp)
