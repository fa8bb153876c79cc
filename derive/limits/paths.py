"""Paths in the space of the start's constants: which of them go where.

A constant of the start is positive, so that its domain ends at 0 and at oo; one that is bounded (the shape s < 1 in
a = sqrt(alpha (1 + s)/(1 - s))) ends at its bound instead.  One constant goes to an end while the others stay, or all
go together with fixed ratios.  A constant of the predictor itself (a width) goes to both ends as well, a constant in
exponents (a depth) to oo.  A path gives each moving constant as an expression in t, t -> 0+.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sympy import Dummy, Expr, Pow, Symbol

from derive.bounded import Bounded
from derive.limits.scaling import common_degree
from derive.model import Model

T = Dummy("t", positive=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """`words` names the limit; `along` gives the moving constants in T -> 0+, `back` T (and ratios) in the constants.

    `degree`: the start is homogeneous in the moving constants, of this positive degree; None where it is not.
    `vanishing`: they go to 0.
    """

    words: str
    along: tuple[tuple[Symbol, Expr], ...]
    back: tuple[tuple[Symbol, Expr], ...]
    degree: Expr | None
    vanishing: bool

    def forth(self, e: Expr) -> Expr:
        """The expression along the path."""
        return e.xreplace(dict(self.along))

    def home(self, e: Expr) -> Expr:
        """An expression in T in the constants again."""
        return e.xreplace(dict(self.back))


def towards(constants: Sequence[Symbol], end: str) -> str:
    """The limit in words: `alpha -> 0`, `a, b -> oo (ratios fixed)`."""
    together = " (ratios fixed)" if len(constants) > 1 else ""
    return f"{', '.join(map(str, constants))} -> {end}{together}"


def free_constants(model: Model) -> tuple[Symbol, ...]:
    """The constants of the start that appear nowhere else, in alphabetical order."""
    fixed = [*model.predictor, *model.restrict, *(model.parameter_metric or ())]
    elsewhere: set[Symbol] = set().union(*(e.free_symbols for e in fixed))
    free: set[Symbol] = set().union(*(e.free_symbols for e in model.start or ()))
    return tuple(sorted(free - elsewhere, key=str))


def paths(model: Model, ends: Sequence[Bounded] = ()) -> tuple[Path, ...]:
    """All together first where the start is homogeneous, then one constant at a time, each to both ends."""
    tied: set[Symbol] = set().union(*(x.bound.free_symbols for x in ends))  # moving a bound moves what it bounds
    names = tuple(c for c in free_constants(model) if c not in tied)
    start = [v for v in model.start or () if not v.is_zero]
    found: list[Path] = []
    degrees = {c: common_degree(start, [c]) for c in names}
    if len(names) > 1 and not any(h is not None and h.is_positive for h in degrees.values()):
        h = common_degree(start, names)
        if h is not None and h.is_positive:
            found += [_together(names, end, h) for end in ("oo", "0")]
    for c in names:
        h = degrees[c]
        scale = h is not None and bool(h.is_positive)
        bounds = {x.free: x for x in ends}
        kept = [
            str(bounds[other].constant if other in bounds else other) for other in free_constants(model) if other != c
        ]
        words = "" if scale or not kept else f" ({', '.join(kept)} fixed)"
        for end, name, value, home in _ends(c, bounds.get(c)):
            found.append(
                Path(
                    words=towards([name], end) + words,
                    along=((c, value),),
                    back=((T, home),),
                    degree=h if scale else None,
                    vanishing=end == "0",
                )
            )
    return tuple(found)


def exponents(model: Model) -> tuple[Symbol, ...]:
    """The constants in exponents of parameters (depth D), in alphabetical order."""
    powers = {u for f in model.predictor for u in f.atoms(Pow) if u.base.free_symbols & set(model.parameters)}
    found: set[Symbol] = set().union(*(u.exp.free_symbols for u in powers)) - set(model.parameters)
    return tuple(sorted(found, key=str))


def formula_paths(model: Model, ends: Sequence[Bounded] = ()) -> tuple[Path, ...]:
    """The constants of the formula of the predictor (a width k) that are no exponents, each to both ends."""
    bounded = {x.constant for x in ends} | {x.free for x in ends} | set(exponents(model))
    found = [c for c in model.constants if c not in {*free_constants(model), *bounded}]
    return tuple(
        Path(
            words=towards([c], end) + _kept(other for other in model.constants if other != c),
            along=((c, value),),
            back=((T, home),),
            degree=None,
            vanishing=False,
        )
        for c in found
        for end, _, value, home in _ends(c, None)
    )


def _kept(others: Iterable[Symbol]) -> str:
    names = [str(other) for other in others]
    return f" ({', '.join(names)} fixed)" if names else ""


def _ends(c: Symbol, bounded: Bounded | None) -> tuple[tuple[str, Symbol, Expr, Expr], ...]:
    """(end, its constant, c in T, T in the constants)."""
    if bounded is None:
        return ("oo", c, 1 / T, 1 / c), ("0", c, T, c)
    b = bounded.bound
    if bounded.lower:
        return ("oo", bounded.constant, 1 / T, 1 / bounded.gap), (str(b), bounded.constant, T, bounded.gap)
    return (
        (str(b), bounded.constant, (b - T) / T, bounded.gap),
        ("0", bounded.constant, T / (b - T), bounded.constant),
    )


def _together(names: Sequence[Symbol], end: str, h: Expr) -> Path:
    """The first constant is the scale, the others are multiples of it."""
    first = names[0]
    scale, home = (T, first) if end == "0" else (1 / T, 1 / first)
    ratios = {c: Dummy(f"{c}_", positive=True) for c in names}
    back = [(T, home), *((r, c / first) for c, r in ratios.items())]
    return Path(
        words=towards(names, end),
        along=tuple((c, r * scale) for c, r in ratios.items()),
        back=tuple(back),
        degree=h,
        vanishing=end == "0",
    )
