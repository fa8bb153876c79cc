"""The flow in the dual variables of the rows: r states in place of d, where the r independent rows are fewer.

Where the flow has dual variables s (`verify.flow.dual_variables`), ds/d tau = v = rows^T c, so that s never leaves the
span of the rows.  With Z the r rows that span it and rows = C Z,

    s = Z^T a,      da/d tau = C^T c(beta(Z^T a)),      a(0) = 0.

In the notation of `verify.flow.field` it is the model with parameters a, predictor beta(Z^T a) and metric
G = Z diag beta' Z^T: the force C^T c, which stands for v = Z^T C^T c, has J^T v = Z diag beta' v = G C^T c and so is
its own raised form.  Each tape of the field in s serves between the maps Z^T and Z, which are products of matrices.

Z are rows of the data, chosen by QR with pivots in float64 (LAPACK's geqp3): a good choice keeps C small.  That they
span the others, and C, is exact: the reduced echelon form over the rationals of the rows in that order, whose pivots
are Z and whose columns are C^T.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat
from scipy.linalg import qr
from sympy import Expr, Rational

from derive.model import Model
from verify.data import DataSet
from verify.flow.dual_variables import dual_field
from verify.flow.field import FlowField, flow_field
from verify.flow.program import Arithmetic, Bindable, Compute
from verify.losses import Loss


@dataclass(frozen=True, slots=True)
class Spanned:
    """A tape whose inputs, but for the first `kept`, are blocks of d numbers: here each is given by r, through Z^T.

    With `back`, its first d outputs are returned through Z, and after them the last block of inputs as it was given.
    """

    tape: Bindable
    span: tuple[tuple[Expr, ...], ...]
    kept: int = 0
    back: bool = False

    def bind(self, arithmetic: Arithmetic) -> Compute:
        """The program over an arithmetic."""
        program, rank, d = self.tape.bind(arithmetic), len(self.span), len(self.span[0])
        down = arithmetic.linear(tuple(zip(*self.span, strict=True)))
        up = arithmetic.linear(self.span) if self.back else None

        def run(values: Sequence[Any]) -> list[Any]:
            inputs = list(values[: self.kept])
            for first in range(self.kept, len(values), rank):
                inputs += down(values[first : first + rank])
            out = program(inputs)
            return out if up is None else [*up(out[:d]), *values[-rank:]]

        return run


def state_field(model: Model, data: DataSet, loss: Loss) -> FlowField:
    """The flow's field with the fewest states: dual variables of the rows, of the coordinates, or the parameters."""
    dual = dual_field(model, data, loss)
    if dual is None:
        return flow_field(model, data, loss)
    return spanned_field(dual) or dual


def spanned_field(dual: FlowField) -> FlowField | None:
    """A field in dual variables s, with a in place of s; None where the rows are not fewer than the coordinates."""
    chosen, coefficients = independent_rows(dual.rows)
    if not 0 < len(chosen) < len(dual.rows[0]):
        return None
    span = tuple(dual.rows[n] for n in chosen)
    split = dual.split
    return replace(
        dual,
        predictor=Spanned(dual.predictor, span),
        pullback=Spanned(dual.pullback, span, back=True),
        push=Spanned(dual.push, span),
        split=replace(
            split, head=Spanned(split.head, span), tail=Spanned(split.tail, span, kept=split.kept, back=True)
        ),
        span=span,
        force=coefficients,
    )


def independent_rows(rows: Sequence[Sequence[Expr]]) -> tuple[tuple[int, ...], tuple[tuple[Expr, ...], ...]]:
    """(Z, C): the numbers of independent rows that span all of them, and rows = C Z, exactly."""
    values = np.array([[float(e) for e in row] for row in rows])
    order = range(len(rows))
    if np.isfinite(values).all():
        _, _, order = qr(values.T, mode="economic", pivoting=True)
    ordered = [[fmpq(int(e.p), int(e.q)) for e in map(Rational, rows[n])] for n in order]
    echelon, rank = fmpq_mat(ordered).transpose().rref()
    entries = echelon.tolist()[:rank]
    pivots = [next(k for k, e in enumerate(row) if e != 0) for row in entries]
    coefficients: list[tuple[Expr, ...]] = [()] * len(rows)
    for k, n in enumerate(order):
        coefficients[n] = tuple(Rational(int(row[k].p), int(row[k].q)) for row in entries)
    return tuple(int(order[k]) for k in pivots), tuple(coefficients)
