"""The two ways in which a request can fail.

A theorem that fails is a *record* (see `derive.verdict`), never an exception.  Exceptions are for
requests that cannot be served, and each becomes one line on standard error:

* `InputError`: the request itself is malformed (exit status 2);
* `ComputationError`: the request is well formed and could not be carried out (exit status 1).
"""


class ToolkitError(Exception):
    """One line for the user: what is wrong, what was expected, what was received, what to try."""

    exit_status = 1

    def __init__(self, what: str, *, expected: str = "", received: str = "", hint: str = "") -> None:
        self.what, self.expected, self.received, self.hint = what, expected, received, hint
        parts = [what]
        parts += [f"expected {expected}"] if expected else []
        parts += [f"received {_clip(received)}"] if received else []
        parts += [f"try {hint}"] if hint else []
        super().__init__("; ".join(" ".join(part.split()) for part in parts))


class InputError(ToolkitError):
    """The request is malformed; the message names the offender."""

    exit_status = 2


class ComputationError(ToolkitError):
    """The request is well formed, and the computation could not be carried out."""

    exit_status = 1


def _clip(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."
