"""Is there a separating direction?  Decided by a linear program, certified exactly.

`maximise t subject to y_n x_n . b >= t, |b|_inf <= 1` is solved in float64 on balanced data; its solution is rounded to
rationals and checked exactly:

* t > 0: the rounded b satisfies y_n x_n . b > 0 for every n, exactly: separable;
* t = 0: the multipliers p >= 0 of the constraints satisfy sum p_n y_n x_n = 0 (Gordan): not separable.
  They are rationalised by solving for them on their support exactly.

Where neither certificate can be made exact the answer is None, and a flow is allowed to try.
"""

from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat
from scipy.optimize import linprog

from derive.errors import InputError
from verify.data import DataSet


def separating_direction(data: DataSet) -> list[Fraction] | None:
    """A rational b with y_n x_n . b > 0 for all n, verified exactly; None where there is none or it is open."""
    balanced, columns, _ = _balanced(data)
    rows = np.array(balanced, dtype=float)
    n, d = rows.shape
    result = linprog(
        np.r_[np.zeros(d), -1.0], A_ub=np.c_[-rows, np.ones(n)], b_ub=np.zeros(n), bounds=[(-1, 1)] * d + [(None, None)]
    )
    if result.x is None:
        return None
    b = [Fraction(float(v)).limit_denominator(10**15) for v in result.x[:d]]
    exact = all(sum(e * v for e, v in zip(row, b, strict=True)) > 0 for row in balanced)
    return [v / c for v, c in zip(b, columns, strict=True)] if exact else None


def gordan_multipliers(data: DataSet) -> list[fmpq] | None:
    """Exact p >= 0, sum p = 1, sum_n p_n y_n x_n = 0: a proof that no direction separates."""
    balanced, _, sizes = _balanced(data)
    rows = np.array(balanced, dtype=float)
    n, d = rows.shape
    result = linprog(
        np.zeros(n), A_eq=np.r_[rows.T, np.ones((1, n))], b_eq=np.r_[np.zeros(d), 1.0], bounds=[(0, None)] * n
    )
    if not result.success:
        return None
    support = [i for i in range(n) if result.x[i] > 1e-9]
    signed = [[fmpq(int(e.p), int(e.q)) for e in row] for row in data.signed]
    equations = [[signed[i][k] for i in support] for k in range(d)]
    # multipliers of the balanced rows sum to 1; those of the data are normalised afterwards
    weights = [1 / fmpq(sizes[i].numerator, sizes[i].denominator) for i in support]
    scaled = [[e * w for e, w in zip(row, weights, strict=True)] for row in equations]
    matrix = fmpq_mat([*([*row, fmpq(0)] for row in scaled), [fmpq(1)] * (len(support) + 1)])
    reduced, rank = matrix.rref()
    if rank != len(support):
        return None
    p = [fmpq(0)] * n
    for row, i in enumerate(support):
        p[i] = reduced[row, len(support)] * weights[row]
    total = sum(p, fmpq(0))
    vanishes = all(sum((p[i] * signed[i][k] for i in support), fmpq(0)) == 0 for k in range(d))
    return [v / total for v in p] if vanishes and all(v >= 0 for v in p) else None


def _balanced(data: DataSet) -> tuple[list[list[Fraction]], list[Fraction], list[Fraction]]:
    """Rows y_n x_n over (row size * column size), and those sizes: a linear program knows no units."""
    rows = [[Fraction(int(e.p), int(e.q)) for e in row] for row in data.signed]
    columns = [max(map(abs, column)) or Fraction(1) for column in zip(*rows, strict=True)]
    rows = [[e / c for e, c in zip(row, columns, strict=True)] for row in rows]
    sizes = [max(map(abs, row)) or Fraction(1) for row in rows]
    return [[e / size for e in row] for row, size in zip(rows, sizes, strict=True)], columns, sizes


def require_separable(data: DataSet) -> None:
    """Raise `InputError` where the data are certainly not separable: a loss with a tail has no zero then."""
    for n, row in enumerate(data.signed):
        if all(e == 0 for e in row):
            raise InputError(
                f"row {n + 1} of the data is zero, so its margin stays 0",
                received=data.name,
                hint="data without zero rows",
            )
    if separating_direction(data) is None and (p := gordan_multipliers(data)) is not None:
        shown = " + ".join(f"{v} y{n + 1} x{n + 1}" for n, v in enumerate(p) if v != 0)
        raise InputError(
            "the data are not separable",
            expected="a direction with all margins positive",
            received=f"{shown} = 0",
            hint="the squared loss, or other data",
        )
