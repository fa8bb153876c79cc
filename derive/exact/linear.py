"""Exact linear algebra over Q (python-flint), and over the field by fraction-free elimination."""

from collections.abc import Sequence

from flint import fmpq, fmpq_mat, fmpq_mpoly

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
    """(det, inverse) of a square matrix over the field; None if singular.

    Rows are made polynomial by their common denominators l_i, and the matrix is inverted by the fraction-free method of
    Gauss-Jordan-Bareiss: each division by the previous pivot is exact, and no gcd is taken before the end.  Pivots do
    not vanish as polynomials.  Cost: O(n^3) products of polynomials.
    """
    n, unit = len(matrix), field.one.denominator
    scales = [_common_denominator(field, row) for row in matrix]
    work = [
        [e.numerator * (scale / e.denominator) for e in row] + [unit if i == j else unit - unit for j in range(n)]
        for i, (row, scale) in enumerate(zip(matrix, scales, strict=True))
    ]
    previous, sign = unit, 1
    for column in range(n):
        candidates = [i for i in range(column, n) if not work[i][column].is_zero()]
        if not candidates:
            return None
        pivot = min(candidates, key=lambda i: len(work[i][column]))
        if pivot != column:
            work[column], work[pivot] = work[pivot], work[column]
            sign = -sign
        top = work[column]
        for i in range(n):
            if i != column:
                factor = work[i][column]
                work[i] = [(top[column] * a - factor * b) / previous for a, b in zip(work[i], top, strict=True)]
        previous = top[column]
    det = field.quotient(previous * sign, unit)
    for scale in scales:
        det = det / Element(field, scale, unit)
    inverse = [[field.quotient(work[i][n + j] * scales[j], work[i][i]) for j in range(n)] for i in range(n)]
    return det, inverse


def _common_denominator(field: Field, row: Sequence[Element]) -> fmpq_mpoly:
    common = field.one.denominator
    for e in row:
        if not e.denominator.is_constant():
            common = common * (e.denominator / common.gcd(e.denominator))
    return common
