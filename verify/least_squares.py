"""The least squared loss that any predictor can have on the data, exactly.

min over beta of |y - X beta|^2 / 2N is a rational number: with independent columns P of X it is
(y.y - b.c) / 2N, b = P^T y, P^T P c = b.  A target that is not above it is refused before a run that could only stall.
"""

from flint import arb, ctx, fmpq, fmpq_mat

from derive.errors import ComputationError
from verify.data import DataSet
from verify.decimal import Decimal

# exact elimination beyond this many numbers costs more than the run that it would spare
LARGEST = 20_000
PRECISION = 128


def least_loss(data: DataSet) -> fmpq | None:
    """The exact minimum over all beta; None where the data are too large to tell cheaply."""
    if len(data.X) * data.dimension > LARGEST:
        return None
    table = fmpq_mat([[fmpq(int(e.p), int(e.q)) for e in (*row, y)] for row, y in zip(data.X, data.y, strict=True)])
    reduced, rank = table.rref()
    pivots = [next(k for k in range(data.dimension + 1) if reduced[i, k] != 0) for i in range(rank)]
    if data.dimension not in pivots:
        return fmpq(0)
    y = [table[n, data.dimension] for n in range(len(data.X))]
    square = sum((e * e for e in y), fmpq(0))
    columns = pivots[:-1]
    if columns:
        p = fmpq_mat([[table[n, k] for k in columns] for n in range(len(y))])
        b = p.transpose() * fmpq_mat([[e] for e in y])
        square -= (b.transpose() * (p.transpose() * p).solve(b))[0, 0]
    return square / (2 * len(y))


def require_reachable(data: DataSet, until: Decimal) -> None:
    """Raise `ComputationError` where no predictor has a squared loss below the target."""
    least = least_loss(data)
    if least is None or least == 0:
        return
    with ctx.workprec(PRECISION):
        if not arb(least).log() > until.log():
            return
        raise ComputationError(
            "the loss target lies below the least squared loss of any predictor on these data",
            expected=f"more than {arb(least).str(6, radius=False)}",
            received=str(until),
            hint="a larger --until, or consistent data",
        )
