"""Solving the optimality system in float64: a path from the start.

At b = A beta(0) the solution is known: u = u_0, nu = 0, since grad Q(beta(0)) = 0.  The right-hand side
is moved to its target along b_t = b_0 + t (b - b_0), with tangent predictors and Newton correctors, so no
guess is needed at any scale of the start (t begins near 10^-20 where Q is nearly an l1 norm).
"""

import numpy as np

from derive.errors import ComputationError
from verify.flow.arithmetic import ARRAYS
from verify.minimise.system import Inner

SMALLEST_STEP = 1e-60


class FloatSystem:
    """E and E' in float64 for fixed active rows A (k x d)."""

    def __init__(self, inner: Inner, rows: np.ndarray) -> None:
        self.inner, self.rows = inner, rows
        self.program, self.slopes = inner.values.bind(ARRAYS), inner.slopes.bind(ARRAYS)
        self.start = np.array([float(e) for e in inner.start])
        self.first = self.values(self.start)
        self.low, self.high = (np.array([float(pair[side]) for pair in inner.domain]) for side in (0, 1))

    def inside(self, z: np.ndarray) -> bool:
        """Is u in the domain?  Beyond a pole of beta(s) there are spurious solutions."""
        u = z[: self.inner.size]
        return bool(((u > self.low) & (u < self.high)).all())

    def values(self, u: np.ndarray) -> np.ndarray:
        """(phi, F, h) at u."""
        out = np.array(self.program(list(u)))
        # outside the domain of Q a root or a logarithm may have become complex
        return np.full(out.shape, np.nan) if np.iscomplexobj(out) else out.astype(float)

    def residual(self, z: np.ndarray, b: np.ndarray) -> np.ndarray:
        """E at z = (u, nu)."""
        n, d = self.inner.size, self.inner.d
        out = self.values(z[:n])
        return np.concatenate(
            [out[:d] - self.rows.T @ z[n:], out[2 * d :] - self.first[2 * d :], self.rows @ out[d : 2 * d] - b]
        )

    def jacobian(self, z: np.ndarray) -> np.ndarray:
        """E' at z."""
        inner, n, d = self.inner, self.inner.size, self.inner.d
        slopes = np.zeros((2 * d + inner.laws, n))
        for (i, k), value in zip(inner.places, self.slopes(list(z[:n])), strict=True):
            slopes[i, k] = np.nan if isinstance(value, complex | np.complexfloating) else value
        k = len(self.rows)
        result = np.zeros((n + k, n + k))
        result[:d, :n], result[:d, n:] = slopes[:d], -self.rows.T
        result[d:n, :n] = slopes[2 * d :]
        result[n:, :n] = self.rows @ slopes[d : 2 * d]
        return result


def follow(system: FloatSystem, target: np.ndarray) -> np.ndarray:
    """z = (u, nu) at A beta = target.  Raises `ComputationError` where the path ends before it."""
    n, k, d = system.inner.size, len(system.rows), system.inner.d
    origin = system.rows @ system.first[d : 2 * d]
    z = np.concatenate([system.start, np.zeros(k)])
    t, step = 0.0, 1.0
    with np.errstate(all="ignore"):
        while t < 1.0:
            step = min(step, 1.0 - t)
            found = _advance(system, z, origin, target - origin, t, step, n)
            if found is None:
                step /= 4
                if step < SMALLEST_STEP or t + step == t:
                    raise ComputationError(
                        "the minimiser is not reached: the data leave the potential's domain",
                        received=f"stopped at {t:.3g} of the way from beta(0)",
                        hint="data that the model can fit from this start",
                    )
                continue
            z, t, step = found, t + step, step * 4
    return z


def _advance(
    system: FloatSystem, z: np.ndarray, origin: np.ndarray, move: np.ndarray, t: float, step: float, n: int
) -> np.ndarray | None:
    try:
        ahead = np.zeros(len(z))
        ahead[n:] = move * step
        trial = z + np.linalg.solve(system.jacobian(z), ahead)
        b = origin + (t + step) * move
        previous = np.inf
        for _ in range(12):
            if not system.inside(trial):
                return None
            delta = np.linalg.solve(system.jacobian(trial), system.residual(trial, b))
            trial = trial - delta
            size = float(np.max(np.abs(delta) / (1e-300 + np.max(np.abs(trial)))))
            if not np.isfinite(size) or size > 2 * previous:
                return None
            if size < 1e-11:
                return trial if system.inside(trial) else None
            previous = size
    except np.linalg.LinAlgError:
        return None
    return None
