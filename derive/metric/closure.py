"""Stage 3, closure (Problem 1 of the lecture slides): is M a function of beta on each leaf?

On a leaf (an orbit of the gradient fields) with tangent space T the dynamics close in beta iff M
does not change where beta does not:

    u in T and J u = 0   imply   dM u = 0.                                                     (*)

This is the rank test rank[d beta; dc; dM] = rank[d beta; dc] with the conserved quantities c
eliminated: their common kernel is T.  It needs no `solve`, no choice of branch, and no explicit law.

* If the entries of M are rational combinations of 1 and beta (`derive.metric.linear_metric`): closed, on every leaf.
* If the leaf has dimension rank(J restricted to T), the premise of (*) is empty: closed.
* An exact point with u in T, J u = 0 and dM u != 0 refutes: M moves while beta and all laws stand.
* If symmetries span the kernel of J on T (`derive.metric.fibres`), (*) is an identity to test along each of them.
* Otherwise that kernel is computed over the function field, and (*) is an identity again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flint import ctx, fmpq

from derive.exact.field import Element, Field
from derive.exact.points import PRECISION, Point, Undefined, excludes_zero, text, values
from derive.exact.pointwise import expression_of, kernel_at
from derive.fields.dynamics import Vector, dot, rank_of_values
from derive.fields.leaf import Leaf, Question
from derive.laws.conservation import ConservationLaws
from derive.metric.fibres import symmetries
from derive.metric.linear_metric import linear_metric
from derive.verdict import Verdict, Witness, proved, refuted, unknown

POINTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Whether M is a function of beta on the leaf; the witness carries point and direction."""

    verdict: Verdict


def closure(leaf: Leaf, laws: ConservationLaws) -> Closure:
    """Decide (*) in the setting of the model."""
    if linear_metric(leaf.dynamics) is not None:
        return Closure(verdict=proved("every entry of M is a linear function of beta"))
    tangent = laws.tangent
    pushed = [leaf.dynamics.push(v) for v in tangent]
    points = [(point, _rank(pushed, point)) for point in leaf.points(POINTS)]
    if laws.verdict.is_proved and any(rank == len(tangent) for _, rank in points):
        reason = (
            f"each leaf has dimension {len(tangent)}, which is the rank of J on it: beta is a coordinate system there"
        )
        return Closure(verdict=proved(reason))
    witness = _contradiction(leaf, tangent, pushed, points)
    if witness is not None:
        return Closure(verdict=refuted("rho^-1 moves while beta and every conserved quantity stand still", witness))
    if not laws.verdict.is_proved:
        return Closure(verdict=unknown(f"the dimension of the leaves is open: {laws.verdict.reason}"))
    return Closure(verdict=_by_kernel(leaf, laws, pushed, points))


def _contradiction(
    leaf: Leaf, tangent: Sequence[Vector], pushed: Sequence[Vector], points: Sequence[tuple[Point, int]]
) -> Witness | None:
    """A witness at a point where J has its generic rank: elsewhere its kernel is no tangent space of a fibre of F."""
    for point, rank in points:
        with ctx.workprec(PRECISION):
            witness = _witness(leaf, tangent, pushed, point) if rank >= 0 else None
        if witness is not None and _is_generic(leaf, rank, len(tangent)):
            return witness
    return None


def _is_generic(leaf: Leaf, rank: int, width: int) -> bool:
    """Can J not have a larger rank than this?  By its rows and columns, else over the field of functions."""
    jacobian = leaf.dynamics.jacobian
    return rank == min(len(jacobian), width) or rank == generic_rank(leaf.dynamics.field, jacobian)


def _by_kernel(
    leaf: Leaf, laws: ConservationLaws, pushed: Sequence[Vector], points: Sequence[tuple[Point, int]]
) -> Verdict:
    """(*) as an identity along fields that span the kernel of J on T."""
    field, tangent = leaf.dynamics.field, laws.tangent
    regular = [(p, r) for p, r in points if r >= 0 and _rank(tangent, p) == len(tangent)]
    if not regular:
        return unknown("the leaf of the start has fewer dimensions than those around it")
    for point, rank in regular:
        fields = symmetries(leaf, laws, point, len(tangent) - rank)
        if fields is not None and _is_generic(leaf, rank, len(tangent)):
            return _stands(leaf, fields, "M is constant along the symmetries that span the fibres of F")
    generic = generic_rank(field, pushed)
    if all(rank != generic for _, rank in regular):
        # a pivot of the elimination may be zero on the leaf, or through a dependence between generators
        return unknown("the rank of J over the functions is not the rank at any exact point tried")
    kernel = [_combination(field, tangent, k) for k in _kernel(field, pushed)]
    return _stands(leaf, kernel, "M is constant where beta and the leaf are")


