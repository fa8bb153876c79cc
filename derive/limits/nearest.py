"""The nearest point of a level set: R(beta) = min |w - w0|^2 over F(w) = beta, exactly, for one coordinate.

Four mechanisms, each a module with its theorem, none of which knows an architecture:

    derive.limits.quadric    F quadratic: strict convexity along the multiplier, and a ray where it ends
    derive.limits.factors    F a monomial in any number of parameters: one multiplier, every factor increases with it
    derive.limits.inverse    F one-to-one in one parameter: the level set is a point
    derive.limits.curve      F homogeneous in one or two parameters: resultants, and a branch that nothing meets

What is known of R is a record `Nearest`; several mechanisms may add to one record.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flint import arb, ctx
from sympy import Add, Dummy, Expr, Integer, Poly, Rational, Symbol, oo, sqrt

from derive.exact.points import PRECISION
from derive.exact.signs import settled, sign_of
from derive.potentials.intervals import zeros

VALUE, BETA, MULTIPLIER = (Dummy(name, real=True) for name in ("R", "beta", "lambda"))
READABLE = 4000  # bits: numbers of more than 1,200 digits help nobody, and Python refuses to print those beyond 4,300
Interval = tuple[Expr, Expr]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """(beta, R) as functions of MULTIPLIER, which runs through `multipliers`; beta runs through `domain` once.

    `domain` is open; at an end that is a number R is the limit, but for beta = 0, where it may be less.
    """

    multipliers: Interval
    beta: Expr
    value: Expr
    domain: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """R for one coordinate, and why.

    P(VALUE, BETA) = `equation` = 0 with R on the branch where R = 0 at beta(0), proved on the interval `domain`;
    `closed` is R in BETA on `domain`; `curves` are proved on domains of their own, which may reach further.
    """

    reason: str
    equation: Expr | None = None
    domain: Interval | None = None
    closed: Expr | None = None
    curves: tuple[Curve, ...] = ()


def scale_of(start: Sequence[Expr]) -> tuple[Expr, list[Rational]] | None:
    """A positive S and rational u with start = S u, S the size of the first entry that is not 0; else None."""
    first = next((v for v in start if not v.is_zero), None)
    sign = None if first is None else sign_of(first)
    if first is None or not sign:
        return None
    size = first * sign
    unit = [(v / size).cancel() for v in start]
    return (size, unit) if all(u.is_Rational for u in unit) else None  # pyright: ignore[reportReturnType]


def rescaled(found: Nearest, size: Expr, degree: int) -> Nearest:
    """R for the start S u, from R for u: R_S(beta) = S^2 R_1(beta/S^D) where F has the degree D."""
    if size == 1:
        return found
    area, reach = size**2, size**degree
    equation, closed = found.equation, found.closed
    if equation is not None:
        terms = Poly(equation, VALUE, BETA).terms()
        powers = [2 * i + degree * j for (i, j), _ in terms]
        scaled = (
            c * VALUE**i * BETA**j * size ** (max(powers) - k) for ((i, j), c), k in zip(terms, powers, strict=True)
        )
        equation = Add(*scaled)
    if closed is not None:
        closed = (area * closed.subs(BETA, BETA / reach)).expand()
    return Nearest(
        reason=found.reason,
        equation=equation,
        domain=None if found.domain is None else _stretched(found.domain, reach),
        closed=closed,
        curves=tuple(
            replace(c, beta=reach * c.beta, value=area * c.value, domain=_stretched(c.domain, reach))
            for c in found.curves
        ),
    )


def _stretched(interval: Interval, factor: Expr) -> Interval:
    low, high = (end if end in (oo, -oo) else end * factor for end in interval)
    return low, high


def in_radicals(equation: Expr, domain: Interval, beta0: Expr) -> Expr | None:
    """R where P has degree two or less in R and its roots do not meet on the domain."""
    polynomial = Poly(equation, VALUE)
    if polynomial.degree() == 1:
        a, b = polynomial.all_coeffs()
        return (-b / a).factor()
    if polynomial.degree() != 2:
        return None
    a, b, c = polynomial.all_coeffs()
    inside = (b**2 - 4 * a * c).factor()
    side = sign_of(settled(b.subs(BETA, beta0).expand()))
    meetings = zeros(inside.expand(), BETA)
    if a.has(BETA) or not side or meetings is None or any(is_inside(m, domain) is not False for m in meetings):
        return None
    return (-b + side * sqrt(inside)) / (2 * a)


def is_inside(number: Expr, interval: Interval) -> bool | None:
    """Is the number in the open interval?  None where that is not certain."""
    low, high = interval
    sides = ((low, number - low), (high, high - number))
    signs = [1 if end in (oo, -oo) else sign_of(settled(e.expand())) for end, e in sides]
    return None if None in signs else all(sign == 1 for sign in signs)


def beside(number: arb, side: int, digits: int = 6) -> Rational:
    """A short rational number below (side -1) or above (1) a number that is an exact point, equal to it to `digits`."""
    if number.is_zero():
        return Integer(0)
    with ctx.workprec(PRECISION):
        places = digits - int((abs(number).log() / arb(10).log()).mid().floor().unique_fmpz() or 0)
        scaled = number * arb(10) ** places
        integer = (scaled.floor() if side < 0 else scaled.ceil()).unique_fmpz()
    assert integer is not None  # one end of a ball, which is a number of its own
    return Integer(int(integer)) * Rational(10) ** -places


def is_short(values: Sequence[Expr], bits: int = 128) -> bool:
    """Are all rational numbers in the values short?  Resultants over long ones do not end in useful time."""
    numbers = (n for v in values for n in v.atoms(Rational))
    return all(abs(int(n.p)).bit_length() + int(n.q).bit_length() <= bits for n in numbers)


def symbols_of(values: Sequence[Expr]) -> list[Symbol]:
    """The constants of a start, in alphabetical order."""
    free: set[Symbol] = set().union(*(v.free_symbols for v in values)) if values else set()
    return sorted(free, key=str)
