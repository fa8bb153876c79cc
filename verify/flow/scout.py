"""A float64 look ahead: what does the solution look like?

SciPy's LSODA runs once from the start to the target in the clock gamma~; its dense output, improved by one
Newton step on a panel's collocation equations, is where the arbitrary-precision solution begins.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.integrate import LSODA, OdeSolution
from scipy.linalg import lu_factor, lu_solve

from derive.errors import ComputationError
from verify.flow.array_field import ArrayField
from verify.flow.chebyshev import integration

RTOL = 1e-10
# an easy run takes hundreds of steps, the stiffest of the benchmarks some thousands
MAX_STEPS = 20_000
# a loss that cannot be reached stops the clock: so many steps that advance it by less than STALLED of itself
PATIENCE, STALLED = 300, 1e-12


@dataclass(frozen=True, slots=True)
class Scout:
    """A dense float64 solution for gamma~ in [first, last], by gamma~ - first.

    `span` is last - first, and `finest` the length of the first step: how finely the clock has to be resolved.
    """

    array: ArrayField
    first: float
    last: float
    span: float
    finest: float
    dense: Callable[[np.ndarray], np.ndarray]
    steps: int

    def values(self, clock: np.ndarray) -> np.ndarray:
        """w at these values of gamma~ - first, shape (p, len(clock))."""
        return self.dense(clock)


def scout(array: ArrayField, w0: np.ndarray, last: float, span: float) -> Scout:
    """Run LSODA.  Raises `ComputationError` where the flow does not reach the target."""

    def slope(clock: float, w: np.ndarray) -> np.ndarray:
        return array.slope_at(w, clock)

    def jacobian(clock: float, w: np.ndarray) -> np.ndarray:
        return array.derivative(w[:, None], np.array([clock]))[0, :-1]

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what LSODA has to say becomes the error below
        # a state that starts at zero has the size that it reaches after one unit of the clock, or 1 if that is less
        size = np.abs(w0).max() or min(1.0, np.abs(slope(0.0, w0)).max())
        scale = np.maximum(np.abs(w0), size)
        times, pieces = [0.0], []
        run = LSODA(
            slope,
            0.0,
            w0,
            span,
            rtol=RTOL,
            atol=1e-3 * RTOL * scale,
            jac=jacobian,
            first_step=_opening(w0, slope, span, size),
        )
        while run.status == "running" and len(pieces) < MAX_STEPS:
            failure = run.step()
            if failure is not None or not np.isfinite(run.y).all():
                break
            times.append(run.t)
            pieces.append(run.dense_output())
            if len(times) > PATIENCE and run.t - times[-PATIENCE] < STALLED * run.t:
                break
    if run.status != "finished":
        raise ComputationError(
            "the flow does not reach the loss target",
            received=f"-log L came to {array.origin + times[-1]:.12g} of {last:.12g} in {len(pieces)} steps",
            hint="data that the model can fit, another start or --scale, or a larger loss target",
        )
    return Scout(array, array.origin, last, span, times[1], OdeSolution(times, pieces), len(pieces))


def _opening(w0: np.ndarray, slope: Callable[[float, np.ndarray], np.ndarray], span: float, size: float) -> float:
    """The first step, which LSODA would not choose small enough for a start of scale 1e-10."""
    rate = float(np.abs(slope(0.0, w0)).max())
    return float(min(span, 1e-4 * size / rate)) if 0 < rate < np.inf else 1e-4 * span


def polish(
    array: ArrayField, guess: np.ndarray, clock: np.ndarray, w0: np.ndarray, half: float, rounds: int
) -> np.ndarray:
    """Newton on U = u_0 + half B f(U) in float64, from a guess of shape (state, n+1) at the nodes' clock."""
    p, count = guess.shape
    n = count - 1
    b = integration(n)
    u = guess.copy()
    u[:, 0] = w0
    for _ in range(rounds):
        residual = u - w0[:, None] - half * array.slope(u, clock)[:p] @ b.T
        matrix = newton_matrix(array.derivative(u, clock)[:, :-1], half)
        factors = lu_factor(matrix, overwrite_a=True, check_finite=False)
        correction = lu_solve(factors, residual[:, 1:].T.reshape(-1), check_finite=False)
        u[:, 1:] -= correction.reshape(n, p).T
    return u


def newton_matrix(jacobians: np.ndarray, half: float) -> np.ndarray:
    """I - half B (x) J on the nodes after the first, node-major, from the Jacobians at all nodes."""
    n, p = len(jacobians) - 1, jacobians.shape[1]
    b = integration(n)[1:, 1:]
    # by columns, as LAPACK wants it: (node, state) of the column before those of the row
    matrix = np.empty((n, p, n, p))
    np.multiply(-half * b.T[:, None, :, None], jacobians[1:].transpose(0, 2, 1)[:, :, None, :], out=matrix)
    matrix = matrix.reshape(n * p, n * p)
    matrix[np.diag_indices(n * p)] += 1
    return matrix.T
