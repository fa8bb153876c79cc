"""Potentials that are sums over coordinates: beta_i = (Q_i*)'(s_i), each an expression of one variable.

Equal coordinates are one group with one tape, which runs over all of its coordinates at once.  The Hessian of Q* is
diagonal, so that everything in the dual has the size N of the data, whatever the dimension d.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from flint import arb
from numpy.typing import NDArray
from sympy import Expr, Symbol, oo

from derive.derivation import Derivation
from derive.exact.balls import ball
from verify.flow.arithmetic import ARRAYS, balls
from verify.flow.program import Tape
from verify.flow.tape import compile_tape

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Group:
    """Coordinates `places` that share beta(s) and beta'(s) (one tape, two outputs) on the open interval `domain`."""

    places: tuple[int, ...]
    tape: Tape
    domain: tuple[Expr, Expr]


@dataclass(frozen=True, slots=True)
class Coordinates:
    """The groups of a separable potential in dimension d."""

    groups: tuple[Group, ...]
    d: int


def coordinates_of(derivation: Derivation, at: dict[Symbol, Expr], dimension: int | None = None) -> Coordinates | None:
    """The groups of a proved potential in dual form that is a sum over coordinates; None for any other.

    A model with one coordinate stands for `dimension` copies of itself (the direct sum of equal blocks).
    """
    q = derivation.potential
    if not q.verdict.is_proved or q.dual_gradient is None or derivation.within is not None:
        return None
    domains = q.dual_domain or ((-oo, oo),) * len(q.dual_gradient)
    return _grouped(tuple(q.dual_gradient), tuple(q.dual_variables), tuple(domains), tuple(at.items()), dimension)


def float_coordinates_of(
    derivation: Derivation, at: dict[Symbol, Expr], dimension: int | None = None
) -> "FloatCoordinates | None":
    """The same in float64."""
    found = coordinates_of(derivation, at, dimension)
    return None if found is None else _in_floats(found)


@lru_cache(maxsize=16)
def _grouped(
    gradient: tuple[Expr, ...],
    variables: tuple[Symbol, ...],
    domains: tuple[tuple[Expr, Expr], ...],
    constants: tuple[tuple[Symbol, Expr], ...],
    dimension: int | None,
) -> Coordinates | None:
    """The groups; kept, because many problems of one model are solved in turn."""
    copies = dimension is not None and len(gradient) == 1
    d = dimension if copies and dimension is not None else len(gradient)
    s, at = variables[0], dict(constants)
    found: dict[tuple[Expr, tuple[Expr, Expr]], list[int]] = {}
    for i, (expression, own, domain) in enumerate(zip(gradient, variables, domains, strict=True)):
        if not expression.free_symbols & set(variables) <= {own}:
            return None
        key = (expression.xreplace({own: s}), domain)
        found.setdefault(key, []).extend(range(d) if copies else [i])
    groups = []
    for (expression, (low, high)), places in found.items():
        value = expression.xreplace(at)
        tape = compile_tape([value, value.diff(s)], [s])
        groups.append(Group(tuple(places), tape, (low.xreplace(at), high.xreplace(at))))
    return Coordinates(tuple(groups), d)


class FloatCoordinates:
    """beta(s), beta'(s), both at s = 0 (`origin`) and the domain, in float64 arrays of length d."""

    def __init__(self, coordinates: Coordinates) -> None:
        self.d = coordinates.d
        self.low, self.high = np.full(self.d, -np.inf), np.full(self.d, np.inf)
        self.bounded = any(bound.is_finite for group in coordinates.groups for bound in group.domain)
        self.parts = []
        for group in coordinates.groups:
            # the usual case, one group of everything, is spared two copies
            whole = len(group.places) == self.d
            where = slice(None) if whole else np.array(group.places)
            self.parts.append((where, group.tape.bind(ARRAYS)))
            self.low[where], self.high[where] = float(group.domain[0]), float(group.domain[1])
        self.whole = self.parts[0][1] if len(self.parts) == 1 else None
        with np.errstate(all="ignore"):
            self.origin = self(np.zeros(self.d))

    def __call__(self, s: Floats) -> tuple[Floats, Floats]:
        """beta and beta' at s; infinite or NaN beyond the range of float64."""
        if self.whole is not None:
            beta, slope = self.whole([s])
            if np.shape(beta) == np.shape(slope) == (self.d,):
                return beta, slope
        beta, slope = np.empty(self.d), np.empty(self.d)
        for where, program in self.parts:
            value, derivative = program([s[where]])
            beta[where], slope[where] = value, derivative
        return beta, slope

    def room(self, s: Floats, q: Floats) -> float | None:
        """The largest t with s + t q in the closed domain; None where there is no end."""
        if not self.bounded:
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            ahead = np.where(q > 0, (self.high - s) / q, np.where(q < 0, (self.low - s) / q, np.inf))
        end = float(np.nanmin(ahead, initial=np.inf))
        return end if end < np.inf else None


@lru_cache(maxsize=16)
def _in_floats(coordinates: Coordinates) -> FloatCoordinates:
    """Kept as the groups are."""
    return FloatCoordinates(coordinates)


class BallCoordinates:
    """The same in Arb at a precision."""

    def __init__(self, coordinates: Coordinates, precision: int) -> None:
        self.d, arithmetic = coordinates.d, balls(precision)
        self.parts = [(group.places, group.tape.bind(arithmetic)) for group in coordinates.groups]
        self.bounds = [
            (group.places, *(ball(e, precision) if e.is_finite else None for e in group.domain))
            for group in coordinates.groups
        ]

    def __call__(self, s: Sequence[arb]) -> tuple[list[arb], list[arb]]:
        """beta and beta' at s."""
        beta, slope = [arb(0)] * self.d, [arb(0)] * self.d
        for places, program in self.parts:
            for i in places:
                beta[i], slope[i] = program([s[i]])
        return beta, slope

    def inside(self, s: Sequence[arb]) -> bool:
        """Is s certainly in the domain?"""
        return all(
            (low is None or s[i] > low) and (high is None or s[i] < high)
            for places, low, high in self.bounds
            for i in places
        )

    def room(self, s: Sequence[arb], q: Sequence[arb]) -> arb | None:
        """The largest t with s + t q in the closed domain; None where there is no end."""
        ends = [
            ((high if q[i] > 0 and high is not None else low if low is not None else arb(0)) - s[i]) / q[i]
            for places, low, high in self.bounds
            for i in places
            if (high is not None and q[i] > 0) or (low is not None and q[i] < 0)
        ]
        return min((e.mid() for e in ends), default=None)
