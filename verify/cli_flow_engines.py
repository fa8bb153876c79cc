"""The options of `verify flow` that choose loss and engine, and the second engine that checks the first."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

from derive.errors import InputError
from derive.model import Model
from verify.cli_flow_options import stops_of
from verify.data import DataSet
from verify.decimal import parse_decimal
from verify.flow.engine import ENGINE, Trajectory
from verify.flow.engines import ENGINES, CrossCheck, compared
from verify.flow.run import Progress
from verify.losses import LOSSES, TAILS, Loss


def add_engines(command: ArgumentParser) -> None:
    """--loss, --tail, --engine, --cross-check."""
    command.add_argument(
        "--loss", required=True, help=f"{', '.join(LOSSES)}, or a formula in m or u = exp(-m); averaged over the data"
    )
    command.add_argument("--tail", choices=TAILS, help="states the tail of a --loss where it cannot be proved")
    known = "; ".join(f"{e.name}: {e.summary}" for e in ENGINES.values())
    command.add_argument("--engine", default=ENGINE, choices=list(ENGINES), help=f"{known} (default: %(default)s)")
    command.add_argument("--cross-check", choices=list(ENGINES), metavar="ENGINE", help="compare with a second engine")


def engine_of(args: Namespace, certified: Callable[..., Trajectory]) -> Callable[..., Trajectory]:
    """The engine that the options name.  Raises `InputError` where another one than collocation is to certify."""
    if not args.certify:
        return ENGINES[args.engine].run
    if args.engine != ENGINE:
        raise InputError("only the collocation engine has a certificate", received=args.engine, hint="no --engine")
    return certified


def cross_checked(
    args: Namespace, first: Trajectory, model: Model, data: DataSet, loss: Loss, progress: Progress | None
) -> CrossCheck | None:  # fmt: skip
    """The second run, where one was asked for; it needs a loss to run to."""
    if args.cross_check is None:
        return None
    if args.until is None or stops_of(args).any:
        raise InputError("--cross-check compares runs to a loss", expected="--until alone", hint="no other stops")
    until = parse_decimal(args.until, where="--until")
    run = ENGINES[args.cross_check].run
    return compared(first, run(model, data, loss=loss, until=until, digits=first.digits_requested, progress=progress))


def cross_check_document(check: CrossCheck, other: dict[str, Any]) -> dict[str, Any]:
    """What JSON says of it; `other` is the document of the second run."""
    kept = ("engine", "clock", "predictor", "log10_time", "how_digits_were_established", "steps", "seconds")
    found = {key: other[key] for key in kept}
    return {
        "digits": min(check.digits, first_digits(check)),
        "consistent": check.consistent,
        "digits_established": other["digits"],
    } | found


def first_digits(check: CrossCheck) -> int:
    """Two runs that agree in every bit agree in as many digits as they have."""
    return int(check.other.precision * 0.30103)


def cross_check_text(check: CrossCheck | None) -> list[str]:
    """The same for people."""
    if check is None:
        return []
    digits = min(check.digits, first_digits(check))
    return [f"cross-check        {digits} digits agree with {check.other.engine}: {check.other.how}"]


def disagreement(first: Trajectory, check: CrossCheck) -> str:
    """One line for two engines that cannot both be right."""
    return (
        f"{first.engine} and {check.other.engine} agree to {check.digits} digits only, while {first.digits} and "
        f"{check.other.digits} were established; try more --digits, and report it if it stays"
    )
