"""One panel in arbitrary precision: collocation residuals in Arb, corrections with a float64 LU.

U_j = u_0 + (h/2) sum_l B_jl f(U_l) at the Chebyshev points.  The residual is computed at full precision,
the correction solves (I - (h/2) B (x) J) delta = -R with J and the factorisation in float64.  The
iteration matrix is wrong by about 1e-15 relatively, so each round gains some 15 digits, and three rounds
reach 50.  A round works with the precision that the digits it can gain ask for.  Everything carried is an
exact midpoint; balls appear inside one evaluation only.

Before any of this, float64 looks: its Chebyshev coefficients on the panel fall at a rate from which the
number of coefficients follows that the wanted digits need.  A panel that would need more than it has is
refused at the price of one float64 solve.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx
from scipy.linalg import lu_factor, lu_solve

from derive.errors import ComputationError
from verify.flow.array_field import ArrayField
from verify.flow.ball_field import BallField
from verify.flow.chebyshev import ball_nodes, nodes, to_coefficients
from verify.flow.chebyshev_parity import at_nodes, halves
from verify.flow.columns import Column
from verify.flow.scout import Scout, newton_matrix, polish

# bits that a round gains at first sight, that a polished float64 solution has, and that are kept beyond both
GAIN, SEEN, SPARE = 44, 50, 16
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
    """One panel's place and discretisation: [left, left + 2 half], n + 1 nodes (n even), precision in bits.

    `offset` is left - gamma~(start), which float64 still resolves where it does not resolve gamma~.  Newton stops at
    an error of 2^-goal; `slack` bits of the precision are what the clock and the predictor lose.
    """

    left: arb
    half: arb
    n: int
    precision: int
    offset: float
    goal: int
    slack: int

    @property
    def clock(self) -> np.ndarray:
        """gamma~ - gamma~(start) at the nodes, float64."""
        return self.offset + float(self.half) * (nodes(self.n) + 1)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A float64 solution on a grid, the factors of its Newton matrix, and the guess for Arb, by state component.

    `known` is how many bits of the guess are right, `rate_slopes` the derivatives of dt/dgamma~ at the nodes
    (n + 1, states); `decay` is the number of digits by which the Chebyshev coefficients fall per coefficient.
    """

    factors: Any
    guess: list[list[arb]]
    known: int
    rate_slopes: np.ndarray
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
        return _factored(array, grid, u, [[arb(e) for e in row] for row in u.tolist()], SEEN)


def prepare_from(array: ArrayField, grid: Grid, known: Panel, goal: int) -> Prepared | None:
    """The same from the solution on another number of nodes of the same panel, right to 2^-goal."""
    guess = at_nodes(known.coefficients, grid.n, grid.precision)
    u = np.array([[float(e) for e in row] for row in guess])
    with np.errstate(all="ignore"):
        return _factored(array, grid, u, guess, goal)


