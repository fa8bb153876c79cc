"""Stage 7a, the parameter route to the potential: functions of w, found by linear algebra.

Functions y_k(w) with V_i(y_k) = g delta_ik are the partial derivatives of Q, since

    V_i(Q_k) = sum_l Q_kl M_li = g (H M)_ki,

and Q itself is a function with V_i(Q) = (M y)_i, or sum_k y_k F_k - P with V_i(P) = g F_i (Legendre): P is in the
dictionary also where y is an arctangent.  All are linear problems (`derive.laws.primitive`).  Where the parameters are
known in beta, substitution gives a closed form, which is differentiated back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from sympy import Abs, Expr, Integer, Integral, Mul, Symbol, sign

from derive.branch.elimination import Elimination
from derive.errors import InputError
from derive.exact.field import Element
from derive.exact.signs import is_defined, sign_of
from derive.fields.dynamics import InducedDynamics, Vector, dot, induced_dynamics
from derive.fields.leaf import Leaf
from derive.laws.primitive import (
    MAX_ENTRIES,
    Entry,
    admitted,
    entry,
    fractions,
    laurent,
    logarithms,
    monomials,
    solve_primitive,
    towers,
)
from derive.laws.quadrature import clocks
from derive.metric.warp import Warp
from derive.model import Model
from derive.potentials.check import confirms
from derive.potentials.leaf_clock import leaf_clocks

MAX_OPERATIONS = 3000
# Q, grad Q, and where they are known Q*(s) and beta(s) of the one coordinate
Closed = tuple[Expr | None, tuple[Expr, ...], Expr | None, Expr | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parametric:
    """Q and grad Q (d entries) as functions of the parameters, at beta = F(w) on the leaf."""

    gradient: tuple[Expr, ...]
    value: Expr | None


def parametric_form(leaf: Leaf, laws: Sequence[Expr], found: Warp, point: Mapping[Symbol, Expr]) -> Parametric | None:
    """grad Q and Q as functions of w, normalised at the start."""
    if found.signed is None:
        return None
    model = leaf.dynamics.model
    try:
        own = induced_dynamics(model, also=[found.signed])
        g = own.field.convert(found.signed)
    except (InputError, KeyError):
        return None
    sign = _sign_of(found, model.start_map() or point)
    if sign is None:
        return None
    best: tuple[tuple[Expr, ...], Expr | None] | None = None
    for entries in (admitted(listed, leaf) for listed in _dictionaries(own, leaf, laws)):
        gradient = _gradient(own, leaf, entries, g)
        if gradient is None:
            continue
        signed = [sign * y for y in gradient]
        best = tuple(signed), _value(own, leaf, entries, signed) or _by_legendre(own, leaf, entries, signed, sign, g)
        if best[1] is not None:
            break
    if best is None and (radial := _isotropic(own, leaf, g)) is not None:
        signed = [sign * y for y in radial]
        best = tuple(signed), _value(own, leaf, admitted(_dictionary(own), leaf), signed)
    return None if best is None else _normalise(model, *best)


def _gradient(own: InducedDynamics, leaf: Leaf, entries: list[Entry], g: Element) -> list[Expr] | None:
    """Functions y_k with V_i(y_k) = g delta_ik in the span of the entries."""
    found = []
    for k in range(len(own.gradients)):
        target = tuple(g if i == k else own.field.zero for i in range(len(own.gradients)))
        y = solve_primitive(own.field, entries, target, leaf.on_leaf)
        if y is None:
            return None
        found.append(y)
    return found


def _isotropic(own: InducedDynamics, leaf: Leaf, g: Element) -> list[Expr] | None:
    """y = g beta / A for M = A I + B beta beta^T (docs/derivations/scope.md, Corollary 8), if V_i(y_k) = g delta_ik."""
    d, field, m = len(own.gradients), own.field, own.inverse_metric
    betas = tuple(map(field.convert, own.model.predictor))
    if d < 2 or any(b.vanishes for b in betas):
        return None
    across = leaf.on_leaf(m[0][0] - m[0][1] * betas[0] / betas[1])
    if field.normal(across).vanishes:
        return None
    found = [g * b / across for b in betas]
    for k, y in enumerate(found):
        for i, v in enumerate(own.gradients):
            target = g if i == k else field.zero
            if not field.normal(leaf.on_leaf(own.along(v, y) - target)).vanishes:
                return None
    shown = [y.expression() for y in found]
    start = own.model.start_map()
    return shown if all(is_defined(y.xreplace(start)) for y in shown) else None


def _sign_of(found: Warp, point: Mapping[Symbol, Expr]) -> Expr | None:
    """g over its signed form: the sign of that form on the branch; None where it depends on the start's constants."""
    if found.factor is None or found.signed is None:
        return Integer(1)
    sign = sign_of(found.signed.xreplace(dict(point)))
    return Integer(sign) if sign else None


def on_every_side(q: Parametric, found: Warp, model: Model, point: Mapping[Symbol, Expr]) -> Parametric:
    """Without a start, the form for every sign of the factors of g: V_i(y_k) = g delta_ik with g > 0 on both sides.

    It was found for g up to sign, with the sign of g at one point.
    """
    if model.start is not None or found.factor is None:
        return q
    powers = [f.as_base_exp() for f in Mul.make_args(found.factor)]
    odd = [base.args[0] for base, n in powers if isinstance(base, Abs) and n.is_Integer and n.is_odd]
    here = Mul(*(sign(u.xreplace(dict(point))) for u in odd))
    turned = here * Mul(*map(sign, odd))
    if turned == 1 or not here.is_nonzero:
        return q
    value = None if q.value is None else turned * q.value
    return replace(q, gradient=tuple(turned * y for y in q.gradient), value=value)


