"""The terms of a loss of margins, (m, u) -> (A, value, slope), as a tape that runs over every arithmetic.

In one arithmetic l = exp(-A) value and -l' = exp(-A) slope (see `verify.losses`).
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.flow.arithmetic import ARRAYS
from verify.flow.program import Arithmetic
from verify.flow.tape import compile_tape
from verify.losses import Loss, M, U

# margins below this are behind the start of anything: u leaves float64 soon, and l has its other asymptote
BEHIND = -36.0


def terms_of(loss: Loss, arithmetic: Arithmetic) -> Callable[[Any], tuple[Any, Any]]:
    """m -> (l, -l'), for arithmetics in which exp(-A) neither underflows nor overflows."""
    exp = arithmetic.function["exp"]
    if loss.is_exponential:

        def exponential(m: Any) -> tuple[Any, Any]:
            u = exp(-m)
            return u, u

        return exponential
    exponent = compile_tape((loss.exponent,), (M,)).bind(arithmetic)
    rest = compile_tape((loss.value, loss.slope), (M, U)).bind(arithmetic)

    def terms(m: Any) -> tuple[Any, Any]:
        (a,) = exponent([m])
        u = exp(-a)
        value, slope = rest([m, u])
        return u * value, u * slope

    return terms


def array_terms_of(loss: Loss) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """m -> (log l, -l'/l) on float64 or complex arrays."""
    if loss.is_exponential:
        return lambda m: (-m, np.ones_like(m))
    exponent = compile_tape((loss.exponent,), (M,)).bind(ARRAYS)
    rest = compile_tape((loss.value, loss.slope), (M, U)).bind(ARRAYS)
    behind = None if loss.behind is None else compile_tape(loss.behind, (M,)).bind(ARRAYS)

    def terms(m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        far = np.real(m) < BEHIND if behind is not None else np.zeros(m.shape, dtype=bool)
        near = np.where(far, 0, m)
        (a,) = exponent([near])
        value, slope = rest([near, np.exp(-a)])
        logs, ratios = np.log(value) - a, slope / value
        if behind is None or not far.any():
            return logs, np.broadcast_to(ratios, m.shape)
        other, ratio = behind([np.where(far, m, BEHIND)])
        return np.where(far, other, logs), np.where(far, ratio, ratios)

    return terms
