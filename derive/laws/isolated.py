"""One parameter as a function of others and of a law's value: the equation is undone from the outside in.

h(x, y) = c is solved for a y that occurs in one place, or in a quadratic polynomial: sums, products, powers and
functions are taken to the other side one by one.  An even power, a cosh or an absolute value has two inverses; the
sign of what stands inside at an exact point picks the one near it.  So each step is an equivalence of real equations
near the point, and y is what it was there.  Sines are undone where their arguments lie between -pi/2 and pi/2 at the
point.
"""

from collections.abc import Mapping

from sympy import (
    Abs,
    Add,
    Dummy,
    Expr,
    Integer,
    Mul,
    Poly,
    Pow,
    Symbol,
    acosh,
    asin,
    asinh,
    atan,
    atanh,
    cosh,
    exp,
    log,
    pi,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)

from derive.exact.signs import sign_of

_INVERSES = {exp: log, log: exp, sinh: asinh, tanh: atanh, asinh: sinh, atan: tan}


class Sides:
    """Signs of expressions near a point: symbols for them, with what they are signs of and their values there."""

    def __init__(self, at: Mapping[Symbol, Expr]) -> None:
        self.at = dict(at)
        self.numbers: dict[Symbol, Expr] = {}
        self.meanings: dict[Symbol, Expr] = {}

    def of(self, f: Expr) -> Symbol | None:
        """A symbol for the sign of f; None where it is zero or not certain at the point."""
        number = sign_of(f.xreplace(self.at).expand())
        if not number:
            return None
        s = Dummy("s", real=True, nonzero=True)
        self.numbers[s], self.meanings[s] = Integer(number), f
        return s

    def simplified(self, e: Expr) -> Expr:
        """Squares of signs are 1."""
        plain = e.replace(lambda u: isinstance(u, Pow) and u.base in self.numbers, lambda u: u.base ** (u.exp % 2))
        return plain.xreplace({Abs(s): Integer(1) for s in self.numbers})


def isolated(law: Expr, y: Symbol, value: Expr, sides: Sides) -> Expr | None:
    """y(x, c) with law(x, y) = c near the point of `sides`, c being `value`; None where it cannot be undone."""
    inner, other = law, value
    while inner != y:
        step = _undone(inner, other, y, sides)
        if step is None:
            return None
        inner, other = step
    return other


def _undone(e: Expr, other: Expr, y: Symbol, sides: Sides) -> tuple[Expr, Expr] | None:
    """The argument of e that contains y, and what it is equal to if e = other."""
    if isinstance(e, Add):
        free, bound = e.as_independent(y, as_Add=True)
        if not isinstance(bound, Add):
            return bound, other - free
        root = _quadratic(bound, other - free, y, sides)
        return None if root is None else (y, root)
    if isinstance(e, Mul):
        free, bound = e.as_independent(y, as_Add=False)
        return (bound, other / free) if not isinstance(bound, Mul) else None
    if isinstance(e, Pow) and not isinstance(e, exp):
        return _of_power(e, other, y, sides)
    argument = e.args[0] if len(e.args) == 1 else None
    if argument is None:
        return None
    if type(e) in _INVERSES:
        inverse = _INVERSES[type(e)](other)
        return (argument, inverse) if not isinstance(e, tan) else None
    if isinstance(e, sin):
        beside = sign_of((pi / 2 - Abs(argument)).xreplace(sides.at))
        return (argument, asin(other)) if beside == 1 else None
    side = sides.of(argument)
    if side is None:
        return None
    if isinstance(e, Abs):
        return argument, side * other
    return (argument, side * acosh(other)) if isinstance(e, cosh) else None


def _of_power(e: Pow, other: Expr, y: Symbol, sides: Sides) -> tuple[Expr, Expr] | None:
    """b^n = other: b = s |other|^(1/n) with s the sign of b; the sign of b^n is that of s^n."""
    base, n = e.as_base_exp()
    if n.has(y):
        return None if base.has(y) else (n, log(other) / log(base))
    if not n.is_Rational:
        return None
    if (
        n.q % 2 == 0 or (1 / n).is_Integer
    ):  # the base of a root is positive; one of an integer power of other has its sign
        return base, other ** (1 / n)
    side = sides.of(base)
    if side is None:
        return None
    root = ((side if n.p % 2 else Integer(1)) * other) ** (1 / n)
    bars = {u: (sign_of(u.args[0].xreplace(sides.at)) or 1) * u.args[0] for u in root.atoms(Abs) - other.atoms(Abs)}
    return base, side * root.xreplace(bars)


def _quadratic(bound: Expr, other: Expr, y: Symbol, sides: Sides) -> Expr | None:
    """The root of a quadratic polynomial in y whose branch the derivative at the point picks."""
    if not bound.is_polynomial(y) or Poly(bound, y).degree() != 2:
        return None
    a, b = (bound.coeff(y, k) for k in (2, 1))
    side = sides.of(2 * a * y + b)
    if side is None:
        return None
    return ((side * sqrt((b**2 + 4 * a * other).expand()) - b) / (2 * a)).expand()
