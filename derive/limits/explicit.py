"""Stage 8b, the explicit counterpart of Q: `R(beta) = min |w - w0|^2` over `F(w) = beta`.

R is what a user would minimise who adds the distance from the start to the loss (Woodworth et al. 2020, section 5).
The squared distance is a sum over parameters, so R is the sum over blocks of coordinates that share none.  A block of
one coordinate is treated by `derive.limits.single`, `heads` (equal units) and `composed` (g(H)), one of several by the
first mechanism that applies:

    derive.limits.single        coordinates on orthogonal subspaces: one after the other
    derive.limits.parallel      F = s w: one coordinate is left
    derive.limits.gram          U U^T: a closed form
    derive.limits.fibre         levels that are affine spaces: a closed form, also for one coordinate
    derive.limits.multipliers   quadratic coordinates: the Lagrange function is convex
    derive.limits.local         any smooth coordinates, near the start

Its limits are known more widely (`derive.limits.explicit_limits`), and so is whether R is a multiple of Q
(`derive.limits.versus`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Add, Expr, Symbol, oo

from derive.blocks import Block, blocks, once, template
from derive.connected import Connected
from derive.limits.branches import Branch
from derive.limits.composed import nearest_composed
from derive.limits.explicit_limits import limits_of
from derive.limits.fibre import on_fibres
from derive.limits.gram import on_gram
from derive.limits.heads import nearest_on_heads
from derive.limits.local import near_start
from derive.limits.multipliers import MAX_COORDINATES, by_multipliers
from derive.limits.nearest import BETA, MULTIPLIER, VALUE, Curve, Interval, Nearest
from derive.limits.parallel import along_a_line
from derive.limits.regimes import Regime
from derive.limits.single import apart, nearest
from derive.limits.versus import Known, versus
from derive.model import Model
from derive.names import fresh, numbered
from derive.scope import EVERY, THIS
from derive.verdict import Verdict, proved, unknown

NAME = Symbol("R", real=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explicit:
    """R, the sum of one function a block.

    Where every block is one coordinate, `equations`: P_i(R_i, beta_i) = 0, in `symbols` and the coordinates, on the
    branch where R_i vanishes at beta(0), proved on `domain` (None where only `curves` are known).
    `curves`: (coordinate, curve) in `multiplier`; `branches`: (coordinates, branch) of blocks of several coordinates.
    `value` is R where all blocks are closed, for beta in `domain` and where all of `where` are >= 0.
    `name` is R.  `limits` as for Q; `same` says whether R is a multiple of Q; `scope` for which dimensions this holds.
    """

    verdict: Verdict
    name: Symbol = NAME
    symbols: tuple[Symbol, ...] = ()
    equations: tuple[Expr, ...] | None = None
    domain: tuple[Interval, ...] | None = None
    multiplier: Symbol | None = None
    curves: tuple[tuple[Symbol, Curve], ...] = ()
    branches: tuple[tuple[tuple[Symbol, ...], Branch], ...] = ()
    value: Expr | None = None
    where: tuple[Expr, ...] = ()
    limits: tuple[Regime, ...] = ()
    same: Verdict | None = None
    scope: str = THIS


@dataclass(frozen=True, slots=True)
class _Part:
    """R for one block, by the mechanism of its size."""

    singles: tuple[Nearest, ...] = ()  # one a coordinate, or none
    branches: tuple[Branch, ...] = ()
    every: bool = False

    @property
    def reason(self) -> str | None:
        return next((n.reason for n in (*self.singles, *self.branches)), None)


def explicit(model: Model, whole: Connected) -> Explicit:
    """R for a model from a start, block by block; unknown with its reason elsewhere, with the limits that are known."""
    if model.parameter_metric is not None or model.is_metric or model.restrict:
        return Explicit(verdict=unknown("distances are Euclidean here: no metric and no restriction on parameters"))
    parts = blocks(model)
    limits = limits_of(model, parts, whole)
    if model.start is None:
        return Explicit(verdict=unknown("no start is given: there is no distance to measure"), limits=limits)
    multipliers = numbered("mu", min(MAX_COORDINATES, len(model.predictor)), taken(model))
    known = once(parts, lambda block: _part(block.model, multipliers))
    found = [known[template(block)] for block in parts]
    missing = next((b for b, n in zip(parts, found, strict=True) if n.reason is None), None)
    if missing is not None:
        same = versus(None, whole, model, parts[0].places)
        return Explicit(verdict=unknown(_why_not(missing)), limits=limits, same=same)
    return _assembled(model, parts, found, limits, whole)


def _why_not(block: Block) -> str:
    shared = ", coordinates share parameters" if len(block.places) > 1 else ""
    return (
        f"the predictor has no form whose nearest points are known in full{shared}, and near the start it is not "
        "bounded: that asks for at most six coordinates in at most twelve parameters, no constants in F, and a start "
        "without constants, or of one scale for a homogeneous F"
    )


def taken(model: Model) -> tuple[Symbol, ...]:
    """The names that the model uses itself."""
    return (*model.parameters, *model.constants)


def _part(part: Model, multipliers: Sequence[Symbol]) -> _Part:
    assert part.start is not None
    if len(part.predictor) == 1:
        given = part.predictor[0], part.parameters, part.start
        found = nearest(*given) or nearest_on_heads(part) or nearest_composed(*given)
        if (found is None or found.closed is None) and (branches := on_fibres(part)):
            return _Part(branches=branches, every=True)
        if found is not None:
            return _Part(singles=(found,), every=True)
        if branches := by_multipliers(part, multipliers[:1]):
            return _Part(branches=branches, every=True)
        return _Part(branches=near_start(part, multipliers[:1]), every=True)
    if (singles := apart(part)) != ():
        return _Part(singles=singles)
    for branches in (along_a_line(part), on_gram(part)):
        if branches:
            return _Part(branches=branches, every=True)
    if branches := on_fibres(part):
        return _Part(branches=branches)
    own = multipliers[: len(part.predictor)]
    return _Part(branches=by_multipliers(part, own) or near_start(part, own))


def _assembled(
    model: Model,
    parts: Sequence[Block],
    found: Sequence[_Part],
    limits: tuple[Regime, ...],
    whole: Connected,
) -> Explicit:
    betas, name, multiplier = model.coordinates, fresh("R", taken(model)), fresh("mu", taken(model))
    symbols = numbered("R", len(betas), taken(model)) if len(betas) > 1 else (name,)
    first = {template(block): block for block in reversed(parts)}
    singles = [pair for b, n in zip(parts, found, strict=True) for pair in zip(b.places, n.singles, strict=False)]
    curves = [(betas[i], _named(c, multiplier)) for i, n in singles for c in n.curves]
    branches = [
        (tuple(betas[i] for i in block.places), branch.renamed(_names(first[template(block)], block, betas)))
        for block, n in zip(parts, found, strict=True)
        for branch in n.branches
    ]
    closed = [n.closed.xreplace({BETA: betas[i]}) for i, n in singles if n.closed is not None]
    closed += [b.value for _, b in branches if not b.unknowns]
    total = Add(*closed) if len(closed) == len(singles) + sum(not n.singles for n in found) else None
    equations = [n.equation.xreplace({VALUE: symbols[i], BETA: betas[i]}) for i, n in singles if n.equation is not None]
    intervals = {i: n.domain for i, n in singles if n.domain is not None}
    domain = tuple(intervals.get(i, (-oo, oo)) for i in range(len(betas)))
    alone = len(singles) == len(betas)
    one = found[0]
    known = Known(one.singles[0] if one.singles else None, one.branches, parts[0].places, total)
    return Explicit(
        verdict=proved("; for others: ".join(dict.fromkeys(str(n.reason) for n in found))),
        name=name,
        symbols=symbols if alone and len(equations) == len(betas) else (),
        equations=tuple(equations) if alone and len(equations) == len(betas) else None,
        domain=None if len(intervals) < len(singles) or not (alone or total is not None) else domain,
        multiplier=multiplier if curves else None,
        curves=tuple(curves),
        branches=tuple(branches),
        value=total,
        where=() if total is None else tuple(c for _, b in branches for c in b.where or ()),
        limits=limits,
        same=versus(known, whole, model, parts[0].places),
        scope=EVERY if all(n.every for n in found) else THIS,
    )


def _named(curve: Curve, multiplier: Symbol) -> Curve:
    names = {MULTIPLIER: multiplier}
    return replace(curve, beta=curve.beta.xreplace(names), value=curve.value.xreplace(names))


def _names(known: Block, block: Block, betas: Sequence[Symbol]) -> Mapping[Symbol, Symbol]:
    """From the block that was worked out to an equal one."""
    names = dict(zip(known.model.parameters, block.model.parameters, strict=True))
    return names | {b: betas[i] for b, i in zip(known.model.coordinates, block.places, strict=True)}
