"""Functions with prescribed derivatives along the gradient fields, by linear algebra.

One question recurs through the whole derivation: given elements b_1, ..., b_d, find a function y on
parameter space with V_i(y) = b_i for every i.

    b = 0           y is a conserved quantity             (derive.laws.conservation)
    b_i = V_i log g y is the logarithm of the time warp   (derive.metric.warp)
    b_i = g delta_ik y is the k-th partial derivative of Q (derive.potentials.potential)
    b_i = (M y)_i   y is the potential Q itself

We look for y in the span of a dictionary of functions e_m whose V_i(e_m) are elements of the field:
the unknown coefficients then solve a linear system over Q, exactly.  Matching coefficients as
polynomials in the generators makes every solution an identity: no verification is left over.

The dictionary: monomials in the parameters (Laurent ones where few parameters are coupled);
logarithms of Darboux functions f, those with V_i(f)/f polynomial; and for a parameter whose motion
depends on itself alone, its own clock, the integral of dw/V(w) (`derive.laws.quadrature`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from flint import fmpq, fmpq_mpoly
from sympy import (
    Abs,
    Add,
    Expr,
    Integer,
    Pow,
    Rational,
    Symbol,
    cosh,
    default_sort_key,
    exp,
    log,
    powsimp,
    sinh,
    tanh,
)

from derive.exact.field import Element, Field
from derive.exact.linear import nullspace, solve
from derive.exact.points import Point, Undefined, values
from derive.exact.signs import is_defined, sign_of
from derive.fields.dynamics import InducedDynamics, Vector
from derive.fields.leaf import Leaf

MAX_TOWERS, MAX_FRACTIONS = 6, 3
MAX_ENTRIES = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A dictionary function with its derivatives along the d gradient fields."""

    function: Expr
    slopes: Vector


Modulo = Callable[[Element], Element]


def solve_primitive(field: Field, entries: Sequence[Entry], target: Vector, modulo: Modulo) -> Expr | None:
    """One y in the span of the entries with V_i(y) = target_i; None where there is none.

    `modulo` reduces an element to its normal form on the leaf (the identity for a generic one).
    """
    rows, right = match(field, [e.slopes for e in entries], target, modulo)
    if not rows:
        return Integer(0)
    coefficients = solve(rows, right) if entries else None
    return _combine(entries, coefficients) if coefficients is not None else None


def kernel(field: Field, entries: Sequence[Entry], modulo: Modulo) -> list[Expr]:
    """A basis of the y in the span of the entries with V_i(y) = 0 for every i."""
    width = len(entries[0].slopes) if entries else 0
    rows, _ = match(field, [e.slopes for e in entries], tuple(field.zero for _ in range(width)), modulo)
    return [_combine(entries, vector) for vector in nullspace(rows, len(entries))]


def admitted(entries: Sequence[Entry], leaf: Leaf) -> list[Entry]:
    """The entries that are functions on the submanifold of the restrictions: with values and slopes at an exact point.

    Denominators that are not zero at that point have a product that is not zero near it, so that equations between
    numerators hold for the quotients there.  Where u = 0, neither 1/u nor log u may help: times u every equation holds.
    """
    if not leaf.dynamics.model.restrict:
        return list(entries)
    point = next(iter(leaf.points(1)), None)
    return [] if point is None else [e for e in entries if _has_value(e, point)]


def _has_value(e: Entry, point: Point) -> bool:
    try:
        values([e.slopes], point)
    except Undefined:
        return False
    return is_defined(e.function.xreplace(dict(point)))


def _combine(entries: Sequence[Entry], coefficients: Sequence[fmpq]) -> Expr:
    total = Integer(0)
    for entry, c in zip(entries, coefficients, strict=True):
        if c != 0:
            total += Rational(int(c.p), int(c.q)) * entry.function
    return total


def match(
    field: Field, columns: Sequence[Vector], target: Vector, modulo: Modulo
) -> tuple[list[list[fmpq]], list[fmpq]]:
    """Linear equations over Q for c in sum_m c_m columns_m = target: equal normal forms after clearing denominators."""
    rows: list[list[fmpq]] = []
    right: list[fmpq] = []
    for i, wanted in enumerate(target):
        column = [vector[i] for vector in columns]
        common = _common_denominator([*column, wanted])
        table: dict[tuple[int, ...], list[fmpq]] = {}
        for m, element in enumerate([*column, wanted]):
            if element.vanishes:
                continue
            cleared = modulo(Element(field, element.numerator * (common / element.denominator), field.one.denominator))
            reduced = field.normal(cleared) if field.relations else cleared
            polynomial = reduced if reduced.denominator.is_constant() else cleared
            for exponents, coefficient in polynomial.numerator.to_dict().items():
                table.setdefault(exponents, [fmpq(0)] * (len(column) + 1))[m] += coefficient
        for equation in table.values():
            rows.append(equation[:-1])
            right.append(equation[-1])
    return rows, right


