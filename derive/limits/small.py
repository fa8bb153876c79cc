"""Small starts of separable models: the growth of Q at infinity, glued over signs and coordinates.

By `derive.limits.scaling`, Q_{lambda c}(beta) = lambda^q Q_c(beta/lambda^D): as lambda -> 0 only the growth of
Q_c at infinity is seen, which `derive.potentials.growth` reads off the dual beta(s).  In terms of x = |beta|,

    pole         s+ x                         and then  -s+ C^(1/p) x^(1-1/p)/(1-1/p),
    exponential  D log(1/alpha) x/k           and then  (x log(x alpha^D/C) - x)/k,
    power        n C^(-1/n) x^(1+1/n)/(n+1),

where s+, C, k are functions of the constants c already: their own homogeneity supplies the powers of
lambda.  A pole or an exponential is an l1 norm with its leading constant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sympy import Abs, Add, Dummy, Expr, Symbol, expand_log, log, powdenest, sign

from derive.limits.exponents import ABOVE, beyond, poles, reach
from derive.limits.scaling import Scaling
from derive.potentials.growth import BOUNDED, EXPONENTIAL, POLE, End, lower_end, upper_end
from derive.potentials.potential import Potential

X = Dummy("x", positive=True)
_Sides = tuple["_Side | None", "_Side | None"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """The leading term of Q, the name of its norm, the next term where it is known, and its relative size.

    `case`: where constants in exponents (depth D) were restricted, how: `D > 2`."""

    equivalent: Expr
    norm: str | None
    next_term: Expr | None
    relative: Expr | None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class _Side:
    """Growth of Q on one side of zero: leading and next term in x = |beta|, and the kind of norm."""

    leading: Expr
    following: Expr | None
    kind: str
    relative: Expr | None


def small_above(q: Potential, scales: Mapping[int, Scaling]) -> Small | None:
    """`small_start`, where exponents have a pole in a constant n (D = 2 in D/(D - 2)) for n above it."""
    if q.dual_gradient is None or q.dual_domain is None:
        return None
    walls = {pole for path in set(q.dual_gradient) for pole in poles(path)}
    if not walls:
        return small_start(q, scales)
    if len(walls) > 1:
        return None
    n, bound = walls.pop()
    domain = [reach(path, s, n, bound) for path, s in zip(q.dual_gradient, q.dual_variables, strict=True)]
    known = [d for d in domain if d is not None]
    if len(known) < len(domain):
        return None

    def moved(e: Expr) -> Expr:
        return beyond(e, n, bound)

    shifted = replace(
        q,
        dual_gradient=tuple(moved(e) for e in q.dual_gradient),
        dual_domain=tuple((moved(low), moved(high)) for low, high in known),
    )
    laws = {
        i: replace(law, predictor=moved(law.predictor), potential=moved(law.potential)) for i, law in scales.items()
    }
    found = small_start(shifted, laws)
    if found is None:
        return None
    home = {ABOVE: n - bound}
    return Small(
        equivalent=found.equivalent.xreplace(home),
        norm=found.norm,
        next_term=None if found.next_term is None else found.next_term.xreplace(home),
        relative=None if found.relative is None else found.relative.xreplace(home),
        case=f"{n} > {bound}",
    )


def small_start(q: Potential, scales: Mapping[int, Scaling]) -> Small | None:
    """Constants -> 0 where each coordinate has a dual of its own (and no warp); None where it is undecided.

    `scales` is the scaling law of each coordinate.
    """
    if q.dual_gradient is None or q.dual_domain is None:
        return None
    known: dict[tuple[Expr, tuple[Expr, Expr], Scaling], _Sides | None] = {}
    placed: list[tuple[Expr, Expr | None]] = []
    orders: set[Expr | None] = set()
    shapes: set[tuple[str, Expr, Expr | None]] = set()
    s = Symbol("s", real=True)
    for i, (beta, own) in enumerate(zip(q.variables, q.dual_variables, strict=True)):
        path = q.dual_gradient[i].xreplace({own: s})
        if path.free_symbols & set(q.dual_variables):
            return None
        key = (path, q.dual_domain[i], scales[i])
        if key not in known:
            known[key] = _sides(path, s, q.dual_domain[i], scales[i])
        sides = known[key]
        if sides is None:
            return None
        up, low = sides
        placed.append(_both(up, low, beta))
        orders |= {side.relative for side in sides if side is not None}
        kinds = {side.kind for side in sides if side is not None}
        leadings = {side.leading for side in sides if side is not None}
        kind = kinds.pop() if len(kinds) == 1 else ""
        shapes.add((kind, leadings.pop(), leadings.pop() if leadings else None))
    following = [n for _, n in placed]
    unknown_next = any(n is None for n in following)
    return Small(
        equivalent=Add(*(e for e, _ in placed)),
        norm=_norm(shapes),
        next_term=None if unknown_next else Add(*(n for n in following if n is not None)),
        relative=orders.pop() if len(orders) == 1 else None,
    )


def _sides(path: Expr, s: Symbol, interval: tuple[Expr, Expr], law: Scaling) -> _Sides | None:
    """Growth for beta > 0 and beta < 0, None for a side outside the domain; None where one is undecided."""
    up, low = upper_end(path, s, interval), lower_end(path, s, interval)
    if up is None or low is None or (up.kind == BOUNDED and low.kind == BOUNDED):
        return None
    return _side(up, law), _side(low, law)


def _side(end: End, law: Scaling) -> _Side | None:
    """Q on one side, for small constants (the table of `derive.potentials.growth`, at x/lambda^D)."""
    first, d = law.constants[0], law.predictor
    if end.kind == BOUNDED:
        return None
    if end.kind == POLE:
        if end.size is None or end.exponent is None or not (end.exponent - 1).factor().is_positive:
            return _Side(end.rate * X, None, "l1", None)
        inverse = (1 / end.exponent).factor()
        following = -end.rate * powdenest(end.size**inverse) * X ** (1 - inverse).factor() / (1 - inverse).factor()
        return _Side(end.rate * X, following, "l1", first ** (d * inverse))
    if end.kind == EXPONENTIAL:
        leading = d * log(1 / first) * X / end.rate
        if end.size is None:
            return _Side(leading, None, "l1", None)
        following = X * (expand_log(log(X)) + log((first**d / end.size).cancel()) - 1) / end.rate
        return _Side(leading, following, "l1", 1 / log(1 / first))
    assert end.exponent is not None and end.size is not None
    n = end.exponent
    p = 1 + 1 / n
    return _Side(end.size ** (-1 / n) * X**p / p, None, "l2" if n == 1 else f"lp, p = {p}", None)


def _both(up: _Side | None, low: _Side | None, beta: Symbol) -> tuple[Expr, Expr | None]:
    """Leading and next term in beta; on a domain with one sign, without absolute values."""
    if up is None or low is None:
        side, x = (up, beta) if up is not None else (low, -beta)
        assert side is not None
        return side.leading.subs(X, x), None if side.following is None else side.following.subs(X, x)
    leading = glued(up.leading, low.leading, beta)
    if up.following is None or low.following is None:
        return leading, None
    return leading, glued(up.following, low.following, beta)


def glued(up: Expr, low: Expr, beta: Symbol) -> Expr:
    """One function of beta from its forms in X = |beta| on the two sides of zero."""
    if (up - low).expand().is_zero:
        return up.subs(X, Abs(beta))
    if (up.subs(X, -X) - low).expand().is_zero:  # no log X and no root of it: one formula for both sides
        return up.subs(X, beta)
    even, odd = ((up + low) / 2).expand(), ((up - low) / 2).expand()
    slope = (odd / X).expand()
    tilt = sign(beta) * odd.subs(X, Abs(beta)) if slope.has(X) else slope * beta
    return even.subs(X, Abs(beta)) + tilt


def _norm(shapes: set[tuple[str, Expr, Expr | None]]) -> str | None:
    """The name of a sum over coordinates of the shapes found."""
    kinds = {kind for kind, _, _ in shapes}
    if len(kinds) != 1 or "" in kinds:
        return None
    kind = kinds.pop()
    even = len(shapes) == 1 and all(other is None for _, _, other in shapes)
    return kind if even else f"weighted {kind}"
