"""A zero of a square system, proved: Newton's iteration in Arb, then Krawczyk's test.

Krawczyk's operator K(Z) = z - Y E(z) + (I - Y E'(Z))(Z - z), evaluated with balls: if K(Z) lies in the
interior of Z, the system has exactly one solution in Z, and it lies in K(Z) (Neumaier 1990, thm 5.1.8).  Y is the
inverse of the midpoint of E'(z), z what Newton ends at, and Z is tried in growing sizes around it: a box that is too
small does not hold its image, one that is too large makes I - Y E'(Z) larger than one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_mat

from derive.errors import ComputationError
from verify.minimise.weak import System

# Newton doubles digits: far fewer do, or it does not converge; and the bits that rounding takes from a correction
CORRECTIONS, ROUNDING = 40, 12
# sizes of the box in terms of Newton's last correction; twice the first, with what its image lacked
INFLATIONS = (4, 4, 1 << 10, 1 << 20, 1 << 40)


@dataclass(frozen=True, slots=True)
class Enclosure:
    """nu and beta as balls that contain the one solution nearby, and |E| at the centre."""

    nu: tuple[arb, ...]
    beta: tuple[arb, ...]
    residual: arb


def refine(system: System, z: Sequence[arb]) -> list[arb]:
    """Newton until the correction is at rounding level."""
    point = list(z)
    previous = None
    if not point:
        return point
    for _ in range(CORRECTIONS):
        try:
            delta = system.jacobian(point).mid().solve(system.residual(point).mid())
        except ZeroDivisionError:
            raise ComputationError("the optimality system is singular at the solution") from None
        point = [(a - e).mid() for a, e in zip(point, delta.entries(), strict=True)]
        size, scale = max(abs(e.mid()) for e in delta.entries()), max(abs(e) for e in point)
        if size == 0 or size / scale < arb(2) ** -(system.precision - ROUNDING):
            break
        if previous is not None and size > previous:
            break
        previous = size
    return point


def krawczyk(system: System, point: list[arb]) -> Enclosure | None:
    """A ball around the point that is proved to hold exactly one solution; None where the test fails."""
    size = len(point)
    if not size:
        # nothing binds: the minimiser is where grad Q = 0
        return Enclosure(*system.unpack(point), arb(0))
    try:
        inverse = system.jacobian(point).mid().inv().mid()
    except ZeroDivisionError:
        return None
    residual = system.residual(point)
    shift = inverse * residual
    identity = arb_mat(size, size, [arb(int(i == j)) for i in range(size) for j in range(size)])
    # what the last image needed beyond its box: a multiplier of 0 has no size of its own to be inflated
    beyond = [arb(0)] * size
    for inflation in INFLATIONS:
        radii = [
            abs(e).upper() * inflation
            + abs(p) * arb(2) ** (8 - system.precision) * inflation
            + arb(2) ** (-4 * system.precision)
            + 4 * more
            for e, p, more in zip(shift.entries(), point, beyond, strict=True)
        ]
        box = [p + arb(0, r.upper()) for p, r in zip(point, radii, strict=True)]
        spread = (identity - inverse * system.jacobian(box)) * arb_mat([[arb(0, r.upper())] for r in radii])
        image = [p - s + w for p, s, w in zip(point, shift.entries(), spread.entries(), strict=True)]
        if all(i.is_finite() for i in image) and all(b.contains_interior(i) for b, i in zip(box, image, strict=True)):
            if not system.inside(image):
                return None
            nu, beta = system.unpack(image)
            return Enclosure(nu, beta, max((abs(e.mid()) for e in residual.entries()), default=arb(0)))
        beyond = [abs(i - p).upper() if i.is_finite() else arb(0) for i, p in zip(image, point, strict=True)]
    return None
