"""Stage 7, the potential: `Hess Q = g H` with `grad Q(beta(0)) = 0`.

Five routes, tried in this order, none of which knows an architecture:

* *metric*: one coordinate whose M is known in beta, Q'' = 1/M, integrated (`derive.exact.integrals`);
* *parameters*: Q and grad Q as functions of w (`derive.potentials.parametric`).  Where the parameters are known in
  beta, substitution gives a closed form; otherwise the form is parametric: at beta = F(w) on the leaf;
* *diagonal in beta*: a sum of scalar potentials (`derive.potentials.diagonal_metric`);
* *isotropic*: grad Q = g beta / A where M = A(r) I + B(r) beta beta^T (`derive.potentials.isotropic`);
* *dual*: follow the commuting flow from the start (`derive.potentials.dual`).

Q is strictly convex on the leaf's image: g > 0 and H = (J G^-1 J^T)^-1 is positive definite there.
Every closed form is differentiated back by `derive.potentials.check`, which shares no code with the integrators;
one that is not confirmed is not used.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Abs, Expr, Integer, Integral, Pow, Symbol, oo

from derive.branch.elimination import Elimination
from derive.exact.integrals import scalar_potential
from derive.exact.signs import is_defined
from derive.fields.leaf import Leaf
from derive.laws.conservation import ConservationLaws
from derive.metric.warp import Warp
from derive.model import Model
from derive.names import numbered
from derive.potentials.check import confirms
from derive.potentials.diagonal_metric import diagonal_potential
from derive.potentials.dual import Dual, dual_flow, increasing_interval
from derive.potentials.events import degeneracies, events
from derive.potentials.isotropic import isotropic_potential
from derive.potentials.line import image_of, leaf_on_line
from derive.potentials.parametric import (
    Closed,
    Parametric,
    factor_in_beta,
    in_coordinates,
    on_every_side,
    parametric_form,
)
from derive.potentials.routes import Routes, routes
from derive.potentials.validity import Validity, validity
from derive.verdict import Verdict, proved, refuted, unknown

MAX_TERMS = 5000  # in the entries of M, of which the determinant is taken
Form = tuple[Expr | None, tuple[Expr, ...]]  # Q, or None, and grad Q in beta
FORMS = ("closed", "dual", "parametric", "quadrature", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Potential:
    """The implicit regularizer.

    `form` is closed, parametric, dual, quadrature or none.  `value`, `gradient` are in `variables`
    (beta); `dual_value` is Q*(s), `dual_gradient` is beta(s), in `dual_variables`, valid for s in
    `dual_domain` (one interval a coordinate).  `validity` says where all this holds; it is None where there is no
    potential.  `reason` says what is missing.
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
    validity: Validity | None = None
    routes: Routes | None = None


def undecided(model: Model, reason: str) -> Potential:
    """No potential, and why."""
    duals = numbered("s", len(model.predictor), model.symbols)
    return Potential(
        verdict=unknown(reason), form="none", variables=model.coordinates, dual_variables=duals, reason=reason
    )


def potential(
    leaf: Leaf,
    laws: ConservationLaws,
    found: Warp,
    eliminated: Elimination,
    other: Callable[[], Form | None] = lambda: None,
) -> Potential:
    """The potential of one connected model.

    `other` is asked first for Q and grad Q, which it has differentiated back, where rho is a Hessian map.
    """
    model = leaf.dynamics.model
    betas = model.coordinates
    blank = undecided(model, found.verdict.reason)
    duals = blank.dual_variables
    if found.verdict.is_refuted:
        verdict = refuted(f"no scalar potential: {found.verdict.reason}", found.verdict.witness)
        return replace(blank, verdict=verdict, reason=verdict.reason)
    if not found.verdict.is_proved:
        return blank
    form = other() if found.factor == 1 else None
    branch = dict(eliminated.branch) or next(iter(leaf.points(1)), {})
    parametric = parametric_form(leaf, laws.laws, found, branch) if form is None else None
    dual = dual_flow(leaf.dynamics, duals[0]) if len(betas) == 1 else None
    closed = _scalar(leaf, eliminated, duals[0]) if len(betas) == 1 else None
    if closed is None and form is not None:
        closed = (*form, None, None)
    if closed is None and parametric is not None:
        closed = in_coordinates(leaf, found, eliminated, parametric)
    extra: dict[str, Any] = {}
    if len(betas) > 1 and (closed is None or closed[0] is None):
        diagonal = diagonal_potential(model, eliminated, duals) if found.factor == 1 else None
        isotropic = isotropic_potential(model, found, eliminated) if diagonal is None else None
        if diagonal is not None and (closed is None or diagonal.value is not None):
            closed = diagonal.value, diagonal.gradient, None, None
            extra = {
                "dual_value": diagonal.dual_value,
                "dual_gradient": diagonal.dual_gradient,
                "dual_domain": diagonal.dual_domain,
            }
        elif isotropic is not None and (closed is None or isotropic[0] is not None):
            closed = (*isotropic, None, None)
    result = replace(_assemble(blank, closed, parametric, dual, normalised=model.start is not None), **extra)
    compared = _routes(model, found, result, dual)
    if compared.verdict.is_refuted:
        return undecided(model, f"two routes to Q contradict each other: {compared.verdict.reason}")
    return replace(
        result,
        parametric=parametric and on_every_side(parametric, found, model, branch),
        validity=_validity(leaf, laws, found, eliminated, result),
        routes=compared,
    )


