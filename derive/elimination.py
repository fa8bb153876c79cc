"""Stage 6, elimination: the inverse metric, and the parameters, as functions of beta and the constants.

Only after closure is proved is w eliminated.  An unknown t (an entry of M, a parameter or its square)
is algebraic over Q(beta, c), and we look for its equation

    p_2(beta, c) t^2 + p_1(beta, c) t + p_0(beta, c) = 0

by linear algebra: all monomials in (t, beta, c) up to a bound are written as functions of w, and a
rational dependence among them is an identity, with nothing to verify.  Its two roots are told apart
at an exact point of the branch of the start: the root is accepted where its ball contains the value
of t and the other root's ball does not.  By continuity it is the right one on the whole connected
region where the discriminant does not vanish.

`solve` is never used: it drops and invents branches.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flint import arb, fmpq
from sympy import Expr, Integer, Poly, Rational, Symbol, igcd, root, sqrt

from derive.dynamics import induced_dynamics
from derive.exact.balls import ball
from derive.exact.field import Element
from derive.exact.points import PRECISION, Point, Undefined, value
from derive.conservation import ConservationLaws
from derive.leaf import Leaf, Question
from derive.primitive import Entry, Modulo, kernel, monomials
from derive.verdict import Verdict, proved, unknown

MAX_TERMS = 220
MAX_OPERATIONS = 400
TARGET = Symbol("t", real=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Elimination:
    """M and the parameters in beta and c, as far as they were found; `constants` name the laws.

    `inverse_metric` is d x d or None; `parameters` maps parameter to expression; `branch` is the exact
    point at which roots were chosen.
    """

    verdict: Verdict
    constants: tuple[tuple[Symbol, Expr], ...]
    inverse_metric: tuple[tuple[Expr, ...], ...] | None = None
    parameters: tuple[tuple[Symbol, Expr], ...] = ()
    branch: tuple[tuple[Symbol, Expr], ...] = ()


@dataclass(frozen=True, slots=True)
class _Quantities:
    """Symbols for beta, c and eliminated parameters, each with its element and its value in (beta, c)."""

    symbols: tuple[Symbol, ...]
    elements: tuple[Element, ...]
    modulo: Modulo
    known: tuple[tuple[Symbol, Expr], ...] = ()


def eliminate(leaf: Leaf, laws: ConservationLaws) -> Elimination:
    """Write M in beta on the branch of the start; parameters too where they have closed forms."""
    model = leaf.dynamics.model
    own = induced_dynamics(model, also=[*laws.laws, *laws.dependent])
    field = own.field
    listed = (*laws.laws, *laws.dependent)
    constants = tuple((Symbol(f"c{i + 1}", real=True), law) for i, law in enumerate(listed))
    point = _branch_point(leaf)
    quantities = _Quantities(
        symbols=(*model.coordinates, *(c for c, _ in constants)),
        elements=tuple(map(field.convert, (*model.predictor, *listed))),
        modulo=leaf.on_leaf,
    )
    if point is None or len(quantities.symbols) > 40:
        return Elimination(verdict=unknown("too many coordinates, or no exact point of the branch"), constants=constants)
    metric = _metric(own.inverse_metric, quantities, {}, point)
    if metric is None and len(model.predictor) == 1:
        power = _pure_power(leaf, own.inverse_metric[0][0].expression(), point)
        metric = None if power is None else ((power,),)
    solved: dict[Symbol, Expr] = {}
    if len(model.predictor) > 1:
        solved = _parameters(own.model.parameters, quantities, field, point)
        metric = metric or _metric(own.inverse_metric, quantities, solved, point, roots=True)
    if metric is None:
        verdict = unknown("no equation of degree two or less for the inverse metric over Q(beta, c) was found")
    else:
        verdict = proved("polynomial identities, with roots chosen at an exact point of the branch")
    return Elimination(verdict=verdict, constants=constants, inverse_metric=metric,
                       parameters=tuple(solved.items()), branch=tuple(point.items()))  # fmt: skip


def _branch_point(leaf: Leaf) -> Point | None:
    return next(iter(leaf.points(1)), None)


def _pure_power(leaf: Leaf, metric: Expr, point: Point) -> Expr | None:
    """M = r^(1/k) beta^(j/k) on beta > 0, where M^k = r beta^j holds on the leaf (homogeneous models)."""
    field, predictor = leaf.dynamics.field, leaf.dynamics.model.predictor[0]
    m, beta = field.convert(metric), field.convert(predictor)
    weights = _weight(m), _weight(beta)
    if weights[0] is None or not weights[1] or weights[0] < 0:
        return None
    shared = igcd(*weights)
    k, j = weights[1] // shared, weights[0] // shared
    try:
        there = value(beta, point), value(m, point)
    except Undefined:
        return None
    if not all(isinstance(v, fmpq) for v in there) or there[0] <= 0 or k > 12:
        return None
    ratio = there[1] ** int(k) / there[0] ** int(j)
    number = Rational(int(ratio.p), int(ratio.q))
    question = Question(element=m.power(int(k)) - field.number(number) * beta.power(int(j)), meaning="M^k - r beta^j")
    if not leaf.holds([question], "a power law").is_proved:
        return None
    return root(number, k) * leaf.dynamics.model.coordinates[0] ** Rational(j, k)


def _parameters(parameters: Sequence[Symbol], quantities: _Quantities, field, point: Point) -> dict[Symbol, Expr]:
    """Parameter -> expression in beta and c, one after the other, each helping the next."""
    solved: dict[Symbol, Expr] = {}
    progress = True
    while progress and len(solved) < len(parameters):
        progress = False
        for target in (p for p in parameters if p not in solved):
            root = _linear(field.convert(target), quantities) if solved else None
            root = root or _root_of_square(target, field, quantities, point)
            if root is None or root.count_ops() > MAX_OPERATIONS:
                continue
            solved[target] = root
            quantities = _Quantities((*quantities.symbols, target), (*quantities.elements, field.convert(target)),
                                     quantities.modulo, (*quantities.known, (target, root)))  # fmt: skip
            progress = True
            break
    return solved


def _metric(metric, quantities: _Quantities, solved: dict[Symbol, Expr], point: Point, *, roots: bool = False) -> tuple[tuple[Expr, ...], ...] | None:
    rows: list[tuple[Expr, ...]] = []
    for i, row in enumerate(metric):
        entries: list[Expr] = []
        for j, element in enumerate(row):
            if j < i:
                entries.append(rows[j][i])
                continue
            found = _constant(element) or _linear(element, quantities)
            if found is None and len(metric) == 1:
                found = _root(element, quantities, point)
            if found is None and set(element.expression().free_symbols) & set(solved):
                expression = element.expression()
                left = expression.free_symbols - set(solved) - set(quantities.symbols)
                found = expression.subs(solved) if not any(p in left for p, _ in point.items()) else None  # type: ignore[arg-type]
            if found is None and roots and len(metric) <= 3:
                found = _root(element, quantities, point)
            if found is None:
                return None
            entries.append(found)
        rows.append(tuple(entries))
    return tuple(rows)


def _constant(element: Element) -> Expr | None:
    if element.numerator.is_constant() and element.denominator.is_constant():
        return element.expression()
    return None


# -- equations ----------------------------------------------------------------------------------------


def _equation(target: Element, quantities: _Quantities, degree: int) -> Poly | None:
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


def _vanishes(coefficient: Expr, quantities: _Quantities) -> bool:
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


def _bounded_terms(target: Element, quantities: _Quantities, degree: int) -> Iterator[list[tuple[Expr, Element]]]:
    """Monomials in t and the quantities with t-degree at most `degree`, grouped by weight if there is one."""
    symbols, elements = (TARGET, *quantities.symbols), (target, *quantities.elements)
    weights = [_weight(e) for e in elements]
    for bound in range(degree, 5):
        table: dict[int | None, list[tuple[Expr, Element]]] = {}
        graded = all(w is not None for w in weights)
        for size in range(bound + 1):
            for term in monomials(symbols, size):
                powers = term.as_powers_dict()
                if powers[TARGET] > degree:
                    continue
                weight = sum(int(powers[s]) * w for s, w in zip(symbols, weights, strict=True)) if graded else None  # type: ignore[operator]
                table.setdefault(weight, []).append((term, powers))
        for weight in sorted(table, key=lambda w: (w is None, abs(w or 0))):
            group = table[weight]
            if any(powers[TARGET] == degree for _, powers in group) and 1 < len(group) <= MAX_TERMS:
                yield [(term, _product(powers, symbols, elements)) for term, powers in group]


def _product(powers, symbols: Sequence[Symbol], elements: Sequence[Element]) -> Element:
    result = elements[0].field.one
    for symbol, element in zip(symbols, elements, strict=True):
        if powers[symbol]:
            result = result * element.power(int(powers[symbol]))
    return result


def _weight(element: Element) -> int | None:
    """The degree of a homogeneous element, None where it is not homogeneous."""
    top = {sum(map(int, k)) for k in element.numerator.to_dict()}
    bottom = {sum(map(int, k)) for k in element.denominator.to_dict()}
    return top.pop() - bottom.pop() if len(top) == 1 and len(bottom) == 1 and element.field.is_rational else None


# -- roots --------------------------------------------------------------------------------------------


def _linear(target: Element, quantities: _Quantities) -> Expr | None:
    equation = _equation(target, quantities, 1)
    if equation is None:
        return None
    a, b = equation.all_coeffs()
    return (-b / a).subs(dict(reversed(quantities.known)))


def _root(target: Element, quantities: _Quantities, point: Point) -> Expr | None:
    """The root of a quadratic equation on the branch of the point."""
    equation = _equation(target, quantities, 2)
    if equation is None:
        return None
    a, b, c = equation.all_coeffs()
    half = b / 2
    discriminant = (half**2 - a * c).factor() if len((half**2 - a * c).free_symbols) > 0 else half**2 - a * c
    radical = sqrt(discriminant)
    candidates = [((-half + sign * radical) / a).subs(dict(reversed(quantities.known))) for sign in (1, -1)]
    return _on_branch(target, candidates, quantities, point)


def _root_of_square(symbol: Symbol, field, quantities: _Quantities, point: Point) -> Expr | None:
    """A parameter through the equation of its square, with the sign that it has at the point."""
    element = field.convert(symbol)
    square = _root(element * element, quantities, point)
    if square is None:
        return None
    return _on_branch(element, [sqrt(square), -sqrt(square)], quantities, point)


def _on_branch(target: Element, candidates: Sequence[Expr], quantities: _Quantities, point: Point) -> Expr | None:
    """The one candidate whose ball at the point contains the target's value; None if not exactly one."""
    try:
        wanted = arb(value(target, point))
        values = {s: _exact(value(e, point)) for s, e in zip(quantities.symbols, quantities.elements, strict=True)}
    except (Undefined, TypeError):
        return None
    fitting = []
    for candidate in candidates:
        number = ball(candidate.xreplace(values), PRECISION)
        if number.is_finite() and number.overlaps(wanted):
            fitting.append(candidate)
    return fitting[0] if len(fitting) == 1 else None


def _exact(number) -> Expr:
    return Integer(int(number.p)) / Integer(int(number.q))
