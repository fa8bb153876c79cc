"""The direct sum of connected results.

Fields of different blocks commute, so laws, closure, commuting and the Hessian condition hold for the
sum iff they hold for every block, and Q is the sum of the blocks' potentials.  A warp is different: for
i and j in different blocks the warp equations read 0 = a_i M e_j - a_j M e_i with M e_i, M e_j
independent, so a = 0.  A sum of two or more blocks therefore has a scalar warp iff it is a Hessian map
already, and then g = 1.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from sympy import Add, Expr, Integer, Symbol

from derive.blocks import Block, idle_parameters
from derive.branch.elimination import Elimination
from derive.connected import Connected
from derive.exact.points import sample_points
from derive.laws.conservation import ConservationLaws
from derive.metric.closure import Closure
from derive.metric.warp import Warp
from derive.model import Model
from derive.names import numbered
from derive.potentials.parametric import Parametric
from derive.potentials.potential import FORMS, Potential
from derive.potentials.routes import Routes
from derive.potentials.validity import merged
from derive.verdict import Status, Verdict, Witness, proved, refuted, unknown

T = TypeVar("T")
SHOWN = 4
Rows = tuple[tuple[Expr, ...], ...]


def assemble(model: Model, parts: Sequence[tuple[Block, Connected]]) -> Connected:
    """One result for the whole model; a single block that uses every parameter is passed through."""
    constants = iter(numbered("c", sum(len(r.elimination.constants) for _, r in parts), model.symbols))
    duals = numbered("s", len(model.predictor), model.symbols)
    placed = [_witnessed(model, block, _placed(block, result, constants, duals)) for block, result in parts]
    idle = idle_parameters(model)
    first = placed[0]
    if len(placed) == 1 and not idle:
        return replace(first, model=model)
    hessian = _conjunction([p.hessian for p in placed])
    elimination = _sum_elimination(model, parts, placed)
    apart = _apart(parts, placed)
    return Connected(
        model=model,
        laws=_sum_laws(model, placed, idle),
        closure=Closure(verdict=_conjunction([p.closure.verdict for p in placed])),
        commuting=_conjunction([p.commuting for p in placed]),
        hessian=hessian,
        warp=first.warp if len(placed) == 1 else _sum_warp(len(model.predictor), hessian, apart),
        inverse_metric=block_diagonal(
            len(model.predictor), [(b.places, p.inverse_metric) for (b, _), p in zip(parts, placed, strict=True)]
        ),
        elimination=elimination,
        potential=first.potential if len(placed) == 1 else _sum_potential(model, placed, hessian, apart),
        subspace=tuple(item for p in placed for item in p.subspace),
        confined=_conjunction(turned) if (turned := [p.confined for p in placed if p.confined is not None]) else None,
    )


def _placed(block: Block, result: Connected, constants: Iterator[Symbol], duals: Sequence[Symbol]) -> Connected:
    """The template's result under the block's own names, with the next of the whole model's constants."""
    names = dict(zip(result.model.parameters, block.model.parameters, strict=True))
    names |= {
        Symbol(f"beta{i + 1}", real=True): Symbol(f"beta{place + 1}", real=True) for i, place in enumerate(block.places)
    }
    names |= {c: next(constants) for c, _ in result.elimination.constants}
    names |= dict(zip(result.potential.dual_variables, (duals[place] for place in block.places), strict=True))
    return result.renamed(names)


def _witnessed(model: Model, block: Block, result: Connected) -> Connected:
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


def _conjunction(verdicts: Sequence[Verdict]) -> Verdict:
    for verdict in verdicts:
        if verdict.is_refuted:
            return verdict
    for verdict in verdicts:
        if not verdict.is_proved:
            return verdict
    if len(verdicts) == 1:
        return verdicts[0]
    return proved(f"{len(verdicts)} independent blocks; for each: {verdicts[0].reason}")


def _sum_laws(model: Model, placed: Sequence[Connected], idle: Sequence[Symbol]) -> ConservationLaws:
    verdict = _conjunction([p.laws.verdict for p in placed])
    if any(r.free_symbols & set(idle) for r in model.restrict):
        verdict = unknown("a restriction couples parameters that no coordinate depends on: they were not counted")
    laws = tuple(law for p in placed for law in p.laws.laws) + tuple(idle)
    counts = [p.laws.count for p in placed]
    total = None if any(c is None for c in counts) else sum(c for c in counts if c is not None) + len(idle)
    return ConservationLaws(
        verdict=verdict,
        laws=laws,
        count=None if verdict.status is Status.UNKNOWN else total,
        tangent=(),
        upper_bound=sum(p.laws.upper_bound for p in placed) + len(idle),
        dependent=tuple(law for p in placed for law in p.laws.dependent),
    )


