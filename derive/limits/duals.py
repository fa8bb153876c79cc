"""The dual of each coordinate of a separable model whose exponents hold a constant n, for large n.

Signs are those for n above the poles of the exponents (`derive.limits.exponents`), where the interval of each beta(s)
is known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Add, Dummy, Expr, Integer, Symbol, oo

from derive.blocks import Block
from derive.connected import Connected
from derive.limits.dual_limit import DualLimit, Interval, dual_limit
from derive.limits.exponents import ABOVE, beyond, poles, reach
from derive.limits.paths import T
from derive.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """beta(s) of one coordinate, a primitive of it, and the interval where it solves the flow for n > `bound`."""

    path: Expr
    value: Expr
    s: Symbol
    domain: Interval
    beta: Symbol
    n: Symbol
    bound: Expr
    block: Block

    def large(self, e: Expr) -> Expr:
        """The expression for n > bound, in a positive symbol."""
        return beyond(e, self.n, self.bound)

    def home(self, e: Expr) -> Expr:
        return e.xreplace({ABOVE: self.n - self.bound})

    def at(self, values: Mapping[Symbol, Expr]) -> "Own":
        """With values for constants of the start."""
        low, high = (end.xreplace(dict(values)) for end in self.domain)
        return replace(
            self, path=self.path.xreplace(dict(values)), value=self.value.xreplace(dict(values)), domain=(low, high)
        )


def duals(model: Model, parts: Sequence[Block], whole: Connected, n: Symbol) -> list[Own] | None:
    """One a coordinate, in their order; None where a coordinate has no dual of its own."""
    q = whole.potential
    if whole.warp.factor != 1 or q.dual_gradient is None or q.dual_value is None:
        return None
    if any(len(block.places) != 1 for block in parts):
        return None
    found: dict[int, Own] = {}
    for block in parts:
        i = block.places[0]
        path, s = q.dual_gradient[i], q.dual_variables[i]
        walls = {bound for name, bound in poles(path) if name == n}
        if any(not wall.is_Rational for wall in walls) or path.free_symbols & (set(q.dual_variables) - {s}):
            return None
        bound = max(walls, default=Integer(0))
        domain = reach(path, s, n, bound)
        if domain is None:
            return None
        found[i] = Own(
            path=path,
            value=Add(*(term for term in Add.make_args(q.dual_value) if term.has(s))),
            s=s,
            domain=domain,
            beta=model.coordinates[i],
            n=n,
            bound=bound,
            block=block,
        )
    return [found[i] for i in range(len(model.predictor))]


def limit_of(own: Own) -> DualLimit | None:
    """The limit of one coordinate as n -> oo, only where its image is that of every large n: all of R, or beta > 0."""
    along = {own.n: 1 / T}
    low, high = (end.xreplace(along) for end in own.domain)
    found = dual_limit(own.path.xreplace(along), own.value.xreplace(along), own.s, (low, high), own.beta)
    if found is None or found.image[1] != oo:
        return None
    return found if found.image[0] == -oo or (found.image[0].is_zero and _is_positive(own)) else None


def _is_positive(own: Own) -> bool:
    """Is beta(s) > 0 on (-oo, 0]?  It increases."""
    below = own.large(own.path).xreplace({own.s: -Dummy("v", nonnegative=True)})
    return own.domain[0] == -oo and bool(below.is_positive)
