"""Fixtures: commands run in a process of their own, the way users run them."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did: exit status, standard output, standard error."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        return json.loads(self.out)


@pytest.fixture(scope="session")
def command() -> Callable[..., Outcome]:
    """`command("derive", "show", ...)` runs `python -m derive show ...`."""

    def run(module: str, *arguments: str) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], capture_output=True, text=True, timeout=300, check=False
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run
