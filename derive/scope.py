"""Stage 9, scope: is a verdict a theorem for every dimension, or a check at this one?

A theorem for every dimension needs a family.  Five structures define one, and decide it (docs/derivations/scope.md):

* *separable*: each coordinate is a model of its own, whatever their number; or M = diag(m(beta_1), ..., m(beta_d)) in
  beta, one function for all coordinates, whatever the parameters are;
* *isotropic*: the model turns with its predictor under O(d); M = A(r) I + B(r) beta beta^T, and both questions are
  scalar identities in r (`derive.everywhere.isotropic`, `derive.potentials.radial`);
* *exchangeable*: one formula in shared and own parameters; the warp equations involve three indices at most
  (`derive.everywhere.exchangeable`);
* *products of matrices*: a 2 x 2 block refutes at every size (`derive.everywhere.products`);
* *spectral*: the metric turns with conjugation of a matrix beta and is a kernel h(x, y) on its eigenvalues; both
  questions are identities of functions of these (`derive.everywhere.spectral`).

Whatever has none of these structures is decided at its own dimension, and the answer says so.
"""

from dataclasses import dataclass

from sympy import Expr

from derive.connected import Connected
from derive.everywhere.exchangeable import family, three_indices
from derive.everywhere.isotropic import is_isotropic
from derive.everywhere.products import every_size
from derive.model import Model
from derive.potentials.radial import Radial, radial

EVERY, THIS = "every dimension", "this dimension"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """`reach` is `EVERY` or `THIS`; `radial` holds the functions of r = |beta| of an isotropic M known in beta."""

    reach: str
    reason: str
    radial: Radial | None = None


def scope(model: Model, whole: Connected) -> Scope:
    """For which dimensions the verdicts on Hessian map and warp are theorems."""
    if (words := _spectral(whole) or _singular(whole)) is not None:
        return Scope(reach=EVERY, reason=words)
    if whole.warp.verdict.is_proved and whole.hessian.is_proved and (found := _separable(model)) is not None:
        return found
    if whole.hessian.is_proved and len(model.predictor) > 1 and _is_diagonal(model, whole):
        reason = (
            "separable: rho^-1 = diag(m(beta_1), ..., m(beta_d)) with one function m, a Hessian map in every dimension"
        )
        return Scope(reach=EVERY, reason=reason)
    if whole.warp.verdict.is_proved and is_isotropic(model, whole.subspace):
        return _isotropic(model, whole)
    if whole.warp.verdict.is_proved:
        return _exchangeable(model)
    if whole.warp.verdict.is_refuted and whole.hessian.is_refuted and (sizes := every_size(model)) is not None:
        return Scope(reach=EVERY, reason=f"a block of the product of matrices refutes at every size: {sizes}")
    return Scope(reach=THIS, reason="no theorem for every dimension is claimed where no warp is proved")


def _spectral(whole: Connected) -> str | None:
    """In words: the theorem for matrices of every size, if the verdicts at this size are what it says."""
    found = whole.spectral
    if found is None or found.kernel is None or whole.hessian.status is not found.verdict.status:
        return None
    if whole.warp.verdict.status is not whole.hessian.status:
        return None
    x, y = found.kernel.x, found.kernel.y
    gap = f"({x} - {y})" if found.kernel.eigenvalue == x else f"(f({x}) - f({y}))"
    family = f"spectral: between eigenvectors of a matrix beta, rho is one function h({x}, {y}) for every size n >= 2"
    if found.size == 2:
        family = f"{family} (two eigenvalues leave the family open: the one with this h is meant)"
    if found.verdict.is_proved:
        return (
            f"{family}; {gap} h is q'({x}) - q'({y}) with q'' = a, the value of rho along an eigenvalue: a Hessian map"
        )
    return f"{family}; the slope of {gap} h is not a, rho along an eigenvalue: no Hessian map and no warp"


def _singular(whole: Connected) -> str | None:
    """In words: the theorem for rectangular matrices of every size, if the verdicts at this size are what it says."""
    found = whole.singular
    if found is None or {whole.hessian.status, whole.warp.verdict.status} != {found.verdict.status}:
        return None
    what = "a Hessian map" if found.verdict.is_proved else "no Hessian map and no warp"
    if found.kernel is None:
        return f"singular: {found.sizes}: {what}"
    return f"singular: {found.sizes}: rho is given by functions of one and two singular values, {what}"


def _separable(model: Model) -> Scope | None:
    structure = family(model)
    if structure is None or structure.shared:
        return None
    return Scope(reach=EVERY, reason="separable: each coordinate is a model of its own, whatever their number")


def _is_diagonal(model: Model, whole: Connected) -> bool:
    """Is M in beta diagonal, its entries one function of one coordinate each?"""
    metric, betas = _in_beta(model, whole), model.coordinates
    if metric is None:
        return False
    first = metric[0][0]
    return all(
        e.is_zero if i != j else e.free_symbols & set(betas) <= {betas[i]} and e == first.xreplace({betas[0]: betas[i]})
        for i, row in enumerate(metric)
        for j, e in enumerate(row)
    )


def _isotropic(model: Model, whole: Connected) -> Scope:
    """The Hessian condition is h(r) = 0 in every dimension; the verdict at this one and h must not contradict."""
    functions = _radial(model, whole)
    decided = whole.hessian.is_proved or whole.hessian.is_refuted
    if not decided or (functions is not None and functions.hessian not in (None, whole.hessian.is_proved)):
        return Scope(reach=THIS, reason="isotropic, but the Hessian condition is open")
    which = "a Hessian map" if whole.hessian.is_proved else "no Hessian map, and a warp"
    reason = f"isotropic: rho^-1 = A(r) I + B(r) beta beta^T with the same A and B in every d >= 2, hence {which} there"
    return Scope(reach=EVERY, reason=reason, radial=functions)


def _radial(model: Model, whole: Connected) -> Radial | None:
    """The radial functions, with the constants of the start."""
    metric = _in_beta(model, whole)
    return None if metric is None else radial(metric, model.coordinates)


def _in_beta(model: Model, whole: Connected) -> list[list[Expr]] | None:
    """M in beta with the constants of the start, where it is known."""
    metric = whole.elimination.inverse_metric
    if metric is None:
        return None
    start = model.start_map()
    constants = {c: law.xreplace(start) for c, law in whole.elimination.constants} if start else {}
    return [[e.xreplace(constants) for e in row] for row in metric]


def _exchangeable(model: Model) -> Scope:
    structure = family(model)
    if structure is None:
        return Scope(reach=THIS, reason="the coordinates are not one formula in shared and own parameters")
    if not structure.shared:
        return Scope(reach=THIS, reason="separable, but the verdict for one coordinate is open")
    missing = three_indices(structure)
    if missing is not None:
        return Scope(reach=THIS, reason=missing)
    return Scope(
        reach=EVERY, reason="exchangeable coordinates: the warp equations hold for every pattern of three indices"
    )
