"""R for a polynomial F of one coordinate, homogeneous, in one or two parameters: resultants, and one branch.

A nearest point is critical: (w - w0) and grad F are parallel.  Resultants eliminate w from that, from F(w) = beta and
from |w - w0|^2 = R, and leave P(R, beta) = 0.  R is continuous on both sides of the start up to a critical value of F
(which is 0), so it stays on the branch through the start until two roots of P can meet: up to a real zero of the
discriminant or of the leading coefficient of P.  The factor of P that belongs to the start is told from the others
by exact power series.
"""

from collections.abc import Sequence

from flint import Ordering, arb, fmpq, fmpq_mpoly, fmpq_mpoly_ctx, fmpq_poly
from sympy import Expr, Integer, Poly, Rational, Symbol, oo, prod

from derive.exact.polynomial_roots import isolated_roots
from derive.exact.series import Terms, evaluated, terms_of, truncated
from derive.limits.nearest import BETA, VALUE, Interval, Nearest, beside, in_radicals, is_short

MAX_DEGREE, ORDER = 5, 24
BITS = 128

_NAMES = ("R", "beta", "u", "v")


def nearest_on_curve(f: Expr, parameters: Sequence[Symbol], start: Sequence[Rational]) -> Nearest | None:
    """P and its interval for a homogeneous F in at most two parameters and a rational start; else None."""
    if len(parameters) > 2 or not f.is_polynomial(*parameters):
        return None
    polynomial = Poly(f, *parameters)
    if not polynomial.is_homogeneous or not 1 < polynomial.total_degree() <= MAX_DEGREE:
        return None
    given = (*polynomial.coeffs(), *start)
    if any(not c.is_Rational for c in given) or not is_short(given, BITS):
        return None
    ring = fmpq_mpoly_ctx.get(_NAMES, Ordering.lex)
    r, beta, *gens = ring.gens()
    here = gens[: len(parameters)]
    terms = terms_of(f, parameters) or []
    slopes = [terms_of(f.diff(p), parameters) or [] for p in parameters]
    formula = sum((_product(here, m) * c for m, c in terms), ring.constant(0))
    point = [fmpq(int(v.p), int(v.q)) for v in start]
    distance = sum(((g - v) ** 2 for g, v in zip(here, point, strict=True)), ring.constant(0))
    eliminated = _eliminated(formula - beta, distance - r, here, point)
    beta0 = sum((prod(v**k for v, k in zip(point, m, strict=True)) * c for m, c in terms), fmpq(0))
    factors = [] if eliminated is None else [g for g, _ in eliminated.factor()[1] if g.degrees()[0] > 0]
    own = [g for g in factors if _vanishes_on_series(g, terms, slopes, point)]
    if len(own) != 1:
        return None
    ends = _free_interval(own[0], [g for g in factors if g != own[0]], beta0)
    if ends is None:
        return None
    expression = sum(
        (Rational(int(c.p), int(c.q)) * VALUE ** int(m[0]) * BETA ** int(m[1]) for m, c in own[0].to_dict().items()),
        Integer(0),
    )
    equation = Poly(expression, VALUE, BETA).primitive()[1].as_expr()
    first = Rational(int(beta0.p), int(beta0.q))
    return Nearest(
        reason="critical points by resultants, on the branch of the start; nothing meets it on the domain",
        equation=equation,
        domain=ends,
        closed=in_radicals(equation, ends, first),
    )


def _product(gens: Sequence[fmpq_mpoly], exponents: Sequence[int]) -> fmpq_mpoly:
    result = gens[0] ** 0
    for g, k in zip(gens, exponents, strict=True):
        result *= g ** int(k)
    return result


def _eliminated(
    level: fmpq_mpoly, sphere: fmpq_mpoly, gens: Sequence[fmpq_mpoly], point: Sequence[fmpq]
) -> fmpq_mpoly | None:
    """A polynomial in R and beta that vanishes at all critical points off the level 0; None where it is trivial."""
    if len(gens) == 1:
        found = level.resultant(sphere, "u")
        return None if found.is_zero() else found
    u, v = gens
    parallel = (u - point[0]) * level.derivative("v") - (v - point[1]) * level.derivative("u")
    total = level.context().constant(1)
    for component, _ in parallel.factor()[1]:
        ways = [_along(level, sphere, component, *names) for names in (("u", "v"), ("v", "u"))]
        if any(way.is_zero() for way in ways):
            return None
        total *= ways[0].gcd(ways[1])  # each order of elimination has strangers of its own
    return total


def _along(level: fmpq_mpoly, sphere: fmpq_mpoly, component: fmpq_mpoly, first: str, second: str) -> fmpq_mpoly:
    """The resultant over one component of the critical curve; 1 where it meets no level but that of beta = 0."""
    if component.degrees()[_NAMES.index(first)] == 0:
        first, second = second, first
    a, b = level.resultant(component, first), sphere.resultant(component, first)
    if a.degrees()[_NAMES.index(second)] == 0 and not a.is_zero():
        return level.context().constant(1)
    return a.resultant(b, second)


def _vanishes_on_series(factor: fmpq_mpoly, terms: Terms, slopes: Sequence[Terms], point: Sequence[fmpq]) -> bool:
    """Is the factor zero along the critical curve through the start, w = w0 + lambda/2 grad F(w), to high order?

    A coefficient that is not zero excludes the factor; since the product vanishes, the one left is the right one.
    """
    w, half = [fmpq_poly([v]) for v in point], fmpq_poly([0, fmpq(1, 2)])
    for _ in range(ORDER):
        steps = [half * evaluated(f, w, ORDER) for f in slopes]
        w = [truncated(fmpq_poly([v]) + step, ORDER) for v, step in zip(point, steps, strict=True)]
    r = fmpq_poly([0])
    for x, v in zip(w, point, strict=True):
        r += (x - v) * (x - v)
    values = [truncated(r, ORDER), evaluated(terms, w, ORDER)]
    return not evaluated([((m[0], m[1]), c) for m, c in factor.to_dict().items()], values, ORDER).coeffs()


def _free_interval(own: fmpq_mpoly, others: Sequence[fmpq_mpoly], beta0: fmpq) -> Interval | None:
    """The interval around beta(0), rational ends, in which the branch of the start meets no other root R."""
    low, high = -oo, oo
    for meeting in (own.resultant(own.derivative("R"), "R"), *(own.resultant(g, "R") for g in others)):
        coefficients = [fmpq(0)] * (int(meeting.degrees()[1]) + 1)
        for exponents, c in meeting.to_dict().items():
            coefficients[int(exponents[1])] = c
        polynomial, at_start = fmpq_poly(coefficients), fmpq_poly([-beta0, 1])
        while polynomial.degree() > 0 and polynomial(beta0) == 0:
            polynomial = polynomial // at_start  # at the start itself R is told from other roots by its series
        for root in isolated_roots(polynomial):
            if not root.imag.contains(0):
                continue
            if root.real > arb(beta0):
                high = min(high, beside(root.real.lower(), -1))
            elif root.real < arb(beta0):
                low = max(low, beside(root.real.upper(), 1))
            else:
                return None
    low = max(low, Integer(0)) if beta0 > 0 else low
    high = min(high, Integer(0)) if beta0 < 0 else high
    return (low, high) if low < Rational(int(beta0.p), int(beta0.q)) < high else None
