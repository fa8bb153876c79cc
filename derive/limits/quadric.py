"""R for a quadratic F = w.A w + b.w + c of one coordinate: everywhere, as a curve and at most one ray at each end.

For every lambda with I - lambda A positive definite

    w(lambda) = (I - lambda A)^-1 (w0 + lambda b/2)

minimises the strictly convex function |w - w0|^2 - lambda F(w) over all w, hence |w - w0|^2 over F = F(w(lambda)).
beta(lambda) = F(w(lambda)) increases, so that R is known, as a curve, on the whole interval that it runs through.

Where lambda reaches an end at which I - lambda A is singular and beta(lambda) stays finite, the minimisers there fill
an affine space on which F takes all values beyond, and |w - w0|^2 - lambda F is constant: R goes on as a line of slope
lambda.  (The "hard case" of trust regions.)
"""

from collections.abc import Sequence

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx
from sympy import Add, Expr, Integer, Matrix, Poly, Rational, Symbol, eye, oo, prod

from derive.exact.signs import sign_of
from derive.limits.nearest import BETA, MULTIPLIER, VALUE, Curve, Nearest, in_radicals, is_short, symbols_of

MAX_PARAMETERS, POINTS = 8, 4


def nearest_on_quadric(f: Expr, parameters: Sequence[Symbol], start: Sequence[Expr]) -> Nearest | None:
    """R for a quadratic F; None for another F, or for eigenvalues or a start that are not rational."""
    if not f.is_polynomial(*parameters) or len(parameters) > MAX_PARAMETERS or not all(map(_is_plain, start)):
        return None
    polynomial = Poly(f, *parameters)
    if polynomial.total_degree() > 2 or polynomial.as_expr().free_symbols - set(parameters):
        return None
    zero = dict.fromkeys(parameters, Integer(0))
    b = Matrix([f.diff(p).xreplace(zero) for p in parameters])
    a = Matrix(len(parameters), len(parameters), lambda i, j: f.diff(parameters[i], parameters[j]) / 2)
    values = list(a.eigenvals())
    if not all(v.is_Rational for v in values):
        return None
    low = max((1 / v for v in values if v < 0), default=-oo)
    high = min((1 / v for v in values if v > 0), default=oo)
    w0 = Matrix(list(start))
    w = ((eye(len(parameters)) - MULTIPLIER * a).inv() * (w0 + MULTIPLIER * b / 2)).applyfunc(lambda e: e.factor())
    beta = f.xreplace(dict(zip(parameters, w, strict=True))).together().factor()
    r = Add(*((x - y) ** 2 for x, y in zip(w, w0, strict=True))).together().factor()
    below, above = _end(beta, low, -1), _end(beta, high, 1)
    if below is None or above is None or not beta.has(MULTIPLIER):
        return None
    whole = Curve(multipliers=(low, high), beta=beta, value=r, domain=(below, above))
    rays = [_ray(whole, side) for side in (-1, 1)]
    equation = _without_multiplier(beta, r) if is_short(start) else None
    beta0 = f.xreplace(dict(zip(parameters, start, strict=True))).expand()
    return Nearest(
        reason="quadratic: strict convexity along the multiplier, and a line where that ends",
        equation=equation,
        domain=whole.domain,
        closed=None if equation is None else in_radicals(equation, whole.domain, beta0),
        curves=(whole, *(ray for ray in rays if ray is not None)),
    )


def _is_plain(value: Expr) -> bool:
    """A polynomial in the constants with rational coefficients; resultants over roots do not end in useful time."""
    free = symbols_of([value])
    if not free:
        return bool(value.is_Rational)
    return bool(value.is_polynomial(*free)) and all(c.is_Rational for c in Poly(value, *free).coeffs())


def _end(beta: Expr, end: Expr, side: int) -> Expr | None:
    """The limit of the increasing rational function beta(lambda) at an end of its interval."""
    top, bottom = (Poly(e, MULTIPLIER) for e in beta.together().as_numer_denom())
    if end in (oo, -oo):
        if top.degree() > bottom.degree():
            return side * oo
        return (top.LC() / bottom.LC()).factor() if top.degree() == bottom.degree() else Integer(0)
    below, above = bottom.eval(end).factor(), top.eval(end).factor()
    if below.is_zero:  # beta is in lowest terms, so that this is a pole
        return None if above.is_zero else side * oo
    return (above / below).factor() if sign_of(below) else None


def _ray(whole: Curve, side: int) -> Curve | None:
    """R beyond a finite end of the curve at a finite multiplier; None where there is nothing beyond."""
    slope, end = (m[0 if side < 0 else 1] for m in (whole.multipliers, whole.domain))
    if slope in (oo, -oo) or end in (oo, -oo):
        return None
    top, bottom = whole.value.together().as_numer_denom()
    size = bottom.subs(MULTIPLIER, slope)
    if not sign_of(size.factor()):
        return None
    first = (top.subs(MULTIPLIER, slope) / size).factor()
    interval = (-oo, end) if side < 0 else (end, oo)
    return Curve(
        multipliers=interval, beta=MULTIPLIER, value=(first + slope * (MULTIPLIER - end)).expand(), domain=interval
    )


def _without_multiplier(beta: Expr, r: Expr) -> Expr | None:
    """P(R, beta), the factor of the resultant that vanishes on the curve; the others are excluded at its exact points.

    The product vanishes on the curve, which is irreducible, so that one factor does: it is the one that is left.
    """
    constants = symbols_of([beta, r])
    constants.remove(MULTIPLIER)
    symbols = (MULTIPLIER, VALUE, BETA, *constants)
    ring = fmpq_mpoly_ctx.get([f"x{i}" for i in range(len(symbols))], Ordering.lex)

    def polynomial(e: Expr) -> fmpq_mpoly:
        terms = Poly(e, *symbols).terms()
        return ring.from_dict({m: fmpq(int(c.p), int(c.q)) for m, c in terms})

    (top, bottom), (above, below) = (e.together().as_numer_denom() for e in (beta, r))
    exact = (c.is_Rational for e in (top, bottom, above, below) for c in Poly(e, *symbols).coeffs())
    if not above.has(MULTIPLIER) or not all(exact):
        return None
    whole = polynomial(top - BETA * bottom).resultant(polynomial(above - VALUE * below), "x0")
    factors = [g for g, _ in whole.factor()[1] if g.degrees()[1] > 0]
    for n in range(1, POINTS + 1):
        there = [fmpq(n, 11), fmpq(0), fmpq(0), *(fmpq(n + k, k + 1) for k in range(1, len(constants) + 1))]
        numbers = [polynomial(e)(*there) for e in (top, bottom, above, below)]
        if numbers[1] == 0 or numbers[3] == 0:
            continue
        there[1:3] = numbers[2] / numbers[3], numbers[0] / numbers[1]
        factors = [g for g in factors if g(*there) == 0]
    if len(factors) != 1:
        return None
    return Add(
        *(
            Rational(int(c.p), int(c.q)) * prod(x ** int(k) for x, k in zip(symbols, m, strict=True))
            for m, c in factors[0].to_dict().items()
        )
    )
