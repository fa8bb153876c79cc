"""Stage 7c, validity: where a potential holds, and what ends the statement.

The formulas of a potential are analytic functions of beta on the set where their radicands, the arguments of
logarithms, g and det M are positive and their denominators are not zero.  Its connected part around beta(0) is
the *domain*.  There the formulas hold, and there is no smaller natural one:

    Let F be smooth on R^p with the Euclidean metric, and beta(t), 0 <= t <= 1, a smooth path in the domain from
    beta(0).  Then dw/dt = J^T M^-1 d beta/dt has a solution up to t = 1, since |dw/dt|^2 = beta'^T M^-1 beta' is
    bounded along it, and F(w(t)) = beta(t).  M(F(w)) equals its formula along the path, because both are
    analytic and agree at the start.

So the domain lies in the image of the leaf, Hess Q = g M^-1 with g > 0 and M positive definite on all of it
(eigenvalues are continuous, and none is zero), and Q is strictly convex on each of its convex parts.  At an edge
M or g vanishes, or a formula ends.  Where F has kinks or ends itself, an *event* in the parameters may come first:
it is listed unless it cannot happen (`derive.events`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Abs, Expr, ImmutableDenseMatrix, Integer, Mul, Poly, Pow, Rational, Symbol, acosh, atanh
from sympy import cos, log, oo, sign, sqrt, tan

from derive.events import Event
from derive.exact.signs import settled, sign_of
from derive.growth import image
from derive.verdict import Verdict, proved

MAX_DETERMINANT = 400
Interval = tuple[Expr, Expr]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`expression > 0`, or `expression != 0` where `strict` is False (its sign at the start is not known)."""

    expression: Expr
    strict: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """The domain of a potential in beta, and its convexity there.

    `conditions` (empty: everywhere; None: not known in beta) describe the connected set around beta(0);
    `intervals` give it one coordinate at a time, None for a coordinate where that is not known.  `events` end the
    statement at a point of parameter space.
    """

    conditions: tuple[Condition, ...] | None
    intervals: tuple[Interval | None, ...]
    convexity: Verdict
    events: tuple[Event, ...] = ()


def validity(
    formulas: Sequence[Expr] | None,
    inverse_metric: Sequence[Sequence[Expr]] | None,
    factor: Expr | None,
    betas: Sequence[Symbol],
    beta0: Mapping[Symbol, Expr],
    dual: tuple[Expr, Symbol, Interval] | None,
    events: Sequence[Event],
    *,
    regular: Sequence[Expr] | None = None,
) -> Validity:
    """Domain and convexity of Q and grad Q (`formulas`) with M, g in beta; `beta0` is a point of the branch.

    `regular` are functions of beta of which none vanishes exactly where det M does not, where they are known.  `dual` is beta(s) of one coordinate with its interval: its image is the domain where M is not known in beta.
    """
    none: tuple[Interval | None, ...] = (None,) * len(betas)
    if formulas is None or inverse_metric is None or factor is None:
        return _without_formulas(dual, none, betas, tuple(events))
    found = _conditions([*formulas, *(e for row in inverse_metric for e in row), factor], betas)
    if regular is None:
        determinant = _determinant(inverse_metric)
        regular = None if determinant is None else (determinant,)
    if regular is None:
        return Validity(
            conditions=None,
            intervals=none,
            convexity=proved("Hess Q = g M^-1 with g > 0 and M positive definite near beta(0); det M is too large"),
            events=tuple(events),
        )
    found += _positive_parts(factor, betas)
    for e in regular:
        found += _conditions([e], betas) + _nonzero_parts(e, betas)
    conditions = _reduced(found, beta0)
    intervals = none
    if len(betas) == 1 and (own := _interval(conditions, betas[0], beta0[betas[0]])) is not None:
        intervals, conditions = (own,), _bounds(betas[0], own)
    return Validity(
        conditions=conditions,
        intervals=intervals,
        convexity=_convex(events, whole=not conditions or (len(betas) == 1 and intervals[0] is not None)),
        events=tuple(events),
    )


def _without_formulas(
    dual: tuple[Expr, Symbol, Interval] | None,
    none: tuple[Interval | None, ...],
    betas: Sequence[Symbol],
    events: tuple[Event, ...],
) -> Validity:
    reached = None if dual is None else image(*dual)
    if reached is None:
        reason = "Hess Q = g M^-1 with g > 0 and M = J J^T positive definite wherever J has full rank on the leaf"
        return Validity(conditions=None, intervals=none, convexity=proved(reason), events=events)
    bounds = _bounds(betas[0], reached)
    return Validity(conditions=bounds, intervals=(reached,), convexity=_convex(events, whole=True), events=events)


