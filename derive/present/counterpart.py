"""The explicit counterpart in formulas: closed, an equation, curves, or branches, the first that there is."""

from collections.abc import Iterator

from sympy import Expr, Integer, oo

from derive.limits.branches import Branch
from derive.limits.explicit import Explicit
from derive.limits.nearest import Interval

LONG = 80
Line = tuple[Expr, Expr, str]


def formula_lines(e: Explicit, shown: int) -> list[Line]:
    """(left, right, label) for R; equal curves and branches of further coordinates are not repeated."""
    if e.value is not None:
        where = ", ".join(f"{c} >= 0" for c in e.where)
        return [(e.name, e.value, f"where {where}" if where else "")]
    short = [(Integer(0), q, "") for q in (e.equations or ())[:shown] if q.count_ops() <= LONG]
    if short:
        return short
    return [*_curves(e), *_branches(e)]


def _curves(e: Explicit) -> Iterator[Line]:
    for beta, curve in e.curves:
        if beta == e.curves[0][0] and curve.value.count_ops() <= LONG:
            yield beta, curve.beta, f"for {e.multiplier} in {_words(curve.multipliers)}, beta in {_words(curve.domain)}"
            yield e.name, curve.value, "there"


def _branches(e: Explicit) -> Iterator[Line]:
    for places, branch in e.branches:
        if places == e.branches[0][0] and branch.value.count_ops() <= LONG:
            for equation in branch.equations:
                yield Integer(0), equation, ""
            yield e.name, branch.value, _conditions(branch)


def _conditions(branch: Branch) -> str:
    """What selects the root, and where this is claimed; long conditions are in the JSON document only."""
    short = [f"{c} >= 0" for c in branch.conditions if c.count_ops() <= LONG]
    label = "at the root with " + ", ".join(short) if short else ""
    if len(short) < len(branch.conditions):
        label += ", ..."
    if branch.where:
        label += ("; " if label else "") + "where " + ", ".join(f"{c} >= 0" for c in branch.where)
    return label


def _words(interval: Interval) -> str:
    low, high = interval
    return f"({'-oo' if low == -oo else low}, {'oo' if high == oo else high})"
