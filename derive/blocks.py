"""A model as a direct sum of connected models.

Coordinates that share no parameter (and no restriction, and no entry of the parameter metric) do not
interact: their gradient fields commute and rho is block diagonal.  Each connected block is a model of
its own, and equal blocks (equal up to the names of parameters) are derived once.  A diagonal network
of dimension 1000 is one block of dimension one, a thousand times.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sympy import Expr, ImmutableDenseMatrix, Symbol

from derive.model import Model

Template = tuple[tuple[Expr, ...], tuple[Expr, ...] | None, tuple[Expr, ...], ImmutableDenseMatrix | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A connected model and the places of its coordinates in the whole."""

    model: Model
    places: tuple[int, ...]


def blocks(model: Model) -> tuple[Block, ...]:
    """The connected blocks, ordered by their first coordinate."""
    groups = _components(model)
    result = []
    for parameters in groups:
        places = tuple(i for i, f in enumerate(model.predictor) if f.free_symbols & set(parameters))
        if places:
            result.append(Block(model=_part(model, parameters, places), places=places))
    return tuple(sorted(result, key=lambda b: b.places))


def idle_parameters(model: Model) -> tuple[Symbol, ...]:
    """Parameters that no coordinate depends on: each is a conserved quantity of its own."""
    used = {p for b in blocks(model) for p in b.model.parameters}
    return tuple(p for p in model.parameters if p not in used)


def template(block: Block) -> Template:
    """Equal for blocks that differ in the names of their parameters only."""
    names = {p: Symbol(f"w_{i}", real=True) for i, p in enumerate(block.model.parameters)}
    m = block.model
    return (
        tuple(f.xreplace(names) for f in m.predictor),
        m.start,
        tuple(r.xreplace(names) for r in m.restrict),
        None if m.parameter_metric is None else m.parameter_metric.xreplace(names),
    )


def _components(model: Model) -> list[tuple[Symbol, ...]]:
    parent = {p: p for p in model.parameters}

    def root(p: Symbol) -> Symbol:
        while parent[p] is not p:
            parent[p] = parent[parent[p]]
            p = parent[p]
        return p

    def join(symbols: Sequence[Symbol]) -> None:
        for other in symbols[1:]:
            parent[root(other)] = root(symbols[0])

    for expression in (*model.predictor, *model.restrict):
        join([p for p in model.parameters if p in expression.free_symbols])
    if model.parameter_metric is not None:
        _join_metric(model, join)
    groups: dict[Symbol, list[Symbol]] = {}
    for p in model.parameters:
        groups.setdefault(root(p), []).append(p)
    return [tuple(g) for g in groups.values()]


def _join_metric(model: Model, join: Callable[[Sequence[Symbol]], None]) -> None:
    """Entry (i, j) couples w_i, w_j and every parameter that the entry depends on."""
    metric = model.parameter_metric
    assert metric is not None
    for i, p in enumerate(model.parameters):
        for j, q in enumerate(model.parameters):
            entry: Expr = metric[i, j]
            if not entry.is_zero:
                join([p, q, *sorted(entry.free_symbols & set(model.parameters), key=str)])


def _part(model: Model, parameters: tuple[Symbol, ...], places: tuple[int, ...]) -> Model:
    chosen = [model.parameters.index(p) for p in parameters]
    metric = None
    if model.parameter_metric is not None:
        metric = ImmutableDenseMatrix([[model.parameter_metric[i, j] for j in chosen] for i in chosen])
    return replace(
        model,
        parameters=parameters,
        predictor=tuple(model.predictor[i] for i in places),
        start=None if model.start is None else tuple(model.start[i] for i in chosen),
        restrict=tuple(r for r in model.restrict if r.free_symbols & set(parameters)),
        parameter_metric=metric,
    )
