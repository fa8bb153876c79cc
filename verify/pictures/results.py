"""Picking results out of a sweep."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from verify.sweep.store import DONE, Outcome


def results(outcomes: Sequence[Outcome], **wanted: str) -> Iterator[tuple[dict[str, str], Mapping[str, Any]]]:
    """(inputs, result) of every task that was carried out and has these inputs."""
    for o in outcomes:
        inputs = dict(o.task.inputs)
        if o.status == DONE and all(inputs.get(name) == value for name, value in wanted.items()):
            yield inputs, o.result
