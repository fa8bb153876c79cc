"""The slow engine, independent of everything else here: mpmath's `odefun`, for short horizons.

`odefun` differences Euler steps at `precision * (1 + order)` bits with steps below 1/2: it is given its best variable.
For losses of margins that is normalised time, d tau = L dt, in which 10^-1700 may be a few units away; the end is where
-log L(w(tau)) reaches the target, by Newton's method on odefun's solution.  For the squared loss it is t itself, with
the plain residuals y - X beta, at as many more digits as they lose to cancellation.

How far the end is away is read off a float64 look.  The price of the first step and the way that a step can go at most
bound the price of the whole from below; a run that would take minutes is refused before it starts, or on its way.

The precision is that of a private context: mpmath's global one is neither read nor changed.
"""

from collections.abc import Callable, Sequence
from time import perf_counter, process_time
from typing import Any

import numpy as np
from flint import arb, ctx, fmpz
from mpmath import MPContext
from sympy import Expr

from derive.errors import ComputationError
from derive.exact.balls import ball
from derive.model import Model
from verify.data import DataSet
from verify.decimal import Decimal
from verify.flow.ends import Common, End, common, trajectory
from verify.flow.engine import Trajectory
from verify.flow.field import FlowField
from verify.flow.float_engine import FINEST, look
from verify.flow.program import Arithmetic
from verify.flow.request import Span, requested_field
from verify.flow.run import Progress
from verify.flow.terms import terms_of
from verify.losses import Loss, loss_named

GUARDS = (6, 10)
BUDGET, LONGEST_STEP, PIECES, NEWTON = 60.0, 0.5, 64, 60


def mpmath_flow(
    model: Model, data: DataSet, *, loss: str | Loss, until: Decimal, digits: int, progress: Progress | None = None
) -> Trajectory:
    """The flow to the loss `until` by mpmath.odefun, at two precisions.

    Raises `InputError` as `verify.flow.engine.flow` does, and `ComputationError` where it would take minutes.
    """
    begin = perf_counter()
    field, span = requested_field(model, data, loss_named(loss), until)
    with ctx.workprec(ctx.prec):  # what is set within ends with it
        with np.errstate(all="ignore"):
            far = look(field, span, FINEST)
        far = far.tau if field.decay else far.time
        extra = 0 if field.decay else max(0, round(float(span.last) / 4.6))
        coarse, fine, found = _two_runs(field, until, digits, extra, far, span, progress)
        how = f"two runs of mpmath.odefun agree: {coarse.precision} and {fine.precision} bits"
        return trajectory(
            model, data, field, fine, found, engine="mpmath", clock="normalised time" if field.decay else "t", how=how,
            until=until, requested=digits, digits=found.digits, steps=coarse.steps + fine.steps,
            seconds=perf_counter() - begin,
        )  # fmt: skip


def _two_runs(
    field: FlowField, until: Decimal, digits: int, extra: int, far: float, span: Span, progress: Progress | None
) -> tuple[End, End, Common]:
    """Two runs, and two more with the digits that these turned out to lack."""
    coarse, fine = (_Run(field, until, digits + extra + g).end(far, span, progress) for g in GUARDS)
    found = common(field.model, coarse, fine)
    if found.digits < digits:
        extra += digits - found.digits + GUARDS[0]
        coarse, fine = (_Run(field, until, digits + extra + g).end(far, span, progress) for g in GUARDS)
        found = common(field.model, coarse, fine)
    return coarse, fine, found


