"""The dual of an equality problem in float64: maximise nu . y - Q*(X^T nu), N unknowns, by Newton.

Its gradient is y - X beta(s) with s = X^T nu, its Hessian -X D X^T with D = diag beta'(s): N x N, by Cholesky, and
never d x d.  Newton's direction p is followed by an exact line search: along it the slope of the dual is
q . beta(s + t q) - p . y with q = X^T p, monotone in t because Q* is convex, and costs d operations where the direction
costs N^2 d.  So the root of the slope is bracketed and found at no price, whether Q* grows like exp (Q close to l1),
has poles (depth 3 and more), or is quadratic.  The dual is strictly concave: what has gradient 0 is the maximum.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.linalg.blas import dsyrk, idamax
from scipy.linalg.lapack import dposv

from derive.errors import ComputationError
from verify.minimise.coordinates import FloatCoordinates, Floats

STEPS = 400
SEARCH = 200
COLUMNS = 4096
# columns up to which the price of a call exceeds that of its products
FEW = 256
# a correction from which Newton is taken to converge quadratically
NEAR = 1e-2
ROUNDING = 2.0**-50
TINY = 1e-300
ENOUGH = 1e-6
# a slope that has fallen to this part of itself is a root, as far as the next direction cares
FLAT = 0.25


@dataclass(frozen=True, slots=True)
class DualPoint:
    """nu, s = X^T nu, beta(s), the last relative correction of beta, and the Newton steps."""

    nu: Floats
    beta: Floats
    correction: float
    steps: int


def maximise_dual(
    coordinates: FloatCoordinates, x: Floats, y: Floats, start: Floats | None = None, tolerance: float = 0.0
) -> DualPoint:
    """nu at X beta(X^T nu) = y for independent rows, from `start` (0 by default, where beta is beta(0)).

    With a `tolerance` it ends where the correction that quadratic convergence foretells is below it.  Raises
    `ComputationError` where float64 does not get there.
    """
    nu: Floats = np.zeros(len(y)) if start is None else start
    here = None
    if start is None:
        here = coordinates.origin
    if here is not None and not (np.isfinite(here[1]) & (here[1] > 0)).all():
        here = None
        # no Hessian at 0 (l_p with p != 2): the multipliers of least squares are of another size, but nowhere zero
        nu = np.asarray(np.linalg.lstsq(gram(x, np.ones(x.shape[1])), y)[0], dtype=np.float64)
    s = x.T @ nu
    best = DualPoint(nu, s, np.inf, 0)
    since, step = 0, 0
    with np.errstate(all="ignore"):
        for step in range(STEPS):
            beta, slope = here if here is not None else coordinates(s)
            gradient = x @ beta - y
            if not gradient.any():
                return DualPoint(nu, beta, 0.0, step)
            p = direction(half_gram(x, slope), gradient)
            if p is None:
                break
            q = x.T @ p
            # far down the tail of beta(s) a correction of s says nothing: what counts is the move of beta
            correction = _largest(slope * q) / max(_largest(beta), TINY)
            # Newton's corrections follow c_next = K c^2, with K from the last two and at least 1
            ratio = correction / best.correction
            ahead = correction * max(correction, ratio * ratio)
            since = since + 1 if correction > best.correction / 2 else 0
            if correction < best.correction:
                best = DualPoint(nu, beta, correction, step)
            # Newton converges quadratically; a correction that no longer shrinks is rounding
            if best.correction < ROUNDING or (best.correction < ENOUGH and since > 1):
                return best
            line = Line(coordinates, s, q, float(p @ y))
            t = along(line, coordinates.room(s, q), line.slope_of(beta))
            if t == 0:
                break
            nu, s, here = nu + t * p, s + t * q, line.seen(t)
            if t == 1 and ahead < tolerance and correction < NEAR and step and here is not None:
                return DualPoint(nu, here[0], max(ahead, ROUNDING), step + 1)
    if best.correction < ENOUGH:
        return best
    raise ComputationError(
        "the minimiser is not reached in float64",
        received=f"a correction of {best.correction:.1e} after {step + 1} steps",
        hint="a larger scale, or verify.minimise.minimise, which has the precision",
    )


def _largest(v: Floats) -> float:
    """The largest |v_i|."""
    return abs(float(v[idamax(v)]))


class Line:
    """The slope q . beta(s + t q) - goal as a function of t; it remembers the last point for Newton's next step."""

    __slots__ = ("coordinates", "goal", "last", "q", "s")

    def __init__(self, coordinates: FloatCoordinates, s: Floats, q: Floats, goal: float) -> None:
        self.coordinates, self.s, self.q, self.goal = coordinates, s, q, goal
        self.last: tuple[float, tuple[Floats, Floats]] | None = None

    def __call__(self, t: float) -> float:
        """The slope at t."""
        values = self.coordinates(self.s + t * self.q)
        self.last = (t, values)
        return self.slope_of(values[0])

    def slope_of(self, beta: Floats) -> float:
        """The slope where beta is known."""
        return float(beta @ self.q - self.goal)

    def seen(self, t: float) -> tuple[Floats, Floats] | None:
        """beta and beta' at t, if this was the last point."""
        return self.last[1] if self.last is not None and self.last[0] == t else None


