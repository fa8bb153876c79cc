"""A Python file of the user's that defines `module()`, returning a `torch.nn.Module`: it runs the user's own code."""

import runpy
from pathlib import Path
from typing import Any

from derive.errors import InputError, ToolkitError


def module_from_file(path: Path) -> Any | None:
    """What `module()` returns; None where the file does not define it.  Raises `InputError` in one line otherwise."""
    if not path.is_file():
        raise InputError("the file does not exist", received=str(path))
    try:
        made = runpy.run_path(str(path)).get("module")
        found = made() if callable(made) else None
    except ToolkitError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(
            "the Python file failed", received=f"{path}: {type(error).__name__}: {error}", hint=f"python {path}"
        ) from None
    if callable(made) and not hasattr(found, "named_parameters"):
        raise InputError("module() does not return a torch.nn.Module", received=f"{path}: {type(found).__name__}")
    return found
