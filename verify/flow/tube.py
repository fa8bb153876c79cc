"""How much neighbouring curves can separate: lambda with Hess f >= -lambda on a tube around a panel, f = log L(F(w)).

For losses l of margins, p_n = l_n / sum l and a_n = -l'_n/l_n,

    Hess f = sum_n p_n (l''_n/l_n) grad m_n grad m_n^T - (sum_n p_n a_n grad m_n)(...)^T - sum_n p_n a_n Hess m_n
          >= - sum_n p_n c_n |grad m_n|^2 - sum_n p_n a_n |Hess m_n|,      c = (l'/l)^2 - l''/l = -(log l)'',

since (sum p_n a_n grad m_n)(...)^T <= sum p_n a_n^2 grad m_n grad m_n^T (Jensen).  For the exponential loss a = 1 and
c = 0.  For the logistic loss, with x = e^-m, a = x/((1 + x) log(1 + x)) <= 1 and
c = a (a - 1/(1 + x)) <= x/(2 (1 + x)), because 2 x/(2 + x) <= log(1 + x) gives x/log(1 + x) - 1 <= x/2.  So

    lambda = max_n (|Hess m_n| + e^-m_n/(2 (1 + e^-m_n)) |grad m_n|^2)          (second term: logistic loss only).
"""

from collections.abc import Sequence

from flint import arb, ctx
from sympy import Expr, Integer

from derive.errors import ComputationError
from derive.model import Model
from verify.data import DataSet
from verify.flow.arithmetic import balls
from verify.flow.collocation import Panel
from verify.flow.columns import Column, stacked
from verify.flow.defect import COARSE, TAILS
from verify.flow.ellipse import Ellipse, integral
from verify.flow.field import FlowField, jacobian_entries
from verify.flow.program import Tape
from verify.flow.tape import compile_tape

PIECES = 48
# the tube's radius, which the final error stays below
TUBE = "1e-8"


class Tube:
    """Tapes for the first and second derivatives of the margins, and for the parameters as functions of the state."""

    def __init__(self, model: Model, field: FlowField, data: DataSet) -> None:
        self.model, self.field = model, field
        arithmetic = balls(COARSE)
        states = field.model.parameters
        lift = field.lift or states
        self.lift = compile_tape(lift, states).bind(arithmetic)
        entries = jacobian_entries(lift, states)
        self.moved = list(entries)
        self.slopes = compile_tape(list(entries.values()), states).bind(arithmetic)
        tape, self.rows = _hessians(model, data)
        self.hessians = tape.bind(arithmetic)
        self.curved = TAILS[field.loss.name] is not None
        first, self.forces = _gradients(model, data)
        self.gradients = first.bind(arithmetic)

    def around(
        self, panel: Panel, series: Sequence[Sequence[arb]], supremum: Sequence[arb]
    ) -> tuple[arb, arb, arb, arb]:
        """sup |D_w|, lambda, a Lipschitz constant of f and the length in tau, over boxes that cover the panel.

        Raises `ComputationError` where r is not shown to be positive.
        """
        precision, ctx.prec = ctx.prec, COARSE
        try:
            p = self.field.size
            arcs = Ellipse([*series[:p], series[-1]], 0.0, COARSE).arcs(PIECES, range(PIECES))
            u, r = [Column([e.real for e in arc.values]) for arc in arcs[:p]], arcs[-1].values
            if not all(e.real > 0 for e in r):
                raise ComputationError("time does not increase on a panel",
                                       received=f"gamma~ = {float(panel.left):.6g}", hint="more --digits")  # fmt: skip
            inflate = arb(0, TUBE)
            box = [e + inflate for e in stacked(self.lift(u), PIECES)]
            length = (integral(series[-1]) * panel.half).upper()
            return self._moved(u, supremum), *self._curvature(box), length
        finally:
            ctx.prec = precision

    def _moved(self, u: list[Column], supremum: Sequence[arb]) -> arb:
        """The defect of the state in Euclidean norm of the parameters."""
        total = [arb(0)] * len(self.model.parameters)
        for (i, k), slope in zip(self.moved, stacked(self.slopes(u), PIECES), strict=True):
            total[i] += max(abs(e).upper() for e in slope) * supremum[k]
        return norm(total)

    def _curvature(self, w: list[Column]) -> tuple[arb, arb]:
        """lambda, where row sums bound the norm of a symmetric matrix, and max_n |grad m_n| >= |grad f|."""
        rows: dict[tuple[int, int], Column] = {}
        for (n, i, _), entry in zip(self.rows, stacked(self.hessians(w), PIECES), strict=True):
            rows[n, i] = rows[n, i] + abs(entry) if (n, i) in rows else abs(entry)
        lam = [[arb(0)] * PIECES for _ in self.field.data.signed]
        for (n, _), row in rows.items():
            lam[n] = [max(a, e.upper()) for a, e in zip(lam[n], row, strict=True)]
        count = len(lam)
        outputs = stacked(self.gradients(w), PIECES)
        squares = [Column([arb(0)] * PIECES) for _ in lam]
        for n, slope in zip(self.forces, outputs[count:], strict=True):
            squares[n] = squares[n] + slope * slope
        steep = max(e.upper() for square in squares for e in square)
        if self.curved:  # e^-m/(1 + e^-m) as 1/(1 + e^m), which does not underflow
            for n, (square, margin) in enumerate(zip(squares, outputs[:count], strict=True)):
                bent = square / (2 * (1 + margin.exp()))
                lam[n] = [(a + e).upper() for a, e in zip(lam[n], bent, strict=True)]
        return max(e for row in lam for e in row), steep.sqrt().upper()


def norm(vector: Sequence[arb]) -> arb:
    """An upper bound of the Euclidean norm."""
    return sum((abs(e).upper() ** 2 for e in vector), arb(0)).sqrt().upper()


def _hessians(model: Model, data: DataSet) -> tuple[Tape, list[tuple[int, int, int]]]:
    """The entries of Hess m_n that do not vanish, with their (n, i, j)."""
    place = {s: i for i, s in enumerate(model.parameters)}
    second = [
        {(i, k): e.diff(s) for (_, i), e in jacobian_entries([f], model.parameters).items()
         for s, k in place.items() if s in e.free_symbols}
        for f in model.predictor
    ]  # fmt: skip
    entries: dict[tuple[int, int, int], Expr] = {}
    for n, row in enumerate(data.signed):
        for x, pairs in zip(row, second, strict=True):
            for (i, j), e in pairs.items():
                if x != 0 and e != 0:
                    entries[n, i, j] = entries.get((n, i, j), Integer(0)) + x * e
    return compile_tape(list(entries.values()), model.parameters), list(entries)


def _gradients(model: Model, data: DataSet) -> tuple[Tape, list[int]]:
    """The margins, and the entries of grad m_n that do not vanish, with their n."""
    slopes = jacobian_entries(model.predictor, model.parameters)
    margins = [sum((x * f for x, f in zip(row, model.predictor, strict=True)), Integer(0)) for row in data.signed]
    entries: dict[tuple[int, int], Expr] = {}
    for n, row in enumerate(data.signed):
        for (i, k), e in slopes.items():
            if row[i] != 0:
                entries[n, k] = entries.get((n, k), Integer(0)) + row[i] * e
    return compile_tape([*margins, *entries.values()], model.parameters), [n for n, _ in entries]
