"""Exact max-margin predictors of small data sets: argmin of |w|_1, |w|_2 or |w|_p^p (p < 1), margins >= 1.

All arithmetic is in exact rationals, and each answer is a theorem:

* |w|_1, and sum |w_i|^p with p < 1, are concave on every orthant.  An orthant contains no line, so the
  smallest value over {margins >= 1} is attained at a vertex of the arrangement of the hyperplanes
  `margin_n = 1` and `w_i = 0`.  All vertices are enumerated.  The optimal set for l1 is the union, over
  the orthants, of the hulls of optimal vertices, so one optimal vertex means one minimiser.
* |w|_2: for each set of rows the equality problem is solved; feasible with multipliers >= 0 is KKT, which
  is sufficient, as the problem is convex.  The minimiser is unique.

`stationary_multipliers` solves the KKT system of min |u|_2^2 under <u^D, x_n> >= 1 at a point w = u^D.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from flint import arb, ctx, fmpq, fmpq_mat

from derive.errors import ComputationError
from verify.data import DataSet

Point = tuple[fmpq, ...]
BITS = 256


def signed_rows(data: DataSet) -> list[list[fmpq]]:
    """Rows y_n x_n."""
    return [[fmpq(int(e.p), int(e.q)) for e in row] for row in data.signed]


def margins(rows: Sequence[Sequence[fmpq]], w: Point) -> list[fmpq]:
    """All margins at w."""
    return [sum((a * b for a, b in zip(row, w, strict=True)), fmpq(0)) for row in rows]


def support(rows: Sequence[Sequence[fmpq]], w: Point) -> tuple[int, ...]:
    """The support vectors at w, numbered from 1: rows whose margin is the smallest."""
    values = margins(rows, w)
    return tuple(n + 1 for n, m in enumerate(values) if m == min(values))


def vertices(rows: Sequence[Sequence[fmpq]]) -> list[Point]:
    """Feasible vertices of the arrangement of the margin and coordinate hyperplanes."""
    d = len(rows[0])
    planes = [([*row], fmpq(1)) for row in rows]
    planes += [([fmpq(int(i == k)) for i in range(d)], fmpq(0)) for k in range(d)]
    found: set[Point] = set()
    for chosen in combinations(planes, d):
        matrix = fmpq_mat([normal for normal, _ in chosen])
        if matrix.det() == 0:
            continue
        solution = matrix.solve(fmpq_mat([[level] for _, level in chosen]))
        w = tuple(solution.entries())
        if all(m >= 1 for m in margins(rows, w)):
            found.add(w)
    return sorted(found, key=lambda w: [float(e.p) / float(e.q) for e in w])


def least_l1(rows: Sequence[Sequence[fmpq]]) -> tuple[fmpq, list[Point]]:
    """The smallest |w|_1 and every vertex that attains it."""
    values = [(sum((abs(e) for e in w), fmpq(0)), w) for w in vertices(rows)]
    best = min(v for v, _ in values)
    return best, [w for v, w in values if v == best]


def quasi_norm(w: Sequence[fmpq], p: fmpq) -> arb:
    """sum |w_i|^p as a ball."""
    return sum((arb(abs(e)) ** arb(p) for e in w if e != 0), arb(0))


def least_l2(rows: Sequence[Sequence[fmpq]]) -> tuple[Point, tuple[int, ...]]:
    """argmin |w|_2 and the rows (from 1) that have a positive multiplier."""
    for active, w, nu in _equality_problems(rows):
        if all(m >= 1 for m in margins(rows, w)) and all(v >= 0 for v in nu):
            return w, tuple(n + 1 for n, v in zip(active, nu, strict=True) if v > 0)
    raise ComputationError("no set of rows satisfies the optimality conditions", hint="separable data")


def _equality_problems(rows: Sequence[Sequence[fmpq]]) -> Iterator[tuple[tuple[int, ...], Point, list[fmpq]]]:
    """For independent rows A: w = A^T nu with A w = 1."""
    for size in range(1, min(len(rows), len(rows[0])) + 1):
        for active in combinations(range(len(rows)), size):
            a = fmpq_mat([list(rows[n]) for n in active])
            gram = a * a.transpose()
            if gram.det() != 0:
                nu = gram.solve(fmpq_mat([[fmpq(1)]] * size))
                yield active, tuple((a.transpose() * nu).entries()), nu.entries()


def stationary_multipliers(rows: Sequence[Sequence[fmpq]], w: Point, depth: int) -> dict[int, arb] | None:
    """Multipliers lambda_n of the active rows with (X^T lambda)_i = w_i^(2/D - 1) / D where w_i > 0, w >= 0.

    Where w_i = 0 the parameters vanish and the condition is empty for D > 2.  None where the active rows
    do not determine lambda (more or fewer rows than positive coordinates, or dependent ones).
    """
    active = [n - 1 for n in support(rows, w)]
    places = [i for i, e in enumerate(w) if e != 0]
    matrix = fmpq_mat([[rows[n][i] for n in active] for i in places])
    if len(active) != len(places) or matrix.det() == 0:
        return None
    with ctx.workprec(BITS):
        inverse = matrix.inv()
        right = [arb(w[i]) ** (arb(2) / depth - 1) / depth for i in places]
        return {
            n + 1: sum((arb(inverse[k, j]) * right[j] for j in range(len(places))), arb(0))
            for k, n in enumerate(active)
        }


def root(function: Callable[[arb], arb], low: arb, high: arb, bits: int = 80) -> arb:
    """A ball that contains a zero of a continuous function with certain, different signs at the ends.

    Raises `ComputationError` where the signs at the ends are not certain or equal.
    """
    first, last = function(low), function(high)
    if not (first < 0 < last or last < 0 < first):
        raise ComputationError("no certain change of sign")
    for _ in range(bits):
        middle = ((low + high) / 2).mid()
        value = function(middle)
        if not (value < 0 or value > 0):
            break
        low, high = (middle, high) if (value < 0) == (first < 0) else (low, middle)
    return low.union(high)
