"""A derivation as the JSON document `derivation/1`; every expression is text that SymPy reads."""

from importlib.metadata import version
from typing import Any

from derive.blocks import blocks
from derive.confinement import relations
from derive.derivation import Derivation
from derive.everywhere.singular import Singular
from derive.everywhere.spectral import Spectral
from derive.laws.conservation import ConservationLaws
from derive.mixing import coordinates_of
from derive.model import Model
from derive.potentials.potential import Potential
from derive.potentials.radial import Radial
from derive.present.limit_document import explicit_document, regime_document
from derive.present.plain import direction_witness, entry_witness, plain_bound, plain_point, plain_verdict, text, texts
from derive.present.roots import root_document
from derive.present.validity import branch_words, domain_words, endings, leaf_words, relation

SCHEMA = "derivation/1"
PACKAGES = ("sympy", "python-flint", "mpmath")


def document(derivation: Derivation) -> dict[str, Any]:
    """The whole derivation as plain data (str, int, float, list, dict, None)."""
    d = derivation
    factor_in_beta = d.warp_in_beta
    return {
        "schema": SCHEMA,
        "model": _model(d.model),
        "subspace": plain_point(d.subspace),
        "conservation_laws": None if d.laws is None else _laws(d.laws),
        "closure": None
        if d.closure is None
        else plain_verdict(d.closure.verdict) | {"witness": direction_witness(d.closure.verdict.witness)},
        "confined": _confined(d),
        "mixture": _mixture(d),
        "commuting": plain_verdict(d.commuting) | {"witness": entry_witness(d.commuting.witness)},
        "hessian": plain_verdict(d.hessian) | {"witness": entry_witness(d.hessian.witness)},
        "warp": plain_verdict(d.warp.verdict)
        | {
            "factor_parameters": text(d.warp.factor),
            "factor": text(factor_in_beta),
            "log_gradient_parameters": texts(d.warp.log_gradient),
            "witness": entry_witness(d.warp.verdict.witness),
        },
        "dynamics": _dynamics(d),
        "potential": _potential(d.potential, d.model) | _validity(d),
        "regimes": [regime_document(r) for r in d.regimes],
        "explicit": explicit_document(d.explicit),
        "scope": d.scope,
        "scope_reason": d.scope_reason,
        "isotropic": None if d.radial is None else _isotropic(d.radial),
        "spectral": _spectral(d.spectral),
        "singular": _singular(d.singular),
        "seconds": {stage: round(seconds, 4) for stage, seconds in d.seconds},
        "versions": {package: version(package) for package in PACKAGES},
    }


def _laws(laws: ConservationLaws) -> dict[str, Any]:
    return {
        **plain_verdict(laws.verdict),
        "count": laws.count,
        "laws": texts(laws.listed),
        "upper_bound": laws.upper_bound,
    }


def _dynamics(d: Derivation) -> dict[str, Any]:
    """M in the parameters, and in beta and the conserved values where it is known there."""
    m = d.elimination.inverse_metric
    return {
        "inverse_metric_parameters": [texts(row) for row in d.inverse_metric_parameters],
        "inverse_metric": None if m is None else [texts(row) for row in m],
        "root": root_document(d.elimination),
        "reason": d.elimination.verdict.reason,
        "branch": plain_point(d.elimination.branch),
        "constants": {str(c): str(law) for c, law in d.elimination.constants},
        "constants_at_start": {str(c): str(v) for c, v in d.constant_values},
    }


def _isotropic(found: Radial) -> dict[str, Any]:
    """The eigenvalues of M across and along beta, and (log g)', in r = |beta|."""
    return {
        "variable": "r",
        "eigenvalue_across": str(found.across),
        "eigenvalue_along": str(found.along),
        "log_warp_slope": str(found.slope),
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
        "potential_of_eigenvalue": text(k.potential),
    }


def _singular(found: Singular | None) -> dict[str, Any] | None:
    """rho in a singular frame of a matrix beta."""
    if found is None or found.kernel is None:
        return None
    k = found.kernel
    return {
        "rows": found.rows,
        "columns": found.columns,
        "variables": [str(k.x), str(k.y)],
        "singular_value": str(k.value),
        "along": str(k.diagonal),
        "symmetric": str(k.plus),
        "antisymmetric": str(k.minus),
        "rest": text(k.rest),
        "potential_of_singular_value": text(k.potential),
    }


def _model(model: Model) -> dict[str, Any]:
    return {
        "name": model.name,
        "parameters": texts(model.parameters),
        "predictor": texts(model.predictor),
        "start": {str(p): str(v) for p, v in model.start_map().items()},
        "restrict": texts(model.restrict),
        "link": text(model.link),
    }


def _confined(d: Derivation) -> dict[str, Any] | None:
    """The set that beta cannot leave; None where M is invertible on the leaf."""
    c, betas = d.confined, d.model.coordinates
    if c is None:
        return None
    known, moving = ((), ()) if c.span is None else relations(c.span, betas)
    return {
        **plain_verdict(c.verdict),
        "relations": texts(known),
        "constant": texts(moving),
        "coordinates": None if c.span is None else [str(betas[i]) for i in c.span.places],
        "witness": entry_witness(c.verdict.witness),
    }


def _mixture(d: Derivation) -> dict[str, Any] | None:
    """Linear coordinates gamma and parameters z in which the model is a direct sum; None where none were found."""
    m = d.mixture
    if m is None:
        return None
    return {
        "coordinates": texts(coordinates_of(m, d.model)),
        "parameters": {str(z): text(e) for z, e in m.parameters},
        "predictor": texts(m.model.predictor),
        "blocks": [list(part.places) for part in blocks(m.model)],
        "used": d.unmixed is not None,
    }


def _potential(q: Potential, model: Model) -> dict[str, Any]:
    parametric = None
    if q.parametric is not None:
        parametric = {
            "gradient": texts(q.parametric.gradient),
            "value": text(q.parametric.value),
            "beta": texts(model.predictor),
        }
    domain = None
    if q.dual_domain is not None:
        domain = [[plain_bound(low), plain_bound(high)] for low, high in q.dual_domain]
    return {
        **plain_verdict(q.verdict),
        "form": q.form,
        "value": text(q.value),
        "gradient": texts(q.gradient),
        "parametric": parametric,
        "dual_value": text(q.dual_value),
        "dual_gradient": texts(q.dual_gradient),
        "dual_domain": domain,
        "variables": texts(q.variables),
        "dual_variables": texts(q.dual_variables),
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
            "intervals": [None if i is None else [plain_bound(i[0]), plain_bound(i[1])] for i in v.intervals],
            "meaning": domain_words(d),
        },
        "convexity": plain_verdict(v.convexity),
        "leaf": leaf_words(d),
        "branch": branch_words(d),
        "valid_until": endings(d),
        "routes": None if routes is None else plain_verdict(routes.verdict) | {"compared": list(routes.compared)},
    }
