"""`verify sweep`: any command of the toolkit at many settings, into one SQLite file."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from derive.command import Commands, print_json
from derive.errors import ComputationError, InputError
from derive.extras import optional
from verify.sweep.command import MEASURE, fields_of, filled, inputs_of, run_command
from verify.sweep.local import on_this_machine
from verify.sweep.run import Place, Sweep, sweep
from verify.sweep.store import Outcome
from verify.sweep.task import Task, parse_axis, tasks

MAX_JOBS = 1024
SHOWN = ("verdict", "agreement_digits", "digits", "loss_log10", "spread")


def register(commands: Commands) -> None:
    """Add the subcommand."""
    command = commands.add_parser("sweep", help="run any command at many settings, in parallel, into one SQLite file")
    command.add_argument(
        "-o", "--output", required=True, metavar="FILE", help="the SQLite file; what it has is not redone"
    )
    add_place_arguments(command)
    command.add_argument("--json", action="store_true", help="one JSON document (sweep/1) on standard output")
    command.add_argument(
        "words", nargs="*", metavar="-- COMMAND", help="for example: limit diagonal --scale {scale} ..."
    )
    command.set_defaults(run=_run)


def add_place_arguments(command: ArgumentParser) -> None:
    """Add the grid and the place of work."""
    command.add_argument(
        "--vary",
        action="append",
        default=[],
        metavar="NAME=VALUES",
        help="values of {NAME} in the command: 'scale=1/10,1/100' or 'seed=0..9' (repeatable: the grid of all)",
    )
    command.add_argument("--jobs", type=int, default=-1, metavar="N", help="processes (default: one a core)")
    command.add_argument("--dask", metavar="ADDRESS", help="a Dask scheduler, such as tcp://HOST:8786, instead")
    command.add_argument("--retry-failed", action="store_true", help="tasks that failed before are tried again")


def _run(args: Namespace) -> int:
    listed = _tasks(args)
    path = Path(args.output)
    if not path.parent.is_dir():
        raise ComputationError("the folder of the output file does not exist", received=str(path.parent))
    found = sweep(run_command, listed, path, place_from(args), retry_failed=args.retry_failed)
    print_json(sweep_document(found)) if args.json else print(sweep_text(found))
    return 0


def _tasks(args: Namespace) -> tuple[Task, ...]:
    """The grid.  Raises `InputError` for axes and braces that do not match."""
    axes = axes_from(args.vary)
    fixed, fields = inputs_of(args.words), fields_of(args.words)
    for name in fields ^ set(axes):
        expected = f"{{{name}}} in the command" if name in axes else f"--vary {name}=..."
        raise InputError("axes and braces do not match", expected=expected, received=" ".join(args.words))
    return tasks(MEASURE, fixed, axes)


def axes_from(given: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The values of every `--vary`.  Raises `InputError`."""
    axes: dict[str, tuple[str, ...]] = {}
    for text in given:
        name, values = parse_axis(text)
        if name in axes or name == MEASURE:
            raise InputError("an axis is given twice, or its name is taken", received=name)
        axes[name] = values
    return axes


def place_from(args: Namespace) -> Place:
    """Where the work is done.  Raises `InputError`, and `ComputationError` where a package is missing."""
    if args.dask is not None:
        return partial(optional("verify.sweep.cluster", "cluster").on_cluster, address=args.dask)
    if args.jobs != -1 and not 1 <= args.jobs <= MAX_JOBS:
        raise InputError("--jobs is out of range", expected=f"1 to {MAX_JOBS}", received=str(args.jobs))
    return partial(on_this_machine, jobs=args.jobs)


def sweep_document(found: Sweep) -> dict[str, Any]:
    """The JSON document sweep/1."""
    return {
        "schema": "sweep/1",
        "file": str(found.path),
        "tasks": len(found.outcomes),
        "reused": found.reused,
        "failed": found.failed,
        "results": [{"command": filled(dict(o.task.inputs)), **outcome_document(o)} for o in found.outcomes],
        "seconds": round(found.seconds, 4),
    }


def outcome_document(o: Outcome) -> dict[str, Any]:
    """One task as plain data."""
    return {
        "inputs": _axes(o),
        "status": o.status,
        "result": dict(o.result),
        "seconds": round(o.seconds, 4),
        "versions": dict(o.versions),
    }


def _axes(o: Outcome) -> dict[str, str]:
    return {name: value for name, value in o.task.inputs if name != MEASURE}


def sweep_text(found: Sweep) -> str:
    """The same for people: a row a task."""
    names = list(_axes(found.outcomes[0]))
    rows = [[*names, "status", "result"]]
    rows += [[*_axes(o).values(), o.status, _summary(o)] for o in found.outcomes]
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    last = f"{len(found.outcomes)} tasks, {found.reused} known before, {found.failed} failed; {found.path}"
    return "\n".join([*lines, "", last])


def _summary(o: Outcome) -> str:
    if "error" in o.result:
        return str(o.result["error"])
    parts = [f"{key} {o.result[key]}" for key in SHOWN if key in o.result]
    return ", ".join(parts) or ", ".join(f"{k} {v}" for k, v in o.result.items() if isinstance(v, str))[:100]
