"""Linear programs with exact answers: minimise c . z subject to M z = b, z >= 0, over the rationals.

HiGHS solves the program in float64 (SciPy's `linprog`, dual simplex); its answer only proposes a basis.  The basis is
solved exactly: z = B^-1 b >= 0 and c - M^T eta >= 0 with eta = B^-T c_B prove that z is optimal (weak duality).  Where
the proposal fails, the simplex method runs on exact numbers with Bland's rule, which ends (Bland 1977).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import fmpq, fmpq_mat
from scipy.optimize import linprog

from derive.errors import ComputationError
from verify.minimise.rows import independent

Table = Sequence[Sequence[fmpq]]
# entries of a table on which exact pivots are affordable
LARGEST = 40_000


@dataclass(frozen=True, slots=True)
class Optimum:
    """An optimal vertex z, its basis, and dual multipliers eta that prove it: reduced costs c - M^T eta >= 0."""

    z: tuple[fmpq, ...]
    eta: tuple[fmpq, ...]
    basis: tuple[int, ...]
    reduced: tuple[fmpq, ...]
    value: fmpq


def solve(costs: Sequence[fmpq], table: Table, right: Sequence[fmpq]) -> Optimum:
    """The certified optimum for independent rows and a program that is known to have one.

    Raises `ComputationError` where no basis can be certified at this size.
    """
    proposal = _proposed(costs, table, right)
    found = None if proposal is None else _certified(costs, table, right, proposal)
    if found is None:
        if len(table) * len(costs) > LARGEST:
            raise ComputationError(
                "the linear program could not be certified", received=f"{len(table)} rows, {len(costs)} columns"
            )
        found = _certified(costs, table, right, _pivoted(costs, table, right))
    if found is None:
        raise ComputationError("the linear program has no optimum")
    return found


def _proposed(costs: Sequence[fmpq], table: Table, right: Sequence[fmpq]) -> list[int] | None:
    m = np.array([[float(e) for e in row] for row in table])
    c, b = np.array([float(e) for e in costs]), np.array([float(e) for e in right])
    result = linprog(c, A_eq=m, b_eq=b, method="highs-ds")
    if result.x is None or result.status != 0:
        return None
    tight = np.abs(c - m.T @ result.eqlin.marginals)
    size = max(1e-300, float(np.abs(result.x).max()))
    # columns in use first, then those whose reduced cost is nearest to zero
    order = np.lexsort((np.where(result.x > 1e-11 * size, -result.x, tight), result.x <= 1e-11 * size))
    for width in (3 * len(table), len(costs)):
        some = [int(k) for k in order[:width]]
        pivots = independent([[row[k] for row in table] for k in some])
        if len(pivots) == len(table):
            return [some[k] for k in pivots]
    return None


def _certified(costs: Sequence[fmpq], table: Table, right: Sequence[fmpq], basis: Sequence[int]) -> Optimum | None:
    """The optimum of this basis, if it is one."""
    b = fmpq_mat([[row[k] for k in basis] for row in table])
    inside = b.solve(fmpq_mat([[e] for e in right])).entries()
    if any(e < 0 for e in inside):
        return None
    eta = b.transpose().solve(fmpq_mat([[costs[k]] for k in basis])).entries()
    pulled = (fmpq_mat([eta]) * fmpq_mat([list(row) for row in table])).entries()
    reduced = [c - p for c, p in zip(costs, pulled, strict=True)]
    if any(e < 0 for e in reduced):
        return None
    z = [fmpq(0)] * len(costs)
    for k, value in zip(basis, inside, strict=True):
        z[k] = value
    cost = sum((c * v for c, v in zip(costs, z, strict=True)), fmpq(0))
    return Optimum(tuple(z), tuple(eta), tuple(basis), tuple(reduced), cost)


def _pivoted(costs: Sequence[fmpq], table: Table, right: Sequence[fmpq]) -> list[int]:
    """An optimal basis by two phases of the simplex method with Bland's rule.  Raises `ComputationError`."""
    n, m = len(costs), len(table)
    rows = []
    for k, (row, b) in enumerate(zip(table, right, strict=True)):
        sign = fmpq(-1) if b < 0 else fmpq(1)
        rows.append([*(sign * e for e in row), *(fmpq(int(i == k)) for i in range(m)), sign * b])
    basis = list(range(n, n + m))
    _descend(rows, [fmpq(0)] * n + [fmpq(1)] * m, basis, n + m)
    if any(rows[k][-1] != 0 for k in range(m) if basis[k] >= n):
        raise ComputationError("the constraints contradict each other")
    for k in range(m):
        if basis[k] >= n:
            # an artificial column at zero leaves for any other, because the rows are independent
            _pivot(rows, basis, k, next(i for i in range(n) if rows[k][i] != 0))
    _descend(rows, [*costs, *([fmpq(0)] * m)], basis, n)
    return basis


def _descend(rows: list[list[fmpq]], costs: Sequence[fmpq], basis: list[int], width: int) -> None:
    while True:
        entering = next(
            (
                i
                for i in range(width)
                if costs[i] - sum((costs[basis[k]] * row[i] for k, row in enumerate(rows)), fmpq(0)) < 0
            ),
            None,
        )
        if entering is None:
            return
        bounds = [(row[-1] / row[entering], basis[k], k) for k, row in enumerate(rows) if row[entering] > 0]
        if not bounds:
            raise ComputationError("the linear program is unbounded")
        _pivot(rows, basis, min(bounds)[2], entering)


def _pivot(rows: list[list[fmpq]], basis: list[int], k: int, entering: int) -> None:
    head = rows[k][entering]
    rows[k] = [e / head for e in rows[k]]
    for i, row in enumerate(rows):
        if i != k and row[entering] != 0:
            factor = row[entering]
            rows[i] = [a - factor * b for a, b in zip(row, rows[k], strict=True)]
    basis[k] = entering
