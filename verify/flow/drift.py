"""Conserved quantities along a run: a free error estimate that knows nothing of the integrator.

A law h that has moved by delta says that the parameters are wrong by at least

    e = delta / sum_k |dh/dw_k|        in the largest component,

to first order (Hoelder): no smaller error takes h that far.  An error e in the parameters of h moves beta_i
by up to e sum_k |J_ik|, k over these parameters, and no digit of beta_i below that counts.  The converse does not
hold: errors along the leaf move no law, and a law that stands still establishes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb
from sympy import Expr

from derive.blocks import Template, blocks, idle_parameters, template
from derive.errors import ToolkitError
from derive.fields.dynamics import induced_dynamics
from derive.fields.leaf import setting
from derive.laws.conservation import conservation_laws
from derive.model import Model
from derive.patience import within
from verify.decimal import agreeing_digits
from verify.flow.arithmetic import balls
from verify.flow.field import jacobian_entries
from verify.flow.tape import compile_tape

PATIENCE = 5.0
UNLIMITED = 10**6


@dataclass(frozen=True, slots=True)
class Drift:
    """The largest change of a law, relative to its size (absolute below 1), None without laws; and the digits of
    every coordinate of beta that the changes leave."""

    change: arb | None
    digits: int

    def report(self, agreed: int) -> str:
        """What `how_digits_were_established` says of it, beside the digits `agreed` on otherwise."""
        if self.change is None:
            return ""
        capped = f", which leaves {self.digits} of {agreed} digits" if self.digits < agreed else ""
        return f"; conserved quantities drift by {self.change.str(2, radius=False)}{capped}"


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


def drift(
    model: Model, laws: Sequence[Expr], first: Sequence[arb], last: Sequence[arb], beta: Sequence[arb], precision: int
) -> Drift:
    """Compare the laws at both ends of a run that ends in `beta`; coordinates shown as 0 have no digits to lose."""
    if not laws:
        return Drift(None, UNLIMITED)
    program = compile_tape(laws, model.parameters).bind(balls(precision))
    before, after = program(list(first)), program(list(last))
    moved = [abs(b - a).mid() for a, b in zip(before, after, strict=True)]
    sizes = [max(arb(1), abs(a).mid()) for a in before]
    digits = UNLIMITED
    for i, shift in enumerate(_shifts(model, laws, moved, last, precision)):
        if beta[i] != 0 and shift > 0:
            digits = min(digits, agreeing_digits(abs(beta[i]), abs(beta[i]) + shift))
    return Drift(max((m / size for m, size in zip(moved, sizes, strict=True)), key=lambda c: c.mid()), digits)


def _shifts(model: Model, laws: Sequence[Expr], moved: Sequence[arb], last: Sequence[arb], precision: int) -> list[arb]:
    """How far the smallest error that explains the change of a law may move each beta_i: the most over the laws."""
    slopes, jacobian = (jacobian_entries(e, model.parameters) for e in (laws, model.predictor))
    values = compile_tape([*slopes.values(), *jacobian.values()], model.parameters).bind(balls(precision))(list(last))
    sizes = [abs(v).mid() for v in values]
    steep: dict[int, dict[int, arb]] = {}
    for (h, k), size in zip(slopes, sizes, strict=False):
        steep.setdefault(h, {})[k] = size
    largest = [arb(0)] * len(model.predictor)
    for h, parts in steep.items():
        total = sum(parts.values(), arb(0))
        if not (total > 0 and moved[h] > 0):
            continue
        sums = [arb(0)] * len(model.predictor)
        for (i, k), size in zip(jacobian, sizes[len(slopes) :], strict=True):
            if k in parts:
                sums[i] += size
        largest = [max(old, (moved[h] / total * new).mid()) for old, new in zip(largest, sums, strict=True)]
    return largest
