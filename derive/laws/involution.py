"""Is a distribution closed under brackets?  Then its rank is that of the whole Lie algebra, with or without known laws.

A bracket lies in the span over the field of functions iff elimination leaves nothing of it.  Pivots are elements that
are certainly not zero at an exact point, so that nothing is divided by a hidden zero.  On a submanifold what is left
has to lie in its ideal: then it vanishes on the submanifold near the point.
"""

from collections.abc import Sequence

from derive.exact.field import Element
from derive.exact.points import Point, Undefined, excludes_zero, generator_values, value
from derive.fields.leaf import Leaf
from derive.laws.generic import Generic

MAX_PARAMETERS = 12


def is_involutive(leaf: Leaf, generic: Generic) -> bool:
    """Is every bracket of a gradient field with a basis field in the span over the function field?"""
    dynamics, basis, point = leaf.dynamics, generic.basis, generic.point
    if len(basis) <= 1:
        return True
    if len(dynamics.model.parameters) > MAX_PARAMETERS:
        return False
    brackets = [dynamics.bracket(v, b) for v in dynamics.gradients for b in basis]
    work = [list(row) for row in basis]
    pivots: list[int] = []
    for i, row in enumerate(work):
        pivot = next((j for j, e in enumerate(row) if _is_nonzero_at(e, point)), None)
        if pivot is None:
            return False
        pivots.append(pivot)
        for other in range(i + 1, len(work)):
            _eliminate(work[other], row, pivot, leaf)
    for vector in brackets:
        remainder = list(vector)
        for row, pivot in zip(work, pivots, strict=True):
            _eliminate(remainder, row, pivot, leaf)
        if not all(leaf.is_zero(e) or (generic.is_near and leaf.is_zero(_in_cell(e, point))) for e in remainder):
            return False
    return True


def _in_cell(element: Element, point: Point) -> Element:
    """The numerator with sign(f) replaced by its value around the point."""
    field = element.field
    images = list(field.context.gens())
    for n, (g, there) in enumerate(zip(field.generators, generator_values(field, point), strict=True)):
        if g.kind == "sign":
            images[n] = field.context.constant(1 if there > 0 else -1)
    return field.normal(Element(field, element.numerator.compose(*images, ctx=field.context), field.one.denominator))


def _is_nonzero_at(element: Element, point: Point) -> bool:
    try:
        return not element.vanishes and excludes_zero(value(element, point))
    except Undefined:
        return False


def _eliminate(target: list[Element], row: Sequence[Element], pivot: int, leaf: Leaf) -> None:
    if not target[pivot].vanishes:
        factor = target[pivot] / row[pivot]
        for j, e in enumerate(row):
            if not e.vanishes:
                target[j] = leaf.on_leaf(target[j] - factor * e)
