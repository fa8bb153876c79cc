"""Equal units: a predictor that is a sum of k copies of one, in parameters of their own, from the same start.

Equal units stay equal under gradient flow, and each follows the gradient of its own term.  With F = sum_j f(w_j), the
unit moves by V_f(w) ds where the whole moves by ds, so that grad Q_k(beta) = grad Q_1(beta/k) at beta = k f(w), and

    Q_k(beta) = k Q_1(beta/k).

Where Q_1 of scale lambda is lambda^q Q_1(beta/lambda^(hD)) (`derive.limits.scaling`), width k therefore acts through
the scale lambda = k^(1/(hD)) alone, up to a factor: the effective scale of a start alpha is k^(1/(hD)) alpha.  For
k -> oo at fixed beta - beta(0) the argument approaches the start of the unit: the kernel regime (Jacot et al. 2018).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Add, Symbol

from derive.blocks import Block, template
from derive.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The model of one unit, and how many there are."""

    model: Model
    count: int


def units(model: Model) -> Units | None:
    """The equal units of a connected model; None where there are not two or more."""
    if model.start is None or model.restrict or model.parameter_metric is not None:
        return None
    groups = _groups(model)
    if len(groups) < 2:
        return None
    parts = [_unit(model, group) for group in groups]
    if any(part is None for part in parts):
        return None
    found = [part for part in parts if part is not None]
    if len({template(Block(model=part, places=())) for part in found}) > 1:
        return None
    return Units(model=found[0], count=len(found))


def _groups(model: Model) -> list[tuple[Symbol, ...]]:
    """Parameters that meet in a term of a coordinate, joined."""
    root = {p: p for p in model.parameters}

    def top(p: Symbol) -> Symbol:
        while root[p] is not p:
            p = root[p]
        return p

    for f in model.predictor:
        for term in Add.make_args(f.expand()):
            met = [p for p in model.parameters if term.has(p)]
            for other in met[1:]:
                root[top(other)] = top(met[0])
    groups: dict[Symbol, list[Symbol]] = {}
    for p in model.parameters:
        groups.setdefault(top(p), []).append(p)
    return [tuple(g) for g in groups.values()]


def _unit(model: Model, group: Sequence[Symbol]) -> Model | None:
    """The terms in the parameters of the group; None where a coordinate has none."""
    terms = [[t for t in Add.make_args(f.expand()) if t.free_symbols & set(group)] for f in model.predictor]
    if any(not own for own in terms):
        return None
    start = model.start_map()
    return replace(
        model,
        parameters=tuple(group),
        predictor=tuple(Add(*own) for own in terms),
        start=tuple(start[p] for p in group),
    )
