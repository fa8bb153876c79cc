"""The limit of Q along a path, from its dual beta(s), where Q itself has no closed form on the way.

Let beta_t be increasing with beta_t(0) = beta_0, Q_t' its inverse, and k_t > 0 a scale.  If

    h_t(z) = beta_t(k_t z) -> h(z)   at every fixed z in (A, B), the limit of the domain,

with h continuous and increasing, then Q_t'/k_t -> h^-1 and Q_t/k_t -> q, q' = h^-1, locally uniformly on h((A, B)): for
x = h(z) and small e, h_t(z - e) < x < h_t(z + e) from some t on.  With H_t the integral of h_t from 0 (Q*_t(k z)/k),
Q_t(x)/k_t is the supremum of x z - H_t(z); where H_t = H + e_t H_1 + o(e_t) uniformly near z = h^-1(x),

    Q_t(x)/k_t = q(x) - e_t H_1(h^-1(x)) + o(e_t),   q(x) = x z - H(z).

The scale is the power of t in 1/beta_t'(0), which makes h'(0) finite and positive.  h and H come from
`derive.limits.expansion`, at z = B u/(1 + u) (z = u for B = oo) with u > 0, and on the other side likewise: signs are
certain there.  h is inverted where it is a quotient of degree two at most; both sides have to give one function.
"""

from dataclasses import dataclass

from sympy import Dummy, Expr, Integer, Poly, PolynomialError, Pow, Symbol, log, oo, sqrt

from derive.exact.identity import is_identity
from derive.exact.signs import is_defined, sign_of
from derive.limits.expansion import Term, leading_terms
from derive.limits.exponents import Interval
from derive.limits.paths import T
from derive.limits.shorter import shorter

