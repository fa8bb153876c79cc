"""The dual of a margin problem in float64: maximise sum nu - Q*(A^T nu) over nu >= 0, by a primal-dual interior point.

With slacks w = A beta(s) - 1 and s = A^T nu the conditions nu_n w_n = mu give Newton's system

    (A D A^T + diag(w / nu)) dnu = mu / nu - (A beta(s) - 1),

N x N again.  The right-hand side is minus the gradient of B = Q*(A^T nu) - sum nu - mu sum log nu: dnu descends B,
and the exact line search of `verify.minimise.dual` makes every step a good one while mu falls (Nocedal and Wright 2006,
chapter 19; w is kept within a corridor around mu / nu).  At the end the rows with nu > w are active, and the equality
problem of these rows, started there, gives the digits back that mu took away.
"""

import numpy as np

from derive.errors import ComputationError
from verify.minimise.coordinates import FloatCoordinates, Floats
from verify.minimise.dual import ENOUGH, DualPoint, along, direction, half_gram, maximise_dual
from verify.minimise.projected import active_by_projection

# steps in all, and steps at one mu, after which rounding is taken for what is left
STEPS, PATIENCE = 300, 12
# mu in units of its first value: at the end; from where no progress is patience's to judge; where it is small enough
SMALLEST, NARROW, SMALL = 1e-10, 1e-5, 1e-8
# w stays within this factor of mu / nu, and nu within this factor of its first value
CORRIDOR, HUGE = 1e8, 1e200
# the part of the way to the boundary that a step may go
INSIDE = 0.995
# active rows are exchanged at most so often
EXCHANGES = 20


def maximise_margin_dual(coordinates: FloatCoordinates, rows: Floats, tolerance: float = 0.0) -> DualPoint:
    """nu >= 0 with rows beta >= 1 and nu (rows beta - 1) = 0; rows are y_n x_n; `tolerance` as in `maximise_dual`.

    Raises `ComputationError`."""
    with np.errstate(all="ignore"):
        near = active_by_projection(coordinates, rows)
        if near is not None and near[0].any():
            found = _polished(coordinates, rows, near[0] > 0, near[0], tolerance)
            if found is not None and not _wrong(rows, found, near[0] > 0).any():
                return DualPoint(found.nu, found.beta, found.correction, near[1] + found.steps)
        nu, steps = _barrier(coordinates, rows)
        beta, _ = coordinates(rows.T @ nu)
        slack = rows @ beta - 1
        violation = float((np.abs(np.minimum(slack, nu / nu.max()))).max())
        # both are products of units of their own, so each is compared on its own scale
        active = nu * (np.abs(rows).max() * np.abs(beta).max()) > np.maximum(slack, 0) * nu.max()
        for _ in range(EXCHANGES):
            found = _polished(coordinates, rows, active, nu, tolerance)
            if found is None:
                break
            wrong = _wrong(rows, found, active)
            if not wrong.any():
                return DualPoint(found.nu, found.beta, found.correction, steps + found.steps)
            active = active ^ wrong
    if not violation < ENOUGH:
        raise ComputationError(
            "the minimiser is not reached in float64",
            received=f"a violation of {violation:.1e}",
            hint="a larger scale, or verify.minimise.minimise, which has the precision",
        )
    return DualPoint(nu, beta, violation, steps)


def _wrong(rows: Floats, found: DualPoint, active: np.ndarray) -> np.ndarray:
    """Active rows with a negative multiplier, and others that are violated."""
    low = -max(1e-10, 1e3 * found.correction)
    return (found.nu < 0) | (~active & (rows @ found.beta - 1 < low))


def _polished(
    coordinates: FloatCoordinates, rows: Floats, active: np.ndarray, nu: Floats, tolerance: float
) -> DualPoint | None:
    """The equality problem of the active rows, from their multipliers; None where it is not solved."""
    try:
        some = rows if active.all() else rows[active]
        found = maximise_dual(coordinates, some, np.ones(int(active.sum())), nu[active], tolerance)
    except ComputationError:
        return None
    full = np.zeros(len(nu))
    full[active] = found.nu
    return DualPoint(full, found.beta, found.correction, found.steps)


def _beginning(coordinates: FloatCoordinates, rows: Floats) -> tuple[Floats, Floats]:
    """nu as far along (1, ..., 1) as the sum of the slacks, with a barrier, allows; and s."""
    nu = np.ones(len(rows))
    ahead = rows.T @ nu
    first = along(
        lambda t: float(coordinates(t * ahead)[0] @ ahead) - len(rows) - len(rows) / t,
        coordinates.room(np.zeros(coordinates.d), ahead),
        -float(len(rows)),
    )
    return first * nu, first * ahead


def _room(at: Floats, move: Floats) -> float:
    """The t at which at + t move, which is positive at t = 0, has gone most of the way to its boundary."""
    falling = move < 0
    return INSIDE * float((-at[falling] / move[falling]).min(initial=np.inf))


def _step(coordinates: FloatCoordinates, s: Floats, q: Floats, nu: Floats, p: Floats, mu: float) -> float:
    """The exact line search of the barrier function from (s, nu) along (q, p); 0 where it sees rounding only."""
    ends = [e for e in (coordinates.room(s, q), _room(nu, p)) if e]
    end = min(ends) if min(ends) < np.inf else None
    return along(
        lambda t: float(coordinates(s + t * q)[0] @ q - p.sum() - mu * (p / (nu + t * p)).sum()),
        end,
    )


def _barrier(coordinates: FloatCoordinates, rows: Floats) -> tuple[Floats, int]:
    """nu near the solution, and the steps."""
    nu, s = _beginning(coordinates, rows)
    beta, slope = coordinates(s)
    scale = float(nu[0])  # nu has the units of Q
    mu = scale
    w = mu / nu
    here, step = 0, 0
    for step in range(STEPS):
        margins = rows @ beta - 1
        descent = mu / nu - margins
        here += 1
        # close to a pole of beta(s) rounding is larger than mu, and no step makes it smaller
        if float((np.abs(descent) * nu).max()) <= 10 * mu or (here > PATIENCE and mu <= NARROW * scale):
            if mu <= SMALLEST * scale or here > PATIENCE:
                return nu, step
            here = 0
            mu = max(SMALLEST * scale, min(mu / 5, scale * (mu / scale) ** 1.5))
            descent = mu / nu - margins
        hessian = half_gram(rows, slope)
        hessian[np.diag_indices(len(nu))] += w / nu
        p = direction(hessian, -descent)
        if p is None:
            break
        q = rows.T @ p
        t = _step(coordinates, s, q, nu, p, mu)
        if t == 0:
            # the line search sees rounding only: mu is as small as it can be
            if mu <= SMALL * scale:
                return nu, step
            break
        dw = mu / nu - w - w / nu * p
        w = w + min(1.0, _room(w, dw)) * dw
        nu, s = nu + t * p, s + t * q
        w = np.clip(w, mu / nu / CORRIDOR, mu / nu * CORRIDOR)
        if not np.abs(nu).max() < HUGE * scale:
            break
        beta, slope = coordinates(s)
    raise ComputationError(
        "the minimiser is not reached in float64",
        received=f"multipliers of {float(np.abs(nu).max()):.1e} after {step + 1} steps",
        hint="separable data, a larger scale, or the exact route with verify minimise",
    )
