"""Limits of R = min |w - w0|^2 over F(w) = beta: near the start, for large starts, and for vanishing ones.

Two limits need little of R itself (the start is lambda times a fixed one, F homogeneous of degree D in the second):

* lambda -> 0: sqrt(R) -> sqrt(R_0) with R_0(beta) = min |w|^2 over F(w) = beta (`derive.limits.vanishing`);
* lambda -> oo at fixed beta - beta(0): R ~ (beta - beta(0)).K_0^-1 (beta - beta(0)), the kernel regime, by the implicit
  function theorem at the start and R_{lambda}(beta) = lambda^2 R_1(beta/lambda^D).
"""

from collections.abc import Sequence
from dataclasses import replace

from sympy import Add, Integer, Symbol

from derive.blocks import Block, once, template
from derive.connected import Connected
from derive.limits.kernel import quadratic_at_start
from derive.limits.regimes import Regime
from derive.limits.scaling import common_degree, scaled_constants
from derive.limits.vanishing import Vanishing, vanishing
from derive.model import Model


def limits_of(model: Model, parts: Sequence[Block], whole: Connected) -> tuple[Regime, ...]:
    free: set[Symbol] = set().union(*(v.free_symbols for v in model.start or ())) if model.start else set()
    constants = next((c for c, _ in scaled_constants(model) if set(c) == free), ())
    kernel = None if model.start is None else _kernel(model, parts, whole)
    found = [] if kernel is None else [kernel]
    degrees = set(once(parts, lambda block: common_degree(block.model.predictor, block.model.parameters)).values())
    degree = degrees.pop() if len(degrees) == 1 else None
    if kernel is not None and constants and degree is not None and degree.is_positive:
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
    known = once(parts, lambda block: vanishing(block.model))
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
