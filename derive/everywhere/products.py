"""Products of matrices have no warp on a generic leaf: a block refutes, and padding by zeros carries it to every size.

Let S be some coordinates of a model and i, j, k in S.  The warp equations

    (J [V_i, V_j])_k = a_i M_kj - a_j M_ki                                                        (*)

for these are some of all equations, so where they have no solution a at a point there is no warp (and, a = 0 being
none, no Hessian map), whatever the other coordinates do.  Blocks of a product U V^T, U U^T or W_D ... W_1 are tried.
With a start they are tried there, and then all coordinates.

*Every size.*  Split the parameters into (w, z).  If at z = 0 the coordinates outside S are constant and those in S have
no slope along z, then (*) at (w, 0) is (*) of the model w -> F_S(w, 0).  Where that model has an invertible M and an
inconsistent (*), its augmented matrix has full rank |S| + 1 there, hence on a dense open set of (w, z), and no generic
leaf has a warp.  A block of a product, all other entries zero, has this property at every size
(docs/derivations/scope.md, theorem 10); it is checked on the model at hand all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice

from flint import fmpq, fmpq_mat
from sympy import Expr, Integer, Symbol

from derive.everywhere.layered import Layers, layers_of
from derive.everywhere.pointwise import warp_witness
from derive.exact.points import Point, Undefined, rational_value, sample_points, values
from derive.fields.dynamics import InducedDynamics, induced_dynamics, rank_of_values
from derive.matrices import Product, product_of
from derive.metric.closure import Closure, refuted_by_closure
from derive.metric.hessian import Hessian
from derive.model import Model
from derive.verdict import Verdict, Witness, refuted

POINTS, MAX_COORDINATES = 4, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Coordinates S, the parameters that they keep, and the sizes for which S is a block."""

    places: tuple[int, ...]
    kept: tuple[Symbol, ...]
    sizes: str


def block_of(model: Model) -> Block | None:
    """The smallest block that can refute a warp, of a product that covers its space; None for other models."""
    if model.parameter_metric is not None:
        return None
    product = product_of(model)
    if product is None:
        return _deep_block(layers_of(model))
    m, n, r = product.shape
    if r < max(2, min(m, n)) or max(m, n) < 2:
        return None
    if product.is_symmetric:
        return _block(product, 2, 2, "U U^T with n >= 2 rows and inner size r >= n")
    if min(m, n) >= 2:
        return _block(product, 2, 2, "U V^T with m, n >= 2 and inner size r >= min(m, n)")
    if max(m, n) < 3:
        return None
    return _block(product, min(m, 3), min(n, 3), "sum_k a_k w_k with r >= 2 terms in d >= 3 dimensions")


def _block(product: Product, rows: int, columns: int, sizes: str) -> Block:
    places = sorted({k for row in product.place[:rows] for k in row[:columns]})
    kept = {p: None for vectors in (product.left[:rows], product.right[:columns]) for v in vectors for p in v[:2]}
    return Block(places=tuple(places), kept=tuple(kept), sizes=sizes)


def _deep_block(layers: Layers | None) -> Block | None:
    """Two rows, two columns and two units of every hidden layer."""
    if layers is None or min(layers.widths) < min(layers.shape):
        return None
    places = sorted(k for row in layers.place[:2] for k in row[:2])
    kept = [p for w in layers.factors for row in w[:2] for p in row[:2]]
    sizes = f"W_{layers.depth} ... W_1 with m, n >= 2 and inner sizes >= min(m, n)"
    return Block(places=tuple(places), kept=tuple(kept), sizes=sizes)


def refuted_by_block(model: Model) -> Verdict | None:
    """No warp and no Hessian map, with an exact point of the leaf where a block has no warp; else None.

    With a start that point is the start, where M has to be invertible; what the dynamics do elsewhere, and whether they
    close, does not matter then.  Restrictions are not dealt with.
    """
    block = None if model.restrict else block_of(model)
    if block is None:
        return None
    if model.start is not None:
        return _refuted_at_start(model, block)
    dynamics = induced_dynamics(model)
    for point in islice(sample_points(model.parameters, model.constants), POINTS):
        witness = _witness(dynamics, block.places, point)
        if witness is not None and _is_invertible(dynamics, point):
            listed = ", ".join(str(k + 1) for k in block.places)
            return refuted(
                f"no function g satisfies the warp equations of the coordinates {listed} at a point", witness
            )
    return None


