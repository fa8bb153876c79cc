"""min tr B, <A_n, B> = b_n, B >= 0: the nuclear norm on positive semidefinite matrices, with a proof.

float64 proposes (`verify.matrices.barrier`), and one of two proofs follows:

1. an enclosure: Krawczyk's test on the square system of `verify.matrices.face`, with C and Z_QQ positive definite;
2. exact numbers (`verify.matrices.trace_exact`): where the equations determine B within its rank more than once (a
   planted matrix of low rank) or leave a face of minimisers, 1. has no regular system.  There B is often rational.

Data that no B >= 0 has are refused with multipliers that prove it (Farkas).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb, ctx, fmpq, fmpq_mat
from scipy.linalg import qr

from derive.errors import ComputationError, InputError
from verify.matrices.barrier import Central, least_trace
from verify.matrices.face import FaceSystem
from verify.matrices.symmetric import Floats, floats, is_semidefinite, places
from verify.matrices.trace_exact import Exact, combined, rational, round_and_prove
from verify.minimise.enclose import digits_of
from verify.minimise.krawczyk import Enclosure, krawczyk, refine

ATTEMPTS = 3
# unknowns of a system that is inverted in balls within a minute
LARGEST = 500


@dataclass(frozen=True, slots=True)
class Enclosed:
    """An enclosure of the only minimiser, at a precision."""

    found: Enclosure
    rank: int
    precision: int


@dataclass(frozen=True, slots=True)
class Guess:
    """What float64 says where nothing is proved."""

    beta: Floats
    nu: Floats
    rank: int
    residual: float


def minimise_trace(matrices: Sequence[fmpq_mat], b: Sequence[fmpq], k: int, digits: int) -> Exact | Enclosed | Guess:
    """The minimiser for independent A_n.

    Raises `InputError` where exact numbers prove that no B >= 0 has these values, `ComputationError` where float64
    does not get there.
    """
    if all(e == 0 for e in b):
        return Exact((fmpq(0),) * (k * (k + 1) // 2), (fmpq(0),) * len(b), 0, 0)
    a = np.array([floats(m) for m in matrices])
    right = np.array([float(Fraction(int(e.p), int(e.q))) for e in b])
    if not (np.isfinite(a).all() and np.isfinite(right).all()):
        raise ComputationError("the data are beyond the range of float64")
    sizes = np.sqrt((a**2).sum(axis=(1, 2)))
    central = least_trace(a / sizes[:, None, None], right / sizes)
    nu = central.nu / sizes
    if central.endless:
        _refuse(matrices, b, nu)
    rank, order, start = _face(central, nu)
    if len(start) <= LARGEST and (enclosed := _enclosed(matrices, b, order, rank, start, digits)) is not None:
        return enclosed
    exact = round_and_prove(matrices, b, order, rank, start, nu)
    if exact is not None:
        return exact
    residual = float(np.abs(np.tensordot(a, central.matrix, 2) - right).max())
    return Guess(np.array([central.matrix[p] for p in places(k)]), nu, rank, residual)


def _refuse(matrices: Sequence[fmpq_mat], b: Sequence[fmpq], nu: Floats) -> None:
    """Farkas: sum nu A <= 0 and nu . b > 0 leave no B >= 0.  Raises, `InputError` where that is proved."""
    ray = [rational(float(e), 10**6) for e in nu / np.abs(nu).max()]
    total = combined(ray, matrices)
    if sum((e * y for e, y in zip(ray, b, strict=True)), fmpq(0)) > 0 and is_semidefinite(total * fmpq(-1)):
        raise InputError(
            "no positive semidefinite matrix has these values",
            received=f"multipliers ({', '.join(map(str, ray))}) whose sum of matrices is negative semidefinite",
            hint="data of a positive semidefinite matrix",
        )
    raise ComputationError(
        "the minimiser is not reached in float64: its multipliers run away",
        hint="values that a positive definite matrix has",
    )


def _face(central: Central, nu: Floats) -> tuple[int, list[int], list[float]]:
    """The rank, an order of the coordinates whose first ones determine the others, and the point (W, C, nu)."""
    values, vectors = np.linalg.eigh(central.matrix)
    values, vectors = values[::-1], vectors[:, ::-1]
    slack = np.linalg.eigvalsh(central.slack)
    rank = max(1, int((values / values[0] > slack / max(1.0, slack[-1])).sum()))
    basis = vectors[:, :rank]
    order = [int(i) for i in qr(basis.T, pivoting=True, mode="r")[1]]
    first = basis[order[:rank]]
    w = basis[order[rank:]] @ np.linalg.inv(first)
    c = first @ np.diag(values[:rank]) @ first.T
    return rank, order, [float(e) for e in (*w.ravel(), *(c[p] for p in places(rank)), *nu)]


def _enclosed(
    matrices: Sequence[fmpq_mat], b: Sequence[fmpq], order: Sequence[int], rank: int, start: list[float], digits: int
) -> Enclosed | None:
    """By Krawczyk's test; None where it fails."""
    precision = int(3.4 * digits) + 64
    z = [arb(e) for e in start]
    for _ in range(ATTEMPTS):
        ctx.prec = precision
        system = FaceSystem(matrices, b, order, rank, precision)
        try:
            z = refine(system, z)
        except ComputationError:
            return None
        found = krawczyk(system, z) if all(e.is_finite() for e in z) else None
        if found is None:
            return None
        if digits_of(found.beta) >= digits:
            return Enclosed(found, rank, precision)
        precision *= 2
    return None
