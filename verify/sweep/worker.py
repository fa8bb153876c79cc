"""What a worker does with a task, in whatever process it lives: measure, time, and never raise.

A task that cannot be carried out is a result too (`failed`, with the line that says why).  Only an interrupt passes.
"""

from collections.abc import Mapping
from importlib.metadata import version
from time import perf_counter
from typing import Any

from derive.errors import ToolkitError
from verify.sweep.store import DONE, FAILED, Outcome
from verify.sweep.task import TOOLKIT, Measure, Task

PACKAGES = (TOOLKIT, "sympy", "numpy", "scipy", "mpmath", "python-flint")


def perform(measure: Measure, task: Task) -> Outcome:
    """The outcome of a task."""
    begin = perf_counter()
    status, result = _attempt(measure, dict(task.inputs))
    versions = {package: version(package) for package in PACKAGES}
    return Outcome(task=task, status=status, result=result, seconds=perf_counter() - begin, versions=versions)


def _attempt(measure: Measure, inputs: Mapping[str, str]) -> tuple[str, Mapping[str, Any]]:
    try:
        return DONE, measure(inputs)
    except ToolkitError as error:
        return FAILED, {"error": str(error)}
    except Exception as error:  # a defect of ours must not take the sweep with it: it is recorded where it happened
        return FAILED, {"error": f"an internal error, please report it: {type(error).__name__}: {error}"}
