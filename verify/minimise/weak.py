"""Margin rows of which balls cannot say whether they bind: min(c nu_n, margin_n - 1) = 0 in place of an equation.

At degenerate data a row has margin 1 and multiplier 0.  No precision tells these apart from 10^-100, but nothing has
to be told: with E_n = min(c_n nu_n, x_n . beta - 1), c_n > 0, the system is that of the problem with this row as an
inequality, whichever case holds.  E is Lipschitz and piecewise smooth.  For every two points of a box,
E(a) - E(b) = G (a - b) with a matrix G whose row n lies between the gradients of the two branches, so that Krawczyk's
test with that hull in place of E' proves the same: one zero in the box, hence the minimiser, enclosed
(docs/derivations/minimiser.md, theorem 4).
"""

from collections.abc import Sequence
from typing import Protocol

from flint import arb, arb_mat


class System(Protocol):
    """A square system whose last unknowns are the multipliers and whose last equations are the rows."""

    precision: int

    def inside(self, z: Sequence[arb]) -> bool: ...
    def residual(self, z: Sequence[arb]) -> arb_mat: ...
    def jacobian(self, z: Sequence[arb]) -> arb_mat: ...
    def unpack(self, z: Sequence[arb]) -> tuple[tuple[arb, ...], tuple[arb, ...]]: ...
    def reachable(self, beta: Sequence[arb]) -> bool: ...


class WeakSystem:
    """A system in which the last `count` rows are min(c nu, margin - 1) = 0.

    From `margin - 1` a multiple of the other equations is subtracted, which are zero at a zero: what is left of its
    gradient is the Schur complement, so that for one weak row the two branches have the same slope c.
    """

    def __init__(self, system: System, z: Sequence[arb], count: int) -> None:
        self.system, self.precision, self.count = system, system.precision, count
        table = system.jacobian(z).mid().table()
        m = self.first = len(z) - count
        self.multiples = arb_mat(count, m)
        if m:
            strong = arb_mat([row[:m] for row in table[:m]])
            self.multiples = (
                (strong.transpose().solve(arb_mat([row[:m] for row in table[m:]]).transpose())).transpose().mid()
            )
        reduced = self._reduced(arb_mat(table))
        self.weights = [abs(reduced[k][m + k]).mid() for k in range(count)]

    def _reduced(self, table: arb_mat) -> list[list[arb]]:
        """The weak rows of a matrix (or column) less their multiples of the others."""
        rows = table.table()
        weak = arb_mat(rows[self.first :])
        return (weak - self.multiples * arb_mat(rows[: self.first]) if self.first else weak).table()

    def inside(self, z: Sequence[arb]) -> bool:
        """As of the system."""
        return self.system.inside(z)

    def reachable(self, beta: Sequence[arb]) -> bool:
        """As of the system."""
        return self.system.reachable(beta)

    def unpack(self, z: Sequence[arb]) -> tuple[tuple[arb, ...], tuple[arb, ...]]:
        """As of the system."""
        return self.system.unpack(z)

    def residual(self, z: Sequence[arb]) -> arb_mat:
        """E at z, as a column."""
        column = self.system.residual(z)
        weak = [
            [(weight * z[self.first + k]).min(row[0])]
            for k, (weight, row) in enumerate(zip(self.weights, self._reduced(column), strict=True))
        ]
        return arb_mat([*column.table()[: self.first], *weak])

    def jacobian(self, z: Sequence[arb]) -> arb_mat:
        """The hull of the generalised Jacobian: weak rows are margin row + [0, 1] (c e_n - margin row)."""
        table, part = self.system.jacobian(z), arb(0.5, 0.5)
        weak = [
            [a + part * ((weight if i == self.first + k else 0) - a) for i, a in enumerate(row)]
            for k, (weight, row) in enumerate(zip(self.weights, self._reduced(table), strict=True))
        ]
        return arb_mat([*table.table()[: self.first], *weak])
