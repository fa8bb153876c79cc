"""Linear systems with exact solutions: test data for statements about every data set.

Integer rows and right-hand sides that an integer vector solves; random, degenerate, nearly parallel, single.
"""

from collections.abc import Sequence
from random import Random

from sympy import Rational

from verify.data import DataSet


def consistent(name: str, rows: Sequence[Sequence[int]], solution: Sequence[int], *, denominator: int = 4) -> DataSet:
    """X = rows/denominator, y = X solution/denominator."""
    x = tuple(tuple(Rational(e, denominator) for e in row) for row in rows)
    y = tuple(sum((a * Rational(b, denominator) for a, b in zip(row, solution, strict=True)), Rational(0)) for row in x)
    return DataSet(name=name, X=x, y=y)


def data_sets(d: int, seed: int = 1) -> tuple[DataSet, ...]:
    """Random, degenerate, nearly parallel and single equations in d unknowns."""
    random = Random(seed)
    row, other, solution = ([random.choice((-3, -2, -1, 1, 2, 3, 4)) for _ in range(d)] for _ in range(3))
    if sum(a * b for a, b in zip(row, solution, strict=True)) == 0:
        solution[0] += 1  # y = 0 is fitted by the usual start
    near = [100 * e + (i == 0) for i, e in enumerate(row)]
    return (
        consistent("random", [row, other][: max(1, d - 1)], solution),
        consistent("a repeated equation", [row, row], solution),
        consistent("nearly parallel rows", [[100 * e for e in row], near][: max(1, d - 1)], solution, denominator=400),
        consistent("one equation", [row], solution),
    )
