"""Which norm is a function of beta?  Differential identities, each proved by exact algebra.

One coordinate at a time, f(x) on x = |beta| > 0:

    f/x constant                       l1
    f'' constant                       l2 (the square of a distance)
    x f'/f = p constant                lp (a power; a quasi-norm for p < 1)
    x f'' constant                     entropy
    x^2 f'' constant                   burg entropy (the Itakura-Saito distance)
    (1/f'')^2 = a + b x^2              hypentropy (Ghai, Hazan, Singer 2020)

Equal functions on both sides and in all coordinates make the norm, different ones of one kind a weighted norm.  Coupled
coordinates: a constant Hessian is a Mahalanobis norm (the RKHS norm of a kernel), and E = f(|beta|) + z . beta is the
l2 norm, tilted along z where z is not 0.  Rotations tell: beta_a d_b E - beta_b d_a E = beta_a z_b - beta_b z_a.
"""

from collections.abc import Sequence
from itertools import combinations

from sympy import Add, Dummy, Expr, Integer, Pow, Rational, Symbol, sqrt

from derive.exact.identity import is_identity
from derive.exact.signs import is_defined, sign_of

_X = Dummy("x", positive=True)
SHORT = 80  # operations of a second derivative that is looked at further
Sides = tuple[bool, bool]


def norm_of(e: Expr, betas: Sequence[Symbol], sides: Sequence[Sides]) -> str | None:
    """The name of the norm; `sides` says for each coordinate whether beta > 0 and beta < 0 lie in the domain."""
    parts = separated(e, betas)
    if parts is not None:
        return _separable(parts, betas, sides)
    hessian = [e.diff(b, c) for b in betas for c in betas]
    if all(_is_constant(h, betas) for h in hessian):
        return "mahalanobis"
    z = orientation(e, betas)
    if z is None:
        return None
    return "l2" if all(c.is_zero for c in z) else "tilted l2"


def separated(e: Expr, betas: Sequence[Symbol]) -> list[Expr] | None:
    """The part of each coordinate, where the terms do not mix them; a constant goes to the first."""
    place = {b: i for i, b in enumerate(betas)}
    own: list[list[Expr]] = [[] for _ in betas]
    for term in Add.make_args(e.expand()):
        used = {place[s] for s in term.free_symbols if s in place}
        if len(used) > 1:
            return None
        own[min(used, default=0)].append(term)
    return [Add(*terms) for terms in own]


def orientation(e: Expr, betas: Sequence[Symbol]) -> tuple[Expr, ...] | None:
    """z with E = f(|beta|) + z . beta, d >= 2; None where E has another form."""
    if len(betas) < 2:
        return None
    z: dict[Symbol, Expr] = {}
    for a, b in combinations(betas, 2):
        turned = a * e.diff(b) - b * e.diff(a)
        there = {s: Integer(0) for s in betas}
        found = {}
        for one, other, factor in ((a, b, 1), (b, a, -1)):
            slope = (factor * turned).xreplace(there | {one: Integer(1)})
            if not is_defined(slope) or slope.free_symbols & set(betas):
                return None
            found[other] = slope.expand()
        if not is_identity(turned - (a * found[b] - b * found[a])):
            return None
        for s, value in found.items():
            if s in z and not is_identity(z[s] - value):
                return None
            z[s] = value
    return tuple(z[b] for b in betas)


def radial(e: Expr, betas: Sequence[Symbol], z: Sequence[Expr]) -> Expr:
    """f(|beta|) + z . beta, with f written in |beta|^2."""
    axis = e.subs({b: Integer(0) for b in betas[1:]}).subs(betas[0], _X) - z[0] * _X
    linear = Add(*(c * b for c, b in zip(z, betas, strict=True)))
    found = axis.expand().subs(_X, sqrt(Add(*(b**2 for b in betas)))) + linear
    return found if is_identity(found - e) else e


# -- one coordinate at a time -------------------------------------------------------------------------


def _separable(parts: Sequence[Expr], betas: Sequence[Symbol], sides: Sequence[Sides]) -> str | None:
    shapes: set[tuple[str, Expr]] = set()
    known: dict[Expr, tuple[str, Expr] | None] = {}
    for part, beta, (up, low) in zip(parts, betas, sides, strict=True):
        for inside, x in ((up, _X), (low, -_X)):
            if not inside:
                continue
            f = part.xreplace({beta: x})
            if f not in known:
                known[f] = _shape(f)
            shape = known[f]
            if shape is None:
                return None
            if shape[0] not in ("l2", "hypentropy") and sign_of(shape[1]) == -1:
                continue  # Q >= 0 and Q/E -> 1: this side is outside the domain
            shapes.add(shape)
    kinds = {kind for kind, _ in shapes}
    if len(kinds) != 1:
        return None
    kind = kinds.pop()
    return kind if len(shapes) == 1 else f"weighted {kind}"


def _shape(f: Expr) -> tuple[str, Expr] | None:
    """(kind, weight) of a function of x > 0."""
    second = f.diff(_X, 2).replace(
        lambda u: isinstance(u, Pow) and u.exp.is_Rational and not u.exp.is_Integer,
        lambda u: u.base.together().factor() ** u.exp,
    )
    if f.is_zero or not f.has(_X):
        return None
    if _is_constant(f / _X, [_X]):
        return "l1", f.subs(_X, 1).expand()
    if _is_constant(second, [_X]):
        return "l2", second.subs(_X, 1).expand()
    power = (_X * f.diff(_X) / f).subs(_X, 1)
    if power.is_Rational and _is_constant(_X * f.diff(_X) / f, [_X]):
        return f"lp, p = {Rational(power)}", f.subs(_X, 1).expand()
    if _is_constant(_X * second, [_X]):
        return "entropy", second.subs(_X, 1).expand()
    if _is_constant(_X**2 * second, [_X]):
        return "burg entropy", second.subs(_X, 1).expand()
    if second.is_zero or second.count_ops() > SHORT:
        return None
    square = 1 / second**2
    if is_identity(square.diff(_X, 3)) and square.diff(_X).subs(_X, 0).expand().is_zero:
        return "hypentropy", (square.subs(_X, 0) + square.diff(_X, 2).subs(_X, 0) * _X**2 / 2).expand()
    return None


def _is_constant(e: Expr, symbols: Sequence[Symbol]) -> bool:
    return all(is_identity(e.diff(s)) for s in symbols)
