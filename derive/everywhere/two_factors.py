"""Two factors on every leaf: beta = U V^T with m, n >= 2 has no warp from any start at which M is invertible.

For the control R = (diag(e_1, ..., e_l) 0), e_i = 1 or -1 and l = min(m, n), the flow U' = R V, V' = R^T U stays on the
leaf of the start and is, with q = e^t, C = (q + 1/q)/2 and S = (q - 1/q)/2,

    u_i -> C u_i + S e_i v_i,     v_i -> C v_i + S e_i u_i     (rows i <= l of U and V; the others stand still).

Divided by q the layers tend to (U, R^T U)/2 with U + R V for U, which is balanced; for some signs it has full rank, and
there the warp equations have no solution (`derive.everywhere.balanced`).  They are homogeneous, and having no solution
is an open condition: it holds on the leaf for large q (docs/derivations/singular.md, theorem 6).  For rational q the
points are rational where the start is, and one of them is the witness.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, islice, product

from sympy import Expr, ImmutableDenseMatrix, Rational, Symbol

from derive.everywhere.layered import Layers, layers_of
from derive.everywhere.pointwise import warp_witness
from derive.everywhere.singular import Singular
from derive.exact.points import Point
from derive.exact.signs import sign_of
from derive.fields.leaf import Leaf
from derive.model import Model
from derive.verdict import refuted

MAX_COORDINATES, MINORS, SIGNS = 16, 100, 16
GROWTH = (2, 5, 100)


def every_leaf(leaf: Leaf) -> Singular | None:
    """The refusal on the leaf of a start, with a point of it as witness; None for other models."""
    model = leaf.dynamics.model
    if model.start is None or model.restrict or model.parameter_metric is not None:
        return None
    found = layers_of(model)
    if found is None or found.depth != 2 or not _is_regular(model, found):
        return None
    block = sorted(k for row in found.place[:2] for k in row[:2])
    everything = range(len(model.predictor)) if len(model.predictor) <= MAX_COORDINATES else block
    start = next(iter(leaf.points(1)))
    for point in (start, *_swept(found, start)):
        witness = warp_witness(model, block, point) or warp_witness(model, everything, point)
        if witness is not None:
            return Singular(
                rows=found.shape[0],
                columns=found.shape[1],
                kernel=None,
                verdict=refuted(
                    "B = W_2 W_1: no function g satisfies the warp equations at a point of the leaf",
                    witness,
                ),
                sizes="W_2 W_1 of sizes m, n >= 2 and any inner size, from every start at which rho^-1 is invertible",
            )
    return None


def _is_regular(model: Model, found: Layers) -> bool:
    """M = U U^T (x) I + I (x) V V^T is invertible iff the rows of U, or those of V, are independent."""
    there = model.start_map()
    u = ImmutableDenseMatrix(found.factors[1]).xreplace(there)
    v = ImmutableDenseMatrix(found.factors[0]).xreplace(there).T
    return any(has_independent_rows(w) for w in (u, v))


def has_independent_rows(w: ImmutableDenseMatrix) -> bool:
    """Is one of the largest minors certainly not zero, for all values of the constants in it?"""
    if w.rows > w.cols:
        return False
    rows, choices = list(range(w.rows)), islice(combinations(range(w.cols), w.rows), MINORS)
    return any(sign_of(w.extract(rows, list(c)).det().expand()) in (1, -1) for c in choices)


def _swept(found: Layers, start: Point) -> Iterator[Point]:
    """Points of the leaf of the start: exp(t S) applied to it, for some signs and some q = e^t."""
    v, u = list(zip(*found.factors[0], strict=True)), found.factors[1]
    size = min(found.shape)
    for q, signs in product(GROWTH, islice(product((1, -1), repeat=size), SIGNS)):
        c, s = (q + Rational(1, q)) / 2, (q - Rational(1, q)) / 2
        moved: dict[Symbol, Expr] = {}
        for i, sign in enumerate(signs):
            moved |= _mixed(u[i], v[i], start, c, sign * s)
        yield dict(start) | moved


def _mixed(u: Sequence[Symbol], v: Sequence[Symbol], start: Point, c: Expr, s: Expr) -> dict[Symbol, Expr]:
    pairs = list(zip(u, v, strict=True))
    first = {p: (c * start[p] + s * start[q]).expand() for p, q in pairs}
    return first | {q: (c * start[q] + s * start[p]).expand() for p, q in pairs}
