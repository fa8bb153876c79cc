"""An unknown as a function of beta and the constants: its equation, and the root on the branch.

An element t of the field that is algebraic over Q(beta, c) satisfies

    p_2(beta, c) t^2 + p_1(beta, c) t + p_0(beta, c) = 0

if its degree is two or less, and we look for that equation by linear algebra: all monomials in (t, beta, c)
up to a bound are written as functions of w, and a rational dependence among them is an identity, with
nothing to verify.  Its two roots are told apart at an exact point of the branch of the start: the root is
accepted where its ball contains the value of t and the other root's ball does not.  By continuity it is
the right one on the whole connected region where the discriminant does not vanish.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flint import arb
from sympy import Expr, Poly, Rational, Symbol, sqrt

from derive.exact.balls import ball
from derive.exact.field import Element
from derive.exact.points import PRECISION, Point, Undefined, rational_value, value
from derive.exact.signs import settled, sign_of
from derive.primitive import Entry, Modulo, kernel, monomials

MAX_TERMS = 220
TARGET = Symbol("t", real=True)


@dataclass(frozen=True, slots=True)
class Quantities:
    """Symbols for beta, c and eliminated parameters, each with its element and its value in (beta, c).

    `start` is the start in the model's positive constants where it contains any: roots are then told apart for
    all values of the constants, not only at the exact point.
    """

    symbols: tuple[Symbol, ...]
    elements: tuple[Element, ...]
    modulo: Modulo
    known: tuple[tuple[Symbol, Expr], ...] = ()
    start: tuple[tuple[Symbol, Expr], ...] = ()


def _equation(target: Element, quantities: Quantities, degree: int) -> Poly | None:
    """The simplest equation of exactly this degree in t with coefficients in the quantities."""
    for terms in _bounded_terms(target, quantities, degree):
        entries = [Entry(function=term, slopes=(element,)) for term, element in terms]
        best = None
        for relation in kernel(target.field, entries, quantities.modulo):
            if not relation.has(TARGET):
                continue
            polynomial = Poly(relation, TARGET)
            if polynomial.degree() != degree or _vanishes(polynomial.LC(), quantities):
                continue
            if best is None or relation.count_ops() < best.as_expr().count_ops():
                best = polynomial
        if best is not None:
            return best
    return None


def _vanishes(coefficient: Expr, quantities: Quantities) -> bool:
    """Is the leading coefficient zero as a function of w?"""
    if not coefficient.free_symbols:
        return False
    total = quantities.elements[0].field.zero
    for exponents, number in Poly(coefficient, *quantities.symbols).terms():
        term = quantities.elements[0].field.number(number)
        for element, e in zip(quantities.elements, exponents, strict=True):
            term = term * element.power(int(e))
        total = total + term
    return total.field.normal(quantities.modulo(total)).vanishes


def _bounded_terms(target: Element, quantities: Quantities, degree: int) -> Iterator[list[tuple[Expr, Element]]]:
    """Monomials in t and the quantities with t-degree at most `degree`, grouped by weight if there is one."""
    symbols, elements = (TARGET, *quantities.symbols), (target, *quantities.elements)
    weights = [weight_of(e) for e in elements]
    known = [w for w in weights if w is not None]
    for bound in range(degree, 5):
        table: dict[int | None, list[tuple[Expr, Mapping[Expr, Expr]]]] = {}
        graded = len(known) == len(weights)
        for size in range(bound + 1):
            for term in monomials(symbols, size):
                powers = term.as_powers_dict()
                if powers[TARGET] > degree:
                    continue
                weight = sum(int(powers[s]) * w for s, w in zip(symbols, known, strict=True)) if graded else None
                table.setdefault(weight, []).append((term, powers))
        for weight in sorted(table, key=lambda w: (w is None, abs(w or 0))):
            group = table[weight]
            if any(powers[TARGET] == degree for _, powers in group) and 1 < len(group) <= MAX_TERMS:
                yield [(term, _product(powers, symbols, elements)) for term, powers in group]


def _product(powers: Mapping[Expr, Expr], symbols: Sequence[Symbol], elements: Sequence[Element]) -> Element:
    result = elements[0].field.one
    for symbol, element in zip(symbols, elements, strict=True):
        if powers[symbol]:
            result = result * element.power(int(powers[symbol]))
    return result


def weight_of(element: Element) -> int | None:
    """The degree of a homogeneous element, None where it is not homogeneous."""
    top = {sum(map(int, k)) for k in element.numerator.to_dict()}
    bottom = {sum(map(int, k)) for k in element.denominator.to_dict()}
    return top.pop() - bottom.pop() if len(top) == 1 and len(bottom) == 1 and element.field.is_rational else None


def linear_root(target: Element, quantities: Quantities) -> Expr | None:
    """The root of a linear equation; None where there is none within the bounds."""
    equation = _equation(target, quantities, 1)
    if equation is None:
        return None
    a, b = equation.all_coeffs()
    return (-b / a).subs(dict(reversed(quantities.known)))


def quadratic_root(target: Element, quantities: Quantities, point: Point) -> Expr | None:
    """The root of a quadratic equation on the branch of the point."""
    equation = _equation(target, quantities, 2)
    if equation is None:
        return None
    a, b, c = equation.all_coeffs()
    half = b / 2
    discriminant = (half**2 - a * c).factor() if len((half**2 - a * c).free_symbols) > 0 else half**2 - a * c
    radical = sqrt(discriminant)
    candidates = [((-half + sign * radical) / a).subs(dict(reversed(quantities.known))) for sign in (1, -1)]
    return on_branch(target, candidates, quantities, point)


def on_branch(target: Element, candidates: Sequence[Expr], quantities: Quantities, point: Point) -> Expr | None:
    """The one candidate whose ball at the point contains the target's value; None if not exactly one."""
    try:
        wanted = arb(value(target, point))
        numbers = [rational_value(e, point) for e in quantities.elements]
    except (Undefined, TypeError):
        return None
    exact = [Rational(int(n.p), int(n.q)) for n in numbers]
    values = dict(zip(quantities.symbols, exact, strict=True))
    fitting = []
    for candidate in candidates:
        number = ball(candidate.xreplace(values), PRECISION)
        if number.is_finite() and number.overlaps(wanted):
            fitting.append(candidate)
    if len(fitting) != 1 or not all(_apart(fitting[0], c, quantities) for c in candidates if c is not fitting[0]):
        return None
    return fitting[0]


def _apart(chosen: Expr, other: Expr, quantities: Quantities) -> bool:
    """Do the two roots differ at the start for all values of its constants?

    The constants range over a connected set, so that roots which never meet there never change places, and
    the choice made at one value is the choice at all.
    """
    if not quantities.start:
        return True
    start = dict(quantities.start)
    values = {
        symbol: element.expression().xreplace(start)
        for symbol, element in zip(quantities.symbols, quantities.elements, strict=True)
    }
    difference = settled((chosen - other).xreplace(values).expand())
    return sign_of(difference) in (1, -1)
