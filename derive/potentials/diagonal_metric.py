"""Stage 7d, metrics that are diagonal in beta with one coordinate in each entry: Q is a sum of scalar potentials.

Such a model need not be separable in its parameters: commuting measurements of a matrix are not.  Each entry is
integrated by `derive.exact.integrals`, and the sum is differentiated back in all coordinates at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Integer, Symbol

from derive.branch.elimination import Elimination
from derive.exact.integrals import ScalarPotential, scalar_potential
from derive.exact.signs import is_defined
from derive.model import Model
from derive.potentials.check import confirms
from derive.potentials.dual import increasing_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagonal:
    """Q (or None) and grad Q in beta; Q*, beta(s) and the interval of each s_i, where all coordinates have them."""

    value: Expr | None
    gradient: tuple[Expr, ...]
    dual_value: Expr | None = None
    dual_gradient: tuple[Expr, ...] | None = None
    dual_domain: tuple[tuple[Expr, Expr], ...] | None = None


def diagonal_potential(model: Model, eliminated: Elimination, duals: Sequence[Symbol]) -> Diagonal | None:
    """Q with Hess Q = M^-1, zero at the start; None where M is not of this form or not integrated."""
    metric, betas, start = eliminated.inverse_metric, model.coordinates, model.start_map()
    if metric is None:
        return None
    constants = {c: law.xreplace(start) for c, law in eliminated.constants} if start else {}
    rows = [[e.xreplace(constants) for e in row] for row in metric]
    for i, row in enumerate(rows):
        others = set(betas) - {betas[i]}
        if row[i].free_symbols & others or any(not e.is_zero for j, e in enumerate(row) if j != i):
            return None
    beta0 = [f.xreplace(start).expand() for f in model.predictor] if start else None
    anchors = beta0 or [f.xreplace(dict(eliminated.branch)) for f in model.predictor]
    parts = [
        scalar_potential(rows[i][i], b, None if beta0 is None else beta0[i], anchors[i], duals[i])
        for i, b in enumerate(betas)
    ]
    known = [p for p in parts if p is not None and is_defined(p.gradient)]
    if len(known) < len(betas):
        return None
    gradient = tuple(p.gradient for p in known)
    value = _sum([p.value for p in known])
    if not confirms(gradient, value, rows, Integer(1), betas, beta0):
        return None
    return _with_duals(Diagonal(value=value, gradient=gradient), known, duals)


def _with_duals(found: Diagonal, parts: Sequence[ScalarPotential], duals: Sequence[Symbol]) -> Diagonal:
    gradient = [p.dual_gradient for p in parts if p.dual_gradient is not None]
    if len(gradient) < len(parts):
        return found
    intervals = [increasing_interval(g, s) for g, s in zip(gradient, duals, strict=True)]
    domain = tuple(i for i in intervals if i is not None)
    if len(domain) < len(parts):
        return found
    return Diagonal(
        value=found.value,
        gradient=found.gradient,
        dual_value=_sum([p.dual_value for p in parts]),
        dual_gradient=tuple(gradient),
        dual_domain=domain,
    )


def _sum(values: Sequence[Expr | None]) -> Expr | None:
    known = [v for v in values if v is not None and is_defined(v)]
    return Add(*known) if len(known) == len(values) else None
