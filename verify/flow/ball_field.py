"""The flow's field in arbitrary precision, one node at a time (see `verify.flow.field` for the formulas)."""

from collections.abc import Sequence
from typing import Any

from flint import arb, arb_mat

from verify.flow.arithmetic import balls
from verify.flow.field import FlowField
from verify.flow.tape import Arithmetic


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
        self.predictor, self.pullback, self.push = (
            tape.bind(self.arithmetic) for tape in (field.predictor, field.pullback, field.push)
        )

    def beta(self, w: Sequence[Any]) -> list[Any]:
        """beta = F(w)."""
        return self.predictor(w)

    def products(self, beta: Sequence[Any]) -> list[Any]:
        """The rows times beta: margins, or predictions for the squared loss."""
        zero = beta[0] * 0
        return [_sum([beta[k] * e for k, e in row]) if row else zero for row in self.rows]

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
        out = self.pullback([*w, *(zero if e is None else e for e in v)])
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
            out = self.pullback([*w, *(v[k, j] for k in range(d))])
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
            out = self.pullback([*w, *(v[k, j] for k in range(d))])
            size = _sum([a * b for a, b in zip(out[:p], out[p:], strict=True)])
            k_rho = self.products(self.push([*w, *out[p:]]))
            ratio = _sum([e * e for e in rho]) / 2 / size
            shrink = (-gamma / 2).exp() * ratio
            result.append(
                [
                    *((e * shrink).mid() for e in out[p:]),
                    *((a / 2 - b * ratio).mid() for a, b in zip(rho, k_rho, strict=True)),
                    (count * ratio).mid(),
                ]
            )
        return result


def _sum(values: Sequence[Any]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total
