"""The dual of the spectral entropy in float64: max over nu of nu . b - tr exp(log(mu) I + sum_n nu_n A_n).

It is concave and smooth in N unknowns.  With S = log(mu) I + sum nu A = V diag(l) V^T the derivative of exp multiplies
the entries of V^T A V by (e^l_i - e^l_j) / (l_i - l_j) (Daleckii and Krein), which makes Newton's matrix a Gram matrix
whose rows are not squared; direction and line search are those of `verify.minimise.dual`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from derive.errors import ComputationError
from verify.matrices.symmetric import Floats
from verify.minimise.dual import ROUNDING, along, direction, gram
from verify.minimise.reduced import ENDLESS

STEPS = 300
# Newton's correction of B, relative, from which Newton in Arb converges: what float64 has to reach
NEAR = 1e-6


@dataclass(frozen=True, slots=True)
class Entropy:
    """nu, B and the last relative correction of B in float64, with Newton's steps."""

    nu: Floats
    matrix: Floats
    correction: float
    steps: int


def maximise_entropy_dual(a: Floats, b: Floats, log_mu: float) -> Entropy:
    """nu at <A_n, exp(log_mu I + sum nu A)> = b_n; `a` of shape N x k x k, symmetric and independent.

    Raises `ComputationError` where float64 does not get there.
    """
    k = a.shape[1]
    where = np.triu_indices(k)
    twice = np.where(where[0] == where[1], 1.0, 2.0)
    nu, best = np.zeros(len(b)), Entropy(np.zeros(len(b)), np.zeros((k, k)), np.inf, 0)
    since = 0
    with np.errstate(all="ignore"):
        for step in range(STEPS):
            values, vectors = np.linalg.eigh(log_mu * np.eye(k) + np.tensordot(nu, a, 1))
            turned = (vectors.T @ a @ vectors)[:, *where]
            half = (values[where[0]] - values[where[1]]) / 2
            slope = np.exp((values[where[0]] + values[where[1]]) / 2) * np.where(half == 0, 1.0, np.sinh(half) / half)
            matrix = (vectors * np.exp(values)) @ vectors.T
            p = direction(gram(turned, slope * twice), np.tensordot(a, matrix, 2) - b)
            if p is None:
                break
            move = slope * (p @ turned)
            correction = float(np.abs(move).max() / np.exp(values.max()))
            since = since + 1 if correction > best.correction / 2 else 0
            if correction < best.correction:
                best = Entropy(nu, matrix, correction, step)
            if best.correction < ROUNDING or (best.correction < NEAR and since > 1):
                return best
            t = along(_slope_along(nu, p, a, float(p @ b), log_mu), None)
            if t == 0 or t > ENDLESS:
                break
            nu = nu + t * p
    if best.correction < NEAR:
        return best
    raise ComputationError(
        "the minimiser is not reached in float64", received=f"a correction of {best.correction:.1e}", hint="Arb"
    )


def _slope_along(nu: Floats, p: Floats, a: Floats, goal: float, log_mu: float) -> Callable[[float], float]:
    first, second = log_mu * np.eye(a.shape[1]) + np.tensordot(nu, a, 1), np.tensordot(p, a, 1)

    def slope(t: float) -> float:
        here = first + t * second
        if not np.isfinite(here).all():
            return float("inf")
        values, vectors = np.linalg.eigh(here)
        return float(np.exp(values) @ ((vectors.T @ second) * vectors.T).sum(axis=1)) - goal

    return slope
