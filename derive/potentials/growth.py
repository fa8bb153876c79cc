"""How a scalar potential grows at infinity, read off its dual beta(s), exactly.

The dual gradient beta(s) = (grad Q)^-1(s) is a sum of terms c u(s)^e (u linear in s) and c exp(k s).
If each term increases on [0, s+), then beta does, and its largest term at the end s+ decides:

    pole          beta ~ C (1 - s/s+)^-p           Q' -> s+,               Q ~ s+ x
    exponential   beta ~ C exp(k s), s+ = oo       Q' = log(x/C)/k + o(1), Q ~ x log(x)/k
    power         beta ~ C s^n, s+ = oo            Q' ~ (x/C)^(1/n),       Q ~ n C^(-1/n) x^(1+1/n)/(n+1)

as x -> oo, because Q'(beta(s)) = s and because integrals of equivalent functions are equivalent where
they diverge.  The second term of Q follows in the same way: -s+ C^(1/p) x^(1-1/p)/(1-1/p) for a single
pole with p > 1, and (x log(1/C) - x)/k for an exponential.  `derive.limits.scaling` turns the growth at
infinity into the limit of small starts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import (
    Add,
    Dummy,
    Expr,
    Integer,
    Poly,
    PolynomialError,
    S,
    Symbol,
    asinh,
    cosh,
    exp,
    log,
    oo,
    sinh,
    sqrt,
    tanh,
)

from derive.exact.signs import is_defined, sign_of

POLE, EXPONENTIAL, POWER, BOUNDED = "pole", "exponential", "power", "bounded"


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """beta(s) at the upper end of its interval.

    `kind` pole: `rate` = s+, `size` = C, `exponent` = p (None where several poles mix);
    exponential: `rate` = k, `size` = C (None where C >= 0 may be zero); power: `size` = C, `exponent` = n;
    bounded: beta stays finite, and this side ends the domain.
    """

    kind: str
    rate: Expr = S.Zero
    size: Expr | None = None
    exponent: Expr | None = None


@dataclass(frozen=True, slots=True)
class _Term:
    """c * base**exponent, or c * exp(slope * s) where base is None."""

    coefficient: Expr
    base: Expr | None
    slope: Expr
    exponent: Expr


def upper_end(beta: Expr, s: Symbol, interval: tuple[Expr, Expr]) -> End | None:
    """The behaviour of beta(s) as s rises to the end of its interval; None where it is not decided."""
    terms = _terms(beta, s)
    end = interval[1]
    if terms is None or not all(_increases(t, s, end) for t in terms):
        return None
    return _at_infinity(terms) if end is oo else _at_pole(terms, s, end)


def lower_end(beta: Expr, s: Symbol, interval: tuple[Expr, Expr]) -> End | None:
    """The lower end, as the upper end of -beta(-s)."""
    return upper_end(-beta.xreplace({s: -s}), s, (-interval[1], -interval[0]))


def image(beta: Expr, s: Symbol, interval: tuple[Expr, Expr]) -> tuple[Expr, Expr] | None:
    """The open interval that beta(s) runs through; None where an end is not decided."""
    low, high = lower_end(beta, s, interval), upper_end(beta, s, interval)
    if low is None or high is None:
        return None
    bottom = -oo if low.kind != BOUNDED else _limit(-beta.xreplace({s: -s}), s, -interval[0])
    top = oo if high.kind != BOUNDED else _limit(beta, s, interval[1])
    return None if bottom is None or top is None else (-bottom if low.kind == BOUNDED else bottom, top)


def _limit(beta: Expr, s: Symbol, end: Expr) -> Expr | None:
    """The limit of a bounded beta(s) at the end: term by term, each of which is monotone there."""
    total: Expr = S.Zero
    for term in _terms(beta, s) or ():
        if term.base is None:
            if end is oo and sign_of(term.slope) == -1:
                continue
            exponential = term.coefficient * exp(term.slope * s)
            value = None if end is oo and not term.slope.is_zero else exponential.subs(s, end)
        elif end is oo and not term.slope.is_zero:
            value = S.Zero if term.exponent.is_negative else None
        else:
            value = term.coefficient * (term.base if end is oo else term.base.subs(s, end)) ** term.exponent
        if value is None or not is_defined(value):
            return None
        total += value
    return total


def exponentials(beta: Expr, s: Symbol) -> dict[Expr, Expr] | None:
    """{k: c} where beta(s) = sum c exp(ks), with k = 0 for the constant; None for another form."""
    terms = _terms(beta, s)
    if terms is None or any(t.base is not None and not t.slope.is_zero for t in terms):
        return None
    found: dict[Expr, Expr] = {}
    for t in terms:
        c = t.coefficient if t.base is None else t.coefficient * t.base**t.exponent
        k = t.slope if t.base is None else S.Zero
        found[k] = found.get(k, S.Zero) + c
    return found


def _terms(beta: Expr, s: Symbol) -> list[_Term] | None:
    """The terms of beta(s), equal exponentials joined; None where a term has another shape."""
    plain = beta.rewrite([sinh, cosh, tanh], exp).replace(asinh, lambda u: log(u + sqrt(u**2 + 1)))
    expanded = _multiplied_out(plain, s) if plain.has(exp) else plain
    found: list[_Term] = []
    rates: dict[Expr, Expr] = {}
    for term in Add.make_args(expanded):
        coefficient, power = term.as_independent(s, as_Add=False)
        if isinstance(power, exp):
            slope = power.args[0].diff(s)
            rest = (power.args[0] - slope * s).expand()
            if slope.has(s) or rest.has(s):
                return None
            rates[slope] = rates.get(slope, S.Zero) + coefficient * exp(rest)
            continue
        base, exponent = power.as_base_exp()
        slope = base.diff(s)
        if slope.has(s) or exponent.has(s):
            return None
        found.append(_Term(coefficient, base, slope, exponent))
    return found + [_Term(c, None, slope, S.Zero) for slope, c in rates.items()]


def _multiplied_out(e: Expr, s: Symbol) -> Expr:
    """Products of sums of exponentials as a sum: as a polynomial in exp(ks) and exp(-ks), two names apart.

    (`expand` alone writes exp(-s)/(a + b) as 1/(a exp(s) + b exp(s)).)
    """
    slopes = {u.args[0].diff(s) for u in e.atoms(exp) if u.has(s)}
    unit = min((abs(k) for k in slopes if k.is_Rational), default=None)
    if unit is None or any(
        not (k / unit).is_Integer or (u.args[0] - k * s).has(s)
        for u in e.atoms(exp)
        if u.has(s)
        for k in [u.args[0].diff(s)]
    ):
        return e.expand()
    up, down = Dummy("u", positive=True), Dummy("d", positive=True)

    def named(u: Expr) -> Expr:
        k = u.args[0].diff(s) / unit
        return (up**k if k > 0 else down**-k) * exp((u.args[0] - k * unit * s).expand())

    plain = e.replace(lambda u: isinstance(u, exp) and u.has(s), named)
    try:
        polynomial = Poly(plain, up, down)
    except PolynomialError:
        return e.expand()
    return Add(*(c * exp((i - j) * unit * s) for (i, j), c in polynomial.terms()))


def _increases(term: _Term, s: Symbol, end: Expr) -> bool:
    """Is the term nondecreasing on [0, end)?  Its base must be positive there, unless it is s^n itself."""
    if term.base is None:
        return _nonnegative(term.coefficient * term.slope)
    if term.slope.is_zero:
        return True
    at_zero = sign_of(term.base.subs(s, 0))
    at_end = sign_of(term.slope) if end is oo else sign_of(term.base.subs(s, end))
    natural = term.exponent.is_Integer and term.exponent > 0
    positive = at_zero == 1 or (at_zero == 0 and natural and sign_of(term.slope) == 1)
    return positive and at_end in (0, 1) and _nonnegative(term.coefficient * term.exponent * term.slope)


def _nonnegative(number: Expr) -> bool:
    return sign_of(number) in (0, 1) or bool(number.factor().is_nonnegative)


def _at_pole(terms: Sequence[_Term], s: Symbol, end: Expr) -> End | None:
    """Terms whose base vanishes at the end and whose exponent is negative blow up there."""
    poles = []
    for term in terms:
        if term.base is None or sign_of(term.base.subs(s, end)) != 0 or not term.exponent.is_negative:
            continue
        poles.append(term)
    if not poles:
        return End(kind=BOUNDED)
    if any(sign_of(t.coefficient) != 1 for t in poles):
        return None
    if len(poles) > 1:
        return End(kind=POLE, rate=end)
    only = poles[0]
    assert only.base is not None
    size = only.coefficient * only.base.subs(s, 0) ** only.exponent  # base = base(0) (1 - s/end)
    return End(kind=POLE, rate=end, size=size, exponent=-only.exponent)


def _at_infinity(terms: Sequence[_Term]) -> End | None:
    growing = [t for t in terms if t.base is None and sign_of(t.slope) != -1]
    if growing:
        rates = {t.slope for t in growing}
        top = next((r for r in rates if all(sign_of(r - other) in (0, 1) for other in rates)), None)
        if top is None or sign_of(top) != 1:
            return None
        size = sum((t.coefficient for t in growing if t.slope == top), Integer(0))
        if sign_of(size) == 1:
            return End(kind=EXPONENTIAL, rate=top, size=size)
        # (alpha - s)^2 >= 0: where it is zero nothing grows, and this side is outside the domain
        return End(kind=EXPONENTIAL, rate=top) if len(growing) == 1 and _alone(terms) and _nonnegative(size) else None
    powers = [t for t in terms if t.base is not None and sign_of(t.slope) == 1 and not t.exponent.is_negative]
    if not powers:
        return End(kind=BOUNDED)
    n = max((t.exponent for t in powers), default=Integer(0))
    size = sum((t.coefficient * t.slope**n for t in powers if t.exponent == n), Integer(0))
    return End(kind=POWER, size=size, exponent=n) if sign_of(size) == 1 and n.is_positive else None


def _alone(terms: Sequence[_Term]) -> bool:
    """No term but exponentials and constants."""
    return all(t.base is None or t.slope.is_zero for t in terms)
