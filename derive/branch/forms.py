"""The shortest of several equal forms of a formula in beta and c.

The formula is written as a quotient in the field of its own functions, without common factors.  One square root t with
t^2 = u is taken out of the denominator: (A + B t)/(C + D t) = (A + B t)(C - D t)/(C^2 - D^2 u), and both parts of the
numerator are divided by what they share with it.
"""

from flint import fmpq_mpoly
from sympy import Expr, Mul, Rational

from derive.errors import InputError
from derive.exact.field import Element, Field

MAX_OPERATIONS, MAX_TERMS = 400, 400


def tidy(e: Expr) -> Expr:
    """An equal expression, wherever both are defined, that is as short as any that was tried."""
    if e.count_ops() > MAX_OPERATIONS:
        return e
    forms = [e, e.expand()]
    try:
        field = Field([e], sorted(e.free_symbols, key=str))
        forms += _quotients(field.convert(e))
    except (InputError, KeyError, ZeroDivisionError):
        pass
    return min(forms, key=lambda f: f.count_ops())


def _quotients(e: Element) -> list[Expr]:
    """The quotient in factors; with a rational denominator, if it has one square root."""
    field = e.field
    if len(field.relations) > 1 or len(e.numerator) + len(e.denominator) > MAX_TERMS:
        return []
    if not field.relations:
        return [_factored(field, e.numerator) / _factored(field, e.denominator), e.expression()]
    ((index, n, u),) = field.relations
    if n != 2 or not u.denominator.is_constant():
        return []
    a, b = _parts(e.numerator, index, u)
    c, d = _parts(e.denominator, index, u)
    below = c * c - d * d * u.numerator
    if below.is_zero():
        return []
    plain, slope = field.quotient(a * c - b * d * u.numerator, below), field.quotient(b * c - a * d, below)
    t = field.generator_expression(field.generators[index])
    sums = [part.expression() for part in (plain, slope)]
    factors = [_factored(field, part.numerator) / _factored(field, part.denominator) for part in (plain, slope)]
    return [sums[0] + sums[1] * t, factors[0] + factors[1] * t, sums[0] + factors[1] * t]


def _parts(polynomial: fmpq_mpoly, index: int, u: Element) -> tuple[fmpq_mpoly, fmpq_mpoly]:
    """(A, B) with polynomial = A + B t where t^2 = u."""
    context = polynomial.context()
    parts = [context.constant(0), context.constant(0)]
    for exponents, coefficient in polynomial.to_dict().items():
        k = int(exponents[index])
        rest = tuple(0 if i == index else int(n) for i, n in enumerate(exponents))
        parts[k % 2] += context.from_dict({rest: coefficient}) * u.numerator ** (k // 2)
    return parts[0], parts[1]


def _factored(field: Field, polynomial: fmpq_mpoly) -> Expr:
    if polynomial.is_zero():
        return Rational(0)
    content, factors = polynomial.factor()
    shown = [field.expression_of(f) ** int(n) for f, n in factors]
    return Mul(Rational(int(content.p), int(content.q)), *shown)
