"""`verify flow`: the state of gradient flow where the loss has fallen to a target."""

import sys
from argparse import Namespace
from typing import Any

from flint import arb, ctx

from derive.command import Commands, print_json
from derive.errors import ComputationError, InputError
from derive.model import Model
from derive.request import add_model_arguments, model_from
from verify.cli_flow_engines import (
    add_engines,
    cross_check_document,
    cross_check_text,
    cross_checked,
    disagreement,
    engine_of,
)
from verify.cli_flow_options import add_stops, losses_of, observed_document, observed_text, resumption, stops_of
from verify.data import DataSet, load_data
from verify.decimal import parse_decimal, shown
from verify.flow.certificate import Enclosure
from verify.flow.certified import certified_flow
from verify.flow.engine import ENGINE, Trajectory
from verify.flow.events import Event
from verify.flow.observe import Observed, observed
from verify.losses import Loss, loss_named
from verify.portrait import require_margins
from verify.portrait_document import portrait_document, portrait_text
from verify.progress import reporter
from verify.start import chosen_scale, scaled

MAX_DIGITS = 2000
TIME_DIGITS = 30
RAISE = arb("1.01")  # three digits, rounded to nearest, are at most 1/200 below


def register(commands: Commands) -> None:
    """Add the subcommand."""
    command = commands.add_parser("flow", help="follow gradient flow to a loss target, at any precision")
    add_model_arguments(command)
    command.add_argument(
        "--data", required=True, metavar="DATA", help="a CSV file (header, last column y) or a built-in name"
    )
    add_engines(command)
    command.add_argument("--scale", metavar="ALPHA", help="multiplies the model's unit start (an exact number)")
    add_stops(command)
    command.add_argument(
        "--digits", type=int, default=30, help="digits of every predictor coordinate (default: %(default)s)"
    )
    command.add_argument(
        "--allow-fewer", action="store_true", help="exit with 0 even where fewer digits were established"
    )
    command.add_argument("--checkpoint", metavar="FILE", help="write the run there as it goes, and go on from there")
    command.add_argument("--compare", action="store_true", help="compare the end with max-margin predictors")
    command.add_argument(
        "--certify", action="store_true", help="enclose the exact flow rigorously (exponential or logistic loss)"
    )
    command.add_argument("--json", action="store_true", help="one JSON document (flow/1) on standard output")
    command.set_defaults(run=_run)


def _run(args: Namespace) -> int:
    data = load_data(args.data)
    digits = checked_digits(args.digits)
    model = model_from(args, dimension=data.dimension)
    model = scaled(model, chosen_scale(model, args.scale, start_given=args.start is not None))
    loss = loss_named(args.loss, tail=args.tail)
    if args.compare:
        require_margins(loss)
    found = _followed(args, model, data, loss, digits)
    check = cross_checked(args, found.trajectory, model, data, loss, reporter())
    document = flow_document(found.trajectory) | observed_document(found, stops=stops_of(args).any)
    document |= {} if check is None else {"cross_check": cross_check_document(check, flow_document(check.other))}
    compared = {"comparison": portrait_document(found, data)} if args.compare else {}
    if args.json:
        print_json(document | compared)
    else:
        more = portrait_text(compared["comparison"]) if compared else []
        print("\n".join([flow_text(found.trajectory), *observed_text(document), *cross_check_text(check), *more]))
    if check is not None and not check.consistent:
        print(f"error: {disagreement(found.trajectory, check)}", file=sys.stderr)
        return 1
    if found.digits < digits and not args.allow_fewer:
        print(
            f"error: {found.digits} of {digits} digits were established; try fewer --digits or --allow-fewer",
            file=sys.stderr,
        )
        return 1
    return 0


