"""`verify claims`: every claim of the five papers, confirmed, refuted and corrected, or unknown."""

import sys
from argparse import Namespace
from pathlib import Path
from time import perf_counter

from derive.command import Commands, print_json
from derive.errors import ComputationError, InputError
from verify.claims.present import document, latex, markdown, table
from verify.claims.registry import claims_of
from verify.claims.run import Progress, decide_all


def register(commands: Commands) -> None:
    """Add the subcommand."""
    command = commands.add_parser("claims", help="check the claims of the five papers by machine")
    command.add_argument("--source", metavar="NAME", help="the claims of one document only")
    command.add_argument("--id", metavar="ID", help="one claim only")
    command.add_argument("--quick", action="store_true", help="leave out the slow ones")
    command.add_argument("--jobs", type=int, metavar="N", help="processes (default: the number of cores)")
    command.add_argument("--markdown", metavar="FILE", help="write the page of all results")
    command.add_argument("--latex", metavar="FILE", help="write the table of all results")
    command.add_argument("--json", action="store_true", help="a JSON list on standard output")
    command.set_defaults(run=_run)


def _run(args: Namespace) -> int:
    chosen = [c for c in claims_of(args.source) if not (args.quick and c.slow) and args.id in (None, c.id)]
    if not chosen:
        raise InputError("no claim was chosen", received=str(args.id), hint="verify claims --quick")
    if args.jobs is not None and args.jobs < 1:
        raise InputError("--jobs is out of range", expected="at least 1", received=str(args.jobs))
    results = decide_all(chosen, jobs=args.jobs, progress=_progress())
    for path, text in ((args.markdown, markdown(results)), (args.latex, latex(results))):
        if path is not None:
            _write(path, text)
    print_json(document(results)) if args.json else print(table(results))
    return 0


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ComputationError(f"cannot write {path}", received=str(error.strerror), hint="another file") from error


def _progress() -> Progress | None:
    if not sys.stderr.isatty():
        return None
    begin = perf_counter()

    def report(done: int, total: int) -> None:
        bar = "#" * (30 * done // total)
        end = "\n" if done == total else ""
        print(
            f"\r[{bar:<30}] {done}/{total} claims  {perf_counter() - begin:6.1f} s",
            end=end,
            file=sys.stderr,
            flush=True,
        )

    return report
