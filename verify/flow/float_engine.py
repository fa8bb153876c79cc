"""A fast look in float64: LSODA in the clock gamma~ - gamma~(start), with an error estimate.

The parameters are integrated twice, at two tolerances (Petzold 1983; SciPy's `odeint`).  Their difference is the error
of the coarser run, and so more than that of the finer one, whose end is reported.  Digits are counted from three times
that difference plus the rounding that F itself would amplify, and never more than 15.

True time is theta e^gamma~ with theta' = 1/q - theta, which forgets its start like e^-gamma~: theta is carried over
the last 40 units of the clock only, where its own rate costs nothing.
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from flint import arb, ctx
from scipy.integrate import odeint

from derive.errors import ComputationError
from derive.exact.balls import ball
from derive.model import Model
from verify.data import DataSet
from verify.decimal import Decimal
from verify.flow.ball_field import BallField
from verify.flow.ends import Common, End, moved, trajectory
from verify.flow.engine import Trajectory
from verify.flow.field import FlowField
from verify.flow.float_field import FloatField
from verify.flow.request import PRECISION, Span, requested_field
from verify.flow.run import Progress
from verify.losses import Loss, loss_named

CLOCK = "-log L"
FINEST = 5e-14
MOST, MAX_STEPS, SAFETY = 15, 20_000, 3.0
ROUNDING, MEMORY, ARRIVED, UNCONTROLLED = 2.0**-50, 40.0, 1e-5, 1e30


@dataclass(frozen=True, slots=True)
class Look:
    """Where a float64 run ends: the state, t e^-gamma~ (t for the squared loss), normalised time, and its steps."""

    state: np.ndarray
    time: float
    tau: float
    steps: int


def float_flow(
    model: Model, data: DataSet, *, loss: str | Loss, until: Decimal, digits: int, progress: Progress | None = None
) -> Trajectory:
    """The flow to the loss `until` in float64; `digits` beyond 15 are never established.

    Raises `InputError` as `verify.flow.engine.flow` does, `ComputationError` where float64 does not reach the target.
    """
    begin = perf_counter()
    field, span = requested_field(model, data, loss_named(loss), until)
    with ctx.workprec(PRECISION):
        tolerances = tolerances_for(digits)
        with np.errstate(all="ignore"):  # what is not finite becomes an error of one line
            coarse, fine = (look(field, span, tolerance) for tolerance in tolerances)
        _require_arrival(field, span, fine)
        found = _compared(field, coarse, fine)
        how = f"LSODA at relative tolerances {tolerances[0]:.1g} and {tolerances[1]:.1g}: three times their difference"
        if progress is not None:
            progress(float(span.last), float(span.last))
        return trajectory(
            model, data, field, _end(field, fine, span), found, engine="float64", clock=CLOCK, how=how, until=until,
            requested=digits, digits=found.digits, steps=coarse.steps + fine.steps, seconds=perf_counter() - begin,
        )  # fmt: skip


def tolerances_for(digits: int) -> tuple[float, float]:
    """Of the two runs: the global error is about 10 times a tolerance."""
    fine = max(FINEST, 10.0 ** -(digits + 4))
    return fine * 40, fine


def look(field: FlowField, span: Span, tolerance: float) -> Look:
    """One run.  Raises `ComputationError` where it does not reach the target."""
    ctx.prec = PRECISION
    start = [ball(v, PRECISION).mid() for v in field.model.start or ()]
    ball_field = BallField(field, PRECISION)
    slopes = FloatField(field, float(span.first))
    u = np.array([*(float(v) for v in ball_field.first_state(start)), 0.0])
    last = float(span.last - span.first)
    between = last - min(last, MEMORY) if field.decay else last
    # normalised time is an estimate that no step has to be shortened for; t is a result
    free = [-1] if field.decay else []
    u, steps = _integrated(slopes.slope, u, (0.0, between), tolerance, span, free) if between > 0 else (u, 0)
    if not field.decay:
        return Look(u[:-1], float(u[-1]), float(u[-1]), steps)
    theta = float(slopes.slope(between, u)[-1]) if between > 0 else 0.0
    u, more = _integrated(slopes.slope_with_theta, np.append(u, theta), (between, last), tolerance, span, [-2])
    return Look(u[:-2], float(u[-1]), float(u[-2]), steps + more)


def _integrated(
    slope: Callable[[float, np.ndarray], np.ndarray],
    u: np.ndarray,
    ends: tuple[float, float],
    tolerance: float,
    span: Span,
    free: list[int],
) -> tuple[np.ndarray, int]:
    """LSODA from one clock to another: the state, and its steps; components `free` have no say in the steps."""
    first = np.abs(slope(ends[0], u))
    size = float(np.abs(u).max()) or min(1.0, float(first.max()))
    scale = np.maximum(np.abs(u), size)
    scale[u == 0] = np.minimum(size, np.maximum(first[u == 0], 1e-300)) if ends[0] == 0 else size
    scale[free] = UNCONTROLLED
    rate, width = float(first.max()), ends[1] - ends[0]
    opening = min(width, 1e-4 * size / rate) if 0 < rate < math.inf else 1e-4 * width
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what LSODA has to say becomes the error below
        out, told = odeint(
            slope, u, ends, tfirst=True, rtol=tolerance, atol=1e-3 * tolerance * scale, h0=opening, mxstep=MAX_STEPS,
            full_output=True,
        )  # fmt: skip
    if told["message"] != "Integration successful." or not np.isfinite(out).all():
        raise ComputationError(
            "the flow does not reach the loss target in float64",
            received=f"-log L came to {float(span.first) + float(told['tcur'][-1]):.6g} of {float(span.last):.6g}",
            hint="--engine collocation, another start or --scale, or a larger loss target",
        )
    return out[-1], int(told["nst"][-1])


def _require_arrival(field: FlowField, span: Span, run: Look) -> None:
    """The clock is -log L, so L at the end is known twice: a step across a singularity, where the flow ends, shows.

    For the squared loss the scaled residual is known twice.  Raises `ComputationError`.
    """
    ball_field = BallField(field, PRECISION)
    state = [arb(float(v)) for v in run.state]
    w = state[: field.size]
    if field.loss.uses_margins:
        missed = abs(-ball_field.log_loss(w) - span.last) / (1 + abs(span.last))
    else:
        shrink = (-span.last / 2).exp()
        products = ball_field.products(ball_field.beta(w))
        rests = [y - m - shrink * r for y, m, r in zip(ball_field.y, products, state[field.size :], strict=True)]
        missed = max(map(abs, rests)) / max(map(abs, ball_field.y))
    if not missed < ARRIVED:
        raise ComputationError(
            "the flow does not reach the loss target in float64",
            received=f"-log L = {float(span.last):.6g} by the clock, not by the state",
            hint="--engine collocation, another start or --scale, or a larger loss target",
        )


def _end(field: FlowField, run: Look, span: Span) -> End:
    state = tuple(arb(float(v)) for v in run.state[: field.size])
    log_time = arb(run.time).log() + field.decay * span.last
    return End(
        parameters=state, log_time=log_time.mid(), precision=PRECISION,
        steps=run.steps,
    )  # fmt: skip


def _compared(field: FlowField, coarse: Look, fine: Look) -> Common:
    """beta of the finer run, and the digits that its distance from the other one leaves."""
    first, second = ([arb(float(v)) for v in run.state[: field.size]] for run in (coarse, fine))
    ball_field = BallField(field, PRECISION)
    betas, others = ([b.mid() for b in ball_field.beta(state)] for state in (second, first))
    digits, zeros = MOST, []
    for i, (b, other, level) in enumerate(zip(betas, others, moved(field.model, second), strict=True)):
        error = float(((SAFETY * abs(b - other) + ROUNDING * level) / abs(b)).mid()) if b != 0 else 0.0
        if b != 0 and abs(b) <= ROUNDING * level:
            zeros.append(i)
        elif error > 0:
            digits = min(digits, max(0, math.floor(-math.log10(error))))
    return Common(tuple(arb(0) if i in zeros else b for i, b in enumerate(betas)), tuple(zeros), digits)
