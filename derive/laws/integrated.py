"""Laws of the plane that known laws reduce a model to, with integrals that stay integrals where they have to.

`derive.laws.reduced` gives equations dy / dx = s(x, y, c), `derive.laws.first_order` their laws L(x, y, c).  A law in
functions of the grammar is differentiated like every other.  One with an integral

    integral from x_0 to x of f(t, c) dt,    c = h(w),

is a law because V(h) = 0 and f is what V_y / V_x says it is: that the eliminated parameters satisfy h = c is checked
as an identity, and s is split into the integrands by factoring.  x_0 is where the start (or the generic point) lies,
so that f is real and smooth from x_0 to x for all w near it.  Integrands are preferred whose roots are of what is
positive for every t and every w on which the constants have their signs: they need no start, and x_0 is zero where f
is defined there.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from flint import arb, fmpq
from sympy import (
    Abs,
    Dummy,
    Expr,
    Function,
    Integer,
    Integral,
    Mul,
    Pow,
    Symbol,
    cosh,
    exp,
    ilcm,
    log,
    sign,
    tan,
    trigsimp,
)

from derive.errors import ComputationError
from derive.exact.identity import is_identity
from derive.exact.points import Point, Undefined, values
from derive.exact.signs import is_defined, sign_of
from derive.fields.dynamics import Vector, rank_of_values
from derive.fields.leaf import Leaf
from derive.laws.first_order import solved
from derive.laws.radical import elementary, is_root
from derive.laws.reduced import Plane, planes

MAX_LENGTH, MAX_POWER = 150, 6
Rows = list[list[fmpq | arb]]


class Reach(Enum):
    """What a law may contain: no integral, one that is smooth everywhere, one that is smooth near the start."""

    CLOSED = "closed"
    WIDE = "wide"
    NEAR = "near"


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
    for reach in Reach:
        for plane in found:
            law = _law(plane, _Integrals(there, leaf, reach, known)) if is_new(plane.form) else None
            if law is None or law.count_ops() > MAX_LENGTH or not is_defined(law.xreplace(dict(at))):
                continue
            exact = law.has(Integral) and all(map(is_identity, plane.equations))
            if exact or (reach is Reach.CLOSED and is_conserved(law)):
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
    reach: Reach
    known: dict[tuple[Expr, Symbol], Expr | None]

    def closed(self, integrand: Expr, symbol: Symbol) -> Expr | None:
        """An elementary one; constant factors go before it."""
        outside, inside = integrand.as_independent(symbol, as_Add=False)
        if (inside, symbol) not in self.known:
            self.known[inside, symbol] = elementary(inside, symbol, {} if self.leaf.start is None else self.there)
        found = self.known[inside, symbol]
        return None if found is None else outside * found

    def some(self, integrand: Expr, symbol: Symbol) -> Expr | None:
        """An elementary one, or an integral where the reach allows it."""
        found = self.closed(integrand, symbol)
        if found is not None or self.reach is Reach.CLOSED:
            return found
        outside, inside = integrand.as_independent(symbol, as_Add=False)
        integral = _integral(inside, symbol, self.there, self.leaf, self.reach)
        return None if integral is None else outside * integral

    def positive(self, f: Expr) -> Expr:
        """f or -f, whichever is positive near the point."""
        return -f if sign_of(f.xreplace(dict(self.there))) == -1 else f


def _law(plane: Plane, integrals: _Integrals) -> Expr | None:
    law = solved(plane.slope, plane.x, plane.y, integrals.closed, integrals.some, integrals.positive)
    return None if law is None else _without_roots(restored(law, plane, integrals.there))


def _integral(integrand: Expr, symbol: Symbol, there: Point, leaf: Leaf, reach: Reach) -> Expr | None:
    """The integral from zero or from the start, where the integrand is certain to be smooth on the way."""
    roots = [e.base for e in integrand.atoms(Pow) if is_root(e)]
    wide = all(map(_is_positive, roots))
    if reach is Reach.WIDE and not wide:
        return None
    if any(sign_of(r.xreplace(dict(there))) != 1 for r in roots) or not is_defined(integrand.xreplace(dict(there))):
        return None
    names = {s.name for s in leaf.dynamics.model.symbols}
    t = Symbol(next(n for n in ("t", "tau", "t_", "tau_", "t__") if n not in names), real=True)
    from_zero = leaf.start is None and wide and _is_smooth_at_zero(integrand, symbol)
    return Integral(integrand.xreplace({symbol: t}), (t, Integer(0) if from_zero else there[symbol], symbol))


def _is_positive(radicand: Expr) -> bool:
    """For all real parameters, by SymPy's rules and log cosh x >= 0; constants are positive symbols."""
    plain = radicand.replace(
        lambda e: isinstance(e, log) and isinstance(e.args[0], cosh), lambda e: Dummy(nonnegative=True)
    )
    return bool(plain.is_positive)


def _is_smooth_at_zero(integrand: Expr, symbol: Symbol) -> bool:
    """Are denominators certain not to vanish between zero and anywhere?"""
    powers = [e for e in integrand.atoms(Pow) if e.has(symbol) and not isinstance(e, exp)]
    below = [e.base for e in powers if not e.exp.is_nonnegative]
    bent = integrand.atoms(log, Abs, sign, tan)
    return all(map(_is_positive, below)) and not any(f.has(symbol) and not isinstance(f.args[0], cosh) for f in bent)


def restored(law: Expr, plane: Plane, at: Point) -> Expr:
    """The laws in place of their values; a root of a square, which they leave behind, is what it is near the point."""
    table = dict(plane.values)

    def root(power: Pow) -> Expr:
        base = trigsimp(power.base.xreplace(table).together().cancel()).factor()
        plain = base**power.exp
        bars = plain.atoms(Abs) - base.atoms(Abs)
        return plain.xreplace({u: (sign_of(u.args[0].xreplace(dict(at))) or 1) * u.args[0] for u in bars})

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
