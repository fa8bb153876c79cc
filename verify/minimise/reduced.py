"""The optimality system of a separable potential in its N dual unknowns, in ball arithmetic.

With s = A^T nu the stationarity conditions of `verify.minimise.system` are solved by substitution, and what is left is
A beta(A^T nu) = b with Jacobian A D A^T, D = diag beta'(s): Krawczyk's test inverts an N x N matrix, whatever d is.

Where float64 does not reach the solution (Q close to l1, poles of beta(s) at a small start), the same Newton iteration
with an exact line search as in `verify.minimise.dual` runs in Arb, at a precision that doubles until it converges:
at a pole 1 - s may be 10^-1000.
"""

from collections.abc import Sequence

import numpy as np
from flint import arb, arb_mat, ctx
from sympy import Expr

from derive.errors import ComputationError
from verify.flow.arithmetic import balls
from verify.minimise.coordinates import BallCoordinates, Coordinates, FloatCoordinates
from verify.minimise.dual import along, maximise_dual

STEPS = 300
NEAR = 2.0**-8
ENDLESS = 2.0**190
PRECISIONS = (320, 640, 1280, 2560, 5120, 10240, 20480)


class ReducedSystem:
    """E(nu) = A beta(A^T nu) - b and its Jacobian in Arb at a precision, for active rows A (exact numbers)."""

    def __init__(
        self, coordinates: Coordinates, rows: Sequence[Sequence[Expr]], b: Sequence[Expr], precision: int
    ) -> None:
        self.precision, self.d, self.size = precision, coordinates.d, len(rows)
        number = balls(precision).constant
        self.a = arb_mat([[number(e) for e in row] for row in rows]) if rows else arb_mat(0, self.d)
        self.transposed = self.a.transpose()
        self.b = arb_mat([[number(e)] for e in b]) if rows else arb_mat(0, 1)
        self.coordinates = BallCoordinates(coordinates, precision)

    def duals(self, nu: Sequence[arb]) -> list[arb]:
        """s = A^T nu."""
        return (self.transposed * arb_mat([[e] for e in nu])).entries() if nu else [arb(0)] * self.d

    def inside(self, z: Sequence[arb]) -> bool:
        """Is s certainly in the domain?"""
        return self.coordinates.inside(self.duals(z))

    def residual(self, z: Sequence[arb]) -> arb_mat:
        """E at nu, as a column."""
        beta, _ = self.coordinates(self.duals(z))
        return self.a * arb_mat([[e] for e in beta]) - self.b

    def jacobian(self, z: Sequence[arb]) -> arb_mat:
        """A D A^T."""
        _, slope = self.coordinates(self.duals(z))
        return self.a * arb_mat([[slope[i] * e for e in row] for i, row in enumerate(self.transposed.table())])

    def reachable(self, beta: Sequence[arb]) -> bool:
        """Every s in the domain is one, and `inside` decides that."""
        return all(b.is_finite() for b in beta)

    def unpack(self, z: Sequence[arb]) -> tuple[tuple[arb, ...], tuple[arb, ...]]:
        """(nu, beta)."""
        return tuple(z), tuple(self.coordinates(self.duals(z))[0])


def reach(coordinates: Coordinates, rows: Sequence[Sequence[Expr]], b: Sequence[Expr]) -> list[arb]:
    """nu near the solution, for independent rows: by float64, or by the same iteration in Arb.

    Raises `ComputationError` where the data leave the domain of Q.
    """
    if not rows:
        return []
    start = [arb(0)] * len(rows)
    try:
        x = np.array([[float(e) for e in row] for row in rows])
        found = maximise_dual(FloatCoordinates(coordinates), x, np.array([float(e) for e in b]))
        start = [arb(float(e)) for e in found.nu]
    except (ComputationError, OverflowError):
        pass
    for precision in PRECISIONS:
        ctx.prec = precision
        nu = _newton(ReducedSystem(coordinates, rows, b, precision), start)
        if nu is not None:
            return nu
    raise unreachable(f"no solution of the dual at {PRECISIONS[-1]} bits")


def unreachable(received: str) -> ComputationError:
    """The error of data that the model cannot fit."""
    return ComputationError(
        "the minimiser is not reached: the data leave the potential's domain",
        received=received,
        hint="data that the model can fit from this start",
    )


def _newton(system: ReducedSystem, start: Sequence[arb]) -> list[arb] | None:
    """Newton's iteration until a full step changes no beta'(s_i) by much: from there it converges by itself.

    None where this precision does not get there.
    """
    nu = list(start)
    s = [e.mid() for e in system.duals(nu)]
    if not system.coordinates.inside(s):
        nu, s = [arb(0)] * system.size, [arb(0)] * system.d
    for _ in range(STEPS):
        beta, slope = system.coordinates(s)
        gradient = system.a * arb_mat([[e.mid()] for e in beta]) - system.b
        try:
            step = system.jacobian(nu).mid().solve(gradient.mid())
        except ZeroDivisionError:
            return None
        p = [-e.mid() for e in step.entries()]
        q = [e.mid() for e in system.duals(p)]
        if not all(e.is_finite() for e in q):
            return None
        full = [(a + e).mid() for a, e in zip(s, q, strict=True)]
        if system.coordinates.inside(full):
            _, after = system.coordinates(full)
            if all(abs(a - e) < NEAR * e for a, e in zip(after, slope, strict=True)):
                return [(a + e).mid() for a, e in zip(nu, p, strict=True)]
        goal = sum((a * e for a, e in zip(p, system.b.entries(), strict=True)), arb(0))

        def ahead(t: arb, s: list[arb] = s, q: list[arb] = q, goal: arb = goal) -> arb:
            value, _ = system.coordinates([(a + t * e).mid() for a, e in zip(s, q, strict=True)])
            return (sum((a * e for a, e in zip(value, q, strict=True)), arb(0)) - goal).mid()

        t = arb(along(ahead, system.coordinates.room(s, q))).mid()
        if t == 0:
            return None
        if t > ENDLESS:
            # the dual rises along a whole ray: no beta in the image has X beta = b
            raise unreachable(f"the dual rises without end, at {system.precision} bits")
        nu = [(a + t * e).mid() for a, e in zip(nu, p, strict=True)]
        s = [e.mid() for e in system.duals(nu)]
    return None
