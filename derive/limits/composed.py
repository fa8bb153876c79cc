"""R for F = g(H), g strictly monotone: the levels of F are those of H, so that R_F(beta) = R_H(g^-1(beta)).

g is read from outside in as in `derive.limits.inverse`, down to the first expression that it does not pass.
"""

from collections.abc import Sequence
from dataclasses import replace

from sympy import Add, Dummy, Expr, Mul, Symbol, oo

from derive.limits.inverse import inverse, step_inside
from derive.limits.nearest import BETA, Interval, Nearest
from derive.limits.single import nearest


def nearest_composed(f: Expr, parameters: Sequence[Symbol], start: Sequence[Expr]) -> Nearest | None:
    """R where F = g(H) and R is known for H in closed form or as curves; else None."""
    inner = f
    while (deeper := step_inside(inner, parameters)) is not None:
        inner = deeper
    h = Dummy("h", real=True)
    outer = f.xreplace({inner: h})
    if inner in (f, *parameters) or (isinstance(f, Add | Mul) and outer.diff(h).is_number):
        return None
    back, found = inverse(outer, h, BETA), nearest(inner, parameters, start)
    if back is None or found is None or (found.closed is None and not found.curves):
        return None
    rises = outer.subs(h, -oo) == back[1][0]

    def image(interval: Interval) -> Interval:
        low, high = (outer.subs(h, end) for end in interval)
        return (low, high) if rises else (high, low)

    return Nearest(
        reason=f"a monotone function of a predictor whose R is known: {found.reason}",
        closed=None if found.closed is None else found.closed.xreplace({BETA: back[0]}),
        domain=None if found.closed is None or found.domain is None else image(found.domain),
        curves=tuple(replace(c, beta=outer.xreplace({h: c.beta}), domain=image(c.domain)) for c in found.curves),
    )
