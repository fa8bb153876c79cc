"""Constants with a bound: the shape s < 1 of a start such as a = sqrt(alpha (1 + s)/(1 - s)), a depth D > 1.

Constants are positive, and everywhere else in the derivation nothing more is known of them.  Where the start is real
for s < b only, because a radicand, a denominator or the argument of a logarithm has a factor p - q s with p, q > 0 and
b = p/q, the derivation is done for t = s/(b - s) > 0, that is s = b t/(1 + t), and written back in s.  Where that does
not make everything positive, s > b may: then t = s - b.  A constant entry on the diagonal of the parameter metric is
positive likewise.  That is an exact change of names, so every verdict stands.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from itertools import product
from typing import Any

from sympy import Basic, Expr, I, Integer, Mul, Pow, Symbol, log

from derive.exact.signs import sign_of
from derive.model import Model

MANY = 3  # constants whose sides are tried
SHORT = 25  # operations of a base that is factored


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """`constant` = s < `bound` = b; `free` stands for s/(b - s) and `gap` for b - s, both positive.

    `lower`: s > b; `free` and `gap` stand for s - b.
    """

    constant: Symbol
    bound: Expr
    free: Symbol
    gap: Symbol
    lower: bool = False

    @property
    def value(self) -> Expr:
        """s in terms of the free constant."""
        return self.bound + self.free if self.lower else self.bound * self.free / (1 + self.free)


def bounded_constants(model: Model) -> tuple[Bounded, ...]:
    """The constants that have to be smaller, or larger, than something."""
    found = _bounds(model)
    if not 1 <= len(found) <= MANY:
        return ()
    for sides in product((False, True), repeat=len(found)):
        known = tuple(
            Bounded(
                constant=c,
                bound=b,
                free=_fresh(f"{c}_free", model),
                gap=_fresh(f"{c}_gap", model),
                lower=side,
            )
            for (c, b), side in zip(found.items(), sides, strict=True)
        )
        if _is_real(freed(model, known)):
            return () if any(map(_doubtful, _values(freed(model, known)))) else known
    return ()


def _bounds(model: Model) -> dict[Symbol, Expr]:
    """Constant -> the value at which a factor vanishes; empty where a constant has several."""
    found: dict[Symbol, Expr] = {}
    for factor in dict.fromkeys(f for v in _values(model) for f in _doubtful(v)):
        for c in sorted(factor.free_symbols, key=str):
            slope = factor.diff(c)
            at_zero = factor.xreplace({c: Integer(0)})
            if slope.has(c) or {sign_of(slope), sign_of(at_zero)} != {1, -1}:
                continue
            bound = (-at_zero / slope).factor()
            if found.get(c, bound) != bound or bound.free_symbols & set(found):
                return {}
            found[c] = bound
            break
    return found


def _values(model: Model) -> list[Expr]:
    """The values of the start, and a logarithm of each constant on the diagonal of the parameter metric."""
    return [v for v in (*(model.start or ()), *map(log, _diagonal(model))) if v.free_symbols]


def _diagonal(model: Model) -> list[Expr]:
    metric = model.parameter_metric
    entries = [] if metric is None or model.is_metric else [metric[i, i] for i in range(metric.rows)]
    return [e for e in dict.fromkeys(entries) if e.free_symbols and not e.free_symbols & set(model.parameters)]


def _is_real(model: Model) -> bool:
    """Are radicands and arguments of logarithms certainly positive?"""
    values = _values(model)
    roots = [u.base for v in values for u in v.atoms(Pow) if u.exp.is_Rational and not u.exp.is_Integer]
    inside = [*roots, *(u.args[0] for v in values for u in v.atoms(log))]
    return all(sign_of(e) == 1 for e in inside) and not any(v.has(I) for v in values)


def _fresh(name: str, model: Model) -> Symbol:
    """A positive symbol that the model does not have; it needs a readable name, since reasons are written back too."""
    taken = {s.name for s in model.symbols}
    while name in taken:
        name += "_"
    return Symbol(name, positive=True)


def _doubtful(value: Expr) -> list[Expr]:
    """The factors under a root, in a denominator or in a logarithm whose sign is not certain."""
    bases = [u.base for u in value.atoms(Pow) if not (u.exp.is_Integer and u.exp.is_positive)]
    bases += [u.args[0] for u in value.atoms(log)]
    factors = [f for base in bases for f in Mul.make_args(base.factor())]
    plain = [f.base if isinstance(f, Pow) else f for f in factors]
    return [f for f in plain if f.free_symbols and sign_of(f) is None]


def freed(model: Model, found: Sequence[Bounded]) -> Model:
    """The model with its start in the free constants."""
    names = {x.constant: x.value for x in found}
    if not names:
        return model
    if any(x.lower for x in found):  # the constant may stand anywhere
        model = replace(
            model,
            predictor=tuple(f.xreplace(names) for f in model.predictor),
            restrict=tuple(r.xreplace(names) for r in model.restrict),
            parameter_metric=None if model.parameter_metric is None else model.parameter_metric.xreplace(names),
        )
    return replace(model, start=None if model.start is None else tuple(_lowest(v.xreplace(names)) for v in model.start))


def restored(value: Any, found: Sequence[Bounded]) -> Any:
    """A record, or anything in it, in the constants of the user again."""
    names: dict[Basic, Basic] = {}
    for x in found:
        names |= {x.free: x.gap if x.lower else (x.bound - x.gap) / x.gap}
    gaps = {x: x.constant - x.bound if x.lower else x.bound - x.constant for x in found}
    words = {str(x.gap): f"({gaps[x]})" for x in found}
    words |= {str(x.free): f"({gaps[x]})" if x.lower else f"({x.constant}/({gaps[x]}))" for x in found}
    table = Names(first=names, second={x.gap: gaps[x] for x in found}, bounds={x.free: x for x in found})
    return _restored(value, table, words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The free constant in the gap, which is positive, so that its powers come apart; then the gap in the constant."""

    first: Mapping[Basic, Basic]
    second: Mapping[Basic, Basic]
    bounds: Mapping[Symbol, Bounded]

    def of_pair(self, pair: tuple[Any, ...]) -> tuple[Symbol, Expr] | None:
        """(s, its value) for (free constant, its value), as points list them."""
        known = self.bounds.get(pair[0]) if len(pair) == 2 and isinstance(pair[0], Symbol) else None
        if known is None or not isinstance(pair[1], Expr) or pair[1].free_symbols:
            return None
        return known.constant, known.value.xreplace({known.free: pair[1]})


