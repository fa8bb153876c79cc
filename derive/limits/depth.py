"""A constant in the exponents of the predictor goes to infinity: depth D -> oo, exactly.

With D = 1/t, Q is expanded in t where it has a closed form (`derive.limits.leading`), and else followed through its
dual beta(s), one coordinate at a time (`derive.limits.dual_limit`):

* where the start makes beta(s) converge at one scale of s (mu = alpha^D fixed, that is a start mu**(1/D), or a start
  of ones), Q is a power of D times q with q' = h^-1;
* at a fixed scale alpha there are three cases, alpha < 1, alpha = 1 and alpha > 1 (`derive.limits.fixed_scale`).

Potentials for all D above the pole of the exponents are compared, integer or not.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Expr, Integer, Symbol, oo

from derive.blocks import Block
from derive.bounded import Bounded
from derive.connected import Connected
from derive.limits.dual_limit import DualLimit
from derive.limits.duals import Own, duals, limit_of
from derive.limits.fixed_scale import above_one, below_one, degree_of
from derive.limits.kernel import Quadratic
from derive.limits.leading import Leading, Part, assembled, leading
from derive.limits.paths import Path, T, exponents, free_constants
from derive.limits.scaling import scaled_constants
from derive.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Deep:
    """One entry: the limit in words, why, and whether it is at fixed beta - beta(0)."""

    words: str
    found: Leading
    reason: str
    about: bool = False


def deep(
    model: Model,
    parts: Sequence[Block],
    whole: Connected,
    quadratic: Quadratic | None,
    ends: Sequence[Bounded] = (),
) -> list[Deep]:
    """The limits that are established, for every constant in exponents; `ends` names those that have a bound."""
    names = {x.free: x.constant for x in ends}
    found = [entry for n in exponents(model) for entry in _deep(model, parts, whole, quadratic, n)]
    return [replace(entry, words=_named(entry.words, names)) for entry in found]


def _named(words: str, names: Mapping[Symbol, Symbol]) -> str:
    for free, constant in names.items():
        words = re.sub(rf"\b{free}\b", str(constant), words)
    return words


def _deep(model: Model, parts: Sequence[Block], whole: Connected, quadratic: Quadratic | None, n: Symbol) -> list[Deep]:
    kept = [c for c in (*free_constants(model), *exponents(model)) if c != n]
    path = _path(n, f" ({', '.join(map(str, kept))} fixed)" if kept else "")
    closed = leading(model, parts, whole, path)
    if closed is not None:
        return [Deep(words=path.words, found=closed, reason=_CLOSED)]
    found = duals(model, parts, whole, n)
    if found is None:
        return []
    together = _assembled(model, [limit_of(own) for own in found], path)
    if together is not None:
        return [Deep(words=path.words, found=together, reason=_DUAL)]
    return [entry for c, h in _scales(model) for entry in _at_fixed_scale(model, found, quadratic, c, h)]


_CLOSED = "leading terms of the closed form in 1/D, at every beta without a zero coordinate"
_DUAL = "the dual beta(s) converges, hence its inverse grad Q, locally uniformly"
_SMALL = "inside its domain the dual beta(s) tends to 0: grad Q tends to the ends of the domain"
_LARGE = "kernel regime: Q_alpha(beta) = alpha^q Q_1(beta/alpha^d), and Taylor's remainder of Q_1 is uniform in depth"


def _path(n: Symbol, words: str) -> Path:
    return Path(words=f"{n} -> oo{words}", along=((n, 1 / T),), back=((T, 1 / n),), degree=None, vanishing=False)


def _scales(model: Model) -> list[tuple[Symbol, Expr]]:
    """Single constants in which the start is homogeneous, and their degrees."""
    return [(names[0], h) for names, h in scaled_constants(model) if len(names) == 1]


def _assembled(model: Model, limits: Sequence[DualLimit | None], path: Path) -> Leading | None:
    known = [limit for limit in limits if limit is not None]
    if len(known) < len(limits):
        return None
    found: list[Part] = []
    for limit in known:
        part: Part = {(limit.scale, 0): limit.value}
        if limit.following is not None:
            term = limit.following
            part[limit.scale + term.power, -term.logs] = -term.coefficient
        found.append(part)
    return assembled(model, found, [(True, limit.image[0] == -oo) for limit in known], path)


def _at_fixed_scale(model: Model, found: Sequence[Own], quadratic: Quadratic | None, c: Symbol, h: Expr) -> list[Deep]:
    """alpha < 1, alpha = 1 and alpha > 1 for one constant c = alpha."""
    d = degree_of(found, c, h)
    ones = [own.at({c: Integer(1)}) for own in found]
    limits = [limit_of(own) for own in ones] if d is not None else []
    known = [limit for limit in limits if limit is not None]
    path = _path(found[0].n, f" ({c} = 1)")
    middle = _assembled(model, known, path) if d is not None and len(known) == len(ones) else None
    if middle is None or d is None:
        return []
    small = below_one(found, known, c, d)
    large = None if quadratic is None else above_one(ones, known, quadratic, c, d)
    n = found[0].n
    return [
        *([] if small is None else [Deep(words=f"{n} -> oo ({c} < 1)", found=small, reason=_SMALL)]),
        Deep(words=path.words, found=middle, reason=_DUAL),
        *([] if large is None else [Deep(words=f"{n} -> oo ({c} > 1)", found=large, reason=_LARGE, about=True)]),
    ]
