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


PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md"))
)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """Every relative link of every page exists, with its heading where it names one."""
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, anchor = target.partition("#")
        there = (ROOT / page).parent / file if file else ROOT / page
        assert "://" in target or there.exists(), target
        assert not anchor or "://" in target or anchor in anchors(there), target


def test_every_page_is_reached_from_another() -> None:
    """No page of the documentation is an orphan, and the index of derivations lists all of its folder."""
    linked = {p: set(re.findall(r"\]\(([^)#\s]+)", (ROOT / p).read_text())) for p in PAGES}
    reached = {((ROOT / p).parent / t).resolve() for p, targets in linked.items() for t in targets if "://" not in t}
    for page in PAGES:
        assert page in ("README.md", "docs/derivations/README.md") or (ROOT / page).resolve() in reached, page
        name = page.removeprefix("docs/derivations/")
        assert name in ("README.md", page) or name in linked["docs/derivations/README.md"], page


def test_every_command_is_named(command: Callable) -> None:
    """The table of commands has each command that the two scripts offer."""
    table = TEXT.partition("## Every command")[2].partition("##")[0]
    for script in ("derive", "verify"):
        usage = command(script, "--help").out.partition("COMMAND\n")[2].partition("options:")[0]
        names = re.findall(r"^    (\w+)", usage, flags=re.MULTILINE)
        assert len(names) > 3
        for name in names:
            assert re.search(rf"`(?:{script} )?{name}`", table), f"{script} {name}"
