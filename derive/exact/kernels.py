"""Which generators does an expression need?  The tower of a differential field, collected.

Every elementary function of the grammar is written in generators whose derivatives stay inside
the field that they generate:

    exp u, sinh, cosh, tanh   E = exp(m) for each monomial m of u;     E' = m' E
    sin, cos, tan             c, s with s^2 = 1 - c^2;                 c' = -u' s, s' = u' c
    u^(p/q)                   t with t^q = u;                          t' = t u' / (q u)
    u^e, e constant           P = u^m for each monomial m of e;        P' = m P u' / u
    log u, atan u, asinh u    L;                                       u'/u, u'/(1+u^2), u'/sqrt(1+u^2)
    Abs u, sign u             S with S^2 = 1 (away from u = 0);        S' = 0

A generator may be algebraically dependent on others without our noticing (log x and log x^2).
That costs completeness, never truth: an element that is zero as a rational function of its
generators is zero, and "not zero" is only ever said on the strength of a rigorous ball.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sympy import (
    Abs,
    Add,
    Expr,
    Integer,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    asinh,
    atan,
    cos,
    cosh,
    exp,
    ilcm,
    log,
    sign,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)

from derive.errors import InputError

ONE: Expr = Integer(1)
_VIA_EXP = (sinh, cosh, tanh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """One generator: a `symbol` (or number symbol), a `power` base^(monomial/n), or a function of `base`.

    A power whose base is None is exp(monomial/n); n is `Tower.roots[base, monomial]`.
    """

    kind: str
    base: Expr | None
    monomial: Expr = ONE


@dataclass(slots=True)
class Tower:
    """Generators in order of dependence, and the common denominators of the exponents of powers."""

    order: list[Generator] = field(default_factory=list)
    roots: dict[tuple[Expr | None, Expr], int] = field(default_factory=dict)

    def add(self, kind: str, base: Expr | None, monomial: Expr = ONE) -> None:
        generator = Generator(kind=kind, base=base, monomial=monomial)
        if generator not in self.order:
            self.order.append(generator)


def rational_terms(expression: Expr) -> list[tuple[Rational, Expr]]:
    """`expression` as a sum of rational coefficient times monomial; the monomial 1 carries numbers."""
    terms = []
    for term in Add.make_args(expression.expand()):
        coefficient, rest = term.as_coeff_Mul()
        if not coefficient.is_Rational:
            coefficient, rest = Integer(1), term
        terms.append((coefficient, rest))
    return terms


def collect(expressions: Iterable[Expr], symbols: Iterable[Symbol]) -> Tower:
    """The tower over Q(symbols) in which all `expressions` and their derivatives live."""
    tower = Tower()
    for symbol in symbols:
        tower.add("symbol", symbol)
    for expression in expressions:
        _visit(expression, tower)
    return tower


def _visit(expression: Expr, tower: Tower) -> None:
    if expression.is_Rational:
        return
    if isinstance(expression, (Add, Mul)):
        for argument in expression.args:
            _visit(argument, tower)
    elif isinstance(expression, exp):
        _visit_power(None, expression.args[0], tower)
    elif expression is S.Exp1:
        _visit_power(None, ONE, tower)
    elif isinstance(expression, Pow):
        _visit_power(expression.base, expression.exp, tower)
    elif isinstance(expression, _VIA_EXP):
        _visit_power(None, expression.args[0], tower)
    elif isinstance(expression, (sin, cos, tan)):
        _visit(expression.args[0], tower)
        tower.add("cos", expression.args[0])
        tower.add("sin", expression.args[0])
    elif isinstance(expression, (log, atan, asinh)):
        argument = expression.args[0]
        _visit(argument, tower)
        if isinstance(expression, asinh):
            _visit(sqrt(1 + argument**2), tower)
        tower.add(type(expression).__name__, argument)
    elif isinstance(expression, (Abs, sign)):
        _visit(expression.args[0], tower)
        tower.add("sign", expression.args[0])
    elif expression.is_number or expression.is_Symbol:
        tower.add("symbol", expression)
    else:
        raise InputError("an expression is outside the exact field", received=str(expression))


def _visit_power(base: Expr | None, exponent: Expr, tower: Tower) -> None:
    if base is not None:
        _visit(base, tower)
        if exponent.is_Integer:
            return
    for coefficient, monomial in rational_terms(exponent):
        _visit(monomial, tower)  # of the expanded exponent: log(3/10) has become two logarithms
        if base is None or monomial != 1 or not coefficient.is_Integer:
            key = (base, monomial)
            tower.roots[key] = int(ilcm(tower.roots.get(key, 1), coefficient.q))
            tower.add("power", base, monomial)
