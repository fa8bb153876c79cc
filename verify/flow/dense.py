"""The flow between the ends of a run, to the digits that its two runs share there.

On each panel a run is a Chebyshev series in gamma~, whose coefficients fall to the digits wanted: evaluated by
Clenshaw's recurrence it has them at every point of the panel, relative to the largest value on the panel (Trefethen
2013, chapters 8 and 19).  What is left of them in beta = F(w) at one point is established as at the end of a run:
both runs, which differ in order and precision, are evaluated there and compared (`verify.flow.digits`).  So a
coordinate that is still small where the panel begins has fewer digits, and says so.
"""

from dataclasses import dataclass, replace

from flint import arb, ctx

from derive.errors import InputError
from verify.decimal import agreeing_digits
from verify.flow.ball_field import BallField
from verify.flow.chebyshev import evaluate
from verify.flow.collocation import Panel
from verify.flow.digits import Sensitivity, agreement
from verify.flow.engine import Trajectory, lifted, margins_of
from verify.flow.field import FlowField
from verify.flow.run import Run
from verify.flow.timing import Piece, time_pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The flow at -log L = gamma: exact midpoints, and the digits of beta and of log t that two runs share."""

    gamma: arb
    parameters: tuple[arb, ...]
    predictor: tuple[arb, ...]
    margins: tuple[arb, ...]
    log_time: arb
    digits: int
    time_digits: int
    precision: int


class Dense:
    """One run as a function of gamma~.  All methods work at the run's precision."""

    def __init__(self, field: FlowField, run: Run) -> None:
        self.field, self.run = field, run
        ctx.prec = run.precision
        self.ball = BallField(field, run.precision)
        self.pieces: list[Piece] = time_pieces(run.panels, field.decay, run.nodes, run.precision)

    def place(self, gamma: arb) -> tuple[int, arb]:
        """The panel, and x in [-1, 1] on it.  Raises `InputError` outside the run."""
        first, last = self.run.panels[0], self.run.panels[-1]
        room = (last.left + 2 * last.half - first.left) * arb(2) ** (16 - self.run.precision)
        if gamma < first.left - room or gamma > last.left + 2 * last.half + room:
            raise InputError("the loss lies outside the run", received=f"gamma~ = {gamma.str(6, radius=False)}")
        k = next((k for k, p in enumerate(self.run.panels) if gamma < right_end(p)), len(self.run.panels) - 1)
        x = ((gamma - self.run.panels[k].left) / self.run.panels[k].half - 1).mid()
        return k, max(arb(-1), min(arb(1), x))

    def state(self, k: int, x: arb) -> list[arb]:
        """The field's parameters at x on panel k; at its ends the values themselves, which rounding left alone."""
        if abs(x) == 1:
            return self.run.panels[k].values.tolist()[0 if x < 0 else -1][: self.field.size]
        return [evaluate(list(c), x).mid() for c in self.run.panels[k].coefficients[: self.field.size]]

    def beta(self, k: int, x: arb) -> list[arb]:
        """beta at x on panel k."""
        return [b.mid() for b in self.ball.beta(self.state(k, x))]

    def margins(self, k: int, x: arb) -> list[arb]:
        """The margins at x on panel k (predictions for the squared loss)."""
        return [m.mid() for m in self.ball.products(self.beta(k, x))]

    def gamma(self, k: int, x: arb) -> arb:
        """gamma~ at x on panel k."""
        panel = self.run.panels[k]
        return (panel.left + panel.half * (x + 1)).mid()

    def log_time(self, k: int, x: arb) -> arb:
        """ln t at x on panel k; not finite at the start, where t = 0."""
        return (self.pieces[k].at(x).log() + self.field.decay * self.gamma(k, x)).mid()

    def cut(self, k: int, x: arb) -> Run:
        """The run as if it ended at x on panel k."""
        end = self.state(k, x)
        return replace(self.run, end=tuple(end), beta=tuple(self.beta(k, x)), panels=(self.run.panels[k],))


def right_end(panel: Panel) -> arb:
    """gamma~ where a panel ends."""
    return (panel.left + 2 * panel.half).mid()


def pair(t: Trajectory) -> tuple[Dense, Dense]:
    """Both runs of a trajectory.  Raises `InputError` where its engine keeps none."""
    if len(t.runs) != 2:
        raise InputError(
            "this engine gives the end of a run only",
            expected="the collocation engine, without a certificate",
            received=t.engine,
            hint="one run for each loss",
        )
    first, second = (Dense(t.field, run) for run in t.runs)
    return first, second


def established(
    runs: tuple[Dense, Dense], of: Sensitivity, gammas: tuple[arb, arb], t: Trajectory
) -> State:  # fmt: skip
    """The state where the first run has gamma~ = gammas[0] and the second gammas[1]: one point, located by each."""
    (first, second), field = runs, runs[1].field
    ctx.prec = second.run.precision
    (k1, x1), (k2, x2) = (run.place(gamma) for run, gamma in zip(runs, gammas, strict=True))
    a, b = first.cut(k1, x1), second.cut(k2, x2)
    agreed = agreement(of, a, b)
    # what neither run can tell from zero is zero only where the run's end says so, with guard digits to spare
    hidden = any(t.predictor[i] != 0 for i in agreed.zeros)
    beta = tuple(arb(0) if i in agreed.zeros else e for i, e in enumerate(b.beta))
    log_time = second.log_time(k2, x2)
    return State(
        gamma=gammas[1],
        parameters=lifted(field, b.end, second.run.precision),
        predictor=beta,
        margins=margins_of(second.ball, beta, field.loss.uses_margins),
        log_time=log_time,
        digits=0 if hidden else min(agreed.digits, t.digits_requested),
        time_digits=agreeing_digits(first.log_time(k1, x1), log_time) if log_time.is_finite() else 0,
        precision=second.run.precision,
    )