U = Dummy("u", positive=True)
Z = Dummy("z", real=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class DualLimit:
    """k = T^`scale`, h and H in Z on `domain`, `image` = h(`domain`); `inverse` = h^-1 and `value` = q in beta.

    `following` is e_t H_1 at h^-1(beta); None where the next term is not known.
    """

    scale: Expr
    h: Expr
    domain: Interval
    image: Interval
    inverse: Expr
    value: Expr
    following: Term | None


def dual_limit(path: Expr, dual_value: Expr, s: Symbol, domain: Interval, beta: Symbol) -> DualLimit | None:
    """The limit as T -> 0 of a dual beta(s), a primitive of it, and its domain; None where a step is not certain."""
    slope = leading_terms(path.diff(s).xreplace({s: Integer(0)}), T, 1)
    if not slope or slope[0].logs:
        return None
    scale = -slope[0].power
    k = T**scale
    ends = [_limit(end / k) for end in domain]
    low, high = ends
    if low is None or high is None or not _is_around_zero(low, high):
        return None
    integral = (dual_value - dual_value.xreplace({s: Integer(0)})) / k
    h = _both(path.xreplace({s: k * Z}), (low, high), 1)
    along = integral.xreplace({s: k * Z})
    primitive = _both(along, (low, high), 2) or _both(along, (low, high), 1)
    if h is None or primitive is None or not _is_finite(h[0]) or not _is_finite(primitive[0]):
        return None
    limit, total = h[0].coefficient, primitive[0].coefficient
    found = _inverted(limit, (low, high), beta)
    if found is None or not is_identity(total.diff(Z) - limit):
        return None
    inverse, image = found
    following = None
    if len(primitive) > 1:
        next_term = primitive[1]
        following = Term(
            coefficient=next_term.coefficient.xreplace({Z: inverse}), power=next_term.power, logs=next_term.logs
        )
    return DualLimit(
        scale=scale,
        h=limit,
        domain=(low, high),
        image=image,
        inverse=inverse,
        value=shorter(beta * inverse - total.xreplace({Z: inverse}), beta, limit.xreplace({Z: Integer(0)})),
        following=following,
    )


def _is_around_zero(low: Expr, high: Expr) -> bool:
    return (low == -oo or sign_of(low) == -1) and (high == oo or sign_of(high) == 1)


def _is_finite(term: Term) -> bool:
    return term.power.is_zero and term.logs == 0


def _limit(end: Expr) -> Expr | None:
    """The limit of an end of the domain, not 0."""
    if end in (oo, -oo):
        return end
    first = leading_terms(end, T, 1)
    if not first or first[0].power.is_positive:
        return None
    if _is_finite(first[0]):
        return first[0].coefficient
    side = sign_of(first[0].coefficient)
    return oo if side == 1 else -oo if side == -1 else None


def _both(e: Expr, domain: Interval, count: int) -> tuple[Term, ...] | None:
    """Leading terms of e(Z) that hold on both sides of Z = 0."""
    found: list[tuple[Term, ...]] = []
    for end, side in zip(domain, (-1, 1), strict=True):
        infinite = end in (oo, -oo)
        terms = leading_terms(e.xreplace({Z: side * U if infinite else end * U / (1 + U)}), T, count)
        if not terms or len(terms) < count:
            return None
        back = {U: side * Z if infinite else Z / (end - Z)}
        found.append(
            tuple(Term(coefficient=_plain(t.coefficient.xreplace(back)), power=t.power, logs=t.logs) for t in terms)
        )
    for one, two in zip(*found, strict=True):
        if (one.power, one.logs) != (two.power, two.logs) or not is_identity(one.coefficient - two.coefficient):
            return None
    return found[1]


def _plain(e: Expr) -> Expr:
    """Arguments of logarithms and bases in lowest terms."""
    inner = e.replace(log, lambda u: log(u.together().cancel()))
    inner = inner.replace(
        lambda u: isinstance(u, Pow) and u.exp.is_Integer, lambda u: Pow(u.base.together().cancel(), u.exp)
    )
    return inner if inner.has(log) else inner.together().cancel()


def _inverted(h: Expr, domain: Interval, beta: Symbol) -> tuple[Expr, Interval] | None:
    """h^-1 and the image, for an increasing quotient h = N/P of degree two at most.

    beta P - N = a z^2 + b z + c, each linear in beta.  The root is -2c/(b + r sqrt(b^2 - 4ac)) with the sign r of b at
    beta = h(0), where c = 0: it is analytic on the image if the radicand is positive there and the denominator is not
    zero, which happens only where a or c vanishes and b has the sign -r.
    """
    above, below = h.together().cancel().as_numer_denom()
    try:
        equation = Poly(beta * below - above, Z)
    except PolynomialError:
        return None
    if equation.degree() not in (1, 2) or any(c.has(Z, T) for c in equation.all_coeffs()):
        return None
    ends = [_at(above, below, end, side) for end, side in zip(domain, (1, -1), strict=True)]
    if None in ends:
        return None
    image: Interval = (ends[0], ends[1])  # type: ignore[assignment]
    coefficients = equation.all_coeffs()
    if len(coefficients) == 2:
        return (-coefficients[1] / coefficients[0]).cancel(), image
    a, b, c = coefficients
    origin = h.xreplace({Z: Integer(0)})
    r = sign_of(b.xreplace({beta: origin}).cancel())
    radicand = (b**2 - 4 * a * c).expand().factor()
    if r not in (1, -1) or not _is_positive(radicand, beta):
        return None
    for coefficient in (a, c):
        slope = coefficient.diff(beta)
        if slope.is_zero:
            continue
        zero = (-coefficient.xreplace({beta: Integer(0)}) / slope).cancel()
        if _is_outside(zero, image):
            continue
        if sign_of(b.xreplace({beta: zero}).cancel()) != r:
            return None
    return (-2 * c / (b + r * sqrt(radicand))).factor(), image


def _is_outside(x: Expr, image: Interval) -> bool:
    low, high = image
    return (low != -oo and sign_of(x - low) in (-1, 0)) or (high != oo and sign_of(x - high) in (0, 1))


def _at(above: Expr, below: Expr, end: Expr, inwards: int) -> Expr | None:
    """The limit of N/P at an end of the domain."""
    if end in (oo, -oo):
        n, p = Poly(above, Z), Poly(below, Z)
        if n.degree() > p.degree():
            return end  # it increases
        return n.LC() / p.LC() if n.degree() == p.degree() else Integer(0)
    if below.xreplace({Z: end}).cancel().is_zero:
        return -oo if inwards == 1 else oo  # it increases
    value = (above / below).xreplace({Z: end}).cancel()
    return value if is_defined(value) else None


def _is_positive(e: Expr, beta: Symbol) -> bool:
    """Is a polynomial of degree two in beta positive everywhere?"""
    if e.is_positive:
        return True
    if not e.is_polynomial(beta):
        return False
    form = Poly(e, beta)
    if form.degree() == 0:
        return sign_of(e) == 1
    if form.degree() != 2:
        return False
    return sign_of(form.LC()) == 1 and sign_of(form.discriminant()) == -1
