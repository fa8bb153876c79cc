"""Stage 6a, isotropic metrics: the warp as a function of beta, and the potential that goes with it.

Where the inverse metric in beta is A(r) I + B(r) beta beta^T, `derive.potentials.radial` has both by one integral each.
The warp is normalised to the factor in the parameters that stage 5 found; where it found none, g(|F(w)|) is one.
"""

from collections.abc import Sequence
from dataclasses import replace

from sympy import Add, Expr, nan, sqrt, zoo

from derive.branch.elimination import Elimination
from derive.exact.signs import sign_of
from derive.metric.warp import Warp
from derive.model import Model
from derive.potentials.radial import R, radial, radial_potential, radial_warp


def with_radial_warp(model: Model, found: Warp, eliminated: Elimination) -> Warp:
    """The warp with `factor_in_beta` (and `factor`) from the radial functions, where parameters do not give them."""
    metric = _metric(model, eliminated)
    if metric is None or not found.verdict.is_proved or _known(model, found.factor, eliminated):
        return found
    functions = radial(metric, model.coordinates)
    g = None if functions is None else radial_warp(functions)
    if g is None:
        return found
    if found.factor is None:
        laws = dict(eliminated.constants)
        inside = g.xreplace(laws).subs(R, _norm(model.predictor))
        return replace(found, factor=inside, signed=inside, factor_in_beta=g.subs(R, _norm(model.coordinates)))
    if model.start is None:
        return found
    start = model.start_map()
    there = g.subs(R, _norm([f.xreplace(start) for f in model.predictor]))
    scale = (found.factor.xreplace(start) / there).powsimp()
    if scale.has(nan, zoo) or sign_of(scale) != 1:
        return found
    return replace(found, factor_in_beta=scale * g.subs(R, _norm(model.coordinates)))


def isotropic_potential(
    model: Model, found: Warp, eliminated: Elimination
) -> tuple[Expr | None, tuple[Expr, ...]] | None:
    """(Q or None, grad Q) in beta, differentiated back; None where M is not isotropic or g not known in beta."""
    metric = _metric(model, eliminated)
    if metric is None or len(model.predictor) < 2:
        return None
    factor = found.factor_in_beta
    if factor is None:
        if not _known(model, found.factor, eliminated) or found.factor is None:
            return None
        factor = found.factor.xreplace(dict(eliminated.parameters)).xreplace(_constants(model, eliminated))
    start = model.start_map()
    beta0 = [f.xreplace(start) for f in model.predictor] if start else None
    return radial_potential(metric, factor, model.coordinates, beta0)


def _norm(entries: Sequence[Expr]) -> Expr:
    return sqrt(Add(*(e**2 for e in entries)).factor())


def _known(model: Model, factor: Expr | None, eliminated: Elimination) -> bool:
    return factor is not None and factor.free_symbols & set(model.parameters) <= set(dict(eliminated.parameters))


def _constants(model: Model, eliminated: Elimination) -> dict[Expr, Expr]:
    start = model.start_map()
    return {c: law.xreplace(start) for c, law in eliminated.constants} if start else {}


def _metric(model: Model, eliminated: Elimination) -> list[list[Expr]] | None:
    """M in beta with the constants of the start."""
    if eliminated.inverse_metric is None:
        return None
    constants = _constants(model, eliminated)
    return [[e.xreplace(constants) for e in row] for row in eliminated.inverse_metric]
