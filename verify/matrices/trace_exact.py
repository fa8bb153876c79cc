"""The nuclear norm's minimiser in exact numbers: rounded, and then proved over Q.

Where the equations determine B within its rank more than once, or leave a face of minimisers, no regular system
encloses it.  There B is often rational.  With a candidate of rank r from float64, or from Gauss and Newton with
residuals in Arb,

1. W and C of B = R C R^T, R = (I, W), are rounded to small denominators;
2. <A_n, B> = b_n and C >= 0 are checked over Q;
3. nu is a rational point of Z B = 0, that is of sum nu_n A_n R = R, with the free unknowns rounded from float64;
4. Z = I - sum nu_n A_n >= 0 by L D L^T over Q: B and nu then prove each other;
5. all minimisers are K C K^T >= 0, K the kernel of Z, under the equations, whose dimension is a rank over Q
   (docs/derivations/matrices.md, theorem 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb, ctx, fmpq, fmpq_mat

from verify.matrices.face import FaceSystem
from verify.matrices.symmetric import Floats, is_semidefinite, places

# denominators that are recognised in float64, and after that many rounds of refinement
COARSE, DENOMINATOR, ROUNDS, PRECISION = 10**4, 10**12, 12, 400


@dataclass(frozen=True, slots=True)
class Exact:
    """Rational B (coordinates) and nu that prove each other; the dimension of the set of minimisers (None: open)."""

    beta: tuple[fmpq, ...]
    nu: tuple[fmpq, ...]
    rank: int
    dimension: int | None


def round_and_prove(
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
        slack = fmpq_mat(k, k, [int(i == j) for i in range(k) for j in range(k)]) - combined(multipliers, matrices)
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
    chosen = {i: rational(float(near[i]), 10**6) for i in free}
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


def combined(numbers: Sequence[fmpq], matrices: Sequence[fmpq_mat]) -> fmpq_mat:
    """sum of number times matrix."""
    total = matrices[0] * numbers[0]
    for e, a in zip(numbers[1:], matrices[1:], strict=True):
        total = total + a * e
    return total


def _product(a: fmpq_mat, b: fmpq_mat) -> fmpq:
    return sum((x * y for x, y in zip(a.entries(), b.entries(), strict=True)), fmpq(0))


def rational(value: float, most: int) -> fmpq:
    """The nearest fraction with a denominator up to `most`."""
    found = Fraction(value).limit_denominator(most)
    return fmpq(found.numerator, found.denominator)


def _nearest(value: arb, most: int) -> fmpq:
    mantissa, exponent = value.man_exp()
    found = (Fraction(int(mantissa)) * Fraction(2) ** int(exponent)).limit_denominator(most)
    return fmpq(found.numerator, found.denominator)
