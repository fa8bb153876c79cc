"""`verify limit`: the flow's limit against the minimiser of the derived potential."""

from argparse import Namespace
from typing import Any

from flint import ctx

from derive.command import Commands, print_json
from derive.request import add_model_arguments, model_from
from verify.cli_flow import checked_digits
from verify.data import load_data
from verify.decimal import shown
from verify.limit import Limit, limit
from verify.link import without_link
from verify.potential import derivation_at
from verify.progress import reporter
from verify.start import chosen_scale, scaled


def register(commands: Commands) -> None:
    """Add the subcommand."""
    command = commands.add_parser("limit", help="squared loss: the flow's limit against the minimiser of the potential")
    add_model_arguments(command)
    command.add_argument(
        "--data", required=True, metavar="DATA", help="a CSV file (header, last column y) or a built-in name"
    )
    command.add_argument("--scale", metavar="ALPHA", help="the scale alpha of the start (an exact number)")
    command.add_argument("--digits", type=int, default=30, help="digits to agree (default: %(default)s)")
    command.add_argument("--json", action="store_true", help="one JSON document (limit/1) on standard output")
    command.set_defaults(run=_run)


def _run(args: Namespace) -> int:
    data = load_data(args.data)
    digits = checked_digits(args.digits)
    model, data = without_link(model_from(args, dimension=data.dimension), data)
    scale = chosen_scale(model, args.scale, start_given=args.start is not None)
    derivation, constants = derivation_at(model, scale=scale, mu=None)
    found = limit(scaled(model, scale), derivation, constants, data, digits=digits, progress=reporter())
    print_json(limit_document(found)) if args.json else print(limit_text(found, model.name))
    return 0


def limit_document(found: Limit) -> dict[str, Any]:
    """The JSON document limit/1."""
    with ctx.workprec(max(found.flow.precision, found.minimiser.precision)):
        digits = max(1, min(found.flow.digits, found.minimiser.digits))
        return {
            "schema": "limit/1",
            "flow": [shown(b, digits) for b in found.flow.predictor],
            "minimiser": [shown(b, digits) for b in found.minimiser.beta],
            "agreement_digits": found.agreement,
            "verdict": str(found.verdict.status),
            "reason": found.verdict.reason,
            "seconds": round(found.flow.seconds + found.minimiser.seconds, 4),
        }


def limit_text(found: Limit, name: str) -> str:
    """The same for people."""
    d = limit_document(found)
    lines = [f"{name}: where gradient flow ends, and where the derived potential is smallest", ""]
    for i, (a, b) in enumerate(zip(d["flow"], d["minimiser"], strict=True)):
        lines += [f"  beta{i + 1:<3} flow      {a}", f"          minimiser {b}"]
    lines += [
        "",
        f"agreement  {found.agreement} digits",
        f"verdict    {d['verdict']}: {d['reason']}",
        f"seconds    {d['seconds']}",
    ]
    return "\n".join(lines)
