"""Leading terms as one constant tends to an end, exactly: sums of c t^x log(1/t)^m with a remainder O(t^order).

Every subexpression becomes such a sum in t -> 0+ (x rational, m = 0, 1, ..., c free of t), from the leaves up:

* sums and products as they are (`derive.limits.sums`); powers, logarithms, exponentials by their series
  (`derive.limits.compositions`);
* every other function by its Taylor series at the finite limit of its argument; asinh at infinity through its
  logarithm;
* a coefficient counts only where a ball at an exact point shows that it is not zero, and is dropped only where exact
  algebra shows that it is (`derive.limits.certain`).  Where all known terms cancel, everything is done again with
  more of them.

The functions are analytic where they are used, so the sums converge for small t at every fixed value of the other
symbols where the coefficients that were divided by do not vanish: an open dense set of them.  SymPy's `series` and
`limit` are not used: they return unevaluated or wrong branches without a word, and cannot refuse.
"""

from dataclasses import dataclass

from sympy import (
    Abs,
    Add,
    Dummy,
    Expr,
    Integer,
    Mul,
    Pow,
    Rational,
    Symbol,
    asinh,
    atan,
    cosh,
    exp,
    log,
    oo,
    sign,
    sinh,
    sqrt,
)
from sympy import tanh as hyperbolic_tangent

from derive.exact.signs import is_defined
from derive.limits.certain import certain_sign, vanishes
from derive.limits.compositions import exp_of, lead, log_of, parts, power_of
from derive.limits.sums import Sum, TooShort, Undecided, added, constant, factorial, product, scaled, series

TRIES = (Integer(2), Integer(5), Integer(9))  # how far beyond the leading power terms are kept
_SMOOTH = (asinh, atan, sinh, cosh, hyperbolic_tangent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """coefficient * t^power * log(1/t)^logs, the coefficient free of t."""

    coefficient: Expr
    power: Rational
    logs: int

    def at(self, t: Expr) -> Expr:
        return self.coefficient * t**self.power * log(1 / t) ** self.logs


def leading_terms(expression: Expr, t: Symbol, count: int = 2) -> tuple[Term, ...] | None:
    """The first `count` terms of the expression as t -> 0+ (fewer where it ends before); None where undecided.

    `t` is a positive symbol; all other symbols stand for fixed values.
    """
    for extra in TRIES:
        try:
            return _Expander(t, extra).first(expression, count)
        except TooShort:
            continue
        except Undecided:
            return None
    return None


class _Expander:
    def __init__(self, t: Symbol, extra: Rational) -> None:
        self.t, self.extra = t, extra
        self.known: dict[Expr, Sum] = {}

    def first(self, expression: Expr, count: int) -> tuple[Term, ...]:
        total, found = self.of(expression), []
        for key in total.ordered():
            if len(found) == count:
                break
            if vanishes(total.terms[key]):
                continue
            found.append(Term(coefficient=total.terms[key], power=key[0], logs=key[1]))
        if len(found) < count and total.order != oo:
            raise TooShort
        return tuple(found)

    def of(self, e: Expr) -> Sum:
        if e not in self.known:
            self.known[e] = self._of(e)
        return self.known[e]

    def _of(self, e: Expr) -> Sum:
        if not e.has(self.t):
            return constant(e)
        if e == self.t:
            return Sum(terms={(Integer(1), 0): Integer(1)}, order=oo)
        if isinstance(e, Add):
            return added(self.of(a) for a in e.args)
        if isinstance(e, Mul):
            total = constant(Integer(1))
            for a in e.args:
                total = product(total, self.of(a), self.extra)
            return total
        if isinstance(e, Pow):
            base, exponent = e.as_base_exp()
            if not exponent.has(self.t):
                return power_of(self.of(base), exponent, self.extra)
            return exp_of(product(self.of(exponent), log_of(self.of(base), self.extra), self.extra), self.extra)
        if isinstance(e, exp):
            return exp_of(self.of(e.args[0]), self.extra)
        if isinstance(e, log):
            return log_of(self.of(e.args[0]), self.extra)
        if isinstance(e, (Abs, sign)):
            return self._signed(e, self.of(e.args[0]))
        if isinstance(e, _SMOOTH):
            return self._function(e, self.of(e.args[0]))
        raise Undecided(str(type(e)))

    def _signed(self, e: Expr, a: Sum) -> Sum:
        _, c, _ = lead(a)
        side = certain_sign(c)
        if side not in (1, -1):
            raise Undecided(f"the sign of {c}")
        return constant(Integer(side)) if isinstance(e, sign) else scaled(a, Integer(side), Integer(0))

    def _function(self, e: Expr, a: Sum) -> Sum:
        if isinstance(e, (sinh, cosh, hyperbolic_tangent)) and a.lowest <= 0:
            return self.of(e.rewrite(exp))
        infinite = any((x < 0 or m > 0) and x <= 0 and not vanishes(c) for (x, m), c in a.terms.items())
        if infinite:
            return self._at_infinity(e)
        finite, logs, rest = parts(a)
        assert logs.is_zero
        u = Dummy("u", real=True)
        derivatives = [e.func(u)]

        def coefficient(k: int) -> Expr:
            while len(derivatives) <= k:
                derivatives.append(derivatives[-1].diff(u))
            value = derivatives[k].subs(u, finite)
            if not is_defined(value):
                raise Undecided(str(e))
            return value / factorial(k)

        return series(rest, coefficient, self.extra)

    def _at_infinity(self, e: Expr) -> Sum:
        """asinh(u) = log(u + sqrt(u^2 + 1)) and atan(u) = pi/2 - atan(1/u) for u -> oo; both are odd."""
        u = e.args[0]
        _, c, _ = lead(self.of(u))
        side = certain_sign(c)
        if side not in (1, -1):
            raise Undecided(f"the sign of {c}")
        v = side * u
        if isinstance(e, asinh):
            return scaled(self.of(log(v + sqrt(v**2 + 1))), Integer(side), Integer(0))
        raise Undecided(str(e))