def gram(x: Floats, weights: Floats) -> Floats:
    """X diag(weights) X^T for weights >= 0."""
    total = half_gram(x, weights)
    return np.triu(total) + np.triu(total, 1).T


def half_gram(x: Floats, weights: Floats) -> Floats:
    """Its entries on and above the diagonal (those below are not to be read).

    A few thousand columns at a time: there is never a second copy of X.
    """
    if x.shape[1] <= FEW:
        return (x * weights) @ x.T
    total = np.zeros((len(x), len(x)), order="F")
    roots = np.sqrt(weights)
    for first in range(0, x.shape[1], COLUMNS):
        block = x[:, first : first + COLUMNS] * roots[first : first + COLUMNS]
        # the symmetric product takes half of the work; it reads Fortran order, which is that of the transpose
        total = dsyrk(1.0, block.T, beta=1.0, c=total, trans=1, overwrite_c=1)
    return total


def direction(hessian: Floats, gradient: Floats) -> Floats | None:
    """-H^-1 gradient, with the diagonal raised as little as Cholesky needs; None where H is not finite.

    Only the entries of H on and above its diagonal are read.
    """
    _, solved, failed = dposv(hessian, gradient)
    if not failed and 0 < solved @ gradient < np.inf:
        return -solved
    hessian = np.triu(hessian) + np.triu(hessian, 1).T
    diagonal = np.sqrt(np.diag(hessian))
    if not np.isfinite(hessian).all() or not (diagonal > 0).all():
        return None
    scaled = hessian / np.outer(diagonal, diagonal)
    for raised in (0.0, 1e-16, 1e-15, 1e-14, 1e-12, 1e-9):
        try:
            factor = cho_factor(scaled + raised * np.eye(len(scaled)), lower=True)
            found = -cho_solve(factor, gradient / diagonal) / diagonal
        except LinAlgError:
            continue
        if np.isfinite(found).all() and found @ gradient < 0:
            return found
    return None


def along(slope: Callable[[Any], Any], end: Any, start: Any = None) -> Any:
    """t > 0 near the root of an increasing function that is negative at 0, below `end` (None: no end).

    Numbers are floats or points of Arb.  0 where the function is not negative at 0.  `start` replaces the slope at 0
    where that is infinite: what counts as small is a part of it.
    """
    start = slope(0.0) if start is None else start
    if not start < 0:
        return 0.0
    low, high, t = 0.0, end, 1.0
    if end is not None and not end > 1:
        t = 0.99 * end
    for _ in range(SEARCH):
        value = slope(t)
        if abs(value) <= -FLAT * start:
            return t
        if value < 0:
            low = t
            if high is None:
                t = 2 * t
            elif high is end:
                t = min(2 * t, t + 0.99 * (high - t))
            else:
                t = _between(t, high)
        else:
            # infinite or not a number: beyond the range of float64, which is far beyond the root
            high = t
            t = _between(low, high)
        if high is not None and high - low <= 1e-12 * high:
            break
    return low if low > 0 else high


def _between(low: Any, high: Any) -> Any:
    """The geometric mean of bounds of very different size, else the mean."""
    if low == 0:
        return high / 16
    return low * (high / low) ** 0.5 if high > 4 * low else (low + high) / 2
