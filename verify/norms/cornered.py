"""l_p with p < 1, sum w_i |beta_i|^p under margins rows . beta >= 1: all local minima are exact vertices.

Theorem (docs/derivations/norms.md, theorem 3): with support S and active rows A (margin 1), a local minimum has
rank rows_AS = |S|, and f' on S is a combination of the active rows with coefficients nu >= 0.  If the rows with nu > 0
have rank |S|, that is enough.  So every choice of s coordinates and s rows gives one candidate by an exact solve; its
margins decide exactly whether it is feasible, and balls the signs of nu.  A vertex with more than s active rows has
several bases: one with nu > 0 makes it a minimum, and it is none if each has a certainly negative nu (Caratheodory).
The global minimum exists and is a local one: the least of all vertices.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat

from derive.errors import ComputationError
from verify.norms.concave import MANY, PRECISION, Point, power_sum
from verify.norms.constraints import Constraints, dot


@dataclass(frozen=True, slots=True, kw_only=True)
class Corners:
    """The least vertex; the certain local minima in order of their value; how many vertices are none, or open.

    `ties` counts further vertices whose value balls cannot tell from the least.
    """

    beta: Point
    active: tuple[int, ...]
    minima: tuple[Point, ...]
    others: int
    open: int
    ties: int


def minimise_cornered(problem: Constraints, weights: Sequence[fmpq], p: fmpq) -> Corners:
    """The vertices under margins.  Raises `ComputationError` where they are too many."""
    d, n = problem.d, len(problem.rows)
    bases = sum(comb(d, s) * comb(n, s) for s in range(1, min(d, n) + 1))
    if bases > MANY:
        raise ComputationError(
            "the vertices are too many to list", expected=f"at most {MANY} bases", received=str(bases), hint="p >= 1"
        )
    with ctx.workprec(PRECISION):
        signs: dict[Point, set[int]] = {}
        for beta, support, rows in _vertices(problem):
            signs.setdefault(beta, set()).add(_sign(problem, beta, support, rows, weights, p))
        values = {beta: power_sum(beta, weights, p) for beta in signs}
        ranked = sorted(signs, key=lambda beta: (values[beta].mid(), beta))
        best = ranked[0]
        return Corners(
            beta=best,
            active=tuple(k for k, row in enumerate(problem.rows) if dot(row, best) == 1),
            minima=tuple(beta for beta in ranked if 1 in signs[beta]),
            others=sum(signs[beta] == {-1} for beta in ranked),
            open=sum(1 not in signs[beta] and 0 in signs[beta] for beta in ranked),
            ties=sum(not values[beta] > values[best] for beta in ranked[1:]),
        )


def _vertices(problem: Constraints) -> Iterator[tuple[Point, tuple[int, ...], tuple[int, ...]]]:
    """Feasible beta, its support, and as many active rows that determine it."""
    d, n = problem.d, len(problem.rows)
    for s in range(1, min(d, n) + 1):
        for support in combinations(range(d), s):
            for rows in combinations(range(n), s):
                matrix = fmpq_mat([[problem.rows[k][i] for i in support] for k in rows])
                if matrix.rank() < s:
                    continue
                solved = matrix.solve(fmpq_mat([[fmpq(1)]] * s)).entries()
                if any(e == 0 for e in solved):
                    continue
                at = dict(zip(support, solved, strict=True))
                beta = tuple(at.get(i, fmpq(0)) for i in range(d))
                if all(dot(row, beta) >= 1 for row in problem.rows):
                    yield beta, support, rows


def _sign(
    problem: Constraints, beta: Point, support: Sequence[int], rows: Sequence[int], weights: Sequence[fmpq], p: fmpq
) -> int:
    """1 where nu > 0 in this basis, -1 where some nu_k is certainly negative, else 0."""
    slope = [[arb(weights[i]) * arb(abs(beta[i])) ** arb(p - 1) * (1 if beta[i] > 0 else -1)] for i in support]
    matrix = arb_mat([[arb(problem.rows[k][i]) for k in rows] for i in support])
    nu = matrix.solve(arb_mat(slope)).entries()
    return 1 if all(e > 0 for e in nu) else -1 if any(e < 0 for e in nu) else 0