def _apart(parts: Sequence[tuple[Block, Connected]], placed: Sequence[Connected]) -> str:
    """In words: which blocks have a regularizer of their own, as they are or in a time of their own."""
    words = []
    for ask, what in (
        (True, "a mirror flow by itself"),
        (False, "a mirror flow by itself after a time warp of its own"),
    ):
        blocks = [
            "(" + ", ".join(f"beta{i + 1}" for i in b.places) + ")"
            for (b, _), p in zip(parts, placed, strict=True)
            if (p.hessian.is_proved if ask else p.warp.verdict.is_proved and not p.hessian.is_proved)
        ]
        if blocks:
            words.append(f"{what}: {', '.join(blocks[:SHOWN])}{', ...' if len(blocks) > SHOWN else ''}")
    return "; ".join(words)


def _sum_warp(d: int, hessian: Verdict, apart: str = "") -> Warp:
    if hessian.is_proved:
        return Warp(
            verdict=proved("the metric is a Hessian map as it is: g = 1"),
            factor=Integer(1),
            signed=Integer(1),
            log_gradient=(Integer(0),) * d,
        )
    if hessian.is_refuted:
        return Warp(
            verdict=refuted(
                "independent blocks admit no warp but a constant, and one block is not a Hessian map: "
                + hessian.reason
                + (f"; {apart}" if apart else ""),
                hessian.witness,
            )
        )
    return Warp(verdict=unknown(hessian.reason))


def block_diagonal(d: int, parts: Iterable[tuple[tuple[int, ...], Rows]]) -> Rows:
    """The matrix of a direct sum, its blocks at their places."""
    rows: list[list[Expr]] = [[Integer(0)] * d for _ in range(d)]
    for places, matrix in parts:
        for i, row in zip(places, matrix, strict=True):
            for j, entry in zip(places, row, strict=True):
                rows[i][j] = entry
    return tuple(map(tuple, rows))


def _sum_elimination(
    model: Model, parts: Sequence[tuple[Block, Connected]], placed: Sequence[Connected]
) -> Elimination:
    matrices = [
        (b.places, p.elimination.inverse_metric)
        for (b, _), p in zip(parts, placed, strict=True)
        if p.elimination.inverse_metric is not None
    ]
    return Elimination(
        verdict=_conjunction([p.elimination.verdict for p in placed]),
        constants=tuple(c for p in placed for c in p.elimination.constants),
        inverse_metric=block_diagonal(len(model.predictor), matrices) if len(matrices) == len(placed) else None,
        parameters=tuple(item for p in placed for item in p.elimination.parameters),
        branch=tuple(item for p in placed for item in p.elimination.branch),
    )


def _sum_potential(model: Model, placed: Sequence[Connected], hessian: Verdict, apart: str) -> Potential:
    """Q = sum of Q_block where every block is a Hessian map; refused otherwise (see `_sum_warp`)."""
    all_of = [p.potential for p in placed]
    betas = model.coordinates
    duals = numbered("s", len(betas), model.symbols)
    warp = _sum_warp(len(betas), hessian, apart)
    if not hessian.is_proved:
        verdict = refuted(warp.verdict.reason, hessian.witness) if hessian.is_refuted else warp.verdict
        return Potential(verdict=verdict, form="none", variables=betas, dual_variables=duals, reason=verdict.reason)
    return Potential(
        verdict=_conjunction([q.verdict for q in all_of]),
        form=max((q.form for q in all_of), key=FORMS.index),
        variables=betas,
        dual_variables=duals,
        value=_total([q.value for q in all_of]),
        gradient=_placed_entries([(q.variables, q.gradient) for q in all_of], betas),
        parametric=_sum_parametric(all_of, betas),
        dual_value=_total([q.dual_value for q in all_of]),
        dual_gradient=_placed_entries([(q.variables, q.dual_gradient) for q in all_of], betas),
        dual_domain=_placed_entries([(q.variables, q.dual_domain) for q in all_of], betas),
        reason=next((q.reason for q in all_of if q.reason), None),
        normalised=all(q.normalised for q in all_of),
        routes=_sum_routes(all_of),
        validity=merged([(q.validity, q.variables) for q in all_of], betas),
    )


def _sum_routes(all_of: Sequence[Potential]) -> Routes | None:
    """The comparison of the first block, with the weakest verdict of all."""
    found = [q.routes for q in all_of if q.routes is not None]
    if len(found) < len(all_of):
        return None
    return Routes(compared=found[0].compared, verdict=_conjunction([r.verdict for r in found]))


def _total(values: Sequence[Expr | None]) -> Expr | None:
    present = [v for v in values if v is not None]
    return Add(*present) if len(present) == len(values) else None


def _placed_entries(
    parts: Sequence[tuple[Sequence[Symbol], Sequence[T] | None]], betas: Sequence[Symbol]
) -> tuple[T, ...] | None:
    """The blocks' entries in the order of the coordinates; None where a block has none."""
    table: dict[Symbol, T] = {}
    for variables, entries in parts:
        if entries is None:
            return None
        table |= dict(zip(variables, entries, strict=True))
    return tuple(table[b] for b in betas)


def _sum_parametric(all_of: Sequence[Potential], betas: Sequence[Symbol]) -> Parametric | None:
    found = [q.parametric for q in all_of]
    gradient = _placed_entries([(q.variables, q.parametric.gradient if q.parametric else None) for q in all_of], betas)
    if gradient is None:
        return None
    return Parametric(gradient=gradient, value=_total([p.value if p else None for p in found]))
