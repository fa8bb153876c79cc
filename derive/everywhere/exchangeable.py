"""Exchangeable families: F_i = f(a, w_i), one formula in shared parameters a and own ones w_i.

Every quantity in the warp equations is local: M_ij depends on (a, w_i, w_j) alone and component k of
J [V_i, V_j] on (a, w_i, w_j, w_k), with formulas that do not know d.  If the forced a_i depends on
(a, w_i) alone, the equations

    (J [V_i, V_j])_k = a_i M_kj - a_j M_ki,     V_i(a_j) = V_j(a_i)

involve at most three different indices.  Verified with three coordinates, which shows every pattern of
equal and different indices, they hold for every d.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Dummy, Expr, Symbol

from derive.fields.dynamics import induced_dynamics
from derive.fields.leaf import setting
from derive.laws.conservation import conservation_laws
from derive.metric.closure import closure
from derive.metric.hessian import hessian
from derive.metric.warp import warp
from derive.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """F_i = f(shared, own_i): the shared parameters, the own ones by coordinate, and f for coordinate 1."""

    shared: tuple[Symbol, ...]
    own: tuple[tuple[Symbol, ...], ...]
    formula: Expr


def family(model: Model) -> Family | None:
    """The exchangeable structure of a model with two or more coordinates, or None."""
    if len(model.predictor) < 2 or model.parameter_metric is not None or model.restrict:
        return None
    index = {p: i for i, p in enumerate(model.parameters)}
    used = [sorted((s for s in f.free_symbols if s in index), key=index.__getitem__) for f in model.predictor]
    shared = tuple(p for p in used[0] if all(p in other for other in used[1:]))
    own = tuple(tuple(p for p in ps if p not in shared) for ps in used)
    flat = [p for ps in own for p in ps]
    if len(set(flat)) != len(flat) or len({len(ps) for ps in own}) != 1 or not own[0]:
        return None
    formula = model.predictor[0]
    for f, ps in zip(model.predictor[1:], own[1:], strict=True):
        if (formula.xreplace(dict(zip(own[0], ps, strict=True))) - f).expand() != 0:
            return None
    return Family(shared=shared, own=own, formula=formula)


def member(found: Family, d: int) -> Model:
    """The member of the family with d coordinates, from no particular start."""
    own = [tuple(Dummy(f"{p}_{i}", real=True) for p in found.own[0]) for i in range(d)]
    predictor = tuple(found.formula.xreplace(dict(zip(found.own[0], ps, strict=True))) for ps in own)
    return Model(name="family", parameters=(*found.shared, *(p for ps in own for p in ps)), predictor=predictor)


def three_indices(structure: Family) -> str | None:
    """Why the warp of the family is no theorem for every dimension; None where it is one."""
    three = induced_dynamics(member(structure, 3))
    leaf = setting(three)
    laws = conservation_laws(leaf)
    closed = closure(leaf, laws)
    decided = hessian(leaf, closed)
    forced = warp(leaf, closed, decided)
    if not forced.verdict.is_proved or forced.slopes is None:
        return "the three-coordinate member of the family was not decided"
    if not _is_local(forced.slopes, three.model, len(structure.shared)):
        return "the forced gradient of log g depends on more than its own coordinate"
    return None


def _is_local(slopes: Sequence[Expr], model: Model, shared: int) -> bool:
    common = set(model.parameters[:shared])
    size = (len(model.parameters) - shared) // len(slopes)
    return all(
        a.free_symbols <= common | set(model.parameters[shared + i * size : shared + (i + 1) * size])
        for i, a in enumerate(slopes)
    )
