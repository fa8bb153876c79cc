"""Does a formula turn with its parameters?  One rotation at a time, by its derivative, and one reflection.

A rotation moves the parameters with a velocity that is linear in them.  Roots and logarithms in the formulas have to
stand still: then their branch cannot change along an orbit, and whatever is an identity of derivatives holds on the
whole orbit, not only near the point.  Exponentials, sines and the like have one branch, and may move.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Symbol

from derive.everywhere.layouts import parity
from derive.exact.field import Element, Field
from derive.exact.kernels import Generator

Pair = tuple[int, int]
Entries = Mapping[Pair, Element]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A velocity of the parameters; `turned` are those whose sign a reflection changes.

    `axis` i says that a matrix B moves by [X, B], X = E_ij - E_ji and j = i + 1, and that the reflection turns axis i
    round; None that B stands still under both.
    """

    field: Field
    velocity: Mapping[Symbol, Element]
    turned: frozenset[Symbol]
    axis: int | None

    def of(self, element: Element) -> Element:
        """The derivative along the rotation."""
        total = self.field.zero
        for p, speed in self.velocity.items():
            slope = element.derivative(p)
            if not slope.vanishes:
                total = total + speed * slope
        return total

    def is_(self, element: Element, wanted: Element) -> bool:
        """Does the element move with the velocity `wanted`?"""
        return self.field.normal(self.of(element) - wanted).vanishes

    def leaves_functions(self) -> bool:
        """Do roots and logarithms stand still?  (Absolute values are not dealt with.)

        Entire functions have one branch: their arguments may move, but not with a reflection.
        """
        for g in self.field.generators:
            if g.kind == "sign":
                return False
            if g.kind != "symbol":
                arguments = [self.field.convert(e) for e in (g.base, g.monomial) if e is not None]
                if not all(parity(a, self.turned) == 0 for a in arguments):
                    return False
                if not (_is_entire(g) or all(self.is_(a, self.field.zero) for a in arguments)):
                    return False
        return True

    def carries(self, element: Element, wanted: Element, *, odd: bool) -> bool:
        """Does the element move with the velocity `wanted`, and change its sign under the reflection iff `odd`?"""
        return self.is_(element, wanted) and (element.vanishes or parity(element, self.turned) == odd)

    def turns(self, b: Entries) -> bool:
        """Do the entries (all of a symmetric matrix) move as the rotation and the reflection say?"""
        for (k, m), entry in b.items():
            if k > m:
                continue
            wanted = self.field.zero if self.axis is None else commutator(self.field, b, (k, m), self.axis)
            odd = self.axis is not None and (k == self.axis) != (m == self.axis)
            if not self.carries(entry, wanted, odd=odd):
                return False
        return True

    def turns_form(self, g: Mapping[tuple[Symbol, Symbol], Element]) -> bool:
        """L G + K^T G + G K = 0 for the velocity K w, and the signs of the quadratic form G under the reflection."""
        matrix = self._linear()
        for (p, q), entry in g.items():
            wanted = self.field.zero
            for other, c in matrix.get(p, {}).items():
                wanted = wanted - self.field.number(c) * g[other, q]
            for other, c in matrix.get(q, {}).items():
                wanted = wanted - self.field.number(c) * g[p, other]
            if not self.carries(entry, wanted, odd=(p in self.turned) != (q in self.turned)):
                return False
        return True

    def _linear(self) -> dict[Symbol, dict[Symbol, int]]:
        """K by columns: what a parameter adds to the velocity of each other one."""
        columns: dict[Symbol, dict[Symbol, int]] = {}
        for target, speed in self.velocity.items():
            for p in self.velocity:
                slope = speed.derivative(p)
                if not slope.vanishes:
                    columns.setdefault(p, {})[target] = int(slope.expression())
        return columns


def _is_entire(g: Generator) -> bool:
    """Has the function one value at every complex number?  (atan jumps where its argument has a pole.)"""
    return g.kind in ("cos", "sin") or (g.kind == "power" and g.base is None)


def commutator(field: Field, a: Entries, at: Pair, i: int) -> Element:
    """The entry `at` of [X, A] for a symmetric A and X = E_ij - E_ji, j = i + 1."""
    (k, m), j, total = at, i + 1, field.zero
    if k == i:
        total = total + a[j, m]
    if k == j:
        total = total - a[i, m]
    if m == i:
        total = total + a[k, j]
    if m == j:
        total = total - a[k, i]
    return total
