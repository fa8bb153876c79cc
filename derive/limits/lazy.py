"""The kernel regime along a path: a start that grows in one direction of parameter space.

Let w0 = lambda (v + o(1)) along the path, lambda = t^-m -> oo, with v fixed, and let M and g be smooth near v, M(v)
regular and g(v) > 0.  For F of degree D, the parameter metric of degree k and g of degree gamma, the start w0/lambda
has Q_{w0}(beta) = lambda^(gamma + 2 + k) Q_{w0/lambda}(beta/lambda^D), and w0/lambda stays near v, where the remainder
of Taylor's theorem is uniform.  Hence, at fixed e = beta - beta_0,

    Q = g(v)/2 lambda^(gamma + k + 2 - 2D) e^T M(v)^-1 e (1 + O(lambda^-D) + O(w0/lambda - v)).

A constant that makes one layer large against the others ends here (shape s -> 1 of Azulay et al. 2021, section 7):
only the other layers move, the model is linear in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Abs, Expr, Integer, Pow, Rational, Symbol, log, oo, sign

from derive.blocks import Block, Template, template
from derive.connected import Connected
from derive.exact.identity import is_nonzero
from derive.exact.signs import is_defined, sign_of
from derive.limits.expansion import leading_terms
from derive.limits.kernel import Quadratic, quadratic_at_start
from derive.limits.leading import tidy
from derive.limits.paths import Path, T
from derive.limits.scaling import Scaling, scaling
from derive.model import Model

MAX_COORDINATES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Lazy:
    """The quadratic form, its norm, and the relative order of what follows (an expression in the constants).

    `exact`: the form is that of the start itself, not only its limit."""

    equivalent: Expr
    norm: str
    relative: Expr
    exact: bool


@dataclass(frozen=True, slots=True)
class _Direction:
    """w0 = T^-m (v + O(T^gap)); gap is oo where w0 is a multiple of v."""

    growth: Rational
    limit: tuple[Expr, ...]
    gap: Expr


def lazy(model: Model, parts: Sequence[Block], whole: Connected, path: Path, here: Quadratic) -> Lazy | None:
    """None where the start does not grow, or M is not regular in the limit; `here` is the form at the start."""
    direction = _direction(model, path)
    if direction is None or whole.warp.factor is None:
        return None
    there = replace(model, start=direction.limit)
    point = there.start_map()
    if not all(is_analytic(e, point) for e in {*model.predictor, whole.warp.factor, *(model.parameter_metric or ())}):
        return None
    g = whole.warp.factor.xreplace(point)
    if not is_defined(g) or not is_nonzero(g):
        return None
    quadratic = quadratic_at_start(there, parts, whole)
    laws = _laws(parts, whole.warp.factor, tuple(c for c, _ in path.along))
    if quadratic is None or laws is None:
        return None
    # the form is a sum over blocks, each with the power of lambda of its own law
    powers = {direction.growth * (law.potential - 2 * law.predictor) for law in laws.values()}
    if len(powers) != 1:
        return None
    start = model.start_map()
    shift = {}
    for b, f in zip(model.coordinates, model.predictor, strict=True):
        at_start, limit = f.xreplace(start).expand(), f.xreplace(point).expand()
        shift[b] = b - at_start + limit
    slowest = min(law.predictor for law in laws.values()) * direction.growth * here.order if here.order else oo
    gap = min(slowest, _gap(here.value, model.coordinates, path, direction.gap))
    power = powers.pop()
    return Lazy(
        equivalent=path.home(path.forth(here.value))
        if direction.gap == oo
        else tidy(path.home(T ** (-power)) * path.home(quadratic.value.xreplace(shift))),
        norm=quadratic.norm,
        relative=Integer(0) if gap == oo else path.home(T**gap),
        exact=direction.gap == oo,
    )


def _gap(form: Expr, betas: Sequence[Symbol], path: Path, otherwise: Expr) -> Expr:
    """The relative power of T with which the form of the start approaches its limit."""
    if otherwise == oo or len(betas) > MAX_COORDINATES:
        return otherwise
    entries = {path.forth(form.diff(b, c)) for i, b in enumerate(betas) for c in betas[: i + 1]}
    found = [leading_terms(e, T, 2) for e in entries]
    terms = [term for f in found if f is not None for term in f]
    if None in found or not terms:
        return otherwise
    lowest = min(term.power for term in terms)
    return min((term.power - lowest for term in terms if term.power > lowest), default=oo)


def _direction(model: Model, path: Path) -> _Direction | None:
    rows = []
    for value in dict.fromkeys(model.start or ()):
        terms = leading_terms(path.forth(value), T, 2)
        if terms is None or any(term.logs for term in terms):
            return None
        rows.append((value, terms))
    lowest = min((terms[0].power for _, terms in rows if terms), default=Integer(0))
    if not lowest.is_negative:
        return None
    limits: dict[Expr, Expr] = {}
    gaps: list[Expr] = []
    for value, terms in rows:
        leads = bool(terms) and terms[0].power == lowest
        limits[value] = terms[0].coefficient if leads else Integer(0)
        gaps += [term.power - lowest for term in (terms[1:] if leads else terms[:1])]
    return _Direction(-lowest, tuple(limits[v] for v in model.start or ()), min(gaps, default=oo))


def _laws(parts: Sequence[Block], factor: Expr, constants: tuple[Symbol, ...]) -> dict[Template, Scaling] | None:
    laws: dict[Template, Scaling] = {}
    for block in parts:
        key = template(block)
        if key not in laws:
            law = scaling(block.model, factor, constants, Integer(1))
            if law is None:
                return None
            laws[key] = law
    return laws


def is_analytic(e: Expr, point: Mapping[Symbol, Expr]) -> bool:
    """Is the expression certainly analytic near the point?  Checked bottom-up on its functions."""
    for u in e.atoms(Pow, log, Abs, sign):
        if not u.free_symbols & set(point):
            continue
        inner = (u.base if isinstance(u, Pow) else u.args[0]).xreplace(dict(point))
        if isinstance(u, Pow) and u.exp.is_Integer and u.exp.is_nonnegative:
            continue
        simple = isinstance(u, Abs | sign) or (isinstance(u, Pow) and u.exp.is_Integer)
        if not is_defined(inner) or (not is_nonzero(inner) if simple else sign_of(inner) != 1):
            return False
    return True
