"""The commands on every page of the documentation are commands: the parsers accept them, with their options."""

import re
import shlex
from argparse import ArgumentParser
from pathlib import Path

import pytest

from derive.__main__ import _parser as derive_parser
from derive.request import guard_expressions
from verify.__main__ import _parser as verify_parser

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))
COMMAND = re.compile(r"^(?:    )?(?:\$ )?((?:derive|verify) [a-z]+ (?:[^\\\n]|\\\n)*)$", flags=re.MULTILINE)
COMMANDS = [
    (page.name, line.replace("\\\n", " "))
    for page in PAGES
    for block in re.findall(r"(?:^    .*\n)+|```console\n(?:.*\n)*?```", page.read_text(), flags=re.MULTILINE)
    for line in COMMAND.findall(block)
]


@pytest.mark.parametrize(("page", "line"), COMMANDS, ids=[f"{page}: {line[:60]}" for page, line in COMMANDS])
def test_a_command_of_a_page_is_accepted(page: str, line: str) -> None:
    """Nothing is run: an option or a choice that does not exist is an `InputError` of the parser."""
    script, *words = shlex.split(line, comments=True)
    parser: ArgumentParser = {"derive": derive_parser, "verify": verify_parser}[script]()
    assert parser.parse_args(guard_expressions(words)).run


def test_the_pages_have_commands() -> None:
    """The pattern above finds them, also the indented ones and those over two lines."""
    assert len(COMMANDS) > 30
    assert any("limit diagonal" in line for _, line in COMMANDS if "sweep" in line)