def _stands(leaf: Leaf, fields: Sequence[Vector], why: str) -> Verdict:
    """Is M constant along each of the fields?  They lie in the kernel of J on T near the point: a failure refutes."""
    questions = [
        Question(
            element=leaf.dynamics.along(u, entry), meaning=f"the change of rho^-1[{i}][{j}] at fixed beta", entry=(i, j)
        )
        for u in fields
        for i, row in enumerate(leaf.dynamics.inverse_metric)
        for j, entry in enumerate(row[: i + 1])
    ]
    return leaf.holds(questions, why)


def _rank(vectors: Sequence[Vector], point: Point) -> int:
    try:
        with ctx.workprec(PRECISION):
            return rank_of_values(values(vectors, point))
    except Undefined:
        return -1


def generic_rank(field: Field, vectors: Sequence[Vector]) -> int:
    """The rank over the field of functions: exact, and an upper bound at every point."""
    return len(vectors) - len(_kernel(field, vectors))


def _witness(leaf: Leaf, tangent: Sequence[Vector], pushed: Sequence[Vector], point: Point) -> Witness | None:
    """A direction at an exact point that contradicts (*); its entries are balls where they are not rational."""
    dynamics, parameters = leaf.dynamics, leaf.dynamics.model.parameters
    try:
        columns, fields = values(pushed, point), values(tangent, point)
        kernel = kernel_at(list(zip(*columns, strict=True)), len(columns))
        for k in kernel:
            u = [sum((c * f[n] for c, f in zip(k, fields, strict=True)), fmpq(0)) for n in range(len(parameters))]
            for i, row in enumerate(dynamics.inverse_metric):
                for j, entry in enumerate(row[: i + 1]):
                    (slopes,) = values([[entry.derivative(p) for p in parameters]], point)
                    change = sum((c * s for c, s in zip(u, slopes, strict=True)), fmpq(0))
                    if excludes_zero(change):
                        return Witness(
                            point=tuple(point.items()),
                            value=text(change),
                            entry=(i, j),
                            direction=tuple((p, expression_of(c)) for p, c in zip(parameters, u, strict=True)),
                            meaning=f"the change of rho^-1[{i}][{j}] along the direction",
                        )
    except Undefined:
        return None
    return None


def _combination(field: Field, vectors: Sequence[Vector], coefficients: Sequence[Element]) -> Vector:
    return tuple(dot(field, tuple(coefficients), tuple(v[n] for v in vectors)) for n in range(len(vectors[0])))


def _kernel(field: Field, columns: Sequence[Vector]) -> list[list[Element]]:
    """A basis over the function field of {k : sum k_m columns_m = 0}, by elimination."""
    rows = [list(row) for row in zip(*columns, strict=True)]
    pivots: list[int] = []
    for column in range(len(columns)):
        at = len(pivots)
        pivot = next((i for i in range(at, len(rows)) if not field.normal(rows[i][column]).vanishes), None)
        if pivot is None:
            continue
        rows[at], rows[pivot] = rows[pivot], rows[at]
        scale = field.one / rows[at][column]
        rows[at] = [e * scale for e in rows[at]]
        for i, row in enumerate(rows):
            if i != at and not row[column].vanishes:
                rows[i] = [a - row[column] * b for a, b in zip(row, rows[at], strict=True)]
        pivots.append(column)
    basis = []
    for free in (m for m in range(len(columns)) if m not in pivots):
        vector = [field.zero] * len(columns)
        vector[free] = field.one
        for i, pivot in enumerate(pivots):
            vector[pivot] = -rows[i][free]
        basis.append(vector)
    return basis


def refuted_by_closure(verdict: Verdict) -> Verdict:
    """Where there is no rho(beta), nothing about it can hold; the witness is that of closure."""
    return replace(verdict, reason=f"there is no metric rho(beta): {verdict.reason}")
