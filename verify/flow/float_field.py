"""The flow's field on Python floats: for one state of a small model several times faster than arrays of length 1."""

import math
from collections.abc import Sequence
from operator import mul

import numpy as np

from verify.flow.arithmetic import FLOATS
from verify.flow.field import FlowField
from verify.flow.terms import array_terms_of

# data so small that Python's floats are faster than NumPy's arrays
FEW = 64


class FloatField:
    """Slopes in the clock gamma~ - gamma~(start), with that of a time: normalised time, or t for the squared loss."""

    def __init__(self, field: FlowField, origin: float) -> None:
        self.field, self.origin = field, origin
        self.rows = np.array([[float(e) for e in row] for row in field.rows])
        self.columns = np.array([[float(e) for e in row] for row in field.forces]).T.copy()
        self.terms = array_terms_of(field.loss) if field.loss.uses_margins else None
        few = field.loss.is_exponential and self.rows.size <= FEW
        self.small = (self.rows.tolist(), self.columns.tolist()) if few else None
        self.predictor, self.pullback, self.push = (
            tape.bind(FLOATS) for tape in (field.predictor, field.pullback, field.push)
        )

    def slope(self, clock: float, state: np.ndarray) -> np.ndarray:
        """The derivative of (u, time); not finite where the field is undefined."""
        try:
            return np.array(self._slope(clock, state.tolist()))
        except (OverflowError, ZeroDivisionError, ValueError):
            return np.full(len(state), np.nan)

    def slope_with_theta(self, clock: float, state: np.ndarray) -> np.ndarray:
        """The derivative of (u, normalised time, theta = t e^-gamma~)."""
        slopes = self.slope(clock, state[:-1])
        return np.append(slopes, slopes[-1] - state[-1])

    def _slope(self, clock: float, state: Sequence[float]) -> list[float]:
        p = self.field.size
        u = state[:-1]
        if self.terms is None:
            return self._squared(clock, u)
        if self.small is not None:
            beta = self.predictor(u)
            m = [_dot(row, beta) for row in self.small[0]]
            low = min(m)
            weights = [math.exp(low - e) for e in m]
            total = sum(weights)
            out = self.pullback([*u, *(_dot(column, weights) / total for column in self.small[1])])
        else:
            logs, ratios = self.terms(self.rows @ self.predictor(u))
            weights = np.exp(logs - logs.max())
            out = self.pullback([*u, *(self.columns @ (weights * ratios) / weights.sum()).tolist()])
        rate = 1 / _dot(out[:p], out[p:])
        return [*(g * rate for g in out[p:]), rate]

    def _squared(self, clock: float, u: Sequence[float]) -> list[float]:
        p, count = self.field.size, len(self.rows)
        w, rho = u[:p], u[p:]
        out = self.pullback([*w, *(self.columns @ rho).tolist()])
        k_rho = (self.rows @ self.push([*w, *out[p:]])).tolist()
        ratio = _dot(rho, rho) / 2 / _dot(out[:p], out[p:])
        shrink = math.exp(-(self.origin + clock) / 2) * ratio
        slopes = [*(g * shrink for g in out[p:]), *(a / 2 - b * ratio for a, b in zip(rho, k_rho, strict=True))]
        return [*slopes, count * ratio]


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(map(mul, a, b))
