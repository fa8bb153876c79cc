"""Stage 8b, the explicit counterpart of Q: `R(beta) = min |w - w0|^2` over `F(w) = beta`.

R is what a user would minimise who adds the distance from the start to the loss (Woodworth et al. 2020, section 5).
The squared distance is a sum over parameters, so R is the sum over coordinates that share none, and one coordinate at
a time is treated by `derive.limits.nearest`.

Two limits need no more than homogeneity (degree D, start w0 = lambda times a fixed one):

* lambda -> 0: distances from w0 and from 0 differ by at most |w0|, so sqrt(R) -> sqrt(R_0) with
  R_0(beta) = min |w|^2 over F(w) = beta = (|beta|/m)^(2/D), where m = max F/|w|^D, or of -F for beta < 0;
* lambda -> oo at fixed beta - beta(0): R ~ (beta - beta(0))^2 / M_0, the kernel regime, by the implicit function
  theorem at the start and R_{lambda}(beta) = lambda^2 R_1(beta/lambda^D).

Near the start Q ~ (g_0/2)(beta - beta(0))^2/M_0: to leading order R is (2/g_0) Q.  Whether R = 2 Q everywhere is
decided exactly where both are known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sympy import Abs, Add, Expr, ImmutableDenseMatrix, Integer, Poly, Rational, Symbol, oo, prod, resultant, sqrt

from derive.blocks import Block, Template, blocks, template
from derive.connected import Connected
from derive.exact.identity import is_identity, is_nonzero
from derive.exact.signs import settled, sign_of
from derive.limits.kernel import quadratic_at_start
from derive.limits.nearest import BETA, VALUE, Interval, Nearest, nearest_on_curve, nearest_on_quadric
from derive.limits.regimes import Regime
from derive.limits.scaling import common_degree, scaled_constants
from derive.model import Model
from derive.potentials.conditions import zeros
from derive.verdict import Verdict, proved, refuted, unknown

Sides = tuple[Expr | None, Expr | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explicit:
    """R, the sum of one function R_i(beta_i) a coordinate.

    `equations`: P_i(R_i, beta_i) = 0, in `symbols` and the coordinates, on the branch where R_i vanishes at beta(0),
    proved on `domain`; `value` is R where all R_i are closed; `limits` as for Q; `same` says whether R = 2 Q.
    """

    verdict: Verdict
    symbols: tuple[Symbol, ...] = ()
    equations: tuple[Expr, ...] | None = None
    domain: tuple[Interval, ...] | None = None
    value: Expr | None = None
    limits: tuple[Regime, ...] = ()
    same: Verdict | None = None


def explicit(model: Model, whole: Connected) -> Explicit:
    """R for a model from a start, one coordinate at a time; unknown with its reason elsewhere."""
    if model.start is None:
        return Explicit(verdict=unknown("no start is given: there is no distance to measure"))
    if model.parameter_metric is not None or model.is_metric or model.restrict:
        return Explicit(verdict=unknown("distances are Euclidean here: no metric and no restriction on parameters"))
    parts = blocks(model)
    if any(len(block.places) > 1 for block in parts):
        return Explicit(verdict=unknown("coordinates share parameters: only one coordinate at a time is eliminated"))
    known: dict[Template, Nearest | None] = {}
    for block in parts:
        key = template(block)
        if key not in known:
            known[key] = _nearest(block.model)
    found = [known[template(block)] for block in parts]
    limits = _limits(model, parts, whole)
    if any(n is None for n in found):
        reason = (
            "no elimination: the predictor is not quadratic with rational eigenvalues, nor homogeneous of degree five "
            "or less in one or two parameters from a rational start"
        )
        return Explicit(verdict=unknown(reason), limits=limits)
    return _assembled(model, [n for n in found if n is not None], limits, whole)


def _assembled(model: Model, found: Sequence[Nearest], limits: tuple[Regime, ...], whole: Connected) -> Explicit:
    betas = model.coordinates
    symbols = tuple(Symbol(f"R{i + 1}" if len(betas) > 1 else "R", real=True) for i in range(len(betas)))
    names = [{VALUE: r, BETA: b} for r, b in zip(symbols, betas, strict=True)]
    start = model.start_map()
    closed: dict[tuple[Expr, Expr], Expr | None] = {}
    values = []
    for n, f, b in zip(found, model.predictor, betas, strict=True):
        beta0 = f.xreplace(start).expand()
        key = (n.equation, beta0)
        if key not in closed:
            closed[key] = _closed(n, beta0)
        value = closed[key]
        values.append(None if value is None else value.xreplace({BETA: b}))
    total = Add(*(v for v in values if v is not None)) if None not in values else None
    return Explicit(
        verdict=proved("critical points by resultants, on the branch of the start; nothing meets it on the domain"),
        symbols=symbols,
        equations=tuple(n.equation.xreplace(m) for n, m in zip(found, names, strict=True)),
        domain=tuple(n.domain for n in found),
        value=total,
        limits=limits,
        same=_same(found[0], total, whole, model),
    )


def _nearest(part: Model) -> Nearest | None:
    """One block: by its curve where F is quadratic, else by resultants at the unit scale, scaled back."""
    assert part.start is not None
    f = part.predictor[0]
    found = nearest_on_quadric(f, part.parameters, part.start)
    if found is not None:
        return found
    free: set[Symbol] = set().union(*(v.free_symbols for v in part.start))
    if not free:
        return nearest_on_curve(f, part.parameters, part.start)
    scales = [(c[0], h) for c, h in scaled_constants(part) if len(c) == 1 and {c[0]} == free]
    degree = common_degree([f], part.parameters)
    if not scales or degree is None:
        return None
    alpha, h = scales[0]
    unit = nearest_on_curve(f, part.parameters, [v.subs(alpha, 1) for v in part.start])
    if unit is None:
        return None
    size, reach = alpha ** (2 * h), alpha ** (h * degree)
    equation = unit.equation.subs({VALUE: VALUE / size, BETA: BETA / reach}, simultaneous=True)
    low, high = (end if end in (oo, -oo) else end * reach for end in unit.domain)
    return Nearest(equation=equation.together().as_numer_denom()[0].expand(), domain=(low, high))


def _closed(n: Nearest, beta0: Expr) -> Expr | None:
    """R in radicals where P has degree two or less in R and its roots do not meet on the domain."""
    polynomial = Poly(n.equation, VALUE)
    if polynomial.degree() == 1:
        a, b = polynomial.all_coeffs()
        return (-b / a).factor()
    if polynomial.degree() != 2:
        return None
    a, b, c = polynomial.all_coeffs()
    inside = (b**2 - 4 * a * c).factor()
    side = sign_of(settled(b.subs(BETA, beta0).expand()))
    meetings = zeros(inside.expand(), BETA)
    if not side or meetings is None or any(_inside(m, n.domain) is not False for m in meetings):
        return None
    return (-b + side * sqrt(inside)) / (2 * a)


def _inside(number: Expr, interval: Interval) -> bool | None:
    """Is the number in the open interval?  None where that is not certain."""
    low, high = interval
    sides = ((low, number - low), (high, high - number))
    signs = [1 if end in (oo, -oo) else sign_of(settled(e.expand())) for end, e in sides]
    return None if None in signs else all(sign == 1 for sign in signs)


def _limits(model: Model, parts: Sequence[Block], whole: Connected) -> tuple[Regime, ...]:
    found: list[Regime] = []
    quadratic = quadratic_at_start(model, parts, replace(whole, warp=replace(whole.warp, factor=Integer(1))))
    constants = [(c, h) for c, h in scaled_constants(model) if set(c) == set().union(*_start_symbols(model))]
    degree = common_degree(model.predictor, model.parameters)
    if quadratic is not None:
        kernel = Regime(
            limit="beta -> beta(0)",
            equivalent=(2 * quadratic.value).expand() if quadratic.order == 0 else 2 * quadratic.value,
            norm=quadratic.norm,
            reason="the implicit function theorem at the start: R = (beta - beta(0))^T M_0^-1 (beta - beta(0)) + ...",
        )
        found.append(kernel)
        if constants and degree is not None and degree > 0:
            found.append(replace(kernel, limit=f"{_named(constants[0][0])} -> oo"))
    if constants and degree is not None and degree > 0:
        found += _small(model, parts, constants[0][0], degree)
    return tuple(found)


def _start_symbols(model: Model) -> list[set[Symbol]]:
    return [v.free_symbols for v in model.start or ()] or [set()]


def _named(constants: Sequence[Symbol]) -> str:
    return ", ".join(map(str, constants)) + (" (ratios fixed)" if len(constants) > 1 else "")


def _small(model: Model, parts: Sequence[Block], constants: Sequence[Symbol], degree: Rational) -> list[Regime]:
    terms, weights = [], set()
    for block in parts:
        sides = _largest(block.model.predictor[0], block.model.parameters, degree)
        if sides is None:
            return []
        beta, power = model.coordinates[block.places[0]], 2 / degree
        up, low = (None if m is None else m ** (-power) for m in sides)
        weights.add((up, low))
        if up == low and up is not None:
            terms.append(up * Abs(beta) ** power)
        elif low is None and up is not None:
            terms.append(up * beta**power)
        else:
            return []
    name = {Integer(1): "l1", Integer(2): "l2"}.get(2 / degree, f"lp, p = {2 / degree}")
    return [
        Regime(
            limit=f"{_named(constants)} -> 0",
            equivalent=Add(*terms),
            norm=name if len(weights) == 1 else f"weighted {name}",
            remainder="relative order |w0|/sqrt(R)",
            reason="distances from the start and from 0 differ by at most |w0|",
        )
    ]


def _largest(f: Expr, parameters: Sequence[Symbol], degree: Rational) -> Sides | None:
    """max F and max -F on the unit sphere (None where F has no such values), for the forms where that is exact."""
    if not f.is_polynomial(*parameters) or not Poly(f, *parameters).is_homogeneous:
        return None
    polynomial, n = Poly(f, *parameters), int(degree)
    terms = polynomial.terms()
    if any(not c.is_Rational for _, c in terms):
        return None
    if n == 2:
        form = ImmutableDenseMatrix([[f.diff(p, q) / 2 for q in parameters] for p in parameters])
        return _extremes(form.charpoly().real_roots())
    if len(terms) == 1:  # a monomial: w_i^2 = k_i/D by the inequality of the means
        exponents, c = terms[0]
        size = abs(c) * sqrt(prod(Rational(k, n) ** k for k in exponents if k))
        odd = any(k % 2 for k in exponents)
        return (size, size) if odd else _extremes([c])
    if all(max(m) == n for m, _ in terms):  # a sum of powers: at one of them, since |w_i| <= 1
        values = [c for _, c in terms] + ([-c for _, c in terms] if n % 2 else [])
        return _extremes(values)
    return None


def _extremes(values: Sequence[Expr]) -> Sides:
    up, low = max(values), -min(values)
    return (up if up > 0 else None, low if low > 0 else None)


# -- R against Q --------------------------------------------------------------------------------------


def _same(n: Nearest, total: Expr | None, whole: Connected, model: Model) -> Verdict | None:
    """Is R = 2 Q, the only multiple that fits near the start?  A slope refutes it; None where it is not decided."""
    q = whole.potential
    if not q.verdict.is_proved or whole.warp.factor != 1 or not q.normalised:
        return None
    if total is not None and q.value is not None and is_identity(total - 2 * q.value):
        return proved("R = 2 Q, identically")
    ones = dict.fromkeys(model.constants, Integer(1))
    equation = n.equation.xreplace(ones)
    for b, slope in _slopes(whole, model, ones):
        low, high = (e.xreplace(ones) for e in n.domain)
        if _inside(b, (low, high)) and is_nonzero(_clash(equation, b, slope)):
            where = f"beta = {b}" + (", all constants 1" if ones else "")
            return refuted(f"R has not the slope of 2 Q at {where}: a resultant is not 0 there")
    return None


def _slopes(whole: Connected, model: Model, ones: dict[Symbol, Integer]) -> Iterator[tuple[Rational, Expr]]:
    """(beta, Q'(beta)) at a few rational beta near the start, for the first coordinate."""
    q = whole.potential
    beta0 = model.predictor[0].xreplace(model.start_map()).xreplace(ones)
    for step in (Rational(1, 10), Rational(-1, 10), Rational(1, 30)):
        if q.gradient is not None and beta0.is_Rational:
            yield beta0 + step, q.gradient[0].xreplace(ones).subs(model.coordinates[0], beta0 + step)
        elif q.dual_gradient is not None:
            b = q.dual_gradient[0].xreplace(ones).subs(q.dual_variables[0], step)
            if b.is_Rational:
                yield b, step


def _clash(equation: Expr, b: Rational, slope: Expr) -> Expr:
    """Zero where P(R, b) = 0 and P_beta + 2 Q' P_R = 0 have a common root R."""
    s = Symbol("s")
    moved = equation.diff(BETA) + 2 * s * equation.diff(VALUE)
    return resultant(equation.subs(BETA, b), moved.subs(BETA, b), VALUE).subs(s, slope)
