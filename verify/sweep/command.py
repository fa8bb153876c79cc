"""The measurement that is a command of the toolkit: `verify limit ... --json` with values filled in.

Each runs in a process of its own: it may use any amount of memory and may be killed without harm to its neighbours,
and what it prints is the JSON document that the user would have got by typing it.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from derive.errors import ComputationError, InputError

COMMANDS = {"show": "derive"}  # every other command belongs to verify
REFUSED = ("sweep", "latex", "html", "list")
_FIELD = re.compile(r"\{([A-Za-z][A-Za-z0-9_-]*)\}")
MEASURE = "command"  # the name of the measurement, and of the input that holds the words as a JSON list


def inputs_of(words: Sequence[str]) -> dict[str, str]:
    """A command line as the fixed inputs of a task.  Raises `InputError` for commands that have no result to keep."""
    if not words or words[0].startswith("-") or words[0] in REFUSED:
        raise InputError(
            "the command of the sweep is missing or has no result",
            expected="-- and a command such as: limit diagonal --scale {scale} --data sparse-small",
            received=" ".join(words) or "nothing",
        )
    return {MEASURE: json.dumps(list(words))}


def fields_of(words: Sequence[str]) -> set[str]:
    """The names in braces."""
    return {name for word in words for name in _FIELD.findall(word)}


def filled(inputs: Mapping[str, str]) -> list[str]:
    """The command line of a task, with the values of its axes in place of the braces."""
    words: list[str] = json.loads(inputs[MEASURE])
    return [_FIELD.sub(lambda match: inputs.get(match[1], match[0]), word) for word in words]


def run_command(inputs: Mapping[str, str]) -> Mapping[str, Any]:
    """The JSON document of the command.  Raises `ComputationError` with the command's own line where it fails."""
    words = filled(inputs)
    module = COMMANDS.get(words[0], "verify")
    line = [sys.executable, "-m", module, *words, *([] if "--json" in words else ["--json"])]
    done = subprocess.run(line, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        message = done.stderr.strip().removeprefix("error: ") or f"ended with status {done.returncode}"
        raise ComputationError(message)
    document: object = json.loads(done.stdout)
    # `verify claims` prints a list
    return document if isinstance(document, dict) else {"document": document}
