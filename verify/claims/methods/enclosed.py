"""Comparisons of numbers that only a computation can give, each enclosed in a ball.

A limit of an iteration is not an expression, but it can be enclosed: the iterates are computed in ball
arithmetic and a bound on everything that is still to come is added to the radius.  `Enclosed` compares such
balls with the statement.  Inequalities and inequations can be proved that way; an equation can only be
refuted (two balls that do not meet), since balls that overlap prove nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from flint import arb, ctx
from sympy import lambdify

from derive.verdict import Verdict, proved, refuted, unknown
from verify.claims.reading import Names, read
from verify.claims.record import Formula

PRECISION = 192
_FUNCTIONS = {name: (lambda x, name=name: getattr(arb(x), name)()) for name in
              ("exp", "log", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "atan")} | {
    "Abs": lambda x: abs(arb(x))}  # fmt: skip


def evaluate(text: str, values: Mapping[str, arb]) -> arb:
    """An expression at balls.  Raises `ValueError` for a name without a value (our bug)."""
    expression = read(text, Names())
    symbols = sorted(expression.free_symbols, key=str)
    missing = {str(s) for s in symbols} - set(values)
    if missing:
        raise ValueError(f"no value for {sorted(missing)}")
    return arb(lambdify(symbols, expression, modules=[_FUNCTIONS, "math"])(*(values[str(s)] for s in symbols)))


def holds(left: arb, relation: str, right: arb) -> bool:
    """Does the relation hold for all numbers of the two balls?"""
    outcomes = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}
    return bool(outcomes[relation])


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """left relation right, where every name stands for a number enclosed by `means[name]()`."""

    means: Mapping[str, Callable[[], arb]]

    def __call__(self, formula: Formula) -> Verdict:
        with ctx.workprec(PRECISION):
            known = {name: compute() for name, compute in self.means.items()}
            left, right = evaluate(formula.left, known), evaluate(formula.right, known)
            shown = f"left side {left.str(12)}, right side {right.str(12)}"
            if not (left.is_finite() and right.is_finite()):
                return unknown(f"a side has no finite enclosure: {shown}")
            if formula.relation == "=":
                return unknown(f"balls overlap: {shown}") if left.overlaps(right) else refuted(shown)
            if holds(left, formula.relation, right):
                return proved(f"ball arithmetic: {shown}")
            opposite = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}[formula.relation]
            return refuted(shown) if holds(left, opposite, right) else unknown(f"the balls overlap: {shown}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A statement on a limit that only runs support: it stays unknown, with what the runs show."""

    run: Callable[[], str]

    def __call__(self, formula: Formula) -> Verdict:
        return unknown(f"numbers only, no bound on what is still to come: {self.run()}")
