"""Exact linear algebra on the rows of the data: which determine the others, and how."""

from collections.abc import Sequence

from flint import fmpq, fmpq_mat, nmod_mat
from sympy import Rational

from derive.errors import InputError

Rows = Sequence[Sequence[Rational]]
PRIME = 2**61 - 1


def exact(row: Sequence[Rational]) -> list[fmpq]:
    """A row in python-flint's rationals."""
    return [fmpq(int(e.p), int(e.q)) for e in row]


def independent(rows: Sequence[Sequence[fmpq]]) -> list[int]:
    """The first rows that determine the others: the pivots of the transposed table.

    The rank modulo a prime is a lower bound of the rank, so that a full one settles it without rationals.
    """
    if all(int(e.q) % PRIME for row in rows for e in row):
        table = [[int(e.p) * pow(int(e.q), -1, PRIME) % PRIME for e in row] for row in rows]
        if nmod_mat(table, PRIME).rank() == len(rows):
            return list(range(len(rows)))
    columns = len(rows[0])
    reduced, rank = fmpq_mat([[row[i] for row in rows] for i in range(columns)]).rref()
    return [next(n for n in range(len(rows)) if reduced[k, n] != 0) for k in range(rank)]


def consistent(rows: Rows, right: Sequence[Rational]) -> list[int]:
    """Rows that determine the others; raises `InputError` where the equations contradict each other."""
    table = [exact(row) for row in rows]
    y = exact(right)
    chosen = independent(table)
    kept = [table[k] for k in chosen]
    for n in sorted(set(range(len(rows))) - set(chosen)):
        c = dependence(kept, table[n]) or []
        if sum((e * y[k] for e, k in zip(c, chosen, strict=True)), fmpq(0)) != y[n]:
            raise InputError(
                "the equations X beta = y contradict each other", received=f"row {n + 1}", hint="consistent data"
            )
    return chosen


def dependence(rows: Sequence[Sequence[fmpq]], row: Sequence[fmpq]) -> list[fmpq] | None:
    """The exact c with row = sum_k c_k rows_k for independent rows; None where there is none."""
    if not rows:
        return None if any(e != 0 for e in row) else []
    table = fmpq_mat([[*(r[i] for r in rows), row[i]] for i in range(len(row))])
    reduced, rank = table.rref()
    if rank != len(rows) or any(reduced[k, k] == 0 for k in range(rank)):
        return None
    return [reduced[k, len(rows)] for k in range(rank)]
