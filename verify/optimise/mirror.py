"""What the mirror methods share: the mirror map of a problem, first memories, and the projection onto G beta = h.

The dual variable is carried beside the predictor, so that no step has to invert what the step before had computed.
"""

from collections.abc import Callable
from typing import Any

from derive.errors import ComputationError
from verify.optimise.method import Array, Problem
from verify.optimise.mirror_map import HALVINGS, STEPS, MirrorMap, outside, rounding

Map = Callable[[Array], tuple[Array, Array]]


def map_of(problem: Problem) -> MirrorMap:
    """The mirror map.  Raises `ValueError` where the problem was built without one (our bug)."""
    if problem.mirror is None:
        raise ValueError("a mirror method was built without a mirror map")
    return problem.mirror


def remember_inner(problem: Problem, w: Array) -> tuple[Array, Array]:
    """The inner variable and the dual variable at a predictor."""
    mirror = map_of(problem)
    u = mirror.at_primal(w, mirror.start) if max(abs(w - mirror.primal(mirror.start))) > 0 else mirror.start
    return u, mirror.dual(u)


def remember_projected(problem: Problem, w: Array) -> tuple[Array, ...]:
    """u, z and the multipliers of the constraints, at first zero."""
    rows, _ = _constraints(problem)
    return (*remember_inner(problem, w), 0 * (rows @ w))


def project(problem: Problem, u: Array, z: Array, multipliers: Array) -> tuple[Array, Array, Array]:
    """The Bregman projection of the dual point z onto G beta = h: its u, its dual point, and lambda."""
    mirror, (rows, right) = map_of(problem), _constraints(problem)

    def at(values: Array) -> tuple[Array, Array]:
        found = mirror.at_dual(z + values @ rows, u)
        return found, rows @ mirror.primal(found) - right

    place, residual = at(multipliers)
    for _ in range(STEPS):
        size = max(abs(residual))
        if size == 0:
            break
        last = size <= rounding(problem.numbers, right, mirror.primal(place))
        slope = rows @ mirror.inverse_hessian(place) @ rows.T
        step = problem.numbers.linear(slope, residual)
        found = _damped(problem, at, multipliers, step, size, 1 if last else HALVINGS)
        if found is not None:
            multipliers, place, residual = found
        if last:
            break
        if found is None:
            raise outside()
    return place, z + multipliers @ rows, multipliers


def _damped(
    problem: Problem, at: Map, multipliers: Array, step: Array, size: Any, halvings: int
) -> tuple[Array, Array, Array] | None:
    """The longest step along the Newton direction that lowers the residual, if there is one."""
    for _ in range(halvings):
        try:
            place, residual = at(multipliers - step)
        except ComputationError:  # beyond the domain of Q*
            step = step / 2
            continue
        if problem.numbers.all_finite(residual) and max(abs(residual)) < size:
            return multipliers - step, place, residual
        step = step / 2
    return None


def _constraints(problem: Problem) -> tuple[Array, Array]:
    if problem.rows is None or problem.right is None:
        raise ValueError("a constrained method was built without constraints")
    return problem.rows, problem.right
