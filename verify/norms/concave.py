"""l_p with p < 1, sum w_i |beta_i|^p under X beta = y: all local minima are exact vertices.

Theorem (docs/derivations/norms.md): beta with X beta = y is a local minimum iff the columns of X on its support are
independent.  On the support the function is strictly concave in every direction of the kernel of X_S, so that the
second-order condition fails unless that kernel is 0; off the support its slope is infinite, so nothing there can spoil
a minimum.  The local minima are the finitely many basic solutions: rational points, each found by one exact solve.
Where they are too many, a search over neighbouring bases from the l1 vertex ends in one that is not known to be
global.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

from flint import arb, ctx, fmpq, fmpq_mat

from verify.norms.absolute import minimise_absolute
from verify.norms.constraints import Constraints

MANY = 30_000
PRECISION = 400
Point = tuple[fmpq, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalMinima:
    """The best local minimum found; `all` are all of them in order of their value (None where they are too many).

    `ties` counts further points whose value balls cannot tell from the best; `is_global` is None where that is open.
    """

    beta: Point
    value: arb
    all: tuple[tuple[Point, arb], ...] | None
    ties: int
    is_global: bool | None


def minimise_concave(problem: Constraints, weights: Sequence[fmpq], p: fmpq) -> LocalMinima:
    """The local minima of sum w_i |beta_i|^p, 0 < p < 1, under equations."""
    with ctx.workprec(PRECISION):
        count = len(problem.rows)
        if comb(problem.d, count) > MANY:
            best, value = _descended(problem, weights, p)
            return LocalMinima(beta=best, value=value, all=None, ties=0, is_global=None)
        points = {v for chosen in combinations(range(problem.d), count) if (v := _basic(problem, chosen)) is not None}
        ranked = sorted(((v, power_sum(v, weights, p)) for v in points), key=lambda pair: (pair[1].mid(), pair[0]))
        best, value = ranked[0]
        ties = sum(1 for _, other in ranked[1:] if not other > value)
        return LocalMinima(beta=best, value=value, all=tuple(ranked), ties=ties, is_global=True if not ties else None)


def power_sum(beta: Iterable[fmpq], weights: Sequence[fmpq], p: fmpq) -> arb:
    """sum w_i |beta_i|^p as a ball."""
    return sum((arb(w) * arb(abs(b)) ** arb(p) for w, b in zip(weights, beta, strict=True) if b != 0), arb(0))


def _basic(problem: Constraints, chosen: Sequence[int]) -> Point | None:
    matrix = fmpq_mat([[row[i] for i in chosen] for row in problem.rows])
    if matrix.rank() < len(chosen):
        return None
    solved = dict(zip(chosen, matrix.solve(fmpq_mat([[e] for e in problem.right])).entries(), strict=True))
    return tuple(solved.get(i, fmpq(0)) for i in range(problem.d))


def _descended(problem: Constraints, weights: Sequence[fmpq], p: fmpq) -> tuple[Point, arb]:
    """From the l1 vertex to a basis none of whose neighbours is certainly better."""
    best = minimise_absolute(problem, weights).beta
    value = power_sum(best, weights, p)
    basis = _completed(problem, [i for i, e in enumerate(best) if e != 0])
    while True:
        trials = (
            [*basis[:k], i, *basis[k + 1 :]] for k in range(len(basis)) for i in range(problem.d) if i not in basis
        )
        for trial in trials:
            other = _basic(problem, trial)
            if other is not None and power_sum(other, weights, p) < value:
                best, value, basis = other, power_sum(other, weights, p), trial
                break
        else:
            return best, value


def _completed(problem: Constraints, support: Sequence[int]) -> list[int]:
    """Independent columns that begin with these."""
    order = [*support, *(i for i in range(problem.d) if i not in support)]
    reduced, rank = fmpq_mat([[row[i] for i in order] for row in problem.rows]).rref()
    return [order[next(i for i in range(problem.d) if reduced[k, i] != 0)] for k in range(rank)]
