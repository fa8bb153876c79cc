"""The flow's vector field in the clock gamma~ = -log L, for any model and loss.

With m_n = y_n x_n . beta the margins (or r_n = y_n - x_n . beta the residuals) write L = (1/N) sum l_n and

    v = -grad_beta L / L,     g = G^-1 J^T v,     q = v . M v = (J^T v) . g.

In normalised time d tau = L dt the flow is dw/d tau = g, the loss decreases as d gamma~/d tau = q, so

    dw/d gamma~ = g / q,      dt/d gamma~ = e^gamma~ / q        (Moroshko et al. 2020; gamma~ of Lyu, Li 2020).

The horizon to L = 10^-1700 is 3914 in gamma~, and the stopping point is exact: no event is searched for.
Time is recovered through theta = t e^-gamma~, with d theta/d gamma~ = 1/q - theta, which never overflows.

Every loss enters through log l_n and the ratio -l_n'/l_n, so that v is a softmax: no l_n underflows.
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
    rows: tuple[tuple[Expr, ...], ...]

    @property
    def size(self) -> int:
        """The number p of parameters."""
        return len(self.model.parameters)


def flow_field(model: Model, data: DataSet, loss: Loss) -> FlowField:
    """Compile a model (with numbers for all constants) against data and loss."""
    w = model.parameters
    v = tuple(Symbol(f"v_{i}", real=True) for i in range(len(model.predictor)))
    jacobian = Matrix(model.predictor).jacobian(Matrix(w))
    pulled = [sum((v[i] * jacobian[i, k] for i in range(len(v)) if jacobian[i, k] != 0), start=Integer(0)) for k in range(len(w))]
    raised = pulled
    if model.parameter_metric is not None:
        raised = list(Matrix(model.parameter_metric).inv() * Matrix(pulled))
    return FlowField(
        model=model, data=data, loss=loss,
        predictor=compile_tape(model.predictor, w),
        pullback=compile_tape([*pulled, *raised], [*w, *v]),
        rows=data.signed if loss.uses_margins else data.X,
    )  # fmt: skip


# -- float64: arrays over nodes -----------------------------------------------------------------------


class ArrayField:
    """The field on arrays: w has shape (p, nodes), real or complex (for complex-step derivatives)."""

    def __init__(self, field: FlowField) -> None:
        self.field = field
        self.rows = np.array([[float(e) for e in row] for row in field.rows])
        self.y = np.array([float(e) for e in field.data.y])
        self.constants = [[ARRAYS.constant(c) for c in tape.constants] for tape in (field.predictor, field.pullback)]

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

    def slope(self, w: np.ndarray) -> np.ndarray:
        """dw/d gamma~ and 1/q stacked: shape (p + 1, nodes)."""
        _, c = self.weights(self.beta(w))
        v = self.rows.T @ c
        stacked = _stack(self.field.pullback.run([*w, *v], ARRAYS, self.constants[1]), w)
        p = self.field.size
        q = (stacked[:p] * stacked[p:]).sum(axis=0)
        return np.concatenate([stacked[p:] / q, 1 / q[None]])

    def derivative(self, w: np.ndarray) -> np.ndarray:
        """d(dw/d gamma~)/dw by complex steps, exact to rounding: shape (nodes, p, p)."""
        p, nodes = w.shape
        result = np.empty((nodes, p, p))
        for k in range(p):
            shifted = w.astype(complex)
            step = 1e-30 * np.maximum(1.0, np.abs(w[k]))
            shifted[k] += 1j * step
            result[:, :, k] = (self.slope(shifted)[:p].imag / step).T
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
        self.constants = [[self.arithmetic.constant(c) for c in tape.constants] for tape in (field.predictor, field.pullback)]

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

    def slope(self, w: Sequence[Any]) -> list[Any]:
        """dw/d gamma~ and 1/q."""
        g, q = self.raised(w)
        inverse = 1 / q
        return [*(e * inverse for e in g), inverse]

    def slopes(self, states: Sequence[Sequence[arb]]) -> list[list[arb]]:
        """`slope` at many nodes, as midpoints: the products with the data are two matrix products."""
        betas = [self.beta(w) for w in states]
        products = self.matrix * arb_mat([list(column) for column in zip(*betas, strict=True)])
        count = len(self.rows)
        coefficients = [self.coefficients([products[n, j] for n in range(count)])[1] for j in range(len(states))]
        v = self.transposed * arb_mat([list(row) for row in zip(*coefficients, strict=True)])
        d, p = len(betas[0]), self.field.size
        result = []
        for j, w in enumerate(states):
            out = self.field.pullback.run([*w, *(v[k, j] for k in range(d))], self.arithmetic, self.constants[1])
            q = _sum([a * b for a, b in zip(out[:p], out[p:], strict=True)])
            inverse = 1 / q
            result.append([*((e * inverse).mid() for e in out[p:]), inverse.mid()])
        return result


def _sum(values: Sequence[Any]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total
