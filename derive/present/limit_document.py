"""The keys `regimes` and `explicit` of `derivation/1`: limits of the potential, and R beside it."""

from collections.abc import Sequence
from typing import Any

from sympy import Symbol

from derive.limits.branches import Branch
from derive.limits.explicit import Explicit
from derive.limits.nearest import Curve
from derive.limits.regimes import Regime
from derive.present.plain import plain_interval, plain_verdict, text, texts


def regime_document(r: Regime) -> dict[str, Any]:
    """One limit of Q or R."""
    return {
        "limit": r.limit,
        "equivalent": str(r.equivalent),
        "norm": r.norm,
        "next_term": text(r.next_term),
        "remainder": r.remainder,
        "relative_order": text(r.relative),
        "orientation": texts(r.orientation),
        "reason": r.reason,
    }


def explicit_document(e: Explicit) -> dict[str, Any]:
    """R(beta), the explicit counterpart of Q."""
    return {
        **plain_verdict(e.verdict),
        "name": str(e.name),
        "value": text(e.value),
        "where": [f"{c} >= 0" for c in e.where],
        "symbols": texts(e.symbols),
        "equations": texts(e.equations),
        "domain": None if e.domain is None else [plain_interval(i) for i in e.domain],
        "curves": [_curve(e, beta, c) for beta, c in e.curves],
        "branches": [_branch(betas, b) for betas, b in e.branches],
        "limits": [regime_document(r) for r in e.limits],
        "twice_the_potential": None if e.same is None else plain_verdict(e.same),
        "scope": e.scope,
    }


def _curve(e: Explicit, beta: Symbol, c: Curve) -> dict[str, Any]:
    return {
        "coordinate": str(beta),
        "variable": str(e.multiplier),
        "range": plain_interval(c.multipliers),
        "beta": str(c.beta),
        "value": str(c.value),
        "domain": plain_interval(c.domain),
    }


def _branch(betas: Sequence[Symbol], b: Branch) -> dict[str, Any]:
    return {
        "coordinates": texts(betas),
        "unknowns": texts(b.unknowns),
        "equations": texts(b.equations),
        "conditions": [f"{c} >= 0" for c in b.conditions],
        "value": str(b.value),
        "where": None if b.where is None else [f"{c} >= 0" for c in b.where],
        "reason": b.reason,
    }
