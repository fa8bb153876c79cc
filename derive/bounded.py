"""Constants with an upper bound: the shape s < 1 of a start such as a = sqrt(alpha (1 + s)/(1 - s)).

Constants are positive, and everywhere else in the derivation nothing more is known of them.  Where the start is real
for s < b only, because a radicand, a denominator or the argument of a logarithm has a factor p - q s with p, q > 0 and
b = p/q, the derivation is done for t = s/(b - s) > 0, that is s = b t/(1 + t), and written back in s.  That is an exact
change of names, so every verdict stands.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from sympy import Basic, Expr, Integer, Mul, Pow, Symbol, log

from derive.exact.signs import sign_of
from derive.model import Model

SHORT = 25  # operations of a base that is factored


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """`constant` = s < `bound` = b; `free` stands for s/(b - s) and `gap` for b - s, both positive."""

    constant: Symbol
    bound: Expr
    free: Symbol
    gap: Symbol


def bounded_constants(model: Model) -> tuple[Bounded, ...]:
    """The constants of the start that have to be smaller than something."""
    start = [v for v in model.start or () if v.free_symbols]
    found: dict[Symbol, Expr] = {}
    for factor in dict.fromkeys(f for v in start for f in _doubtful(v)):
        for c in sorted(factor.free_symbols, key=str):
            slope = factor.diff(c)
            at_zero = factor.xreplace({c: Integer(0)})
            if slope.has(c) or {sign_of(slope), sign_of(at_zero)} != {1, -1}:
                continue
            bound = (-at_zero / slope).factor()
            if found.get(c, bound) != bound or bound.free_symbols & set(found):
                return ()  # several bounds at once
            found[c] = bound
            break
    known = tuple(
        Bounded(constant=c, bound=b, free=_fresh(f"{c}_free", model), gap=_fresh(f"{c}_gap", model))
        for c, b in found.items()
    )
    settled = freed(model, known).start or ()
    return () if any(_doubtful(v) for v in settled) else known


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
    names = {x.constant: x.bound * x.free / (1 + x.free) for x in found}
    if model.start is None or not names:
        return model
    return replace(model, start=tuple(_lowest(v.xreplace(names)) for v in model.start))


def restored(value: Any, found: Sequence[Bounded]) -> Any:
    """A record, or anything in it, in the constants of the user again."""
    names: dict[Basic, Basic] = {}
    for x in found:
        names |= {x.free: (x.bound - x.gap) / x.gap}
    words = {str(x.free): f"({x.constant}/({x.bound} - {x.constant}))" for x in found}
    words |= {str(x.gap): f"({x.bound} - {x.constant})" for x in found}
    return _restored(value, (names, {x.gap: x.bound - x.constant for x in found}), words)


Names = tuple[Mapping[Basic, Basic], Mapping[Basic, Basic]]


def _restored(value: Any, names: Names, words: Mapping[str, str]) -> Any:
    """The free constant in the gap, which is positive, so that its powers come apart; then the gap in the constant."""
    first, second = names
    if isinstance(value, str):
        return re.sub(r"\b(" + "|".join(words) + r")\b", lambda m: words[m[1]], value)
    if isinstance(value, Expr):
        inner = _lowest(value.xreplace(dict(first))) if value.free_symbols & set(first) else value
        plain = inner.xreplace(dict(second))
        forms = [plain, plain.together().factor()] if inner is not value and plain.count_ops() < 2 * SHORT else [plain]
        return min(forms, key=lambda e: e.count_ops())
    if hasattr(value, "xreplace"):
        return value.xreplace(dict(first)).xreplace(dict(second))
    if isinstance(value, tuple):
        return tuple(_restored(item, names, words) for item in value)
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
