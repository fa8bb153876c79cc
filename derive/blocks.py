"""A model as a direct sum of connected models.

Coordinates that share no parameter (and no restriction, and no entry of the parameter metric) do not
interact: their gradient fields commute and rho is block diagonal.  Each connected block is a model of
its own, and equal blocks (equal up to the names of parameters) are derived once.  A diagonal network
of dimension 1000 is one block of dimension one, a thousand times.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sympy import Expr, ImmutableDenseMatrix, Symbol

from derive.model import Model

T = TypeVar("T")
Template = tuple[
    tuple[Expr, ...], tuple[Expr, ...] | None, tuple[Expr, ...], ImmutableDenseMatrix | None, tuple[Expr, ...]
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A connected model and the places of its coordinates in the whole."""

    model: Model
    places: tuple[int, ...]


def blocks(model: Model) -> tuple[Block, ...]:
    """The connected blocks, ordered by their first coordinate."""
    groups = _components(model)
    group_of = {p: g for g, parameters in enumerate(groups) for p in parameters}
    places: list[list[int]] = [[] for _ in groups]
    for i, f in enumerate(model.predictor):
        for g in {group_of[s] for s in f.free_symbols if s in group_of}:
            places[g].append(i)
    index = {p: i for i, p in enumerate(model.parameters)}
    result = [
        Block(model=_part(model, index, parameters, tuple(at)), places=tuple(at))
        for parameters, at in zip(groups, places, strict=True)
        if at
    ]
    return tuple(sorted(result, key=lambda b: b.places))


def idle_parameters(model: Model) -> tuple[Symbol, ...]:
    """Parameters that no coordinate depends on: each is a conserved quantity of its own."""
    moved = set().union(*(f.free_symbols for f in model.predictor))
    used = {p for group in _components(model) if moved & set(group) for p in group}
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
        tuple(k.xreplace(names) for k in m.kinks),
    )


def once(parts: Sequence[Block], work: Callable[[Block], T]) -> dict[Template, T]:
    """`work` for one block of every template."""
    found: dict[Template, T] = {}
    for block in parts:
        key = template(block)
        if key not in found:
            found[key] = work(block)
    return found


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

    index = {p: i for i, p in enumerate(model.parameters)}
    for expression in (*model.predictor, *model.restrict, *model.kinks):
        join(sorted((s for s in expression.free_symbols if s in index), key=index.__getitem__))
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


def _part(model: Model, index: Mapping[Symbol, int], parameters: tuple[Symbol, ...], places: tuple[int, ...]) -> Model:
    chosen = [index[p] for p in parameters]
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
        kinks=tuple(k for k in model.kinks if k.free_symbols & set(parameters)),
    )
