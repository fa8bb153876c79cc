"""Where an identity must hold, and how it is decided there.

A *setting* is one of

* generic: the identity must hold on all of parameter space.  It does iff its numerator is the zero
  polynomial in the generators; a point where it has a value other than zero refutes it.
* restricted: on the invariant submanifold N = {r = 0}.  Membership of the numerator in the ideal of
  the restrictions proves it; an exact point of N with a value other than zero refutes it.
* the leaf of a start w0: on the orbit of w0 under the gradient fields.  What holds generically holds
  here; what has a nonzero value at w0 fails.  In between, a function that vanishes on the orbit has
  all iterated derivatives V_i V_j ... f zero at w0, so one that is not zero refutes; and membership
  in the ideal of h - h(w0), h the conserved quantities, proves.

So a special start (a balanced one) is never judged by what happens elsewhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from sympy import Expr, Rational, Symbol

from derive.errors import InputError
from derive.exact.field import Element
from derive.exact.ideal import Ideal, ideal
from derive.exact.points import Point, Undefined, excludes_zero, sample_points, text, value
from derive.exact.signs import is_defined
from derive.fields.dynamics import InducedDynamics
from derive.fields.submanifold import points_on, real_radical, roots_near
from derive.model import Model
from derive.verdict import Verdict, Witness, proved, refuted, unknown

ATTEMPTS = 12
LIE_DEPTH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One element that would have to vanish, with its place and its meaning."""

    element: Element
    meaning: str
    entry: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """The setting of a model: its ideal (None: the zero ideal), the exact start (None: generic), and the equations
    h - h(w0) = 0 that are known to hold on its leaf."""

    dynamics: InducedDynamics
    ideal: Ideal | None = None
    start: tuple[tuple[Symbol, Expr], ...] | None = None
    level: tuple[Expr, ...] = ()

    def with_laws(self, laws: Sequence[Expr]) -> "Leaf":
        """The leaf of the start, now that conserved quantities are known."""
        model = self.dynamics.model
        if self.ideal is not None or model.start is None or not laws:
            return self
        at_start = model.start_map()
        equations = [law - there for law in laws if is_defined(there := law.xreplace(at_start))]
        if not equations:
            return self
        # a law with a logarithm cuts out no algebraic set; those without one contain the leaf all the same
        rational = [e for e in equations if e.is_rational_function(*model.symbols)]
        found = ideal(rational, model.symbols) if rational else None
        return replace(self, ideal=found, level=tuple(equations))

    def points(self, count: int) -> Iterator[Point]:
        """Exact points of the setting: the start first, then points of N, or any rational points."""
        model = self.dynamics.model
        if self.start is not None:
            yield dict(self.start)
        elif model.restrict:
            yield from islice(_on_submanifold(model), count)
        else:
            yield from islice(sample_points(model.parameters, model.constants), count)

    def on_leaf(self, element: Element) -> Element:
        """The element reduced modulo the restrictions of the model, if it has any."""
        return self.ideal.reduce(element) if self.ideal is not None and self.dynamics.model.restrict else element

    def reduced(self, element: Element) -> Element:
        """The element reduced modulo the ideal of the setting, whatever it came from."""
        return self.ideal.reduce(element) if self.ideal is not None else element

    def is_zero(self, element: Element) -> bool:
        """Zero as a formula in this setting (not being zero here proves nothing)."""
        return self.dynamics.field.normal(self.on_leaf(element)).vanishes

    def _contains(self, element: Element) -> bool:
        """Is the numerator in the ideal, or in the ideal together with the relations between the generators?"""
        assert self.ideal is not None
        reduced = self.ideal.reduce(element)
        return reduced.vanishes or self.ideal.contains(self.dynamics.field.normal(reduced))

    def holds(self, questions: Iterable[Question], why: str) -> Verdict:
        """Do all the elements vanish in this setting?  `why` completes "proved: ..."."""
        listed = [q for q in questions if not q.element.vanishes]
        if not listed:
            where = " modulo the restrictions" if self.dynamics.model.restrict else ""
            return proved(f"{why}: an identity of rational functions of the parameters{where}")
        remaining = [q for q in listed if not self.dynamics.field.normal(q.element).vanishes]
        if not remaining:
            return proved(f"{why}: an identity modulo the relations between the generators")
        witness = self._witness(remaining)
        if witness is None and self.ideal is not None and all(self._contains(q.element) for q in remaining):
            return proved(f"{why}: an identity modulo the ideal of the leaf")
        if witness is not None:
            return refuted(f"{witness.meaning} is {witness.value}, not 0", witness)
        slope = self._lie_witness(remaining) if self.start is not None else None
        if slope is not None:
            return refuted(f"{slope.meaning} is {slope.value} at the start, not 0", self._off_start(remaining) or slope)
        return unknown(
            f"{remaining[0].meaning} is not zero as a formula, and no exact point of the leaf shows it nonzero"
        )

    def _witness(self, questions: Sequence[Question]) -> Witness | None:
        for point in self.points(ATTEMPTS):
            for question in questions:
                found = _nonzero(question.element, point, question)
                if found is not None:
                    return found
        return None

    def _lie_witness(self, questions: Sequence[Question]) -> Witness | None:
        """A nonzero iterated derivative at the start, along the gradient fields."""
        assert self.start is not None
        layer = [(q.element, q) for q in questions[:8]]
        for depth in range(1, LIE_DEPTH + 1):
            following = []
            for element, question in layer[:24]:
                for i, direction in enumerate(self.dynamics.gradients):
                    slope = self.dynamics.along(direction, element)
                    if slope.vanishes:
                        continue
                    meaning = (
                        f"V_{i + 1} of {question.meaning}"
                        if depth == 1
                        else f"a derivative of order {depth} of {question.meaning}"
                    )
                    moved = replace(question, element=slope, meaning=meaning)
                    found = _nonzero(slope, dict(self.start), moved)
                    if found is not None:
                        return found
                    following.append((slope, moved))
            layer = following
        return None

    def _off_start(self, questions: Sequence[Question]) -> Witness | None:
        """A point where the laws have the values of the start and an element is not zero, once a slope has refuted."""
        model, start = self.dynamics.model, dict(self.start or ())
        equations = (*model.restrict, *self.level)
        if equations:
            points = chain(
                islice(points_on(equations, model.parameters, model.constants), ATTEMPTS),
                islice(roots_near(equations, model.parameters, start), ATTEMPTS),
            )
        else:
            points = sample_points(model.parameters, model.constants, near=start)
        near = [(p, v) for p, v in start.items() if not v.is_zero]
        found: list[tuple[int, Witness]] = []
        for point in islice(points, 2 * ATTEMPTS):
            # a level set may fall apart: its part with the signs of the start is preferred
            crossed = sum(1 for p, v in near if (point[p] * v).is_negative)
            shown = next((w for q in questions if (w := _nonzero(q.element, point, q)) is not None), None)
            if shown is not None:
                found.append((crossed, shown))
        return min(found, key=lambda f: (f[0], -_size(f[1])))[1] if found else None


