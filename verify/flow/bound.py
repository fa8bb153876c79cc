"""How far a run has to go: a loss that is certainly not above the one at which its stops end it.

A smallest margin M means l(M)/N <= L <= l(M) for a loss l that falls, so that L = l(M)/N is a loss at which the margin
is reached: a margin needs no other bound.  Nor does a time under a loss with a tail: log t - gamma~ = log theta_t
changes slowly, so that float64 says at which gamma~ the time is past, within a few moves.  A change of support vector
has no such bound.
"""

from fractions import Fraction

import numpy as np
from flint import arb, ctx
from threadpoolctl import threadpool_limits

from derive.errors import ComputationError, InputError
from derive.exact.balls import ball
from derive.model import Model
from verify.data import DataSet, check_dimension, check_labels
from verify.decimal import Decimal
from verify.flow.arithmetic import balls
from verify.flow.ball_field import BallField
from verify.flow.engine import look_ahead
from verify.flow.events import Stops
from verify.flow.field import FlowField
from verify.flow.span import state_field
from verify.flow.terms import terms_of
from verify.losses import Loss, loss_named
from verify.separable import require_separable

# the precision of bounds, and how often a bound is moved on
BITS, MOVES = 128, 40
# the furthest gamma~: a loss of about 10^-43000000000
FURTHEST = 10**11
# the last stretch of the clock and the points on it: what comes before is e^-40 of the time, below rounding
STRETCH, POINTS = 40.0, 2000


def last_loss(model: Model, data: DataSet, loss: str | Loss, stops: Stops) -> Decimal:
    """A loss that is certainly not above the one at which the stops end the run.  Raises `InputError` for none."""
    kind = loss_named(loss)
    if not stops.any:
        raise InputError("nothing ends the run", hint="--until, --until-time or --until-margin")
    if not kind.uses_margins or (stops.margin is None and stops.time is None):
        what = "a change of support vector" if kind.uses_margins else "a run on the squared loss"
        raise InputError(f"{what} needs a last loss as its bound", hint="--until as well")
    with ctx.workprec(BITS):
        bounds = [] if stops.margin is None else [_margin_bound(stops.margin, kind, len(data.y))]
        if stops.time is not None and (stops.margin is None or stops.time.log() < bounds[0]):
            bounds.append(_time_bound(model, data, kind, stops.time))
        return _below(min(bounds))


def _below(gamma: arb) -> Decimal:
    """A decimal of four digits that is less than e^-gamma."""
    if not gamma < FURTHEST:
        raise InputError("the run would have to go too far", expected="a loss above 10^-40000000000", hint="--until")
    power = -gamma / arb(10).log()
    whole = int(power.floor().mid().unique_fmpz() or 0)
    mantissa = int((arb(10) ** (power - whole + 3)).mid().floor().unique_fmpz() or 1000)
    return Decimal(Fraction(max(mantissa - 1, 1), 1000), whole)


def _margin_bound(margin: Decimal, kind: Loss, count: int) -> arb:
    m = margin.value()
    value = -terms_of(kind, balls(BITS))(m)[0].log()
    return value + arb(count).log()


def _time_bound(model: Model, data: DataSet, kind: Loss, time: Decimal) -> arb:
    """gamma~ at which float64 says that the time is past."""
    check_dimension(data, len(model.predictor))
    check_labels(data)
    require_separable(data)
    field = state_field(model, data, kind)
    goal = float(time.log())
    begin = -BallField(field, BITS).log_loss([ball(v, BITS) for v in field.start])
    gamma = max(goal, float(begin)) + 1.0 if begin.is_finite() else goal
    with threadpool_limits(1):
        for _ in range(MOVES):
            reached = _log_time(field, gamma)
            if reached > goal + 0.05 + 1e-9 * abs(goal):
                return arb(gamma)
            gamma += max(1.2 * (goal - reached), 0.5)
    raise ComputationError("no loss was found at which the time is past", received=str(time), hint="--until as a bound")


def _log_time(field: FlowField, gamma: float) -> float:
    """log t at gamma~ in float64, from the last stretch of the way alone, which is nearly all of it."""
    look, _ = look_ahead(field, _below(arb(gamma)))
    clock = np.linspace(max(0.0, look.span - STRETCH), look.span, POINTS)
    rates = look.array.slope(look.values(clock), clock)[-1]
    parts = np.exp(clock - look.span) * rates
    total = float(np.sum((parts[1:] + parts[:-1]) / 2 * np.diff(clock)))
    return look.last + float(np.log(total)) if total > 0 else -np.inf
