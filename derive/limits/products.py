"""Small starts of a product of layers, `beta = c w1 ... wD`, D >= 3, from one layer zero and the others a > 0.

The differences of squares are conserved.  With p the layer that starts at zero, along the flow in the dual time s

    dp/ds = c (a^2 + p^2)^((D-1)/2),   beta = c p (a^2 + p^2)^((D-1)/2),

and s reaches a finite end as p -> oo (a Beta integral):

    s+ = a^(2-D) sqrt(pi) Gamma((D-2)/2) / (2 c Gamma((D-1)/2)),    s+ - s ~ (|beta|/c)^(-(D-2)/D) / (c (D-2)).

Since Q' = s, at fixed beta as a -> 0 (where |beta|/a^D -> oo) Q ~ s+ |beta|, an l1 norm, and what is next is
-D/(2(D-2)) (|beta|/c)^(2/D).  With k equal units, Q_k(beta) = k Q_1(beta/k) (`derive.limits.width`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Abs, Expr, Poly, Rational, Symbol, gamma, pi, sqrt

from derive.blocks import Block, Template, template
from derive.limits.expansion import leading_terms
from derive.limits.paths import Path, T
from derive.limits.width import units
from derive.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """Q ~ `rate` |beta| + `following`, and the layers' start `height` = a, for one coordinate called `beta`."""

    rate: Expr
    following: Expr
    height: Expr
    depth: int


def layered(part: Model, beta: Symbol) -> Layers | None:
    """The growth of one block; None where it is no product of layers from such a start."""
    several = units(part)
    unit, count = (part, 1) if several is None else (several.model, several.count)
    if unit.start is None or unit.restrict or unit.parameter_metric is not None or len(unit.predictor) != 1:
        return None
    f = unit.predictor[0]
    if not f.is_polynomial(*unit.parameters):
        return None
    terms = Poly(f, *unit.parameters).terms()
    if len(terms) != 1 or set(terms[0][0]) != {1} or not terms[0][1].is_positive:
        return None
    c, depth = terms[0][1], len(unit.parameters)
    others = {v for v in unit.start if not v.is_zero}
    if depth < 3 or len(others) != 1 or sum(1 for v in unit.start if v.is_zero) != 1:
        return None
    a = others.pop()
    if not a.is_positive:
        return None
    rate = sqrt(pi) * a ** (2 - depth) * gamma(Rational(depth - 2, 2)) / (2 * c * gamma(Rational(depth - 1, 2)))
    following = -count * Rational(depth, 2 * (depth - 2)) * (Abs(beta) / (count * c)) ** Rational(2, depth)
    return Layers(rate=rate, following=following, height=a, depth=depth)


def small_layers(model: Model, parts: Sequence[Block], path: Path) -> list[Layers] | None:
    """One a coordinate, where a -> 0 along the path in all of them."""
    coordinates = model.coordinates
    known: dict[Template, tuple[Layers | None, Symbol]] = {}
    found: list[Layers] = []
    for block in parts:
        if len(block.places) != 1:
            return None
        beta = coordinates[block.places[0]]
        key = template(block)
        if key not in known:
            known[key] = layered(block.model, beta), beta
        own, name = known[key]
        if own is None or not _vanishes(own.height, path):
            return None
        found.append(replace(own, following=own.following.xreplace({name: beta})))
    return found


def _vanishes(height: Expr, path: Path) -> bool:
    first = leading_terms(path.forth(height), T, 1)
    return bool(first) and first[0].power.is_positive
