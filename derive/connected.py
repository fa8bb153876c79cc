"""The result of the stages for one connected model, with expressions only (no field elements)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from sympy import Basic, Expr, Symbol

from derive.branch.elimination import Elimination
from derive.everywhere.singular import Singular
from derive.everywhere.spectral import Spectral
from derive.laws.conservation import ConservationLaws
from derive.metric.closure import Closure
from derive.metric.warp import Warp
from derive.model import Model
from derive.potentials.potential import Potential
from derive.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """All stage records of a connected model; `inverse_metric` is M(w).

    `spectral` and `singular` are what the eigenvalues and the singular values of a matrix beta decide.

    `subspace`: (w_j, affine function of other parameters), ... where a start was studied on its hull; else empty.
    `confined` is the verdict where M is singular on the leaf (`derive.metric.confined`), None where it is not.
    """

    model: Model
    laws: ConservationLaws
    closure: Closure
    commuting: Verdict
    hessian: Verdict
    warp: Warp
    inverse_metric: tuple[tuple[Expr, ...], ...]
    elimination: Elimination
    potential: Potential
    spectral: Spectral | None = None
    singular: Singular | None = None
    subspace: tuple[tuple[Symbol, Expr], ...] = ()
    confined: Verdict | None = None

    def renamed(self, names: Mapping[Symbol, Symbol]) -> "Connected":
        """The same result under other symbols, all replaced at once."""
        plain = replace(self, laws=replace(self.laws, tangent=()))
        return renamed(plain, dict(names))


def renamed(value: Any, names: dict[Symbol, Symbol]) -> Any:
    """The expressions in a record, its records and tuples under other symbols."""
    if isinstance(value, Basic) or hasattr(value, "xreplace"):
        return value.xreplace(names)
    if isinstance(value, tuple):
        return tuple(renamed(item, names) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: renamed(getattr(value, f.name), names) for f in fields(value)})
    return value
