"""l2: minimise sum w_i beta_i^2 / 2, exactly.

Under equations beta = W^-1 A^T nu with A W^-1 A^T nu = b.  Under margins float64 proposes the active rows; their
equations are solved exactly, and nu >= 0 with margins >= 1, exact comparisons both, prove the minimiser (KKT).  Rows
are exchanged where the proposal is wrong, and degenerate rows, with nu = 0 and margin 1, are seen to be just that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import fmpq, fmpq_mat

from derive.errors import ComputationError
from verify.minimise.coordinates import Coordinates, FloatCoordinates
from verify.minimise.interior import maximise_margin_dual
from verify.minimise.rows import independent
from verify.norms.constraints import Constraints, dot


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """The exact minimiser, and multipliers (one a row)."""

    beta: tuple[fmpq, ...]
    multipliers: tuple[fmpq, ...]


def minimise_square(problem: Constraints, weights: Sequence[fmpq], coordinates: Coordinates) -> Projection:
    """argmin sum w_i beta_i^2 / 2, w > 0; `coordinates` are beta_i = s_i / w_i, for float64's proposal.

    Raises `ComputationError` where the active rows are not found.
    """
    everything = list(range(len(problem.rows)))
    if not problem.margin:
        return _projected(problem, weights, everything)
    active = _proposed(problem, coordinates)
    seen: set[tuple[int, ...]] = set()
    while tuple(active) not in seen:
        seen.add(tuple(active))
        active = [active[k] for k in independent([problem.rows[n] for n in active])] if active else []
        found = _projected(problem, weights, active)
        falling = [n for n in active if found.multipliers[n] < 0]
        broken = [n for n in everything if dot(problem.rows[n], found.beta) < 1]
        if not falling and not broken:
            return found
        least = min(falling, key=lambda n: found.multipliers[n], default=None)
        worst = min(broken, key=lambda n: dot(problem.rows[n], found.beta), default=None)
        # one exchange at a time; a row that depends on others has to come first to be kept
        active = [n for n in ([] if worst is None else [worst]) + active if n != least]
    raise ComputationError("the active set did not settle", received=f"{len(everything)} rows", hint="fewer rows")


def _proposed(problem: Constraints, coordinates: Coordinates) -> list[int]:
    rows = np.array([[float(e) for e in row] for row in problem.rows])
    try:
        nu = maximise_margin_dual(FloatCoordinates(coordinates), rows).nu
    except ComputationError:
        return [0]
    return [n for n, e in enumerate(nu) if e > 0]


def _projected(problem: Constraints, weights: Sequence[fmpq], active: Sequence[int]) -> Projection:
    """The equality problem of independent rows."""
    if not active:
        return Projection(beta=(fmpq(0),) * problem.d, multipliers=(fmpq(0),) * len(problem.rows))
    a = fmpq_mat([list(problem.rows[n]) for n in active])
    pulled = fmpq_mat([[e / w for e, w in zip(problem.rows[n], weights, strict=True)] for n in active])
    nu = (a * pulled.transpose()).solve(fmpq_mat([[problem.right[n]] for n in active]))
    multipliers = [fmpq(0)] * len(problem.rows)
    for n, e in zip(active, nu.entries(), strict=True):
        multipliers[n] = e
    return Projection(beta=tuple((pulled.transpose() * nu).entries()), multipliers=tuple(multipliers))
