"""Exact linear algebra over Q (python-flint), and over the field by fraction-free elimination."""

from collections.abc import Sequence

from flint import fmpq, fmpq_mat

from derive.exact.field import Element, Field

Row = Sequence[fmpq]
Matrix = list[list[Element]]


def rank(rows: Sequence[Row]) -> int:
    """The rank over Q of rational rows (all of one length)."""
    return fmpq_mat([list(r) for r in rows]).rank() if rows and rows[0] else 0


def nullspace(rows: Sequence[Row], columns: int) -> list[list[fmpq]]:
    """A basis over Q of {x : rows x = 0}, in reduced form (one free column each)."""
    if not rows:
        return [[fmpq(int(i == j)) for i in range(columns)] for j in range(columns)]
    reduced, r = fmpq_mat([list(row) for row in rows]).rref()
    pivots: list[int] = []
    for i in range(r):
        start = pivots[-1] + 1 if pivots else 0
        pivots.append(next(j for j in range(start, columns) if reduced[i, j] != 0))
    basis = []
    for free in (j for j in range(columns) if j not in set(pivots)):
        vector = [fmpq(0)] * columns
        vector[free] = fmpq(1)
        for i, pivot in enumerate(pivots):
            vector[pivot] = -reduced[i, free]
        basis.append(vector)
    return basis


def solve(rows: Sequence[Row], right: Row) -> list[fmpq] | None:
    """One rational x with rows x = right, free unknowns zero; None where there is none."""
    columns = len(rows[0])
    reduced, r = fmpq_mat([[*row, b] for row, b in zip(rows, right, strict=True)]).rref()
    x = [fmpq(0)] * columns
    previous = -1
    for i in range(r):
        pivot = next(j for j in range(previous + 1, columns + 1) if reduced[i, j] != 0)
        if pivot == columns:
            return None
        x[pivot] = reduced[i, columns]
        previous = pivot
    return x


def determinant_and_inverse(field: Field, matrix: Matrix) -> tuple[Element, Matrix] | None:
    """(det, inverse) of a square matrix over the field by Gauss-Jordan elimination; None if singular.

    Pivots are elements that do not vanish as rational functions.  Cost: O(n^3) field operations.
    """
    n = len(matrix)
    work = [[*row, *(field.one if i == j else field.zero for j in range(n))] for i, row in enumerate(matrix)]
    det = field.one
    for column in range(n):
        candidates = [i for i in range(column, n) if not work[i][column].vanishes]
        if not candidates:
            return None
        pivot = min(candidates, key=lambda i: len(work[i][column].numerator))
        if pivot != column:
            work[column], work[pivot] = work[pivot], work[column]
            det = -det
        det = det * work[column][column]
        inverse = field.one / work[column][column]
        work[column] = [entry * inverse if not entry.vanishes else entry for entry in work[column]]
        for i in range(n):
            factor = work[i][column]
            if i != column and not factor.vanishes:
                work[i] = [a if b.vanishes else a - factor * b for a, b in zip(work[i], work[column], strict=True)]
    return det, [row[n:] for row in work]
