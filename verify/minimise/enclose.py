"""The enclosure of an equality problem at a precision that gives the digits."""

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, ctx
from sympy import Rational

from derive.errors import ComputationError
from verify.minimise.krawczyk import Enclosure, krawczyk, refine
from verify.minimise.rows import Rows
from verify.minimise.solvers import Solver

ATTEMPTS = 9


@dataclass(frozen=True, slots=True)
class Found:
    """An enclosure of (beta, nu of the active and the undecided rows) at a precision; z is its centre."""

    enclosure: Enclosure
    active: tuple[int, ...]
    undecided: tuple[int, ...]
    precision: int
    z: list[arb]


def enclose(solver: Solver, rows: Rows, right: Sequence[Rational], digits: int, active: Sequence[int]) -> Found:
    """The enclosure of the equality problem at a precision that gives the digits."""
    z = solver.reach(rows, right)
    precision = int(3.4 * digits) + 64
    for _ in range(ATTEMPTS):
        ctx.prec = precision
        system = solver.system(rows, right, precision)
        try:
            point = refine(system, z)
        except ComputationError:
            # singular as far as this precision can tell: beta'(s) of a sparse solution spans many orders of magnitude
            precision *= 2
            continue
        found = krawczyk(system, point)
        if found is not None and digits_of(found.beta) >= digits:
            if not system.reachable(found.beta):
                raise ComputationError(
                    "the minimiser is not reached: the data leave the potential's domain",
                    received="a pole of the Hessian of Q between beta(0) and the solution of the equations",
                    hint="data that the model can fit from this start",
                )
            return Found(found, tuple(active), (), precision, point)
        precision *= 2
    raise ComputationError(
        "the minimiser could not be enclosed to the digits requested",
        received=f"{precision // 2} bits",
        hint="fewer --digits",
    )


def digits_of(beta: Sequence[arb]) -> int:
    """Digits fixed by the balls, relative to each coordinate (to the largest where one may be zero)."""
    top = max(abs(b.mid()) for b in beta)
    worst = 10**6
    for b in beta:
        size = top if b.contains(0) else abs(b.mid())
        if b.rad() != 0 and size != 0:
            worst = min(worst, int(float(-((b.rad() / size).log() / arb(10).log()).mid())))
    return max(0, worst)