def _restored(value: Any, names: Names, words: Mapping[str, str]) -> Any:
    first, second = names.first, names.second
    if isinstance(value, str):
        new = re.sub(r"\b(" + "|".join(words) + r")\b", lambda m: words[m[1]], value)
        return value if new == value else new  # a status is a text too, and stays itself
    if isinstance(value, Expr):
        inner = _lowest(value.xreplace(dict(first))) if value.free_symbols & set(first) else value
        plain = inner.xreplace(dict(second))
        forms = [plain, plain.together().factor()] if inner is not value and plain.count_ops() < 2 * SHORT else [plain]
        return min(forms, key=lambda e: e.count_ops())
    if hasattr(value, "xreplace"):
        return value.xreplace(dict(first)).xreplace(dict(second))
    if isinstance(value, tuple):
        return names.of_pair(value) or tuple(_restored(item, names, words) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _restored(getattr(value, f.name), names, words) for f in fields(value)})
    return value


def _lowest(e: Expr) -> Expr:
    """Bases of powers and arguments of logarithms in lowest terms, from the leaves up."""
    if not e.args:
        return e
    new = e.func(*(_lowest(a) for a in e.args))
    if isinstance(new, Pow) and new.base.is_Add:
        return Pow(_factored(new.base), new.exp)
    if isinstance(new, log):
        return log(_factored(new.args[0]))
    return new


def _factored(e: Expr) -> Expr:
    return e.together().factor() if e.count_ops() < SHORT else e
