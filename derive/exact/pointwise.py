"""Kernels of matrices of numbers at an exact point: over Q where all are rational, by balls elsewhere."""

from collections.abc import Sequence

from flint import arb, fmpq
from sympy import Expr, Float, Rational

from derive.exact.linear import nullspace
from derive.exact.points import excludes_zero

Numbers = list[fmpq | arb]


def kernel_at(rows: Sequence[Sequence[fmpq | arb]], columns: int) -> list[Numbers]:
    """A basis of the kernel: over Q, or by balls if the rows are certainly independent; else nothing."""
    exact = [[e for e in row if isinstance(e, fmpq)] for row in rows]
    if all(len(row) == columns for row in exact):
        return [list(k) for k in nullspace(exact, columns)]
    work = [list(row) for row in rows]
    pivots: list[int] = []
    for at in range(len(work)):
        pivot = next((c for c in range(columns) if c not in pivots and excludes_zero(work[at][c])), None)
        if pivot is None:
            return []
        pivots.append(pivot)
        scale = work[at][pivot]
        work[at] = [e / scale for e in work[at]]
        for i in (i for i in range(len(work)) if i != at):
            factor = work[i][pivot]
            work[i] = [a - factor * b for a, b in zip(work[i], work[at], strict=True)]
    basis = []
    for free in (c for c in range(columns) if c not in pivots):
        vector: Numbers = [fmpq(int(c == free)) for c in range(columns)]
        for row, pivot in zip(work, pivots, strict=True):
            vector[pivot] = -row[free]
        basis.append(vector)
    return basis


def expression_of(number: fmpq | arb) -> Expr:
    """The rational, or the middle of the ball to 30 digits."""
    if isinstance(number, fmpq):
        return Rational(int(number.p), int(number.q))
    return Float(number.mid().str(30, radius=False), 30)