def _refuted_at_start(model: Model, block: Block) -> Verdict | None:
    constants = next(sample_points((), model.constants))
    start = {p: v.xreplace(constants) for p, v in model.start_map().items()} | constants
    everything = tuple(range(len(model.predictor)))
    if not _is_regular(induced_dynamics(model), start):
        return None
    for places in (block.places, everything if len(everything) <= MAX_COORDINATES else block.places):
        witness = warp_witness(model, places, start)
        if witness is not None:
            return refuted("no function g satisfies the warp equations at the start", witness)
    return None


def no_hessian(block: Verdict, closed: Closure) -> Hessian:
    """The record of stage 4 where a block refutes: J [V_i, V_j] is not 0, so the fields do not commute either.

    Where closure is refuted there is no rho at all, and that is the reason given.
    """
    assert block.witness is not None and block.witness.entry is not None
    i, j = block.witness.entry
    commuting = refuted(f"J [V_{i + 1}, V_{j + 1}] is not 0: a component is {block.witness.value}", block.witness)
    verdict = refuted_by_closure(closed.verdict) if closed.verdict.is_refuted else block
    return Hessian(commuting=commuting, hessian=verdict, images=())


def every_size(model: Model) -> str | None:
    """In words: the sizes for which the refusal is a theorem; None where the block does not show it."""
    block = None if model.start is not None or model.restrict else block_of(model)
    if block is None or not _is_padded(model, block):
        return None
    zero = dict.fromkeys([p for p in model.parameters if p not in block.kept], Integer(0))
    small = replace(
        model, parameters=block.kept, predictor=tuple(model.predictor[k].xreplace(zero) for k in block.places)
    )
    dynamics, places = induced_dynamics(small), range(len(block.places))
    points = islice(sample_points(small.parameters, small.constants), POINTS)
    shown = any(_witness(dynamics, places, p) is not None and _is_invertible(dynamics, p) for p in points)
    return block.sizes if shown else None


def _is_padded(model: Model, block: Block) -> bool:
    """At z = 0: coordinates outside S are constant, and those in S have no slope along z."""
    rest = [p for p in model.parameters if p not in block.kept]
    zero: dict[Symbol, Expr] = dict.fromkeys(rest, Integer(0))
    inside = [model.predictor[k] for k in block.places]
    outside = [f for k, f in enumerate(model.predictor) if k not in block.places]
    constant = all(not f.xreplace(zero).expand().free_symbols & set(model.parameters) for f in outside)
    return constant and all(f.diff(z).xreplace(zero).expand().is_zero for f in inside for z in rest)


def _is_invertible(dynamics: InducedDynamics, point: Point) -> bool:
    rows = [[rational_value(e, point) for e in row] for row in dynamics.inverse_metric]
    return fmpq_mat(rows).rank() == len(rows)


def _is_regular(dynamics: InducedDynamics, point: Point) -> bool:
    """Is M certainly invertible at the point, rational or not?"""
    try:
        rows = values(dynamics.inverse_metric, point)
    except Undefined:
        return False
    return rank_of_values(rows) == len(rows)


def _witness(dynamics: InducedDynamics, places: Sequence[int], point: Point) -> Witness | None:
    """The equations (*) of these coordinates at a rational point: is the augmented rank one more than |S|?"""
    try:
        m = [[rational_value(dynamics.inverse_metric[k][j], point) for j in places] for k in places]
        images = {}
        for i, j in combinations(range(len(places)), 2):
            fields = dynamics.gradients[places[i]], dynamics.gradients[places[j]]
            image = dynamics.push(dynamics.bracket(*fields))
            images[i, j] = [rational_value(image[k], point) for k in places]
    except Undefined:
        return None
    d = len(places)
    rows: list[list[fmpq]] = []
    for (i, j), image in images.items():
        for k in range(d):
            row = [fmpq(0)] * (d + 1)
            row[i], row[j], row[d] = m[k][j], -m[k][i], image[k]
            rows.append(row)
    if fmpq_mat(m).rank() < d or fmpq_mat(rows).rank() <= d:
        return None
    (i, j), worst = max(images.items(), key=lambda item: sum(abs(e) for e in item[1]))
    return Witness(
        point=tuple(point.items()),
        entry=(places[i], places[j]),
        value=str(next(e for e in worst if e != 0)),
        meaning=f"J [V_{places[i] + 1}, V_{places[j] + 1}] there, for which the equations "
        "J [V_i, V_j] = a_i M e_j - a_j M e_i have no solution a: the number",
    )