def _bounds(beta: Symbol, interval: Interval) -> tuple[Condition, ...]:
    low, high = interval
    bounds = [beta - low] if low != -oo else []
    bounds += [high - beta] if high != oo else []
    return tuple(Condition(expression=e) for e in bounds)


def _convex(events: Sequence[Event], *, whole: bool) -> Verdict:
    until = "" if not events else ", as long as no event in the parameters has happened"
    where = "Q is strictly convex" if whole else "Q is strictly convex on every convex part of the domain"
    return proved(f"Hess Q = g M^-1 on the domain, where g > 0 and M is positive definite{until}: {where}")


def merged(parts: Iterable[tuple[Validity | None, Sequence[Symbol]]], betas: Sequence[Symbol]) -> Validity | None:
    """The direct sum: all conditions, the intervals in the order of the coordinates; None where a part has none."""
    listed = list(parts)
    own = [v for v, _ in listed if v is not None]
    if len(own) < len(listed):
        return None
    table = {b: i for v, variables in listed if v is not None for b, i in zip(variables, v.intervals, strict=True)}
    known = all(v.conditions is not None for v in own)
    doubtful = next((v.convexity for v in own if not v.convexity.is_proved), None)
    intervals = tuple(table[b] for b in betas)
    happen = tuple(dict.fromkeys(e for v in own for e in v.events))
    whole = all(v.conditions == () or None not in v.intervals for v in own)
    return Validity(
        conditions=tuple(c for v in own for c in v.conditions or ()) if known else None,
        intervals=intervals,
        convexity=doubtful or (_convex(happen, whole=whole) if len(own) > 1 else own[0].convexity),
        events=happen,
    )


# -- conditions ---------------------------------------------------------------------------------------


def _conditions(expressions: Iterable[Expr], betas: Sequence[Symbol]) -> list[Condition]:
    """What has to hold for the expressions to be analytic in beta."""
    found: list[Condition] = []
    for e in expressions:
        for power in e.atoms(Pow):
            if power.exp.has(*betas):
                found += _positive_parts(power.base, betas)
            elif not power.exp.is_Integer:
                found += _positive_parts(settled(power.base), betas)
            elif power.exp.is_negative:
                found += _nonzero_parts(power.base, betas)
        for f in e.atoms(log):
            found += _positive_parts(f.args[0], betas)
        for f in e.atoms(acosh):
            found += _positive_parts(f.args[0] - 1, betas)
        for f in e.atoms(atanh):
            found += _positive_parts(1 - f.args[0] ** 2, betas)
        for f in e.atoms(Abs, sign):
            found += _nonzero_parts(f.args[0], betas)
        for f in e.atoms(tan):
            found += _nonzero_parts(cos(f.args[0]), betas)
    return found


def _positive_parts(e: Expr, betas: Sequence[Symbol]) -> list[Condition]:
    """e > 0, without factors that are positive anyway; the square of a factor is only not zero."""
    inside: Expr = Integer(1)
    found: list[Condition] = []
    for factor in Mul.make_args(_factored(e)):
        base, exponent = factor.as_base_exp()
        if not exponent.is_Rational or exponent.p % 2 or exponent.q % 2 == 0:
            inside *= base if exponent.is_Rational else factor
        else:
            found += _nonzero_parts(base, betas)
    inside = _without_root(inside.expand() if inside.has(Pow) else inside, betas)
    if inside.has(*betas) and not certainly_positive(inside):
        found.append(Condition(expression=inside))
    return found


def _without_root(e: Expr, betas: Sequence[Symbol]) -> Expr:
    """sqrt(A) + q > 0 with a number q < 0 is A > q^2, and is certain where q > 0."""
    q, rest = e.as_independent(*betas, as_Add=True)
    p, root = rest.as_independent(*betas, as_Add=False)
    half = isinstance(root, Pow) and root.exp == Rational(1, 2)
    if not half or sign_of(p) != 1 or sign_of(q) not in (1, -1):
        return e
    return Integer(1) if sign_of(q) == 1 else (root.base - (q / p) ** 2).expand()


