"""Exact rational points of a submanifold {r_1 = ... = r_m = 0}, and its real radical in low degree.

*Points.*  Small random rationals are given to all parameters but m; the equations are then solved one
after the other: a linear unknown with a number for coefficient first, then quadratic equations whose
discriminant is the square of a rational.  Every point returned satisfies every equation exactly.  Of an
equation that is a product, one irreducible factor is solved, another one each time.

*Real radical.*  A polynomial may vanish on the real points of N without lying in the ideal I of the
restrictions: on a balanced start a a^T = W W^T the minors a_1 w_2 - a_2 w_1 do.  Candidates f_1, ..., f_k
of degree at most two are those that vanish at many exact points; if

    g_1 f_1^2 + ... + g_k f_k^2  lies in I,      all g_i > 0 rational,

then each f_i vanishes on the real points of N, and may join the ideal.  That sum of squares is the proof.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations_with_replacement, islice
from random import Random

from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx
from sympy import Expr, Poly, Rational, Symbol, sqrt

from derive.exact.field import Field
from derive.exact.ideal import Ideal
from derive.exact.linear import nullspace
from derive.exact.signs import sign_of

_TRIES = 6000
_ENOUGH = 60
_ROOTS, _LONG = 60, 60


def points_on(
    equations: Sequence[Expr], parameters: Sequence[Symbol], constants: Sequence[Symbol]
) -> Iterator[dict[Symbol, Rational]]:
    """Reproducible exact points; the iterator ends when the tries are used up."""
    symbols = [*parameters, *constants]
    numerators = [e.together().as_numer_denom()[0].expand() for e in equations]
    if not all(n.is_polynomial(*symbols) for n in numerators):
        return
    context = fmpq_mpoly_ctx.get([f"y{i}" for i in range(len(symbols))], "degrevlex")
    factors = [_factors(_to_flint(n, symbols, context), len(parameters)) for n in numerators]
    if not all(factors):  # a constant other than 0
        return
    random = Random(7)
    for _ in range(_TRIES):
        polynomials = [random.choice(f) if len(f) > 1 else f[0] for f in factors]
        values = _attempt(polynomials, len(parameters), len(symbols), context, random)
        if values is not None:
            yield {s: Rational(int(v.p), int(v.q)) for s, v in zip(symbols, values, strict=True)}


def _factors(polynomial: fmpq_mpoly, p: int) -> list[fmpq_mpoly]:
    """The irreducible factors that contain a parameter: constants are positive, so that no other vanishes."""
    return [f for f, _ in polynomial.factor()[1] if any(f.degrees()[:p])]


def _to_flint(expression: Expr, symbols: Sequence[Symbol], context: fmpq_mpoly_ctx) -> fmpq_mpoly:
    terms = Poly(expression, *symbols, domain="QQ").terms()
    return context.from_dict({tuple(k): fmpq(int(c.p), int(c.q)) for k, c in terms})


def _attempt(
    polynomials: Sequence[fmpq_mpoly], p: int, n: int, context: fmpq_mpoly_ctx, random: Random
) -> list[fmpq] | None:
    """Values for all symbols, or None where this draw leads nowhere."""
    unknown = _unknowns(polynomials, p, random)
    given = {
        i: fmpq(random.choice((-1, 1)) * random.randint(1, 12), random.choice((1, 1, 2, 3)))
        for i in range(p)
        if i not in unknown
    }
    given |= {i: fmpq(random.randint(1, 5)) for i in range(p, n)}
    generators = list(context.gens())
    images = [context.constant(given[i]) if i in given else generators[i] for i in range(n)]
    pending = [f.compose(*images, ctx=context) for f in polynomials]
    while pending := [f for f in pending if not f.is_zero()]:
        step = _solvable(pending, unknown)
        if step is None:
            return None
        index, root = step
        replacement = [root if i == index else generators[i] for i in range(n)]
        images = [f.compose(*replacement, ctx=context) for f in images]
        pending = [f.compose(*replacement, ctx=context) for f in pending]
    free = [context.constant(fmpq(random.randint(1, 9), 2)) if i in unknown else generators[i] for i in range(n)]
    images = [f.compose(*free, ctx=context) for f in images]
    values = [fmpq(0) if f.is_zero() else f.leading_coefficient() for f in images]
    return values if all(f(*values) == 0 for f in polynomials) else None


def _unknowns(polynomials: Sequence[fmpq_mpoly], p: int, random: Random) -> set[int]:
    """As many parameters as there are equations: one of each linear equation first, the others at random."""
    chosen: set[int] = set()
    for f in polynomials:
        candidates = [i for i, e in enumerate(f.degrees()[:p]) if e and i not in chosen]
        if f.total_degree() == 1 and candidates:
            chosen.add(random.choice(candidates))
    order = [i for i in range(p) if i not in chosen]
    random.shuffle(order)
    return chosen | set(order[: len(polynomials) - len(chosen)])


def _solvable(pending: Sequence[fmpq_mpoly], unknown: set[int]) -> tuple[int, fmpq_mpoly] | None:
    """An unknown and the polynomial in the others that it equals."""
    for f in pending:
        degrees = f.degrees()
        present = [i for i in unknown if degrees[i]]
        if not present:
            return None
        for i in (i for i in present if degrees[i] == 1):
            slope = f.derivative(i)
            if slope.is_constant():
                return i, f.context().gens()[i] - f / slope.leading_coefficient()
    for f in pending:
        present = [i for i in unknown if f.degrees()[i]]
        if len(present) == 1 and f.degrees()[present[0]] == 2:
            root = _square_root_step(f, present[0])
            return None if root is None else (present[0], root)
    return None


def _square_root_step(f: fmpq_mpoly, i: int) -> fmpq_mpoly | None:
    table = {k[i]: c for k, c in f.to_dict().items()}
    a, b, c = (table.get(e, fmpq(0)) for e in (2, 1, 0))
    discriminant = b * b - 4 * a * c
    if discriminant < 0:
        return None
    top, bottom = discriminant.p.isqrt(), discriminant.q.isqrt()
    if top * top != discriminant.p or bottom * bottom != discriminant.q:
        return None
    return f.context().constant((fmpq(top, bottom) - b) / (2 * a))


def roots_near(
    equations: Sequence[Expr], parameters: Sequence[Symbol], near: Mapping[Symbol, Expr]
) -> Iterator[dict[Symbol, Expr]]:
    """Exact points with square roots, not far from a given one: for sets without small rational points."""
    held = {s: v for s, v in near.items() if s not in parameters}
    polynomials = [e.together().as_numer_denom()[0].xreplace(held).expand() for e in equations]
    if not all(f.is_polynomial(*parameters) for f in polynomials):
        return
    random = Random(11)
    for _ in range(_ROOTS):
        unknown = random.sample(parameters, min(len(polynomials), len(parameters)))
        step = [Rational(random.randint(-3, 3), random.randint(4, 9)) for _ in parameters]
        point = {p: near[p] + h for p, h in zip(parameters, step, strict=True) if p not in unknown}
        pending = polynomials
        while pending:
            pending = [f for f in (f.xreplace(point).expand() for f in pending) if not f.is_zero]
            solved = next((f for f in pending if len(f.free_symbols) == 1), None)
            root = None if solved is None else _root_near(solved, near)
            if root is None:
                break
            point |= root
        if not pending:
            point |= {p: near[p] for p in unknown if p not in point}
            yield held | {p: point[p] for p in parameters}


def _root_near(f: Expr, near: Mapping[Symbol, Expr]) -> dict[Symbol, Expr] | None:
    """The root of a polynomial of degree two or less in one symbol that is nearest to where it was."""
    (symbol,) = f.free_symbols
    coefficients = Poly(f, symbol).all_coeffs()
    if len(coefficients) == 2:
        return {symbol: -coefficients[1] / coefficients[0]}
    if len(coefficients) != 3:
        return None
    a, b, c = coefficients
    inside = (b**2 - 4 * a * c).expand()
    if sign_of(inside) != 1 or inside.count_ops() > _LONG:
        return None
    roots = [((-b + s * sqrt(inside)) / (2 * a)).expand() for s in (1, -1)]
    return {symbol: min(roots, key=lambda r: abs((r - near[symbol]).evalf(15)))}


# -- the real radical ---------------------------------------------------------------------------------


def real_radical(
    of: Ideal, field: Field, equations: Sequence[Expr], parameters: Sequence[Symbol], constants: Sequence[Symbol]
) -> Ideal:
    """The ideal together with the polynomials of degree <= 2 that a sum of squares puts into it."""
    points = list(islice(points_on(equations, parameters, constants), _ENOUGH))
    extra: list[Expr] = []
    for degree in (1, 2):
        terms = [_product(c) for c in combinations_with_replacement(parameters, degree)]
        if degree == 1:
            terms.append(Rational(1))
        if len(points) < len(terms) + 5:
            continue
        rows = [[_number(t.xreplace(point)) for t in terms] for point in points]
        candidates = [
            sum(Rational(int(c.p), int(c.q)) * t for c, t in zip(v, terms, strict=True))
            for v in nullspace(rows, len(terms))
        ]
        fresh = [f for f in candidates if not of.contains(field.convert(f))]
        extra += _by_squares(of, field, fresh)
    return of.extended(extra) if extra else of


def _product(factors: Sequence[Symbol]) -> Expr:
    result: Expr = Rational(1)
    for factor in factors:
        result = result * factor
    return result


def _number(value: Expr) -> fmpq:
    return fmpq(int(value.p), int(value.q))


def _by_squares(of: Ideal, field: Field, candidates: Sequence[Expr]) -> list[Expr]:
    """Those candidates that appear in a positive combination of squares inside the ideal."""
    squares = [of.reduce(field.convert(f).power(2)).numerator.to_dict() for f in candidates]
    found = [f for f, s in zip(candidates, squares, strict=True) if not s]
    rest = [(f, s) for f, s in zip(candidates, squares, strict=True) if s]
    if not rest:
        return found
    rows = [[s.get(m, fmpq(0)) for _, s in rest] for m in {m for _, s in rest for m in s}]
    proved: set[int] = set()
    for weights in nullspace(rows, len(rest)):
        for signed in (weights, [-w for w in weights]):
            if all(w >= 0 for w in signed):
                proved |= {i for i, w in enumerate(signed) if w > 0}
    return found + [rest[i][0] for i in sorted(proved)]
