"""A derivation as the JSON document `derivation/1`; every expression is text that SymPy reads."""

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

from sympy import Expr, Symbol, oo

from derive.confinement import relations
from derive.derivation import Derivation
from derive.everywhere.spectral import Spectral
from derive.limits.branches import Branch
from derive.limits.explicit import Explicit
from derive.limits.nearest import Curve, Interval
from derive.limits.regimes import Regime
from derive.model import Model
from derive.potentials.potential import Potential
from derive.present.validity import branch_words, domain_words, endings, leaf_words, relation
from derive.verdict import Verdict, Witness

SCHEMA = "derivation/1"
PACKAGES = ("sympy", "python-flint", "mpmath")


def document(derivation: Derivation) -> dict[str, Any]:
    """The whole derivation as plain data (str, int, float, list, dict, None)."""
    d = derivation
    factor_in_beta = d.warp_in_beta
    return {
        "schema": SCHEMA,
        "model": _model(d.model),
        "subspace": _point(d.subspace),
        "conservation_laws": None
        if d.laws is None
        else {
            **_verdict(d.laws.verdict),
            "count": d.laws.count,
            "laws": _texts(d.laws.laws),
            "upper_bound": d.laws.upper_bound,
        },
        "closure": None
        if d.closure is None
        else _verdict(d.closure.verdict) | {"witness": _direction(d.closure.verdict.witness)},
        "confined": _confined(d),
        "commuting": _verdict(d.commuting) | {"witness": _entry(d.commuting.witness)},
        "hessian": _verdict(d.hessian) | {"witness": _entry(d.hessian.witness)},
        "warp": _verdict(d.warp.verdict)
        | {
            "factor_parameters": _text(d.warp.factor),
            "factor": _text(factor_in_beta),
            "log_gradient_parameters": _texts(d.warp.log_gradient),
            "witness": _entry(d.warp.verdict.witness),
        },
        "dynamics": {
            "inverse_metric_parameters": [_texts(row) for row in d.inverse_metric_parameters],
            "inverse_metric": None
            if d.elimination.inverse_metric is None
            else [_texts(r) for r in d.elimination.inverse_metric],
            "constants": {str(c): str(law) for c, law in d.elimination.constants},
            "constants_at_start": {str(c): str(v) for c, v in d.constant_values},
        },
        "potential": _potential(d.potential, d.model) | _validity(d),
        "regimes": [_regime(r) for r in d.regimes],
        "explicit": _explicit(d.explicit),
        "scope": d.scope,
        "scope_reason": d.scope_reason,
        "isotropic": None
        if d.radial is None
        else {
            "variable": "r",
            "eigenvalue_across": str(d.radial.across),
            "eigenvalue_along": str(d.radial.along),
            "log_warp_slope": str(d.radial.slope),
        },
        "spectral": _spectral(d.spectral),
        "seconds": {stage: round(seconds, 4) for stage, seconds in d.seconds},
        "versions": {package: version(package) for package in PACKAGES},
    }


def _spectral(found: Spectral | None) -> dict[str, Any] | None:
    """rho in an eigenbasis of a matrix beta, where it is one kernel for every size."""
    if found is None or found.kernel is None:
        return None
    k = found.kernel
    return {
        "size": found.size,
        "variables": [str(k.x), str(k.y)],
        "eigenvalue": str(k.eigenvalue),
        "along": str(k.diagonal),
        "between": str(k.across),
        "potential_of_eigenvalue": _text(k.potential),
    }


