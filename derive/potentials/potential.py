"""Stage 7, the potential: `Hess Q = g H` with `grad Q(beta(0)) = 0`.

Five routes, tried in this order, none of which knows an architecture:

* *metric*: one coordinate whose M is known in beta, Q'' = 1/M, integrated (`derive.potentials.metric_route`);
* *parameters*: Q and grad Q as functions of w (`derive.potentials.parametric`).  Where the parameters are known in
  beta, substitution gives a closed form; otherwise the form is parametric: at beta = F(w) on the leaf;
* *diagonal in beta*: a sum of scalar potentials (`derive.potentials.diagonal_metric`);
* *isotropic*: grad Q = g beta / A where M = A(r) I + B(r) beta beta^T (`derive.potentials.isotropic`);
* *dual*: follow the commuting flow from the start (`derive.potentials.dual`).

Q is strictly convex on the leaf's image: g > 0 and H = (J G^-1 J^T)^-1 is positive definite there.
Every closed form is differentiated back by `derive.potentials.check`, which shares no code with the integrators;
one that is not confirmed is not used.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, Integral, Pow, Symbol

from derive.branch.elimination import Elimination
from derive.fields.leaf import Leaf
from derive.laws.conservation import ConservationLaws
from derive.metric.warp import Warp
from derive.model import Model
from derive.names import numbered
from derive.potentials.diagonal_metric import diagonal_potential
from derive.potentials.dual import Dual, dual_flow, increasing_interval
from derive.potentials.extent import extent
from derive.potentials.isotropic import isotropic_potential
from derive.potentials.metric_route import metric_route
from derive.potentials.parametric import (
    Closed,
    Parametric,
    in_coordinates,
    on_every_side,
    parametric_form,
)
from derive.potentials.routes import Routes, routes
from derive.potentials.validity import Validity
from derive.verdict import Verdict, proved, refuted, unknown

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
    closed = metric_route(leaf, eliminated, duals[0]) if len(betas) == 1 else None
    if closed is None and form is not None:
        closed = (*form, None, None)
    if closed is None and parametric is not None:
        closed = in_coordinates(leaf, found, eliminated, parametric)
    closed, extra = _from_metric(model, found, eliminated, closed, duals)
    result = replace(_assemble(blank, closed, parametric, dual, normalised=model.start is not None), **extra)
    compared = _routes(model, found, result, dual)
    if compared.verdict.is_refuted:
        return undecided(model, f"two routes to Q contradict each other: {compared.verdict.reason}")
    return replace(
        result,
        parametric=parametric and on_every_side(parametric, found, model, branch),
        validity=extent(leaf, laws, found, eliminated, *_to_be_bounded(result)),
        routes=compared,
    )


def _from_metric(
    model: Model, found: Warp, eliminated: Elimination, closed: Closed | None, duals: Sequence[Symbol]
) -> tuple[Closed | None, dict[str, Any]]:
    """What the form of M in several coordinates adds where Q itself is missing, with the dual of a diagonal one."""
    if len(model.coordinates) == 1 or (closed is not None and closed[0] is not None):
        return closed, {}
    diagonal = diagonal_potential(model, eliminated, duals) if found.factor == 1 else None
    isotropic = isotropic_potential(model, found, eliminated) if diagonal is None else None
    if diagonal is not None and (closed is None or diagonal.value is not None):
        dual = {
            "dual_value": diagonal.dual_value,
            "dual_gradient": diagonal.dual_gradient,
            "dual_domain": diagonal.dual_domain,
        }
        return (diagonal.value, diagonal.gradient, None, None), dual
    if isotropic is not None and (closed is None or isotropic[0] is not None):
        return (*isotropic, None, None), {}
    return closed, {}


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


def _to_be_bounded(q: Potential) -> tuple[list[Expr], tuple[Expr, Symbol, tuple[Expr, Expr]] | None]:
    """The formulas of Q and grad Q, and the dual of one coordinate: what `derive.potentials.extent` bounds."""
    dual = None
    if q.dual_gradient is not None and q.dual_domain is not None:
        dual = q.dual_gradient[0], q.dual_variables[0], q.dual_domain[0]
    return [e for e in (q.value, *(q.gradient or ())) if e is not None], dual


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
