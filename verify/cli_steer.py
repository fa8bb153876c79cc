"""`verify steer`: can the limit of the flow be steered by weighting the same equations differently?"""

from argparse import Namespace
from typing import Any

from flint import ctx

from derive.command import Commands, print_json
from derive.errors import InputError
from derive.request import add_model_arguments, model_from
from verify.cli_flow import checked_digits
from verify.data import load_data
from verify.decimal import shown
from verify.progress import reporter
from verify.start import chosen_scale, scaled
from verify.steer import Steering, steer
from verify.systems import data_sets

MAX_RUNS = 1000


def register(commands: Commands) -> None:
    """Add the subcommand."""
    command = commands.add_parser("steer", help="weight the same equations differently: a regularizer would not notice")
    add_model_arguments(command)
    command.add_argument("--data", metavar="DATA", help="a CSV file or a built-in name (default: random equations)")
    command.add_argument("--scale", metavar="ALPHA", help="multiplies the model's unit start (an exact number)")
    command.add_argument("--runs", type=int, default=5, help="how many weightings (default: %(default)s)")
    command.add_argument("--digits", type=int, default=15, help="digits of every end point (default: %(default)s)")
    command.add_argument("--json", action="store_true", help="one JSON document (steer/1) on standard output")
    command.set_defaults(run=_run)


def _run(args: Namespace) -> int:
    digits = checked_digits(args.digits)
    if not 2 <= args.runs <= MAX_RUNS:
        raise InputError("--runs is out of range", expected=f"2 to {MAX_RUNS}", received=str(args.runs))
    data = load_data(args.data) if args.data is not None else None
    model = model_from(args, dimension=None if data is None else data.dimension)
    model = scaled(model, chosen_scale(model, args.scale, start_given=args.start is not None))
    found = steer(
        model, data or data_sets(len(model.predictor))[0], count=args.runs, digits=digits, progress=reporter()
    )
    print_json(steer_document(found)) if args.json else print(steer_text(found, model.name))
    return 0


def steer_document(found: Steering) -> dict[str, Any]:
    """The JSON document steer/1."""
    with ctx.workprec(found.runs[0].precision):
        return {
            "schema": "steer/1",
            "weights": [[str(r * r) for r in roots] for roots in found.roots],
            "ends": [[shown(b, run.digits) for b in run.predictor] for run in found.runs],
            "spread": found.spread.str(3, radius=False),
            "agreement_digits": found.agreement,
            "verdict": str(found.verdict.status),
            "reason": found.verdict.reason,
            "seconds": round(sum(run.seconds for run in found.runs), 4),
        }


def steer_text(found: Steering, name: str) -> str:
    """The same for people."""
    d = steer_document(found)
    lines = [f"{name}: does the limit depend on the weights of the equations?", ""]
    for weights, end in zip(d["weights"], d["ends"], strict=True):
        lines += [f"  weights {', '.join(weights)}", *(f"    beta{i + 1:<4} {b}" for i, b in enumerate(end))]
    return "\n".join([*lines, "", f"spread   {d['spread']}", f"verdict  {d['verdict']}: {d['reason']}"])
