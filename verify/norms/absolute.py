"""l1: minimise sum w_i |beta_i|, an exact vertex, and whether it is the only minimiser.

beta = beta+ - beta-, and for margins a slack a row, make it a linear program in standard form (`verify.norms.program`).

With exact multipliers eta the minimisers are exactly the feasible z that vanish where the reduced cost is positive
(complementary slackness holds between every optimal z and every optimal eta).  So they are the polytope F = {z >= 0 :
M_T z = b}, T the columns of reduced cost 0.  Linear programs tell which coordinates of T can be positive on F; with P
these coordinates, dim F = |P| - rank M_P, and F is one point iff that is 0.  beta+_i and beta-_i are never both in T,
because their reduced costs add up to 2 w_i > 0, so that F and the set of minimisers beta have the same dimension.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

from flint import fmpq, fmpq_mat

from verify.norms.constraints import Constraints
from verify.norms.program import Optimum, Table, solve

FEW = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Vertex:
    """An exact minimiser, multipliers (one a row), and all minimisers: the dimension and, where few, the vertices."""

    beta: tuple[fmpq, ...]
    multipliers: tuple[fmpq, ...]
    value: fmpq
    dimension: int
    vertices: tuple[tuple[fmpq, ...], ...] | None


def minimise_absolute(problem: Constraints, weights: Sequence[fmpq]) -> Vertex:
    """argmin sum w_i |beta_i|, w > 0.  Raises `ComputationError` where it cannot be certified."""
    d, n = problem.d, len(problem.rows)
    slack = [[fmpq(-int(i == k)) for i in range(n)] if problem.margin else [] for k in range(n)]
    table = [[*row, *(-e for e in row), *extra] for row, extra in zip(problem.rows, slack, strict=True)]
    costs = [*weights, *weights, *([fmpq(0)] * (n if problem.margin else 0))]
    found = solve(costs, table, problem.right)
    columns = _possible(found, table, problem.right)
    matrix = fmpq_mat([[row[k] for k in columns] for row in table]) if columns else None
    rank = 0 if matrix is None else matrix.rank()
    vertices = _vertices(columns, rank, table, problem.right, d) if len(columns) > rank else (_beta(found.z, d),)
    return Vertex(
        beta=_beta(found.z, d),
        multipliers=found.eta,
        value=found.value,
        dimension=len(columns) - rank,
        vertices=vertices,
    )


def _beta(z: Sequence[fmpq], d: int) -> tuple[fmpq, ...]:
    return tuple(z[i] - z[d + i] for i in range(d))


def _possible(found: Optimum, table: Table, right: Sequence[fmpq]) -> list[int]:
    """Columns that are positive somewhere on the set of optima."""
    tight = [k for k, e in enumerate(found.reduced) if e == 0]
    positive = {k for k in tight if found.z[k] > 0}
    inside = [[row[k] for k in tight] for row in table]
    for k in tight:
        if k not in positive:
            most = solve([fmpq(-int(j == k)) for j in tight], inside, right)
            positive |= {j for j, e in zip(tight, most.z, strict=True) if e > 0}
    return sorted(positive)


def _vertices(
    columns: Sequence[int], rank: int, table: Table, right: Sequence[fmpq], d: int
) -> tuple[tuple[fmpq, ...], ...] | None:
    """All vertices, by all bases; None where these are many."""
    if comb(len(columns), rank) > FEW:
        return None
    found: set[tuple[fmpq, ...]] = set()
    size = len(table[0])
    for chosen in combinations(columns, rank):
        reduced, full = fmpq_mat([[*(row[k] for k in chosen), b] for row, b in zip(table, right, strict=True)]).rref()
        if (
            full != rank
            or any(reduced[k, k] != 1 for k in range(rank))
            or any(reduced[k, rank] < 0 for k in range(rank))
        ):
            continue
        z = [fmpq(0)] * size
        for k, place in enumerate(chosen):
            z[place] = reduced[k, rank]
        found.add(_beta(z, d))
    return tuple(sorted(found, key=lambda beta: [float(e) for e in beta]))
