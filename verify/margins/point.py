"""A max-margin predictor, argmin of a norm of w under `y_n x_n . w >= 1`, and what is known about it.

Whatever norm it is for: a point, the rows that are active there, and how far its optimality is proved.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, fmpq

from verify.data import DataSet

SMALL = 1e-9
# exact elimination beyond this size costs more than it tells
LARGEST = 80
Rows = list[list[fmpq]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxMargin:
    """w at the working precision, its active rows, and `how` it is known.

    `unique`: proved to be the only one (True), proved not to be (False: `other` is a second one), or open (None).
    `kind`: minimum, local minimum, saddle, or stationary point where other rows touch margin 1 too.
    """

    w: tuple[arb, ...]
    active: tuple[int, ...]
    unique: bool | None
    how: str
    other: tuple[arb, ...] | None = None
    kind: str = "minimum"


def exact_rows(data: DataSet) -> Rows:
    """Rows y_n x_n."""
    return [[fmpq(int(e.p), int(e.q)) for e in row] for row in data.signed]


def margins(rows: Rows, w: Sequence[fmpq]) -> list[fmpq]:
    """The rows times w."""
    return [sum((a * b for a, b in zip(row, w, strict=True)), fmpq(0)) for row in rows]


def active_rows(rows: Rows, w: Sequence[fmpq]) -> tuple[int, ...]:
    """The rows whose margin is 1, exactly."""
    return tuple(n for n, m in enumerate(margins(rows, w)) if m == 1)


def balls(w: Sequence[fmpq]) -> tuple[arb, ...]:
    """Exact numbers at the precision of the context."""
    return tuple(arb(e) for e in w)


def in_floats(rows: Rows, w: np.ndarray, how: str) -> MaxMargin:
    """A point that float64 found; `how` says by what."""
    a = np.array([[float(e.p) / float(e.q) for e in row] for row in rows])
    tight = tuple(int(n) for n in np.flatnonzero(a @ w < 1 + 1e-7))
    return MaxMargin(w=tuple(arb(float(e)) for e in w), active=tight, unique=None, how=how)
