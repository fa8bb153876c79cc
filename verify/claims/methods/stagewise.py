"""Infinitesimal coordinate descent for least squares, exactly, and the smallest l1 norm to compare with.

Steepest descent in the l1 norm moves the coordinates of largest correlation with the residual.  With
infinitesimal steps the path is piecewise linear with rational corners for rational data, so that its end is
computed without any rounding.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations

from flint import fmpq, fmpq_mat


@cache
def stagewise_limit(rows: tuple[tuple[int, ...], ...], labels: tuple[int, ...]) -> tuple[Fraction, ...]:
    """Steepest descent in l1 with infinitesimal steps from 0, N samples: the limit, in rationals.

    The correlations c_j = <column j, residual> of largest modulus move together.  On each segment the direction
    is carried by a subset B of the largest ones with weights > 0 that make them fall at rate 1, while no
    other largest one falls more slowly; the segment ends where a new one catches up.
    Raises `ValueError` where no such subset exists.
    """
    columns = [tuple(Fraction(row[j]) for row in rows) for j in range(len(rows[0]))]
    residual, w = [Fraction(v) for v in labels], [Fraction(0)] * len(columns)
    for _ in range(100):
        c = [_dot(column, residual) for column in columns]
        top = max(map(abs, c))
        if top == 0:
            return tuple(w)
        weights = _falling(columns, c, [j for j, v in enumerate(c) if abs(v) == top])
        moved = [sum((t * columns[j][n] for j, t in weights.items()), Fraction(0)) for n in range(len(rows))]
        length = top
        for j, column in enumerate(columns):
            rate = _dot(column, moved)
            ends = [(top - s * c[j]) / (1 - s * rate) for s in (1, -1) if s * rate != 1 and j not in weights]
            length = min([length, *(e for e in ends if e > 0)])
        w = [v + length * weights.get(j, Fraction(0)) for j, v in enumerate(w)]
        residual = [v - length * m for v, m in zip(residual, moved, strict=True)]
    raise ValueError("the path did not end")


def _falling(columns: Sequence[Sequence[Fraction]], c: Sequence[Fraction], top: list[int]) -> dict[int, Fraction]:
    """The signed weights of the direction, by trying subsets."""
    signed = {j: [v if c[j] > 0 else -v for v in columns[j]] for j in top}
    for size in range(1, len(top) + 1):
        for chosen in combinations(top, size):
            weights = solve([[_dot(signed[i], signed[j]) for j in chosen] for i in chosen], [Fraction(1)] * size)
            if weights is None or min(weights) <= 0:
                continue
            moved = [sum((t * signed[j][n] for t, j in zip(weights, chosen, strict=True)), Fraction(0))
                     for n in range(len(columns[0]))]  # fmt: skip
            if all(_dot(signed[j], moved) >= 1 for j in top):
                return {j: t if c[j] > 0 else -t for t, j in zip(weights, chosen, strict=True)}
    raise ValueError("no direction keeps the largest correlations together")


def smallest_l1(rows: Sequence[Sequence[int]], labels: Sequence[int]) -> Fraction:
    """min |w|_1 with X w = y: attained where at most N entries are nonzero, which are tried one by one."""
    sizes = []
    for chosen in combinations(range(len(rows[0])), len(rows)):
        found = solve([[Fraction(row[j]) for j in chosen] for row in rows], [Fraction(v) for v in labels])
        if found is not None:
            sizes.append(sum(map(abs, found), Fraction(0)))
    return min(sizes)


def solve(matrix: Sequence[Sequence[Fraction]], right: Sequence[Fraction]) -> list[Fraction] | None:
    """A square system in rationals; None where it is singular."""
    n = len(right)
    a = fmpq_mat(n, n, [_fmpq(v) for row in matrix for v in row])
    if a.det() == 0:
        return None
    found = a.solve(fmpq_mat(n, 1, [_fmpq(v) for v in right]))
    return [Fraction(int(found[i, 0].p), int(found[i, 0].q)) for i in range(n)]


def _fmpq(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _dot(a: Sequence[Fraction], b: Sequence[Fraction]) -> Fraction:
    return sum((x * y for x, y in zip(a, b, strict=True)), Fraction(0))
