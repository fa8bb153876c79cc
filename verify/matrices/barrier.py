"""min tr B subject to <A_n, B> = b_n, B >= 0 (positive semidefinite), in float64, through the dual.

The dual is max nu . b with Z = I - sum nu_n A_n >= 0, and nu = 0 is inside.  The barrier is m (log det Z - tr Z): its
second part bounds it on the rays on which Z grows at no cost, which exist where the equations leave no positive
definite B (a single feasible matrix of low rank).  The gradient is b_n + m <A_n, I - Z^-1>, the Hessian
-m <A_n, Z^-1 A_k Z^-1>, N x N: Newton with an exact line search while m falls (Nesterov and Nemirovskii 1994).  At the
centre m Z^-1 is feasible up to m I.  Only where no B >= 0 has these values does nu run away.
"""

from dataclasses import dataclass

import numpy as np

from derive.errors import ComputationError
from verify.matrices.symmetric import Floats
from verify.minimise.dual import along, direction

SMALLEST = 1e-11
FALL = 0.1
STEPS = 60
CENTRED = 1e-3
HUGE = 1e12
CLEAR = 1e-4


@dataclass(frozen=True, slots=True)
class Central:
    """nu, B (m Z^-1 with Newton's last correction), Z = I - sum nu A, and whether nu runs away."""

    nu: Floats
    matrix: Floats
    slack: Floats
    endless: bool


def least_trace(a: Floats, b: Floats) -> Central:
    """The end of the central path; `a` of shape N x k x k, independent.  Raises `ComputationError`."""
    try:
        with np.errstate(all="ignore"):
            return _path(a, b)
    except np.linalg.LinAlgError:
        raise ComputationError("the central path is lost in float64", hint="better scaled data") from None


def _path(a: Floats, b: Floats) -> Central:
    k, traces = a.shape[1], np.trace(a, axis1=1, axis2=2)
    nu, m = np.zeros(len(b)), float(np.abs(b).max())
    last = SMALLEST * m
    found = _step(a, b + m * traces, nu, m)
    while True:
        for _ in range(STEPS):
            p, decrement = found[0], found[1]
            if decrement < CENTRED:
                break
            nu = nu + _length(a, b + m * traces, nu, p, m) * p
            slack = np.eye(k) - np.tensordot(nu, a, 1)
            if not np.abs(nu).max() * np.abs(a).max() < HUGE or _is_ray(slack, float(nu @ b)):
                return Central(nu, found[2], slack, True)
            found = _step(a, b + m * traces, nu, m)
        if m <= last:
            return Central(nu, found[2], np.eye(k) - np.tensordot(nu, a, 1), False)
        m = max(last, FALL * m)
        found = _step(a, b + m * traces, nu, m)


def _is_ray(slack: Floats, value: float) -> bool:
    """Is -sum nu A clearly positive definite with nu . b > 0?  Then no B >= 0 has the values b (Farkas)."""
    values = np.linalg.eigvalsh(slack) - 1
    return value > 0 and bool(values[0] > CLEAR * values[-1] > 0)


def _step(a: Floats, b: Floats, nu: Floats, m: float) -> tuple[Floats, float, Floats]:
    """Newton's direction, its decrement, and the matrix with values b that it gives."""
    inverse = np.linalg.inv(np.eye(a.shape[1]) - np.tensordot(nu, a, 1))
    inverse = (inverse + inverse.T) / 2
    gradient = m * np.tensordot(a, inverse, 2) - b
    pulled = inverse @ a @ inverse
    p = direction(m * np.tensordot(pulled, a, axes=((1, 2), (1, 2))), gradient)
    if p is None:
        raise ComputationError("the central path is lost in float64", received=f"a barrier of {m:.1e}")
    return p, float(np.sqrt(max(0.0, -(p @ gradient) / m))), m * (inverse + np.tensordot(p, pulled, 1))


def _length(a: Floats, b: Floats, nu: Floats, p: Floats, m: float) -> float:
    """The best length: with the eigenvalues e of Z^-1/2 (sum p A) Z^-1/2 the slope is sum m e / (1 - t e) - p . b."""
    factor = np.linalg.cholesky(np.eye(a.shape[1]) - np.tensordot(nu, a, 1))
    half = np.linalg.solve(factor, np.tensordot(p, a, 1))
    e = np.linalg.eigvalsh(np.linalg.solve(factor, half.T))
    end = 1 / e.max() if e.max() > 0 else None
    return float(along(lambda t: float((m * e / (1 - t * e)).sum() - p @ b), end))
