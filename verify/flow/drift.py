"""Conserved quantities along a run: a free error estimate that knows nothing of the integrator."""

from collections.abc import Sequence

from flint import arb
from sympy import Expr

from derive.blocks import Template, blocks, idle_parameters, template
from derive.conservation import conservation_laws
from derive.dynamics import induced_dynamics
from derive.errors import ToolkitError
from derive.leaf import setting
from derive.model import Model
from derive.patience import within
from verify.flow.arithmetic import balls
from verify.flow.tape import compile_tape

PATIENCE = 5.0


def laws_of(model: Model) -> tuple[Expr, ...]:
    """The conserved quantities that `derive` proves, block by block; empty where it takes too long."""
    return within(PATIENCE, lambda: _laws(model), lambda _: ())


def _laws(model: Model) -> tuple[Expr, ...]:
    known: dict[Template, tuple[Model, tuple[Expr, ...]]] = {}
    found: list[Expr] = []
    for block in blocks(model):
        key = template(block)
        if key not in known:
            try:
                known[key] = block.model, conservation_laws(setting(induced_dynamics(block.model))).laws
            except ToolkitError:
                known[key] = block.model, ()
        origin, laws = known[key]
        names = dict(zip(origin.parameters, block.model.parameters, strict=True))
        found += [law.xreplace(names) for law in laws]
    return (*found, *idle_parameters(model))


def drift(model: Model, laws: Sequence[Expr], first: Sequence[arb], last: Sequence[arb], precision: int) -> arb | None:
    """The largest change of a law, relative to its size (absolute below 1); None without laws."""
    if not laws:
        return None
    program = compile_tape(laws, model.parameters).bind(balls(precision))
    before = program(list(first))
    after = program(list(last))
    changes = [abs(b - a).mid() / max(arb(1), abs(a).mid()) for a, b in zip(before, after, strict=True)]
    return max(changes, key=lambda c: c.mid())
