"""Roots without formulas: their equations, and in words which root of them is meant."""

from collections.abc import Iterator, Sequence
from typing import Any

from sympy import Integer

from derive.branch.elimination import Elimination
from derive.branch.roots import Kind, Root
from derive.present.plain import text, texts
from derive.present.step import Formula


def root_document(e: Elimination) -> dict[str, Any] | None:
    """M where it is known in beta, the constants and roots of equations, as plain data."""
    if e.rooted is None:
        return None
    unknowns = [
        {
            "name": str(r.unknown),
            "stands_for": str(r.means),
            "equation": str(r.equation),
            "at_start": str(r.at_start),
            "which": which(r),
            "nonzero": text(r.nonzero),
            "positive": text(r.slope),
            "index": None if r.index is None else list(r.index),
        }
        for r in e.roots
    ]
    return {"inverse_metric": [texts(row) for row in e.rooted], "unknowns": unknowns}


def which(root: Root) -> str:
    """Which root of its equation it is."""
    words = str(root.kind)
    if root.kind is Kind.CONTINUED and root.index is not None:
        words += "; there it is number {} of {} real ones in increasing order".format(*root.index)
    return words if root.nonzero is None else f"{words}, as long as {root.nonzero} is not 0"


def root_lines(roots: Sequence[Root], where: str) -> Iterator[Formula]:
    """0 = P, and which root of P it is; `where` is the point of the branch in words."""
    for root in roots:
        label = f"{root.unknown} = {root.means}, which is {root.at_start} {where}, is {which(root)} of"
        yield Formula(left=Integer(0), right=root.equation, label=label)
