"""`verify flow`: the state of gradient flow where the loss has fallen to a target."""

import sys
from argparse import Namespace
from time import perf_counter
from typing import Any

from flint import arb, ctx

from derive.command import Commands, print_json
from derive.errors import InputError
from derive.request import add_model_arguments, model_from
from verify.data import load_data
from verify.decimal import parse_decimal, shown
from verify.flow.certificate import Enclosure
from verify.flow.certified import certified_flow
from verify.flow.engine import Progress, Trajectory, flow
from verify.losses import LOSSES
from verify.start import chosen_scale, scaled

MAX_DIGITS = 2000


def register(commands: Commands) -> None:
    """Add the subcommand."""
    command = commands.add_parser("flow", help="follow gradient flow to a loss target, at any precision")
    add_model_arguments(command)
    command.add_argument(
        "--data", required=True, metavar="DATA", help="a CSV file (header, last column y) or a built-in name"
    )
    command.add_argument("--loss", required=True, choices=list(LOSSES), help="averaged over the data")
    command.add_argument("--scale", metavar="ALPHA", help="multiplies the model's unit start (an exact number)")
    command.add_argument(
        "--until", required=True, metavar="LOSS", help="the loss at which to stop, for example 1e-1700"
    )
    command.add_argument(
        "--digits", type=int, default=30, help="digits of every predictor coordinate (default: %(default)s)"
    )
    command.add_argument(
        "--allow-fewer", action="store_true", help="exit with 0 even where fewer digits were established"
    )
    command.add_argument("--certify", action="store_true", help="enclose the exact flow rigorously (exponential loss)")
    command.add_argument("--json", action="store_true", help="one JSON document (flow/1) on standard output")
    command.set_defaults(run=_run)


def _run(args: Namespace) -> int:
    data = load_data(args.data)
    digits = checked_digits(args.digits)
    model = model_from(args, dimension=data.dimension)
    model = scaled(model, chosen_scale(model, args.scale, start_given=args.start is not None))
    until = parse_decimal(args.until, where="--until")
    engine = certified_flow if args.certify else flow
    trajectory = engine(model, data, loss=args.loss, until=until, digits=digits, progress=reporter())
    print_json(flow_document(trajectory)) if args.json else print(flow_text(trajectory))
    if trajectory.digits < digits and not args.allow_fewer:
        print(
            f"error: {trajectory.digits} of {digits} digits were established; try fewer --digits or --allow-fewer",
            file=sys.stderr,
        )
        return 1
    return 0


def checked_digits(digits: int) -> int:
    """Raise `InputError` outside 1 to MAX_DIGITS."""
    if not 1 <= digits <= MAX_DIGITS:
        raise InputError("--digits is out of range", expected=f"1 to {MAX_DIGITS}", received=str(digits))
    return digits


def reporter() -> Progress | None:
    """Progress by gamma~ on standard error, where somebody is watching."""
    if not sys.stderr.isatty():
        return None
    begin = perf_counter()

    def report(gamma: float, last: float) -> None:
        spent = perf_counter() - begin
        end = "\n" if gamma >= last else ""
        print(f"\rgamma~ {gamma:12.4f} of {last:.4f}   {spent:6.1f} s", end=end, file=sys.stderr, flush=True)

    return report


def flow_document(t: Trajectory) -> dict[str, Any]:
    """The JSON document flow/1."""
    ctx_digits = max(t.digits, 1)
    before = ctx.prec
    ctx.prec = t.precision
    try:
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
            "log10_time": shown(t.log_time / ten, min(ctx_digits, 30)),
            "drift": "none" if t.drift is None else t.drift.str(3, radius=False),
            "enclosure": None if t.enclosure is None else _enclosure(t.enclosure),
            "how_digits_were_established": t.how,
            "steps": t.steps,
            "seconds": round(t.seconds, 4),
        }
    finally:
        ctx.prec = before


def _enclosure(e: Enclosure) -> dict[str, Any]:
    """Radii of balls around the midpoints that the document shows: of each coordinate of beta, and of w in norm."""
    return {
        "radius": max((b.rad() for b in e.predictor), key=float).str(3, radius=False),
        "radii": [b.rad().str(3, radius=False) for b in e.predictor],
        "parameters_radius": e.radius.str(3, radius=False),
        "growth": e.growth.str(6, radius=False),
    }


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