def _routes(model: Model, found: Warp, q: Potential, dual: Dual | None) -> Routes:
    """Q as it was integrated against the flow (`derive.potentials.routes`)."""
    return routes(
        model,
        q.gradient,
        None if q.parametric is None else q.parametric.gradient,
        None if dual is None else dict(dual.path),
        None if dual is None else (dual.gradient, q.dual_variables[0]),
        found.signed if found.factor is not None else None,
    )


def _validity(leaf: Leaf, laws: ConservationLaws, found: Warp, eliminated: Elimination, q: Potential) -> Validity:
    """Where the formulas of Q hold (`derive.potentials.validity`), from M and g in beta or else from beta(s)."""
    model = leaf.dynamics.model
    start = model.start_map()
    point = start or dict(eliminated.branch)
    beta0 = {b: f.xreplace(point) for b, f in zip(model.coordinates, model.predictor, strict=True)}
    constants = {c: law.xreplace(point) for c, law in eliminated.constants}
    metric = None
    if eliminated.inverse_metric is not None:
        rows = [[e.xreplace(constants) if start else e for e in row] for row in eliminated.inverse_metric]
        metric = [[_on_side(e, beta0) for e in row] for row in rows] if len(rows) == 1 else rows
    dual = None
    if q.dual_gradient is not None and q.dual_domain is not None:
        dual = q.dual_gradient[0], q.dual_variables[0], q.dual_domain[0]
    happen = events(model, laws.laws, found.signed if found.factor is not None else None)
    ends = [_in_beta(e.expression, eliminated, model, constants if start else {}) for e in happen]
    line = None
    if len(model.parameters) == len(model.predictor) == 1:
        (w,), (f,), (beta,) = model.parameters, model.predictor, model.coordinates
        orbit = leaf_on_line(leaf.dynamics.inverse_metric[0][0].expression(), happen, w, point[w])
        line = None if orbit is None else image_of(f, w, orbit, point[w])
        met = [f.xreplace({w: end}) for end in orbit or () if end not in (oo, -oo)]
        ends += [beta - end for end in met if is_defined(end)]
    return validity(
        [e for e in (q.value, *(q.gradient or ())) if e is not None],
        metric,
        found.factor_in_beta or factor_in_beta(found, eliminated, model),
        model.coordinates,
        beta0 if start else beta0 | constants,
        dual,
        happen,
        regular=_regular(leaf, eliminated, constants if start else {}) if len(beta0) > 1 else None,
        ends=[e for e in ends if e is not None],
        line=line,
    )


def _in_beta(e: Expr, eliminated: Elimination, model: Model, constants: Mapping[Symbol, Expr]) -> Expr | None:
    """A function of the parameters in beta, on the branch; None where a parameter in it is not known there."""
    known = dict(eliminated.parameters)
    if not e.free_symbols & set(model.parameters) <= set(known):
        return None
    return e.xreplace(known).xreplace(dict(constants))


