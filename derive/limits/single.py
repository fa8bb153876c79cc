"""R for one coordinate by all mechanisms of `derive.limits.nearest`: what each one knows, in one record.

Several coordinates are one after the other, too, where they move the point in orthogonal subspaces."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from sympy import Expr, Integer, Matrix, Poly, Symbol

from derive.limits.curve import nearest_on_curve
from derive.limits.factors import nearest_on_factors
from derive.limits.inverse import nearest_by_inverse
from derive.limits.nearest import READABLE, Nearest, is_short, rescaled, scale_of
from derive.limits.quadric import nearest_on_quadric
from derive.model import Model

MAX_COORDINATES = 8


def nearest(f: Expr, parameters: Sequence[Symbol], start: Sequence[Expr]) -> Nearest | None:
    """R for F with these parameters from this start; None where no mechanism applies."""
    whole = nearest_on_quadric(f, parameters, start)
    if whole is not None:
        return whole
    branch = _branch(f, parameters, start)
    factored = nearest_on_factors(f, parameters, start)
    inverse = nearest_by_inverse(f, parameters[0], start[0]) if len(parameters) == 1 else None
    known = [n for n in (inverse, factored) if n is not None and n.closed is not None]
    curves = () if factored is None else factored.curves
    if known:  # R is continuous, so that P(R, beta) = 0 wherever the closed form holds
        return replace(known[0], equation=None if branch is None else branch.equation, curves=())
    if branch is None:
        return factored
    return branch if factored is None else replace(branch, reason=f"{branch.reason}; {factored.reason}", curves=curves)


def apart(part: Model) -> tuple[Nearest, ...]:
    """R for quadratic coordinates that live on orthogonal subspaces: each moves the point in its own; else none.

    The range of A_i and b_i span the subspace of F_i; they are orthogonal where A_i A_j, A_i b_j and b_i.b_j vanish.
    """
    w, start = part.parameters, part.start
    if start is None or len(part.predictor) > MAX_COORDINATES or not all(_is_quadratic(f, w) for f in part.predictor):
        return ()
    zero = dict.fromkeys(w, Integer(0))
    forms = [
        Matrix.hstack(
            Matrix(len(w), len(w), lambda i, j, f=f: f.diff(w[i], w[j])), Matrix([f.diff(p).xreplace(zero) for p in w])
        )
        for f in part.predictor
    ]
    if not all((a.T * b).is_zero_matrix for a, b in combinations(forms, 2)):
        return ()
    found = [nearest_on_quadric(f, w, start) for f in part.predictor]
    return () if None in found else tuple(n for n in found if n is not None)


def _is_quadratic(f: Expr, w: Sequence[Symbol]) -> bool:
    return f.is_polynomial(*w) and Poly(f, *w).total_degree() <= 2


def _branch(f: Expr, parameters: Sequence[Symbol], start: Sequence[Expr]) -> Nearest | None:
    """By resultants, at the unit scale, scaled back."""
    scaled = scale_of(start)
    if scaled is None or not f.is_polynomial(*parameters):
        return None
    polynomial = Poly(f, *parameters)
    if not polynomial.is_homogeneous:
        return None
    unit = nearest_on_curve(f, parameters, scaled[1])
    found = None if unit is None else rescaled(unit, scaled[0], int(polynomial.total_degree()))
    readable = found is not None and found.equation is not None and is_short([found.equation], READABLE)
    return found if readable else None
