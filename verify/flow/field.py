"""The flow's vector field in the clock gamma~ = -log L, for any model and loss.

With m_n = y_n x_n . beta the margins (or r_n = y_n - x_n . beta the residuals) write L = (1/N) sum l_n and

    v = -grad_beta L / L,     g = G^-1 J^T v,     q = v . M v = (J^T v) . g.

In normalised time d tau = L dt the flow is dw/d tau = g, the loss decreases as d gamma~/d tau = q, so

    dw/d gamma~ = g / q,      dt/d gamma~ = e^gamma~ / q        (Moroshko et al. 2020; gamma~ of Lyu, Li 2020).

The horizon to L = 10^-1700 is 3914 in gamma~, and the stopping point is exact: no event is searched for.
Time is recovered through theta = t e^-gamma~, with d theta/d gamma~ = 1/q - theta, which never overflows.

Losses of margins enter through log l_n and the ratio -l_n'/l_n, so that v is a softmax: no l_n underflows.

The squared loss would lose its residuals to cancellation at L = 10^-32 in float64.  There the residual
is a state of its own, scaled: r = e^{-gamma~/2} rho, |rho|^2 = 2N.  With K = X M X^T,

    dw/d gamma~   = e^{-gamma~/2} G^-1 J^T X^T rho * s / (rho . K rho),      s = |rho|^2 / 2 = N,
    drho/d gamma~ = rho/2 - K rho * s / (rho . K rho),         dt/d gamma~ = N s / (rho . K rho),

which has no small differences at any loss.  (With N written for s, |rho|^2 - 2N would grow as e^gamma~.)  The state is then (w, rho), and t itself is integrated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat
from sympy import Expr, Integer, Matrix, Symbol

from derive.model import Model
from verify.data import DataSet
from verify.flow.arithmetic import ARRAYS, balls
from verify.flow.tape import Arithmetic, Tape, compile_tape
from verify.losses import Loss


@dataclass(frozen=True, slots=True)
class FlowField:
    """Tapes for beta = F(w) and for J^T v, G^-1 J^T v, with the data in float64 and exact form.

    `rows` are y_n x_n for losses of margins, x_n for the squared loss.
    """

    model: Model
    data: DataSet
    loss: Loss
    predictor: Tape
    pullback: Tape
    push: Tape
    rows: tuple[tuple[Expr, ...], ...]

    @property
    def size(self) -> int:
        """The number p of parameters."""
        return len(self.model.parameters)

    @property
    def decay(self) -> int:
        """1 where the last component of a slope belongs to t e^-gamma~, 0 where it belongs to t."""
        return int(self.loss.uses_margins)


def flow_field(model: Model, data: DataSet, loss: Loss) -> FlowField:
    """Compile a model (with numbers for all constants) against data and loss."""
    w = model.parameters
    v = tuple(Symbol(f"v_{i}", real=True) for i in range(len(model.predictor)))
    jacobian = Matrix(model.predictor).jacobian(Matrix(w))
    pulled = [sum((v[i] * jacobian[i, k] for i in range(len(v)) if jacobian[i, k] != 0), start=Integer(0)) for k in range(len(w))]
    g = tuple(Symbol(f"g_{k}", real=True) for k in range(len(w)))
    pushed = [sum((jacobian[i, k] * g[k] for k in range(len(w)) if jacobian[i, k] != 0), start=Integer(0)) for i in range(len(v))]
    raised = pulled
    if model.parameter_metric is not None:
        raised = list(Matrix(model.parameter_metric).inv() * Matrix(pulled))
    return FlowField(
        model=model, data=data, loss=loss,
        predictor=compile_tape(model.predictor, w),
        pullback=compile_tape([*pulled, *raised], [*w, *v]),
        push=compile_tape(pushed, [*w, *g]),
        rows=data.signed if loss.uses_margins else data.X,
    )  # fmt: skip


# -- float64: arrays over nodes -----------------------------------------------------------------------


class ArrayField:
    """The field on arrays: w has shape (p, nodes), real or complex (for complex-step derivatives)."""

    def __init__(self, field: FlowField) -> None:
        self.field = field
        self.rows = np.array([[float(e) for e in row] for row in field.rows])
        self.y = np.array([float(e) for e in field.data.y])
        self.constants = [[ARRAYS.constant(c) for c in tape.constants] for tape in (field.predictor, field.pullback, field.push)]

    def beta(self, w: np.ndarray) -> np.ndarray:
        """beta, shape (d, nodes)."""
        return _stack(self.field.predictor.run(list(w), ARRAYS, self.constants[0]), w)

    def weights(self, beta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(log L, coefficients c with v = rows^T c)."""
        m = self.rows @ beta
        count = len(self.rows)
        if not self.field.loss.uses_margins:
            r = self.y[:, None] - m
            total = (r * r).sum(axis=0)
            return np.log(total / (2 * count)), 2 * r / total
        logs, ratios = (-m, np.ones_like(m)) if self.field.loss.name == "exponential" else _logistic(m)
        top = np.real(logs).max(axis=0)
        p = np.exp(logs - top)
        total = p.sum(axis=0)
        return np.log(total / count) + top, p / total * ratios

    def slope(self, u: np.ndarray, gamma: np.ndarray) -> np.ndarray:
        """The state's derivative and, last, that of the time variable: shape (state + 1, nodes)."""
        p = self.field.size
        if not self.field.loss.uses_margins:
            return self._squared(u, gamma)
        _, c = self.weights(self.beta(u))
        out = self._pull(u, self.rows.T @ c)
        q = (out[:p] * out[p:]).sum(axis=0)
        return np.concatenate([out[p:] / q, 1 / q[None]])

    def _pull(self, w: np.ndarray, v: np.ndarray) -> np.ndarray:
        return _stack(self.field.pullback.run([*w, *v], ARRAYS, self.constants[1]), w)

    def _squared(self, u: np.ndarray, gamma: np.ndarray) -> np.ndarray:
        p, count = self.field.size, len(self.rows)
        w, rho = u[:p], u[p:]
        out = self._pull(w, self.rows.T @ rho)
        size = (out[:p] * out[p:]).sum(axis=0)
        k_rho = self.rows @ _stack(self.field.push.run([*w, *out[p:]], ARRAYS, self.constants[2]), w)
        ratio = (rho * rho).sum(axis=0) / 2 / size
        return np.concatenate([out[p:] * (np.exp(-gamma / 2) * ratio), rho / 2 - k_rho * ratio, count * ratio[None]])

    def derivative(self, u: np.ndarray, gamma: np.ndarray) -> np.ndarray:
        """The Jacobian of the state's derivative by complex steps, exact to rounding: (nodes, state, state)."""
        states, nodes = u.shape
        result = np.empty((nodes, states, states))
        for k in range(states):
            shifted = u.astype(complex)
            step = 1e-30 * np.maximum(1.0, np.abs(u[k]))
            shifted[k] += 1j * step
            result[:, :, k] = (self.slope(shifted, gamma)[:states].imag / step).T
        return result


