"""Fibres of F on a leaf as orbits of a symmetry: a proof of closure by linear algebra over Q.

Condition (*) of `derive.metric.closure` is about K = {u in T : J u = 0}, the tangent spaces of the fibres of F on the
leaf.  A basis of K over the field of functions takes a long elimination.  Where over-parametrisation comes from a
symmetry (rotations U -> U R of U U^T, phases of a convolution), K is spanned by fields that are affine in the
parameters,

    u = A w + b,     J u = 0,     u(h) = 0 for every conserved quantity h,

and the rational A, b with these identities are the kernel of a matrix over Q.  Let S be their span.  At an exact point
x where the rank of J is constant nearby, S(x) lies in K(x); if both have the same dimension there, they are equal
near x, because dim S cannot fall and dim K cannot rise near x.  So

    dM(u) = 0 for each of these u   implies   dM = 0 on K near x.

On a leaf with an ideal all identities are taken modulo it.
"""

from collections.abc import Sequence

from flint import fmpq

from derive.exact.field import Element
from derive.exact.linear import nullspace
from derive.exact.points import Point, Undefined, values
from derive.fields.dynamics import Vector, rank_of_values
from derive.fields.leaf import Leaf
from derive.laws.conservation import ConservationLaws
from derive.laws.primitive import match

MAX_PARAMETERS = 20


def symmetries(leaf: Leaf, laws: ConservationLaws, point: Point, dimension: int) -> list[Vector] | None:
    """Affine fields that span K near the point, where K has the given dimension; None where they do not suffice."""
    field, parameters = leaf.dynamics.field, leaf.dynamics.model.parameters
    differentials = _differentials(leaf, laws)
    if differentials is None or len(parameters) > MAX_PARAMETERS:
        return None
    covectors = [*leaf.dynamics.jacobian, *differentials]
    units = [(n, u) for n in range(len(parameters)) for u in (*map(field.convert, parameters), field.one)]
    columns = [tuple(c[n] * u for c in covectors) for n, u in units]
    rows, _ = match(field, columns, tuple(field.zero for _ in covectors), leaf.reduced)
    found = [_assembled(leaf, units, k) for k in nullspace(rows, len(units))]
    return _independent(found, point, dimension)


def _differentials(leaf: Leaf, laws: ConservationLaws) -> list[Vector] | None:
    """dh of every law (and every equation of the setting), whose common kernel is T; None for an incomplete list."""
    model, field = leaf.dynamics.model, leaf.dynamics.field
    if laws.count != len(laws.laws):
        return None
    try:
        functions = [field.convert(h) for h in (*laws.laws, *model.restrict)]
    except KeyError:  # a law with a logarithm or a root of its own
        return None
    if leaf.ideal is not None:
        functions += [field.convert(e) for e in leaf.ideal.basis]
    return [tuple(h.derivative(p) for p in model.parameters) for h in functions]


def _assembled(leaf: Leaf, units: Sequence[tuple[int, Element]], coefficients: Sequence[fmpq]) -> Vector:
    field = leaf.dynamics.field
    vector = [field.zero] * len(leaf.dynamics.model.parameters)
    for (n, u), c in zip(units, coefficients, strict=True):
        if c != 0:
            vector[n] = vector[n] + field.number(c) * u
    return tuple(vector)


def _independent(fields: Sequence[Vector], point: Point, dimension: int) -> list[Vector] | None:
    """`dimension` of the fields whose values at the point are independent."""
    chosen: list[Vector] = []
    for candidate in fields:
        try:
            rows = values([*chosen, candidate], point)
        except Undefined:
            return None
        if rank_of_values(rows) > len(chosen):
            chosen.append(candidate)
    return chosen if len(chosen) == dimension else None