class _Run:
    """The equations in one private context."""

    def __init__(self, field: FlowField, until: Decimal, digits: int) -> None:
        self.field, self.mp = field, MPContext()
        self.mp.dps = digits
        self.begin, self.calls = process_time(), 0
        bits = self.mp.prec + 30
        ctx.prec = bits
        # odefun works at many times the precision of the context, but no more of the constants is needed than this
        number = lambda e: self.real(ball(e, bits))
        arithmetic = reals(self.mp, number)
        self.predictor, self.pullback = (t.bind(arithmetic) for t in (field.predictor, field.pullback))
        self.rows = [[number(e) for e in row] for row in field.rows]
        self.y = [number(e) for e in field.data.y]
        self.start = [number(v) for v in field.model.start or ()]
        self.last = self.real(-until.log())
        self.terms = terms_of(field.loss, arithmetic) if field.loss.uses_margins else None

    def real(self, value: arb) -> Any:
        """An Arb midpoint in the context."""
        mantissa, power = value.mid().man_exp()
        return self.mp.mpf((int(mantissa), int(power)))

    def slope(self, _: Any, state: Sequence[Any]) -> list[Any]:
        """d/d tau of (w, theta), d/dt of w for the squared loss."""
        self.calls += 1
        p = self.field.size
        w = list(state[:p])
        force, _ = self.force(w)
        out = self.pullback([*w, *force])
        if self.terms is None:
            return out[p:]
        return [*out[p:], 1 - self.mp.fdot(out[:p], out[p:]) * state[p]]

    def force(self, w: list[Any]) -> tuple[list[Any], Any]:
        """(-grad L / L, L) for margins, (-grad L, L) for the squared loss."""
        mp, beta = self.mp, self.predictor(w)
        products = [mp.fdot(row, beta) for row in self.rows]
        if self.terms is None:
            r = [y - e for y, e in zip(self.y, products, strict=True)]
            weights, loss = [e / len(r) for e in r], mp.fdot(r, r) / (2 * len(r))
        else:
            pairs = [self.terms(m) for m in products]
            total = mp.fsum(value for value, _ in pairs)
            weights, loss = [slope / total for _, slope in pairs], total / len(pairs)
        return [mp.fdot(weights, column) for column in zip(*self.rows, strict=True)], loss

    def end(self, far: float, span: Span, progress: Progress | None) -> End:
        """Follow odefun's solution to the target.  Raises `ComputationError` where that takes too long."""
        mp, p = self.mp, self.field.size
        zeros = [mp.mpf(0)] * self.field.decay
        solution = mp.odefun(self.slope, 0, [*self.start, *zeros])
        solution(mp.mpf(far) * mp.mpf(2) ** -40)
        self.check((process_time() - self.begin) * max(1.0, far / LONGEST_STEP))
        for piece in range(1, PIECES + 1):
            solution(mp.mpf(far) * piece / PIECES)
            spent = process_time() - self.begin
            self.check(spent * PIECES / piece if spent > BUDGET / 6 else 0.0)
            if progress is not None:
                progress(float(span.last) * piece / PIECES, float(span.last))
        time = mp.mpf(far)
        for _ in range(NEWTON):
            state = solution(time)
            gamma, speed = self.progress_of(state[:p])
            move = (self.last - gamma) / speed
            time += move
            if abs(move) <= abs(time) * mp.ldexp(1, 4 - mp.prec):
                break
        state = solution(time)
        log_time = mp.log(state[p]) + self.last if self.field.decay else mp.log(time)
        degree = 3 + int(3 * mp.dps / 2)  # that of odefun, which evaluates the slope once for each order of a step
        return End(
            parameters=tuple(map(_ball, state[:p])), log_time=_ball(log_time), precision=mp.prec,
            steps=max(1, self.calls // degree),
        )  # fmt: skip

    def progress_of(self, w: Sequence[Any]) -> tuple[Any, Any]:
        """-log L, and its derivative along the clock."""
        p = self.field.size
        force, loss = self.force(list(w))
        out = self.pullback([*w, *force])
        speed = self.mp.fdot(out[:p], out[p:])
        return -self.mp.log(loss), speed if self.terms is not None else speed / loss

    def check(self, seconds: float) -> None:
        """Raise where a run would take this many seconds and that is too many."""
        if seconds > BUDGET:
            raise ComputationError(
                "the mpmath engine is for short horizons",
                expected=f"a run of at most {BUDGET:.0f} s",
                received=f"about {seconds:.0f} s or more",
                hint="--engine taylor or collocation, fewer --digits, or a larger --until",
            )


def reals(mp: Any, constant: Callable[[Expr], Any]) -> Arithmetic:
    """mpmath's numbers in one context."""
    names = ("exp", "log", "sin", "cos", "sinh", "cosh", "tan", "tanh", "asinh", "atan")
    return Arithmetic(
        constant=constant,
        power=lambda value, exponent: value ** (mp.mpf(int(exponent.p)) / int(exponent.q)),
        function={name: getattr(mp, name) for name in names}
        | {
            "abs": abs,
            "sign": mp.sign,
            "log1p_ratio": lambda x: mp.log1p(x) / x,
            "expm1_ratio": lambda x: mp.expm1(x) / x,
        },
    )


def _ball(value: Any) -> arb:
    sign, mantissa, power, _ = value._mpf_
    return arb(fmpz(-int(mantissa) if sign else int(mantissa))) * arb(2) ** int(power)
