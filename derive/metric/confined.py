"""Predictors that do not fill R^d: where M is singular on the leaf, and what can still be asked there.

Let N(w) = ker M(w), the covectors n with sum_i n_i V_i(w) = 0.  The image of the leaf has the tangent space N(w)^perp
at F(w): N holds its normals.  A potential Q and a warp g > 0 can only exist if N does not change along the leaf, for a
loss can push along a normal without moving beta, so that the push must stay a normal for ever (the proof is in
docs/derivations/confined.md).  N is constant iff the image is an affine subspace,

    beta = A beta_I + b     for some coordinates I,

and then everything is asked of the model F_I, whose M is invertible (`derive.subspace`).

* `hull`: the covectors with sum_i n_i grad F_i = 0 on the leaf, by exact linear algebra over Q; where F contains
  constants or irrational numbers, a candidate A from one exact point, which is then proved as an identity.
* `turning`: where M is singular and there are no such covectors left, an exact point where a normal turns: M n = 0
  and V_k(M) n != 0.  There M has the largest rank that it has nearby: its rank is that of J, which is bounded from
  above by the number of parameters, by affine fields u with J u = 0, or over the field of functions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from flint import arb, ctx, fmpq
from sympy import Add, Expr, Integer, Symbol

from derive.errors import InputError
from derive.exact.field import Element, Field
from derive.exact.kernels import Generator
from derive.exact.linear import determinant_and_inverse, nullspace
from derive.exact.points import PRECISION, Point, Undefined, excludes_zero, sample_points, text, values
from derive.exact.pointwise import Numbers, expression_of, kernel_at
from derive.exact.signs import is_defined
from derive.fields.dynamics import InducedDynamics, Vector, induced_dynamics, rank_of_values
from derive.fields.leaf import Leaf, Question
from derive.laws.primitive import match
from derive.metric.closure import generic_rank
from derive.verdict import Verdict, Witness, refuted, unknown

POINTS, MAX_SYMMETRIES, MAX_SYMBOLIC = 6, 20, 6
ENTIRE = ("symbol", "cos", "sin", "atan", "asinh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hull:
    """beta = A beta_I + b on the leaf: `places` is I (zero-based, in order), `slopes` A (d x |I|), `offsets` b.

    An offset is None where it differs from leaf to leaf.
    """

    places: tuple[int, ...]
    slopes: tuple[tuple[Expr, ...], ...]
    offsets: tuple[Expr | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confined:
    """Whether the image of the leaf is an affine subspace (refuted with a witness), and its `hull`, if it has one."""

    verdict: Verdict
    hull: Hull | None = None


def hull(leaf: Leaf) -> Hull | None:
    """The smallest affine subspace that holds the image; None where that is R^d, a point, or was not found."""
    jacobian, rank = leaf.dynamics.jacobian, largest_rank(leaf)
    d = len(jacobian)
    if leaf.dynamics.model.is_metric or rank in (0, d):
        return None
    order = _simplest_first(leaf.dynamics)
    found = _rational(leaf, order)
    if found is None or len(found.places) > rank:
        found = _symbolic(leaf, order, rank) or found
    return found


def largest_rank(leaf: Leaf) -> int:
    """The largest rank of J at a few exact points of the leaf, a lower bound; 0 where it has no value at any."""
    best, d = 0, len(leaf.dynamics.jacobian)
    for point in leaf.points(POINTS):
        best = max(best, _rank(leaf.dynamics.jacobian, point))
        if best == d:
            break
    return best


def _rank(rows: Sequence[Vector], point: Point) -> int:
    try:
        with ctx.workprec(PRECISION):
            return rank_of_values(values(rows, point))
    except Undefined:
        return 0


def _simplest_first(dynamics: InducedDynamics) -> list[int]:
    """Coordinates that depend on few parameters first: they are kept, where there is a choice."""
    model, own = dynamics.model, set(dynamics.model.parameters)
    size = [(len(f.free_symbols & own), f.count_ops(), i) for i, f in enumerate(model.predictor)]
    return [i for _, _, i in sorted(size)]


# -- the affine hull ----------------------------------------------------------------------------------


def _rational(leaf: Leaf, order: Sequence[int]) -> Hull | None:
    """A over Q: the kernel of the gradients, matched as polynomials modulo the restrictions."""
    field, jacobian = leaf.dynamics.field, [leaf.dynamics.jacobian[i] for i in order]
    rows, _ = match(field, jacobian, tuple(field.zero for _ in jacobian[0]), leaf.on_leaf)
    kernel = nullspace(rows, len(order))
    if not kernel or len(kernel) == len(order):
        return None
    dependent = {order[max(i for i, c in enumerate(v) if c != 0)]: v for v in kernel}
    places = sorted(set(order) - set(dependent))
    at = {place: order.index(place) for place in places}
    slopes = {j: [expression_of(-v[at[i]]) for i in places] for j, v in dependent.items()}
    return _completed(leaf, places, slopes)


def _completed(leaf: Leaf, places: Sequence[int], slopes: dict[int, list[Expr]]) -> Hull:
    units = {i: [Integer(int(i == j)) for j in places] for i in places}
    rows = [tuple((units | slopes)[j]) for j in range(len(leaf.dynamics.jacobian))]
    offsets = [Integer(0) if j in units else _offset(leaf, j, places, row) for j, row in enumerate(rows)]
    return Hull(places=tuple(places), slopes=tuple(rows), offsets=tuple(offsets))


def _offset(leaf: Leaf, j: int, places: Sequence[int], row: Sequence[Expr]) -> Expr | None:
    """b_j = F_j - sum A_jk F_k: a constant formula, else its value at the start."""
    model, field = leaf.dynamics.model, leaf.dynamics.field
    rest = Add(model.predictor[j], *(-a * model.predictor[k] for a, k in zip(row, places, strict=True)))
    element = leaf.on_leaf(field.convert(rest))
    if element.denominator.is_constant():
        element = field.normal(element) * Element(field, field.one.numerator, element.denominator)
    formula = element.expression()
    if not formula.free_symbols & set(model.parameters):
        return formula
    there = rest.xreplace(model.start_map()).expand()
    return there if model.start is not None and is_defined(there) else None


def _symbolic(leaf: Leaf, order: Sequence[int], rank: int) -> Hull | None:
    """A in constants and irrational numbers: solved for at one point, proved as an identity."""
    dynamics, model = leaf.dynamics, leaf.dynamics.model
    own = set(model.parameters)
    fixed = any(not dynamics.field.generator_expression(g).free_symbols & own for g in dynamics.field.generators)
    if not fixed or model.restrict or rank > MAX_SYMBOLIC:
        return None
    for point in islice(sample_points(model.parameters, model.constants), 2):
        if _rank(dynamics.jacobian, point) != rank:
            continue
        places = _independent(dynamics.jacobian, point, order)
        slopes = _solved(dynamics, point, places)
        if slopes is not None and (own_leaf := _proved(leaf, places, slopes)) is not None:
            return _completed(own_leaf, places, slopes)
    return None


def _independent(rows: Sequence[Vector], point: Point, order: Sequence[int]) -> list[int]:
    """The first rows, in the given order, that are certainly independent at the point."""
    kept: list[int] = []
    for i in order:
        if _rank([rows[k] for k in (*kept, i)], point) > len(kept):
            kept.append(i)
    return sorted(kept)


def _solved(dynamics: InducedDynamics, point: Point, places: Sequence[int]) -> dict[int, list[Expr]] | None:
    """A with J = A J_I at the point; the constants stay symbols."""
    model = dynamics.model
    columns = list(zip(*(dynamics.jacobian[i] for i in places), strict=True))
    chosen = _independent(columns, point, range(len(columns)))
    there = {p: point[p] for p in model.parameters}
    entries = [[row[n].expression().xreplace(there) for n in chosen] for row in dynamics.jacobian]
    if len(chosen) < len(places) or not all(is_defined(e) for row in entries for e in row):
        return None
    try:
        field = Field([e for row in entries for e in row], model.constants)
        table = [[field.convert(e) for e in row] for row in entries]
        inverted = determinant_and_inverse(field, [table[i] for i in places])
    except (InputError, KeyError, ZeroDivisionError):
        return None
    if inverted is None:
        return None
    size = range(len(places))
    products = {j: [[table[j][n] * inverted[1][n][k] for n in size] for k in size] for j in range(len(table))}
    return {
        j: [sum(terms, field.zero).expression() for terms in products[j]]
        for j in range(len(table))
        if j not in set(places)
    }


def _proved(leaf: Leaf, places: Sequence[int], slopes: dict[int, list[Expr]]) -> Leaf | None:
    """The setting in a field that holds A, if J = A J_I is an identity there; else None."""
    numbers = [e for row in slopes.values() for e in row]
    dynamics = induced_dynamics(leaf.dynamics.model, also=numbers)
    rows, field = dynamics.jacobian, dynamics.field
    differences = [
        rows[j][n] - sum((field.convert(a) * rows[k][n] for a, k in zip(row, places, strict=True)), field.zero)
        for j, row in slopes.items()
        for n in range(len(rows[j]))
    ]
    own = replace(leaf, dynamics=dynamics)
    verdict = own.holds([Question(element=e, meaning="J - A J_I") for e in differences], "J = A J_I")
    return own if verdict.is_proved else None


# -- normals that turn --------------------------------------------------------------------------------


def turning(leaf: Leaf) -> Verdict | None:
    """Refuted where a normal of the image turns along the leaf; None where M is invertible."""
    dynamics, rank = leaf.dynamics, largest_rank(leaf)
    d = len(dynamics.jacobian)
    if dynamics.model.is_metric or rank == d:
        return None
    if rank == 0:
        return unknown("beta does not move at any exact point tried")
    for point in _points(leaf):
        if _rank(dynamics.jacobian, point) != rank:
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


def _turns_along(
    dynamics: InducedDynamics, point: Point, normal: Numbers, motions: Sequence[Numbers]
) -> int | None:
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
    if p <= MAX_SYMMETRIES and _rank(_symmetries(leaf), point) == p - rank:
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
