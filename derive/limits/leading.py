"""The leading terms of a closed Q along a path of the start's constants.

Q is a sum over independent blocks.  The part of a block is taken from the closed form, from the parametric one where
the parameters are known in beta, or, for one coordinate, from a dual that is a quadratic in an exponential:

    beta(s) = A u + B/u + C, u = exp(ks), A > 0 > B:   with y = beta - C, m = sqrt(-AB), R = sqrt(y^2 + 4 m^2),
    Q = (y asinh(y/(2m)) + (y/2) log(-B/A) - R + A - B)/k

(u = (y + R)/(2A) is the positive root, A u - B/u = R, and Q = beta s - Q*(s)); B = 0 is the entropy.  Each part is
expanded by `derive.limits.expansion`, on both sides of zero where it has one coordinate; what is largest together is
the equivalent of Q, what comes next the next term.  An equivalent in which a part tends to a constant alone says
nothing about beta and is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Integer, Pow, Symbol, asinh, log, oo, sqrt

from derive.blocks import Block, Template, template
from derive.connected import Connected
from derive.exact.identity import is_identity
from derive.exact.signs import is_defined, settled, sign_of
from derive.limits.certain import certain_sign
from derive.limits.expansion import Term, leading_terms
from derive.limits.norms import Sides, norm_of, orientation, radial, separated
from derive.limits.paths import Path, T
from derive.limits.small import X, glued
from derive.model import Model
from derive.potentials.growth import exponentials

MAX_OPERATIONS = 700
FACTORED = 5  # symbols and roots: SymPy's factorisation in more of them draws random points, and may take minutes
MAX_TERMS = 60
Order = tuple[Expr, int]
Part = dict[Order, Expr]  # terms by order; in the betas of the block


@dataclass(frozen=True, slots=True, kw_only=True)
class Leading:
    """`equivalent` and `next_term` in beta and the constants; `orientation` is z in E = f(|beta|) + z . beta."""

    equivalent: Expr
    next_term: Expr | None
    norm: str | None
    orientation: tuple[Expr, ...] | None
    relative: Expr | None


def leading(model: Model, parts: Sequence[Block], whole: Connected, path: Path) -> Leading | None:
    """Q along the path at fixed beta; None where beta(0) does not stay bounded, or a step is undecided."""
    start = model.start_map()
    coordinates = model.coordinates
    origin = {b: f.xreplace(start).expand() for b, f in zip(coordinates, model.predictor, strict=True)}
    if not all(_bounded(path.forth(b0)) for b0 in set(origin.values())):
        return None
    known: dict[Template, tuple[Part, tuple[Symbol, ...], Sides] | None] = {}
    found: list[Part] = []
    sides: dict[Symbol, Sides] = {}
    for block in parts:
        key = template(block)
        betas = tuple(coordinates[i] for i in block.places)
        if key not in known:
            part = _part(model, block, whole, origin, path, len(parts) == 1)
            known[key] = None if part is None else (part[0], betas, part[1])
        representative = known[key]
        if representative is None:
            return None
        names = dict(zip(representative[1], betas, strict=True))
        found.append({order: e.xreplace(names) for order, e in representative[0].items()})
        sides |= dict.fromkeys(betas, representative[2])
    return assembled(model, found, [sides[b] for b in coordinates], path)


def _bounded(e: Expr) -> bool:
    """Does it stay bounded along the path?"""
    first = leading_terms(e, T, 1)
    return first is not None and all(term.power > 0 or (term.power == 0 and term.logs == 0) for term in first)


def assembled(model: Model, found: Sequence[Part], sides: Sequence[Sides], path: Path) -> Leading | None:
    """Q from the terms of its blocks; None where a block tends to a constant alone in the leading order."""
    orders = sorted({order for part in found for order in part})
    groups = [[part[order] for part in found if order in part] for order in orders[:2]]
    betas = set(model.coordinates)
    if not groups or any(not e.free_symbols & betas for e in groups[0]):
        return None
    coefficients = [tidy(Add(*group)) for group in groups]
    values = [
        tidy(path.home(Term(coefficient=c, power=order[0], logs=-order[1]).at(T)))
        for c, order in zip(coefficients, orders, strict=False)
    ]
    value, first = values[0], coefficients[0]
    z = None if separated(first, model.coordinates) is not None else orientation(first, model.coordinates)
    tilt: tuple[Expr, ...] = ()
    if z is not None:
        size = path.home(Term(coefficient=Integer(1), power=orders[0][0], logs=-orders[0][1]).at(T))
        tilt = tuple(size * path.home(c) for c in z)
        value = radial(value, model.coordinates, tilt)
    return Leading(
        equivalent=value,
        next_term=values[1] if len(values) > 1 else None,
        norm=norm_of(first, model.coordinates, sides),
        relative=_ratio(orders, path) if len(values) > 1 else None,
        orientation=tilt if any(not c.is_zero for c in tilt) else None,
    )


def _ratio(orders: Sequence[Order], path: Path) -> Expr:
    """The size of the next term against the leading one."""
    (x, m), (y, n) = orders[:2]
    return path.home(T ** (y - x) * log(1 / T) ** (m - n))


# -- one block ----------------------------------------------------------------------------------------


def _part(
    model: Model, block: Block, whole: Connected, origin: Mapping[Symbol, Expr], path: Path, alone: bool
) -> tuple[Part, Sides] | None:
    betas = [model.coordinates[i] for i in block.places]
    q = _formula(model, block, whole, origin, alone)
    if q is None or q.count_ops() > MAX_OPERATIONS:
        return None
    q = path.forth(q)
    if len(betas) > 1:
        generic = {b: Symbol(f"{b}_", real=True, nonzero=True) for b in betas}
        terms = _terms(q.xreplace(generic))
        names = {g: b for b, g in generic.items()}
        return None if terms is None else ({o: e.xreplace(names) for o, e in terms.items()}, (True, True))
    validity = whole.potential.validity
    interval = None if validity is None else validity.intervals[block.places[0]]
    low, high = (-oo, oo) if interval is None else (path.forth(end) for end in interval)
    up, down = _stays_open(high), _stays_open(-low)
    if up is None or down is None or not (up or down):
        return None
    above = _terms(q.xreplace({betas[0]: X})) if up else {}
    below = _terms(q.xreplace({betas[0]: -X})) if down else {}
    if above is None or below is None:
        return None
    if not (up and down):
        one, x = (above, betas[0]) if up else (below, -betas[0])
        return {o: e.subs(X, x) for o, e in one.items()}, (up, down)
    both: Part = {}
    for order in {*above, *below}:
        both[order] = glued(above.get(order, Integer(0)), below.get(order, Integer(0)), betas[0])
    # a term beyond the last known one of the other side is not complete
    last = min((max(side) for side in (above, below)), default=None)
    return {o: e for o, e in both.items() if last is not None and o <= last}, (True, True)


def _stays_open(end: Expr) -> bool | None:
    """Is x > 0 inside (.., end) along the path, for small x at least?"""
    if end in (oo, -oo):
        return end is oo
    first = leading_terms(end, T, 1)
    if first is None:
        return None
    if not first or first[0].power > 0:
        return False
    side = sign_of(first[0].coefficient)
    return None if side is None else side == 1


def _terms(q: Expr) -> Part | None:
    found = leading_terms(q, T, 2) or leading_terms(q, T, 1)
    return {(term.power, -term.logs): term.coefficient for term in found} if found else None


def _formula(model: Model, block: Block, whole: Connected, origin: Mapping[Symbol, Expr], alone: bool) -> Expr | None:
    """Q of the block in its betas and the constants."""
    q, betas = whole.potential, [model.coordinates[i] for i in block.places]
    if q.value is not None:
        if alone:
            return q.value
        own = Add(*(term for term in Add.make_args(q.value) if term.free_symbols & set(betas)))
        offset = own.xreplace({b: origin[b] for b in betas})
        return own - offset if is_defined(offset) and own.free_symbols & set(betas) else None
    if q.parametric is not None and q.parametric.value is not None and alone:
        solved, start = dict(whole.elimination.parameters), model.start_map()
        constants = {c: law.xreplace(start) for c, law in whole.elimination.constants}
        value = q.parametric.value.xreplace(solved).xreplace(constants)
        if not value.free_symbols & (set(model.parameters) | set(constants)):
            return value
    if len(betas) == 1 and q.dual_gradient is not None:
        i = block.places[0]
        return _inverted(q.dual_gradient[i], q.dual_variables[i], betas[0])
    return None


def _inverted(path: Expr, s: Symbol, beta: Symbol) -> Expr | None:
    """Q from beta(s) = A exp(ks) + B exp(-ks) + C; None where beta(s) has another form."""
    rates = exponentials(path, s)
    if rates is None:
        return None
    constant = rates.pop(Integer(0), Integer(0))
    up = [k for k in rates if sign_of(k) == 1]
    if len(up) != 1 or any(k not in (up[0], -up[0]) for k in rates):
        return None
    k = up[0]
    a, b = rates[k].factor(), rates.get(-k, Integer(0)).factor()
    if certain_sign(a) != 1 or certain_sign(b) not in (0, -1):
        return None
    y = beta - constant
    if b.is_zero:
        return (y * log(y / a) - y + a) / k
    middle = settled(sqrt((-a * b).factor()))
    return (y * (asinh(y / (2 * middle)) + log(-b / a) / 2) - sqrt(y**2 + 4 * middle**2) + a - b) / k


def tidy(e: Expr) -> Expr:
    """The shortest of a few equal forms; long expressions are left as they are."""
    if len(Add.make_args(e)) > MAX_TERMS or e.count_ops() > MAX_OPERATIONS:
        return e
    forms = [e, e.expand(), settled(e), settled(e).expand()]
    roots = {u.base for u in e.atoms(Pow) if not u.exp.is_Integer}
    if e.count_ops() < 150 and len(e.free_symbols) + len(roots) <= FACTORED:
        forms += [forms[-1].factor(), settled(forms[-1].together().cancel())]
    best = min(forms, key=lambda f: f.count_ops())
    return best if best is e or is_identity(best - e) else e
