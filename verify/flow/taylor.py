"""An independent engine: explicit Taylor series in the clock gamma~ = -log L, at any precision (Jorba and Zou 2005).

From the state w_0 the coefficients w_0, w_1, ..., w_K of the solution follow by recurrences (`taylor_jets`).  The order
and the step are those of Jorba and Zou (2005, section 3), which are optimal for large K: for a relative error eps

    K = ceil(1 - log(eps)/2),      h = min(rho_(K-1), rho_K)/e^2,      rho_j = (|w_0|/|w_j|)^(1/j),

so that the last terms are about eps.  The last step ends at the loss exactly, since the clock is the loss.

Nothing of the collocation engine is used: no panels, no float64, another arithmetic (MPFR), and the parameters
themselves as the state, so that the conserved quantities are a check.  An explicit method takes steps in proportion
to the stiffness of the flow: far beyond 10^-1700, or with many points, collocation is the engine.

True time is integrated beside the steps: theta = t e^-gamma~ has theta' = r - theta with r = 1/q, and a step has
the series of r.  theta's own rate, 1, must not limit the steps: with P + P' = r, a polynomial by
p_k = r_k - (k+1) p_(k+1), theta = P + (theta_0 - P(0)) e^-h.  Where h is small P would cancel, and the series of theta
itself is summed.

The run is done twice, with different orders, precisions and hence steps; both start at the start.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import gmpy2
from flint import ctx
from gmpy2 import mpfr

from derive.errors import ComputationError
from derive.exact.balls import ball
from derive.model import Model
from verify.data import DataSet
from verify.decimal import Decimal
from verify.flow.ball_field import BallField
from verify.flow.ends import Common, End, common, trajectory
from verify.flow.engine import Trajectory
from verify.flow.field import FlowField
from verify.flow.reals import to_arb, to_real, working
from verify.flow.request import Span, requested_field
from verify.flow.run import Progress
from verify.flow.taylor_field import jet_field
from verify.losses import Loss, loss_named

CLOCK = "-log L"
MAX_STEPS = 5000
# a loss that cannot be reached stops the clock: so many steps that advance it by less than STALLED of its way
PATIENCE, STALLED = 100, 1e-9
ATTEMPTS, GUARD, APART = 4, 4, 4
SHORT = 16  # theta's own series where h < K/SHORT


def taylor_flow(
    model: Model, data: DataSet, *, loss: str | Loss, until: Decimal, digits: int, progress: Progress | None = None
) -> Trajectory:
    """The flow to the loss `until`, in the parameters, by Taylor series.

    Raises `InputError` as `verify.flow.engine.flow` does, and `ComputationError` where the flow is too stiff.
    """
    begin = perf_counter()
    field, span = requested_field(model, data, loss_named(loss), until)
    with ctx.workprec(ctx.prec):  # what is set within ends with it
        coarse, fine, found = _two_runs(field, span, until, digits, progress)
        how = (
            f"two runs agree: Taylor series of orders {coarse.order} and {fine.order}, {coarse.end.steps} and "
            f"{fine.end.steps} steps, {coarse.end.precision} and {fine.end.precision} bits"
        )
        return trajectory(
            model, data, field, fine.end, found, engine="taylor", clock=CLOCK, how=how, until=until, requested=digits,
            digits=found.digits, steps=coarse.end.steps + fine.end.steps, seconds=perf_counter() - begin,
        )  # fmt: skip


def _two_runs(
    field: FlowField, span: Span, until: Decimal, digits: int, progress: Progress | None
) -> "tuple[_Run, _Run, Common]":
    """Two runs that agree to the digits wanted, or the last two of several attempts with more guard digits."""
    guard, attempt = GUARD, 1
    while True:
        coarse, fine = (_run(field, span, until, digits + g, progress) for g in (guard, guard + APART))
        found = common(field.model, coarse.end, fine.end)
        if found.digits >= digits or attempt == ATTEMPTS:
            return coarse, fine, found
        guard, attempt = guard + digits - found.digits + GUARD, attempt + 1


@dataclass(frozen=True, slots=True)
class _Run:
    """One pass, and the order of its series."""

    end: End
    order: int


def _run(field: FlowField, span: Span, until: Decimal, digits: int, progress: Progress | None) -> _Run:
    order = math.ceil(1 + digits * math.log(10) / 2)
    last = float(span.last)
    precision = math.ceil(3.33 * digits) + 48 + max(1, math.ceil(math.log2(abs(last) + 2)))
    ctx.prec = precision + 20
    ball_field = BallField(field, ctx.prec)
    start = [ball(v, ctx.prec).mid() for v in field.model.start or ()]
    first, end = (-ball_field.log_loss(start)).mid(), (-until.log()).mid()
    with working(precision):
        state = [to_real(v) for v in ball_field.first_state(start)]
        if not field.loss.uses_margins:
            state.append(to_real(first))
        whole = left = marked = to_real(end - first)
        time, steps, size = mpfr(0), 0, field.size
        jets = jet_field(field, precision)
        while left > 0:
            series = jets.series(state, order)
            h = min(left, *(_step(group, order) for group in (series[:size], series[size:-1]) if group))
            steps += 1
            if steps > MAX_STEPS or not gmpy2.is_finite(h) or h <= 0:
                raise _stiff(last - float(left), last, steps)
            if steps % PATIENCE == 0:
                if marked - left < STALLED * (whole - left):
                    raise _stalled(last - float(left), last, steps)
                marked = left
            time = _time(jets.rate.c, time, h, order) if field.decay else time + _integral(jets.rate.c, h)
            state = [_value(c, h) for c in series]
            left = left - h
            if progress is not None:
                progress(last - float(left), last)
        log_time = to_arb(gmpy2.log(time)) + field.decay * end
        parameters = tuple(to_arb(v) for v in state[:size])
    return _Run(End(parameters=parameters, log_time=log_time.mid(), precision=precision, steps=steps), order)


def _stalled(gamma: float, last: float, steps: int) -> ComputationError:
    return ComputationError(
        "the flow does not reach the loss target",
        received=f"-log L came to {gamma:.12g} of {last:.12g} in {steps} steps",
        hint="data that the model can fit, another start or --scale, or a larger loss target",
    )


def _stiff(gamma: float, last: float, steps: int) -> ComputationError:
    return ComputationError(
        "the flow is too stiff for an explicit method",
        expected=f"-log L = {last:.6g} within {MAX_STEPS} steps",
        received=f"-log L = {gamma:.6g} after {steps - 1}",
        hint="--engine collocation, or a larger --until",
    )


def _step(series: Sequence[Sequence[mpfr]], order: int) -> mpfr:
    """h = min(rho_(K-1), rho_K)/e^2 in the maximum norm; from the first derivative where the state is zero."""
    from_order = 0
    size = max(abs(c[0]) for c in series)
    if size == 0:
        from_order, size = 1, max(abs(c[1]) for c in series)
    radii = []
    for j in (order - 1, order):
        last = max(abs(c[j]) for c in series)
        radii.append(gmpy2.inf() if last == 0 else (size / last) ** (mpfr(1) / (j - from_order)))
    return min(radii) / gmpy2.exp(2)


def _value(c: Sequence[mpfr], h: mpfr) -> mpfr:
    """Horner."""
    total = c[-1]
    for e in reversed(c[:-1]):
        total = total * h + e
    return total


def _integral(rate: Sequence[mpfr], h: mpfr) -> mpfr:
    return h * _value([r / (k + 1) for k, r in enumerate(rate)], h)


def _time(rate: Sequence[mpfr], theta: mpfr, h: mpfr, order: int) -> mpfr:
    """theta at the end of a step (see the docstring of this module)."""
    if h * SHORT < order:
        c = [theta]
        for k, r in enumerate(rate):
            c.append((r - c[k]) / (k + 1))
        return _value(c, h)
    p = list(rate)
    for k in range(len(p) - 2, -1, -1):
        p[k] = p[k] - (k + 1) * p[k + 1]
    return _value(p, h) + (theta - p[0]) * gmpy2.exp(-h)
