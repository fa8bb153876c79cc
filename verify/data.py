"""Data sets: exact rational numbers from a CSV file, or one of the built-in ones.

A file has a header; its last column is `y`; every decimal is read exactly (`0.6` is 3/5), so that no
binary rounding enters a run at 50 digits.  The built-in files are

* `three-points-a`, `three-points-b`: Moroshko et al. 2020, Fig. 4; all labels 1;
* `sparse-small`: three equations in six unknowns whose right-hand side is X e_2, so that e_2 is a
  1-sparse solution (the entries of X were chosen by hand, small and without symmetry).
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

from sympy import Rational

from derive.errors import InputError
from verify.decimal import LONGEST
from verify.recipes import RECIPES, drawn

BUILT_IN = ("three-points-a", "three-points-b", "sparse-small")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_MAX_BYTES = 200_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """`X` (N rows of d exact numbers) and `y` (N exact numbers)."""

    name: str
    X: tuple[tuple[Rational, ...], ...]
    y: tuple[Rational, ...]

    @property
    def dimension(self) -> int:
        return len(self.X[0])

    @property
    def signed(self) -> tuple[tuple[Rational, ...], ...]:
        """Rows y_n x_n, for margins (labels +-1)."""
        return tuple(tuple(y * x for x in row) for row, y in zip(self.X, self.y, strict=True))


def load_data(name: str) -> DataSet:
    """A built-in data set, a recipe (`verify.recipes`) or a CSV file, by name.  Raises `InputError` (where)."""
    if name in BUILT_IN:
        return _parse(name, files("verify").joinpath("datasets", f"{name}.csv").read_text(encoding="utf-8"))
    if (made := drawn(name)) is not None:
        return DataSet(name=name, X=made[0], y=made[1])
    path = Path(name)
    if not path.is_file():
        known = ", ".join((*BUILT_IN, *RECIPES))
        raise InputError("there is no such data set", expected=f"{known}, or a CSV file", received=name)
    if path.stat().st_size > _MAX_BYTES:
        raise InputError("the data file is too large", expected=f"at most {_MAX_BYTES} bytes", received=name)
    try:
        return _parse(path.stem, path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, csv.Error, OSError) as error:
        raise InputError("the data file cannot be read as CSV", received=f"{name}: {error}") from None


def _parse(name: str, text: str) -> DataSet:
    rows = [row for row in csv.reader(text.splitlines()) if any(cell.strip() for cell in row)]
    if len(rows) < 2:
        raise InputError("the data file has no rows", expected="a header and at least one row", received=name)
    header = [cell.strip() for cell in rows[0]]
    if header[-1] != "y" or len(header) < 2:
        raise InputError(
            "the last column of the data is not y", expected="a header such as x1,x2,y", received=",".join(header)
        )
    if all(_NUMBER.fullmatch(cell) for cell in header[:-1]):
        raise InputError(
            "the data file has no header", expected="a first line such as x1,x2,y", received=",".join(header)
        )
    table = [_row(row, header, line) for line, row in enumerate(rows[1:], start=2)]
    return DataSet(name=name, X=tuple(row[:-1] for row in table), y=tuple(row[-1] for row in table))


def _row(row: Sequence[str], header: Sequence[str], line: int) -> tuple[Rational, ...]:
    if len(row) != len(header):
        raise InputError(
            f"row {line} of the data has the wrong number of values", expected=str(len(header)), received=str(len(row))
        )
    return tuple(exact(cell, f"row {line}, column {column}") for cell, column in zip(row, header, strict=True))


def exact(text: str, where: str) -> Rational:
    """The exact rational of a decimal.  Raises `InputError` for anything else (NaN and text included)."""
    if len(text) > LONGEST:
        raise InputError(f"{where} has too many digits", expected=f"at most {LONGEST}", received=str(len(text)))
    if not _NUMBER.fullmatch(text.strip()):
        raise InputError(f"{where} is not a finite decimal number", received=text.strip() or "nothing")
    value = Fraction(text.strip())
    return Rational(value.numerator, value.denominator)


def check_dimension(data: DataSet, dimension: int) -> None:
    """Raise `InputError` where the data do not fit a predictor of this length."""
    if data.dimension != dimension:
        raise InputError(
            "model and data do not fit",
            expected=f"{dimension} columns before y (the model's coordinates)",
            received=f"{data.dimension} in {data.name}",
        )


def check_labels(data: DataSet) -> None:
    """Raise `InputError` where a label is not +1 or -1."""
    for n, y in enumerate(data.y):
        if y not in (1, -1):
            raise InputError(
                f"label {n + 1} is not usable for a classification loss", expected="1 or -1", received=str(y)
            )