def _followed(args: Namespace, model: Model, data: DataSet, loss: Loss, digits: int) -> Observed:
    """The run that the options ask for."""
    until = None if args.until is None else parse_decimal(args.until, where="--until")
    stops, at = stops_of(args), losses_of(args)
    if not args.certify and args.engine == ENGINE:
        try:
            return observed(
                model, data, loss=loss, until=until, digits=digits, at=at, stops=stops, progress=reporter(),
                checkpoint=args.checkpoint,
            )  # fmt: skip
        except KeyboardInterrupt:
            raise ComputationError("interrupted", hint=resumption(args.checkpoint)) from None
    engine = engine_of(args, certified_flow)
    if until is None or stops.any or at or args.checkpoint or args.compare:
        word = "--certify" if args.certify else f"--engine {args.engine}"
        raise InputError(f"{word} follows a run to one loss", expected="--until alone", hint=f"no {word}")
    run = engine(model, data, loss=loss, until=until, digits=digits, progress=reporter(runs=1))
    return Observed(trajectory=run, event=Event(rule="loss", gammas=(run.gamma, run.gamma)), states=())


def checked_digits(digits: int) -> int:
    """Raise `InputError` outside 1 to MAX_DIGITS."""
    if not 1 <= digits <= MAX_DIGITS:
        raise InputError("--digits is out of range", expected=f"1 to {MAX_DIGITS}", received=str(digits))
    return digits


def flow_document(t: Trajectory) -> dict[str, Any]:
    """The JSON document flow/1."""
    ctx_digits = max(t.digits, 1)
    with ctx.workprec(t.precision):
        ten = arb(10).log()
        return {
            "schema": "flow/1",
            "engine": t.engine,
            "digits_requested": t.digits_requested,
            "digits": t.digits,
            "predictor": [shown(b, ctx_digits) for b in t.predictor],
            "parameters": [shown(w, ctx_digits) for w in t.parameters],
            "loss_log10": shown(-t.gamma / ten, ctx_digits),
            "margins": [shown(m, ctx_digits) for m in t.margins],
            "log10_time": shown(t.log_time / ten, min(ctx_digits, TIME_DIGITS)),
            "drift": "none" if t.drift is None else t.drift.str(3, radius=False),
            "enclosure": None if t.enclosure is None else _enclosure(t.enclosure, ctx_digits),
            "how_digits_were_established": t.how,
            "steps": t.steps,
            "seconds": round(t.seconds, 4),
            "clock": t.clock,
        }


def _enclosure(e: Enclosure, digits: int) -> dict[str, Any]:
    """Radii around the numbers as the document prints them: of each coordinate of beta, and of w in norm.

    A number that is printed with `digits` digits is not the midpoint of its ball: what rounding moved it by is part of
    the radius, and radii are rounded up.
    """
    radii = [_radius_around(shown(b, digits), b) for b in e.predictor]
    moved = [_radius_around(shown(w, digits), w.mid()) for w in e.parameters]
    log10_time = e.log_time / arb(10).log()
    return {
        "radius": _rounded_up(max(radii)),
        "radii": [_rounded_up(r) for r in radii],
        "parameters_radius": _rounded_up(e.radius + sum((m * m for m in moved), arb(0)).sqrt()),
        "growth": e.growth.str(6, radius=False),
        "margins_radii": [_rounded_up(_radius_around(shown(b, digits), b)) for b in e.margins],
        "direction_radius": _rounded_up(e.direction_radius),
        "log10_time_radius": _rounded_up(_radius_around(shown(log10_time, min(digits, TIME_DIGITS)), log10_time)),
    }


def _radius_around(printed: str, value: arb) -> arb:
    """An upper bound of the distance from a printed number to anything in a ball."""
    return abs(value - arb(printed)).upper()


def _rounded_up(radius: arb) -> str:
    """Three digits, not below the radius."""
    return (radius * RAISE).upper().str(3, radius=False) if radius != 0 else "0"


def flow_text(t: Trajectory) -> str:
    """The same for people."""
    d = flow_document(t)
    lines = [f"{t.model.name}: gradient flow to a loss of 10^{d['loss_log10']}", ""]
    for title, key, name in (("predictor", "predictor", "beta"), ("margins", "margins", "m")):
        lines.append(title)
        lines += [f"  {name}{i + 1:<4} {value}" for i, value in enumerate(d[key])]
    lines += [
        "parameters",
        *(f"  {p!s:<6} {value}" for p, value in zip(t.model.parameters, d["parameters"], strict=True)),
        "",
    ]
    lines += [
        f"log10 of the time  {d['log10_time']}",
        f"digits             {t.digits} of {t.digits_requested}: {t.how}",
        f"panels, seconds    {t.steps}, {d['seconds']}",
    ]
    return "\n".join(lines)
