"""Restrictions as they are studied: without powers and, where there is a start, without other components.

The zeros of f^2 are those of f, and a product vanishes where one of its factors does.  With a start w0 on f_1 f_2 = 0
and f_2(w0) not zero, f_1 vanishes on the whole leaf of w0: the leaf is a connected analytic manifold on which f_1 f_2
is zero, and f_2 is not zero near w0.  So f_1 = 0 may be put for f_1 f_2 = 0.

A submanifold is only studied where it is known to be one that the flow never leaves; `doubtful` says what is missing.
"""

from collections.abc import Mapping
from dataclasses import replace

from sympy import Expr, Mul, Symbol, factor_list

from derive.fields.leaf import Leaf, slopes
from derive.model import Model


def plainly(model: Model) -> Model:
    """The model with each restriction as the product of those distinct factors that vanish at the start (if any)."""
    if not model.restrict:
        return model
    start = model.start_map()
    return replace(model, restrict=tuple(_plain(r, model, start) for r in model.restrict))


def _plain(restriction: Expr, model: Model, start: Mapping[Symbol, Expr]) -> Expr:
    symbols = (*model.parameters, *model.constants)
    numerator = restriction.together().as_numer_denom()[0].expand()
    if not numerator.is_polynomial(*symbols) or numerator.free_symbols - set(symbols) or numerator.is_number:
        return restriction
    listed = factor_list(numerator, *symbols)[1]
    factors = [f for f, _ in listed if f.free_symbols & set(model.parameters)]
    if start:
        factors = [f for f in factors if f.xreplace(dict(start)).expand().is_zero]
    if not factors or (len(factors) == len(listed) and all(n == 1 for _, n in listed)):
        return restriction  # as it was written; a start off the submanifold is refused elsewhere
    return Mul(*factors)


def doubtful(leaf: Leaf) -> str | None:
    """Why nothing can be said on the submanifold of the restrictions; None where there is nothing in the way."""
    model = leaf.dynamics.model
    if not model.restrict:
        return None
    shown = ", ".join(f"{r} = 0" for r in model.restrict)
    if leaf.ideal is None:
        return f"{shown} is no polynomial equation over Q (a = sqrt(u) is a**2 = u with a start where a > 0)"
    if next(iter(leaf.points(1)), None) is None:
        return f"no exact point of {shown} was found"
    if not leaf.holds([q for r in model.restrict for q in slopes(leaf.dynamics, r)], "invariant").is_proved:
        return f"it was not decided whether the flow stays on {shown}"
    return None