def _regular(leaf: Leaf, eliminated: Elimination, constants: Mapping[Symbol, Expr]) -> list[Expr] | None:
    """The factors of det M in beta; None where one is not known there, or M is too large."""
    model = leaf.dynamics.model
    if sum(len(e.numerator) + len(e.denominator) for row in leaf.dynamics.inverse_metric for e in row) > MAX_TERMS:
        return None
    factors = degeneracies(model, [[e.expression() for e in row] for row in leaf.dynamics.inverse_metric])
    if factors is None:
        return None
    found = [_in_beta(f, eliminated, model, constants) for f in factors]
    return None if None in found else [f for f in found if f is not None]


def _assemble(
    blank: Potential, closed: Closed | None, parametric: Parametric | None, dual: Dual | None, *, normalised: bool
) -> Potential:
    changes: dict[str, Any] = {"parametric": parametric, "normalised": normalised}
    if dual is not None:
        changes |= {"dual_gradient": (dual.gradient,), "dual_value": dual.value, "dual_domain": (dual.interval,)}
    if closed is not None:
        value, gradient, dual_value, dual_gradient = closed
        changes |= {"value": value, "gradient": gradient}
        interval = None if dual_gradient is None else increasing_interval(dual_gradient, blank.dual_variables[0])
        if dual_gradient is not None and interval is not None:
            changes |= {"dual_value": dual_value, "dual_gradient": (dual_gradient,), "dual_domain": (interval,)}
    form, reason, proof = _form(closed, parametric, dual, normalised=normalised)
    return replace(blank, form=form, reason=reason, verdict=proved(proof), **changes)


def _form(
    closed: Closed | None, parametric: Parametric | None, dual: Dual | None, *, normalised: bool
) -> tuple[str, str | None, str]:
    """The best form that was found, what it lacks, and what proves it."""
    if closed is not None:
        lacks = None if normalised else "no start is given: Q is determined up to a linear term"
        return "closed", lacks, "Q was differentiated back: Hess Q = g H, identically"
    if dual is not None:
        lacks = (
            "Q is the Legendre transform of Q*; its gradient inverts beta(s), for which there is no closed form here"
        )
        proof = "beta(s) solves the gradient field from the start, identically, so grad Q is its inverse"
        return "dual", lacks + _except_where((dual.gradient,)), proof
    if parametric is None:
        lacks = "Q exists on the leaf, since its gradient is a closed form there; no expression for it was found"
        return "quadrature", lacks, lacks
    if any(y.has(Integral) for y in parametric.gradient):
        lacks = "grad Q is an integral over one parameter, along the leaf of the start; no closed form of it was found"
        return "quadrature", lacks, "the integrand is 1/V of that parameter, identically on the leaf, so V(Q') = 1"
    lacks = "Q is known as a function of the parameters; beta = F(w) was not inverted"
    return (
        "parametric",
        lacks + _except_where(parametric.gradient),
        "V_i(Q_k) = g delta_ik, identically in the parameters",
    )


def _except_where(gradients: Sequence[Expr]) -> str:
    """The denominators in constants alone that may vanish, such as D - 2: the formula is for the other values."""
    bases = {
        e.base
        for gradient in gradients
        for e in gradient.atoms(Pow)
        if e.exp.is_negative and e.base.is_nonzero is None and all(s.is_positive for s in e.free_symbols)
    }
    return f"; for constants with {', '.join(sorted(map(str, bases)))} not 0" if bases else ""


def _scalar(leaf: Leaf, eliminated: Elimination, s: Symbol) -> Closed | None:
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
    m = _on_side(m, {beta: anchor})
    found = scalar_potential(m, beta, beta0, anchor, s)
    if found is None or not confirms(
        [found.gradient], found.value, [[m]], Integer(1), [beta], None if beta0 is None else [beta0]
    ):
        return None
    if not is_defined(found.gradient):
        return None
    value = found.value if found.value is not None and is_defined(found.value) else None
    return value, (found.gradient,), found.dual_value, found.dual_gradient


def _on_side(e: Expr, anchor: Mapping[Symbol, Expr]) -> Expr:
    """The expression without absolute values, on the side of their zeros where the anchor lies."""
    return e.replace(Abs, lambda u: _unsigned(u, u.subs(anchor)))


def _unsigned(inner: Expr, there: Expr) -> Expr:
    """|u| on the branch where u has the sign that it has at the start."""
    return inner if there.is_positive else -inner if there.is_negative else Abs(inner)
