"""`verify`: precision runs, minimisers, steering and claims, on top of what `derive` derives."""

from argparse import ArgumentParser
from collections.abc import Sequence

from derive.command import OneLineParser, run
from verify import (
    cli_claims,
    cli_figure,
    cli_flow,
    cli_limit,
    cli_minimise,
    cli_optimise,
    cli_steer,
    cli_sweep,
    cli_train,
)

COMMANDS = (cli_flow, cli_minimise, cli_limit, cli_steer, cli_sweep, cli_figure, cli_claims, cli_optimise, cli_train)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the console script; returns the exit status."""
    return run(_parser, arguments)


def _parser() -> ArgumentParser:
    parser = OneLineParser(prog="verify", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.register(commands)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
