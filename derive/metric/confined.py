"""Predictors that do not fill R^d: where M is singular on the leaf, and what can still be asked there.

Let N(w) = ker M(w), the covectors n with sum_i n_i V_i(w) = 0.  The image of the leaf has the tangent space N(w)^perp
at F(w): N holds its normals.  A potential Q and a warp g > 0 can only exist if N does not change along the leaf, for a
loss can push along a normal without moving beta, so that the push must stay a normal for ever (the proof is in
docs/derivations/confined.md).  N is constant iff the image is an affine subspace, beta = A beta_I + b
(`derive.metric.affine_span`), and then everything is asked of the model F_I, whose M is invertible
(`derive.confinement`).

Where M is singular and the coordinates satisfy no linear relation, a normal turns: M n = 0 and V_k(M) n != 0 at some
exact point.  There M must have the largest rank that it has nearby.  Its rank is that of J, which is bounded from above
by the number of parameters, by affine fields u with J u = 0, or over the field of functions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from flint import arb, ctx, fmpq
from sympy import Symbol

from derive.exact.field import Element
from derive.exact.kernels import Generator
from derive.exact.linear import nullspace
from derive.exact.points import PRECISION, Point, Undefined, excludes_zero, sample_points, text, values
from derive.exact.pointwise import Numbers, expression_of, kernel_at
from derive.fields.dynamics import InducedDynamics, Vector, rank_of_values
from derive.fields.leaf import Leaf
from derive.laws.primitive import match
from derive.metric.affine_span import POINTS, AffineSpan, largest_rank, rank_at
from derive.metric.closure import generic_rank
from derive.verdict import Verdict, Witness, refuted, unknown

MAX_SYMMETRIES = 20
ENTIRE = ("symbol", "cos", "sin", "atan", "asinh")  # generators that are analytic on all of R^p


@dataclass(frozen=True, slots=True, kw_only=True)
class Confined:
    """Whether the image of the leaf is an affine subspace (refuted with a witness), and its `span`, if it has one."""

    verdict: Verdict
    span: AffineSpan | None = None


def turning(leaf: Leaf) -> Verdict | None:
    """Refuted where a normal of the image turns along the leaf; None where M is invertible."""
    dynamics, rank = leaf.dynamics, largest_rank(leaf)
    d = len(dynamics.jacobian)
    if dynamics.model.is_metric or rank == d:
        return None
    if rank == 0:
        return unknown("beta does not move at any exact point tried")
    for point in _points(leaf):
        if rank_at(dynamics.jacobian, point) != rank:
            continue
        witness = _witness(dynamics, point, rank)
        if witness is not None and _is_largest(leaf, point, rank):
            reason = (
                f"beta is confined to a set of dimension {rank} that is no affine subspace: a normal of it turns along "
                "the leaf, and a loss that pushes along the normal contradicts every Q and g"
            )
            return refuted(reason, witness)
    return unknown(
        f"the rank of rho^-1 at exact points is {rank}, not {d}, but neither linear relations between the coordinates "
        "explain it nor does a normal of the image turn at a point where that rank is known to be the largest"
    )


def _points(leaf: Leaf) -> Iterator[Point]:
    """Points of the leaf, then others where an identity of analytic functions is decided by any point."""
    model = leaf.dynamics.model
    yield from leaf.points(POINTS)
    entire = all(_is_entire(g, set(model.parameters)) for g in leaf.dynamics.field.generators)
    if leaf.start is not None and not model.restrict and entire:
        yield from islice(sample_points(model.parameters, model.constants), POINTS)


def _is_entire(generator: Generator, parameters: set[Symbol]) -> bool:
    """Is the generator analytic on all of R^p?  Then so are numerators and denominators."""
    base = generator.base
    if base is None or not base.free_symbols & parameters or generator.kind in ENTIRE:
        return True
    return generator.kind in ("power", "log") and base.is_positive is True


def _witness(dynamics: InducedDynamics, point: Point, rank: int) -> Witness | None:
    """A normal n at the point with V_k(M) n != 0, shown by a component of some J [V_k, V_i] with n_i != 0."""
    try:
        with ctx.workprec(PRECISION):
            jacobian, motions = values(dynamics.jacobian, point), values(dynamics.gradients, point)
            for normal in _normals(jacobian, rank):
                k = _turns_along(dynamics, point, normal, motions)
                if k is not None:
                    return _shown(dynamics, point, normal, k)
    except Undefined:
        pass
    return None


def _normals(jacobian: list[Numbers], rank: int) -> list[Numbers]:
    """A basis of the kernel of J^T at a point where its rank is known."""
    columns = [list(c) for c in zip(*jacobian, strict=True)]
    kept: list[Numbers] = []
    for column in columns:
        if len(kept) < rank and rank_of_values([*kept, column]) > len(kept):
            kept.append(column)
    return kernel_at(kept, len(jacobian))


def _turns_along(dynamics: InducedDynamics, point: Point, normal: Numbers, motions: Sequence[Numbers]) -> int | None:
    """The first k for which V_k(M) n is certainly not zero."""
    used = [i for i, c in enumerate(normal) if excludes_zero(c)]
    parameters = dynamics.model.parameters
    for row in dynamics.inverse_metric:
        slopes = values([[row[i].derivative(p) for p in parameters] for i in used], point)
        gradient = [_total(normal[i] * s[n] for i, s in zip(used, slopes, strict=True)) for n in range(len(parameters))]
        for k, motion in enumerate(motions):
            if excludes_zero(_total(a * b for a, b in zip(motion, gradient, strict=True))):
                return k
    return None


def _shown(dynamics: InducedDynamics, point: Point, normal: Numbers, k: int) -> Witness | None:
    """V_k(M) n = sum_i n_i J [V_k, V_i], so that one of these brackets is not zero."""
    for i in (i for i, c in enumerate(normal) if i != k and excludes_zero(c)):
        first, second = min(i, k), max(i, k)
        image = dynamics.push(dynamics.bracket(dynamics.gradients[first], dynamics.gradients[second]))
        for n, number in enumerate(values([image], point)[0]):
            if excludes_zero(number):
                coordinates = dynamics.model.coordinates
                return Witness(
                    point=tuple(point.items()),
                    entry=(first, second),
                    value=text(number),
                    normal=tuple((b, expression_of(c)) for b, c in zip(coordinates, normal, strict=True)),
                    meaning=f"component {n} of J [V_{first + 1}, V_{second + 1}], where M n = 0 and "
                    f"V_{k + 1}(M) n is not 0 for the normal n",
                )
    return None


def _total(terms: Iterator[fmpq | arb]) -> fmpq | arb:
    return sum(terms, fmpq(0))


def _is_largest(leaf: Leaf, point: Point, rank: int) -> bool:
    """Is the rank of J nowhere larger near the point?  By its columns, by symmetries, else over the functions."""
    dynamics = leaf.dynamics
    p = len(dynamics.model.parameters)
    if rank == p:
        return True
    if p <= MAX_SYMMETRIES and rank_at(_symmetries(leaf), point) == p - rank:
        return True
    return rank == generic_rank(dynamics.field, [tuple(map(leaf.on_leaf, row)) for row in dynamics.jacobian])


def _symmetries(leaf: Leaf) -> list[Vector]:
    """Affine fields u = A w + b with J u = 0 on the leaf: independent ones bound the rank of J."""
    dynamics, field = leaf.dynamics, leaf.dynamics.field
    parameters: tuple[Symbol, ...] = dynamics.model.parameters
    units: list[tuple[int, Element]] = [
        (n, u) for n in range(len(parameters)) for u in (*map(field.convert, parameters), field.one)
    ]
    columns = [tuple(row[n] * u for row in dynamics.jacobian) for n, u in units]
    rows, _ = match(field, columns, tuple(field.zero for _ in dynamics.jacobian), leaf.on_leaf)
    found = []
    for kernel in nullspace(rows, len(units)):
        vector = [field.zero] * len(parameters)
        for (n, u), c in zip(units, kernel, strict=True):
            if c != 0:
                vector[n] = vector[n] + field.number(c) * u
        found.append(tuple(vector))
    return found