def _factored(array: ArrayField, grid: Grid, u: np.ndarray, guess: list[list[arb]], known: int) -> Prepared | None:
    slopes = array.derivative(u, grid.clock)
    matrix = newton_matrix(slopes[:, :-1], float(grid.half))
    factors = lu_factor(matrix, check_finite=False, overwrite_a=True)
    if not np.isfinite(factors[0]).all():
        return None
    c = np.abs(to_coefficients(grid.n) @ u.T)
    relative = (c / np.maximum(c.max(axis=0), SMALL * c.max())).max(axis=1)
    # rounding leaves a floor under the coefficients, which is not to be taken for slow decay
    floor = float(np.median(relative[-max(grid.n // 3, 3) :]))
    threshold = min(max(VISIBLE, ABOVE_FLOOR * floor), COARSE)
    visible = int(np.max(np.nonzero(relative > threshold)[0], initial=1))
    return Prepared(factors, guess, known, slopes[:, -1], -float(np.log10(threshold)) / max(visible, 1))


def solve_panel(ball: BallField, grid: Grid, prepared: Prepared, w0: list[arb]) -> Panel | None:
    """The panel from the state w0 at its left end; None where Newton does not converge, as on a panel too wide."""
    with ctx.workprec(ctx.prec):  # what is set within ends with it
        refined = _refine(ball, prepared, w0, grid)
        if refined is None:
            return None
        state, rates, rounds = refined
        ctx.prec = grid.precision
        columns = tuple(map(tuple, halves(grid.n, grid.precision).coefficients(state)))
        values = arb_mat(state).transpose()
        return Panel(grid.left, grid.half, values, tuple(rates), columns, tail_of(columns), rounds)


def _refine(
    ball: BallField, ready: Prepared, w0: list[arb], grid: Grid
) -> tuple[list[list[arb]], list[arb], int] | None:
    """Newton rounds until the error is below 2^-goal: the state and the rates at the nodes, by component."""
    p, n = len(w0), grid.n
    operator = halves(n, grid.precision)
    ctx.prec = grid.precision
    gammas = [(grid.left + grid.half * (x + 1)).mid() for x in ball_nodes(n, grid.precision)]
    state = [[first, *row[1:]] for first, row in zip(w0, ready.guess, strict=True)]
    # of the whole panel: the state at its end may be zero
    scale = exponent(max(abs(e) for row in state for e in row))
    known, gain, slack, round_ = ready.known, GAIN, grid.slack, 0
    while True:
        ctx.prec = min(grid.precision, known + gain + slack + SPARE)
        slopes = ball.slopes([Column(row) for row in state], gammas)
        integrals = operator.integrals([c.entries for c in slopes[:p]])
        residual = [_residual(row, image, grid.half) for row, image in zip(state, integrals, strict=True)]
        size = max(abs(e) for row in residual for e in row)
        accuracy = scale - exponent(size)
        if accuracy >= grid.precision - SPARE:
            return state, slopes[p].entries, round_
        if round_:
            gain = min(gain, accuracy - known + gain)
            if gain < 2:  # rounding, or a matrix that is of no use
                if ctx.prec == grid.precision:
                    return None
                gain, slack = 2, slack + GAIN
        known = accuracy + gain
        ctx.prec = min(grid.precision, known + gain + slack + SPARE)
        delta, factor = _correction(ready.factors, residual, size)
        state = [_moved(row, moves, factor) for row, moves in zip(state, delta.T.tolist(), strict=True)]
        round_ += 1
        if known >= grid.goal:
            # the correction just made reaches the goal: a further evaluation would only confirm it
            return state, _moved(slopes[p].entries, (ready.rate_slopes * delta).sum(axis=1).tolist(), factor), round_


def _residual(state: list[arb], integral: list[arb], half: arb) -> list[arb]:
    """U - u_0 - (h/2) B f(U), as midpoints, of one component."""
    first = state[0]
    return [(u - first - half * e).mid() for u, e in zip(state, integral, strict=True)]


def _moved(values: list[arb], moves: list[float], factor: arb) -> list[arb]:
    """values - factor * moves, as midpoints; what does not move keeps all its bits."""
    return [(e - m * factor).mid() if m else e for e, m in zip(values, moves, strict=True)]


def _correction(factors: Any, residual: list[list[arb]], size: arb) -> tuple[np.ndarray, arb]:
    """(delta, factor): the Newton correction is delta * factor, shape (n + 1, states), zero at the first node."""
    shift = exponent(size)
    scale = arb(2) ** -shift
    right = np.array([[float(e * scale) for e in row] for row in residual])
    delta = np.zeros(right.T.shape)
    delta[1:] = lu_solve(factors, right[:, 1:].T.ravel(), check_finite=False).reshape(-1, len(right))
    return delta, arb(2) ** shift


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


def tail_of(columns: tuple[tuple[arb, ...], ...]) -> float:
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
