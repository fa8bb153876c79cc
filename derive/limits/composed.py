"""R for F = g(H), g strictly monotone: the levels of F are those of H, so that R_F(beta) = R_H(g^-1(beta)).

g is read from outside in as in `derive.limits.inverse`, down to the first expression that it does not pass.
"""

from collections.abc import Sequence
from dataclasses import replace

from sympy import Dummy, Expr, Symbol, oo

from derive.limits.inverse import inverse, step_inside
from derive.limits.nearest import BETA, Interval, Nearest
from derive.limits.single import nearest


def nearest_composed(f: Expr, parameters: Sequence[Symbol], start: Sequence[Expr]) -> Nearest | None:
    """R where F = g(H) and R is known for H in closed form or as curves; else None."""
    inner, steps = f, []
    while (found := step_inside(inner, parameters)) is not None:
        inner, step = found
        steps.append(step)
    h = Dummy("h", real=True)
    outer: Expr = h
    for step in reversed(steps):
        outer = step(outer)
    if inner in (f, *parameters):
        return None
    back, known = inverse(outer, h, BETA), nearest(inner, parameters, start)
    if back is None or known is None or (known.closed is None and not known.curves):
        return None
    rises = outer.subs(h, -oo) == back[1][0]

    def image(interval: Interval) -> Interval:
        low, high = (outer.subs(h, end) for end in interval)
        return (low, high) if rises else (high, low)

    return Nearest(
        reason=f"a monotone function of a predictor whose R is known: {known.reason}",
        closed=None if known.closed is None else known.closed.xreplace({BETA: back[0]}),
        domain=None if known.closed is None or known.domain is None else image(known.domain),
        curves=tuple(replace(c, beta=outer.xreplace({h: c.beta}), domain=image(c.domain)) for c in known.curves),
    )
