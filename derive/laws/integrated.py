"""Laws of the plane that known laws reduce a model to, with integrals that stay integrals where they have to.

`derive.laws.reduced` gives equations dy / dx = s(x, y, c), `derive.laws.first_order` their laws L(x, y, c).  A law in
functions of the grammar is differentiated like every other.  One with an integral

    integral from x_0 to x of f(t, c) dt,    c = h(w),

is a law because V(h) = 0 and f is what V_y / V_x says it is: that the eliminated parameters satisfy h = c is checked
as an identity, and s is split into the integrands by factoring.  Where x_0 lies, and which integrands are accepted with
and without a start, is said in `derive.laws.definite`.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from flint import arb, fmpq
from sympy import (
    Abs,
    Expr,
    Function,
    Integral,
    Mul,
    Pow,
    Symbol,
    ilcm,
    sign,
    trigsimp,
)

from derive.errors import ComputationError
from derive.exact.points import Point, Undefined, values
from derive.exact.signs import is_defined, sign_of
from derive.fields.dynamics import Vector, rank_of_values
from derive.fields.leaf import Leaf
from derive.laws.definite import everywhere, from_start, is_root
from derive.laws.first_order import solved
from derive.laws.radical import elementary
from derive.laws.reduced import Plane, planes

MAX_LENGTH, MAX_POWER = 150, 6
Rows = list[list[fmpq | arb]]
Make = Callable[[Expr, Symbol, Point, Collection[str]], Expr | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrated:
    """A law of a plane, and the row of numbers that its form is at the generic point."""

    law: Expr
    row: list[fmpq | arb]


def integrated_laws(
    leaf: Leaf, laws: Sequence[Expr], rows: Rows, point: Point, is_conserved: Callable[[Expr], bool]
) -> Iterator[Integrated]:
    """Laws of planes that the given laws reduce the model to, closed ones first; `rows` are known differentials.

    Each raises the rank of the rows, and of those before it, at the point.
    """
    rows, at = list(rows), point if leaf.start is None else dict(leaf.start)

    def is_new(form: Vector) -> bool:
        return rank_of_values([*rows, *_row(form, point)]) > len(rows)

    found = planes(leaf.dynamics, laws, at, is_new)
    there = {**at, **{c: h.xreplace(dict(at)) for plane in found for c, h in plane.values.items()}}
    known: dict[tuple[Expr, Symbol], Expr | None] = {}
    makers = (None, everywhere, *(() if leaf.start is None else (from_start,)))
    for make in makers:
        for plane in found:
            law = _law(plane, _Integrals(there, leaf, make, known)) if is_new(plane.form) else None
            if law is None or law.count_ops() > MAX_LENGTH or not is_defined(law.xreplace(dict(at))):
                continue
            exact = law.has(Integral) and plane.solves_the_laws()
            if exact or (make is None and is_conserved(law)):
                rows += _row(plane.form, point)
                yield Integrated(law=law, row=rows[-1])


def _row(form: Vector, point: Point) -> Rows:
    try:
        return values([form], point)
    except (Undefined, ComputationError):
        return []


@dataclass(frozen=True, slots=True)
class _Integrals:
    """Primitives near a point that gives the constants their values; `known` keeps the elementary ones."""

    there: Point
    leaf: Leaf
    make: Make | None
    known: dict[tuple[Expr, Symbol], Expr | None]

    def closed(self, integrand: Expr, symbol: Symbol) -> Expr | None:
        """An elementary one; constant factors go before it."""
        outside, inside = integrand.as_independent(symbol, as_Add=False)
        if (inside, symbol) not in self.known:
            self.known[inside, symbol] = elementary(inside, symbol, {} if self.leaf.start is None else self.there)
        found = self.known[inside, symbol]
        return None if found is None else outside * found

    def some(self, integrand: Expr, symbol: Symbol) -> Expr | None:
        """An elementary one, or the integral that is made of the rest."""
        found = self.closed(integrand, symbol)
        if found is not None or self.make is None:
            return found
        outside, inside = integrand.as_independent(symbol, as_Add=False)
        integral = self.make(inside, symbol, self.there, {s.name for s in self.leaf.dynamics.model.symbols})
        return None if integral is None else outside * integral

    def positive(self, f: Expr) -> Expr:
        """f or -f, whichever is positive near the point."""
        return -f if sign_of(f.xreplace(dict(self.there))) == -1 else f


def _law(plane: Plane, integrals: _Integrals) -> Expr | None:
    """A law of the plane; where it has integrals and there is no start, it holds for every sign of a root."""
    anywhere = integrals.make is everywhere and integrals.leaf.start is None
    slope = plane.slope if anywhere else plane.slope.xreplace(plane.sides.numbers)
    law = solved(slope, plane.x, plane.y, integrals.closed, integrals.some, integrals.positive)
    if law is None:
        return None
    if anywhere:
        signed = law.xreplace({s: sign(f) for s, f in plane.sides.meanings.items()})
        return restored(signed, plane, None)
    return _without_roots(restored(law, plane, integrals.there))


def restored(law: Expr, plane: Plane, at: Point | None) -> Expr:
    """The laws in place of their values; a root of a square, which they leave behind, loses its bars near a point."""
    table = dict(plane.values)

    def root(power: Pow) -> Expr:
        base = trigsimp(power.base.xreplace(table).together().cancel()).factor()
        plain = base**power.exp
        bars = set() if at is None else plain.atoms(Abs) - base.atoms(Abs)
        return plain.xreplace({u: (sign_of(u.args[0].xreplace(dict(at or {}))) or 1) * u.args[0] for u in bars})

    return law.replace(lambda u: is_root(u) and u.free_symbols & set(table), root).xreplace(table)


def _without_roots(law: Expr) -> Expr:
    """A power of the law where that is rational: u^(3/2) (v^2 - 1) squared."""
    if not any(map(is_root, law.atoms(Pow))) or law.has(Integral, Function):
        return law
    factors = [f.as_base_exp() for f in Mul.make_args(law.together().factor())]
    scale = ilcm(1, *(n.q for _, n in factors if n.is_Rational))
    if scale > MAX_POWER or any(map(is_root, Mul(*(b for b, _ in factors)).atoms(Pow))):
        return law
    return Mul(*(b ** (n * scale) for b, n in factors))
