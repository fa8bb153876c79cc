"""min tr B, <A_n, B> = b_n, B >= 0: the nuclear norm on positive semidefinite matrices, with a proof.

float64 proposes (`verify.matrices.barrier`), and one of two proofs follows:

1. an enclosure: Krawczyk's test on the square system of `verify.matrices.face`, with C and Z_QQ positive definite;
2. exact numbers: where the equations determine B within its rank more than once (a planted matrix of low rank) or leave
   a face of minimisers, 1. has no regular system.  There B is often rational: it is rounded, its equations are checked
   over Q, nu is a rational point of Z B = 0, and Z >= 0 is decided by L D L^T over Q.  The dimension of the face of
   minimisers is exact linear algebra (docs/derivations/matrices.md, theorem 3).
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
from verify.minimise.enclose import digits_of
from verify.minimise.solve import Enclosure, krawczyk, refine

ATTEMPTS = 3
# unknowns of a system that is inverted in balls within a minute
LARGEST = 500
# denominators that are recognised in float64, and after that many rounds of refinement
COARSE, DENOMINATOR, ROUNDS, PRECISION = 10**4, 10**12, 12, 400


@dataclass(frozen=True, slots=True)
class Exact:
    """Rational B (coordinates) and nu that prove each other; the dimension of the set of minimisers (None: open)."""

    beta: tuple[fmpq, ...]
    nu: tuple[fmpq, ...]
    rank: int
    dimension: int | None


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
    exact = _exact(matrices, b, order, rank, start, nu)
    if exact is not None:
        return exact
    residual = float(np.abs(np.tensordot(a, central.matrix, 2) - right).max())
    return Guess(np.array([central.matrix[p] for p in places(k)]), nu, rank, residual)


def _refuse(matrices: Sequence[fmpq_mat], b: Sequence[fmpq], nu: Floats) -> None:
    """Farkas: sum nu A <= 0 and nu . b > 0 leave no B >= 0.  Raises, `InputError` where that is proved."""
    ray = [_rational(float(e), 10**6) for e in nu / np.abs(nu).max()]
    total = _combined(ray, matrices)
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


def _exact(
    matrices: Sequence[fmpq_mat], b: Sequence[fmpq], order: Sequence[int], rank: int, start: list[float], nu: Floats
) -> Exact | None:
    """By rounding; None where the rounded numbers prove nothing."""
    k, inner = len(order), len(start) - len(b)
    candidates = (
        ([arb(e) for e in start[:inner]], COARSE),
        (_refined(matrices, b, order, rank, start, inner), DENOMINATOR),
    )
    for point, most in candidates:
        numbers = [_nearest(e, most) for e in point]
        r, c = _factors(numbers, k, rank)
        back = {n: i for i, n in enumerate(order)}
        r = fmpq_mat([r.table()[back[i]] for i in range(k)])
        matrix = r * c * r.transpose()
        if any(_product(a, matrix) != e for a, e in zip(matrices, b, strict=True)) or not is_semidefinite(c):
            continue
        multipliers = _multipliers(matrices, r, nu)
        if multipliers is None:
            continue
        slack = fmpq_mat(k, k, [int(i == j) for i in range(k) for j in range(k)]) - _combined(multipliers, matrices)
        if is_semidefinite(slack):
            table = matrix.table()
            beta = tuple(table[i][j] for i, j in places(k))
            return Exact(beta, tuple(multipliers), matrix.rank(), _dimension(matrices, slack, matrix.rank()))
    return None


def _refined(
    matrices: Sequence[fmpq_mat], b: Sequence[fmpq], order: Sequence[int], rank: int, start: list[float], inner: int
) -> list[arb]:
    """(W, C) to many digits, by the iteration of Gauss and Newton on the equations with residuals in Arb."""
    ctx.prec = PRECISION
    system = FaceSystem(matrices, b, order, rank, PRECISION)
    first = [arb(e) for e in start]
    point = list(first)
    table = system.jacobian(point).table()[-len(b) :]
    for _ in range(ROUNDS):
        residual = [e.mid() for e in system.residual(point).entries()[-len(b) :]]
        size = max(map(abs, residual))
        if size == 0 or not size.is_finite():
            break
        # the residual is scaled to numbers that float64 has, and so is the step back
        scaled = np.array([float((e / size).mid()) for e in residual])
        jacobian = np.array([[float(e.mid()) for e in row[:inner]] for row in table])
        step = np.linalg.lstsq(jacobian, scaled, rcond=1e-8)[0]
        point = [(e - arb(float(s)) * size).mid() for e, s in zip(point, step, strict=False)] + first[inner:]
        table = system.jacobian(point).table()[-len(b) :]
    return point[:inner]


def _factors(numbers: Sequence[fmpq], k: int, rank: int) -> tuple[fmpq_mat, fmpq_mat]:
    """R (in the order P, Q) and C."""
    count = (k - rank) * rank
    w = [list(numbers[i * rank : (i + 1) * rank]) for i in range(k - rank)]
    c = [[fmpq(0)] * rank for _ in range(rank)]
    for (i, j), e in zip(places(rank), numbers[count:], strict=True):
        c[i][j] = c[j][i] = e
    return fmpq_mat([[fmpq(int(i == j)) for j in range(rank)] for i in range(rank)] + w), fmpq_mat(c)


def _multipliers(matrices: Sequence[fmpq_mat], r: fmpq_mat, near: Floats) -> list[fmpq] | None:
    """Rational nu with sum nu A R = R, near those of float64; None where there are none."""
    columns = [(a * r).entries() for a in matrices]
    table = fmpq_mat([[*(c[i] for c in columns), e] for i, e in enumerate(r.entries())])
    reduced, rank = table.rref()
    n = len(matrices)
    rows = reduced.table()[:rank]
    pivots = [next(i for i, e in enumerate(row) if e != 0) for row in rows]
    if n in pivots:
        return None
    free = [i for i in range(n) if i not in pivots]
    # the free ones are rounded, the others follow
    chosen = {i: _rational(float(near[i]), 10**6) for i in free}
    for row, pivot in zip(rows, pivots, strict=True):
        chosen[pivot] = row[n] - sum((row[i] * chosen[i] for i in free), fmpq(0))
    return [chosen[i] for i in range(n)]


def _dimension(matrices: Sequence[fmpq_mat], slack: fmpq_mat, rank: int) -> int | None:
    """Minimisers are B = K C K^T >= 0, K the kernel of Z, that satisfy the equations: the dimension of these C."""
    k = slack.nrows()
    reduced, full = slack.rref()
    rows = reduced.table()[:full]
    pivots = [next(i for i, e in enumerate(row) if e != 0) for row in rows]
    free = [i for i in range(k) if i not in pivots]
    kernel = [[fmpq(0)] * len(free) for _ in range(k)]
    for place, i in enumerate(free):
        kernel[i][place] = fmpq(1)
        for row, pivot in zip(rows, pivots, strict=True):
            kernel[pivot][place] = -row[i]
    if not free:
        return 0
    basis = fmpq_mat(kernel)
    seen = [(basis.transpose() * a * basis).table() for a in matrices]
    pairs = places(len(free))
    left = len(pairs) - fmpq_mat([[s[i][j] * (1 if i == j else 2) for i, j in pairs] for s in seen]).rank()
    return left if left == 0 or len(free) == rank else None


def _combined(numbers: Sequence[fmpq], matrices: Sequence[fmpq_mat]) -> fmpq_mat:
    total = matrices[0] * numbers[0]
    for e, a in zip(numbers[1:], matrices[1:], strict=True):
        total = total + a * e
    return total


def _product(a: fmpq_mat, b: fmpq_mat) -> fmpq:
    return sum((x * y for x, y in zip(a.entries(), b.entries(), strict=True)), fmpq(0))


def _rational(value: float, most: int) -> fmpq:
    found = Fraction(value).limit_denominator(most)
    return fmpq(found.numerator, found.denominator)


def _nearest(value: arb, most: int) -> fmpq:
    mantissa, exponent = value.man_exp()
    found = (Fraction(int(mantissa)) * Fraction(2) ** int(exponent)).limit_denominator(most)
    return fmpq(found.numerator, found.denominator)
