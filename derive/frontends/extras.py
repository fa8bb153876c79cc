"""Optional packages, loaded when a front end is used and never before."""

from importlib import import_module
from typing import Any

from derive.errors import ComputationError


def package(name: str, extra: str) -> Any:
    """The package of that name.  Raises `ComputationError` where the extra that brings it is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise ComputationError(
            f"this needs {error.name}, which is not installed", hint=f'pip install "implicit-bias[{extra}]"'
        ) from None
