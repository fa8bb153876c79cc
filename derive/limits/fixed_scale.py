"""Depth n -> oo at a fixed scale alpha of the start: alpha^n outruns every power of n.

Let the start be homogeneous in alpha, so that

    Q_alpha(beta) = alpha^q Q_1(beta/alpha^d)          (`derive.limits.scaling`)

with d growing like n, and let the dual at alpha = 1 have a limit, beta_1(k z) -> h(z) (`derive.limits.dual_limit`).

* alpha = 1: Q is k q, q' = h^-1.
* alpha < 1: beta(k z) = alpha^d h_t(z) tends to 0 inside its domain (s-, s+) and leaves every bound at its ends, so
  that Q' tends to s+ or s-: Q ~ s+ |beta|, an l1 norm.  Where beta(s) has one pole there, C (1 - s/s+)^-p plus what
  stays bounded by C, with (1 - 1/p) n and C^(1 - 1/p) bounded,

      s+ x - Q = s+ C (C^(1/p - 1) - 1)/(1 - 1/p) (1 + o(1)),

  since s+ - Q'(y) = s+ (y/C)^(-1/p) (1 + O(C/y)) for y > C, and x^(1 - 1/p) -> 1: it does not depend on beta.
* alpha > 1: only Q_1 near its start is seen.  h_t(z) is analytic in (z, t) there, so that the remainder of Taylor's
  theorem is uniform: the kernel regime at fixed beta - beta(0).
"""

from collections.abc import Sequence

from sympy import Add, Expr, Integer, Pow, Symbol, expand_power_base, oo, powdenest, powsimp

from derive.exact.signs import sign_of
from derive.limits.dual_limit import DualLimit, Z
from derive.limits.duals import Own
from derive.limits.expansion import leading_terms
from derive.limits.kernel import Quadratic
from derive.limits.lazy import is_analytic
from derive.limits.leading import Leading
from derive.limits.paths import T
from derive.limits.scaling import scaling
from derive.limits.small import X, glued
from derive.potentials.growth import POLE, End, lower_end, upper_end


def degree_of(found: Sequence[Own], c: Symbol, h: Expr) -> Expr | None:
    """d, the same for all coordinates, where it grows like n; h is the degree of the start in c."""
    laws = [scaling(own.block.model, Integer(1), (c,), h) for own in found]
    degrees = {None if law is None else law.predictor for law in laws}
    d = degrees.pop() if len(degrees) == 1 else None
    if d is None:
        return None
    first = leading_terms(d.xreplace({found[0].n: 1 / T}), T, 1)
    grows = bool(first) and first[0].power == -1 and not first[0].logs and sign_of(first[0].coefficient) == 1
    return d if grows else None


def below_one(found: Sequence[Own], limits: Sequence[DualLimit], c: Symbol, d: Expr) -> Leading | None:
    """alpha < 1; None where beta(s) grows without an end of its domain."""
    terms, following, rates = [], [], set()
    for own, limit in zip(found, limits, strict=True):
        low, high = own.domain
        two = limit.image[0] == -oo
        if high == oo or (two and low == -oo):
            return None
        ends = _ends(own, two)
        nexts = [None if end is None else _following(own, end, c) for end in ends]
        rates |= {high, -low} if two else {high}
        if not two:
            terms.append(high * own.beta)
            following.append(nexts[0])
            continue
        terms.append(glued(high * X, -low * X, own.beta))
        complete = None not in nexts
        following.append(glued(nexts[0], nexts[1], own.beta) if complete else None)
    known = None not in following
    n = found[0].n
    return Leading(
        equivalent=Add(*terms),
        next_term=Add(*following) if known else None,
        norm="l1" if len({_joined(r) for r in rates}) == 1 else "weighted l1",
        orientation=None,
        relative=n * c**d if known else None,
    )


def _ends(own: Own, two: bool) -> list[End | None]:
    path, domain = own.large(own.path), tuple(own.large(end) for end in own.domain)
    ends = [upper_end(path, own.s, (domain[0], domain[1]))]
    return [*ends, lower_end(path, own.s, (domain[0], domain[1]))] if two else ends


def _following(own: Own, end: End, c: Symbol) -> Expr | None:
    """-s+ C (C^(1/p - 1) - 1)/(1 - 1/p) for one pole; None where its hypotheses are not certain."""
    if end.kind != POLE or end.size is None or end.exponent is None:
        return None
    rate, size, inverse = own.home(end.rate), own.home(end.size), (1 / own.home(end.exponent)).factor()
    gap = (1 - inverse).factor()
    slow = leading_terms(gap.xreplace({own.n: 1 / T}), T, 1)
    unit = leading_terms(size.xreplace({c: Integer(1)}).xreplace({own.n: 1 / T}), T, 1)
    if not slow or slow[0].power != 1 or slow[0].logs or not unit or not unit[0].power.is_zero or unit[0].logs:
        return None
    return _joined(-rate * size / gap * (_joined(size**-gap) - 1))


def _joined(e: Expr) -> Expr:
    """Powers of one base joined, exponents in lowest terms; all symbols are positive."""
    plain = powdenest(expand_power_base(e, force=True), force=True)
    lowest = plain.replace(lambda u: isinstance(u, Pow), lambda u: Pow(u.base, u.exp.together().cancel()))
    return powsimp(lowest.factor())


def above_one(
    found: Sequence[Own], limits: Sequence[DualLimit], quadratic: Quadratic, c: Symbol, d: Expr
) -> Leading | None:
    """alpha > 1; `found` and `limits` are those at alpha = 1."""
    if not all(_is_regular(own, limit) for own, limit in zip(found, limits, strict=True)):
        return None
    return Leading(
        equivalent=quadratic.value,
        next_term=None,
        norm=quadratic.norm,
        orientation=None,
        relative=c ** (-d * quadratic.order) if quadratic.order else Integer(0),
    )


def _is_regular(own: Own, limit: DualLimit) -> bool:
    """Is h_t(z) analytic in (z, t) near (0, 0)?"""
    h = own.path.xreplace({own.n: 1 / T}).xreplace({own.s: T**limit.scale * Z})
    return is_analytic(_lowest(h), {Z: Integer(0), T: Integer(0)})


def _lowest(e: Expr) -> Expr:
    """Every subexpression in lowest terms, from the leaves up."""
    if not e.args:
        return e
    inner = e.func(*(_lowest(a) for a in e.args))
    return inner.together().cancel() if inner.is_rational_function(T, Z) else inner