def _dictionaries(dynamics: InducedDynamics, leaf: Leaf, laws: Sequence[Expr]) -> Iterator[list[Entry]]:
    """Without and with fractions, and the integrals of dw / V(w), which SymPy may search for long."""
    entries = _dictionary(dynamics)
    yield entries
    for more in (fractions, clocks):
        if found := more(dynamics):
            yield [*entries, *found]
    of_leaf = leaf_clocks(leaf, laws)
    if of_leaf:
        yield [*entries, *of_leaf]


def _dictionary(dynamics: InducedDynamics) -> list[Entry]:
    symbols = dynamics.model.parameters
    terms: list[Expr] = []
    given = [dynamics.field.convert(e) for e in dynamics.model.parameter_metric or ()]
    top = 1 + max(
        2,
        *(int(e.numerator.total_degree()) + 1 for row in dynamics.jacobian for e in row),
        *(int(e.numerator.total_degree()) + 1 for e in given),
    )
    for degree in range(1, min(top, 7) + 1):
        more = list(islice(monomials(symbols, degree), MAX_ENTRIES))
        if len(terms) + len(more) < 700:
            terms += more
    terms += laurent(symbols, 1) or laurent(symbols[:3], 1)
    start = dynamics.model.start_map()
    defined = [t for t in terms if is_defined(t.xreplace(start))]
    more = [e for e in towers(dynamics) if is_defined(e.function.xreplace(start))]
    return [*(entry(dynamics, t) for t in defined), *more, *logarithms(dynamics)]


def _value(own: InducedDynamics, leaf: Leaf, entries: list[Entry], gradient: list[Expr]) -> Expr | None:
    """Q with V_i(Q) = (M y)_i, where y is rational."""
    try:
        y: Vector = tuple(own.field.convert(g) for g in gradient)
    except (KeyError, InputError):
        return None
    target: tuple[Element, ...] = tuple(dot(own.field, row, y) for row in own.inverse_metric)
    return solve_primitive(own.field, entries, target, leaf.on_leaf)


def _by_legendre(
    own: InducedDynamics, leaf: Leaf, entries: list[Entry], gradient: list[Expr], sign: Expr, g: Element
) -> Expr | None:
    """Q = sum_k y_k F_k - P with V_i(P) = |g| F_i, for gradients that are no elements of the field."""
    predictor = own.model.predictor
    target = tuple(g * own.field.convert(f) for f in predictor)
    p = solve_primitive(own.field, entries, target, leaf.on_leaf)
    if p is None:
        return None
    return sum((y * f for y, f in zip(gradient, predictor, strict=True)), -sign * p)


def _normalise(model: Model, gradient: tuple[Expr, ...], value: Expr | None) -> Parametric:
    if model.start is None:
        return Parametric(gradient=gradient, value=value)
    start = model.start_map()
    offset = tuple(_at(y, start) for y in gradient)
    if value is not None:
        linear = sum((c * (f - f.xreplace(start)) for c, f in zip(offset, model.predictor, strict=True)), Integer(0))
        value = value - _at(value, start) - linear
    return Parametric(gradient=tuple(y - c for y, c in zip(gradient, offset, strict=True)), value=value)


def _at(e: Expr, start: Mapping[Symbol, Expr]) -> Expr:
    """The expression at the start, where an integral from the start is zero."""
    return e.xreplace(dict(start)).replace(
        lambda u: isinstance(u, Integral) and u.limits[0][1] == u.limits[0][2], lambda _: Integer(0)
    )


def in_coordinates(leaf: Leaf, found: Warp, eliminated: Elimination, parametric: Parametric) -> Closed | None:
    """The parametric form written in beta, where every parameter it needs is known in beta."""
    model = leaf.dynamics.model
    known = dict(eliminated.parameters)
    needed = set().union(*(y.free_symbols for y in parametric.gradient)) & set(model.parameters)
    if not needed <= set(known) or eliminated.inverse_metric is None:
        return None
    start = model.start_map()
    constants = {c: law.xreplace(start) for c, law in eliminated.constants} if start else {}

    def in_beta(expression: Expr) -> Expr:
        return expression.xreplace(known).xreplace(constants)

    gradient = tuple(in_beta(y) for y in parametric.gradient)
    value = (
        in_beta(parametric.value)
        if parametric.value is not None and parametric.value.free_symbols & set(model.parameters) <= set(known)
        else None
    )
    if sum(y.count_ops() for y in gradient) > MAX_OPERATIONS:
        return None
    metric = [[e.xreplace(constants) for e in row] for row in eliminated.inverse_metric]
    beta0 = [f.xreplace(start) for f in model.predictor] if start else None
    factor = factor_in_beta(found, eliminated, model)
    if factor is None:
        return None
    if confirms(list(gradient), value, metric, factor, list(model.coordinates), beta0):
        return value, gradient, None, None
    return None


def factor_in_beta(found: Warp, eliminated: Elimination, model: Model) -> Expr | None:
    """g on the branch, as a smooth function of beta; None where a parameter in it is not known in beta."""
    known, start = dict(eliminated.parameters), model.start_map()
    if found.signed is None or not found.signed.free_symbols & set(model.parameters) <= set(known):
        return None
    constants = {c: law.xreplace(start) for c, law in eliminated.constants} if start else {}
    sign = _sign_of(found, start or dict(eliminated.branch))
    return None if sign is None else sign * found.signed.xreplace(known).xreplace(constants)
