"""How a problem is solved: in the N dual unknowns where the potential is a sum over coordinates, else as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from flint import arb, ctx
from sympy import Rational, Symbol
from sympy.core.expr import Expr
from threadpoolctl import threadpool_limits

from derive.derivation import Derivation
from derive.errors import ComputationError
from verify.minimise.coordinates import Coordinates, FloatCoordinates, coordinates_of
from verify.minimise.interior import maximise_margin_dual
from verify.minimise.krawczyk import refine
from verify.minimise.path import FloatSystem, follow
from verify.minimise.reduced import ReducedSystem, reach
from verify.minimise.solve import BallSystem, follow_precisely
from verify.minimise.system import Inner, inner_of
from verify.minimise.weak import System

PATH_PRECISION = 320
# products of balls that take a minute
LARGEST = 3 * 10**8
Rows = Sequence[Sequence[Rational]]


class Solver(Protocol):
    """The three things that a minimiser needs of a potential, for any choice of active rows."""

    @property
    def form(self) -> str: ...
    def system(self, rows: Rows, right: Sequence[Rational], precision: int) -> System: ...
    def reach(self, rows: Rows, right: Sequence[Rational]) -> list[arb]: ...
    def guess(self, rows: Rows) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class Whole:
    """Any form of a potential: the unknowns are (u, nu), and the path starts at the start of the flow."""

    inner: Inner
    form: str

    def system(self, rows: Rows, right: Sequence[Rational], precision: int) -> BallSystem:
        """E in Arb."""
        return BallSystem(self.inner, rows, right, precision)

    def reach(self, rows: Rows, right: Sequence[Rational]) -> list[arb]:
        """A solution at PATH_PRECISION: by float64 where Newton in Arb confirms it, else by the same path in Arb."""
        ctx.prec = PATH_PRECISION
        exact = self.system(rows, right, PATH_PRECISION)
        try:
            table = np.array([[float(e) for e in row] for row in rows]) if rows else np.zeros((0, self.inner.d))
            found = follow(FloatSystem(self.inner, table), np.array([float(e) for e in right]))
            z = refine(exact, [arb(float(e)) for e in found])
            if exact.solves(z):
                return z
        except (ComputationError, OverflowError):
            pass
        return refine(exact, follow_precisely(exact))

    def guess(self, rows: Rows) -> list[int]:
        """Rows to begin with."""
        return []


@dataclass(frozen=True, slots=True)
class Separable:
    """A sum over coordinates in dual form: the unknowns are nu."""

    coordinates: Coordinates
    form: str = "dual"

    def system(self, rows: Rows, right: Sequence[Rational], precision: int) -> ReducedSystem:
        """E in Arb.  Raises `ComputationError` for what would not end."""
        if len(rows) ** 2 * self.coordinates.d > LARGEST:
            raise ComputationError(
                "the problem is too large for ball arithmetic",
                expected=f"at most {LARGEST:.0e} for N^2 d",
                received=f"N = {len(rows)}, d = {self.coordinates.d}",
                hint="verify.minimise.minimise_arrays, in float64",
            )
        return ReducedSystem(self.coordinates, rows, right, precision)

    def reach(self, rows: Rows, right: Sequence[Rational]) -> list[arb]:
        """nu near the solution."""
        with threadpool_limits(limits=1):
            return reach(self.coordinates, rows, right)

    def guess(self, rows: Rows) -> list[int]:
        """The active rows that float64 finds; empty where it finds none."""
        try:
            with threadpool_limits(limits=1):
                found = maximise_margin_dual(
                    FloatCoordinates(self.coordinates), np.array([[float(e) for e in row] for row in rows])
                )
        except (ComputationError, OverflowError):
            return []
        return [n for n, e in enumerate(found.nu) if e > 0]


def solver_of(derivation: Derivation, at: dict[Symbol, Expr]) -> Solver:
    """The solver of a derivation whose constants take the values `at`.  Raises what `inner_of` raises."""
    coordinates = coordinates_of(derivation, at)
    if coordinates is not None:
        return Separable(coordinates)
    inner = inner_of(derivation, at)
    return Whole(inner, inner.form)
