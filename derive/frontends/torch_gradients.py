"""Is a module's gradient the derivative of its value?  Asked before it is traced.

`detach`, `no_grad`, hooks and functions with a gradient of their own make training follow something else than the
derivative of the output, and need not leave a mark in a graph.  Central differences of the output in float64, along
random directions near the module's own parameters, are compared with the gradient that training would use.
"""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from derive.errors import InputError

# how many directions; the step of a central difference, whose error is its square; how far the two slopes may differ
DIRECTIONS, STEP, CLOSE = 3, 1e-5, 1e-5
# rows of the batch, and how far its point lies from the module's own parameters, which may be 0
BATCH, AWAY = 3, 0.01


def check_gradients(torch: Any, module: Any, shape: Sequence[int]) -> None:
    """Raise `InputError` where the module's gradient is not the derivative of its output in its trained parameters.

    Central differences along random directions, near the module's own parameters; nothing of the trace is used.
    """
    copy = deepcopy(module).double()
    trained = [p for p in copy.parameters() if p.requires_grad]
    if not trained:
        raise InputError("the module has no parameter that requires a gradient", received=type(module).__name__)
    generator = torch.Generator().manual_seed(1)

    def random(size: Any) -> Any:
        return torch.randn(size, generator=generator, dtype=torch.float64)

    x = random((BATCH, *shape))
    try:
        for _ in range(DIRECTIONS):
            moves = [random(p.shape) for p in trained]
            with torch.no_grad():
                for p, move in zip(trained, moves, strict=True):
                    p.add_(AWAY * move)
            output = copy(x)
            weights = random(output.shape)
            gradients = torch.autograd.grad((output * weights).sum(), trained, allow_unused=True)
            slope = sum(float((g * m).sum()) for g, m in zip(gradients, moves, strict=True) if g is not None)
            ends = []
            for sign in (1, -2):
                with torch.no_grad():
                    for p, move in zip(trained, moves, strict=True):
                        p.add_(sign * STEP * move)
                    ends.append(float((copy(x) * weights).sum()))
            difference = (ends[0] - ends[1]) / (2 * STEP)
            if abs(difference - slope) > CLOSE * (1 + abs(slope) + abs(difference)):
                raise InputError(
                    "the module's gradient is not the derivative of its output",
                    expected="a forward method without detach, no_grad, hooks or gradients of its own",
                    received=f"{slope:.6g} against differences of {difference:.6g}",
                )
    except (RuntimeError, TypeError, ValueError, AttributeError, IndexError) as error:
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError("the module cannot be run on a batch", expected=f"(N, {shape})", received=what) from None
