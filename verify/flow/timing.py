"""True time from the rates at the nodes: theta = t e^-gamma~ solves theta' = rate - theta, theta(start) = 0.

On a narrow panel theta is found by collocation like the state.  On a wide one that cannot work: what is left of
the start in theta dies as e^-gamma~, too steeply for the panel's polynomials.  There theta is split:

    theta = P + (theta(left) - P(left)) e^-(gamma~ - left),       P' + P = rate,

and P is a polynomial, the only one: on polynomials 1 + d/dgamma~ is triangular in Chebyshev coefficients,

    p_k = r_k - d_k/h,    d_k = d_(k+2) + 2 (k + 1) p_(k+1)    (d_0 halved).

Both are accurate to all digits of the panel where its half-width h is n/8, which is where they meet: e^(-hx) has the
coefficients I_k(h), and p_k grows against r_k like (2k/(e h))^k.
For the squared loss t itself is the integral of the rate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat
from scipy.linalg import lu_factor, lu_solve

from verify.flow.chebyshev import ball_matrices, evaluate, integration
from verify.flow.collocation import Panel, exponent


@dataclass(frozen=True, slots=True)
class Piece:
    """theta (or t) on a panel: sum c_k T_k(x) + transient e^(-half (x + 1)), and `end` its value at x = 1."""

    half: arb
    coefficients: tuple[arb, ...]
    transient: arb
    end: arb

    def at(self, x: arb) -> arb:
        """The value at x in [-1, 1]."""
        value = evaluate(list(self.coefficients), x)
        return value if self.transient == 0 else value + self.transient * (-self.half * (x + 1)).exp()


def time_over(panels: Sequence[Panel], decay: int, n: int, precision: int) -> arb:
    """theta (or t) at the end of the panels, which have n + 1 nodes each."""
    return time_pieces(panels, decay, n, precision)[-1].end


def time_pieces(panels: Sequence[Panel], decay: int, n: int, precision: int) -> list[Piece]:
    """theta (or t) on each of the panels."""
    pieces: list[Piece] = []
    for panel in panels:
        theta = pieces[-1].end if pieces else arb(0)
        if not decay:
            pieces.append(_integral(panel, theta, n, precision))
        elif panel.half < arb(n) / 8:
            pieces.append(_collocated(panel, theta, n, precision))
        else:
            pieces.append(_split(panel, theta, n, precision))
    return pieces


def _interpolated(panel: Panel, values: arb_mat, n: int, precision: int) -> Piece:
    coefficients = (ball_matrices(n, precision).coefficients * values).mid().entries()
    return Piece(panel.half, tuple(coefficients), arb(0), values[n, 0].mid())


def _integral(panel: Panel, theta: arb, n: int, precision: int) -> Piece:
    matrix = ball_matrices(n, precision).integration
    values = matrix * arb_mat([[e] for e in panel.rates]) * panel.half + arb_mat([[theta]] * (n + 1))
    return _interpolated(panel, values.mid(), n, precision)


def _split(panel: Panel, theta: arb, n: int, precision: int) -> Piece:
    r = (ball_matrices(n, precision).coefficients * arb_mat([[e] for e in panel.rates])).mid().entries()
    p, d = [arb(0)] * (n + 1), [arb(0)] * (n + 3)
    for k in range(n, -1, -1):
        d[k] = d[k + 2] + (2 * (k + 1) * p[k + 1] if k < n else 0)
        p[k] = (r[k] - d[k] / panel.half / (1 if k else 2)).mid()
    right = sum(p, arb(0))
    left = sum((e if k % 2 == 0 else -e for k, e in enumerate(p)), arb(0))
    transient = (theta - left).mid()
    return Piece(panel.half, tuple(p), transient, (right + transient * (-2 * panel.half).exp()).mid())


def _collocated(panel: Panel, theta0: arb, n: int, precision: int) -> Piece:
    """The collocation equations, refined from a float64 solution."""
    matrix = ball_matrices(n, precision).integration
    right = (matrix * arb_mat([[e] for e in panel.rates]) * panel.half + arb_mat([[theta0]] * (n + 1))).mid()
    factors = lu_factor(np.eye(n + 1) + float(panel.half) * integration(n))
    theta = arb_mat([[theta0]] * (n + 1))
    for _ in range(12 + precision // 40):
        residual = (right - theta - matrix * theta * panel.half).mid()
        size = max(map(abs, residual.entries()))
        if size == 0 or exponent(size) < exponent(theta[n, 0]) - precision + 8:
            break
        factor = arb(2) ** -exponent(size)
        delta = lu_solve(factors, np.array([float(e) for e in (residual * factor).entries()]))
        theta = (theta + arb_mat(n + 1, 1, delta.tolist()) * (1 / factor)).mid()
    return _interpolated(panel, theta, n, precision)