def _nonzero_parts(e: Expr, betas: Sequence[Symbol]) -> list[Condition]:
    bases = [factor.as_base_exp()[0] for factor in Mul.make_args(_factored(e))]
    bases = [_without_root(b.expand(), betas) for b in bases]
    return [
        Condition(expression=b, strict=False)
        for b in bases
        if b.has(*betas) and not certainly_positive(b) and not certainly_positive(-b)
    ]


def _factored(e: Expr) -> Expr:
    return e.together().factor() if e.count_ops() < MAX_DETERMINANT else e


def certainly_positive(e: Expr) -> bool:
    """Positive for all real values: by assumptions, as a sum of even monomials, or as a definite quadratic."""
    if e.is_positive:
        return True
    symbols = sorted((s for s in e.free_symbols if not s.is_positive), key=str)
    if not symbols or not e.is_polynomial(*symbols):
        return False
    polynomial = Poly(e, *symbols)
    terms = polynomial.terms()
    even = all(all(k % 2 == 0 for k in m) and _nonnegative(c) for m, c in terms)
    if even and any(not any(m) and sign_of(c) == 1 for m, c in terms):
        return True
    if len(symbols) == 1 and polynomial.degree() == 2:
        a, b, c = polynomial.all_coeffs()
        return sign_of(a) == 1 and sign_of((4 * a * c - b**2).expand().factor()) == 1
    return False


def _nonnegative(number: Expr) -> bool:
    return sign_of(number) in (0, 1) or bool(number.is_nonnegative)


def _reduced(found: Sequence[Condition], beta0: Mapping[Symbol, Expr]) -> tuple[Condition, ...]:
    """Each condition once, with its sign at the start where that is certain."""
    table: dict[Expr, Condition] = {}
    for condition in found:
        content, e = condition.expression.as_content_primitive()
        e = e if content > 0 or condition.strict is False else -e
        there = sign_of(settled(e.xreplace(dict(beta0)).expand())) if beta0 else None
        if not condition.strict and there:
            e = e if there == 1 else -e
            condition = Condition(expression=e)
        kept = table.get(e) or table.get(-e)
        if kept is None or (condition.strict and not kept.strict):
            table.pop(-e, None)
            table[e] = replace(condition, expression=e)
    return tuple(table.values())


def _determinant(rows: Sequence[Sequence[Expr]]) -> Expr | None:
    matrix = ImmutableDenseMatrix(rows)
    if len(rows) > 3 or sum(e.count_ops() for row in rows for e in row) > MAX_DETERMINANT:
        diagonal = all(rows[i][j].is_zero for i in range(len(rows)) for j in range(i))
        return Mul(*(rows[i][i] for i in range(len(rows)))) if diagonal else None
    determinant = matrix.det(method="berkowitz").expand()
    return determinant if determinant.count_ops() < MAX_DETERMINANT else None


# -- one coordinate -----------------------------------------------------------------------------------


def _interval(conditions: Sequence[Condition], beta: Symbol, at: Expr) -> Interval | None:
    """The interval around beta(0) that the conditions cut out; None where a root is not found."""
    low, high = -oo, oo
    for condition in conditions:
        found = zeros(condition.expression, beta)
        sides = [] if found is None else [sign_of(settled((root - at).expand())) for root in found]
        if found is None or not all(sides):
            return None
        for root, side in zip(found, sides, strict=True):
            bound = high if side == 1 else low
            inner = 1 if bound in (oo, -oo) else sign_of(settled((side * (bound - root)).expand()))
            if inner is None:
                return None
            if inner == 1:
                low, high = (low, root) if side == 1 else (root, high)
    return low, high


def zeros(e: Expr, beta: Symbol) -> tuple[Expr, ...] | None:
    """All real zeros of a polynomial in beta, linear or quadratic or with rational coefficients; None elsewhere."""
    if not e.is_polynomial(beta):
        return None
    polynomial = Poly(e, beta)
    if polynomial.degree() == 1:
        a, b = polynomial.all_coeffs()
        return (-b / a,) if sign_of(a) else None
    if not e.free_symbols - {beta}:
        return tuple(polynomial.real_roots())
    if polynomial.degree() == 2:
        a, b, c = polynomial.all_coeffs()
        discriminant = (b**2 - 4 * a * c).expand().factor()
        side = sign_of(discriminant)
        if side is None or not sign_of(a):
            return None
        return tuple((-b + s * sqrt(discriminant)) / (2 * a) for s in (-1, 1)[: side + 1])
    return None
