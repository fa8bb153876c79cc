"""The smallest affine subspace that holds the image of a leaf.

The covectors n with sum_i n_i grad F_i = 0 on the leaf are the normals that the image has at every point
(docs/derivations/confined.md).  They are found by exact linear algebra over Q, as identities of polynomials.  Where F
contains constants or irrational numbers, a candidate A of

    beta = A beta_I + b     for some coordinates I

is solved for at one rational point, with the constants as symbols, and J = A J_I is then proved as an identity.  I
takes coordinates that depend on few parameters first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from flint import ctx
from sympy import Add, Expr, Integer

from derive.errors import InputError
from derive.exact.field import Element, Field
from derive.exact.linear import determinant_and_inverse, nullspace
from derive.exact.points import PRECISION, Point, Undefined, sample_points, values
from derive.exact.pointwise import expression_of
from derive.exact.signs import is_defined
from derive.fields.dynamics import InducedDynamics, Vector, induced_dynamics, rank_of_values
from derive.fields.leaf import Leaf, Question
from derive.laws.primitive import match

POINTS, MAX_SYMBOLIC = 6, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class AffineSpan:
    """beta = A beta_I + b on the leaf: `places` is I (zero-based, in order), `slopes` A (d x |I|), `offsets` b.

    An offset is None where it differs from leaf to leaf.
    """

    places: tuple[int, ...]
    slopes: tuple[tuple[Expr, ...], ...]
    offsets: tuple[Expr | None, ...]


def affine_span(leaf: Leaf) -> AffineSpan | None:
    """The smallest affine subspace that holds the image; None where that is R^d, or was not found."""
    jacobian, rank = leaf.dynamics.jacobian, largest_rank(leaf)
    d = len(jacobian)
    if leaf.dynamics.model.is_metric or rank == d:
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
        best = max(best, rank_at(leaf.dynamics.jacobian, point))
        if best == d:
            break
    return best


def rank_at(rows: Sequence[Vector], point: Point) -> int:
    """The rank of a table of elements at an exact point, a lower bound; 0 where it has no value."""
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


def _rational(leaf: Leaf, order: Sequence[int]) -> AffineSpan | None:
    """A over Q: the kernel of the gradients, matched as polynomials modulo the restrictions."""
    field, jacobian = leaf.dynamics.field, [leaf.dynamics.jacobian[i] for i in order]
    rows, _ = match(field, jacobian, tuple(field.zero for _ in jacobian[0]), leaf.on_leaf)
    kernel = nullspace(rows, len(order))
    if not kernel:
        return None
    dependent = {order[max(i for i, c in enumerate(v) if c != 0)]: v for v in kernel}
    places = sorted(set(order) - set(dependent))
    at = {place: order.index(place) for place in places}
    slopes = {j: [expression_of(-v[at[i]]) for i in places] for j, v in dependent.items()}
    return _completed(leaf, places, slopes)


def _completed(leaf: Leaf, places: Sequence[int], slopes: dict[int, list[Expr]]) -> AffineSpan:
    units = {i: [Integer(int(i == j)) for j in places] for i in places}
    rows = [tuple((units | slopes)[j]) for j in range(len(leaf.dynamics.jacobian))]
    offsets = [Integer(0) if j in units else _offset(leaf, j, places, row) for j, row in enumerate(rows)]
    return AffineSpan(places=tuple(places), slopes=tuple(rows), offsets=tuple(offsets))


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


def _symbolic(leaf: Leaf, order: Sequence[int], rank: int) -> AffineSpan | None:
    """A in constants and irrational numbers: solved for at one point, proved as an identity."""
    dynamics, model = leaf.dynamics, leaf.dynamics.model
    own = set(model.parameters)
    fixed = any(not dynamics.field.generator_expression(g).free_symbols & own for g in dynamics.field.generators)
    if not fixed or model.restrict or not 0 < rank <= MAX_SYMBOLIC:
        return None
    for point in islice(sample_points(model.parameters, model.constants), 2):
        if rank_at(dynamics.jacobian, point) != rank:
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
        if rank_at([rows[k] for k in (*kept, i)], point) > len(kept):
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
