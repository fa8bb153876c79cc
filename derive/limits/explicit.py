"""Stage 8b, the explicit counterpart of Q: `R(beta) = min |w - w0|^2` over `F(w) = beta`.

R is what a user would minimise who adds the distance from the start to the loss (Woodworth et al. 2020, section 5).
The squared distance is a sum over parameters, so R is the sum over blocks of coordinates that share none.  A block of
one coordinate is treated by `derive.limits.single`, one of several by the first of four mechanisms that applies:

    derive.limits.single        coordinates on orthogonal subspaces: one after the other
    derive.limits.parallel      F = s w: one coordinate is left
    derive.limits.gram          U U^T: a closed form
    derive.limits.multipliers   quadratic coordinates: the Lagrange function is convex

Two limits need little of that (the start is lambda times a fixed one, F homogeneous of degree D in the second):

* lambda -> 0: sqrt(R) -> sqrt(R_0) with R_0(beta) = min |w|^2 over F(w) = beta (`derive.limits.vanishing`);
* lambda -> oo at fixed beta - beta(0): R ~ (beta - beta(0)).K_0^-1 (beta - beta(0)), the kernel regime, by the implicit
  function theorem at the start and R_{lambda}(beta) = lambda^2 R_1(beta/lambda^D).

Whether R is a multiple of Q is decided exactly where both are known (`derive.limits.versus`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sympy import Add, Expr, Integer, Symbol

from derive.blocks import Block, Template, blocks, template
from derive.connected import Connected
from derive.limits.branches import Branch
from derive.limits.gram import on_gram
from derive.limits.kernel import quadratic_at_start
from derive.limits.multipliers import MAX_COORDINATES, by_multipliers
from derive.limits.nearest import BETA, MULTIPLIER, VALUE, Curve, Interval, Nearest
from derive.limits.parallel import along_a_line
from derive.limits.regimes import Regime
from derive.limits.scaling import common_degree, scaled_constants
from derive.limits.single import apart, nearest
from derive.limits.vanishing import Vanishing, vanishing
from derive.limits.versus import Known, versus
from derive.model import Model
from derive.scope import EVERY, THIS
from derive.verdict import Verdict, proved, unknown

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explicit:
    """R, the sum of one function a block.

    Where every block is one coordinate, `equations`: P_i(R_i, beta_i) = 0, in `symbols` and the coordinates, on the
    branch where R_i vanishes at beta(0), proved on `domain` (None where only `curves` are known).
    `curves`: (coordinate, curve) in `multiplier`; `branches`: (coordinates, branch) of blocks of several coordinates.
    `value` is R where all blocks are closed, for beta in `domain` and where all of `where` are >= 0.
    `limits` as for Q; `same` says whether R is a multiple of Q; `scope` for which dimensions this holds.
    """

    verdict: Verdict
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
    limits = _limits(model, parts, whole)
    if model.start is None:
        return Explicit(verdict=unknown("no start is given: there is no distance to measure"), limits=limits)
    stem = str(_fresh(model, "mu"))
    multipliers = [_fresh(model, f"{stem}{i + 1}") for i in range(min(MAX_COORDINATES, len(model.predictor)))]
    known = _once(parts, lambda block: _part(block.model, multipliers))
    found = [known[template(block)] for block in parts]
    missing = next((b for b, n in zip(parts, found, strict=True) if n.reason is None), None)
    if missing is not None:
        return Explicit(verdict=unknown(_why_not(missing)), limits=limits)
    return _assembled(model, parts, found, limits, whole, _fresh(model, "mu"))


def _why_not(block: Block) -> str:
    if len(block.places) > 1:
        return (
            "coordinates share parameters, and are neither s w with a monomial s, nor a narrow U U^T, nor at most six "
            "quadratic ones in at most twelve parameters"
        )
    return (
        "no elimination: the predictor is not quadratic in at most twelve parameters, a monomial, one-to-one in one "
        "parameter, nor homogeneous of degree five or less in two parameters, from a start of one scale"
    )


def _fresh(model: Model, name: str) -> Symbol:
    """A symbol that the model does not use."""
    used = {str(s) for s in (*model.parameters, *model.constants)}
    while name in used:
        name += "_"
    return Symbol(name, real=True)


def _once(parts: Sequence[Block], work: Callable[[Block], T]) -> dict[Template, T]:
    """`work` for one block of every template."""
    found: dict[Template, T] = {}
    for block in parts:
        key = template(block)
        if key not in found:
            found[key] = work(block)
    return found


def _part(part: Model, multipliers: Sequence[Symbol]) -> _Part:
    assert part.start is not None
    if len(part.predictor) == 1:
        found = nearest(part.predictor[0], part.parameters, part.start)
        if found is not None:
            return _Part(singles=(found,), every=True)
        return _Part(branches=by_multipliers(part, multipliers[:1]), every=True)
    if (singles := apart(part)) != ():
        return _Part(singles=singles)
    for branches in (along_a_line(part), on_gram(part)):
        if branches:
            return _Part(branches=branches, every=True)
    return _Part(branches=by_multipliers(part, multipliers[: len(part.predictor)]))


def _assembled(
    model: Model,
    parts: Sequence[Block],
    found: Sequence[_Part],
    limits: tuple[Regime, ...],
    whole: Connected,
    multiplier: Symbol,
) -> Explicit:
    betas = model.coordinates
    symbols = tuple(Symbol(f"R{i + 1}" if len(betas) > 1 else "R", real=True) for i in range(len(betas)))
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
    intervals = [n.domain for _, n in singles if n.domain is not None]
    alone = len(singles) == len(betas)
    one = found[0]
    return Explicit(
        verdict=proved("; for others: ".join(dict.fromkeys(str(n.reason) for n in found))),
        symbols=symbols if alone and len(equations) == len(betas) else (),
        equations=tuple(equations) if alone and len(equations) == len(betas) else None,
        domain=tuple(intervals) if alone and len(intervals) == len(betas) else None,
        multiplier=multiplier if curves else None,
        curves=tuple(curves),
        branches=tuple(branches),
        value=total,
        where=() if total is None else tuple(c for _, b in branches for c in b.where or ()),
        limits=limits,
        same=versus(Known(one.singles[0] if one.singles else None, one.branches, parts[0].places, total), whole, model),
        scope=EVERY if all(n.every for n in found) else THIS,
    )


def _named(curve: Curve, multiplier: Symbol) -> Curve:
    names = {MULTIPLIER: multiplier}
    return replace(curve, beta=curve.beta.xreplace(names), value=curve.value.xreplace(names))


def _names(known: Block, block: Block, betas: Sequence[Symbol]) -> Mapping[Symbol, Symbol]:
    """From the block that was worked out to an equal one."""
    names = dict(zip(known.model.parameters, block.model.parameters, strict=True))
    return names | {b: betas[i] for b, i in zip(known.model.coordinates, block.places, strict=True)}


# -- limits -------------------------------------------------------------------------------------------


def _limits(model: Model, parts: Sequence[Block], whole: Connected) -> tuple[Regime, ...]:
    free: set[Symbol] = set().union(*(v.free_symbols for v in model.start or ())) if model.start else set()
    constants = next((c for c, _ in scaled_constants(model) if set(c) == free), ())
    kernel = None if model.start is None else _kernel(model, parts, whole)
    found = [] if kernel is None else [kernel]
    degrees = set(_once(parts, lambda block: common_degree(block.model.predictor, block.model.parameters)).values())
    degree = degrees.pop() if len(degrees) == 1 else None
    if kernel is not None and constants and degree is not None and degree > 0:
        found.append(replace(kernel, limit=f"{_together(constants)} -> oo"))
    return (*found, *_small(model, parts, f"{_together(constants)} -> 0" if constants else "w(0) -> 0"))


def _kernel(model: Model, parts: Sequence[Block], whole: Connected) -> Regime | None:
    quadratic = quadratic_at_start(model, parts, replace(whole, warp=replace(whole.warp, factor=Integer(1))))
    if quadratic is None:
        return None
    return Regime(
        limit="beta -> beta(0)",
        equivalent=(2 * quadratic.value).expand() if quadratic.order == 0 else 2 * quadratic.value,
        norm=quadratic.norm,
        reason="the implicit function theorem at the start: R = (beta - beta(0))^T M_0^-1 (beta - beta(0)) + ...",
    )


def _together(constants: Sequence[Symbol]) -> str:
    return ", ".join(map(str, constants)) + (" (ratios fixed)" if len(constants) > 1 else "")


def _small(model: Model, parts: Sequence[Block], limit: str) -> list[Regime]:
    known = _once(parts, lambda block: vanishing(block.model))
    found = [(block, known[template(block)]) for block in parts]
    pieces = [(block, n) for block, n in found if n is not None]
    if len(pieces) < len(parts):
        return []
    terms = [n.value.xreplace(dict(_places(block, model.coordinates))) for block, n in pieces]
    return [
        Regime(
            limit=limit,
            equivalent=Add(*terms),
            norm=_norm([n for _, n in pieces]),
            remainder="relative order |w0|/sqrt(R)",
            reason="distances from the start and from 0 differ by at most |w0|",
        )
    ]


def _places(block: Block, betas: Sequence[Symbol]) -> list[tuple[Symbol, Symbol]]:
    return [(b, betas[i]) for b, i in zip(block.model.coordinates, block.places, strict=True)]


def _norm(pieces: Sequence[Vanishing]) -> str | None:
    """The name of a sum: one norm of all coordinates, or of the norms of groups."""
    names, weights = {n.norm for n in pieces}, {n.weights for n in pieces}
    if len(names) != 1:
        return None
    name = names.pop()
    if len(weights) > 1:
        name = f"weighted {name}"
    groups = len(pieces) > 1 and any(b.width > 1 for b in pieces)
    return f"sum over groups of {name}" if groups else name
