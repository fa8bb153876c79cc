"""The options of `verify flow` that stop a run or look at it on its way, and what they show."""

from argparse import ArgumentParser, Namespace
from typing import Any

from flint import arb, ctx

from derive.errors import InputError
from verify.decimal import Decimal, parse_decimal, shown
from verify.flow.dense import State
from verify.flow.events import Stops
from verify.flow.observe import Observed

TIME_DIGITS = 30
RULES = {
    "loss": "the loss was reached",
    "time": "the time was reached",
    "margin": "the smallest margin was reached",
    "support": "the support vector changed",
}


def add_stops(command: ArgumentParser) -> None:
    """What ends a run; at least one is needed."""
    command.add_argument("--until", metavar="LOSS", help="the loss at which to stop, for example 1e-1700")
    command.add_argument("--until-time", metavar="TIME", help="stop at this time, for example 1e300")
    command.add_argument("--until-margin", metavar="MARGIN", help="stop where the smallest margin reaches this")
    command.add_argument(
        "--until-support-change", action="store_true", help="stop where another row comes to have the smallest margin"
    )
    command.add_argument(
        "--at", metavar="LOSS", action="append", default=[], help="show the state at these losses too (a comma between)"
    )


def stops_of(args: Namespace) -> Stops:
    """The rules beside `--until`.  Raises `InputError`."""
    given = {"time": args.until_time, "margin": args.until_margin}
    read = {k: None if v is None else parse_decimal(v, where=f"--until-{k}") for k, v in given.items()}
    stops = Stops(support=args.until_support_change, **read)
    if args.until is None and not stops.any:
        raise InputError(
            "nothing says where to stop", expected="--until, --until-time or --until-margin", hint="--until 1e-100"
        )
    return stops


def losses_of(args: Namespace) -> tuple[Decimal, ...]:
    """The losses of `--at`.  Raises `InputError`."""
    return tuple(parse_decimal(text, where="--at") for group in args.at for text in group.split(","))


def resumption(checkpoint: str | None) -> str:
    """What to try after an interrupt."""
    if checkpoint is None:
        return "--checkpoint FILE, from which the same command would go on"
    return f"the same command again, which goes on from {checkpoint}"


def observed_document(found: Observed, *, stops: bool) -> dict[str, Any]:
    """The keys `event` (where a rule beside the loss was given) and `at` (where states were asked for) of flow/1."""
    event, digits = found.event, max(found.trajectory.digits, 1)
    with ctx.workprec(found.trajectory.precision):
        shown_event: dict[str, Any] = {"rule": event.rule, "gamma": shown(event.gammas[1], digits)}
        if event.rule == "support":
            shown_event |= {"support_vectors_before": list(event.before), "support_vectors_after": list(event.after)}
        states = [None if s is None else state_document(s) for s in found.states]
        return ({"event": shown_event} if stops else {}) | ({"at": states} if states else {})


def state_document(s: State) -> dict[str, Any]:
    """One state on the way."""
    digits, ten = max(s.digits, 1), arb(10).log()
    return {
        "loss_log10": shown(-s.gamma / ten, digits),
        "predictor": [shown(b, digits) for b in s.predictor],
        "margins": [shown(m, digits) for m in s.margins],
        "parameters": [shown(w, digits) for w in s.parameters],
        "log10_time": shown(s.log_time / ten, min(digits, s.time_digits, TIME_DIGITS))
        if s.log_time.is_finite()
        else None,
        "digits": s.digits,
    }


def observed_text(document: dict[str, Any]) -> list[str]:
    """The same for people."""
    lines: list[str] = []
    event = document.get("event", {"rule": "loss"})
    if event["rule"] != "loss":
        lines.append(f"stopped because {RULES[event['rule']]}, at -log L = {event['gamma']}")
    if event["rule"] == "support":
        names = [", ".join(f"m{n + 1}" for n in event[f"support_vectors_{side}"]) for side in ("before", "after")]
        lines.append(f"smallest margin     {names[0]} before, {names[1]} after")
    for state in document.get("at", []):
        if state is None:
            lines.append("a loss of --at      not reached: the run stopped before")
            continue
        lines += [
            "",
            f"at a loss of 10^{state['loss_log10']}, {state['digits']} digits",
            *(f"  beta{i + 1:<4} {value}" for i, value in enumerate(state["predictor"])),
            *(f"  m{i + 1:<7} {value}" for i, value in enumerate(state["margins"])),
            f"  log10 of the time {state['log10_time']}",
        ]
    return lines
