"""Stage 7, the potential: `Hess Q = g H` with `grad Q(beta(0)) = 0`.

Three routes, tried in this order, none of which knows an architecture:

* *metric*: one coordinate whose M is known in beta, Q'' = 1/M, integrated (`derive.integrals`);
* *parameters*: functions y_k(w) with V_i(y_k) = g delta_ik are the partial derivatives of Q, since
  V_i(Q_k) = sum_l Q_kl M_li = g (H M)_ki; and Q itself is a function with V_i(Q) = (M y)_i.  Both are
  linear problems (`derive.primitive`).  Where the parameters are known in beta, substitution gives a
  closed form; otherwise the form is parametric: Q and grad Q at beta = F(w) on the leaf;
* *dual*: follow the commuting flow from the start (`derive.dual`).

Q is strictly convex on the leaf's image: g > 0 and H = (J G^-1 J^T)^-1 is positive definite there.
Every closed form is differentiated back by `derive.check`, which shares no code with the integrators;
one that is not confirmed is not used.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice

from sympy import Abs, Expr, Integer, Symbol, oo

from derive.check import confirms
from derive.conservation import ConservationLaws
from derive.dual import Dual, dual_flow
from derive.dynamics import InducedDynamics, Vector, dot, induced_dynamics
from derive.elimination import Elimination
from derive.errors import InputError
from derive.exact.field import Element
from derive.integrals import scalar_potential
from derive.leaf import Leaf
from derive.model import Model
from derive.primitive import MAX_ENTRIES, Entry, clocks, entry, laurent, logarithms, monomials, solve_primitive
from derive.verdict import Verdict, proved, refuted, unknown
from derive.warp import Warp

MAX_OPERATIONS = 3000
FORMS = ("closed", "dual", "parametric", "quadrature", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parametric:
    """Q and grad Q (d entries) as functions of the parameters, at beta = F(w) on the leaf."""

    gradient: tuple[Expr, ...]
    value: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Potential:
    """The implicit regularizer.

    `form` is closed, parametric, dual, quadrature or none.  `value`, `gradient` are in `variables`
    (beta); `dual_value` is Q*(s), `dual_gradient` is beta(s), in `dual_variables`, valid for s in
    `dual_domain` (one interval a coordinate).  `reason` says what is missing.
    """

    verdict: Verdict
    form: str
    variables: tuple[Symbol, ...]
    dual_variables: tuple[Symbol, ...]
    value: Expr | None = None
    gradient: tuple[Expr, ...] | None = None
    parametric: Parametric | None = None
    dual_value: Expr | None = None
    dual_gradient: tuple[Expr, ...] | None = None
    dual_domain: tuple[tuple[Expr, Expr], ...] | None = None
    reason: str | None = None
    normalised: bool = True

    def with_duals(self, names: Mapping[Symbol, Symbol]) -> "Potential":
        """The dual side under other names of the dual variables (they are bound, so this is free)."""
        def moved(e: Expr | None) -> Expr | None:
            return None if e is None else e.xreplace(dict(names))

        gradient = None if self.dual_gradient is None else tuple(e.xreplace(dict(names)) for e in self.dual_gradient)
        return replace(self, dual_variables=tuple(names.get(s, s) for s in self.dual_variables),
                       dual_value=moved(self.dual_value), dual_gradient=gradient)  # fmt: skip


def undecided(model: Model, reason: str) -> Potential:
    """No potential, and why."""
    duals = tuple(Symbol(f"s{i + 1}", real=True) for i in range(len(model.predictor)))
    return Potential(verdict=unknown(reason), form="none", variables=model.coordinates, dual_variables=duals, reason=reason)


def potential(leaf: Leaf, laws: ConservationLaws, found: Warp, eliminated: Elimination) -> Potential:
    """The potential of one connected model."""
    model = leaf.dynamics.model
    betas = model.coordinates
    blank = undecided(model, found.verdict.reason)
    duals = blank.dual_variables
    if found.verdict.is_refuted:
        verdict = refuted(f"no scalar potential: {found.verdict.reason}", found.verdict.witness)
        return replace(blank, verdict=verdict, reason=verdict.reason)
    if not found.verdict.is_proved:
        return blank
    parametric = _parametric(leaf, laws, found, dict(eliminated.branch) or next(iter(leaf.points(1)), {}))
    dual = dual_flow(leaf.dynamics, duals[0]) if len(betas) == 1 else None
    closed = _scalar(leaf, eliminated, duals[0]) if len(betas) == 1 else None
    if closed is None and parametric is not None:
        closed = _substituted(leaf, laws, found, eliminated, parametric)
    return _assemble(blank, closed, parametric, dual, normalised=model.start is not None)


def _assemble(blank: Potential, closed, parametric: Parametric | None, dual: Dual | None, *, normalised: bool) -> Potential:
    changes: dict = {"parametric": parametric, "normalised": normalised}
    if dual is not None:
        changes |= {"dual_gradient": (dual.gradient,), "dual_value": dual.value, "dual_domain": (dual.interval,)}
    if closed is not None:
        value, gradient, dual_value, dual_gradient = closed
        changes |= {"value": value, "gradient": gradient}
        if dual_gradient is not None:
            changes |= {"dual_value": dual_value, "dual_gradient": (dual_gradient,), "dual_domain": ((-oo, oo),)}
        reason = None if normalised else "no start is given: Q is determined up to a linear term"
        return replace(blank, form="closed", reason=reason, **changes,
                     verdict=proved("Q was differentiated back: Hess Q = g H, identically"))  # fmt: skip
    if dual is not None:
        reason = "Q is the Legendre transform of Q*; its gradient inverts beta(s), for which there is no closed form here"
        return replace(blank, form="dual", reason=reason, **changes,
                     verdict=proved("beta(s) solves the gradient field from the start, identically, so grad Q is its inverse"))  # fmt: skip
    if parametric is not None:
        reason = "Q is known as a function of the parameters; beta = F(w) was not inverted"
        return replace(blank, form="parametric", reason=reason, **changes,
                     verdict=proved("V_i(Q_k) = g delta_ik, identically in the parameters"))  # fmt: skip
    reason = "Q exists on the leaf, since its gradient is a closed form there; no expression for it was found"
    return replace(blank, form="quadrature", reason=reason, verdict=proved(reason), **changes)


def _scalar(leaf: Leaf, eliminated: Elimination, s: Symbol):
    """The metric route, one coordinate."""
    model = leaf.dynamics.model
    if eliminated.inverse_metric is None:
        return None
    start = model.start_map()
    beta = model.coordinates[0]
    m = eliminated.inverse_metric[0][0]
    beta0 = None
    if start:
        m = m.xreplace({c: law.xreplace(start) for c, law in eliminated.constants})
        beta0 = model.predictor[0].xreplace(start)
    anchor = model.predictor[0].xreplace(dict(eliminated.branch)) if beta0 is None else beta0
    m = m.replace(Abs, lambda u: _unsigned(u, u.subs(beta, anchor)))
    found = scalar_potential(m, beta, beta0, anchor, s)
    if found is None or not confirms([found.gradient], found.value, [[m]], Integer(1), [beta], None if beta0 is None else [beta0]):
        return None
    return found.value, (found.gradient,), found.dual_value, found.dual_gradient


def _unsigned(inner: Expr, there: Expr) -> Expr:
    """|u| on the branch where u has the sign that it has at the start."""
    return inner if there.is_positive else -inner if there.is_negative else Abs(inner)


# -- the parameter route ------------------------------------------------------------------------------


def _parametric(leaf: Leaf, laws: ConservationLaws, found: Warp, point: Mapping[Symbol, Expr]) -> Parametric | None:
    """grad Q and Q as functions of w, normalised at the start."""
    if found.signed is None:
        return None
    model = leaf.dynamics.model
    try:
        own = induced_dynamics(model, also=[found.signed])
        g = own.field.convert(found.signed)
    except (InputError, KeyError):
        return None
    sign = _sign_of(found, point)
    entries = _dictionary(own, laws)
    d = len(own.gradients)
    gradient = []
    for k in range(d):
        target = tuple(g if i == k else own.field.zero for i in range(d))
        y = solve_primitive(own.field, entries, target, leaf.on_leaf)
        if y is None:
            return None
        gradient.append(sign * y)
    value = _value(own, leaf, entries, gradient)
    return _normalise(model, tuple(gradient), value)


def _sign_of(found: Warp, point: Mapping[Symbol, Expr]) -> Expr:
    """g over its signed form: the sign of that form on the branch."""
    if found.factor is None or found.signed is None:
        return Integer(1)
    ratio = (found.factor / found.signed).xreplace(dict(point))
    return Integer(-1) if ratio.is_negative else Integer(1)


def _dictionary(dynamics: InducedDynamics, laws: ConservationLaws) -> list[Entry]:
    symbols = dynamics.model.parameters
    terms: list[Expr] = []
    top = 1 + max(2, *(int(e.numerator.total_degree()) + 1 for row in dynamics.jacobian for e in row))
    for degree in range(1, min(top, 7) + 1):
        more = list(islice(monomials(symbols, degree), MAX_ENTRIES))
        if len(terms) + len(more) < 700:
            terms += more
    terms += laurent(symbols, 1) or laurent(symbols[:3], 1)
    return [*(entry(dynamics, t) for t in terms), *clocks(dynamics), *logarithms(dynamics)]


def _value(own: InducedDynamics, leaf: Leaf, entries: list[Entry], gradient: list[Expr]) -> Expr | None:
    """Q with V_i(Q) = (M y)_i, where y is rational."""
    try:
        y: Vector = tuple(own.field.convert(g) for g in gradient)
    except (KeyError, InputError):
        return None
    target: tuple[Element, ...] = tuple(dot(own.field, row, y) for row in own.inverse_metric)
    return solve_primitive(own.field, entries, target, leaf.on_leaf)


def _normalise(model, gradient: tuple[Expr, ...], value: Expr | None) -> Parametric:
    if model.start is None:
        return Parametric(gradient=gradient, value=value)
    start = model.start_map()
    offset = tuple(y.xreplace(start) for y in gradient)
    if value is not None:
        linear = sum((c * (f - f.xreplace(start)) for c, f in zip(offset, model.predictor, strict=True)), Integer(0))
        value = value - value.xreplace(start) - linear
    return Parametric(gradient=tuple(y - c for y, c in zip(gradient, offset, strict=True)), value=value)


def _substituted(leaf: Leaf, laws: ConservationLaws, found: Warp, eliminated: Elimination, parametric: Parametric):
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
    value = in_beta(parametric.value) if parametric.value is not None and parametric.value.free_symbols & set(model.parameters) <= set(known) else None
    if sum(y.count_ops() for y in gradient) > MAX_OPERATIONS:
        return None
    metric = [[e.xreplace(constants) for e in row] for row in eliminated.inverse_metric]
    beta0 = [f.xreplace(start) for f in model.predictor] if start else None
    if found.signed is None or not found.signed.free_symbols & set(model.parameters) <= set(known):
        return None
    factor = _sign_of(found, dict(eliminated.branch)) * in_beta(found.signed)
    if confirms(list(gradient), value, metric, factor, list(model.coordinates), beta0):
        return value, gradient, None, None
    return None
