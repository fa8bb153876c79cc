"""A task of a sweep as data, and the grid that tasks come from.

A task is the name of a measurement and its inputs, all text: exact numbers stay exact, and equal tasks have equal
keys.  The key is a hash of both and of the toolkit's version, so that a result is found again by whoever asks the
same question, and a newer toolkit asks anew.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from itertools import product
from typing import Any

from derive.errors import InputError

TOOLKIT = "implicit-bias"
MAX_TASKS = 1_000_000
_RANGE = re.compile(r"(-?\d{1,9})\.\.(-?\d{1,9})", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)
# inputs by name -> plain data (str, int, float, list, dict, None); runs in another process
Measure = Callable[[Mapping[str, str]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`measure` names the measurement, `inputs` are its (name, value) pairs in the order of the names."""

    measure: str
    inputs: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """The task's identity: 64 hexadecimal digits."""
        return sha256(json.dumps([version(TOOLKIT), self.measure, self.inputs]).encode()).hexdigest()


def tasks(measure: str, fixed: Mapping[str, str], axes: Mapping[str, Sequence[str]]) -> tuple[Task, ...]:
    """One task for every point of the grid that the axes span; the last axis varies fastest.

    Raises `InputError` for a grid of more than a million points.
    """
    size = 1
    for values in axes.values():
        size *= len(values)
    if size > MAX_TASKS:
        raise InputError("the sweep is too large", expected=f"at most {MAX_TASKS} tasks", received=str(size))
    points = (dict(zip(axes, values, strict=True)) for values in product(*axes.values()))
    return tuple(Task(measure=measure, inputs=tuple(sorted({**fixed, **point}.items()))) for point in points)


def parse_axis(text: str) -> tuple[str, tuple[str, ...]]:
    """`"scale=1/10,1/100"` or `"seed=0..9"` (both ends included) to a name and its values.  Raises `InputError`."""
    name, equals, listed = text.partition("=")
    values: list[str] = []
    for part in (v.strip() for v in listed.split(",")):
        span = _RANGE.fullmatch(part)
        if span is None:
            values.append(part)
            continue
        first, last = int(span[1]), int(span[2])
        if not first <= last < first + MAX_TASKS:
            raise InputError("a range of --vary is empty or too long", expected="for example 0..9", received=part)
        values += map(str, range(first, last + 1))
    if not equals or not _NAME.fullmatch(name.strip()) or not all(values):
        raise InputError(
            "--vary is not a name with values", expected='"scale=1/10,1/100" or "seed=0..9"', received=text
        )
    if len(set(values)) != len(values):
        raise InputError(f"--vary {name.strip()} has a value twice", received=listed)
    return name.strip(), tuple(values)