def _on_submanifold(model: Model) -> Iterator[Point]:
    """Rational points of the restrictions; with square roots where none is found, as on u^2 = 2 v^2."""
    found: Iterator[Point] = points_on(model.restrict, model.parameters, model.constants)
    first = next(found, None)
    if first is not None:
        yield first
        yield from found
    else:
        yield from roots_near(model.restrict, model.parameters, next(sample_points(model.parameters, model.constants)))


def setting(dynamics: InducedDynamics) -> Leaf:
    """The setting that a model asks for.  Raises `InputError` for restrictions that the flow leaves,
    or that the start violates."""
    model = dynamics.model
    of_restrictions = ideal(model.restrict, (*model.parameters, *model.constants)) if model.restrict else None
    if of_restrictions is not None:
        of_restrictions = real_radical(
            of_restrictions, dynamics.field, model.restrict, model.parameters, model.constants
        )
    start = None
    if model.start is not None:
        constants = next(sample_points((), model.constants))
        start = tuple({**{p: v.xreplace(constants) for p, v in model.start_map().items()}, **constants}.items())
    leaf = Leaf(dynamics=dynamics, ideal=of_restrictions, start=start)
    _check_restrictions(leaf)
    return leaf


def _check_restrictions(leaf: Leaf) -> None:
    dynamics, model = leaf.dynamics, leaf.dynamics.model
    for restriction in model.restrict:
        if model.start is not None:
            at_start = restriction.xreplace(model.start_map()).expand()
            if not at_start.is_zero:
                raise InputError(f"the start is not on the submanifold {restriction} = 0", received=f"{at_start} there")
        for slope in slopes(dynamics, restriction):
            if leaf.holds([slope], "invariant").is_refuted:
                raise InputError(
                    f"the flow leaves the submanifold {restriction} = 0",
                    expected="a restriction whose gradient is orthogonal to every V_i on it",
                    received=f"{slope.meaning} = {slope.element.expression()}",
                )


def slopes(dynamics: InducedDynamics, restriction: Expr) -> list[Question]:
    """V_i(r), which vanish on an invariant submanifold r = 0."""
    element = dynamics.field.convert(restriction)
    return [
        Question(element=dynamics.along(v, element), meaning=f"V_{i + 1}({restriction})")
        for i, v in enumerate(dynamics.gradients)
    ]


def _size(witness: Witness) -> Rational:
    """How far the value is from zero; 0 where its ball has no certain digit."""
    return Rational(0) if witness.value.startswith("[") else abs(Rational(witness.value))


def _nonzero(element: Element, point: Point, question: Question) -> Witness | None:
    try:
        number = value(element, point)
    except Undefined:
        return None
    if not excludes_zero(number):
        return None
    return Witness(point=tuple(point.items()), value=text(number), meaning=question.meaning, entry=question.entry)
