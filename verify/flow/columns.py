"""Columns of Arb numbers, real or complex: one value a node or arc, with the operators and functions of one number.

A tape that runs over columns is interpreted once for all of them: each instruction is one `map`, no loop of Python's.
"""

from collections.abc import Iterable, Iterator
from itertools import repeat
from operator import add, mul, neg, sub, truediv
from typing import Any

from flint import arb_mat


class Column:
    """Numbers of one type; the other operand is a column of the same length or one number for all places."""

    __slots__ = ("entries", "pair")

    def __init__(self, entries: list[Any]) -> None:
        self.entries = entries
        self.pair: tuple[Column, Column] | None = None

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.entries)

    def __add__(self, other: Any) -> "Column":
        return Column(list(map(add, self.entries, _spread(other))))

    def __mul__(self, other: Any) -> "Column":
        return Column(list(map(mul, self.entries, _spread(other))))

    __radd__, __rmul__ = __add__, __mul__

    def __sub__(self, other: Any) -> "Column":
        return Column(list(map(sub, self.entries, _spread(other))))

    def __rsub__(self, other: Any) -> "Column":
        return Column(list(map(sub, _spread(other), self.entries)))

    def __truediv__(self, other: Any) -> "Column":
        return Column(list(map(truediv, self.entries, _spread(other))))

    def __rtruediv__(self, other: Any) -> "Column":
        return Column(list(map(truediv, _spread(other), self.entries)))

    def __pow__(self, other: Any) -> "Column":
        return Column([e**other for e in self.entries])

    def __neg__(self) -> "Column":
        return Column(list(map(neg, self.entries)))

    def __abs__(self) -> "Column":
        return Column(list(map(abs, self.entries)))

    def _each(self, name: str) -> "Column":
        return Column(list(map(getattr(type(self.entries[0]), name), self.entries)))

    def mid(self) -> "Column":
        """Midpoints."""
        return self._each("mid")

    def exp(self) -> "Column":
        return self._each("exp")

    def log(self) -> "Column":
        return self._each("log")

    def log1p(self) -> "Column":
        return self._each("log1p")

    def sqrt(self) -> "Column":
        return self._each("sqrt")

    def sin(self) -> "Column":
        return self._each("sin")

    def cos(self) -> "Column":
        return self._each("cos")

    def tan(self) -> "Column":
        return self._each("tan")

    def sinh(self) -> "Column":
        return self._hyperbolic()[0]

    def cosh(self) -> "Column":
        return self._hyperbolic()[1]

    def tanh(self) -> "Column":
        return self._each("tanh")

    def asinh(self) -> "Column":
        return self._each("asinh")

    def atan(self) -> "Column":
        return self._each("atan")

    def sgn(self) -> "Column":
        return self._each("sgn")

    def _hyperbolic(self) -> "tuple[Column, Column]":
        """sinh and cosh at the price of one: where a predictor has the one, its derivative has the other."""
        if self.pair is None:
            sines, cosines = zip(*map(type(self.entries[0]).sinh_cosh, self.entries), strict=True)
            self.pair = Column(list(sines)), Column(list(cosines))
        return self.pair


def _spread(other: Any) -> Iterable[Any]:
    return other.entries if type(other) is Column else repeat(other)


def columns(matrix: arb_mat) -> list[Column]:
    """The rows of a matrix, each with its entries at the nodes."""
    return [Column(row) for row in matrix.tolist()]


def stacked(outputs: list[Any], count: int) -> list[Column]:
    """Outputs of a tape as columns: those that do not depend on the node are repeated."""
    return [e if type(e) is Column else Column([e] * count) for e in outputs]
