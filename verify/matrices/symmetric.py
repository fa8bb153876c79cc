"""Symmetric matrices as vectors: the entries on and above the diagonal, row by row, as the model `psd` orders them.

A row x of the data measures x . beta = <A, B> with A_ii = x_ii and A_ij = A_ji = x_ij / 2.
"""

from collections.abc import Sequence
from math import isqrt

import numpy as np
from flint import arb, arb_mat, fmpq, fmpq_mat
from numpy.typing import NDArray

from derive.errors import InputError

Floats = NDArray[np.float64]


def size_of(count: int) -> int:
    """k with k (k + 1) / 2 entries.  Raises `InputError` for any other number of columns."""
    k = (isqrt(8 * count + 1) - 1) // 2
    if k * (k + 1) // 2 != count:
        raise InputError(
            "the columns are not the entries on and above a diagonal",
            expected="k (k + 1) / 2 columns before y: 1, 3, 6, 10, ...",
            received=str(count),
        )
    return k


def places(k: int) -> list[tuple[int, int]]:
    """(i, j) of every coordinate."""
    return [(i, j) for i in range(k) for j in range(i, k)]


def measurement(row: Sequence[fmpq], k: int) -> fmpq_mat:
    """A, exactly."""
    table = [[fmpq(0)] * k for _ in range(k)]
    for (i, j), e in zip(places(k), row, strict=True):
        table[i][j] = table[j][i] = e if i == j else e / 2
    return fmpq_mat(table)


def floats(matrix: fmpq_mat) -> Floats:
    """In float64; entries beyond its range are infinite."""
    return np.array([[_float(e) for e in row] for row in matrix.table()])


def _float(e: fmpq) -> float:
    try:
        return int(e.p) / int(e.q)
    except OverflowError:
        return float("inf") if e > 0 else float("-inf")


def coordinates(matrix: arb_mat) -> tuple[arb, ...]:
    """The entries on and above the diagonal."""
    table = matrix.table()
    return tuple(table[i][j] for i, j in places(len(table)))


def combination(numbers: Sequence[arb], matrices: Sequence[arb_mat], k: int) -> arb_mat:
    """sum_n numbers_n A_n."""
    total = arb_mat(k, k)
    for e, a in zip(numbers, matrices, strict=True):
        total = total + a * e
    return total


def inner(a: arb_mat, b: arb_mat) -> arb:
    """<A, B> = tr(A B) of symmetric matrices."""
    return sum((x * y for x, y in zip(a.entries(), b.entries(), strict=True)), arb(0))


def is_positive(matrix: arb_mat) -> bool:
    """Is every symmetric matrix in these balls positive definite?  By pivots of L D L^T, all certainly positive."""
    table = matrix.table()
    for k in range(len(table)):
        if not table[k][k] > 0:
            return False
        for i in range(k + 1, len(table)):
            factor = table[i][k] / table[k][k]
            for j in range(k + 1, len(table)):
                table[i][j] = table[i][j] - factor * table[k][j]
    return True


def is_semidefinite(matrix: fmpq_mat) -> bool:
    """Is this symmetric matrix of rationals positive semidefinite?  Exactly: pivots > 0, or 0 with a row of zeros."""
    table = matrix.table()
    for k in range(len(table)):
        if table[k][k] < 0 or (table[k][k] == 0 and any(table[k][j] != 0 for j in range(k, len(table)))):
            return False
        if table[k][k] == 0:
            continue
        for i in range(k + 1, len(table)):
            factor = table[i][k] / table[k][k]
            for j in range(k + 1, len(table)):
                table[i][j] -= factor * table[k][j]
    return True
