"""Least l_(2/D) quasi-norm under margins: first-order stationary points.

Not convex: a stationary point of min |u|^2 under margins of u+^D - u-^D >= 1 near a given w.  With P the coordinates
that are not zero and A the active rows, A w = 1 and

    (2/D) sign(w_i) |w_i|^(2/D - 1) = (A^T nu)_i on P,   nu >= 0;   off P, u = 0 is stationary for D > 2.

The largest |w_i| and the smallest margins propose P and A, or linear programs reweighted from w on (Candes et al.
2008); Newton solves; the nearest solution counts.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from flint import arb, arb_mat, ctx

from verify.margins.linear import program
from verify.margins.point import SMALL, MaxMargin, Rows

WIDEST = 12
# stationary points that are shown
POINTS = 4
# reweighted linear programs at most, and the weight of a coordinate that is zero
PROGRAMS, HEAVY = 50, 1e8


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
        ahead = program(rows, np.r_[weights, weights])
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
