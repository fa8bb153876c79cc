"""SymPy numbers as rigorous balls (Arb): the enclosure of an exact real expression without symbols."""

from collections.abc import Mapping
from types import MappingProxyType

from flint import arb, ctx
from sympy import (
    Abs,
    Add,
    Expr,
    I,
    Integral,
    Mul,
    Pow,
    Symbol,
    acosh,
    asinh,
    atan,
    atanh,
    cos,
    cosh,
    exp,
    log,
    nan,
    pi,
    sign,
    sin,
    sinh,
    tan,
    tanh,
    zoo,
)
from sympy.core.numbers import Exp1

from derive.errors import ComputationError
from derive.exact.quadrature import integral_between

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


def ball(expression: Expr, precision: int, at: Mapping[Symbol, Expr] = MappingProxyType({})) -> arb:
    """A ball at `precision` bits that contains the number; not finite where it is undefined.

    `at` gives symbols exact values, which never meet SymPy: it would factor long integers under a root.
    Raises `ComputationError` for a function that the grammar does not have, or a symbol without a value.
    """
    with ctx.workprec(precision):
        known = {symbol: _ball(value, {}) for symbol, value in at.items()}
        return _ball(expression, known)


def ball_over(expression: Expr, box: Mapping[Symbol, arb], precision: int) -> arb:
    """A ball that contains all values of the expression on a box of balls; not finite where it may be undefined.

    Raises `ComputationError` as `ball` does.
    """
    with ctx.workprec(precision):
        return _ball(expression, box)


def _ball(e: Expr, at: Mapping[Symbol, arb]) -> arb:
    if isinstance(e, Symbol) and e in at:
        return at[e]
    if e.is_Rational:
        return arb(int(e.p)) / int(e.q)
    if isinstance(e, Add):
        return sum((_ball(a, at) for a in e.args), arb(0))
    if isinstance(e, Mul):
        product = arb(1)
        for argument in e.args:
            product *= _ball(argument, at)
        return product
    if e in (I, nan, zoo):
        return arb.nan()
    if isinstance(e, Exp1):
        return arb(1).exp()
    if e == pi:
        return arb.pi()
    if isinstance(e, Pow):
        return _power(e, at)
    if type(e) in _METHODS:
        return getattr(_ball(e.args[0], at), _METHODS[type(e)])()
    if isinstance(e, Abs):
        return abs(_ball(e.args[0], at))
    if isinstance(e, sign):
        return _ball(e.args[0], at).sgn()
    if isinstance(e, Integral):
        return _integral(e, at)
    raise ComputationError("an expression has no enclosure", received=str(e))


def integral_to(e: Integral, end: arb) -> arb:
    """The integral over one interval with another upper end, at the precision of the context.

    Raises `ComputationError` for an integrand that is no product of powers of polynomials.
    """
    return integral_between(e, _ball(e.limits[0][1], {}), end, lambda c: _ball(c, {}))


def _integral(e: Integral, at: Mapping[Symbol, arb]) -> arb:
    _, low, high = e.limits[0]
    return integral_between(e, _ball(low, at), _ball(high, at), lambda c: _ball(c, at))


def _power(e: Pow, at: Mapping[Symbol, arb]) -> arb:
    base = _ball(e.base, at)
    if e.exp.is_Integer:
        n = int(e.exp)
        return base**n if n >= 0 else 1 / base ** (-n)
    if e.exp.is_Rational and e.exp.q == 2:
        root = base.sqrt()
        n = int(e.exp.p)
        return root**n if n >= 0 else 1 / root ** (-n)
    return base ** _ball(e.exp, at)