def _common_denominator(elements: Sequence[Element]) -> fmpq_mpoly:
    common = elements[0].field.one.denominator
    for element in elements:
        if not element.denominator.is_constant():
            common = common * (element.denominator / common.gcd(element.denominator))
    return common


# -- dictionaries -------------------------------------------------------------------------------------


def entry(dynamics: InducedDynamics, function: Expr) -> Entry:
    """The dictionary entry of a function in the field."""
    element = dynamics.field.convert(function)
    return Entry(function=function, slopes=tuple(dynamics.along(v, element) for v in dynamics.gradients))


def monomials(symbols: Sequence[Symbol], degree: int) -> Iterator[Expr]:
    """All monomials of exactly this total degree."""
    if not symbols:
        if degree == 0:
            yield Integer(1)
        return
    head, *tail = symbols
    for exponent in range(degree, -1, -1):
        if tail or exponent == degree:
            for rest in monomials(tail, degree - exponent):
                yield head**exponent * rest


def laurent(symbols: Sequence[Symbol], reach: int) -> list[Expr]:
    """Monomials with exponents from -reach to reach and total degree within reach; few symbols only."""
    if (2 * reach + 1) ** len(symbols) > MAX_ENTRIES:
        return []
    found = []
    for exponents in product(range(-reach, reach + 1), repeat=len(symbols)):
        if any(e < 0 for e in exponents) and abs(sum(exponents)) <= reach:
            term = Integer(1)
            for symbol, exponent in zip(symbols, exponents, strict=True):
                term *= symbol**exponent
            found.append(term)
    return found


def logarithms(dynamics: InducedDynamics) -> list[Entry]:
    """log f for parameters and sums and differences of two, where V_i(f)/f has f cancelled.

    f is made positive at the start; without a start it is log|f|.
    """
    field, symbols = dynamics.field, dynamics.model.parameters
    start = dynamics.model.start_map()
    candidates: list[Expr] = list(symbols)
    if len(symbols) <= 12:
        candidates += [sign * a + b for a, b in combinations(symbols, 2) for sign in (1, -1)]
    found = []
    for function in candidates:
        element = field.convert(function)
        slopes = tuple(dynamics.along(v, element) / element for v in dynamics.gradients)
        positive = absolute(function, start)
        if positive is not None and all(s.denominator.gcd(element.numerator).is_constant() for s in slopes):
            found.append(Entry(function=log(positive), slopes=slopes))
    return found


def absolute(function: Expr, start: Mapping[Symbol, Expr]) -> Expr | None:
    """|function| without the bars where its sign at the start is certain; None where it is zero there."""
    if not start:
        return Abs(function)
    sign = sign_of(function.xreplace(dict(start)).expand())
    return Abs(function) if sign is None else None if sign == 0 else sign * function


def towers(dynamics: InducedDynamics) -> list[Entry]:
    """Powers of the exponentials and roots of the model, alone and times a parameter: exp(x + y), x/sqrt(1 + x^2)."""
    model, symbols = dynamics.model, set(dynamics.model.parameters)
    bases: dict[Expr, None] = {}
    for expression in (*model.predictor, *(model.parameter_metric or ())):
        for term in Add.make_args(expression.rewrite([sinh, cosh, tanh], exp).expand()):
            roots = powsimp(term).atoms(exp, Pow)
            bases |= dict.fromkeys(
                sorted((e for e in roots if e.free_symbols & symbols and not e.exp.is_Integer), key=default_sort_key)
            )
    chosen = list(bases)[:MAX_TOWERS]
    terms = [b**k for b in chosen for k in (1, -1, 2, -2)] + [w * b for b in chosen for w in model.parameters]
    return [entry(dynamics, t) for t in dict.fromkeys(terms) if _is_known(dynamics.field, t)]


def _is_known(field: Field, function: Expr) -> bool:
    """Is it in the field?  (Joined roots have radicands of their own.)"""
    try:
        field.convert(function)
    except KeyError:
        return False
    return True


def fractions(dynamics: InducedDynamics) -> list[Entry]:
    """log D and u/D for the irreducible denominators D of the parameter metric and every u the model is written in.

    The Hessian of log(exp(x) + exp(y)) has such a primitive.
    """
    field, start = dynamics.field, dynamics.model.start_map()
    found: list[Entry] = []
    denominators: dict[Expr, Element] = {}
    for given in dynamics.model.parameter_metric or ():
        for factor, _ in field.convert(given).denominator.factor()[1]:
            inner = Element(field, factor, field.one.denominator)
            denominators.setdefault(inner.expression(), inner)
    upper = [Integer(1), *(field.generator_expression(u) for u in field.generators)]
    for shown, inner in list(denominators.items())[:MAX_FRACTIONS]:
        positive = absolute(shown, start)
        if positive is None:
            continue
        slopes = tuple(dynamics.along(v, inner) / inner for v in dynamics.gradients)
        found += [Entry(function=log(positive), slopes=slopes), *(entry(dynamics, u / shown) for u in upper)]
    return found
