"""R for a sum of H equal products in parameters of their own, from equal starts: shared, or led by one.

R(beta) = min sum_h R_1(beta_h) over beta_1 + ... + beta_H = beta, with R_1 of one unit.  Along the multiplier m of
`derive.limits.factors` the slope of R_1 is 2 m/|beta|, and d log(slope)/d log m = phi(m),

    phi(m) = 1 - sum_i k_i (x_i - y_i)/(2 x_i - y_i),

whose terms rise from 0 to k_i/2 where y_i > 0 and are k_i/2 where y_i = 0 (a layer that starts at 0).  With one layer v
that starts at 0 and n >= 2 others at y, R_1 is convex up to x* = y N/(N - 1), N = 2 n - 1, and concave beyond.  At a
minimum at most one unit is beyond, and all have one slope: either all are equal (*shared*) or one *leads*, x, and the
others follow, z = s x, with 0 < s < 1 and

    x = y (1 - s^N)/(s - s^N).

Shared is the least up to one |beta|, and led from there on (proof: the derivation "explicit" of the documentation),
provided that |beta| along s turns at most once in (0, 1), which is counted exactly.  That |beta| is enclosed: balls
show which of the two is less at two rational s on its sides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt as root

from flint import arb
from sympy import Dummy, Expr, Integer, Poly, Rational, cancel, lambdify, oo, sqrt

from derive.exact.balls import ball
from derive.exact.points import PRECISION
from derive.exact.signs import sign_of
from derive.limits.monomials import Monomial, monomial_of
from derive.limits.nearest import MULTIPLIER, Curve, Nearest, beside
from derive.limits.width import units
from derive.model import Model

MAX_DEPTH, MAX_UNITS = 6, 64
S = Dummy("s", real=True)
MARGINS = (Rational(1, 10**5), Rational(1, 10**3), Rational(1, 50))


def nearest_on_heads(part: Model) -> Nearest | None:
    """R for one coordinate that is a sum of equal units; None for other models."""
    found = units(part) if len(part.predictor) == 1 else None
    if found is None or found.model.start is None:
        return None
    monomial = monomial_of(found.model.predictor[0], found.model.parameters)
    signs = [sign_of(v) for v in found.model.start]
    if monomial is None or None in signs:
        return None
    zeros = [k for k, side in zip(monomial.exponents, signs, strict=True) if not side]
    sizes = {v * side for v, side in zip(found.model.start, signs, strict=True) if side}
    if zeros != [1] or set(monomial.exponents) != {1} or len(sizes) != 1 or not 3 <= len(signs) <= MAX_DEPTH:
        return None
    return None if found.count > MAX_UNITS else _led(monomial, found.count, sizes.pop())


@dataclass(frozen=True, slots=True)
class _Family:
    """beta and R at the unit scale, along v where the units share it and along s where one leads; `count` units."""

    count: int
    others: int  # n

    def shared(self, v: Expr) -> tuple[Expr, Expr]:
        x = (1 + sqrt(1 + 4 * v**2)) / 2
        return self.count * v * x**self.others, self.count * (v**2 + self.others * (x - 1) ** 2)

    def sizes(self, s: Expr) -> tuple[Expr, Expr]:
        """x and z = s x."""
        power = 2 * self.others - 1
        x = (1 - s**power) / (s - s**power)
        return x, s * x

    def led(self) -> tuple[Expr, Expr]:
        """In S; beta^2 is a rational function: sqrt(x (x - 1)) and sqrt(z (z - 1)) have one root in common."""
        n, (x, z) = self.others, self.sizes(S)
        power = 2 * n - 1
        rest = x**n / (S - S**power) + (self.count - 1) * S ** (n - 1) * z**n / (1 - S ** (power - 1))
        beta = sqrt(cancel((1 - S**power) / (1 - S))) * cancel((1 - S) * rest).factor()
        value = x * (x - 1) + n * (x - 1) ** 2 + (self.count - 1) * (z * (z - 1) + n * (z - 1) ** 2)
        return beta, cancel(value).factor()

    def turns(self) -> Poly:
        """A polynomial in s with the zeros of d beta/ds along the led curve, s = 1 apart."""
        square = cancel(self.led()[0] ** 2)
        found = Poly(cancel(square.diff(S) / square).as_numer_denom()[0], S)
        while found.eval(1) == 0:
            found = found.quo(Poly(S - 1, S))
        return found


@dataclass(frozen=True, slots=True)
class _Ends:
    """Shared for v < `shared`, led for s < `led`; `exact` where the two meet."""

    shared: Expr
    led: Expr
    exact: bool


def _led(monomial: Monomial, count: int, y: Expr) -> Nearest | None:
    family = _Family(count, len(monomial.exponents) - 1)
    ends = _ends(family)
    if ends is None:
        return None
    size, area = abs(monomial.coefficient) * y ** len(monomial.exponents), y**2
    beta, value = family.shared(MULTIPLIER / y)
    last = family.shared(ends.shared)[0]
    last = size * (last if ends.exact else _beside(last, -1))
    one, cost = (e.xreplace({S: MULTIPLIER}) for e in family.led())
    first = last if ends.exact else size * _beside(one.subs(MULTIPLIER, ends.led), 1)
    reach = y * ends.shared
    shared = Curve(multipliers=(-reach, reach), beta=size * beta, value=area * value, domain=(-last, last))
    led = [
        Curve(
            multipliers=(Integer(0), ends.led),
            beta=side * size * one,
            value=area * cost,
            domain=(first, oo) if side > 0 else (-oo, -first),
        )
        for side in (1, -1)
    ]
    return Nearest(reason="equal units: shared near 0, led by one of them further out", curves=(shared, *led))


def _ends(family: _Family) -> _Ends | None:
    """Where the two curves end; None where beta turns more than once, or the comparison is not certain."""
    turns = family.turns()
    found = turns.count_roots(0, 1)
    if found == 0:
        edge = Rational(2 * family.others - 1, 2 * family.others - 2)
        return _Ends(sqrt(edge * (edge - 1)), Integer(1), exact=True)
    if found > 1:
        return None
    curve = family.led()
    turn = float(max(r for r in turns.real_roots() if 0 < r < 1).evalf(20))
    equal, gap = _compared(family)
    s = _crossing(gap, 1e-3, turn)
    for margin in MARGINS:
        below, above = (Rational(round(s * f * 10**7), 10**7) for f in (1 - margin, 1 + margin))
        nudge = float(margin) / 1000
        v_below, v_above = (_short(equal(float(t)) * f) for t, f in ((below, 1 - nudge), (above, 1 + nudge)))
        low, high = (tuple(e.subs(S, t) for e in curve) for t in (below, above))
        less, more = family.shared(v_below), family.shared(v_above)
        last = _short(equal(float(above)) * (1 - nudge))
        certain = (
            _is_positive(low[0] - less[0]) and _is_positive(less[1] - low[1]),  # led is less at `below`
            _is_positive(more[0] - high[0]) and _is_positive(high[1] - more[1]),  # shared is less at `above`
            _is_positive(high[0] - family.shared(last)[0]),
            turns.count_roots(0, above) == 0,
        )
        if all(certain):
            return _Ends(last, below, exact=False)
    return None


def _is_positive(number: Expr) -> bool:
    enclosure: arb = ball(number, PRECISION)
    return bool(enclosure > 0)


def _beside(number: Expr, side: int) -> Rational:
    """A short rational number on that side of a positive number."""
    enclosure: arb = ball(number, PRECISION)
    return beside(enclosure.upper() if side > 0 else enclosure.lower(), side)


def _short(number: float) -> Rational:
    return Rational(round(number * 10**10), 10**10)


# -- in floats: where to look -------------------------------------------------------------------------


def _compared(family: _Family) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """Functions of s: v at the same beta where the units share it, and R shared minus R led."""
    beta, value = (lambdify(S, e, "math") for e in family.led())

    def shared(v: float) -> tuple[float, float]:
        x = (1 + root(1 + 4 * v * v)) / 2
        return family.count * v * x**family.others, family.count * (v * v + family.others * (x - 1) ** 2)

    def equal(s: float) -> float:
        return _crossing(lambda v: shared(v)[0] - beta(s), 0, beta(s) + 1)

    return equal, lambda s: shared(equal(s))[1] - value(s)


def _crossing(f: Callable[[float], float], low: float, high: float) -> float:
    """Where f changes its sign, by halving."""
    side = f(low) > 0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (f(middle) > 0) == side else (low, middle)
    return low
