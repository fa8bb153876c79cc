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
from verify.flow.chebyshev import ball_matrices, integration, midpoints, nodes
from verify.flow.field import ArrayField, BallField
from verify.flow.scout import Scout, polish, system

MAX_ROUNDS = 60
GAIN = 44


@dataclass(frozen=True, slots=True)
class Panel:
    """The solution on [left, left + 2 half]: Chebyshev coefficients by component (w, then theta)."""

    left: arb
    half: arb
    coefficients: tuple[tuple[arb, ...], ...]
    tail: float
    rounds: int


def solve_panel(
    array: ArrayField, ball: BallField, look: Scout, left: arb, half: arb, w0: list[arb], theta0: arb, n: int, precision: int
) -> tuple[Panel, list[arb], arb]:
    """The panel, and the state (w, theta) at its right end.  Raises `ComputationError` where Newton fails."""
    p = len(w0)
    width = float(half)
    gamma = float(left) + width * (nodes(n) + 1)
    guess = look.values(np.clip(gamma, look.first, look.last))
    start = np.array([float(e) for e in w0])
    with np.errstate(all="ignore"):
        u = polish(array, guess, start, width, rounds=2)
        factors = lu_factor(system(array, u, width)) if np.isfinite(u).all() else None
    if factors is None:
        raise ComputationError("the flow could not be resolved", received=f"near gamma~ = {float(left):.6g}")
    state = [w0, *([arb(float(u[k, j])) for k in range(p)] for j in range(1, n + 1))]
    state, slopes, rounds = _refine(ball, factors, state, half, n, precision)
    matrices = ball_matrices(n, precision)
    theta = _time(slopes, theta0, half, n, matrices.integration)
    table = arb_mat([[*row, t] for row, t in zip(state, theta, strict=True)])
    coefficients = midpoints(matrices.coefficients * table)
    columns = tuple(tuple(coefficients[k, i] for k in range(n + 1)) for i in range(p + 1))
    tail = max(_tail(c) for c in columns[:p])
    return Panel(left, half, columns, tail, rounds), state[-1], theta[-1]


def _refine(ball: BallField, factors, state: list[list[arb]], half: arb, n: int, precision: int):
    """Newton rounds until the residual stays at rounding level."""
    p = len(state[0])
    matrix = ball_matrices(n, precision).integration
    previous = None
    for round_ in range(MAX_ROUNDS):
        slopes = ball.slopes(state)
        integral = matrix * arb_mat([row[:p] for row in slopes])
        residual = [[(state[j][k] - state[0][k] - half * integral[j, k]).mid() for k in range(p)] for j in range(1, n + 1)]
        size = max((abs(e) for row in residual for e in row), key=float_key)
        scale = max((abs(e) for e in state[-1]), key=float_key)
        accuracy = exponent(size) - exponent(scale)
        if accuracy < -(precision - 16) or size == 0:
            return state, slopes, round_
        if previous is not None and accuracy > previous - 2:
            return state, slopes, round_
        previous = accuracy
        factor = arb(2) ** -exponent(size)
        right = np.array([float(e * factor) for row in residual for e in row])
        delta = lu_solve(factors, right).reshape(n, p)
        back = 1 / factor
        state = [state[0], *([(w - arb(float(d)) * back).mid() for w, d in zip(row, moves, strict=True)]
                             for row, moves in zip(state[1:], delta, strict=True))]  # fmt: skip
        if accuracy - GAIN < -precision:
            # the correction just made reaches the precision: a further evaluation would only confirm it
            return state, slopes, round_ + 1
    raise ComputationError("the collocation equations did not converge", received=f"{MAX_ROUNDS} rounds")


def _time(slopes: list[list[arb]], theta0: arb, half: arb, n: int, matrix: arb_mat) -> list[arb]:
    """theta on the panel: (I + half B) theta = theta0 + half B (1/q), refined from a float64 solution."""
    source = [row[-1] for row in slopes]
    integral = matrix * arb_mat([[e] for e in source])
    right = [(theta0 + half * integral[j, 0]).mid() for j in range(n + 1)]
    factors = lu_factor(np.eye(n + 1) + float(half) * integration(n))
    theta = [arb(0)] * (n + 1)
    for _ in range(12):
        applied = matrix * arb_mat([[t] for t in theta])
        residual = [(right[j] - theta[j] - half * applied[j, 0]).mid() for j in range(n + 1)]
        size = max((abs(e) for e in residual), key=float_key)
        if size == 0:
            break
        factor = arb(2) ** -exponent(size)
        delta = lu_solve(factors, np.array([float(e * factor) for e in residual]))
        theta = [(t + arb(float(d)) / factor).mid() for t, d in zip(theta, delta, strict=True)]
    return theta


def exponent(value: arb) -> int:
    """The binary exponent of a number; very negative for zero."""
    if value == 0:
        return -(10**9)
    mantissa, power = value.mid().man_exp()
    return int(power) + int(mantissa).bit_length()


def float_key(value: arb) -> tuple[int, float]:
    """An ordering of magnitudes that no float underflow can spoil."""
    e = exponent(value)
    return e, float(value * arb(2) ** -e) if value != 0 else 0.0


def _tail(coefficients: tuple[arb, ...]) -> float:
    """log10 of the size of the last coefficients relative to the largest."""
    top = max((abs(c) for c in coefficients), key=float_key)
    last = max((abs(c) for c in coefficients[-3:]), key=float_key)
    return (exponent(last) - exponent(top)) * 0.30103 if top != 0 else -1e9
