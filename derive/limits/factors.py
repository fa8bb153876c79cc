"""R for a monomial F = C w_1^k_1 ... w_n^k_n of one coordinate: every factor follows one multiplier.

Signs first: a parameter with an even exponent keeps the sign of its start; those with odd exponents keep theirs, too,
where beta has the sign of F(w0) (or one of their starts is 0), and otherwise exactly one of them turns round, the one
that starts nearest to 0 where the odd exponents are equal.  What is left are sizes x_i >= 0 with starts y_i = |w0_i|
(minus that for the one that turns round) and prod x_i^k_i = |beta/C|.

At a nearest point x_i (x_i - y_i) = k_i mu for one mu.  For mu >= 0 this has one root x_i >= 0,

    x_i(mu) = (y_i + sqrt(y_i^2 + 4 k_i mu))/2,

which increases without bound; for mu < 0 it has x_i < y_i.  So the nearest point is x(mu), with one mu >= 0, for
every |beta/C| >= prod y_i^k_i, and for every beta where one y_i is negative.  Closer to 0 the same curve goes on
while |x - y|^2 <= min y_i^2/4: in log x_i the problem is convex where all x_i >= y_i/2, and all other points are
further away.  (Proofs: the derivation "explicit" of the documentation.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flint import arb
from sympy import Add, Expr, Integer, Poly, Rational, Symbol, oo, prod, sqrt

from derive.errors import ComputationError
from derive.exact.balls import ball
from derive.exact.points import PRECISION
from derive.exact.signs import sign_of
from derive.limits.nearest import BETA, MULTIPLIER, Curve, Nearest, scale_of

STEPS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Monomial:
    """C prod w_i^k_i, C != 0; `exponents` in the order of the parameters."""

    coefficient: Expr
    exponents: tuple[int, ...]

    @property
    def odd(self) -> list[int]:
        return [i for i, k in enumerate(self.exponents) if k % 2]


def monomial_of(f: Expr, parameters: Sequence[Symbol]) -> Monomial | None:
    """F as a monomial in all of the parameters; None for anything else."""
    if not f.is_polynomial(*parameters):
        return None
    terms = Poly(f, *parameters).terms()
    if len(terms) != 1 or 0 in terms[0][0] or not sign_of(terms[0][1]):
        return None
    return Monomial(coefficient=terms[0][1], exponents=tuple(map(int, terms[0][0])))


def nearest_on_factors(f: Expr, parameters: Sequence[Symbol], start: Sequence[Expr]) -> Nearest | None:
    """R for a monomial from a start whose signs are known, one curve for each sign of beta; else None."""
    monomial = monomial_of(f, parameters)
    signs = [sign_of(v) for v in start]
    if monomial is None or None in signs:
        return None
    sizes = [v * (s or 1) for v, s in zip(start, signs, strict=True)]
    own = prod([sign_of(monomial.coefficient) or 1, *(signs[i] or 0 for i in monomial.odd)])
    curves: list[Curve] = []
    for side in (1, -1):
        if own in (0, side):  # 0: some odd parameter starts at 0, and its sign is free
            curves += _onwards(monomial, sizes, side) + ([] if own == 0 else _inwards(monomial, sizes, side))
        elif monomial.odd and (turned := turned_round(monomial, sizes)) is not None:
            curves += _onwards(monomial, [-y if i == turned else y for i, y in enumerate(sizes)], side)
    closed = _single(monomial, sizes, int(signs[0] or 0)) if len(sizes) == 1 else None
    reason = "a monomial: every factor increases with one multiplier"
    if closed is not None:
        return Nearest(reason=reason, closed=closed[0], domain=closed[1], curves=tuple(curves))
    return Nearest(reason=reason, curves=tuple(curves)) if curves else None


def turned_round(monomial: Monomial, sizes: Sequence[Expr]) -> int | None:
    """Which odd parameter changes its sign: the one that starts nearest to 0; None where that is not certain."""
    odd = monomial.odd
    if len({monomial.exponents[i] for i in odd}) != 1:
        return None
    best = odd[0]
    for i in odd[1:]:
        order = sign_of((sizes[i] - sizes[best]).expand())
        if order is None:
            return None
        best = i if order < 0 else best
    return best


def size_along(y: Expr, k: int, multiplier: Expr) -> Expr:
    """x(mu), the root that is not negative for mu >= 0."""
    return sqrt(k * multiplier) if y.is_zero else (y + sqrt(y**2 + 4 * k * multiplier)) / 2


def _curve(monomial: Monomial, sizes: Sequence[Expr], side: int) -> tuple[Expr, Expr]:
    """beta(mu) and R(mu)."""
    x = [size_along(y, k, MULTIPLIER) for y, k in zip(sizes, monomial.exponents, strict=True)]
    size = side * monomial.coefficient * (sign_of(monomial.coefficient) or 1)
    beta = size * prod(a**k for a, k in zip(x, monomial.exponents, strict=True))
    return beta, Add(*((a - y) ** 2 for a, y in zip(x, sizes, strict=True)))


def _onwards(monomial: Monomial, sizes: Sequence[Expr], side: int) -> list[Curve]:
    """mu from 0 to oo: away from 0, beyond beta(0)."""
    beta, value = _curve(monomial, sizes, side)
    low = beta.subs(MULTIPLIER, 0)
    domain = (low, oo) if side > 0 else (-oo, low)
    return [Curve(multipliers=(Integer(0), oo), beta=beta, value=value, domain=domain)]


def _inwards(monomial: Monomial, sizes: Sequence[Expr], side: int) -> list[Curve]:
    """mu < 0 while |x - y|^2 <= min y_i^2/4: towards 0.  A rational end of mu, at the scale of the start."""
    scaled = scale_of(sizes)
    if scaled is None or any(u.is_zero for u in scaled[1]):
        return []
    size, unit = scaled
    value = _curve(monomial, unit, side)[1]
    bound = min(u**2 for u in unit) / 4
    floor = min(u**2 / Rational(k) for u, k in zip(unit, monomial.exponents, strict=True)) / 4
    for step in _candidates():
        mu = -floor * step
        if _is_below(value.subs(MULTIPLIER, mu), bound):
            beta, whole = _curve(monomial, sizes, side)
            end = beta.subs(MULTIPLIER, mu * size**2).subs(MULTIPLIER, mu)
            first = beta.subs(MULTIPLIER, 0)
            domain = (end, first) if side > 0 else (first, end)
            return [Curve(multipliers=(mu * size**2, Integer(0)), beta=beta, value=whole, domain=domain)]
    return []


def _candidates() -> Iterator[Rational]:
    return (Rational(n, STEPS) for n in range(STEPS, 0, -1))


def _is_below(number: Expr, bound: Rational) -> bool:
    try:
        enclosure: arb = ball(bound - number, PRECISION)
    except ComputationError:
        return False
    return bool(enclosure >= 0)


def _single(monomial: Monomial, sizes: Sequence[Expr], sign: int) -> tuple[Expr, tuple[Expr, Expr]] | None:
    """One parameter: F = C w^k, and the level is one point, or two of which one is nearer."""
    k, c, y = monomial.exponents[0], monomial.coefficient, sizes[0]
    side = sign_of(c) or 1
    if k % 2 == 0:
        half = (Integer(0), oo) if side > 0 else (-oo, Integer(0))
        return ((BETA / c) ** Rational(1, k) - y) ** 2, half
    return None
