"""One panel in arbitrary precision: collocation residuals in Arb, corrections with a float64 LU.

U_j = u_0 + (h/2) sum_l B_jl f(U_l) at the Chebyshev points.  The residual is computed at full precision,
the correction solves (I - (h/2) B (x) J) delta = -R with J and the factorisation in float64.  The
iteration matrix is wrong by about 1e-15 relatively, so each round gains some 15 digits, and four rounds
reach 50.  Everything carried is an exact midpoint; balls appear inside one evaluation only.

Before any of this, float64 looks: its Chebyshev coefficients on the panel fall at a rate from which the
number of coefficients follows that the wanted digits need.  A panel that would need more than it has is
refused at the price of one float64 solve.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat
from scipy.linalg import lu_factor, lu_solve

from derive.errors import ComputationError
from verify.flow.array_field import ArrayField
from verify.flow.ball_field import BallField
from verify.flow.chebyshev import ball_matrices, ball_nodes, nodes, to_coefficients, transfer
from verify.flow.scout import Scout, polish, system

MAX_ROUNDS = 60
GAIN = 44
VISIBLE, COARSE, ABOVE_FLOOR = 1e-12, 1e-4, 30.0
SMALL = 1e-8


@dataclass(frozen=True, slots=True)
class Panel:
    """The solution on [left, left + 2 half]: Chebyshev coefficients by state component.

    `values` are the states at the nodes (n+1 x states), `rates` dt/dgamma~ (scaled, see `verify.flow.field`) there.
    """

    left: arb
    half: arb
    values: arb_mat
    rates: tuple[arb, ...]
    coefficients: tuple[tuple[arb, ...], ...]
    tail: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Grid:
    """One panel's place and discretisation: [left, left + 2 half], n + 1 nodes, precision in bits.

    `offset` is left - gamma~(start), which float64 still resolves where it does not resolve gamma~.
    """

    left: arb
    half: arb
    n: int
    precision: int
    offset: float

    @property
    def clock(self) -> np.ndarray:
        """gamma~ - gamma~(start) at the nodes, float64."""
        return self.offset + float(self.half) * (nodes(self.n) + 1)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A float64 solution on a grid (states x nodes), the factors of its Newton matrix, and the guess for Arb.

    `decay` is the number of digits by which the Chebyshev coefficients fall per coefficient.
    """

    factors: Any
    guess: arb_mat
    decay: float


def prepare(array: ArrayField, look: Scout, grid: Grid, w0: list[arb]) -> Prepared | None:
    """The float64 solution on the grid; None where there is none."""
    start = np.array([float(e) for e in w0])
    with np.errstate(all="ignore"):
        seen = look.values(np.clip(grid.clock, 0.0, look.span))
        try:
            u = polish(array, seen, grid.clock, start, float(grid.half), rounds=1)
        except np.linalg.LinAlgError:
            return None
        # LSODA's own error is about 1e-9; a Newton step that moves far did not start near a solution
        if not np.isfinite(u).all() or np.abs(u - seen).max() > 1e-3 * np.abs(seen).max():
            return None
        return _factored(array, grid, u, arb_mat(u.T.tolist()))


def prepare_from(array: ArrayField, grid: Grid, known: Panel) -> Prepared | None:
    """The same from the solution on another number of nodes of the same panel."""
    guess = (transfer(known.values.nrows() - 1, grid.n, grid.precision) * known.values).mid()
    u = np.array([float(e) for e in guess.entries()]).reshape(grid.n + 1, -1).T
    with np.errstate(all="ignore"):
        return _factored(array, grid, u, guess)