def _model(model: Model) -> dict[str, Any]:
    return {
        "name": model.name,
        "parameters": _texts(model.parameters),
        "predictor": _texts(model.predictor),
        "start": {str(p): str(v) for p, v in model.start_map().items()},
        "restrict": _texts(model.restrict),
        "link": _text(model.link),
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {"status": str(verdict.status), "reason": verdict.reason}


def _point(pairs: Iterable[tuple[Symbol, Expr]]) -> dict[str, str]:
    return {str(symbol): str(value) for symbol, value in pairs}


def _entry(witness: Witness | None) -> dict[str, Any] | None:
    if witness is None:
        return None
    entry = list(witness.entry) if witness.entry is not None else None
    found = {"point": _point(witness.point), "entry": entry, "value": witness.value, "meaning": witness.meaning}
    return found if witness.normal is None else found | {"normal": _point(witness.normal)}


def _direction(witness: Witness | None) -> dict[str, Any] | None:
    if witness is None:
        return None
    return {
        "point": _point(witness.point),
        "direction": _point(witness.direction or ()),
        "value": witness.value,
        "meaning": witness.meaning,
    }


def _confined(d: Derivation) -> dict[str, Any] | None:
    """The set that beta cannot leave; None where M is invertible on the leaf."""
    c, betas = d.confined, d.model.coordinates
    if c is None:
        return None
    known, moving = ((), ()) if c.span is None else relations(c.span, betas)
    return {
        **_verdict(c.verdict),
        "relations": _texts(known),
        "constant": _texts(moving),
        "coordinates": None if c.span is None else [str(betas[i]) for i in c.span.places],
        "witness": _entry(c.verdict.witness),
    }


def _potential(q: Potential, model: Model) -> dict[str, Any]:
    parametric = None
    if q.parametric is not None:
        parametric = {
            "gradient": _texts(q.parametric.gradient),
            "value": _text(q.parametric.value),
            "beta": _texts(model.predictor),
        }
    domain = None
    if q.dual_domain is not None:
        domain = [[_bound(low), _bound(high)] for low, high in q.dual_domain]
    return {
        **_verdict(q.verdict),
        "form": q.form,
        "value": _text(q.value),
        "gradient": _texts(q.gradient),
        "parametric": parametric,
        "dual_value": _text(q.dual_value),
        "dual_gradient": _texts(q.dual_gradient),
        "dual_domain": domain,
        "variables": _texts(q.variables),
        "dual_variables": _texts(q.dual_variables),
        "reason": q.reason or q.verdict.reason,
    }


def _validity(d: Derivation) -> dict[str, Any]:
    """Where the potential holds; all None where there is none."""
    v, routes = d.potential.validity, d.potential.routes
    if v is None:
        return dict.fromkeys(("domain", "convexity", "leaf", "branch", "valid_until", "routes"))
    return {
        "domain": {
            "conditions": None if v.conditions is None else [relation(c) for c in v.conditions],
            "intervals": [None if i is None else [_bound(i[0]), _bound(i[1])] for i in v.intervals],
            "meaning": domain_words(d),
        },
        "convexity": _verdict(v.convexity),
        "leaf": leaf_words(d),
        "branch": branch_words(d),
        "valid_until": endings(d),
        "routes": None if routes is None else _verdict(routes.verdict) | {"compared": list(routes.compared)},
    }


def _regime(r: Regime) -> dict[str, Any]:
    return {
        "limit": r.limit,
        "equivalent": str(r.equivalent),
        "norm": r.norm,
        "next_term": _text(r.next_term),
        "remainder": r.remainder,
        "relative_order": _text(r.relative),
        "orientation": _texts(r.orientation),
        "reason": r.reason,
    }


def _explicit(e: Explicit) -> dict[str, Any]:
    return {
        **_verdict(e.verdict),
        "value": _text(e.value),
        "where": [f"{c} >= 0" for c in e.where],
        "symbols": _texts(e.symbols),
        "equations": _texts(e.equations),
        "domain": None if e.domain is None else [_interval(i) for i in e.domain],
        "curves": [_curve(e, beta, c) for beta, c in e.curves],
        "branches": [_branch(betas, b) for betas, b in e.branches],
        "limits": [_regime(r) for r in e.limits],
        "twice_the_potential": None if e.same is None else _verdict(e.same),
        "scope": e.scope,
    }


def _curve(e: Explicit, beta: Symbol, c: Curve) -> dict[str, Any]:
    return {
        "coordinate": str(beta),
        "variable": str(e.multiplier),
        "range": _interval(c.multipliers),
        "beta": str(c.beta),
        "value": str(c.value),
        "domain": _interval(c.domain),
    }


def _branch(betas: Sequence[Symbol], b: Branch) -> dict[str, Any]:
    return {
        "coordinates": _texts(betas),
        "unknowns": _texts(b.unknowns),
        "equations": _texts(b.equations),
        "conditions": [f"{c} >= 0" for c in b.conditions],
        "value": str(b.value),
        "where": None if b.where is None else [f"{c} >= 0" for c in b.where],
        "reason": b.reason,
    }


def _interval(interval: Interval) -> list[str | None]:
    low, high = interval
    return [_bound(low), _bound(high)]


def _bound(value: Expr) -> str | None:
    return None if value in (oo, -oo) else str(value)


def _text(expression: Expr | None) -> str | None:
    return None if expression is None else str(expression)


def _texts(expressions: Iterable[Expr] | None) -> list[str] | None:
    return None if expressions is None else [str(e) for e in expressions]
