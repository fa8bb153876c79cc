"""Stage 5, time warp: decided, not guessed (Azulay et al. 2021, section 5).

`g H` is a Hessian map for some g > 0 iff there are functions a_i = V_i(log g) with

    (1)  J [V_i, V_j] = a_i M e_j - a_j M e_i      for all i < j,
    (2)  V_i(a_j) = V_j(a_i)                        (then theta = M^{-1} a = grad log g is closed).

For d >= 2 equations (1) force a: any pair of them with an invertible 2 x 2 minor gives a_i and a_j as
elements of the field.  So a scalar warp is unique up to a constant factor, exists iff the forced
candidate passes (1) and (2), and its absence is a theorem with a witness: an exact point where (1)
is an inconsistent linear system, or where (2) fails.  Warps that depend on more than the state are
outside this statement.

log g itself is then sought as a combination of logarithms (`derive.laws.primitive`).  That g exists where
(1) and (2) hold does not depend on finding it in closed form.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from flint import fmpq, fmpq_mat
from sympy import Abs, Expr, Integer, Symbol, exp, log

from derive.exact.field import Element, Field
from derive.exact.points import Point, Undefined, excludes_zero, rational_value, value
from derive.fields.dynamics import Vector
from derive.fields.leaf import Leaf, Question
from derive.laws.primitive import Entry, admitted, entry, logarithms, monomials, solve_primitive
from derive.metric.closure import Closure, refuted_by_closure
from derive.metric.hessian import Hessian, is_regular
from derive.verdict import Verdict, Witness, proved, refuted, unknown

POINTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Warp:
    """The verdict, `factor` g > 0 and grad log g, both in parameter coordinates.

    `factor` is None where g exists without a closed form; `signed` is g up to sign, without absolute
    values; `log_gradient` is theta = grad log g and `slopes` are a_i = V_i(log g) (d entries each).
    `factor_in_beta` is g in beta where it was found without the parameters (`derive.potentials.isotropic`).
    """

    verdict: Verdict
    factor: Expr | None = None
    signed: Expr | None = None
    log_gradient: tuple[Expr, ...] | None = None
    slopes: tuple[Expr, ...] | None = None
    factor_in_beta: Expr | None = None


def warp(leaf: Leaf, closed: Closure, found: Hessian) -> Warp:
    """Decide whether a scalar warp exists, and integrate it where it does."""
    d = len(leaf.dynamics.gradients)
    if found.hessian.is_proved:
        return Warp(
            verdict=proved("the metric is a Hessian map as it is: g = 1"),
            factor=Integer(1),
            signed=Integer(1),
            log_gradient=(Integer(0),) * d,
        )
    if closed.verdict.is_refuted:
        return Warp(verdict=refuted_by_closure(closed.verdict))
    if not closed.verdict.is_proved or not is_regular(leaf):
        return Warp(verdict=unknown(found.hessian.reason))
    for point in leaf.points(POINTS):
        witness = _inconsistent(leaf, found, point)
        if witness is not None:
            return Warp(verdict=refuted("no function g satisfies the warp equations at a point", witness))
    forced = _forced(leaf, found)
    if forced is None:
        return Warp(verdict=unknown("no pair of the warp equations has an invertible minor"))
    verdict = _verify(leaf, found, forced)
    if not verdict.is_proved:
        return Warp(verdict=verdict)
    metric = tuple(tuple(map(leaf.on_leaf, row)) for row in leaf.dynamics.inverse_metric)
    gradient = _solve(leaf.dynamics.field, metric, forced)
    factor, signed = _factor(leaf, forced, gradient or ()) or (None, None)
    return Warp(
        verdict=verdict,
        factor=factor,
        signed=signed,
        slopes=tuple(e.expression() for e in forced),
        log_gradient=tuple(e.expression() for e in gradient) if gradient is not None else None,
    )


def _equations(d: int) -> list[tuple[int, int, int]]:
    return [(i, j, k) for i, j in combinations(range(d), 2) for k in range(d)]


def _inconsistent(leaf: Leaf, found: Hessian, point: Point) -> Witness | None:
    """A rational combination of the equations (1) at a point: left side zero, right side not."""
    metric, d = leaf.dynamics.inverse_metric, len(leaf.dynamics.gradients)
    try:
        m = [[rational_value(e, point) for e in row] for row in metric]
        images = {pair: [rational_value(e, point) for e in image] for pair, image in found.images}
    except Undefined:
        return None
    if fmpq_mat(m).rank() < d:  # rho is not defined there, and the equations prove nothing
        return None
    rows: list[list[fmpq]] = []
    for i, j, k in _equations(d):
        row = [fmpq(0)] * d
        row[i] += m[k][j]
        row[j] -= m[k][i]
        rows.append([*row, images[i, j][k]])
    reduced, r = fmpq_mat(rows).rref()
    last = [reduced[r - 1, c] for c in range(d + 1)]
    if any(c != 0 for c in last[:d]):
        return None
    worst = max(images.items(), key=lambda item: sum(abs(e) for e in item[1]))
    return Witness(
        point=tuple(point.items()),
        entry=worst[0],
        value=str(next(e for e in worst[1] if e != 0)),
        meaning=f"J [V_{worst[0][0] + 1}, V_{worst[0][1] + 1}] there, for which the equations "
        "J [V_i, V_j] = a_i M e_j - a_j M e_i have no solution a: the number",
    )


def _forced(leaf: Leaf, found: Hessian) -> Vector | None:
    """a_1, ..., a_d from 2 x 2 minors of (1), in normal form on a restriction."""
    d = len(leaf.dynamics.gradients)
    m = tuple(tuple(map(leaf.on_leaf, row)) for row in leaf.dynamics.inverse_metric)
    here = next(iter(leaf.points(1)), None) if leaf.dynamics.model.restrict else None
    known: dict[int, Element] = {}
    for (i, j), unreduced in found.images:
        image = tuple(map(leaf.on_leaf, unreduced))
        if i in known and j in known:
            continue
        for k, n in [(i, j), *combinations(range(d), 2)]:
            minor = leaf.on_leaf(m[k][i] * m[n][j] - m[k][j] * m[n][i])
            if not leaf.is_zero(minor) and (here is None or _is_nonzero(minor, here)):
                # a_i m_kj - a_j m_ki = T_k and a_i m_nj - a_j m_ni = T_n, by Cramer's rule
                known.setdefault(i, leaf.on_leaf(m[k][i] * image[n] - m[n][i] * image[k]) / minor)
                known.setdefault(j, leaf.on_leaf(m[k][j] * image[n] - m[n][j] * image[k]) / minor)
                break
    return tuple(known[i] for i in range(d)) if len(known) == d else None


def _is_nonzero(element: Element, point: Point) -> bool:
    """On a restriction that falls apart, a minor may be zero on the part of the point and not on the whole."""
    try:
        return excludes_zero(value(element, point))
    except Undefined:
        return False


def _verify(leaf: Leaf, found: Hessian, a: Vector) -> Verdict:
    dynamics = leaf.dynamics
    m = tuple(tuple(map(leaf.on_leaf, row)) for row in dynamics.inverse_metric)
    questions = [
        Question(
            element=leaf.on_leaf(image[k]) - (a[i] * m[k][j] - a[j] * m[k][i]),
            entry=(i, j),
            meaning=f"component {k} of J [V_{i + 1}, V_{j + 1}] - a_{i + 1} M e_{j + 1} + a_{j + 1} M e_{i + 1}",
        )
        for (i, j), image in found.images
        for k in range(len(m))
    ]
    verdict = leaf.holds(questions, "the warp equations")
    if not verdict.is_proved:
        return verdict
    curls = [
        Question(
            element=dynamics.along(dynamics.gradients[i], a[j]) - dynamics.along(dynamics.gradients[j], a[i]),
            meaning=f"V_{i + 1}(a_{j + 1}) - V_{j + 1}(a_{i + 1}), the curl of grad log g,",
            entry=(i, j),
        )
        for (i, j), _ in found.images
    ]
    return leaf.holds(curls, "the forced gradient of log g satisfies the warp equations and is closed")


def _solve(field: Field, matrix: Sequence[Vector], right: Vector) -> Vector | None:
    """x with matrix x = right over the field (square, regular)."""
    n = len(matrix)
    work = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    for c in range(n):
        pivot = next((i for i in range(c, n) if not field.normal(work[i][c]).vanishes), None)
        if pivot is None:
            return None
        work[c], work[pivot] = work[pivot], work[c]
        scale = field.one / work[c][c]
        work[c] = [e * scale for e in work[c]]
        for i in range(n):
            if i != c and not work[i][c].vanishes:
                factor = work[i][c]
                work[i] = [x - factor * y for x, y in zip(work[i], work[c], strict=True)]
    return tuple(row[n] for row in work)


def _factor(leaf: Leaf, a: Vector, gradient: Vector) -> tuple[Expr, Expr] | None:
    """g from log g = sum of rational multiples of logarithms and monomials; positive at the start."""
    start = leaf.dynamics.model.start_map()
    for dictionary in _dictionaries(leaf, (*a, *gradient)):
        entries = [e for e in admitted(dictionary, leaf) if not _is_zero_log(e, start)]
        primitive = solve_primitive(leaf.dynamics.field, entries, a, leaf.on_leaf)
        if primitive is not None:
            return _positive(leaf, primitive)
    return None


def _is_zero_log(item: Entry, start: Mapping[Symbol, Expr]) -> bool:
    """Is it the logarithm of something that is zero at the start (where g must not vanish)?"""
    function = item.function
    return isinstance(function, log) and bool(start) and function.args[0].xreplace(dict(start)).expand().is_zero is True


def _dictionaries(leaf: Leaf, slopes: Vector) -> Iterator[list[Entry]]:
    """Logarithms of parameters; of the factors in sight (det M is one, below grad log g); with monomials."""
    dynamics, field = leaf.dynamics, leaf.dynamics.field
    symbols = dynamics.model.parameters
    entries = [_log_entry(leaf, field.convert(p)) for p in symbols]
    yield entries
    seen = {e.function for e in entries}
    for element in (*slopes, *(m for row in dynamics.inverse_metric for m in row)):
        for polynomial in (element.denominator, element.numerator):
            for factor, _ in polynomial.factor()[1]:
                inner = Element(field, factor, field.one.denominator)
                item = _log_entry(leaf, inner)
                if item.function not in seen and item.function.free_symbols & set(symbols):
                    seen.add(item.function)
                    entries.append(item)
    yield entries
    yield [*entries, *(entry(dynamics, t) for n in (1, 2) for t in monomials(symbols, n))]
    yield [*logarithms(dynamics), *(entry(dynamics, t) for n in (1, 2) for t in monomials(symbols, n))]


def _log_entry(leaf: Leaf, inner: Element) -> Entry:
    dynamics = leaf.dynamics
    return Entry(
        function=log(inner.expression()), slopes=tuple(dynamics.along(v, inner) / inner for v in dynamics.gradients)
    )


def _positive(leaf: Leaf, primitive: Expr) -> tuple[Expr, Expr]:
    """exp of the primitive: g > 0 on the branch of the start, and g up to sign."""
    start = leaf.dynamics.model.start_map()
    factor: Expr = Integer(1)
    signed: Expr = Integer(1)
    for term in primitive.as_ordered_terms():
        coefficient, logarithm = term.as_coeff_Mul()
        if not isinstance(logarithm, log):
            factor, signed = factor * exp(term), signed * exp(term)
            continue
        inner = logarithm.args[0]
        there = inner.xreplace(start) if start else inner
        positive = inner if there.is_positive else -inner if there.is_negative else Abs(inner)
        factor *= positive**coefficient
        signed *= inner**coefficient if coefficient.is_Integer else positive**coefficient
    return factor, signed
