"""A run with more to tell than its end: states on the way, and events that end it.

The run goes to its last loss; the events are found on it (`verify.flow.events`), the states are evaluated on it
(`verify.flow.dense`), and where one of them has fewer digits than were asked for, all is repeated with so many more.
A run that names no last loss gets one that its stops do not outrun (`verify.flow.bound`).
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from flint import ctx

from derive.errors import ComputationError, InputError
from derive.model import Model
from verify.data import DataSet
from verify.decimal import Decimal
from verify.flow.bound import BITS, last_loss
from verify.flow.checkpoint import Checkpoint, identity
from verify.flow.dense import State, established, pair
from verify.flow.digits import blur, sensitivity
from verify.flow.engine import Trajectory, flow
from verify.flow.events import Event, Stops, first_event
from verify.flow.run import Progress
from verify.flow.span import state_field
from verify.losses import Loss, loss_named

# runs, each with the digits that the states of the one before lacked; MARGIN more, since digits lost vary a little
ATTEMPTS, MARGIN = 3, 3
# stands for any number of digits, where a run has no states
ANY = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A trajectory up to its event; the states asked for, None where the run stopped before."""

    trajectory: Trajectory
    event: Event
    states: tuple[State | None, ...]

    @property
    def digits(self) -> int:
        """What is established of the end and of every state."""
        return min(self.trajectory.digits, *(s.digits for s in self.states if s is not None), ANY)


def observed(
    model: Model, data: DataSet, *, loss: str | Loss, until: Decimal | None, digits: int, at: Sequence[Decimal] = (),
    stops: Stops | None = None, progress: Progress | None = None, checkpoint: str | None = None,
) -> Observed:  # fmt: skip
    """`verify.flow.engine.flow` with states at the losses `at`, ended by the first of `until` and `stops`.

    With `checkpoint`, a file name, the run is written there as it goes, and goes on from there; `at` and `stops` may
    differ from those of the run that wrote it.

    Raises what `flow` raises; `InputError` where nothing bounds the run, a loss of `at` lies outside it, or the
    checkpoint is that of another run.
    """
    stops = stops or Stops()
    kind = loss_named(loss)
    if not kind.uses_margins and (stops.support or stops.margin is not None):
        raise InputError(
            "a run on this loss has no margins to stop at", received=kind.name, hint="--until or --until-time"
        )
    last = until if until is not None else last_loss(model, data, loss, stops)
    _check_losses(at, until)
    with ExitStack() as stack:
        journal = None
        if checkpoint is not None:
            what = identity(model, data, loss=kind.name, until=last, digits=digits)
            journal = stack.enter_context(Checkpoint(checkpoint, what))

        def run(wanted: int) -> Trajectory:
            try:
                return flow(model, data, loss=loss, until=last, digits=wanted, progress=progress, journal=journal)
            except ComputationError as error:
                raise _explained(error, model, data, kind) from None

        return _established(run, at, stops, digits, bounded=until is not None)


def _explained(error: ComputationError, model: Model, data: DataSet, kind: Loss) -> ComputationError:
    """The error of a run, or what is behind it: a scale at which float64 does not see the margins."""
    moved = blur(state_field(model, data, kind))
    if not moved > 1:
        return error
    return ComputationError(
        "float64, which looks ahead, is too coarse for this scale",
        expected="a start from which it knows the margins",
        received=f"margins to within {moved:.1e} ({error.what})",
        hint="a smaller --scale",
    )


def _established(
    flow_to: Callable[[int], Trajectory], at: Sequence[Decimal], stops: Stops, digits: int, *, bounded: bool
) -> Observed:
    """The run with as many digits as the states on its way need."""
    wanted = digits
    for attempt in range(ATTEMPTS):
        run = flow_to(wanted)
        found = _observed(run, at, stops, digits, bounded=bounded)
        if found.digits >= digits or run.digits < wanted or attempt == ATTEMPTS - 1:
            return found
        wanted += digits - found.digits + MARGIN
    raise AssertionError


def _check_losses(at: Sequence[Decimal], until: Decimal | None) -> None:
    with ctx.workprec(BITS):
        for e in at:
            if until is not None and e.log() < until.log():
                raise InputError(
                    "a loss of --at lies below the last one", expected=f"at least {until}", received=str(e)
                )


def _observed(run: Trajectory, at: Sequence[Decimal], stops: Stops, digits: int, *, bounded: bool) -> Observed:
    if not at and not stops.any:
        return Observed(
            trajectory=_asked(run, digits), event=Event(rule="loss", gammas=(run.gamma, run.gamma)), states=()
        )
    with ctx.workprec(run.precision):
        runs = pair(run)
        of = sensitivity(runs[1].field)
        event = first_event(runs, stops) if stops.any else None
        if event is None and not bounded:
            raise ComputationError("the run ended before the event", hint="--until as a bound")
        event = event or Event(rule="loss", gammas=(run.gamma, run.gamma))
        ctx.prec = run.precision
        gammas = [(-e.log()).mid() for e in at]
        start = runs[1].run.panels[0].left
        for e, gamma in zip(at, gammas, strict=True):
            if gamma < start:
                first = (-start).exp().str(6, radius=False)
                raise InputError(
                    "a loss of --at lies above the first one", expected=f"at most {first}", received=str(e)
                )
        states = tuple(
            _capped(established(runs, of, (g, g), run), digits) if g <= event.gammas[1] else None for g in gammas
        )
        end = run if event.rule == "loss" else _ended(run, established(runs, of, event.gammas, run), event)
        return Observed(trajectory=_asked(end, digits), event=event, states=states)


def _asked(run: Trajectory, digits: int) -> Trajectory:
    return replace(run, digits_requested=digits, digits=min(run.digits, digits))


def _capped(state: State, digits: int) -> State:
    return replace(state, digits=min(state.digits, digits))


def _ended(run: Trajectory, end: State, event: Event) -> Trajectory:
    """The trajectory as if the event were its end."""
    apart = abs(event.gammas[0] - event.gammas[1])
    how = f"; located by each run, {apart.str(2, radius=False)} apart in gamma~" if apart != 0 else ""
    return replace(
        run, parameters=end.parameters, predictor=end.predictor, margins=end.margins, gamma=end.gamma,
        log_time=end.log_time, digits=end.digits, how=run.how + how,
        panels=tuple(p for p in run.panels if p.left < end.gamma),
    )  # fmt: skip
