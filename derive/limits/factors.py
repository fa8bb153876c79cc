"""R for a monomial F = C w_1^k_1 ... w_n^k_n e^(l.a) of one coordinate: every factor follows one multiplier.

Signs first: a parameter with an even exponent keeps the sign of its start; those with odd exponents keep theirs, too,
where beta has the sign of F(w0) (or one of their starts is 0), and otherwise exactly one of them turns round, the one
that starts nearest to 0 where the odd exponents are equal.  What is left are sizes x_i >= 0 with starts y_i = |w0_i|
(minus that for the one that turns round) and prod x_i^k_i = |beta/C|.

At a nearest point x_i (x_i - y_i) = k_i mu for one mu.  For mu >= 0 this has one root x_i >= 0,

    x_i(mu) = (y_i + sqrt(y_i^2 + 4 k_i mu))/2,

which increases without bound; for mu < 0 it has x_i < y_i.  So the nearest point is x(mu), with one mu >= 0, for
every |beta/C| >= prod y_i^k_i, and for every beta where one y_i is negative.  Closer to 0 the same curve goes on
while |x - y|^2 <= min y_i^2/4: in log x_i the problem is convex where all x_i >= y_i/2, and all other points are
further away.

Exponentials of other parameters follow the same multiplier, a = a0 + l mu, and increase with it, too: they multiply
beta by e^(l.a0 + |l|^2 mu) and add |l|^2 mu^2 to R.  With one power of w only and |l| y < sqrt(8) k, log beta increases
with w all along the curve mu = w (w - y)/k, which then is all of R on that side of 0.  (Proofs: the derivation
"explicit" of the documentation.)
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from flint import arb
from sympy import Add, Expr, Integer, Rational, Symbol, exp, oo, prod, sqrt

from derive.errors import ComputationError
from derive.exact.balls import ball
from derive.exact.points import PRECISION
from derive.exact.signs import sign_of
from derive.limits.monomials import Monomial, monomial_of, split_of
from derive.limits.nearest import BETA, MULTIPLIER, Curve, Nearest, scale_of

STEPS = 64
_REASON = "a monomial: every factor increases with one multiplier"


@dataclass(frozen=True, slots=True)
class _Product:
    """C prod w_i^k_i e^(growth mu) along the multiplier, with starts `sizes`; `growth` is |l|^2."""

    monomial: Monomial
    sizes: tuple[Expr, ...]
    growth: Expr


def nearest_on_factors(f: Expr, parameters: Sequence[Symbol], start: Sequence[Expr]) -> Nearest | None:
    """R for a monomial from a start whose signs are known, one curve for each sign of beta; else None."""
    split = split_of(f, parameters)
    monomial = None if split is None else monomial_of(split.powers, split.parameters)
    if split is None or monomial is None:
        return None
    here = dict(zip(parameters, start, strict=True))
    signs = [sign_of(here[p]) for p in split.parameters]
    if None in signs:
        return None
    growth = Add(*(rate**2 for _, rate in split.rates))
    grown = exp(split.constant + Add(*(rate * here[p] for p, rate in split.rates)))
    own = prod([sign_of(monomial.coefficient) or 1, *(signs[i] or 0 for i in monomial.odd)])
    whole = _Product(
        replace(monomial, coefficient=monomial.coefficient * grown),
        tuple(here[p] * (s or 1) for p, s in zip(split.parameters, signs, strict=True)),
        growth,
    )
    curves = tuple(curve for side in (1, -1) for curve in _on_side(whole, side, own))
    if growth.is_zero and len(signs) == 1 and (closed := _single(monomial, whole.sizes)) is not None:
        return Nearest(reason=_REASON, closed=closed[0], domain=closed[1], curves=curves)
    reason = _REASON if growth.is_zero else f"{_REASON}, and so do the exponentials"
    return Nearest(reason=reason, curves=curves) if curves else None


def _on_side(whole: _Product, side: int, own: int) -> list[Curve]:
    """The curves for one sign of beta; `own` is that of F(w0), 0 where some odd parameter starts at 0."""
    monomial, sizes = whole.monomial, whole.sizes
    if own == 0:
        return _onwards(whole, side)
    if own == side:
        return _through(whole, side) or _onwards(whole, side) + _inwards(whole, side)
    turned = turned_round(monomial, sizes) if monomial.odd else None
    if turned is None:
        return []
    return _onwards(replace(whole, sizes=tuple(-y if i == turned else y for i, y in enumerate(sizes))), side)


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


def _curve(whole: _Product, side: int) -> tuple[Expr, Expr]:
    """beta(mu) and R(mu)."""
    exponents = whole.monomial.exponents
    x = [size_along(y, k, MULTIPLIER) for y, k in zip(whole.sizes, exponents, strict=True)]
    grown = exp(whole.growth * MULTIPLIER)
    beta = _size(whole, side) * prod(a**k for a, k in zip(x, exponents, strict=True)) * grown
    cost = ((a - y) ** 2 for a, y in zip(x, whole.sizes, strict=True))
    return beta, Add(*cost, whole.growth * MULTIPLIER**2)


def _size(whole: _Product, side: int) -> Expr:
    """|C| with the sign of beta."""
    c = whole.monomial.coefficient
    return side * c * (sign_of(c) or 1)


def _through(whole: _Product, side: int) -> list[Curve]:
    """One power and exponentials: w from 0 to oo, where beta increases all along; none where it may not."""
    if whole.growth.is_zero or len(whole.sizes) != 1:
        return []
    (y,), (k,), x = whole.sizes, whole.monomial.exponents, MULTIPLIER
    if sign_of(8 * k**2 - whole.growth * y**2) != 1:
        return []
    mu = x * (x - y) / k
    beta = _size(whole, side) * x**k * exp(whole.growth * mu)
    domain = (Integer(0), oo) if side > 0 else (-oo, Integer(0))
    return [Curve(multipliers=(Integer(0), oo), beta=beta, value=(x - y) ** 2 + whole.growth * mu**2, domain=domain)]


def _onwards(whole: _Product, side: int) -> list[Curve]:
    """mu from 0 to oo: away from 0, beyond beta(0)."""
    beta, value = _curve(whole, side)
    low = beta.subs(MULTIPLIER, 0)
    domain = (low, oo) if side > 0 else (-oo, low)
    return [Curve(multipliers=(Integer(0), oo), beta=beta, value=value, domain=domain)]


def _inwards(whole: _Product, side: int) -> list[Curve]:
    """mu < 0 while |x - y|^2 <= min y_i^2/4: towards 0.  A rational end of mu, at the scale of the start."""
    scaled = (Integer(1), whole.sizes) if whole.growth else scale_of(whole.sizes)
    if scaled is None or not all(u.is_Rational and u for u in scaled[1]):
        return []
    size, unit = scaled
    value = _curve(replace(whole, sizes=tuple(unit)), side)[1]
    bound = min(u**2 for u in unit) / 4
    floor = min(u**2 / Rational(k) for u, k in zip(unit, whole.monomial.exponents, strict=True)) / 4
    for step in _candidates():
        mu = -floor * step
        if _is_below(value.subs(MULTIPLIER, mu), bound):
            beta, cost = _curve(whole, side)
            end = beta.subs(MULTIPLIER, mu * size**2).subs(MULTIPLIER, mu)
            first = beta.subs(MULTIPLIER, 0)
            domain = (end, first) if side > 0 else (first, end)
            return [Curve(multipliers=(mu * size**2, Integer(0)), beta=beta, value=cost, domain=domain)]
    return []


def _candidates() -> Iterator[Rational]:
    return (Rational(n, STEPS) for n in range(STEPS, 0, -1))


def _is_below(number: Expr, bound: Rational) -> bool:
    try:
        enclosure: arb = ball(bound - number, PRECISION)
    except ComputationError:
        return False
    return bool(enclosure >= 0)


def _single(monomial: Monomial, sizes: Sequence[Expr]) -> tuple[Expr, tuple[Expr, Expr]] | None:
    """One parameter: F = C w^k, and the level is one point, or two of which one is nearer."""
    k, c, y = monomial.exponents[0], monomial.coefficient, sizes[0]
    side = sign_of(c) or 1
    if k % 2 == 0:
        half = (Integer(0), oo) if side > 0 else (-oo, Integer(0))
        return ((BETA / c) ** Rational(1, k) - y) ** 2, half
    return None
