"""The Lie algebra that the gradient fields generate, at an exact point.

A bracket is a vector of numbers until it is needed as a field:

    [V, B](x) = DB(x) V(x) - DV(x) B(x)

takes the values and the Jacobian matrices of V and B at x alone.  Fields V_i and brackets [V_i, B] with B in the basis
are added while they raise the rank at x, which the rank of the whole algebra at a generic point bounds from above.

At a special point a bracket may vanish and a bracket of it may not.  There all brackets up to a length are formed, and
those that are independent are kept: the rank is a lower bound of the dimension of the orbit (Nagano 1966).
"""

from collections.abc import Sequence

from flint import arb, fmpq

from derive.exact.points import Point, Undefined, values
from derive.fields.dynamics import InducedDynamics, Vector, rank_of_values

MAX_FIELDS, MAX_LENGTH, MAX_PARAMETERS = 40, 4, 12
Numbers = list[fmpq | arb]


def basis_at(dynamics: InducedDynamics, point: Point) -> tuple[Vector, ...] | None:
    """Gradient fields and brackets that are independent at the point; None where a field is undefined there."""
    try:
        return _grown(dynamics, point)
    except Undefined:
        return None


def _grown(dynamics: InducedDynamics, point: Point) -> tuple[Vector, ...]:
    enough = min(len(dynamics.model.parameters), MAX_FIELDS)
    motions = values(dynamics.gradients, point)
    basis: list[Vector] = []
    numbers: list[Numbers] = []
    for v, motion in zip(dynamics.gradients, motions, strict=True):
        if rank_of_values([*numbers, motion]) > len(numbers):
            basis.append(v)
            numbers.append(motion)
    if len(basis) == enough or len(dynamics.gradients) == 1:
        return tuple(basis)
    curvature = [_slopes(dynamics, v, point) for v in dynamics.gradients]
    at = 0
    while at < len(basis) and len(basis) < enough:
        slopes = _slopes(dynamics, basis[at], point)
        for v, motion, curved in zip(dynamics.gradients, motions, curvature, strict=True):
            candidate = _bracket(slopes, motion, curved, numbers[at])
            if len(basis) < enough and rank_of_values([*numbers, candidate]) > len(numbers):
                basis.append(dynamics.bracket(v, basis[at]))
                numbers.append(candidate)
        at += 1
    return tuple(basis)


def _slopes(dynamics: InducedDynamics, vector: Vector, point: Point) -> list[Numbers]:
    return values([[e.derivative(p) for p in dynamics.model.parameters] for e in vector], point)


def _bracket(of_field: list[Numbers], motion: Numbers, of_motion: list[Numbers], there: Numbers) -> Numbers:
    """DB V - DV B"""
    return [_dot(b, motion) - _dot(v, there) for b, v in zip(of_field, of_motion, strict=True)]


def _dot(left: Numbers, right: Numbers) -> fmpq | arb:
    total: fmpq | arb = fmpq(0)
    for a, b in zip(left, right, strict=True):
        if not (isinstance(a, fmpq) and a == 0) and not (isinstance(b, fmpq) and b == 0):
            total = total + a * b
    return total


def basis_at_special(dynamics: InducedDynamics, point: Point, enough: int) -> tuple[Vector, ...] | None:
    """Independent brackets up to a length at a point that may be special; at most `enough` of them."""
    if len(dynamics.model.parameters) > MAX_PARAMETERS:
        return None
    basis: list[Vector] = []
    layer: Sequence[Vector] = dynamics.gradients
    for length in range(MAX_LENGTH):
        for candidate in layer:
            try:
                independent = rank_of_values(values([*basis, candidate], point)) > len(basis)
            except Undefined:
                return None
            if independent:
                basis.append(candidate)
            if len(basis) == enough:
                return tuple(basis)
        if length + 1 < MAX_LENGTH:
            layer = [dynamics.bracket(v, b) for b in layer[:MAX_FIELDS] for v in dynamics.gradients if v is not b]
    return tuple(basis)
