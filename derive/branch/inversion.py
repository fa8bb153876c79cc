"""F(w) = beta, h(w) = c solved for what M contains, one function after the other, on the branch of the start.

Known are beta and c at first.  A step (`derive.branch.steps`) makes one more function of w known, and the steps end
where M is a function of what is known: as it is written, or by a relation of degree one.  The cheapest come first:

* a function of a known one, such as exp(x) of x or log E of E = exp(x), and relations of degree one;
* x from y = x^g, with the sign that x has at the start;
* a relation of degree two, by radicals, or at most one of higher degree, whose root stays as a symbol.

Each step leaves finitely many candidates, all but one of which are excluded by balls at the start.  So what is found
agrees with M near the start, and by analyticity on the connected set around it where its formula is analytic
(docs/derivations/elimination.md, theorem 4).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flint import fmpq_mpoly
from sympy import Add, Expr, Function, Mul, Poly, Pow, Rational, Symbol

from derive.branch.equations import Quantities, is_at_start
from derive.branch.forms import tidy
from derive.branch.relations import POINTS, named
from derive.branch.roots import Root, described, rank
from derive.branch.steps import (
    Adjoined,
    Equation,
    Known,
    Problem,
    by_functions,
    by_power,
    by_radicals,
    by_symbol,
    equation,
    rational,
)
from derive.exact.field import Element
from derive.exact.points import Point
from derive.exact.residues import Residues, algebraic, residue_points
from derive.fields.dynamics import InducedDynamics

WORK, LONG, SHOWN = 30, 150, 4
MAX_GENERATORS, MAX_KNOWN, MAX_COORDINATES, SMALL = 12, 9, 4, 2
Rows = tuple[tuple[Expr, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inversion:
    """M (d x d) and the parameters that became known, in beta, c and, where there is a `root`, its symbol.

    `reason` says what stood in the way where M is None.
    """

    metric: Rows | None = None
    parameters: tuple[tuple[Symbol, Expr], ...] = ()
    root: Root | None = None
    reason: str = ""


def invert(
    own: InducedDynamics, quantities: Quantities, point: Point, *, others: Sequence[Expr], missing: int
) -> Inversion:
    """M as a function of beta and c.

    `others` are laws that are not among the quantities; `missing` is the number of laws that are not known.
    """
    field, d = own.field, len(own.inverse_metric)
    if len(field.generators) > MAX_GENERATORS or len(quantities.symbols) > MAX_KNOWN or d > MAX_COORDINATES:
        return Inversion(reason="the model is too large for its parameters to be eliminated")
    points = quantities.points if len(quantities.points) > 1 else tuple(residue_points(field, POINTS))
    if len(points) < POINTS:
        return Inversion(reason="a root that the model contains does not occur among the residues modulo a prime")
    begin = _begun(own, quantities, point, points)
    end, entries = _run(begin, own)
    if entries is not None and end.root is None and (_length(entries) > LONG or _radicand(entries) > LONG // 5):
        other, shorter = _run(replace(begin, radicals=False), own)
        if shorter is not None and _length(shorter) < _length(entries):
            end, entries = other, shorter
    if entries is None:
        return Inversion(reason=_why_not(own, end, others, missing))
    if _length(entries) > 2 * LONG:
        return Inversion(reason="M is known in beta, by a formula that is too long to be of use")
    return _finished(own, end, entries)


def _begun(own: InducedDynamics, quantities: Quantities, point: Point, points: tuple[Residues, ...]) -> Problem:
    """beta and c are known, and so are constants and numbers, and signs, which are those of the point."""
    field, d = own.field, len(own.inverse_metric)
    generators = [Element(field, g, field.one.denominator) for g in field.context.gens()]
    known = [Known(named(e, points, s), s) for s, e in zip(quantities.symbols, quantities.elements, strict=True)]
    used = _used([*quantities.elements, *(e for row in own.inverse_metric for e in row)])
    fixed: list[tuple[Symbol, Element]] = []
    for place, (g, element) in enumerate(zip(field.generators, generators, strict=False)):
        shown = field.generator_expression(g)
        if g.kind == "sign":
            there = shown.xreplace(dict(point))
            known += [Known(replace(named(element, points), below=2), there, place)] if there.is_Rational else []
        elif not shown.free_symbols & set(own.model.parameters):
            name = shown if isinstance(shown, Symbol) else None
            known += [Known(named(element, points, name), shown, place)] if place in used else []
            fixed += [] if name is None else [(name, element)]
    metric = [own.inverse_metric[i][j] for i in range(d) for j in range(i + 1)] if d <= SMALL else []
    return Problem(
        known=tuple(known),
        targets=tuple(named(e, points) for e in (*generators, *metric)),
        quantities=replace(
            quantities,
            symbols=(*quantities.symbols, *(s for s, _ in fixed)),
            elements=(*quantities.elements, *(e for _, e in fixed)),
        ),
        point=point,
        points=points,
        work=WORK,
    )


def _used(elements: Sequence[Element]) -> set[int]:
    """The generators that occur in the elements."""
    return {i for e in elements for part in (e.numerator, e.denominator) for i, n in enumerate(part.degrees()) if n}


def _run(p: Problem, own: InducedDynamics) -> tuple[Problem, Rows | None]:
    """Steps until M is known, or none is left."""
    while True:
        entries = _metric(own, p)
        if entries is not None:
            return p, entries
        following, listed = _without_roots(p)
        if len(following.known) == len(p.known):
            following = _with_root(own, following, listed)
        if following is None or following.work <= 0:
            return p, None
        p = following


def _without_roots(p: Problem) -> tuple[Problem, list[Equation]]:
    """What can be known without choosing a root, M itself last; and the equations of higher degree that were found."""
    before, listed = len(p.known), []
    for place, target in enumerate(p.targets):
        while (found := next(by_functions(p), None)) is not None:
            p = found
        if place >= len(target.element.field.generators) and len(p.known) > before:
            break  # M may be made of what is new
        if 1 in p.solved(place) or place in p.failed or p.work <= 0:
            continue
        e = equation(p, place)
        p = replace(p, work=p.work - 1, failed=p.failed | {place} if e is None else p.failed)
        found = None if e is None else rational(p, e)
        p = found or p
        listed += [e] if e is not None and found is None else []
    return p, listed


def _with_root(own: InducedDynamics, p: Problem, listed: Sequence[Equation]) -> Problem | None:
    """One more root: of a power, or of an equation of least degree."""
    found = next(by_power(p), None)
    for degree in sorted({e.degree for e in listed} - {1}) if found is None else ():
        steps = [s for e in listed if e.degree == degree and (s := by_radicals(p, e) or by_symbol(p, e)) is not None]
        if steps:
            return min(
                steps,
                key=lambda s: (
                    rank(own.model, s) if s.root is not p.root else 0,
                    s.known[-1].expression.count_ops(),
                ),
            )
    return found


def _metric(own: InducedDynamics, p: Problem) -> Rows | None:
    """M in beta, c and the root, where its entries are known or made of known generators; None elsewhere."""
    rows: list[tuple[Expr, ...]] = []
    for i, row in enumerate(own.inverse_metric):
        entries: list[Expr] = []
        for j, element in enumerate(row):
            found = rows[j][i] if j < i else _entry(element, p)
            if found is None:
                return None
            entries.append(found)
        rows.append(tuple(entries))
    return tuple(rows)


def _entry(element: Element, p: Problem) -> Expr | None:
    for place in (i for i, t in enumerate(p.targets) if t.element == element):
        if 1 in p.solved(place):
            return p.solved(place)[1]
    powers = [p.solved(i) for i in range(len(element.field.generators))]
    top, bottom = (_substituted(part, powers) for part in (element.numerator, element.denominator))
    if top is None or bottom is None:
        return None
    found = tidy(_reduced(top / bottom, p.root))
    return found if is_at_start(found, element, p.quantities, p.point) else None


def _reduced(e: Expr, root: Adjoined | None) -> Expr:
    """Powers of the root from the degree of its equation on are replaced."""
    if root is None or not e.is_polynomial(root.unknown) or e.count_ops() > 2 * LONG:
        return e
    return Poly(e, root.unknown).rem(Poly(root.equation, root.unknown)).as_expr()


def _substituted(polynomial: fmpq_mpoly, powers: Sequence[Mapping[int, Expr]]) -> Expr | None:
    """A polynomial in the generators, of which powers are known; None where it needs others."""
    terms = []
    for exponents, coefficient in polynomial.to_dict().items():
        factors = []
        for e, known in zip(exponents, powers, strict=False):
            power = next((g for g in sorted(known) if int(e) % g == 0), None)
            if e and power is None:
                return None
            factors += [known[power] ** (int(e) // power)] if e and power is not None else []
        terms.append(Mul(Rational(int(coefficient.p), int(coefficient.q)), *factors))
    return Add(*terms)


def _finished(own: InducedDynamics, p: Problem, entries: Rows) -> Inversion:
    """The result with a name for the root, and the parameters that do not contain it."""
    known = [(s, p.solved(i).get(1)) for i, s in enumerate(own.field.symbols) if s in own.model.parameters]
    if p.root is None:
        return Inversion(metric=entries, parameters=tuple((s, e) for s, e in known if e is not None))
    named = described(own.model, p)
    if named is None:
        return Inversion(reason="M is a function of beta and of a root of an equation, which is not told from others")
    rows = tuple(tuple(e.xreplace({p.root.unknown: named.unknown}) for e in row) for row in entries)
    plain = tuple((s, e) for s, e in known if e is not None and not e.has(p.root.unknown))
    return Inversion(metric=rows, parameters=plain, root=named)


def _length(entries: Rows) -> int:
    return max(e.count_ops() for row in entries for e in row)


def _radicand(entries: Rows) -> int:
    """The length of the longest radicand."""
    bases = [u.base for row in entries for e in row for u in e.atoms(Pow) if not u.exp.is_Integer]
    return max((u.count_ops() for u in bases), default=0)


def _why_not(own: InducedDynamics, p: Problem, others: Sequence[Expr], missing: int) -> str:
    """What stood in the way: laws that are not known, equations that are not algebraic, or degrees."""
    entries = [e for row in own.inverse_metric for e in row]
    if all(algebraic(entries, [k.function.element for k in p.known], p.points[0])):
        return (
            "M is algebraic over Q(beta, c), but no equation for it was found that is short enough and has a root that "
            "can be told from the others at the start"
        )
    if missing > 0:
        more = "conserved quantity exists" if missing == 1 else "conserved quantities exist"
        return (
            f"beta and the conserved quantities that are known in closed form do not determine M: {missing} more {more}"
        )
    formulas = (*own.model.predictor, *others)
    functions = {str(f) for e in formulas for f in e.atoms(Function) if f.free_symbols}
    functions |= {str(p) for e in formulas for p in e.atoms(Pow) if p.exp.free_symbols}
    return (
        "F(w) = beta and h(w) = c are not algebraic equations, and no step isolates a parameter: they contain "
        + ", ".join(sorted(functions)[:SHOWN])
    )
