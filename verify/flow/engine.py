"""Gradient flow to a loss target, with digits that are established.

A run is: a float64 look ahead (`scout`), and panels, each one collocation solve in arbitrary precision
(`run`, `collocation`).  It is done twice, with different orders and precisions; the digits in which the two
end points agree are the digits reported, unless the drift of the conserved quantities, which neither run knows
of, leaves fewer.  If fewer agree than were asked for, both runs are repeated with more guard digits.

Where the gradient fields commute the state is the dual variable s, with w = w(s) known in closed form
(`dual_variables`), or fewer states that span it (`span`); otherwise it is w itself.

How much precision the predictor needs beyond its own digits is measured, not guessed (`verify.flow.digits`): beta =
F(w) may cancel, as w+^D - w-^D does from a large start.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from flint import arb, ctx
from threadpoolctl import threadpool_limits

from derive.errors import InputError
from derive.exact.balls import ball as enclosure
from derive.model import Model
from verify.data import DataSet
from verify.decimal import Decimal
from verify.flow.arithmetic import balls
from verify.flow.array_field import ArrayField
from verify.flow.ball_field import BallField
from verify.flow.certificate import Enclosure
from verify.flow.chebyshev import evaluate
from verify.flow.collocation import Panel
from verify.flow.digits import Agreement, Sensitivity, agreement, cancellation, sensitivity, zero_report
from verify.flow.drift import drift, laws_of
from verify.flow.field import FlowField
from verify.flow.request import require_descent, require_usable
from verify.flow.run import Journal, Progress, Run, first_run, log_time, plan, second_run
from verify.flow.scout import Scout, scout
from verify.flow.span import Spanned, state_field
from verify.flow.tape import compile_tape
from verify.losses import Loss, loss_named

ENGINE = "collocation"
ATTEMPTS = 3
GUARD = 3
# a coordinate that looks like zero has to do so with this many guard digits
ZERO_GUARD = 35


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """The end of a run, and its dense output.

    `parameters`, `predictor`, `margins` are exact midpoints; `gamma` is -log L at the end, `log_time` the
    natural logarithm of t.  `digits` counts the established digits of every predictor coordinate and
    `how` says by what.  `panels` hold Chebyshev coefficients in gamma~ of the state of `field`, the equations
    that were followed: the parameters, or dual variables.  `enclosure` holds balls around the exact flow where the
    run was certified; `runs` the two runs that were compared.
    """

    model: Model
    field: FlowField
    engine: str
    digits_requested: int
    digits: int
    how: str
    parameters: tuple[arb, ...]
    predictor: tuple[arb, ...]
    margins: tuple[arb, ...]
    gamma: arb
    log_time: arb
    drift: arb | None
    panels: tuple[Panel, ...]
    steps: int
    precision: int
    seconds: float
    enclosure: Enclosure | None = None
    runs: tuple[Run, ...] = ()
    clock: str = "-log L"

    def at(self, gamma: arb) -> tuple[arb, ...]:
        """The parameters where -log L = gamma.  Raises `InputError` outside the run."""
        with ctx.workprec(self.precision):
            for panel in self.panels:
                x = (gamma - panel.left) / panel.half - 1
                if abs(x) <= arb(1) + arb(2) ** -40:
                    here = tuple(evaluate(list(c), x).mid() for c in panel.coefficients[: self.field.size])
                    return lifted(self.field, here, self.precision)
        raise InputError("the loss lies outside the run", received=f"gamma~ = {gamma.str(6)}")


def flow(
    model: Model, data: DataSet, *, loss: str | Loss, until: Decimal, digits: int, progress: Progress | None = None,
    journal: Journal | None = None,
) -> Trajectory:  # fmt: skip
    """Follow the flow from the model's (numeric) start until the loss is `until`.

    A `journal` is written panel by panel; panels that it holds already are not computed again.

    Raises `InputError` for data that do not fit, are not separable, or a target above the first loss;
    `ComputationError` where the flow stalls or cannot be resolved.
    """
    begin = perf_counter()
    kind = loss_named(loss)
    require_usable(model, data, kind, until)
    field = state_field(model, data, kind)
    # small matrices: threads only wait for each other; and what precision is set within ends with it
    with threadpool_limits(1), ctx.workprec(ctx.prec):
        return _flow(model, field, until, digits, progress, begin, journal)


def _flow(
    model: Model, field: FlowField, until: Decimal, digits: int, progress: Progress | None, begin: float,
    journal: Journal | None,
) -> Trajectory:  # fmt: skip
    """The two runs and their comparison, at whatever precision they need."""
    look, extra = look_ahead(field, until)
    laws = laws_of(model)
    of, guard = sensitivity(field), GUARD
    first, second, agreed = _two_runs(field, of, look, until, (digits, extra), guard, progress, journal)
    for attempt in range(1, ATTEMPTS):
        if agreed.digits >= digits and (guard >= ZERO_GUARD or not agreed.zeros):
            break
        guard = GUARD + 8 * attempt + (ZERO_GUARD if agreed.zeros else 0)
        first, second, agreed = _two_runs(field, of, look, until, (digits, extra), guard, progress, journal)
    beta = tuple(arb(0) if i in agreed.zeros else b for i, b in enumerate(second.beta))
    ctx.prec = second.precision
    start = [enclosure(v, ctx.prec).mid() for v in model.start or ()]
    end = lifted(field, second.end, second.precision)
    kept = drift(model, laws, start, end, beta, second.precision)
    how = (
        f"two runs agree: {len(first.panels)} panels with {first.nodes + 1} and {second.nodes + 1} collocation points, "
        f"{first.precision} and {second.precision} bits"
    )
    how += zero_report(agreed.zeros, second.beta, first.settled)
    how += kept.report(min(agreed.digits, digits))
    return Trajectory(
        model=model,
        field=field,
        engine=_name(field),
        digits_requested=digits,
        digits=min(agreed.digits, digits, kept.digits),
        how=how,
        parameters=end,
        predictor=beta,
        margins=margins_of(BallField(field, second.precision), beta, field.loss.uses_margins),
        gamma=(-until.log()).mid(),
        log_time=log_time(field, second, (-until.log()).mid()),
        drift=kept.change,
        panels=second.panels,
        steps=len(first.panels) + len(second.panels),
        precision=second.precision,
        seconds=perf_counter() - begin,
        runs=(first, second),
    )


def _two_runs(
    field: FlowField,
    of: Sensitivity,
    look: Scout,
    until: Decimal,
    digits: tuple[int, int],
    guard: int,
    progress: Progress | None,
    journal: Journal | None,
) -> tuple[Run, Run, Agreement]:
    """Two runs of different order and precision, and the digits in which they agree.

    `digits` are those wanted and those that the predictor loses.
    """
    wanted, lost = digits
    coarse, fine = (plan(wanted, g, look.last, look.finest, lost) for g in (guard, guard + 3))
    ctx.prec = fine.precision + 20
    start = [enclosure(v, ctx.prec).mid() for v in field.start]
    ball = BallField(field, ctx.prec)
    state = ball.first_state(start)
    ends = (-ball.log_loss(start)).mid(), (-until.log()).mid()
    first = first_run(field, look, coarse, ends, state, progress, journal)
    second = second_run(field, look, fine, first, state, progress, journal)
    return first, second, agreement(of, first, second)


def _name(field: FlowField) -> str:
    if field.lift is None:
        return ENGINE
    return f"{ENGINE} in dual variables" + ("" if field.span is None else " of the rows")


def lifted(field: FlowField, values: Sequence[arb], precision: int) -> tuple[arb, ...]:
    """The parameters from the state (the state itself where there is no lift), as midpoints."""
    if field.lift is None:
        return tuple(values)
    tape = compile_tape(field.lift, field.model.parameters)
    program = (tape if field.span is None else Spanned(tape, field.span)).bind(balls(precision))
    return tuple(e.mid() for e in program(values))


def margins_of(ball: BallField, beta: Sequence[arb], uses_margins: bool) -> tuple[arb, ...]:
    """y_n x_n . beta as midpoints, under any loss: `products` are these already where the loss uses margins."""
    products = ball.products(beta)
    if uses_margins:
        return tuple(p.mid() for p in products)
    return tuple((p * y).mid() for p, y in zip(products, ball.y, strict=True))


def look_ahead(field: FlowField, until: Decimal) -> tuple[Scout, int]:
    """The float64 solution, and how many digits F loses to cancellation at its end."""
    span = require_descent(field, until)
    ctx.prec = 128
    start = [enclosure(v, 128) for v in field.start]
    ball, gamma0, last = BallField(field, 128), span.first, span.last
    array = ArrayField(field, float(gamma0))
    u0 = np.array([float(v) for v in ball.first_state([v.mid() for v in start])])
    look = scout(array, u0, float(last), float(last - gamma0))
    return look, cancellation(sensitivity(field), array, look)
