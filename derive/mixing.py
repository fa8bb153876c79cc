"""A model that falls apart in other linear coordinates, block by block: the model in these coordinates.

`derive.metric.mixture` finds gamma = L beta and parameters w = B z in which a connected model is a direct sum.  The
pipeline runs on that model; where it proves a Hessian map, its answers are carried back (`derive.carried`), else the
model is decided as it is, and the structure alone is reported.
"""

from collections.abc import Sequence
from dataclasses import replace

from sympy import Expr, ImmutableDenseMatrix, Integer, Symbol

from derive.blocks import Block, Template, template
from derive.connected import renamed
from derive.fields.dynamics import InducedDynamics
from derive.metric.mixture import Mixture, combined, mixture
from derive.model import Model
from derive.names import numbered


def unmixed(model: Model, parts: Sequence[tuple[Block, InducedDynamics]]) -> Mixture | None:
    """Coordinates of the whole model, those of each block that falls apart; None where none does."""
    known: dict[Template, Mixture | None] = {}
    found: list[tuple[Block, Mixture]] = []
    for block, dynamics in parts:
        key = template(block)
        if key not in known:
            known[key] = mixture(dynamics)
        first = known[key]
        if first is not None:
            names = dict(zip(dynamics.model.parameters, block.model.parameters, strict=True))
            found.append((block, renamed(first, names)))
    return _joined(model, _numbered(model, found)) if found else None


def _numbered(model: Model, parts: Sequence[tuple[Block, Mixture]]) -> list[tuple[Block, Mixture]]:
    """New parameters of different blocks get different names."""
    fresh = [[z for z, _ in m.parameters if z not in set(model.parameters)] for _, m in parts]
    names = iter(numbered("z", sum(map(len, fresh)), (*model.symbols, *model.coordinates)))
    return [(b, renamed(m, {z: next(names) for z in own})) for (b, m), own in zip(parts, fresh, strict=True)]


def _joined(model: Model, parts: Sequence[tuple[Block, Mixture]]) -> Mixture:
    """The direct sum; coordinates and parameters of blocks that stay, stay."""
    forms: list[tuple[tuple[int, Expr], ...]] = [((i, Integer(1)),) for i in range(len(model.predictor))]
    inverse, predictor = list(forms), list(model.predictor)
    position = {w: n for n, w in enumerate(model.parameters)}
    parameters: list[tuple[Symbol, Expr]] = [(w, w) for w in model.parameters]
    images = list(parameters)
    for block, m in parts:
        for k, place in enumerate(block.places):
            forms[place] = tuple((block.places[j], c) for j, c in m.forms[k])
            inverse[place] = tuple((block.places[j], c) for j, c in m.inverse[k])
            predictor[place] = m.model.predictor[k]
        for w, own, image in zip(block.model.parameters, m.parameters, m.images, strict=True):
            parameters[position[w]], images[position[w]] = own, image
    back = dict(images)
    start = model.start_map()
    own = replace(
        model,
        parameters=tuple(z for z, _ in parameters),
        predictor=tuple(predictor),
        start=tuple(e.xreplace(start).expand() for _, e in parameters) if start else None,
        restrict=tuple(r.xreplace(back).expand() for r in model.restrict),
        parameter_metric=_metric(model, [m.model for _, m in parts], [z for z, _ in parameters]),
    )
    return Mixture(
        forms=tuple(forms), inverse=tuple(inverse), parameters=tuple(parameters), images=tuple(images), model=own
    )


def _metric(model: Model, changed: Sequence[Model], names: Sequence[Symbol]) -> ImmutableDenseMatrix | None:
    """The metric on the new parameters: that of the changed blocks, and what there was of the others."""
    given, places = model.parameter_metric, {z: n for n, z in enumerate(names)}
    if given is None and all(m.parameter_metric is None for m in changed):
        return None
    rows = (ImmutableDenseMatrix.eye(len(names)) if given is None else given).tolist()
    for m in changed:
        inner = m.parameter_metric or ImmutableDenseMatrix.eye(len(m.parameters))
        for i, z in enumerate(m.parameters):
            for j, y in enumerate(m.parameters):
                rows[places[z]][places[y]] = inner[i, j]
    return ImmutableDenseMatrix(rows)


def coordinates_of(m: Mixture, model: Model) -> tuple[Expr, ...]:
    """gamma = L beta."""
    return tuple(combined(row, model.coordinates) for row in m.forms)
