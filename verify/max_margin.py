"""Max-margin predictors, argmin of a norm of w under `y_n x_n . w >= 1`, from float64 to exact numbers.

l1        A linear program; its vertex is recomputed in exact rationals from the rows and coordinates that float64
          finds active, and certified by dual multipliers: nu >= 0, |A^T nu|_i <= 1, sum nu = |w|_1.
l2        Least distance as non-negative least squares (Lawson and Hanson 1974, chapter 23), the multipliers of its
          rows in exact rationals: w = A^T nu, A w = 1, nu >= 0, all margins >= 1.  The problem is strictly convex.
l_(2/D)   Not convex: a first-order stationary point of min |u|^2 under margins of u+^D - u-^D >= 1 near a given w.
          With P the coordinates that are not zero and A the active rows, A w = 1 and
          (2/D) sign(w_i) |w_i|^(2/D - 1) = (A^T nu)_i on P, nu >= 0; off P, u = 0 is stationary for D > 2.  The
          largest |w_i| and the smallest margins propose P and A, or linear programs reweighted from w on (Candes et al.
          2008); Newton solves; the nearest solution counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat
from scipy.optimize import linprog, nnls

from verify.data import DataSet

SMALL = 1e-9
# exact elimination beyond this size costs more than it tells
LARGEST = 80
WIDEST = 12
# stationary points that are shown
POINTS = 4
# reweighted linear programs at most, and the weight of a coordinate that is zero
PROGRAMS, HEAVY = 50, 1e8
Rows = list[list[fmpq]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxMargin:
    """w at the working precision, its active rows, and `how` it is known.

    `unique`: proved to be the only one (True), proved not to be (False: `other` is a second one), or open (None).
    `kind`: minimum, local minimum, saddle, or stationary point where other rows touch margin 1 too.
    """

    w: tuple[arb, ...]
    active: tuple[int, ...]
    unique: bool | None
    how: str
    other: tuple[arb, ...] | None = None
    kind: str = "minimum"


def exact_rows(data: DataSet) -> Rows:
    """Rows y_n x_n."""
    return [[fmpq(int(e.p), int(e.q)) for e in row] for row in data.signed]


def least_l1(rows: Rows) -> MaxMargin | None:
    """argmin |w|_1; None where the linear program has no solution."""
    d = len(rows[0])
    found = _program(rows, np.ones(2 * d))
    if found is None:
        return None
    vertex = _vertex(rows, found)
    if vertex is None:
        return _float(rows, found, "a linear program in float64")
    w, nu, active = vertex
    pulled = _pulled(rows, nu)
    size = sum((abs(e) for e in w), fmpq(0))
    if any(v < 0 for v in nu) or any(abs(e) > 1 for e in pulled) or sum(nu, fmpq(0)) != size:
        return _float(rows, found, "a linear program in float64")
    idle = [i for i in range(d) if w[i] == 0 and abs(pulled[i]) == 1]
    unique = not idle and all(nu[n] > 0 for n in active)
    other = None if unique else _other(rows, w, size, idle, [n for n in active if nu[n] == 0])
    return MaxMargin(
        w=_balls(w),
        active=_active(rows, w),
        unique=True if unique else None if other is None else False,
        how="exact: a vertex with dual multipliers",
        other=None if other is None else _balls(other),
    )


def _program(rows: Rows, cost: np.ndarray, bound: float | None = None) -> np.ndarray | None:
    """w = p - m >= 0 that minimises cost . (p, m) under the margins (and sum (p + m) <= bound)."""
    a = np.array([[float(e.p) / float(e.q) for e in row] for row in rows])
    upper, right = np.c_[-a, a], -np.ones(len(rows))
    if bound is not None:
        upper, right = np.r_[upper, np.ones((1, upper.shape[1]))], np.r_[right, bound]
    result = linprog(cost, A_ub=upper, b_ub=right, bounds=(0, None), method="highs-ds")
    return result.x[: a.shape[1]] - result.x[a.shape[1] :] if result.success else None


def _vertex(rows: Rows, w: np.ndarray) -> tuple[list[fmpq], list[fmpq], list[int]] | None:
    """The exact vertex near w and its multipliers; None where its rows and coordinates do not determine it."""
    a = np.array([[float(e.p) / float(e.q) for e in row] for row in rows])
    places = [i for i in range(len(w)) if abs(w[i]) > SMALL * np.abs(w).max()]
    tight = [n for n in np.argsort(a @ w) if a[n] @ w < 1 + 1e-7]
    active: list[int] = []
    for n in tight:  # independent ones, as many as there are coordinates
        trial = [*active, int(n)]
        if len(trial) <= len(places) and fmpq_mat([[rows[k][i] for i in places] for k in trial]).rank() == len(trial):
            active = trial
    if len(active) != len(places) or len(places) > LARGEST:
        return None
    matrix = fmpq_mat([[rows[n][i] for i in places] for n in active])
    values = matrix.solve(fmpq_mat([[fmpq(1)]] * len(active))).entries()
    signs = fmpq_mat([[fmpq(1 if v > 0 else -1)] for v in values])
    multipliers = matrix.transpose().solve(signs).entries()
    full, nu = [fmpq(0)] * len(w), [fmpq(0)] * len(rows)
    for i, v in zip(places, values, strict=True):
        full[i] = v
    for n, v in zip(active, multipliers, strict=True):
        nu[n] = v
    return (full, nu, active) if min(_margins(rows, full)) >= 1 else None


def _other(rows: Rows, w: list[fmpq], size: fmpq, idle: Sequence[int], loose: Sequence[int]) -> list[fmpq] | None:
    """Another exact minimiser of the same |w|_1, along what costs nothing to use: coordinates and rows without a
    multiplier of their own."""
    slopes = sum((np.array([float(e.p) / float(e.q) for e in rows[n]]) for n in loose), np.zeros(len(w)))
    cost = np.r_[-slopes, slopes]
    for i in idle:
        cost[[i, len(w) + i]] -= 1.0
    found = _program(rows, cost, float(size.p) / float(size.q) * (1 + 1e-12))
    vertex = None if found is None else _vertex(rows, found)
    if vertex is None or vertex[0] == w or sum((abs(e) for e in vertex[0]), fmpq(0)) != size:
        return None
    return vertex[0]


def least_l2(rows: Rows) -> MaxMargin | None:
    """argmin |w|_2; None where float64 finds none."""
    a = np.array([[float(e.p) / float(e.q) for e in row] for row in rows])
    stacked = np.r_[a.T, np.ones((1, len(a)))]
    u, _ = nnls(stacked, np.r_[np.zeros(a.shape[1]), 1.0])
    rest = stacked @ u - np.r_[np.zeros(a.shape[1]), 1.0]
    if not rest[-1] < -1e-300:
        return None
    w = -rest[:-1] / rest[-1]
    chosen = [n for n in range(len(a)) if u[n] > SMALL * u.max()]
    if len(chosen) <= LARGEST:
        some = fmpq_mat([rows[n] for n in chosen])
        gram = some * some.transpose()
        if gram.det() != 0:
            nu = gram.solve(fmpq_mat([[fmpq(1)]] * len(chosen)))
            exact = (some.transpose() * nu).entries()
            if all(v >= 0 for v in nu.entries()) and min(_margins(rows, exact)) >= 1:
                return MaxMargin(
                    w=_balls(exact),
                    active=_active(rows, exact),
                    unique=True,
                    how="exact: the optimality conditions hold",
                )
    return _float(rows, w, "least squares in float64") if (a @ w).min() > 1 - 1e-6 else None


def stationary_points(rows: Rows, depth: int, near: Sequence[arb]) -> list[MaxMargin]:
    """Stationary points of the l_(2/depth) problem, depth > 2, the nearest to `near` first; not all there are.

    A cost |w|^q with q < 1 is strictly concave on each orthant: with fewer active rows than coordinates some
    direction along the rows lowers it, and the point is a saddle; a vertex whose multipliers are all positive is a
    local minimum (docs/derivations/runs.md).  Works at the current precision.
    """
    a = np.array([[float(e.p) / float(e.q) for e in row] for row in rows])
    w0 = np.array([float(e) for e in near])
    seen: list[tuple[float, np.ndarray, np.ndarray, list[int], list[int]]] = []
    for places, active in (*_proposals(a, w0), *_reweighted(rows, a, w0, 2 / depth)):
        found = _newton(a[np.ix_(active, places)], w0[places], 2 / depth)
        if found is None or not (found[1] > SMALL * np.abs(found[1]).max()).all():
            continue
        w = np.zeros_like(w0)
        w[places] = found[0]
        new = all(np.linalg.norm(w - other) > 1e-6 * np.linalg.norm(w) for _, other, *_ in seen)
        if new and (a @ w).min() > 1 - 1e-9:
            seen.append((float(np.linalg.norm(w - w0)), w, np.r_[found[0], found[1]], places, active))
    nearest = sorted(seen, key=lambda e: e[0])[:POINTS]
    polished = [
        _polished(rows, depth, z, places, active, int((a @ w < 1 + 1e-7).sum()) == len(active))
        for _, w, z, places, active in nearest
    ]
    return [p for p in polished if p is not None]


def _proposals(a: np.ndarray, w: np.ndarray) -> Iterator[tuple[list[int], list[int]]]:
    large, tight = np.argsort(-np.abs(w)), np.argsort(a @ w)
    for k in range(1, min(np.count_nonzero(w), WIDEST) + 1):
        for j in range(1, min(len(a), k) + 1):
            yield sorted(map(int, large[:k])), sorted(map(int, tight[:j]))


def _reweighted(rows: Rows, a: np.ndarray, w: np.ndarray, q: float) -> Iterator[tuple[list[int], list[int]]]:
    """Where least |w_i|^q leads from here: linear programs with the slopes of |w_i|^q for weights, until they stand.

    The concave cost lies below its tangents, so that it falls at every step.
    """
    for _ in range(PROGRAMS):
        with np.errstate(divide="ignore"):
            weights = np.minimum(q * (np.abs(w) / np.abs(w).max()) ** (q - 1), HEAVY)
        ahead = _program(rows, np.r_[weights, weights])
        if ahead is None:
            return
        settled = np.abs(ahead - w).max() < SMALL * np.abs(w).max()
        w = ahead
        if settled:
            break
    places = np.flatnonzero(np.abs(w) > SMALL * np.abs(w).max())
    tight = np.argsort(a @ w)[: len(places)]
    yield sorted(map(int, places)), sorted(map(int, tight))


def _newton(a: np.ndarray, w: np.ndarray, q: float) -> tuple[np.ndarray, np.ndarray] | None:
    """(w, nu) with a w = 1 and q sign(w) |w|^(q - 1) = a^T nu, from w; None where it does not settle."""
    count, k = a.shape
    sign = np.sign(w)
    nu = np.linalg.lstsq(a.T, q * sign * np.abs(w) ** (q - 1), rcond=None)[0]
    for _ in range(60):
        slope = q * sign * np.abs(w) ** (q - 1)
        bend = q * (q - 1) * np.abs(w) ** (q - 2)
        system = np.block([[np.diag(bend), -a.T], [a, np.zeros((count, count))]])
        residual = np.r_[slope - a.T @ nu, a @ w - 1]
        try:
            move = np.linalg.solve(system, residual)
        except np.linalg.LinAlgError:
            return None
        w, nu = w - move[:k], nu - move[k:]
        if not np.isfinite(w).all() or (w * sign <= 0).any():
            return None
        if np.abs(move[:k]).max() < 1e-13 * np.abs(w).max():
            return w, nu
    return None


def _polished(
    rows: Rows, depth: int, z: np.ndarray, places: list[int], active: list[int], free: bool
) -> MaxMargin | None:
    """The same Newton in Arb; `free` says that no row but the active ones has margin 1."""
    q, k = arb(2) / depth, len(places)
    a = arb_mat([[arb(rows[n][i]) for i in places] for n in active])
    point = [arb(float(e)) for e in z]
    for _ in range(4 + ctx.prec.bit_length()):
        w, nu = point[:k], arb_mat([[e] for e in point[k:]])
        pulled, reached = a.transpose() * nu, a * arb_mat([[e] for e in w])
        residual = [q * _sign(e) * abs(e) ** (q - 1) - pulled[i, 0] for i, e in enumerate(w)]
        residual += [reached[j, 0] - 1 for j in range(len(active))]
        table = [[arb(0)] * len(point) for _ in point]
        for i, e in enumerate(w):
            table[i][i] = (q * (q - 1) * abs(e) ** (q - 2)).mid()
            for j in range(len(active)):
                table[i][k + j], table[k + j][i] = -a[j, i], a[j, i]
        try:
            move = arb_mat(table).mid().solve(arb_mat([[e.mid()] for e in residual])).mid().entries()
        except ZeroDivisionError:
            return None
        point = [(e - m).mid() for e, m in zip(point, move, strict=True)]
    full = [arb(0)] * len(rows[0])
    for i, e in zip(places, point[:k], strict=True):
        full[i] = e
    how = f"numerical: Newton on {k} coordinates and {len(active)} active rows"
    kind = "local minimum" if len(active) == k else "saddle" if free else "stationary point"
    return MaxMargin(w=tuple(full), active=tuple(active), unique=None, how=how, kind=kind)


def _sign(e: arb) -> int:
    return 1 if e > 0 else -1


def _pulled(rows: Rows, nu: Sequence[fmpq]) -> list[fmpq]:
    return [sum((v * row[i] for v, row in zip(nu, rows, strict=True)), fmpq(0)) for i in range(len(rows[0]))]


def _margins(rows: Rows, w: Sequence[fmpq]) -> list[fmpq]:
    return [sum((a * b for a, b in zip(row, w, strict=True)), fmpq(0)) for row in rows]


def _active(rows: Rows, w: Sequence[fmpq]) -> tuple[int, ...]:
    return tuple(n for n, m in enumerate(_margins(rows, w)) if m == 1)


def _balls(w: Sequence[fmpq]) -> tuple[arb, ...]:
    return tuple(arb(e) for e in w)


def _float(rows: Rows, w: np.ndarray, how: str) -> MaxMargin:
    a = np.array([[float(e.p) / float(e.q) for e in row] for row in rows])
    tight = tuple(int(n) for n in np.flatnonzero(a @ w < 1 + 1e-7))
    return MaxMargin(w=tuple(arb(float(e)) for e in w), active=tight, unique=None, how=how)
