"""Special leaves: a start whose leaf has fewer dimensions than those around it.

Conserved quantities less their values, h - h(w0), vanish on the leaf; from a balanced start they are singular or
dependent, and their common zeros are a smaller set than their number says.  The leaf is then studied modulo the ideal
of that set, as if `--restrict` had named it.  This is done only where it settles the dimension of the leaf: the rank of
the fields at the start meets the dimension of the set, less the laws that are left on it.

Affine functions that stay constant (equal layers, a neuron that is a multiple of another) are no concern here: the
model was reduced to the subspace where they do (`derive.fields.hull`).
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from flint import fmpq
from sympy import Expr

from derive.exact.points import Point, Undefined, rational_value, sample_points
from derive.exact.signs import is_defined
from derive.fields.dynamics import Vector, induced_dynamics, rank_of_values
from derive.fields.leaf import Leaf, setting
from derive.laws.conservation import ConservationLaws, conservation_laws
from derive.model import Model

MAX_PARAMETERS, SAMPLES = 12, 3


def special_leaf(leaf: Leaf, laws: ConservationLaws) -> tuple[Leaf, ConservationLaws]:
    """The setting and the laws of the start's own leaf where it is a special one that was understood; else as given."""
    model = leaf.dynamics.model
    if leaf.start is None or model.restrict or not laws.tangent or len(model.parameters) > MAX_PARAMETERS:
        return leaf, laws
    rank = _rank_at_start(laws.tangent, model)
    if rank is None or rank == len(laws.tangent):
        return leaf, laws
    equations = _level_set(leaf, laws.laws)
    if not equations:
        return leaf, laws
    own = setting(induced_dynamics(replace(model, restrict=tuple(equations))))
    found = conservation_laws(own)
    settled = found.verdict.is_proved and _rank_at_start(found.tangent, model) == len(found.tangent)
    return (own, found) if settled else (leaf, laws)


def described(leaf: Leaf) -> str:
    """In words: which invariant set the leaf of the start was studied on."""
    return "on the leaf of the start, where " + " = ".join(map(str, leaf.dynamics.model.restrict)) + " = 0"


def _rank_at_start(vectors: Sequence[Vector], model: Model) -> int | None:
    """The rank at the start, for several values of its constants, lest one of them be special; None where it varies."""
    ranks = set()
    for constants in islice(sample_points((), model.constants), 0, 1 + 10 * SAMPLES if model.constants else 1, 10):
        point = {p: v.xreplace(constants) for p, v in model.start_map().items()} | constants
        ranks.add(_exact_rank(vectors, point))
    return ranks.pop() if len(ranks) == 1 else None


def _exact_rank(vectors: Sequence[Vector], point: Point) -> int | None:
    """The rank at a point where everything is rational; None elsewhere."""
    try:
        rows: list[list[fmpq]] = [[rational_value(e, point) for e in v] for v in vectors]
    except Undefined:
        return None
    return rank_of_values(rows)


def _level_set(leaf: Leaf, laws: Sequence[Expr]) -> list[Expr]:
    """Numerators of h - h(w0), for laws that are rational."""
    model = leaf.dynamics.model
    symbols = (*model.parameters, *model.constants)
    found = []
    for law in laws:
        there = law.xreplace(model.start_map())
        if is_defined(there) and law.is_rational_function(*symbols) and there.is_rational_function(*symbols):
            found.append((law - there).together().as_numer_denom()[0].expand())
    return [e for n, e in enumerate(found) if not e.is_zero and not any(_are_multiples(e, f) for f in found[:n])]


def _are_multiples(e: Expr, f: Expr) -> bool:
    return not f.is_zero and bool((e / f).cancel().is_Rational)
