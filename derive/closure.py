"""Stage 3, closure (Problem 1 of the lecture slides): is M a function of beta on each leaf?

On a leaf (an orbit of the gradient fields) with tangent space T the dynamics close in beta iff M
does not change where beta does not:

    u in T and J u = 0   imply   dM u = 0.                                                     (*)

This is the rank test rank[d beta; dc; dM] = rank[d beta; dc] with the conserved quantities c
eliminated: their common kernel is T.  It needs no `solve`, no choice of branch, and no explicit law.

* If the leaf has dimension rank(J restricted to T), the premise of (*) is empty: closed.
* An exact point with u in T, J u = 0 and dM u != 0 refutes: M moves while beta and all laws stand.
* Otherwise the kernel of J on T is computed over the function field and (*) is an identity to test.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flint import fmpq
from sympy import Expr, Rational

from derive.conservation import ConservationLaws
from derive.dynamics import Vector, dot, rank_of_values
from derive.exact.field import Element, Field
from derive.exact.linear import nullspace
from derive.exact.points import Point, Undefined, rational_value, value
from derive.leaf import Leaf, Question
from derive.verdict import Verdict, Witness, proved, refuted, unknown

POINTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Whether M is a function of beta on the leaf; the witness carries point and direction."""

    verdict: Verdict


def closure(leaf: Leaf, laws: ConservationLaws) -> Closure:
    """Decide (*) in the setting of the model."""
    tangent = laws.tangent
    pushed = [leaf.dynamics.push(v) for v in tangent]
    points = list(leaf.points(POINTS))
    if laws.verdict.is_proved and any(_rank(pushed, point) == len(tangent) for point in points):
        reason = (
            f"each leaf has dimension {len(tangent)}, which is the rank of J on it: beta is a coordinate system there"
        )
        return Closure(verdict=proved(reason))
    generic = _generic_rank(leaf.dynamics.field, pushed) if points else 0
    for point in points:
        # where J has less than its generic rank its kernel is no tangent space of a fibre of F
        witness = _witness(leaf, tangent, pushed, point) if _rank(pushed, point) == generic else None
        if witness is not None:
            return Closure(verdict=refuted("rho^-1 moves while beta and every conserved quantity stand still", witness))
    if not laws.verdict.is_proved:
        return Closure(verdict=unknown(f"the dimension of the leaves is open: {laws.verdict.reason}"))
    if all(_rank(pushed, point) != generic for point in points):
        # a pivot of the elimination may be zero on the leaf, or through a dependence between generators
        return Closure(verdict=unknown("the rank of J over the functions is not the rank at any exact point tried"))
    kernel = _kernel(leaf.dynamics.field, pushed)
    if kernel is None:
        return Closure(verdict=unknown("the kernel of J on the leaf was not found"))
    questions = [
        Question(
            element=leaf.dynamics.along(_combination(leaf.dynamics.field, tangent, k), entry),
            meaning=f"the change of rho^-1[{i}][{j}] at fixed beta",
            entry=(i, j),
        )
        for k in kernel
        for i, row in enumerate(leaf.dynamics.inverse_metric)
        for j, entry in enumerate(row[: i + 1])
    ]
    verdict = leaf.holds(questions, "M is constant where beta and the leaf are")
    if verdict.is_refuted and leaf.start is not None:
        verdict = unknown("closure fails on generic leaves; the leaf of this start was not decided")
    return Closure(verdict=verdict)


def _rank(vectors: Sequence[Vector], point: Point) -> int:
    try:
        return rank_of_values([[value(e, point) for e in v] for v in vectors])
    except Undefined:
        return -1


def _generic_rank(field: Field, vectors: Sequence[Vector]) -> int:
    """The rank over the field of functions: exact, and an upper bound at every point."""
    kernel = _kernel(field, vectors)
    return len(vectors) - (0 if kernel is None else len(kernel))


def _witness(leaf: Leaf, tangent: Sequence[Vector], pushed: Sequence[Vector], point: Point) -> Witness | None:
    """A direction at an exact rational point that contradicts (*)."""
    dynamics, parameters = leaf.dynamics, leaf.dynamics.model.parameters
    try:
        columns = [[rational_value(e, point) for e in v] for v in pushed]
        fields = [[rational_value(e, point) for e in v] for v in tangent]
    except Undefined:
        return None
    rows = [list(row) for row in zip(*columns, strict=True)]
    for k in nullspace(rows, len(columns)):
        u = [sum((c * f[n] for c, f in zip(k, fields, strict=True)), fmpq(0)) for n in range(len(parameters))]
        for i, row in enumerate(dynamics.inverse_metric):
            for j, entry in enumerate(row[: i + 1]):
                slopes = (entry.derivative(p) for p in parameters)
                change = sum((c * rational_value(s, point) for c, s in zip(u, slopes, strict=True) if c != 0), fmpq(0))
                if change != 0:
                    return Witness(
                        point=tuple(point.items()),
                        value=str(change),
                        entry=(i, j),
                        direction=tuple((p, _rational(c)) for p, c in zip(parameters, u, strict=True)),
                        meaning=f"the change of rho^-1[{i}][{j}] along the direction",
                    )
    return None


def _rational(number: fmpq) -> Expr:
    return Rational(int(number.p), int(number.q))


def _combination(field: Field, vectors: Sequence[Vector], coefficients: Sequence[Element]) -> Vector:
    return tuple(dot(field, tuple(coefficients), tuple(v[n] for v in vectors)) for n in range(len(vectors[0])))


def _kernel(field: Field, columns: Sequence[Vector]) -> list[list[Element]] | None:
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
    return basis or None


def refuted_by_closure(verdict: Verdict) -> Verdict:
    """Where there is no rho(beta), nothing about it can hold; the witness is that of closure."""
    return replace(verdict, reason=f"there is no metric rho(beta): {verdict.reason}")