def _stack(outputs: Sequence[Any], like: np.ndarray) -> np.ndarray:
    """Outputs as rows; constant ones are spread over the nodes."""
    if all(np.shape(o) == like.shape[1:] for o in outputs):
        return np.array(outputs)
    return np.array([np.broadcast_to(o, like.shape[1:]) for o in outputs])


def _logistic(m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log log(1 + e^-m) and -l'/l; for m > 36 both agree with their limits -m and 1 to rounding."""
    far = np.real(m) > 36
    near = np.where(far, 0, m)
    loss = np.log1p(np.exp(-near))
    return np.where(far, -m, np.log(loss)), np.where(far, 1, 1 / ((1 + np.exp(near)) * loss))


# -- arbitrary precision: one node at a time ----------------------------------------------------------


class BallField:
    """The field on Arb numbers at the current precision; results are balls around rounding only."""

    def __init__(self, field: FlowField, precision: int, arithmetic: Arithmetic | None = None) -> None:
        self.field = field
        self.arithmetic = balls(precision) if arithmetic is None else arithmetic
        number = balls(precision).constant
        self.rows = [[(k, number(e)) for k, e in enumerate(row) if e != 0] for row in field.rows]
        self.matrix = arb_mat([[number(e) for e in row] for row in field.rows])
        self.transposed = self.matrix.transpose()
        self.y = [number(e) for e in field.data.y]
        self.constants = [[self.arithmetic.constant(c) for c in tape.constants] for tape in (field.predictor, field.pullback, field.push)]

    def beta(self, w: Sequence[Any]) -> list[Any]:
        """beta = F(w)."""
        return self.field.predictor.run(w, self.arithmetic, self.constants[0])

    def products(self, beta: Sequence[Any]) -> list[Any]:
        """The rows times beta: margins, or predictions for the squared loss."""
        return [_sum([beta[k] * e for k, e in row]) for row in self.rows]

    def terms(self, beta: Sequence[Any]) -> tuple[Any, list[Any]]:
        """(N L, coefficients c with v = rows^T c)."""
        return self.coefficients(self.products(beta))

    def coefficients(self, m: Sequence[Any]) -> tuple[Any, list[Any]]:
        """`terms` from margins (predictions for the squared loss)."""
        if not self.field.loss.uses_margins:
            r = [y - e for y, e in zip(self.y, m, strict=True)]
            total = _sum([e * e for e in r])
            return total / 2, [2 * e / total for e in r]
        decayed = [(-e).exp() for e in m]
        if self.field.loss.name == "exponential":
            total = _sum(decayed)
            return total, [e / total for e in decayed]
        losses = [e.log1p() if isinstance(e, arb) else (1 + e).log() for e in decayed]
        total = _sum(losses)
        return total, [e / (1 + e) / total for e in decayed]

    def log_loss(self, w: Sequence[Any]) -> Any:
        """log L at w."""
        total, _ = self.terms(self.beta(w))
        return (total / len(self.rows)).log()

    def raised(self, w: Sequence[Any]) -> tuple[list[Any], Any]:
        """(g, q): dw/d tau and d gamma~/d tau."""
        _, c = self.terms(self.beta(w))
        d = len(self.field.model.predictor)
        v: list[Any] = [None] * d
        for coefficient, row in zip(c, self.rows, strict=True):
            for k, e in row:
                v[k] = coefficient * e if v[k] is None else v[k] + coefficient * e
        zero = c[0] * 0
        out = self.field.pullback.run([*w, *(zero if e is None else e for e in v)], self.arithmetic, self.constants[1])
        p = self.field.size
        return out[p:], _sum([a * b for a, b in zip(out[:p], out[p:], strict=True)])

    def first_state(self, w: Sequence[arb]) -> list[arb]:
        """The state at the start: w, and the scaled residuals for the squared loss."""
        if self.field.loss.uses_margins:
            return list(w)
        r = [y - e for y, e in zip(self.y, self.products(self.beta(w)), strict=True)]
        scale = (2 * arb(len(r)) / _sum([e * e for e in r])).sqrt()
        return [*w, *((e * scale).mid() for e in r)]

    def slopes(self, states: Sequence[Sequence[arb]], gammas: Sequence[arb]) -> list[list[arb]]:
        """Derivatives at many nodes, as midpoints: products with the data are matrix products."""
        if not self.field.loss.uses_margins:
            return self._squared(states, gammas)
        betas = [self.beta(w) for w in states]
        products = self.matrix * arb_mat([list(column) for column in zip(*betas, strict=True)])
        count = len(self.rows)
        coefficients = [self.coefficients([products[n, j] for n in range(count)])[1] for j in range(len(states))]
        v = self.transposed * arb_mat([list(row) for row in zip(*coefficients, strict=True)])
        d, p = len(betas[0]), self.field.size
        result = []
        for j, w in enumerate(states):
            out = self.field.pullback.run([*w, *(v[k, j] for k in range(d))], self.arithmetic, self.constants[1])
            inverse = 1 / _sum([a * b for a, b in zip(out[:p], out[p:], strict=True)])
            result.append([*((e * inverse).mid() for e in out[p:]), inverse.mid()])
        return result

    def _squared(self, states: Sequence[Sequence[arb]], gammas: Sequence[arb]) -> list[list[arb]]:
        p, count = self.field.size, len(self.rows)
        v = self.transposed * arb_mat([list(row) for row in zip(*(u[p:] for u in states), strict=True)])
        d = len(self.field.model.predictor)
        result = []
        for j, (u, gamma) in enumerate(zip(states, gammas, strict=True)):
            w, rho = u[:p], u[p:]
            out = self.field.pullback.run([*w, *(v[k, j] for k in range(d))], self.arithmetic, self.constants[1])
            size = _sum([a * b for a, b in zip(out[:p], out[p:], strict=True)])
            k_rho = self.products(self.field.push.run([*w, *out[p:]], self.arithmetic, self.constants[2]))
            ratio = _sum([e * e for e in rho]) / 2 / size
            shrink = (-gamma / 2).exp() * ratio
            result.append([*((e * shrink).mid() for e in out[p:]),
                           *((a / 2 - b * ratio).mid() for a, b in zip(rho, k_rho, strict=True)), (count * ratio).mid()])  # fmt: skip
        return result


def _sum(values: Sequence[Any]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total
