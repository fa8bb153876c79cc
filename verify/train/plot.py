"""The error against the step size, on logarithmic axes, beside a line of slope one."""

from pathlib import Path
from typing import Any

from derive.errors import InputError
from derive.extras import optional
from verify.train.judge import Judgement


def plot(found: Judgement, title: str, path: Path) -> None:
    """Write a picture.  Raises `ComputationError` without matplotlib, `InputError` where the file cannot be written."""
    matplotlib: Any = optional("matplotlib", "notebook")
    matplotlib.use("Agg")
    pyplot: Any = optional("matplotlib.pyplot", "notebook")
    figure, axes = pyplot.subplots(figsize=(5, 4))
    pairs = [(float(r.step), e) for r, e in zip(found.rows, found.errors, strict=True) if e is not None and r.converged]
    steps, errors = [s for s, _ in pairs], [e for _, e in pairs]
    axes.loglog(steps, errors, "o-", label="training")
    if pairs:
        axes.loglog(steps, [errors[-1] * s / steps[-1] for s in steps], "k:", label="order 1")
    axes.axhline(found.floor, color="0.7", label="rounding")
    axes.set_xlabel("step size")
    axes.set_ylabel("largest error of a coordinate")
    axes.set_title(title)
    axes.legend()
    figure.tight_layout()
    try:
        figure.savefig(path)
    except (OSError, ValueError) as error:
        raise InputError("the plot cannot be written", received=f"{path}: {error}", hint="--plot error.png") from None
    finally:
        pyplot.close(figure)
