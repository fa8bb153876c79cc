"""The README tells the truth: its outputs are the tool's, its code runs, its files are the files."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text()
CONSOLE = re.findall(r"```console\n\$ (.*?)\n(.*?)```", TEXT, flags=re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)


@pytest.mark.parametrize(("line", "shown"), CONSOLE, ids=[c for c, _ in CONSOLE])
def test_the_shown_output_is_the_output(line: str, shown: str, command: Callable) -> None:
    """Every line between `$` and the end is printed, in this order; `...` skips."""
    done = command(*shlex.split(line))
    assert done.status == 0, done.err
    printed = iter(done.out.splitlines())
    for wanted in shown.splitlines():
        if wanted != "...":
            assert any(wanted == given for given in printed), f"not printed, or not in this order: {wanted!r}"


def test_the_main_job_is_what_the_readme_shows() -> None:
    """docs/main-job.sh runs the commands that the README shows, and no other."""
    script = (ROOT / "docs" / "main-job.sh").read_text()
    assert re.findall(r"^show '(.*)' ", script, flags=re.MULTILINE) == [line for line, _ in CONSOLE]


def test_the_architecture_shown_is_the_file() -> None:
    """`hadamard.py` is shown whole."""
    assert (ROOT / "derive" / "architectures" / "hadamard.py").read_text() in PYTHON


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """The last Python block prints a refuted Hessian verdict, the warp and a potential."""
    exec(compile(PYTHON[-1], "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "refuted" in printed and "None" not in printed


def test_links_lead_somewhere() -> None:
    """Every relative link of the README exists."""
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert "://" in target or (ROOT / target).exists(), target
