"""The optimality system of `verify.minimise.system` in ball arithmetic, and the path to its solution in Arb.

`BallSystem` is E and E' at a precision, what `verify.minimise.krawczyk` proves a zero of.  Q close to l1 has A D A^T so
ill-conditioned that float64 (`verify.minimise.path`) does not get near that zero.  Then the same path is followed here:
b moves from X beta(0) to its goal in steps, each a tangent and Newton corrections; a step that fails is divided by 4,
the next after one that succeeds is 4 times as long; a path that stands still is at an end of the potential's domain.
"""

from collections.abc import Sequence

from flint import arb, arb_mat
from sympy import Expr

from derive.errors import ComputationError
from derive.exact.balls import ball
from verify.flow.arithmetic import balls
from verify.minimise.system import Inner

# after so many steps the path is asked whether it still moves
STALL = 60
# Newton's corrections of one step, and the relative size of one that ends them
CORRECTIONS, DONE = 14, arb(10) ** -20
SHORTEST = arb(10) ** -200
# a path that has moved by less than this part of itself stands still, once it is past its first thousandth
STILL = arb("0.001")
# halvings of the segment from beta(0); a pole closer than this is taken for an end of the domain
DEEPEST = 20


class BallSystem:
    """E and E' in Arb at a precision, for active rows A and right-hand side b (exact numbers)."""

    def __init__(self, inner: Inner, rows: Sequence[Sequence[Expr]], b: Sequence[Expr], precision: int) -> None:
        self.inner, self.precision = inner, precision
        self.arithmetic = balls(precision)
        number = self.arithmetic.constant
        self.rows = [[number(e) for e in row] for row in rows]
        self.b = [number(e) for e in b]
        self.program, self.slopes = inner.values.bind(self.arithmetic), inner.slopes.bind(self.arithmetic)
        self.first = self.program([ball(e, precision) for e in inner.start])

    def inside(self, z: Sequence[arb]) -> bool:
        """Is u certainly in the domain?"""
        for value, (low, high) in zip(z, self.inner.domain, strict=False):
            if low.is_finite and not value > ball(low, self.precision):
                return False
            if high.is_finite and not value < ball(high, self.precision):
                return False
        return True

    def solves(self, z: Sequence[arb]) -> bool:
        """Is z a solution to a third of the digits, inside the domain, as far as one Newton step tells?"""
        if not all(e.is_finite() for e in z) or not self.inside(z):
            return False
        try:
            delta = self.jacobian(z).mid().solve(self.residual(z).mid())
        except ZeroDivisionError:
            return False
        size = max(abs(e.mid()) for e in delta.entries())
        return bool(size <= max(abs(e) for e in z) * arb(2) ** (-self.precision // 3))

    def reachable(self, beta: Sequence[arb]) -> bool:
        """Is Hess Q certainly finite on the whole segment from beta(0) to beta?

        A formula for grad Q has values beyond the poles of Hess Q as well (1 - 1/beta at beta < 0), and zeros of the
        system there that no flow reaches.  The dual form has its domain, and F(w) is in the image whatever w is.
        """
        if self.inner.form != "closed":
            return True
        first = [ball(e, self.precision) for e in self.inner.start]
        move = [b - a for a, b in zip(first, beta, strict=True)]
        pieces = [(arb(0), arb(1), 0)]
        while pieces:
            low, high, depth = pieces.pop()
            middle = ((low + high) / 2).mid()
            t = arb(middle, (high - low).upper() / 2)
            if all(e.is_finite() for e in self.slopes([a + t * m for a, m in zip(first, move, strict=True)])):
                continue
            if depth == DEEPEST:
                return False
            pieces += [(low, middle, depth + 1), (middle, high, depth + 1)]
        return True

    def unpack(self, z: Sequence[arb]) -> tuple[tuple[arb, ...], tuple[arb, ...]]:
        """(nu, beta)."""
        n, d = self.inner.size, self.inner.d
        return tuple(z[n:]), tuple(self.values(z[:n])[d : 2 * d])

    def values(self, u: Sequence[arb]) -> list[arb]:
        """(phi, F, h) at u."""
        return self.program(list(u))

    def residual(self, z: Sequence[arb], b: Sequence[arb] | None = None) -> arb_mat:
        """E at z as a column, for the right-hand side b (the target by default)."""
        n, d = self.inner.size, self.inner.d
        out, nu = self.values(z[:n]), z[n:]
        top = [out[k] - sum((row[k] * v for row, v in zip(self.rows, nu, strict=True)), arb(0)) for k in range(d)]
        middle = [out[i] - self.first[i] for i in range(2 * d, 2 * d + self.inner.laws)]
        bottom = [
            sum((e * f for e, f in zip(row, out[d : 2 * d], strict=True)), arb(0)) - b
            for row, b in zip(self.rows, self.b if b is None else b, strict=True)
        ]
        return arb_mat([[e] for e in (*top, *middle, *bottom)])

    def jacobian(self, z: Sequence[arb]) -> arb_mat:
        """E' at z."""
        inner, n, d = self.inner, self.inner.size, self.inner.d
        size = n + len(self.rows)
        table = [[arb(0)] * n for _ in range(2 * d + inner.laws)]
        for (i, k), value in zip(inner.places, self.slopes(list(z[:n])), strict=True):
            table[i][k] = value
        result = [[arb(0)] * size for _ in range(size)]
        for i in range(d):
            result[i][:n] = table[i]
            for j, row in enumerate(self.rows):
                result[i][n + j] = -row[i]
        for i in range(inner.laws):
            result[d + i][:n] = table[2 * d + i]
        below = arb_mat(self.rows) * arb_mat(table[d : 2 * d]) if self.rows else None
        for j in range(len(self.rows)):
            result[n + j][:n] = [below[j, k] for k in range(n)] if below is not None else []
        return arb_mat(result)


def follow_precisely(system: BallSystem) -> list[arb]:
    """The path of `follow` in Arb, where A D A^T is too ill-conditioned for float64 (Q close to l1)."""
    inner = system.inner
    d, k = inner.d, len(system.rows)
    beta0 = system.first[d : 2 * d]
    origin = [sum((e * f for e, f in zip(row, beta0, strict=True)), arb(0)).mid() for row in system.rows]
    z = [*(ball(e, system.precision).mid() for e in inner.start), *[arb(0)] * k]
    t, step, before, tries = arb(0), arb(1), arb(0), 0
    while t < 1:
        step = min(step, (1 - t).mid())
        tries += 1
        # near an end of the domain steps of all sizes succeed, and lead nowhere
        stuck = tries % STALL == 0 and t > STILL and t - before < t * STILL
        before = t if tries % STALL == 0 else before
        found = _advance_precisely(system, z, origin, t, step)
        if found is not None and not stuck:
            z, t, step = found, (t + step).mid(), step * 4
        elif stuck or step < SHORTEST or (t + step).mid() == t:
            raise ComputationError(
                "the minimiser is not reached: the data leave the potential's domain",
                received=f"stopped at {t.str(3, radius=False)} of the way from beta(0)",
                hint="data that the model can fit from this start",
            )
        else:
            step = step / 4
    return z


def _advance_precisely(system: BallSystem, z: list[arb], origin: list[arb], t: arb, step: arb) -> list[arb] | None:
    n = system.inner.size
    ahead = arb_mat([[arb(0)]] * n + [[(b - o) * step] for b, o in zip(system.b, origin, strict=True)])
    b = [o + (t + step) * (b - o) for b, o in zip(system.b, origin, strict=True)]
    previous = None
    try:
        trial = _moved(z, system.jacobian(z).mid().solve(ahead), 1)
        for _ in range(CORRECTIONS):
            if not system.inside(trial) or not all(e.is_finite() for e in trial):
                return None
            delta = system.jacobian(trial).mid().solve(system.residual(trial, b).mid())
            trial = _moved(trial, delta, -1)
            size = max(abs(e.mid()) for e in delta.entries()) / max(abs(e) for e in trial)
            if not size.is_finite() or (previous is not None and size > 2 * previous):
                return None
            if size < DONE:
                return trial if system.inside(trial) else None
            previous = size
    except (ZeroDivisionError, ValueError):
        return None
    return None


def _moved(z: list[arb], delta: arb_mat, sign: int) -> list[arb]:
    return [(a + sign * e).mid() for a, e in zip(z, delta.entries(), strict=True)]
