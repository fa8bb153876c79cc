"""What a step of a derivation is made of, before anything is rendered.

Of a separable model with many equal coordinates the first few are shown, and the step says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sympy import Expr, ImmutableDenseMatrix, Matrix

from derive.derivation import Derivation
from derive.verdict import Verdict

SHOWN = 3
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """`left = right` (or `~`), both SymPy; left may be a name such as `rho^-1`; `label` says where it holds."""

    left: Expr
    right: Expr | ImmutableDenseMatrix
    label: str = ""
    sign: str = "="


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the derivation: a title, a sentence, formulas and, where it decides something, a verdict."""

    title: str
    text: str
    formulas: tuple[Formula, ...] = ()
    verdict: Verdict | None = None


def many(d: Derivation) -> bool:
    """Are there too many coordinates to show them all?"""
    return len(d.model.predictor) > 2 * SHOWN


def some(d: Derivation, items: Iterable[T]) -> tuple[T, ...]:
    """All items, or the first few where there are many coordinates."""
    return tuple(items)[:SHOWN] if many(d) else tuple(items)


def elided(d: Derivation) -> str:
    """The remark that belongs to `some`."""
    return f" (the first {SHOWN} of {len(d.model.predictor)} coordinates are shown)" if many(d) else ""


def matrix(d: Derivation, rows: Sequence[Sequence[Expr]]) -> ImmutableDenseMatrix:
    """The matrix, or its first rows and columns where there are many coordinates."""
    size = SHOWN if many(d) else len(rows)
    return ImmutableDenseMatrix(Matrix([list(row[:size]) for row in rows[:size]]))
