"""Help for the tests of `verify`: the console script in this process, and files for it to read."""

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from conftest import Outcome

from verify.__main__ import main


def run(*arguments: str) -> Outcome:
    """`verify ARGUMENTS` without a new process; an exception that escapes fails the test."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(list(arguments))
    return Outcome(status, out.getvalue(), err.getvalue())


def document(*arguments: str) -> dict:
    """The JSON of a command that succeeds; standard output holds nothing else."""
    done = run(*arguments, "--json")
    assert (done.status, done.err) == (0, "")
    return done.json


def csv(folder: Path, text: str, name: str = "data.csv") -> str:
    """A file with this text; its path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def assert_one_line(done: Outcome, *statuses: int) -> None:
    """The command failed with one of these statuses and one readable line, and wrote no result."""
    assert done.status in statuses, done
    assert done.out == ""
    assert done.err.startswith("error: ") and done.err.endswith("\n") and done.err.count("\n") == 1, done.err
    assert "Traceback" not in done.err and "internal error" not in done.err and len(done.err) < 1000
