"""Exact points and what elements are there: rationals where that is possible, balls elsewhere.

A point gives each symbol an exact value.  Evaluation at a point is an `fmpq` where the element is a
rational function of symbols with rational values, and otherwise an `arb` that contains the value.
A ball that excludes zero is a proof that the value is not zero; nothing weaker ever refutes.
"""

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from flint import arb, ctx, fmpq, fmpq_mpoly
from sympy import Expr, Rational, Symbol, prime

from derive.exact.balls import ball
from derive.exact.field import Element, Field

Point = Mapping[Symbol, Expr]
PRECISION, FIRST_PRIME = 256, 4


class Undefined(ArithmeticError):
    """The element has no value at the point (a pole, or a function outside its domain)."""


def value(element: Element, point: Point) -> fmpq | arb:
    """The element at the point.  Raises `Undefined` at a pole or outside the domain."""
    return _at(element, generator_values(element.field, point))


def values(rows: Sequence[Sequence[Element]], point: Point) -> list[list[fmpq | arb]]:
    """Rows of elements of one field at the point.  Raises `Undefined` where one of them has no value."""
    field = next((e.field for row in rows for e in row), None)
    if field is None:
        return [[] for _ in rows]
    there = generator_values(field, point)
    return [[fmpq(0) if e.vanishes else _at(e, there) for e in row] for row in rows]


def _at(element: Element, there: Sequence[fmpq | arb]) -> fmpq | arb:
    exact = [v for v in there if isinstance(v, fmpq)]
    if len(exact) == len(there):
        top, bottom = element.numerator(*exact), element.denominator(*exact)
        if bottom == 0:
            raise Undefined("the denominator vanishes")
        return top / bottom
    with ctx.workprec(PRECISION):
        top, bottom = _polynomial(element.numerator, there), _polynomial(element.denominator, there)
        if bottom.contains(0):
            raise Undefined("the denominator may vanish")
        return top / bottom


def rational_value(element: Element, point: Point) -> fmpq:
    """The element at the point, as an exact rational.  Raises `Undefined` where `value` is a ball, too."""
    number = value(element, point)
    if not isinstance(number, fmpq):
        raise Undefined("the value is not a rational number that is known exactly")
    return number


def excludes_zero(number: fmpq | arb) -> bool:
    """A proof that the number is not zero."""
    return number != 0 if isinstance(number, fmpq) else not number.contains(0)


def text(number: fmpq | arb) -> str:
    """An exact rational, or the digits of the ball that are certain."""
    return str(number) if isinstance(number, fmpq) else number.str(15, radius=False)


def generator_values(field: Field, point: Point) -> list[fmpq | arb]:
    """Each generator at the point: exact where rational, a ball otherwise."""
    values: list[fmpq | arb] = []
    for g in field.generators:
        expression = field.generator_expression(g).xreplace(dict(point))
        if expression.is_Rational:
            values.append(fmpq(int(expression.p), int(expression.q)))
            continue
        number = ball(expression, PRECISION)
        if not number.is_finite():
            raise Undefined(f"{field.generator_expression(g)} is undefined at the point")
        values.append(number)
    return values


def _polynomial(polynomial: fmpq_mpoly, values: Sequence[fmpq | arb]) -> arb:
    total = arb(0)
    for exponents, coefficient in polynomial.to_dict().items():
        term = arb(coefficient)
        for base, exponent in zip(values, exponents, strict=False):
            if exponent:
                term *= arb(base) ** int(exponent)
        total += term
    return total


def sample_points(
    symbols: Sequence[Symbol], constants: Sequence[Symbol], *, near: Point | None = None, seed: int = 1
) -> Iterator[dict[Symbol, Rational]]:
    """An endless, reproducible stream of rational points.

    Constants are positive, different from each other and from the numbers that starts are made of: 1/7, 1/11, ... is
    added to them, since alpha = 1 beside a weight that starts at 1 would be a special leaf.  Where `near` (a start)
    fixes the sign of a symbol, the points keep it, so that they lie in the same cell of a model with absolute values
    or roots.  The first two points are positive, for models with logarithms or symbolic powers.
    """
    random = Random(seed)
    height, drawn = 7, 0
    while True:
        point: dict[Symbol, Rational] = {}
        for i, symbol in enumerate((*constants, *symbols)):
            number = Rational(random.randint(1, height), random.randint(1, 5))
            number += Rational(1, prime(FIRST_PRIME + i)) if i < len(constants) else 0
            anchor = near.get(symbol) if near else None
            if anchor is not None and anchor.is_negative:
                number = -number
            elif symbol not in constants and drawn >= 2 and (anchor is None or anchor.is_zero):
                number *= random.choice((1, -1))
            point[symbol] = number
        yield point
        height, drawn = min(height + 2, 60), drawn + 1
