"""Models of one parameter: the leaf is an interval of the line, and F maps it onto the domain in beta.

The orbit of w0 under V = G^-1 F' is the interval around w0 that the zeros of V and the events cut out of the line: at
a zero of V the flow rests, and at an event F is not smooth or not defined.  F is strictly monotone on it, because
F' = 0 where V is, so its image is the interval between the limits of F at the two ends.
"""

from collections.abc import Sequence

from sympy import Abs, Expr, Integer, Mul, Poly, Symbol, oo, sign

from derive.exact.signs import is_defined, settled, sign_of
from derive.potentials.conditions import Condition
from derive.potentials.events import Event
from derive.potentials.intervals import Interval, interval_around
from derive.potentials.positivity import certainly_positive


def leaf_on_line(inverse_metric: Expr, happen: Sequence[Event], w: Symbol, at: Expr) -> Interval | None:
    """The interval of w around `at` between zeros of M(w) and events; None where one of them is not found."""
    top, _ = on_side(inverse_metric, w, at).together().as_numer_denom()
    bases = [factor.as_base_exp()[0] for factor in Mul.make_args(top.factor())]
    zeros = [b for b in bases if b.has(w) and not b.is_positive]
    zeros = [b for b in zeros if not certainly_positive(b) and not certainly_positive(-b)]
    return interval_around([Condition(expression=e) for e in (*zeros, *(e.expression for e in happen))], w, at)


def on_side(e: Expr, w: Symbol, at: Expr) -> Expr:
    """The expression with |u| and sign(u) as they are between the events around `at`."""
    found: dict[Expr, Expr] = {}
    for u in e.atoms(Abs, sign):
        side = sign_of(u.args[0].xreplace({w: at}))
        if side:
            found[u] = side * u.args[0] if isinstance(u, Abs) else Integer(side)
    return e.xreplace(found)


def image_of(f: Expr, w: Symbol, leaf: Interval, at: Expr) -> Interval | None:
    """The image of the leaf under F, monotone there; None where a limit of F at an end is not found."""
    f = on_side(f, w, at)
    ends = [_limit(f, w, end) for end in leaf]
    if None in ends:
        return None
    first, second = (e for e in ends if e is not None)
    there = f.xreplace({w: at})
    rises = any(end is infinity for end, infinity in ((first, -oo), (second, oo))) or (
        second not in (oo, -oo) and sign_of(settled((second - there).expand())) == 1
    )
    falls = any(end is infinity for end, infinity in ((first, oo), (second, -oo))) or (
        second not in (oo, -oo) and sign_of(settled((second - there).expand())) == -1
    )
    return None if rises == falls else (first, second) if rises else (second, first)


def _limit(f: Expr, w: Symbol, end: Expr) -> Expr | None:
    """F at a finite end where it is defined, and the limit at infinity of a rational F."""
    if end not in (oo, -oo):
        value = f.xreplace({w: end})
        return value if is_defined(value) else None
    top, bottom = f.together().as_numer_denom()
    if not (top.is_polynomial(w) and bottom.is_polynomial(w)):
        return None
    high, low = Poly(top, w), Poly(bottom, w)
    excess, ratio = high.degree() - low.degree(), high.LC() / low.LC()
    if excess <= 0:
        return ratio if excess == 0 else ratio * 0
    sign = sign_of(ratio)
    return None if not sign else oo * sign * (-1 if end is -oo and excess % 2 else 1)
