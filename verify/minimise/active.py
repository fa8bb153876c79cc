"""The active rows of a margin problem, by ascent in the dual.

The dual is max over nu >= 0 of sum nu - Q*(sum_n nu_n y_n x_n), concave.  As Lawson and Hanson (1974, chapter 23) do
for least squares: the equality problem of the active rows is solved; on the way to its multipliers the first one that
would become negative leaves; where none is left that would, the row that is violated most enters.

A violated row that depends on the active ones, x_n = sum_k c_k x_k with sum_k c_k < 1, cannot simply enter, because the
equations would contradict each other.  The dual rises along nu_n + t, nu_k - t c_k, where beta stands still, until
the first nu_k is 0: that row leaves.  If no c_k is positive the dual is unbounded and no beta has these margins.
"""

from collections.abc import Callable, Sequence

from flint import arb, fmpq

from derive.errors import ComputationError
from verify.minimise.rows import Rows, dependence, exact, independent

# beta and nu of the equality problem of some rows, as midpoints
Solve = Callable[[Sequence[int]], tuple[list[arb], list[arb]]]
NEGLIGIBLE = arb(10) ** -40


def active_rows(rows: Rows, solve: Solve, first: Sequence[int] = ()) -> list[int]:
    """The rows with positive multipliers at the minimiser under `rows . beta >= 1`; `first` is a guess of them.

    Raises `ComputationError` where the ascent does not settle, and what `solve` raises.
    """
    numbers = [exact(row) for row in rows]
    active, nu = _begun(numbers, solve, first)
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


def _begun(numbers: list[list[fmpq]], solve: Solve, first: Sequence[int]) -> tuple[list[int], list[arb]]:
    """The guess with its multipliers, where these are a point of the dual; else no row."""
    chosen = [first[k] for k in independent([numbers[n] for n in first])] if first else []
    if not chosen:
        return [], []
    _, nu = solve(chosen)
    return (chosen, nu) if all(e >= 0 for e in nu) else ([], [])


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


def redistributed(rows: Rows, active: Sequence[int], nu: Sequence[arb], weak: Sequence[int]) -> list[int] | None:
    """Other active rows with positive multipliers for the same beta and fewer weak rows; None where there are none.

    A weak row that depends on active and weak ones, x_n = sum c_k x_k, with c_k < 0 for a weak k, is not implied by
    them.  Along nu_n + t, nu_k - t c_k the gradient stands still; the first active row whose multiplier is used up
    leaves, row n and the rows k enter with positive multipliers.
    """
    numbers = [exact(row) for row in rows]
    size = dict(zip(active, nu, strict=True))
    strong = [n for n in active if n not in weak]
    order = [*strong, *sorted(weak)]
    kept = [order[k] for k in independent([numbers[n] for n in order])]
    for n in sorted(set(weak) - set(kept)):
        c = dict(zip(kept, dependence([numbers[k] for k in kept], numbers[n]) or [], strict=True))
        entering = [k for k, e in c.items() if e < 0 and k in weak]
        leaving = [k for k in strong if c[k] > 0]
        if entering and leaving and all(e <= 0 for k, e in c.items() if k in weak):
            first = min(leaving, key=lambda k: (size[k] / arb(c[k])).mid())
            return sorted({*strong, *entering, n} - {first})
    return None
