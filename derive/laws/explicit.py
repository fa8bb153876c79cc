"""Explicit conserved quantities, the simplest first: the lower bound of their number.

Each candidate comes from a dictionary in which V_i(h) = 0 is a linear system over Q (`derive.laws.primitive`), or from
a quadrature.  Whatever it comes from, it is differentiated again, in a field made for it, and kept if its differential
is independent of those before it at an exact point.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from flint import arb, fmpq
from sympy import Add, Expr, Integral, Pow, Rational, log

from derive.errors import ToolkitError
from derive.exact.field import Field
from derive.exact.points import Point, Undefined, values
from derive.exact.signs import is_defined
from derive.fields.dynamics import InducedDynamics, induced_dynamics, rank_of_values
from derive.fields.leaf import Leaf, Question, setting
from derive.laws.additive import additive
from derive.laws.darboux import ratios
from derive.laws.definite import is_root
from derive.laws.generic import generic_rank
from derive.laws.integrated import integrated_laws
from derive.laws.linear_flow import linear_flow
from derive.laws.planar import planar
from derive.laws.primitive import MAX_ENTRIES, Entry, entry, kernel, laurent, logarithms, monomials
from derive.laws.quadrature import clocks
from derive.laws.reduction import smaller
from derive.model import Model
from derive.patience import within

SECONDS, SOON = 20.0, 10.0  # a count is proved without them


@dataclass(frozen=True, slots=True, kw_only=True)
class Explicit:
    """Independent laws.

    `quadratures` are those with integrals or roots of other laws, for which no later stage has a use, written for a
    neighbourhood of `place`; `dependent` are functions of the laws that are rational.
    """

    laws: tuple[Expr, ...]
    quadratures: tuple[Expr, ...] = ()
    place: Point | None = None
    dependent: tuple[Expr, ...] = ()


def explicit_laws(leaf: Leaf, bound: int, point: Point) -> Explicit:
    """At most `bound` independent laws, and dependent ones that are rational.

    The simplest come first: polynomials by degree, clocks, Laurent monomials, logarithms, and at last quadratures.
    """
    found, more = _in_closed_form(leaf, bound, point)
    quadratures: list[Expr] = []
    place = _near_one(leaf, point)
    if len(found) < bound:
        within(SOON, lambda: _add_integrals(found, quadratures, leaf, bound, place), lambda _: None)
    return Explicit(laws=tuple(found), quadratures=tuple(quadratures), place=place, dependent=tuple(more[:4]))


def _in_closed_form(leaf: Leaf, bound: int, point: Point) -> tuple[list[Expr], list[Expr]]:
    """Laws in functions of the grammar, without roots of other laws; and dependent ones."""
    found: list[Expr] = []
    more: list[Expr] = []
    for laws in _candidates(leaf):
        for law in sorted(laws, key=_length):
            if len(found) < bound and _independent([*found, law], leaf, point) and _is_conserved(law, leaf):
                found.append(_tidy(_defined(law, leaf)))
            elif len(found) == bound and _is_conserved(law, leaf):
                more.append(_tidy(_defined(law, leaf)))
        if len(found) == bound:
            return found, more
    within(SECONDS, lambda: _add_quadratures(found, leaf, bound, point), lambda _: None)
    return found, []


def _length(law: Expr) -> tuple[int, str]:
    return law.count_ops(), str(law)


def _add_quadratures(found: list[Expr], leaf: Leaf, bound: int, point: Point) -> None:
    """Laws that integrals give, those of a model in fewer variables included."""
    start = leaf.dynamics.model.start_map()
    for laws in _quadratures(leaf, found, point):
        for law in sorted(map(_tidy, laws), key=_length):
            usable = is_defined(law.xreplace(start))
            if usable and _independent([*found, law], leaf, point) and _is_conserved(law, leaf):
                found.append(law)
                if len(found) == bound:
                    return


def _add_integrals(found: list[Expr], quadratures: list[Expr], leaf: Leaf, bound: int, point: Point) -> None:
    """Laws of planes that the laws found so far reduce the model to."""
    known = {base for base, _ in leaf.dynamics.field.tower.roots}
    rows = _differentials((*_equations(leaf), *found), leaf, point)
    for new in integrated_laws(leaf, tuple(found), rows, point, lambda law: _is_conserved(law, leaf)):
        law = _tidy(new.law)
        plain = not law.has(Integral) and all(e.base in known for e in law.atoms(Pow) if is_root(e))
        (found if plain else quadratures).append(law)
        if len(found) + len(quadratures) == bound:
            return


def _near_one(leaf: Leaf, point: Point) -> Point:
    """Without a start the laws may be written for any point: one with small numbers, where all is defined there."""
    if leaf.start is not None or leaf.dynamics.model.restrict:
        return point
    w = leaf.dynamics.model.parameters
    small = {**point, **{p: Rational(n + 3, n + 2) for n, p in enumerate(w)}}
    try:
        moves = rank_of_values(values(leaf.dynamics.gradients, small)) > 0
    except Undefined:
        return point
    return small if moves else point


def _quadratures(leaf: Leaf, found: Sequence[Expr], point: Point) -> Iterator[Sequence[Expr]]:
    dynamics = leaf.dynamics
    yield from linear_flow(dynamics)
    yield from additive(dynamics, point)
    yield from planar(dynamics)
    reduced = smaller(dynamics.model, found)
    if reduced is not None:
        model, back = reduced
        yield [law.xreplace(dict(back)) for law in _laws_of(model)]


def _laws_of(model: Model) -> Sequence[Expr]:
    """Explicit laws of a model; none where it is not analytic, such as atan(1/v) at v = 0."""
    try:
        leaf = setting(induced_dynamics(model))
        generic = generic_rank(leaf)
    except ToolkitError:
        return ()
    return _in_closed_form(leaf, len(model.parameters) - len(generic.basis), generic.point)[0]


def _defined(law: Expr, leaf: Leaf) -> Expr:
    """The law, or its reciprocal where only that has a value at the start (1/u + 1/v from u = 0)."""
    start = leaf.dynamics.model.start_map()
    if is_defined(law.xreplace(start)):
        return law
    inverse = 1 / law.together()
    return inverse if is_defined(inverse.xreplace(start)) else law


def _is_conserved(law: Expr, leaf: Leaf) -> bool:
    """Check a law by differentiating it in a field of its own, along every gradient field."""
    dynamics = leaf.dynamics
    own = induced_dynamics(replace(dynamics.model, start=None), also=[law])
    element = own.field.convert(law)
    setting = replace(leaf, dynamics=own)
    questions = [
        Question(element=own.along(v, element), meaning=f"V_{i + 1}({law})") for i, v in enumerate(own.gradients)
    ]
    return setting.holds(questions, "conserved").is_proved


def _candidates(leaf: Leaf) -> Iterator[Sequence[Expr]]:
    """Polynomials by degree; ratios of Darboux polynomials; what the larger dictionaries contain."""
    dynamics = leaf.dynamics
    symbols = dynamics.model.parameters
    top = max(2, max(int(f.numerator.total_degree()) for row in dynamics.jacobian for f in row) + 1)
    for degree in range(1, min(top, 6) + 1):
        terms = list(islice(monomials(symbols, degree), MAX_ENTRIES + 1))
        if len(terms) <= MAX_ENTRIES:
            yield kernel(dynamics.field, [entry(dynamics, t) for t in terms], leaf.on_leaf)
    if len(dynamics.gradients) > 1:
        yield from ratios(dynamics, leaf.on_leaf)
    for entries in _dictionaries(leaf):
        yield kernel(dynamics.field, entries, leaf.on_leaf)


def _dictionaries(leaf: Leaf) -> Iterator[list[Entry]]:
    dynamics = leaf.dynamics
    symbols = dynamics.model.parameters
    own = clocks(dynamics)
    if len(own) > 1:
        yield own
    if leaf.ideal is not None or not _is_homogeneous(dynamics):
        terms = [t for degree in (1, 2, 3) for t in monomials(symbols, degree)]
        if len(terms) <= MAX_ENTRIES:
            yield [entry(dynamics, t) for t in terms]
    for below in symbols:
        yield [entry(dynamics, above / below) for above in symbols if above != below]
    logs = logarithms(dynamics)
    yield [*own, *logs]
    for reach in (1, 2, 3):
        if terms := laurent(symbols, reach):
            yield [entry(dynamics, t) for t in [*terms, *symbols]]
    yield [*own, *logs, *(entry(dynamics, t) for degree in (1, 2) for t in monomials(symbols, degree))]


def _is_homogeneous(dynamics: InducedDynamics) -> bool:
    degrees = {sum(k) for row in dynamics.jacobian for e in row for k in e.numerator.to_dict()}
    return len(degrees) <= 1


def _independent(laws: Sequence[Expr], leaf: Leaf, point: Point) -> bool:
    """Are the differentials of the laws (and of the restrictions) independent at the point?"""
    equations = _equations(leaf)
    try:
        rows = _differentials((*equations, *laws), leaf, point)
    except Undefined:
        return False
    fixed = rank_of_values(rows[: len(equations)]) if equations else 0
    return rank_of_values(rows) == fixed + len(laws)


def _equations(leaf: Leaf) -> tuple[Expr, ...]:
    model = leaf.dynamics.model
    return leaf.ideal.basis if leaf.ideal is not None and model.restrict else model.restrict


def _differentials(functions: Sequence[Expr], leaf: Leaf, point: Point) -> list[list[fmpq | arb]]:
    """The differentials at the point.  Raises `Undefined`."""
    model = leaf.dynamics.model
    own = Field(functions, [*model.parameters, *model.constants])
    return values([tuple(e.derivative(p) for p in model.parameters) for e in map(own.convert, functions)], point)


def _tidy(law: Expr) -> Expr:
    """The same law with integer coefficients, a positive leading term and no term that is a number."""
    content, primitive = _without_constants(law.as_coeff_Add()[1]).as_content_primitive()
    del content
    return -primitive if primitive.could_extract_minus_sign() and not primitive.has(log) else primitive


def _without_constants(law: Expr) -> Expr:
    """w**(2 - D)/(D (2 - D)) + v**(2 - D)/(D (2 - D)) without the factor that its terms share."""
    terms = [t.as_independent(*(s for s in t.free_symbols if s.is_positive is None), as_Add=False) for t in law.args]
    if not law.is_Add or any(not c.is_nonzero and not c.free_symbols for c, _ in terms):
        return law
    ratios = [(c / terms[0][0]).cancel() for c, _ in terms]
    return Add(*(r * f for r, (_, f) in zip(ratios, terms, strict=True))) if all(r.is_Rational for r in ratios) else law
