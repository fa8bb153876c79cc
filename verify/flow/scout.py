"""A float64 look ahead: where are the panels, and what does the solution look like on them?

SciPy's LSODA runs once from the start to the target in the clock gamma~.  A panel [a, b] is acceptable
if the float64 collocation solution on it has Chebyshev coefficients that fall to 1e-13 early enough: if
they need k terms for 13 digits they need about k D/13 for D digits, and that must not exceed the nodes
of the arbitrary-precision run.  Panels grow geometrically with gamma~, which makes the cost nearly
independent of the loss.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from derive.errors import ComputationError
from verify.flow.array_field import ArrayField
from verify.flow.chebyshev import integration, nodes, to_coefficients

PROBE = 36
FLOOR = 1e-10


@dataclass(frozen=True, slots=True)
class Scout:
    """A dense float64 solution on [first, last]."""

    array: ArrayField
    first: float
    last: float
    dense: Callable[[np.ndarray], np.ndarray]
    steps: int

    def values(self, gamma: np.ndarray) -> np.ndarray:
        """w at these values of gamma~, shape (p, len(gamma))."""
        return self.dense(gamma)


def scout(array: ArrayField, w0: np.ndarray, first: float, last: float) -> Scout:
    """Run LSODA.  Raises `ComputationError` where the flow does not reach the target."""

    def slope(gamma: float, w: np.ndarray) -> np.ndarray:
        return array.slope(w[:, None], np.array([gamma]))[:-1, 0]

    def jacobian(gamma: float, w: np.ndarray) -> np.ndarray:
        return array.derivative(w[:, None], np.array([gamma]))[0]

    scale = np.maximum(np.abs(w0), np.abs(w0).max())
    with np.errstate(all="ignore"):
        run = solve_ivp(
            slope, (first, last), w0, method="LSODA", rtol=1e-10, atol=1e-13 * scale, jac=jacobian, dense_output=True
        )
    if not run.success or not np.isfinite(run.y).all():
        reached = np.exp(-run.t[-1]) if run.t[-1] < 700 else 0.0
        raise ComputationError(
            "the flow does not reach the loss target",
            received=f"-log L = {run.t[-1]:.6g} of {last:.6g} (loss {reached:.3g})",
            hint="data that the model can fit, another start, or a larger loss target",
        )
    return Scout(array, first, last, run.sol, len(run.t))


def polish(
    array: ArrayField, guess: np.ndarray, gamma: np.ndarray, w0: np.ndarray, half: float, rounds: int
) -> np.ndarray:
    """Newton on U = u_0 + half B f(U) in float64, from a guess of shape (state, n+1) at nodes gamma."""
    p, count = guess.shape
    n = count - 1
    b = integration(n)
    u = guess.copy()
    u[:, 0] = w0
    for _ in range(rounds):
        residual = u - w0[:, None] - half * array.slope(u, gamma)[:p] @ b.T
        correction = np.linalg.solve(system(array, u, gamma, half), residual[:, 1:].T.reshape(-1))
        u[:, 1:] -= correction.reshape(n, p).T
    return u


def system(array: ArrayField, u: np.ndarray, gamma: np.ndarray, half: float) -> np.ndarray:
    """The matrix I - half B (x) J on the nodes after the first; node-major ordering."""
    p, count = u.shape
    n = count - 1
    b = integration(n)[1:, 1:]
    jacobians = array.derivative(u[:, 1:], gamma[1:])
    blocks = -half * b[:, None, :, None] * jacobians.transpose(1, 0, 2)[None, :, :, :]
    matrix = blocks.reshape(n * p, n * p)
    matrix[np.diag_indices(n * p)] += 1
    return matrix


def panels(look: Scout, digits: int, n: int, stretch: float = 1.0) -> list[float]:
    """Panel ends in gamma~ for n + 1 nodes and this many digits; `stretch` < 1 makes them shorter."""
    allowed = max(8.0, stretch * 10.0 * n / (digits + 4))
    ends = [look.first]
    width = min(look.last - look.first, 1.0)
    while ends[-1] < look.last:
        left = ends[-1]
        width = min(width * 4, look.last - left)
        while not _resolved(look, left, left + width, allowed):
            width *= 0.7
            if width < 1e-9 * max(1.0, abs(left)):
                raise ComputationError(
                    "the flow could not be resolved",
                    received=f"near gamma~ = {left:.6g}",
                    hint="another start (this one may lie close to a saddle)",
                )
        ends.append(look.last if look.last - left - width < 1e-12 * abs(look.last) else left + width)
    return ends


def _resolved(look: Scout, left: float, right: float, allowed: float) -> bool:
    x = nodes(PROBE)
    gamma = left + (right - left) * (x + 1) / 2
    guess = look.values(gamma)
    try:
        with np.errstate(all="ignore"):
            u = polish(look.array, guess, gamma, guess[:, 0], (right - left) / 2, rounds=2)
    except np.linalg.LinAlgError:
        return False
    if not np.isfinite(u).all() or np.abs(u - guess).max() > 1e-3 * np.abs(guess).max():
        return False
    c = np.abs(to_coefficients(PROBE) @ u.T)
    relative = (c / c.max(axis=0)).max(axis=1)
    needed = int(np.max(np.nonzero(relative > FLOOR)[0], initial=0))
    return needed <= min(allowed, PROBE - 3)
