"""One panel in arbitrary precision: collocation residuals in Arb, corrections with a float64 LU.

U_j = u_0 + (h/2) sum_l B_jl f(U_l) at the Chebyshev points.  The residual is computed at full precision,
the correction solves (I - (h/2) B (x) J) delta = -R with J and the factorisation in float64.  The
iteration matrix is wrong by about 1e-15 relatively, so each round gains some 15 digits, and four rounds
reach 50.  Everything carried is an exact midpoint; balls appear inside one evaluation only.
"""

from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat
from scipy.linalg import lu_factor, lu_solve

from derive.errors import ComputationError
from verify.flow.array_field import ArrayField
from verify.flow.ball_field import BallField
from verify.flow.chebyshev import ball_matrices, ball_nodes, chebyshev_values, integration, midpoints, nodes
from verify.flow.scout import Scout, polish, system

MAX_ROUNDS = 60
GAIN = 44


@dataclass(frozen=True, slots=True)
class Panel:
    """The solution on [left, left + 2 half]: Chebyshev coefficients by component (state, then theta)."""

    left: arb
    half: arb
    coefficients: tuple[tuple[arb, ...], ...]
    tail: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Grid:
    """One panel's place and discretisation: [left, left + 2 half], n + 1 nodes, precision in bits."""

    left: arb
    half: arb
    n: int
    precision: int

    @property
    def gamma(self) -> np.ndarray:
        """gamma~ at the nodes, float64."""
        return float(self.left) + float(self.half) * (nodes(self.n) + 1)


def solve_panel(
    array: ArrayField, ball: BallField, look: Scout, grid: Grid, w0: list[arb], theta0: arb, guess: arb_mat | None
) -> tuple[Panel, list[arb], arb]:
    """The panel, and the state (w, theta) at its right end.

    `guess` holds w at the nodes (n+1 x p) where a better one than float64 is at hand.  Raises
    `ComputationError` where Newton fails.
    """
    p, n = len(w0), grid.n
    width = float(grid.half)
    start = np.array([float(e) for e in w0])
    with np.errstate(all="ignore"):
        if guess is None:
            seen = look.values(np.clip(grid.gamma, look.first, look.last))
            u = polish(array, seen, grid.gamma, start, width, rounds=1)
            guess = arb_mat([[arb(float(u[k, j])) for k in range(p)] for j in range(n + 1)])
        else:
            u = np.array([float(e) for e in guess.entries()]).reshape(n + 1, p).T
        factors = lu_factor(system(array, u, grid.gamma, width), check_finite=False) if np.isfinite(u).all() else None
    if factors is None or not np.isfinite(factors[0]).all():
        raise ComputationError("the flow could not be resolved", received=f"near gamma~ = {float(grid.left):.6g}")
    state, slopes, rounds = _refine(ball, factors, guess, w0, grid)
    matrices = ball_matrices(n, grid.precision)
    theta = _time([row[-1] for row in slopes], theta0, grid, ball.field.decay, matrices.integration)
    rows = state.tolist()
    coefficients = midpoints(matrices.coefficients * arb_mat([[*row, t] for row, t in zip(rows, theta, strict=True)]))
    columns = tuple(tuple(coefficients[k, i] for k in range(n + 1)) for i in range(p + 1))
    tail = max(_tail(c) for c in columns[:p])
    return Panel(grid.left, grid.half, columns, tail, rounds), rows[-1], theta[-1]


def _refine(
    ball: BallField, factors: tuple[np.ndarray, np.ndarray], state: arb_mat, w0: list[arb], grid: Grid
) -> tuple[arb_mat, list[list[arb]], int]:
    """Newton rounds until the residual stays at rounding level."""
    p, n = len(w0), grid.n
    matrix = ball_matrices(n, grid.precision).integration
    gammas = [(grid.left + grid.half * (x + 1)).mid() for x in ball_nodes(n, grid.precision)]
    origin = arb_mat([w0] * (n + 1))
    rows = state.tolist()
    rows[0] = w0
    state = arb_mat(rows)
    previous = None
    for round_ in range(MAX_ROUNDS):
        slopes = ball.slopes(state.tolist(), gammas)
        residual = midpoints(state - origin - matrix * arb_mat([row[:p] for row in slopes]) * grid.half)
        entries = residual.entries()[p:]
        size, scale = max(map(abs, entries)), max(map(abs, state.tolist()[-1]))
        accuracy = exponent(size) - exponent(scale)
        if accuracy < -(grid.precision - 16):
            return state, slopes, round_
        if previous is not None and accuracy > previous - 2:
            if accuracy < 40 - grid.precision:
                return state, slopes, round_
            break
        previous = accuracy
        factor = arb(2) ** -exponent(size)
        delta = lu_solve(factors, np.array([float(e * factor) for e in entries]), check_finite=False)
        moves = arb_mat(n + 1, p, [arb(0)] * p + [arb(d) for d in delta.tolist()])
        state = midpoints(state - moves * (1 / factor))
        if accuracy - GAIN < -grid.precision:
            # the correction just made reaches the precision: a further evaluation would only confirm it
            return state, slopes, round_ + 1
    raise ComputationError(
        "the collocation equations did not converge", received=f"stalled near gamma~ = {float(grid.left):.6g}"
    )


def _time(source: list[arb], theta0: arb, grid: Grid, decay: int, matrix: arb_mat) -> list[arb]:
    """theta on the panel, theta' = source - decay theta: a linear system refined from a float64 solution."""
    n, half = grid.n, grid.half
    right = matrix * arb_mat([[e] for e in source]) * half + arb_mat([[theta0]] * (n + 1))
    if not decay:
        return midpoints(right).entries()
    factors = lu_factor(np.eye(n + 1) + float(half) * integration(n))
    theta = arb_mat([[arb(0)]] * (n + 1))
    for _ in range(12):
        residual = midpoints(right - theta - matrix * theta * half)
        size = max(map(abs, residual.entries()))
        if size == 0:
            break
        factor = arb(2) ** -exponent(size)
        delta = lu_solve(factors, np.array([float(e * factor) for e in residual.entries()]))
        theta = midpoints(theta + arb_mat([[arb(d)] for d in delta.tolist()]) * (1 / factor))
    return theta.entries()


def resample(panels: list[Panel], grid: Grid) -> arb_mat:
    """w at the nodes of a grid from panels that cover it, as a matrix (n+1 x p)."""
    values = ball_nodes(grid.n, grid.precision)
    rows: list[list[arb]] = []
    index = 0
    while len(rows) <= grid.n:
        panel = panels[index]
        inside = []
        for x in values[len(rows) :]:
            gamma = grid.left + grid.half * (x + 1)
            local = ((gamma - panel.left) / panel.half - 1).mid()
            if local > 1 and index + 1 < len(panels):
                break
            inside.append(chebyshev_values(local, len(panel.coefficients[0])))
        index += 1
        if inside:
            columns = arb_mat([list(c) for c in panel.coefficients[:-1]]).transpose()
            rows += midpoints(arb_mat(inside) * columns).tolist()
    return arb_mat(rows)


def exponent(value: arb) -> int:
    """The binary exponent of a number; very negative for zero."""
    if value == 0:
        return -(10**9)
    mantissa, power = value.mid().man_exp()
    return int(power) + int(mantissa).bit_length()


def _tail(coefficients: tuple[arb, ...]) -> float:
    """log10 of the size of the last coefficients relative to the largest."""
    top = max(map(abs, coefficients))
    last = max(map(abs, coefficients[-3:]))
    return (exponent(last) - exponent(top)) * 0.30103 if top != 0 else -1e9