def _factored(array: ArrayField, grid: Grid, u: np.ndarray, guess: arb_mat) -> Prepared | None:
    factors = lu_factor(system(array, u, grid.clock, float(grid.half)), check_finite=False, overwrite_a=True)
    if not np.isfinite(factors[0]).all():
        return None
    c = np.abs(to_coefficients(grid.n) @ u.T)
    relative = (c / np.maximum(c.max(axis=0), SMALL * c.max())).max(axis=1)
    # rounding leaves a floor under the coefficients, which is not to be taken for slow decay
    floor = float(np.median(relative[-max(grid.n // 3, 3) :]))
    threshold = min(max(VISIBLE, ABOVE_FLOOR * floor), COARSE)
    visible = int(np.max(np.nonzero(relative > threshold)[0], initial=1))
    return Prepared(factors, guess, -float(np.log10(threshold)) / max(visible, 1))


def solve_panel(ball: BallField, grid: Grid, prepared: Prepared, w0: list[arb]) -> Panel:
    """The panel from the state w0 at its left end.  Raises `ComputationError` where Newton fails."""
    state, slopes, rounds = _refine(ball, prepared.factors, prepared.guess, w0, grid)
    coefficients = (ball_matrices(grid.n, grid.precision).coefficients * state).mid()
    columns = tuple(tuple(row) for row in coefficients.transpose().tolist())
    rates = tuple(row[-1] for row in slopes)
    return Panel(grid.left, grid.half, state, rates, columns, _tail(columns), rounds)


def _refine(
    ball: BallField, factors: Any, state: arb_mat, w0: list[arb], grid: Grid
) -> tuple[arb_mat, list[list[arb]], int]:
    """Newton rounds until the residual stays at rounding level."""
    p, n = len(w0), grid.n
    matrix = ball_matrices(n, grid.precision).integration
    gammas = [(grid.left + grid.half * (x + 1)).mid() for x in ball_nodes(n, grid.precision)]
    origin = arb_mat([w0] * (n + 1))
    state = arb_mat(n + 1, p, [*w0, *state.entries()[p:]])
    previous = None
    for round_ in range(MAX_ROUNDS):
        rows = state.tolist()
        slopes = ball.slopes(rows, gammas)
        image = matrix * arb_mat([row[:p] for row in slopes])
        residual = (state - origin - image * grid.half).mid()
        entries = residual.entries()[p:]
        # of the whole panel: the state at its end may be zero
        size, scale = max(map(abs, entries)), max(map(abs, state.entries()))
        accuracy = exponent(size) - exponent(scale)
        if accuracy < -(grid.precision - 16):
            return state, slopes, round_
        if previous is not None and accuracy > previous - 2:
            if accuracy < 40 - grid.precision:
                return state, slopes, round_
            break
        previous = accuracy
        factor = arb(2) ** -exponent(size)
        scaled = np.array([float(e) for e in (residual * factor).entries()[p:]])
        delta = lu_solve(factors, scaled, check_finite=False)
        moves = arb_mat(n + 1, p, [0.0] * p + delta.tolist())
        state = (state - moves * (1 / factor)).mid()
        if accuracy - GAIN < -grid.precision:
            # the correction just made reaches the precision: a further evaluation would only confirm it
            return state, slopes, round_ + 1
    raise ComputationError(
        "the collocation equations did not converge", received=f"stalled near gamma~ = {float(grid.left):.6g}"
    )


def exponent(value: arb) -> int:
    """The binary exponent of a number; very negative for zero.  Raises `ComputationError` where it is not finite."""
    if not value.is_finite():
        raise ComputationError(
            "the flow leaves the model's domain, or its numbers' range", hint="another start, --scale or loss target"
        )
    if value == 0:
        return -(10**9)
    mantissa, power = value.mid().man_exp()
    return int(power) + int(mantissa).bit_length()


def _tail(columns: tuple[tuple[arb, ...], ...]) -> float:
    """log10 of the size of the last coefficients relative to the largest of their component.

    A component far below the others (a mode that has died out) only counts relative to SMALL times the largest:
    whoever wanted its own digits would have to follow e^-(rate gamma~) over a wide panel.
    """
    tops = [exponent(max(map(abs, c))) for c in columns]
    least = max(tops) + math.log2(SMALL)
    return max(
        (exponent(max(map(abs, c[-3:]))) - max(top, least)) * math.log10(2)
        for c, top in zip(columns, tops, strict=True)
    )
