"""Integrals in one variable: SymPy proposes, the start decides what is real, and only a right derivative is accepted.

SymPy leaves integrals with asinh(w) and sqrt(1 + w^2) alone; w = sinh(t) makes them integrals of exponentials.
"""

from collections.abc import Mapping
from functools import lru_cache

from sympy import (
    Add,
    Dummy,
    Expr,
    Integer,
    Mul,
    Symbol,
    asinh,
    cosh,
    exp,
    log,
    sinh,
    sqrt,
)

from derive.errors import InputError
from derive.exact.field import Field
from derive.exact.integrals import integrated, is_plain
from derive.exact.signs import is_defined
from derive.fields.dynamics import InducedDynamics
from derive.laws.primitive import Entry, absolute
from derive.patience import within

MAX_OPERATIONS, SECONDS = 60, 10.0  # an integral that takes SymPy longer is not the kind that anybody reads


def clocks(dynamics: InducedDynamics) -> list[Entry]:
    """For each parameter whose velocity depends on itself alone: the integral of dw / V(w)."""
    if len(dynamics.gradients) != 1:
        return []
    model, found = dynamics.model, []
    for symbol, velocity in zip(model.parameters, dynamics.gradients[0], strict=True):
        readable = model.predictor[0].diff(symbol) if model.parameter_metric is None else velocity.expression()
        if velocity.vanishes or readable.free_symbols & set(model.parameters) - {symbol}:
            continue
        function = primitive(1 / readable, symbol, model.start_map())
        if function is not None:
            found.append(Entry(function=function, slopes=(dynamics.field.one,)))
    return found


def primitive(integrand: Expr, symbol: Symbol, start: Mapping[Symbol, Expr], seconds: float = SECONDS) -> Expr | None:
    """A primitive in functions of the grammar, real at the start; None where none is found in time."""
    if integrand.count_ops() > MAX_OPERATIONS:
        return None
    for proposal in (_by_rule, _by_sympy, _by_sinh):
        proposed = proposal(integrand, symbol, seconds)
        found = None if proposed is None else real_logarithms(proposed, symbol, start, integrand)
        if found is not None and is_primitive(found, symbol, integrand):
            return found
    return None


def power_form(velocity: Expr, symbol: Symbol) -> tuple[Expr, Expr]:
    """(k, n) with velocity = k symbol**n, n in constants too; k contains the symbol where there is no such form."""
    powers = velocity.as_powers_dict()
    n = powers.get(symbol, Integer(0))
    rest = Mul(*(base**e for base, e in powers.items() if base != symbol))
    return (rest, n) if not n.has(symbol) else (velocity, Integer(0))


def _by_rule(integrand: Expr, symbol: Symbol, seconds: float) -> Expr | None:
    """The power rule, term by term."""
    if isinstance(integrand, Add):
        parts = [_by_rule(term, symbol, seconds) for term in integrand.args]
        return None if any(p is None for p in parts) else Add(*(p for p in parts if p is not None))
    coefficient, exponent = power_form(integrand, symbol)
    if coefficient.has(symbol):
        return None
    higher = (1 + exponent).expand()
    return log(symbol) * coefficient if higher.is_zero else symbol**higher * coefficient / higher


@lru_cache(maxsize=256)
def _by_sympy(integrand: Expr, symbol: Symbol, seconds: float) -> Expr | None:
    """Kept, since several ways to a law ask for one integral."""
    return within(seconds, lambda: integrated(integrand, symbol), lambda _: None)


def _by_sinh(integrand: Expr, symbol: Symbol, seconds: float) -> Expr | None:
    root = sqrt(1 + symbol**2)
    if not integrand.has(asinh(symbol), root):
        return None
    t = Dummy("t", real=True)
    inner = integrand.subs({asinh(symbol): t, root: cosh(t)}).subs(symbol, sinh(t)) * cosh(t)
    found = _by_sympy(inner.rewrite(exp).expand(), t, seconds)
    if found is None or not all(e.args[0].coeff(t).is_Integer for e in found.atoms(exp) if e.has(t)):
        return None

    def back(exponent: Expr) -> Expr:
        k = exponent.coeff(t)
        return (root + symbol) ** k if k > 0 else (root - symbol) ** -k

    plain = found.replace(exp, back).subs(t, asinh(symbol))
    field = Field([plain], sorted(plain.free_symbols, key=str))
    element = field.convert(plain)
    return field.normal(element).expression() if element.denominator.is_constant() else plain


def real_logarithms(
    proposed: Expr, symbol: Symbol, start: Mapping[Symbol, Expr], integrand: Expr | None = None
) -> Expr | None:
    """The primitive with the arguments of its logarithms made positive at the start, where it has to be defined.

    Logarithms of the integrand stay as they are.
    """
    if not is_plain(proposed):
        return None
    table = {}
    for logarithm in proposed.atoms(log):
        if logarithm.has(symbol) and not (integrand is not None and integrand.has(logarithm)):
            inside = logarithm.args[0]
            positive = inside if inside.is_Pow and inside.exp.is_even else absolute(inside, start)
            if positive is None:
                return None
            table[logarithm] = log(positive)
    found = proposed.xreplace(table)
    return found if is_defined(found.xreplace(dict(start))) else None


def is_primitive(function: Expr, symbol: Symbol, integrand: Expr) -> bool:
    """Check an integral by differentiating it, in a field made for it."""
    try:
        own = Field([function, integrand], sorted(function.free_symbols | integrand.free_symbols, key=str))
        return own.normal(own.convert(function).derivative(symbol) - own.convert(integrand)).vanishes
    except (KeyError, InputError, ZeroDivisionError):
        return False
