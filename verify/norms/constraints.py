"""The constraints of a minimiser of a norm as exact numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpq

from derive.errors import InputError
from verify.data import DataSet, check_labels
from verify.minimise.rows import consistent, exact
from verify.separable import require_separable


@dataclass(frozen=True, slots=True)
class Constraints:
    """`rows . beta = right` (independent rows), or `rows . beta >= right` where `margin`.

    `places` are the rows of the data (zero-based), `count` is how many the data have.
    """

    rows: tuple[tuple[fmpq, ...], ...]
    right: tuple[fmpq, ...]
    places: tuple[int, ...]
    count: int
    margin: bool

    @property
    def d(self) -> int:
        """The number of coordinates."""
        return len(self.rows[0]) if self.rows else 0


def constraints(data: DataSet, subject_to: str) -> Constraints:
    """Raises `InputError` for contradicting equations, labels that are none, and data that are not separable."""
    if subject_to == "margin":
        check_labels(data)
        require_separable(data)
        n = len(data.y)
        rows = tuple(tuple(exact(row)) for row in data.signed)
        return Constraints(rows, (fmpq(1),) * n, tuple(range(n)), n, True)
    if subject_to != "interpolation":
        raise InputError("--subject-to is not known", expected="interpolation or margin", received=subject_to)
    places = consistent(data.X, data.y)
    rows = tuple(tuple(exact(data.X[n])) for n in places)
    return Constraints(rows, tuple(exact([data.y[n] for n in places])), tuple(places), len(data.y), False)


def dot(a: Sequence[fmpq], b: Sequence[fmpq]) -> fmpq:
    """The scalar product."""
    return sum((x * y for x, y in zip(a, b, strict=True)), fmpq(0))
