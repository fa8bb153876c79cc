"""A block's result in the whole model: its names, its places, its witnesses.

Equal blocks are derived once, under the names of a template.  Here the result gets the block's own names, coordinates
and constants; a witness, which is a point of the block's parameters, is completed to a point of the whole parameter
space (the other blocks' parameters do not matter to it), its entries counted there.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sympy import Expr, Integer, Symbol

from derive.blocks import Block
from derive.connected import Connected
from derive.exact.points import sample_points
from derive.model import Model
from derive.verdict import Verdict, Witness

Rows = tuple[tuple[Expr, ...], ...]


def placed_result(
    block: Block,
    result: Connected,
    constants: Iterator[Symbol],
    unknowns: Iterator[Symbol],
    duals: Sequence[Symbol],
) -> Connected:
    """The template's result under the block's own names, with the next of the whole model's constants and roots."""
    names = dict(zip(result.model.parameters, block.model.parameters, strict=True))
    names |= {
        Symbol(f"beta{i + 1}", real=True): Symbol(f"beta{place + 1}", real=True) for i, place in enumerate(block.places)
    }
    names |= {c: next(constants) for c, _ in result.elimination.constants}
    names |= {root.unknown: next(unknowns) for root in result.elimination.roots}
    names |= dict(zip(result.potential.dual_variables, (duals[place] for place in block.places), strict=True))
    return result.renamed(names)


def with_whole_witnesses(model: Model, block: Block, result: Connected) -> Connected:
    """The result with witnesses that are points of the whole parameter space, their entries counted there."""
    if len(block.model.parameters) == len(model.parameters):
        return result

    def whole(verdict: Verdict) -> Verdict:
        return replace(verdict, witness=None if verdict.witness is None else _extended(model, block, verdict.witness))

    return replace(
        result,
        closure=replace(result.closure, verdict=whole(result.closure.verdict)),
        commuting=whole(result.commuting),
        hessian=whole(result.hessian),
        warp=replace(result.warp, verdict=whole(result.warp.verdict)),
        potential=replace(result.potential, verdict=whole(result.potential.verdict)),
        confined=None if result.confined is None else whole(result.confined),
    )


def _extended(model: Model, block: Block, witness: Witness) -> Witness:
    """Any values for the parameters of other blocks: the start's, else random ones.  They do not matter."""
    given = dict(witness.point)
    sample = next(sample_points(model.parameters, model.constants)) | given
    start = {p: v.xreplace(sample) for p, v in model.start_map().items()}
    point = [(p, given.get(p, start.get(p, sample[p]))) for p in model.parameters]
    used = set().union(*(v.free_symbols for v in model.start or ()))
    point += [(c, v) for c, v in sample.items() if c not in model.parameters and (c in given or c in used)]
    along = None
    if witness.direction is not None:
        moved = dict(witness.direction)
        along = tuple((p, moved.get(p, Integer(0))) for p in model.parameters)
    names = ", ".join(f"beta{i + 1}" for i in block.places)
    return replace(
        witness,
        point=tuple(point),
        direction=along,
        entry=None if witness.entry is None else tuple(block.places[i] for i in witness.entry),
        meaning=f"{witness.meaning} (indices within the block {names})",
    )


def block_diagonal(d: int, parts: Iterable[tuple[tuple[int, ...], Rows]]) -> Rows:
    """The matrix of a direct sum, its blocks at their places."""
    rows: list[list[Expr]] = [[Integer(0)] * d for _ in range(d)]
    for places, matrix in parts:
        for i, row in zip(places, matrix, strict=True):
            for j, entry in zip(places, row, strict=True):
                rows[i][j] = entry
    return tuple(map(tuple, rows))
