"""Optional parts of the toolkit, loaded only when they are asked for.

The core installs and starts without Dask, PyTorch, JAX or matplotlib.  A module that needs one of them imports it at
its top, as every module does, and is itself loaded here.
"""

from importlib import import_module
from typing import Any

from derive.errors import ComputationError


def optional(module: str, extra: str) -> Any:
    """The module of that name.  Raises `ComputationError` where the packages of the extra are not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise ComputationError(
            f"this needs {error.name}, which is not installed", hint=f'pip install "implicit-bias[{extra}]"'
        ) from None
