"""An unknown as a function of beta and the constants: its equation, and the root on the branch.

An element t of the field that is algebraic over Q(beta, c) satisfies

    p_2(beta, c) t^2 + p_1(beta, c) t + p_0(beta, c) = 0

if its degree is two or less, and we look for that equation by linear algebra: all monomials in (t, beta, c)
up to a bound are written as functions of w, and a rational dependence among them is an identity, with
nothing to verify.  Its two roots are told apart at an exact point of the branch of the start: the root is
accepted where its ball contains the value of t and the other root's ball does not.  By continuity it is
the right one on the whole connected region where the discriminant does not vanish.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

from flint import arb
from sympy import Expr, Integer, Mul, Poly, Rational, Symbol, sqrt

from derive.branch.relations import TARGET, related, rows_of
from derive.exact.balls import ball
from derive.exact.field import Element
from derive.exact.points import PRECISION, Point, Undefined, rational_value, value
from derive.exact.residues import Residues, Values, algebraic, residues
from derive.exact.signs import settled, sign_of
from derive.laws.primitive import Entry, Modulo, kernel

MAX_TERMS, FEW = 220, 15


@dataclass(frozen=True, slots=True)
class Quantities:
    """Symbols for beta, c and eliminated parameters, each with its element and its value in (beta, c).

    `start` is the start in the model's positive constants where it contains any: roots are then told apart for
    all values of the constants, not only at the exact point.  `leaf`: is there a start, so that c has one value?
    `points` are random points modulo a prime, where relations are sought on all of parameter space, and `residues` the
    elements there; they tell groups of monomials without a relation from others.
    """

    symbols: tuple[Symbol, ...]
    elements: tuple[Element, ...]
    modulo: Modulo
    known: tuple[tuple[Symbol, Expr], ...] = ()
    start: tuple[tuple[Symbol, Expr], ...] = ()
    leaf: bool = False
    points: tuple[Residues, ...] = ()
    residues: tuple[Values, ...] = ()


def _equation(target: Element, quantities: Quantities, degree: int) -> Poly | None:
    """The simplest equation of exactly this degree in t with coefficients in the quantities."""
    if quantities.points and not algebraic([target], quantities.elements, quantities.points[0])[0]:
        return None
    rows = rows_of((residues(target, quantities.points), *quantities.residues)) if quantities.residues else []
    symbols, elements = (TARGET, *quantities.symbols), (target, *quantities.elements)
    for group in _bounded_terms(target, quantities, degree):
        if rows and len(group) > FEW and not related(group, rows):
            continue
        terms = [(_term(exponents, symbols), _product(exponents, elements)) for exponents in group]
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


def _bounded_terms(target: Element, quantities: Quantities, degree: int) -> Iterator[list[tuple[int, ...]]]:
    """Monomials in t and the quantities with t-degree at most `degree`, grouped by weight if there is one."""
    weights = [weight_of(e) for e in (target, *quantities.elements)]
    known = [w for w in weights if w is not None]
    graded = len(known) == len(weights)
    for bound in range(degree, 5):
        table: dict[int | None, list[tuple[int, ...]]] = {}
        for exponents in _exponents(len(weights), bound):
            if exponents[0] <= degree:
                weight = sum(e * w for e, w in zip(exponents, known, strict=True)) if graded else None
                table.setdefault(weight, []).append(exponents)
        for weight in sorted(table, key=lambda w: (w is None, abs(w or 0))):
            group = table[weight]
            if any(exponents[0] == degree for exponents in group) and 1 < len(group) <= MAX_TERMS:
                yield group


def _exponents(length: int, bound: int) -> list[tuple[int, ...]]:
    """All exponents with sum at most `bound`, by increasing sum, the first symbols first."""
    found: list[tuple[int, ...]] = []
    for size in range(bound + 1):
        for places in combinations_with_replacement(range(length), size):
            exponents = [0] * length
            for place in places:
                exponents[place] += 1
            found.append(tuple(exponents))
    return found


def _term(exponents: Sequence[int], symbols: Sequence[Symbol]) -> Expr:
    return Mul(*(s**e for s, e in zip(symbols, exponents, strict=True) if e))


def _product(exponents: Sequence[int], elements: Sequence[Element]) -> Element:
    result = elements[0].field.one
    for element, exponent in zip(elements, exponents, strict=True):
        if exponent:
            result = result * element.power(exponent)
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
    candidates = [e.subs(dict(reversed(quantities.known))) for e in roots_of_quadratic(equation)[0]]
    return on_branch(target, candidates, quantities, point)


def roots_of_quadratic(equation: Poly) -> list[list[Expr]]:
    """The roots (-h + r)/a and (-h - r)/a with h = b/2, r^2 = h^2 - a c, and the same as -c/(h + r), -c/(h - r).

    The second form is for starts where a vanishes: c = -t (a t + b) = -t (h + s r) where a t + h = s r.
    """
    a, b, c = equation.all_coeffs()
    half = b / 2
    radical = radical_of(half**2 - a * c)
    return [[(-half + s * radical) / a for s in (1, -1)], [-c / (half + s * radical) for s in (1, -1)]]


def real_roots(power: Expr, n: int, quantities: Quantities, point: Point) -> list[Expr]:
    """The real functions t with t^n = power, where that is not zero: powers t^n are taken out of the root.

    t and the root are analytic, and (t / outside)^n = inside: as for `radical_of`, one of these is t also across
    zeros of what is outside.  For odd n there is one, if the sign of what is inside is certain at the start.
    """
    if n == 2:
        radical = radical_of(power)
        return [radical, -radical]
    outside, inside = Integer(1), Integer(1)
    for factor in Mul.make_args(power.factor()):
        base, exponent = factor.as_base_exp()
        if exponent.is_Integer and exponent % n == 0 and base.free_symbols:
            outside *= base ** (exponent / n)
        else:
            inside *= factor
    if n % 2 == 0:
        found = outside * inside ** Rational(1, n)
        return [found, -found]
    sign = sign_of(settled(inside.xreplace(values_at_start(quantities, point)).expand()))
    return [sign * outside * (sign * inside) ** Rational(1, n)] if sign else []


def values_at_start(quantities: Quantities, point: Point) -> dict[Symbol, Expr]:
    """The quantities at the start, for all values of its constants, or at the point where there are none."""
    if not quantities.start:
        return values_at(quantities, point)
    start = dict(quantities.start)
    return {
        symbol: element.expression().xreplace(start)
        for symbol, element in zip(quantities.symbols, quantities.elements, strict=True)
    }


def values_at(quantities: Quantities, point: Point) -> dict[Symbol, Expr]:
    """The quantities at the point."""
    return {s: _exactly(e, point) for s, e in zip(quantities.symbols, quantities.elements, strict=True)}


def radical_of(square: Expr) -> Expr:
    """A square root with every even power taken out, beta**2 as beta and not as |beta|.

    The unknown is analytic on the leaf, and so is this root where what stays under the radical is positive: two
    analytic functions with equal squares on a connected set agree up to one sign, also across zeros.
    """
    outside, inside = Integer(1), Integer(1)
    for factor in Mul.make_args(square.factor()):
        base, exponent = factor.as_base_exp()
        if exponent.is_Integer and exponent % 2 == 0 and base.free_symbols:
            outside *= base ** (exponent / 2)
        else:
            inside *= factor
    return outside * sqrt(inside)


def on_branch(target: Element, candidates: Sequence[Expr], quantities: Quantities, point: Point) -> Expr | None:
    """The one candidate whose ball at the point contains the target's value; None if not exactly one."""
    try:
        wanted = arb(value(target, point))
    except (Undefined, TypeError):
        return None
    values = values_at(quantities, point)
    fitting = []
    for candidate in candidates:
        number = ball(candidate.xreplace(values), PRECISION)
        if number.is_finite() and number.overlaps(wanted):
            fitting.append(candidate)
    if len(fitting) != 1 or not all(_apart(fitting[0], c, quantities) for c in candidates if c is not fitting[0]):
        return None
    return fitting[0]


def is_at_start(expression: Expr, element: Element, quantities: Quantities, point: Point) -> bool:
    """Is the expression defined at the point, with the element's value there, as far as balls can tell?"""
    return on_branch(element, [expression], quantities, point) is not None


def _exactly(element: Element, point: Point) -> Expr:
    """The element at the point: a rational number, or an expression where the point has roots."""
    try:
        number = rational_value(element, point)
    except Undefined:
        return element.expression().xreplace(dict(point)).expand()
    return Rational(int(number.p), int(number.q))


def _apart(chosen: Expr, other: Expr, quantities: Quantities) -> bool:
    """Do the two roots differ at the start for all values of its constants?

    The constants range over a connected set, so that roots which never meet there never change places, and
    the choice made at one value is the choice at all.
    """
    if not quantities.start:
        return True
    difference = settled((chosen - other).xreplace(values_at_start(quantities, {})).expand())
    return sign_of(difference) in (1, -1)
