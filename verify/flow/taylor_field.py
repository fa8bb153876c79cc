"""The flow's field as a network of jets (see `verify.flow.field` for the formulas)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gmpy2 import mpfr
from sympy import Integer, Rational

from verify.flow.field import FlowField
from verify.flow.reals import number
from verify.flow.taylor_functions import jets
from verify.flow.taylor_jets import Constant, Jet, Network
from verify.flow.terms import terms_of


@dataclass(frozen=True, slots=True)
class JetField:
    """The unknowns in order, their slopes d/d gamma~, and dt/d gamma~ (scaled, see `verify.flow.field`)."""

    network: Network
    unknowns: tuple[Jet, ...]
    slopes: tuple[Jet, ...]
    rate: Jet

    def series(self, start: Sequence[mpfr], order: int) -> list[list[mpfr]]:
        """Taylor coefficients 0..order of the unknowns, whose values are `start`; those of `rate` are in its list."""
        self.network.clear()
        for unknown, value in zip(self.unknowns, start, strict=True):
            unknown.c.append(value)
        for k in range(order):
            self.network.advance(k)
            for unknown, slope in zip(self.unknowns, self.slopes, strict=True):
                unknown.c.append(slope.c[k] / (k + 1))
        return [unknown.c for unknown in self.unknowns]


def jet_field(field: FlowField, precision: int) -> JetField:
    """Record the field once; constants are rounded to `precision` bits, the context's."""
    network = Network()
    w = [network.jet() for _ in range(field.size)]
    arithmetic = jets(precision)
    predictor, pullback, push = (t.bind(arithmetic) for t in (field.predictor, field.pullback, field.push))
    rows = [[number(e, precision) for e in row] for row in field.rows]

    def series(values: Sequence[Any]) -> list[Jet]:
        return [_as_jet(network, v) for v in values]

    def combine(matrix: Sequence[Sequence[mpfr]], of: Sequence[Jet]) -> list[Jet]:
        return [_combined(network, row, of) for row in matrix]

    columns = [list(column) for column in zip(*rows, strict=True)]
    p = field.size
    if field.loss.uses_margins:
        terms = terms_of(field.loss, arithmetic)
        pairs = [terms(m) for m in combine(rows, series(predictor(w)))]
        inverse = 1 / _sum([value for value, _ in pairs])
        out = series(pullback([*w, *combine(columns, [slope * inverse for _, slope in pairs])]))
        rate = 1 / _sum([a * b for a, b in zip(out[:p], out[p:], strict=True)])
        return JetField(network, tuple(w), tuple(g * rate for g in out[p:]), rate)
    rho = [network.jet() for _ in rows]
    clock = network.jet()
    shrink = (clock * Constant(number(Rational(-1, 2), precision))).exp()
    out = series(pullback([*w, *combine(columns, rho)]))
    size = _sum([a * b for a, b in zip(out[:p], out[p:], strict=True)])
    half = Constant(number(Rational(1, 2), precision))
    ratio = _sum([e * e for e in rho]) * half * (1 / size)
    k_rho = combine(rows, series(push([*w, *out[p:]])))
    slopes = [g * ratio * shrink for g in out[p:]]
    slopes += [a * half - b * ratio for a, b in zip(rho, k_rho, strict=True)]
    one = _as_jet(network, Constant(number(Integer(1), precision)))
    count = Constant(number(Integer(len(rows)), precision))
    return JetField(network, (*w, *rho, clock), (*slopes, one), ratio * count)


def _as_jet(network: Network, value: Any) -> Jet:
    if isinstance(value, Jet):
        return value
    constant = value.value
    return network.result(lambda k, _: constant if k == 0 else mpfr(0))


def _combined(network: Network, row: Sequence[mpfr], of: Sequence[Jet]) -> Jet:
    """The combination of a row, without its zeros."""
    kept = [(e, j) for e, j in zip(row, of, strict=True) if e != 0]
    return network.combination([e for e, _ in kept], [j for _, j in kept])


def _sum(terms: Sequence[Jet]) -> Jet:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
