"""A margin problem by projected Newton in float64: few steps where few rows bind, no answer where it does not settle.

The dual max sum nu - Q*(A^T nu) over nu >= 0 is concave.  Rows with nu_n > 0 or a margin below 1 are free; Newton's
step in these, cut off at 0, is a direction of ascent near the solution (Bertsekas 1982), and along the segment to it
the slope of the dual is monotone: its root is bracketed as in `verify.minimise.dual`.  Where the direction does not
ascend or the steps run out, the interior point (`verify.minimise.interior`) does the work.
"""

import numpy as np

from verify.minimise.coordinates import FloatCoordinates, Floats
from verify.minimise.dual import Line, along, direction, half_gram

STEPS = 25
SETTLED = 0.1


def active_by_projection(coordinates: FloatCoordinates, rows: Floats) -> tuple[Floats, int] | None:
    """nu >= 0 near the solution, with the right rows at 0, and the steps; None where that fails."""
    nu, s = np.zeros(len(rows)), np.zeros(coordinates.d)
    here = coordinates.origin
    for step in range(STEPS):
        beta, slope = here
        if not (np.isfinite(slope) & (slope > 0)).all():
            return None
        descent = rows @ beta - 1
        free = (nu > 0) | (descent < 0)
        # all of them, the usual case of few rows in many dimensions, are spared a copy
        some = rows if free.all() else rows[free]
        p = direction(half_gram(some, slope), descent[free])
        if p is None:
            return None
        aim = np.zeros(len(rows))
        aim[free] = np.maximum(nu[free] + p, 0)
        move = aim - nu
        q = rows.T @ move
        line = Line(coordinates, s, q, float(move.sum()))
        start = line.slope_of(beta)
        if not start < 0:
            return None
        room = coordinates.room(s, q)
        t = 1.0
        if (room is not None and room <= 1) or not line(1.0) <= 0:
            t = along(line, 1.0 if room is None else min(1.0, room), start)
        here = line.seen(t) or coordinates(s + t * q)
        moved = float(np.abs(slope * q).max()) < SETTLED * float(np.abs(here[0]).max())
        settled = t == 1 and moved and bool(((aim > 0) == free).all())
        nu, s = (aim, rows.T @ aim) if t == 1 else (nu + t * move, s + t * q)
        if settled:
            return nu, step + 1
    return None
