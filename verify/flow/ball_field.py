"""The flow's field in arbitrary precision, at one point or at all nodes of a panel (see `verify.flow.field`)."""

from collections.abc import Sequence
from typing import Any

from flint import arb, arb_mat

from verify.flow.arithmetic import balls
from verify.flow.columns import Column, columns, stacked
from verify.flow.field import FlowField
from verify.flow.program import Arithmetic
from verify.flow.terms import terms_of


class BallField:
    """The field on Arb numbers at the current precision; results are balls around rounding only."""

    def __init__(self, field: FlowField, precision: int, arithmetic: Arithmetic | None = None) -> None:
        self.field = field
        self.arithmetic = balls(precision) if arithmetic is None else arithmetic
        number = balls(precision).constant
        self.sample = terms_of(field.loss, self.arithmetic)
        self.rows = [[(k, number(e)) for k, e in enumerate(row) if e != 0] for row in field.rows]
        self.matrix = arb_mat([[number(e) for e in row] for row in field.rows])
        self.forces, forces = self.rows, self.matrix
        if field.force is not None:
            self.forces = [[(k, number(e)) for k, e in enumerate(row) if e != 0] for row in field.force]
            forces = arb_mat([[number(e) for e in row] for row in field.force])
        self.transposed = forces.transpose()
        self.y = [number(e) for e in field.data.y]
        self.predictor, self.pullback, self.push = (
            tape.bind(self.arithmetic) for tape in (field.predictor, field.pullback, field.push)
        )
        self.head, self.tail = field.split.bind(self.arithmetic)

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
        pairs = [self.sample(e) for e in m]
        total = _sum([value for value, _ in pairs])
        return total, [slope / total for _, slope in pairs]

    def log_loss(self, w: Sequence[Any]) -> Any:
        """log L at w."""
        total, _ = self.terms(self.beta(w))
        return (total / len(self.rows)).log()

    def raised(self, w: Sequence[Any]) -> tuple[list[Any], Any]:
        """(g, q): dw/d tau and d gamma~/d tau."""
        _, c = self.terms(self.beta(w))
        v: list[Any] = [None] * len(self.field.forces[0])
        for coefficient, row in zip(c, self.forces, strict=True):
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

    def slopes(self, states: Sequence[Column], gammas: Sequence[arb]) -> list[Column]:
        """Derivatives at many nodes, as midpoints: the state's by component, and last that of the time variable."""
        count = len(gammas)
        if not self.field.loss.uses_margins:
            return self._squared(states, Column(list(gammas)))
        first = self.head(states)
        beta, kept = stacked(first[: self.field.split.beta], count), first[self.field.split.beta :]
        products = columns(self.matrix * arb_mat([b.entries for b in beta]))
        _, coefficients = self.coefficients(products)
        v = columns(self.transposed * arb_mat([c.entries for c in coefficients]))
        out = stacked(self.tail([*kept, *v]), count)
        p = self.field.size
        inverse = 1 / _sum([a * b for a, b in zip(out[:p], out[p:], strict=True)])
        return [*((e * inverse).mid() for e in out[p:]), inverse.mid()]

    def _squared(self, states: Sequence[Column], gammas: Column) -> list[Column]:
        p, count = self.field.size, len(self.rows)
        w, rho = states[:p], states[p:]
        v = columns(self.transposed * arb_mat([r.entries for r in rho]))
        out = stacked(self.pullback([*w, *v]), len(gammas))
        size = _sum([a * b for a, b in zip(out[:p], out[p:], strict=True)])
        moved = stacked(self.push([*w, *out[p:]]), len(gammas))
        k_rho = columns(self.matrix * arb_mat([e.entries for e in moved]))
        ratio = _sum([e * e for e in rho]) / 2 / size
        shrink = (-gammas / 2).exp() * ratio
        return [
            *((e * shrink).mid() for e in out[p:]),
            *((a / 2 - b * ratio).mid() for a, b in zip(rho, k_rho, strict=True)),
            (count * ratio).mid(),
        ]


def _sum(values: Sequence[Any]) -> Any:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total
