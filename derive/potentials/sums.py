"""The potential of a direct sum: Q is the sum of the blocks' potentials, where every block is a Hessian map.

The form of the sum is the weakest of its blocks': a sum of a closed and a dual form is given as the dual.  A value is
there if every block has one.
"""

from collections.abc import Sequence
from typing import TypeVar

from sympy import Add, Expr, Symbol

from derive.potentials.parametric import Parametric
from derive.potentials.potential import FORMS, Potential
from derive.potentials.routes import Routes
from derive.potentials.validity import merged
from derive.verdict import conjunction

T = TypeVar("T")


def potential_sum(all_of: Sequence[Potential], betas: Sequence[Symbol], duals: Sequence[Symbol]) -> Potential:
    """The sum of the blocks' potentials, each in its own of the coordinates `betas` and of the dual ones."""
    return Potential(
        verdict=conjunction([q.verdict for q in all_of]),
        form=max((q.form for q in all_of), key=FORMS.index),
        variables=tuple(betas),
        dual_variables=tuple(duals),
        value=_total([q.value for q in all_of]),
        gradient=_placed_entries([(q.variables, q.gradient) for q in all_of], betas),
        parametric=_sum_parametric(all_of, betas),
        dual_value=_total([q.dual_value for q in all_of]),
        dual_gradient=_placed_entries([(q.variables, q.dual_gradient) for q in all_of], betas),
        dual_domain=_placed_entries([(q.variables, q.dual_domain) for q in all_of], betas),
        reason=next((q.reason for q in all_of if q.reason), None),
        normalised=all(q.normalised for q in all_of),
        routes=_sum_routes(all_of),
        validity=merged([(q.validity, q.variables) for q in all_of], betas),
    )


def _sum_routes(all_of: Sequence[Potential]) -> Routes | None:
    """The comparison of the first block, with the weakest verdict of all."""
    found = [q.routes for q in all_of if q.routes is not None]
    if len(found) < len(all_of):
        return None
    return Routes(compared=found[0].compared, verdict=conjunction([r.verdict for r in found]))


def _total(values: Sequence[Expr | None]) -> Expr | None:
    present = [v for v in values if v is not None]
    return Add(*present) if len(present) == len(values) else None


def _sum_parametric(all_of: Sequence[Potential], betas: Sequence[Symbol]) -> Parametric | None:
    found = [q.parametric for q in all_of]
    gradient = _placed_entries([(q.variables, q.parametric.gradient if q.parametric else None) for q in all_of], betas)
    if gradient is None:
        return None
    return Parametric(gradient=gradient, value=_total([p.value if p else None for p in found]))


def _placed_entries(
    parts: Sequence[tuple[Sequence[Symbol], Sequence[T] | None]], betas: Sequence[Symbol]
) -> tuple[T, ...] | None:
    """The blocks' entries in the order of the coordinates; None where a block has none."""
    table: dict[Symbol, T] = {}
    for variables, entries in parts:
        if entries is None:
            return None
        table |= dict(zip(variables, entries, strict=True))
    return tuple(table[b] for b in betas)
