"""Products of matrices from balanced starts: beta = W_D ... W_1 with W_(j+1)^T W_(j+1) = W_j W_j^T.

The differences of the two sides are conserved, and where they are zero

    M(B)[G] = sum_j (B B^T)^((D-j)/D) G (B^T B)^((j-1)/D)

(Arora, Cohen, Hazan 2018, theorem 1): a function of B = beta that turns on both sides, so the dynamics close.  In a
singular frame E_ik has the eigenvalue (x^2 - y^2)/(x^(2/D) - y^(2/D)), x the singular value of row i and y that of
column k, 0 beyond the last one.  The symmetric and the antisymmetric part of a pair share it, which a Hessian map
allows to multiples of the flat metric alone.  So for D >= 2 and m, n >= 2 the warp equations have no solution at any
balanced point where B has full rank (docs/derivations/singular.md, theorem 4).  That is shown at an exact point all the
same: the start, or a diagonal one.
"""

from collections.abc import Iterator
from itertools import pairwise

from sympy import Expr, ImmutableDenseMatrix, Integer, Rational, Symbol, log

from derive.everywhere.layered import Layers, layers_of
from derive.everywhere.pointwise import warp_witness
from derive.everywhere.singular import Singular, SingularKernel
from derive.everywhere.two_factors import has_independent_rows
from derive.exact.points import Point
from derive.fields.leaf import Leaf
from derive.model import Model
from derive.verdict import Witness, proved, refuted

MAX_COORDINATES, POINTS = 16, 3


def balanced(leaf: Leaf) -> Singular | None:
    """The theorem, where the start or the restrictions are balanced and B has full rank; None for other models."""
    model = leaf.dynamics.model
    if (model.start is None and not model.restrict) or model.parameter_metric is not None:
        return None
    found = layers_of(model)
    if found is None or min(found.widths) < min(found.shape) or not _is_balanced(leaf, found):
        return None
    witness = next((w for p in _points(leaf, found) if (w := _witness(model, found, p)) is not None), None)
    if witness is None:
        return None
    product = f"W_{found.depth} ... W_1" if found.depth > 2 else "W_2 W_1"
    return Singular(
        rows=found.shape[0],
        columns=found.shape[1],
        kernel=kernel_of_depth(found.depth),
        verdict=refuted(
            f"B = {product} is balanced and has full rank: no function g satisfies the warp equations there",
            witness,
        ),
        sizes=f"{product} of sizes m, n >= 2 and inner sizes >= min(m, n), from balanced starts with beta of full rank",
        closure=proved(
            f"B = {product} is balanced: M takes G to the sum of (B B^T)^((D-j)/D) G (B^T B)^((j-1)/D) over "
            f"j = 1, ..., D, D = {found.depth}, a function of B"
        ),
    )


def kernel_of_depth(depth: int) -> SingularKernel:
    """rho for D layers; q is x^(2/D) D / (4 - 2 D), and (x log x - x)/2 for D = 2."""
    x, y, s = Symbol("x", positive=True), Symbol("y", positive=True), Rational(2, depth)
    across = (x**s - y**s) / (x**2 - y**2) if depth > 2 else 1 / (x + y)
    q = x**s / (s * (s - 1) * depth) if depth > 2 else (x * log(x) - x) / 2
    return SingularKernel(
        x=x, y=y, value=x, diagonal=x ** (s - 2) / depth, plus=across, minus=across, rest=x ** (s - 2), potential=q
    )


def _is_balanced(leaf: Leaf, found: Layers) -> bool:
    """W_(j+1)^T W_(j+1) = W_j W_j^T at the start, and B of full rank there; or modulo the restrictions."""
    model = leaf.dynamics.model
    gaps = _gaps(found)
    if model.start is not None:
        there = model.start_map()
        return all(e.xreplace(there).expand().is_zero for e in gaps) and _has_full_rank(found, there)
    ideal, given = leaf.ideal, set(model.restrict) | {-r for r in model.restrict}
    return all(
        e in given or (ideal is not None and ideal.contains(leaf.dynamics.field.convert(e)))
        for e in (gap.expand() for gap in gaps)
    )


def _gaps(found: Layers) -> list[Expr]:
    """The entries on and above the diagonal of W_(j+1)^T W_(j+1) - W_j W_j^T."""
    gaps = []
    for before, after in pairwise(found.factors):
        w, v = ImmutableDenseMatrix(before), ImmutableDenseMatrix(after)
        gap = v.T * v - w * w.T
        gaps += [gap[i, j] for i in range(gap.rows) for j in range(i, gap.rows)]
    return gaps


def _has_full_rank(found: Layers, point: Point) -> bool:
    """Is a largest minor of B, without its additive constants, certainly not zero?"""
    b = _product(found).xreplace(dict(point)).applyfunc(lambda e: e.expand())
    return has_independent_rows(b if b.rows <= b.cols else b.T)


def _product(found: Layers) -> ImmutableDenseMatrix:
    total = ImmutableDenseMatrix(found.factors[0])
    for w in found.factors[1:]:
        total = ImmutableDenseMatrix(w) * total
    return total


def _points(leaf: Leaf, found: Layers) -> Iterator[Point]:
    """Exact points where the statement can be seen: the start; diagonal layers; points on the restrictions."""
    model = leaf.dynamics.model
    if model.start is not None:
        yield from leaf.points(1)
    flat = _diagonal(found)
    constants = {c: Integer(1) for c in model.constants}
    if model.start is not None or all(r.xreplace(flat | constants).is_zero for r in model.restrict):
        yield flat | constants
    if model.start is None:
        yield from (p for p in leaf.points(POINTS) if _has_full_rank(found, p))


def _diagonal(found: Layers) -> dict[Symbol, Expr]:
    """W_j = diag(l, ..., 2, 1), l = min(m, n): balanced, and B of full rank."""
    size = min(found.shape)
    return {
        p: Integer(size - i if i == j and i < size else 0)
        for w in found.factors
        for i, row in enumerate(w)
        for j, p in enumerate(row)
    }


def _witness(model: Model, found: Layers, point: Point) -> Witness | None:
    """The equations of a 2 x 2 block of B, or of all of it, without a solution at the point."""
    block = sorted(k for row in found.place[:2] for k in row[:2])
    everything = range(len(model.predictor)) if len(model.predictor) <= MAX_COORDINATES else block
    return warp_witness(model, block, point) or warp_witness(model, everything, point)
