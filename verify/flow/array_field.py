"""The flow's field in float64: arrays over nodes, real or complex (see `verify.flow.field` for the formulas)."""

from collections.abc import Sequence
from operator import mul
from typing import Any

import numpy as np

from verify.flow.arithmetic import ARRAYS, FLOATS
from verify.flow.field import FlowField
from verify.flow.terms import array_terms_of

# numbers in one evaluation for derivatives: what the processor's cache holds
BATCH = 20_000


class ArrayField:
    """The field on arrays: w has shape (p, nodes), real or complex (for complex-step derivatives).

    Its clock is gamma~ - origin, the start being at 0: a float has no room for a start of scale 1e-10, whose
    first steps change gamma~ by 1e-20, unless gamma~ is counted from there.
    """

    def __init__(self, field: FlowField, origin: float = 0.0) -> None:
        self.field, self.origin = field, origin
        self.rows = np.array([[float(e) for e in row] for row in field.rows])
        self.forces = np.array([[float(e) for e in row] for row in field.forces]).T
        self.y = np.array([float(e) for e in field.data.y])
        self.terms = array_terms_of(field.loss)
        self.predictor, self.pullback, self.push = (
            tape.bind(ARRAYS) for tape in (field.predictor, field.pullback, field.push)
        )
        self.d = field.split.beta
        self.head, self.tail = field.split.bind(ARRAYS)
        self.point_head, self.point_tail = field.split.bind(FLOATS)

    def beta(self, w: np.ndarray) -> np.ndarray:
        """beta, shape (d, nodes)."""
        return _stack(self.predictor(list(w)), w)

    def weights(self, beta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(log L, coefficients c with v = rows^T c)."""
        m = self.rows @ beta
        count = len(self.rows)
        if not self.field.loss.uses_margins:
            r = self.y[:, None] - m
            total = (r * r).sum(axis=0)
            return np.log(total / (2 * count)), 2 * r / total
        logs, ratios = self.terms(m)
        top = np.real(logs).max(axis=0)
        p = np.exp(logs - top)
        total = p.sum(axis=0)
        return np.log(total / count) + top, p / total * ratios

    def slope(self, u: np.ndarray, clock: np.ndarray) -> np.ndarray:
        """The state's derivative and, last, that of the time variable: shape (state + 1, nodes)."""
        p = self.field.size
        if not self.field.loss.uses_margins:
            return self._squared(u, clock)
        first = self.head(list(u))
        _, c = self.weights(_stack(first[: self.d], u))
        out = _stack(self.tail([*first[self.d :], *(self.forces @ c)]), u)
        q = (out[:p] * out[p:]).sum(axis=0)
        return np.concatenate([out[p:] / q, 1 / q[None]])

    def slope_at(self, u: np.ndarray, clock: float) -> np.ndarray:
        """The state's derivative at one point: on Python's floats, which are faster than arrays of one entry.

        Not a number where the point is outside the range of float64.
        """
        p = self.field.size
        if not self.field.loss.uses_margins:
            return self._squared(u[:, None], np.array([clock]))[:-1, 0]
        try:
            first = self.point_head(u.tolist())
            _, c = self.weights(np.array(first[: self.d], dtype=float))
            out = self.point_tail([*first[self.d :], *(self.forces @ c).tolist()])
            q = sum(map(mul, out[:p], out[p:]))
            return np.array([e / q for e in out[p:]])
        except (OverflowError, ValueError, ZeroDivisionError):
            return np.full(len(u), np.nan)

    def _pull(self, w: np.ndarray, v: np.ndarray) -> np.ndarray:
        return _stack(self.pullback([*w, *v]), w)

    def _squared(self, u: np.ndarray, clock: np.ndarray) -> np.ndarray:
        p, count = self.field.size, len(self.rows)
        w, rho = u[:p], u[p:]
        out = self._pull(w, self.forces @ rho)
        size = (out[:p] * out[p:]).sum(axis=0)
        k_rho = self.rows @ _stack(self.push([*w, *out[p:]]), w)
        ratio = (rho * rho).sum(axis=0) / 2 / size
        return np.concatenate(
            [out[p:] * (np.exp(-(self.origin + clock) / 2) * ratio), rho / 2 - k_rho * ratio, count * ratio[None]]
        )

    def derivative(self, u: np.ndarray, clock: np.ndarray) -> np.ndarray:
        """The Jacobian of `slope` by complex steps, exact to rounding: (nodes, state + 1, state)."""
        states, nodes = u.shape
        steps = 1e-30 * np.maximum(1.0, np.abs(u))
        together = max(1, BATCH // (states * nodes))
        parts = []
        for first in range(0, states, together):
            moved = range(first, min(first + together, states))
            shifted = np.repeat(u.astype(complex)[:, None, :], len(moved), axis=1)
            for place, k in enumerate(moved):
                shifted[k, place] += 1j * steps[k]
            image = self.slope(shifted.reshape(states, -1), np.tile(clock, len(moved)))
            parts.append(np.imag(image).reshape(states + 1, len(moved), nodes) / steps[moved.start : moved.stop])
        return np.concatenate(parts, axis=1).transpose(2, 0, 1)


def _stack(outputs: Sequence[Any], like: np.ndarray) -> np.ndarray:
    """Outputs as rows; constant ones are spread over the nodes."""
    result = np.empty((len(outputs), *like.shape[1:]), dtype=like.dtype)
    for row, e in zip(result, outputs, strict=True):
        row[...] = e
    return result
