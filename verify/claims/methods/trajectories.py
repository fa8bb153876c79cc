"""Where a flow is when its loss is exp(-gamma~), next to where an asymptotic statement says it goes.

A limit alpha -> oo cannot be established by runs: the answer is `unknown`, and the reason holds the numbers
(`verify.flow` to a dozen digits, the target exact or enclosed), so that a reader can see whether they fall.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flint import arb, ctx, fmpq
from sympy import Integer, Rational

from derive.catalogue import architecture
from derive.verdict import Verdict, unknown
from verify.claims.methods.margins import least_l1, least_l2, signed_rows
from verify.claims.methods.printed_data import least
from verify.claims.record import Formula
from verify.data import load_data
from verify.decimal import parse_decimal
from verify.flow.engine import flow
from verify.start import scaled

DIGITS = 12
BITS = 128
Target = Callable[[], Sequence[arb]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """max_i |what_i - target_i| for each (alpha, gamma~); what = w/gamma, gamma the smallest margin."""

    data: str
    depth: int
    stops: tuple[tuple[Rational, Rational], ...]
    target: Target
    name: str

    def __call__(self, formula: Formula) -> Verdict:
        with ctx.workprec(BITS):
            goal = list(self.target())
            seen = []
            for alpha, gamma in self.stops:
                what = normalised(self.data, self.depth, alpha, gamma)
                far = max((abs(a - b) for a, b in zip(what, goal, strict=True)), key=lambda v: float(v.mid()))
                shown = ", ".join(v.str(6, radius=False) for v in what)
                seen.append(f"alpha = {alpha}, gamma~ = {gamma}: ({shown}), distance {far.mid().str(3, radius=False)}")
        return unknown(f"numerics only; distance of w/gamma to {self.name}: " + "; ".join(seen))


def normalised(data: str, depth: int, alpha: Rational, gamma: Rational) -> list[arb]:
    """w/gamma at the loss exp(-gamma~), on a built-in data set."""
    points = load_data(data)
    model = scaled(architecture("diagonal").model(depth=depth, dimension=points.dimension), alpha)
    until = parse_decimal(f"1e-{int(gamma * Rational(43430, 100000)) + 2}", where="the loss")
    run = flow(model, points, loss="exponential", until=until, digits=DIGITS)
    u = run.at(arb(fmpq(int(gamma.p), int(gamma.q))))
    w = [p**depth - m**depth for p, m in zip(u[::2], u[1::2], strict=True)]
    rows = signed_rows(points)
    margins = [sum((arb(e) * v for e, v in zip(row, w, strict=True)), arb(0)) for row in rows]
    smallest = min(margins, key=lambda m: float(m.mid() / abs(margins[0]).mid()))
    return [v / smallest for v in w]


def l2_point(data: str) -> Target:
    """The l2 max-margin predictor."""
    return lambda: [arb(e) for e in least_l2(signed_rows(load_data(data)))[0]]


def l1_point(data: str) -> Target:
    """The l1 max-margin predictor (the first vertex, where there are several)."""
    return lambda: [arb(e) for e in least_l1(signed_rows(load_data(data)))[1][0]]


def path_point(data: str, depth: int, mu: Rational) -> Target:
    """The Q_mu max-margin predictor."""
    return lambda: [b.mid() for b in least(data, depth, mu).beta]


def axis_point(size: Rational, dimension: int) -> Target:
    """size * e_1."""
    return lambda: [arb(fmpq(int(size.p), int(size.q))), *(arb(int(Integer(0))) for _ in range(dimension - 1))]
