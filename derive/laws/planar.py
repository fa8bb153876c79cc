"""Laws of two parameters: the field of a plane, (A, B), and its classical integrals.

If all gradient fields move (a, b) along one direction (A, B), up to common factors, and A, B depend on a and b alone,
there is a law of these two, and it is an integral in one variable in two cases.

*Scaling.*  Let a -> e^t a, b -> e^(k t) b multiply A and B by e^(m t) and e^((m + k - 1) t): all monomials a^i b^j of A
have i + k j = m and those of B have i + k j = m + k - 1.  In x = b / a^k, with A, B taken at a = 1, b = x,

    d log a : dx = A : B - k x A,     h = log|a| - integral of A / (B - k x A) dx.

*Linear.*  If B / A = f(a) b + g(a), then with mu = exp(-integral of f): h = mu b - integral of mu g da.
"""

from collections.abc import Iterator, Sequence
from itertools import permutations

from flint import fmpq
from sympy import Abs, Add, Dummy, Expr, Integer, Mul, Pow, Rational, Symbol, exp, ilcm, log

from derive.exact.field import Element, Field
from derive.exact.linear import nullspace
from derive.fields.dynamics import InducedDynamics
from derive.laws.quadrature import primitive

MAX_PARAMETERS, MAX_EXPONENT = 8, 6


def planar(dynamics: InducedDynamics) -> Iterator[Sequence[Expr]]:
    """Laws of pairs of parameters."""
    symbols = dynamics.model.parameters
    if len(symbols) > MAX_PARAMETERS:
        return
    for a, b in permutations(range(len(symbols)), 2):
        slope = _slope(dynamics, a, b)
        if slope is not None:
            found = (_scaled(slope, symbols[a], symbols[b]) if a < b else None) or _linear(
                slope, symbols[a], symbols[b]
            )
            yield [] if found is None else [_power(found)]


def _slope(dynamics: InducedDynamics, a: int, b: int) -> Element | None:
    """B / A where it is the same for all fields and depends on the two parameters alone."""
    field, parameters = dynamics.field, dynamics.model.parameters
    moving = [(v[a], v[b]) for v in dynamics.gradients if not (v[a].vanishes and v[b].vanishes)]
    if not moving or moving[0][0].vanishes or moving[0][1].vanishes:
        return None
    slope = moving[0][1] / moving[0][0]
    others = set(parameters) - {parameters[a], parameters[b]}
    if _contains(slope, others) or any(not field.normal(y - slope * x).vanishes for x, y in moving[1:]):
        return None
    return slope


def _contains(element: Element, symbols: set[Symbol]) -> bool:
    """Does a generator occur that depends on one of the symbols?"""
    used = [x + y for x, y in zip(element.numerator.degrees(), element.denominator.degrees(), strict=True)]
    named = zip(used, element.field.generators, strict=False)
    return any(u and element.field.generator_expression(g).free_symbols & symbols for u, g in named)


def _scaled(slope: Element, a: Symbol, b: Symbol) -> Expr | None:
    """h = log|a| - integral of A / (B - k x A) dx, for polynomial A and B that a scaling multiplies."""
    field = slope.field
    if any(g.kind != "symbol" and _uses(slope, n) for n, g in enumerate(field.generators)):
        return None
    at_a, at_b = (next(n for n, g in enumerate(field.generators) if g.base == s) for s in (a, b))
    rows = [[fmpq(e[at_a]), fmpq(e[at_b]), fmpq(-1)] for e in slope.denominator.to_dict()]
    rows += [[fmpq(e[at_a] + 1), fmpq(e[at_b] - 1), fmpq(-1)] for e in slope.numerator.to_dict()]
    weights = next((v for v in nullspace(rows, 3) if v[0] != 0), None)
    if weights is None:
        return None
    ratio = weights[1] / weights[0]
    k, x = Rational(int(ratio.p), int(ratio.q)), Dummy("x", real=True)
    above, below = (
        field.expression_of(f).xreplace({a: Integer(1), b: x}) for f in (slope.numerator, slope.denominator)
    )
    across = (above - k * x * below).expand()
    if across.is_zero:
        return b / a**k
    integral = primitive((below / across).cancel(), x, {})
    return None if integral is None else log(Abs(a)) - integral.xreplace({x: b / a**k})


def _uses(element: Element, generator: int) -> bool:
    return bool(element.numerator.degrees()[generator] or element.denominator.degrees()[generator])


def _linear(slope: Element, a: Symbol, b: Symbol) -> Expr | None:
    """h = mu b - integral of mu g da, for B / A = f b + g with f and g in a alone."""
    field = slope.field
    at = next(n for n, g in enumerate(field.generators) if g.base == b and g.kind == "symbol")
    others = [n for n, g in enumerate(field.generators) if n != at and b in field.generator_expression(g).free_symbols]
    if slope.denominator.degrees()[at] or slope.numerator.degrees()[at] > 1 or any(_uses(slope, n) for n in others):
        return None
    rate, rest = (_coefficient(slope, at, power, field) for power in (1, 0))
    if rate.is_zero or rest.is_zero:
        return None
    exponent = primitive(rate, a, {})
    if exponent is None:
        return None
    factor = exp(-exponent).replace(lambda e: e.is_Pow and isinstance(e.base, Abs) and e.exp.is_Integer, _unsigned)
    integral = primitive((factor * rest).expand(), a, {})
    return None if integral is None else factor * b - integral


def _unsigned(power: Pow) -> Expr:
    """|f|^n as f^n: one is the other times a constant."""
    return power.base.args[0] ** power.exp


def _coefficient(slope: Element, generator: int, power: int, field: Field) -> Expr:
    terms = {
        tuple(0 if n == generator else e for n, e in enumerate(exponents)): c
        for exponents, c in slope.numerator.to_dict().items()
        if exponents[generator] == power
    }
    return field.quotient(field.context.from_dict(terms), slope.denominator).expression()


def _power(law: Expr) -> Expr:
    """The exponential of a sum of logarithms with rational coefficients, where the powers are small."""
    parts = [term.as_coeff_Mul() for term in Add.make_args(law.expand())]
    if not all(isinstance(rest, log) and c.is_Rational for c, rest in parts):
        return law
    scale = ilcm(*(c.q for c, _ in parts))
    if max(abs(c * scale) for c, _ in parts) > MAX_EXPONENT:
        return law
    inside = [(rest.args[0].args[0] if isinstance(rest.args[0], Abs) else rest.args[0], c * scale) for c, rest in parts]
    return Mul(*(f**n for f, n in inside)).together().factor()
