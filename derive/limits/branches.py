"""R for several coordinates at once: where unknowns solve equations under conditions, R is a formula in them."""

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """`unknowns` with `equations` = 0 and all `conditions` >= 0: then R = `value`, a global minimum.

    `where`: expressions in beta; this is claimed where all are >= 0 and beta is not 0, and a solution exists there.
    None: it is claimed wherever there is a solution.  Without unknowns: a closed form.
    """

    reason: str
    value: Expr
    unknowns: tuple[Symbol, ...] = ()
    equations: tuple[Expr, ...] = ()
    conditions: tuple[Expr, ...] = ()
    where: tuple[Expr, ...] | None = ()

    def renamed(self, names: Mapping[Symbol, Symbol]) -> "Branch":
        """The same under other symbols."""
        rule = dict(names)
        return Branch(
            reason=self.reason,
            value=self.value.xreplace(rule),
            unknowns=tuple(u.xreplace(rule) for u in self.unknowns),  # pyright: ignore[reportArgumentType]
            equations=tuple(e.xreplace(rule) for e in self.equations),
            conditions=tuple(e.xreplace(rule) for e in self.conditions),
            where=None if self.where is None else tuple(e.xreplace(rule) for e in self.where),
        )
