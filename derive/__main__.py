"""`derive`: from a model to its implicit regularizer, with proofs."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from math import isfinite
from pathlib import Path

from derive.catalogue import architectures
from derive.command import OneLineParser, print_json, run
from derive.derivation import Derivation
from derive.errors import ComputationError
from derive.pipeline import TIME_LIMIT, derive
from derive.present.document import document
from derive.present.html import html
from derive.present.latex import latex
from derive.present.text import text
from derive.request import add_model_arguments, model_from


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the console script; returns the exit status."""
    return run(_parser, arguments)


def _parser() -> ArgumentParser:
    parser = OneLineParser(prog="derive", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    show = commands.add_parser("show", help="derive, and print the result")
    show.add_argument("--json", action="store_true", help="one JSON document (derivation/1) on standard output")
    show.set_defaults(run=_show)
    for name, help_text in (
        ("latex", "the derivation, step by step, as a LaTeX document"),
        ("html", "the derivation, step by step, as one HTML page"),
    ):
        command = commands.add_parser(name, help=help_text)
        command.add_argument("-o", "--output", metavar="FILE", required=True, help="the file to write")
        command.set_defaults(run=_write, render={"latex": latex, "html": html}[name])
    for command in (commands.choices[n] for n in ("show", "latex", "html")):
        add_model_arguments(command)
        command.add_argument(
            "--time-limit",
            type=seconds,
            default=TIME_LIMIT,
            metavar="SECONDS",
            help="bound on each stage; what it cuts is unknown (default: %(default)g)",
        )
    listing = commands.add_parser("list", help="the built-in architectures, one line each")
    listing.set_defaults(run=_list)
    return parser


def seconds(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(text)
    return value


def _derivation(args: Namespace) -> Derivation:
    return derive(model_from(args), time_limit=args.time_limit if args.time_limit > 0 else None)


def _show(args: Namespace) -> int:
    found = _derivation(args)
    if args.json:
        print_json(document(found))
    else:
        print(text(found))
    return 0


def _write(args: Namespace) -> int:
    path = Path(args.output)
    if not path.parent.is_dir():
        raise ComputationError("the folder of the output file does not exist", received=str(path.parent))
    content = args.render(_derivation(args))
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise ComputationError("the output file cannot be written", received=f"{path}: {error.strerror}") from None
    return 0


def _list(args: Namespace) -> int:
    del args
    for family in architectures().values():
        options = " ".join(f"--{o.name} {o.default}{'|NAME' if o.symbol else ''}" for o in family.options)
        print(f"{family.name:<16} {options:<28} {family.summary} [{family.source}]")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
