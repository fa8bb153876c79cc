"""The active rows of a margin problem, by ascent in the dual.

The dual is max over nu >= 0 of sum nu - Q*(sum_n nu_n y_n x_n), concave.  As Lawson and Hanson (1974, chapter 23) do
for least squares: the equality problem of the active rows is solved; on the way to its multipliers the first one that
would become negative leaves; where none is left that would, the row that is violated most enters.

A violated row that depends on the active ones, x_n = sum_k c_k x_k with sum_k c_k < 1, cannot simply enter, because the
equations would contradict each other.  The dual rises along nu_n + t, nu_k - t c_k, where beta stands still, until
the first nu_k is 0: that row leaves.  If no c_k is positive the dual is unbounded and no beta has these margins.
"""

from collections.abc import Callable, Sequence

from flint import arb, fmpq, fmpq_mat
from sympy import Rational

from derive.errors import ComputationError

Rows = Sequence[Sequence[Rational]]
# beta and nu of the equality problem of some rows, as midpoints
Solve = Callable[[Sequence[int]], tuple[list[arb], list[arb]]]
NEGLIGIBLE = arb(10) ** -40


def active_rows(rows: Rows, solve: Solve) -> list[int]:
    """The rows with positive multipliers at the minimiser under `rows . beta >= 1`.

    Raises `ComputationError` where the ascent does not settle, and what `solve` raises.
    """
    numbers = [[fmpq(int(e.p), int(e.q)) for e in row] for row in rows]
    active: list[int] = []
    nu: list[arb] = []
    for _ in range(20 + 10 * len(rows)):
        beta, wanted = solve(active)
        size = max(map(abs, wanted), default=arb(0))
        if any(e < -NEGLIGIBLE * size for e in wanted):
            active, nu = _shortened(active, nu, wanted)
            continue
        nu = [max(e, arb(0)) for e in wanted]
        slacks = [sum((b * e for b, e in zip(beta, row, strict=True)), arb(-1)).mid() for row in numbers]
        worst = min((n for n in range(len(rows)) if n not in active), key=lambda n: slacks[n], default=None)
        if worst is None or slacks[worst] >= -NEGLIGIBLE:
            return sorted(active)
        active, nu = _entered(numbers, active, nu, worst)
    raise ComputationError("the active set did not settle", received=f"{len(rows)} rows", hint="fewer rows")


def _shortened(active: list[int], nu: list[arb], wanted: list[arb]) -> tuple[list[int], list[arb]]:
    """As far towards the wanted multipliers as all stay >= 0; the row that stops the way leaves."""
    falling = [k for k, e in enumerate(wanted) if e < 0]
    way = {k: nu[k] / (nu[k] - wanted[k]) for k in falling}
    first = min(falling, key=lambda k: way[k].mid())
    moved = [(a + way[first] * (b - a)).mid() for a, b in zip(nu, wanted, strict=True)]
    kept = [k for k in range(len(active)) if k != first]
    return [active[k] for k in kept], [max(moved[k], arb(0)) for k in kept]


def _entered(numbers: list[list[fmpq]], active: list[int], nu: list[arb], n: int) -> tuple[list[int], list[arb]]:
    """The active rows with row n, without the one that it replaces where it depends on them."""
    c = dependence([numbers[k] for k in active], numbers[n])
    if c is None:
        return [*active, n], [*nu, arb(0)]
    positive = [k for k, e in enumerate(c) if e > 0]
    if not positive:
        raise ComputationError("no predictor has these margins", hint="separable data")
    first = min(positive, key=lambda k: (nu[k] / arb(c[k])).mid())
    t = nu[first] / arb(c[first])
    kept = [k for k in range(len(active)) if k != first]
    return [*(active[k] for k in kept), n], [*((nu[k] - t * arb(c[k])).mid() for k in kept), t.mid()]


def dependence(rows: Sequence[Sequence[fmpq]], row: Sequence[fmpq]) -> list[fmpq] | None:
    """The exact c with row = sum_k c_k rows_k for independent rows; None where there is none."""
    if not rows:
        return None
    table = fmpq_mat([[*(r[i] for r in rows), row[i]] for i in range(len(row))])
    reduced, rank = table.rref()
    if rank != len(rows) or any(reduced[k, k] == 0 for k in range(rank)):
        return None
    return [reduced[k, len(rows)] for k in range(rank)]
