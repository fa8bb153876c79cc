"""The vocabulary of the JSON documents: verdicts, witnesses, intervals and expressions as plain data.

An expression is text that SymPy reads; an end of an interval that is infinite is null.
"""

from collections.abc import Iterable
from typing import Any

from sympy import Expr, Symbol, oo

from derive.limits.nearest import Interval
from derive.verdict import Verdict, Witness


def plain_verdict(verdict: Verdict) -> dict[str, Any]:
    """Status and reason."""
    return {"status": str(verdict.status), "reason": verdict.reason}


def plain_point(pairs: Iterable[tuple[Symbol, Expr]]) -> dict[str, str]:
    """A point, or a direction, by name."""
    return {str(symbol): str(value) for symbol, value in pairs}


def entry_witness(witness: Witness | None) -> dict[str, Any] | None:
    """A point at which an entry of a matrix is not what it would have to be."""
    if witness is None:
        return None
    entry = list(witness.entry) if witness.entry is not None else None
    found = {"point": plain_point(witness.point), "entry": entry, "value": witness.value, "meaning": witness.meaning}
    return found if witness.normal is None else found | {"normal": plain_point(witness.normal)}


def direction_witness(witness: Witness | None) -> dict[str, Any] | None:
    """A point, and a direction in which something moves that would have to stand still."""
    if witness is None:
        return None
    return {
        "point": plain_point(witness.point),
        "direction": plain_point(witness.direction or ()),
        "value": witness.value,
        "meaning": witness.meaning,
    }


def plain_interval(interval: Interval) -> list[str | None]:
    """Both ends."""
    low, high = interval
    return [plain_bound(low), plain_bound(high)]


def plain_bound(value: Expr) -> str | None:
    """One end; None where it is infinite."""
    return None if value in (oo, -oo) else str(value)


def text(expression: Expr | None) -> str | None:
    """An expression, if there is one."""
    return None if expression is None else str(expression)


def texts(expressions: Iterable[Expr] | None) -> list[str] | None:
    """Expressions, if there are any."""
    return None if expressions is None else [str(e) for e in expressions]
