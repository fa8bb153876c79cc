"""The direct sum of connected results.

Fields of different blocks commute, so laws, closure, commuting and the Hessian condition hold for the
sum iff they hold for every block, and Q is the sum of the blocks' potentials.  A warp is different: for
i and j in different blocks the warp equations read 0 = a_i M e_j - a_j M e_i with M e_i, M e_j
independent, so a = 0.  A sum of two or more blocks therefore has a scalar warp iff it is a Hessian map
already, and then g = 1.
"""

from collections.abc import Sequence
from dataclasses import replace

from sympy import Integer, Symbol

from derive.blocks import Block, idle_parameters
from derive.branch.elimination import Elimination
from derive.connected import Connected
from derive.laws.conservation import ConservationLaws
from derive.metric.closure import Closure
from derive.metric.warp import Warp
from derive.model import Model
from derive.names import numbered
from derive.placing import block_diagonal, placed_result, with_whole_witnesses
from derive.potentials.potential import Potential
from derive.potentials.sums import potential_sum
from derive.verdict import Status, Verdict, conjunction, proved, refuted, unknown

# blocks that are named in a sentence
SHOWN = 4


def assemble(model: Model, parts: Sequence[tuple[Block, Connected]]) -> Connected:
    """One result for the whole model; a single block that uses every parameter is passed through."""
    constants = iter(numbered("c", sum(len(r.elimination.constants) for _, r in parts), model.symbols))
    unknowns = iter(numbered("zeta", sum(len(r.elimination.roots) for _, r in parts), model.symbols))
    duals = numbered("s", len(model.predictor), model.symbols)
    placed = [
        with_whole_witnesses(model, block, placed_result(block, result, constants, unknowns, duals))
        for block, result in parts
    ]
    idle = idle_parameters(model)
    first = placed[0]
    if len(placed) == 1 and not idle:
        return replace(first, model=model)
    hessian = conjunction([p.hessian for p in placed])
    elimination = _sum_elimination(model, parts, placed)
    apart = _apart(parts, placed)
    return Connected(
        model=model,
        laws=_sum_laws(model, placed, idle),
        closure=Closure(verdict=conjunction([p.closure.verdict for p in placed])),
        commuting=conjunction([p.commuting for p in placed]),
        hessian=hessian,
        warp=first.warp if len(placed) == 1 else _sum_warp(len(model.predictor), hessian, apart),
        inverse_metric=block_diagonal(
            len(model.predictor), [(b.places, p.inverse_metric) for (b, _), p in zip(parts, placed, strict=True)]
        ),
        elimination=elimination,
        potential=first.potential if len(placed) == 1 else _sum_potential(model, placed, hessian, apart),
        subspace=tuple(item for p in placed for item in p.subspace),
        confined=conjunction(turned) if (turned := [p.confined for p in placed if p.confined is not None]) else None,
    )


def _sum_laws(model: Model, placed: Sequence[Connected], idle: Sequence[Symbol]) -> ConservationLaws:
    verdict = conjunction([p.laws.verdict for p in placed])
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
        quadratures=tuple(law for p in placed for law in p.laws.quadratures),
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


def _sum_elimination(
    model: Model, parts: Sequence[tuple[Block, Connected]], placed: Sequence[Connected]
) -> Elimination:
    matrices = [
        (b.places, m)
        for (b, _), p in zip(parts, placed, strict=True)
        if (m := p.elimination.inverse_metric or p.elimination.rooted) is not None
    ]
    roots = tuple(root for p in placed for root in p.elimination.roots)
    whole = block_diagonal(len(model.predictor), matrices) if len(matrices) == len(placed) else None
    return Elimination(
        verdict=conjunction([p.elimination.verdict for p in placed]),
        constants=tuple(c for p in placed for c in p.elimination.constants),
        inverse_metric=None if roots else whole,
        roots=() if whole is None else roots,
        rooted=whole if roots else None,
        parameters=tuple(item for p in placed for item in p.elimination.parameters),
        branch=tuple(item for p in placed for item in p.elimination.branch),
    )


def _sum_potential(model: Model, placed: Sequence[Connected], hessian: Verdict, apart: str) -> Potential:
    """Q = sum of Q_block where every block is a Hessian map; refused otherwise (see `_sum_warp`)."""
    betas = model.coordinates
    duals = numbered("s", len(betas), model.symbols)
    if hessian.is_proved:
        return potential_sum([p.potential for p in placed], betas, duals)
    warp = _sum_warp(len(betas), hessian, apart)
    verdict = refuted(warp.verdict.reason, hessian.witness) if hessian.is_refuted else warp.verdict
    return Potential(verdict=verdict, form="none", variables=betas, dual_variables=duals, reason=verdict.reason)
