"""Limits and orders of magnitude.

`Ratio` computes a limit of an exp-log expression by Gruntz' algorithm (which is a decision procedure for
that class, given zero tests) and confirms it by a ball evaluation far out; the two must agree before
anything is called proved.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flint import arb
from sympy import Expr, Integer, Rational, limit, oo

from derive.errors import ComputationError
from derive.exact.balls import ball
from derive.verdict import Verdict, proved, refuted, unknown
from verify.claims.methods.identity import same
from verify.claims.reading import Names, read
from verify.claims.record import Formula

FAR = (10, 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """left/right -> 1 as `variable` -> `to` ("0" from above, or "oo").

    With `means` the names of the left side are computed expressions, as in `Identity`.
    """

    names: Names
    variable: str
    to: str
    means: dict[str, Callable[[], Expr]]

    def __call__(self, formula: Formula) -> Verdict:
        if formula.relation != "=":
            return unknown(f"a limit is no {formula.relation}")
        known = {self.names(name): compute() for name, compute in self.means.items()}
        left, right = read(formula.left, self.names).xreplace(known), read(formula.right, self.names)
        x = self.names(self.variable)
        target = oo if self.to == "oo" else Integer(0)
        others = {s: Rational(3, 2) + i for i, s in enumerate(sorted((left / right).free_symbols - {x}, key=str))}
        found = limit((left / right).xreplace(others), x, target, "+" if target == 0 else "-")
        if not found.is_number or found.has(oo):
            return unknown(f"the limit was computed as {found}")
        distances: list[arb] = [self._distance((left / right).xreplace(others) - found, power) for power in FAR]
        where = ", ".join(f"{s} = {v}" for s, v in others.items())
        if not distances[1] < distances[0] or not distances[1] < arb("0.1"):
            return unknown(f"the computed limit {found} is not seen in the values")
        verdict = same(found, Integer(1), None)
        if verdict.is_proved:
            return proved(f"the ratio tends to 1 (Gruntz' algorithm; distance {distances[1].str(3, radius=False)} "
                          f"at 10^{FAR[1]}, in balls{', at ' + where if where else ''})")  # fmt: skip
        return (
            refuted(f"the ratio tends to {found}{' at ' + where if where else ''}") if verdict.is_refuted else verdict
        )

    def _distance(self, e: Expr, power: int) -> arb:
        value = Integer(10) ** (power if self.to == "oo" else -power)
        try:
            number = ball(e.xreplace({self.names(self.variable): value}), 2048)
        except ComputationError:
            return arb.nan()
        return abs(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounded:
    """left = right to `significant` digits, where left is a computed number (a quoted number of a paper)."""

    compute: Callable[[], Expr]
    significant: int

    def __call__(self, formula: Formula) -> Verdict:
        stated = ball(read(formula.right, Names()), 256)
        true = ball(self.compute(), 256)
        slack = abs(true) * arb(10) ** (1 - self.significant) / 2
        text = true.str(12, radius=False)
        if abs(stated - true) <= slack:
            return proved(f"the number is {text}, which rounds to the quoted one at {self.significant} digits")
        if abs(stated - true) > slack:
            return refuted(f"the number is {text}")
        return unknown(f"the number is {text}, at the edge of the rounding")
