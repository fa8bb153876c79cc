"""`verify minimise`: where the derived regularizer is smallest."""

from argparse import Namespace
from typing import Any

from flint import ctx

from derive.command import Commands, print_json
from derive.errors import InputError
from derive.expression import parse_number
from derive.request import add_model_arguments, model_from
from verify.cli_flow import checked_digits
from verify.data import DataSet, load_data
from verify.decimal import shown
from verify.link import refuse_link, without_link
from verify.matrices.api import minimise_matrix, parse_matrix_function
from verify.matrices.present import matrix_document, matrix_text
from verify.minimise.api import Minimiser, minimise
from verify.minimise.lines import closing_lines, multiplier_lines
from verify.norms.api import minimise_norm, parse_norm
from verify.norms.present import norm_document, norm_text
from verify.potential import derivation_at
from verify.start import chosen_scale


def register(commands: Commands) -> None:
    """Add the subcommand."""
    command = commands.add_parser("minimise", help="argmin of the derived potential under the data's constraints")
    add_model_arguments(command)
    command.add_argument(
        "--data", required=True, metavar="DATA", help="a CSV file (header, last column y) or a built-in name"
    )
    command.add_argument("--subject-to", required=True, choices=["interpolation", "margin"])
    command.add_argument("--scale", metavar="ALPHA", help="the scale alpha of the start (an exact number)")
    command.add_argument(
        "--norm",
        metavar="NORM",
        help="instead of MODEL: l1, l2 or lp:P, such as lp:3/2 or lp:2/3; nuclear or spectral-entropy[:ALPHA] of a "
        "symmetric matrix B >= 0, data over its entries on and above the diagonal, row by row",
    )
    command.add_argument("--weights", metavar="W", help="weights w of sum w_i |beta_i|^p, numbers with commas")
    command.add_argument("--mu", metavar="MU", help="alpha^D, D the degree of the model")
    command.add_argument("--digits", type=int, default=30, help="digits of every coordinate (default: %(default)s)")
    command.add_argument("--json", action="store_true", help="one JSON document (minimiser/1) on standard output")
    command.set_defaults(run=_run)


def _run(args: Namespace) -> int:
    if args.scale is not None and args.mu is not None:
        raise InputError("--scale and --mu exclude each other")
    data = load_data(args.data)
    digits = checked_digits(args.digits)
    if args.norm is not None:
        return _run_norm(args, data, digits)
    if args.weights is not None:
        raise InputError("--weights belongs to --norm", received=args.weights)
    model = model_from(args, dimension=data.dimension)
    if args.subject_to == "margin":
        refuse_link(model, "--subject-to margin")
    model, data = without_link(model, data)
    scale = chosen_scale(model, args.scale, start_given=args.start is not None)
    mu = parse_number(args.mu, where="--mu", positive=True) if args.mu is not None else None
    derivation, constants = derivation_at(model, scale=scale, mu=mu)
    found = minimise(derivation, data, subject_to=args.subject_to, digits=digits, constants=constants)
    print_json(minimiser_document(found)) if args.json else print(minimiser_text(found))
    return 0


def _run_norm(args: Namespace, data: DataSet, digits: int) -> int:
    for name in ("model", "metric", "scale", "mu", "start", "parameters", "parameter_metric"):
        if getattr(args, name) is not None:
            raise InputError("a model's options and --norm exclude each other", received=str(getattr(args, name)))
    function = parse_matrix_function(args.norm)
    if function is not None:
        if args.weights is not None:
            raise InputError("--weights belongs to l1, l2 and lp:P", received=f"--norm {args.norm}")
        least = minimise_matrix(function, data, subject_to=args.subject_to, digits=digits)
        print_json(matrix_document(least)) if args.json else print(matrix_text(least))
        return 0
    found = minimise_norm(parse_norm(args.norm, args.weights), data, subject_to=args.subject_to, digits=digits)
    print_json(norm_document(found)) if args.json else print(norm_text(found))
    return 0


def minimiser_document(m: Minimiser) -> dict[str, Any]:
    """The JSON document minimiser/1."""
    with ctx.workprec(m.precision):
        return {
            "schema": "minimiser/1",
            "predictor": [shown(b, m.digits) for b in m.beta],
            "multipliers": [shown(v, m.digits) for v in m.multipliers],
            "kkt_residual": m.residual.str(3, radius=False),
            "digits": m.digits,
            "active": list(m.active),
            "undecided": list(m.undecided),
            "how_digits_were_established": "Krawczyk's test in ball arithmetic: one solution, enclosed",
            "form": m.form,
            "seconds": round(m.seconds, 4),
        }


def minimiser_text(m: Minimiser) -> str:
    """The same for people."""
    d = minimiser_document(m)
    predictor = (f"  beta{i + 1:<4} {b}" for i, b in enumerate(d["predictor"]))
    rows = ", ".join(str(n + 1) for n in m.undecided)
    undecided = [f"undecided     {rows}: margin 1 and multiplier 0, as far as balls can tell"] if rows else []
    lines = ["minimiser of the derived potential", *predictor, *multiplier_lines(d), "", *closing_lines(d, *undecided)]
    return "\n".join(lines)
