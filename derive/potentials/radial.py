"""Isotropic metrics, M = A(r) I + B(r) beta beta^T with r = |beta|: every question is one about r.

M has the eigenvalue A across beta (d - 1 times) and lambda = A + B r^2 along it, in every dimension d >= 2.  With

    h(r) = A'/A + (A/lambda - 1)/r

(proofs: docs/derivations/scope.md, theorems 7 and 8)

* M is the inverse of a Hessian map iff h = 0;
* there always is a warp, and (log g)' = h; it is the only one up to a factor;
* grad Q = (g/A) beta up to a constant, so that Q = integral of r g/A dr, less a linear function.

Nothing here depends on d.  The form itself is checked entry by entry, exactly, and a potential found in this way is
differentiated back like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Add, Dummy, Expr, Integer, Mul, Pow, Symbol, exp, log, nan, sqrt, zoo

from derive.exact.identity import is_identity, is_nonzero
from derive.exact.integrals import integrated
from derive.potentials.check import confirms

# printed with the results: a model with a constant of this name is left alone
R = Symbol("r", positive=True)
MAX_DIMENSION, MAX_OPERATIONS, MAX_SLOPE = 12, 300, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Radial:
    """A and lambda as functions of `R`, and h = (log g)'; `hessian` is h = 0, None where that is open."""

    across: Expr
    along: Expr
    slope: Expr
    hessian: bool | None


def radial(metric: Sequence[Sequence[Expr]], betas: Sequence[Symbol]) -> Radial | None:
    """The radial functions of an inverse metric in beta (d x d, d >= 2); None where it is not shown to be isotropic."""
    d = len(betas)
    if R in set().union(*(e.free_symbols for row in metric for e in row)):
        return None
    if not 2 <= d <= MAX_DIMENSION or sum(e.count_ops() for row in metric for e in row) > MAX_OPERATIONS * d:
        return None
    axis = {b: R if i == 0 else Integer(0) for i, b in enumerate(betas)}
    along, across = _plain(metric[0][0].subs(axis)), _plain(metric[1][1].subs(axis))
    if along.has(nan, zoo) or across.has(nan, zoo) or across.is_zero or along.is_zero:
        return None
    norm = sqrt(Add(*(b**2 for b in betas)))
    a, b = across.subs(R, norm), ((along - across) / R**2).subs(R, norm)
    for i, row in enumerate(metric):
        for j, entry in enumerate(row[: i + 1]):
            if not is_identity(entry - b * betas[i] * betas[j] - (a if i == j else 0)):
                return None
    slope = _plain(across.diff(R) / across + (across / along - 1) / R)
    hessian = True if is_identity(slope) else False if is_nonzero(slope) else None
    return Radial(across=across, along=along, slope=Integer(0) if hessian else slope, hessian=hessian)


def _plain(e: Expr) -> Expr:
    e = e.expand().powsimp() if e.atoms(Pow) else e
    return e.together().cancel().factor() if e.is_rational_function() else e


def radial_warp(found: Radial) -> Expr | None:
    """g(r) = exp(integral of h dr), up to a factor; None where no integral is found and shown to be right."""
    if found.slope.count_ops() > MAX_SLOPE:
        return None
    integral = integrated(found.slope.expand(), R)
    if integral is None or not is_identity(integral.diff(R) - found.slope):
        return None
    return Mul(*(_exponential(t) for t in Add.make_args(integral.expand())))


def _exponential(term: Expr) -> Expr:
    """exp(term), with exp(c log u) written u^c."""
    for logarithm in term.atoms(log):
        coefficient = term / logarithm
        if not coefficient.has(R):
            return logarithm.args[0] ** coefficient
    return exp(term)


def radial_potential(
    metric: Sequence[Sequence[Expr]], factor: Expr, betas: Sequence[Symbol], beta0: Sequence[Expr] | None
) -> tuple[Expr | None, tuple[Expr, ...]] | None:
    """(Q or None, grad Q) in beta where M is isotropic, zero at beta0 (not normalised where it is None).

    `factor` is g in beta.  Both are differentiated back by `derive.potentials.check`; what is not confirmed is not
    returned.
    """
    found = radial(metric, betas)
    if found is None:
        return None
    d, square = len(betas), Add(*(b**2 for b in betas))
    norm = sqrt(square)
    push = factor / found.across.subs(R, norm)
    there = None if beta0 is None else dict(zip(betas, beta0, strict=True))
    gradient = tuple(push * b for b in betas)
    offset = (Integer(0),) * d if there is None else tuple(g.subs(there) for g in gradient)
    if any(e.has(nan, zoo) for e in offset):
        return None
    gradient = tuple(g - c for g, c in zip(gradient, offset, strict=True))
    if not confirms(gradient, None, metric, factor, betas, beta0):
        return None
    value = _value(push, betas)
    if value is not None:
        value = value - Add(*(c * b for c, b in zip(offset, betas, strict=True)))
        value = value if there is None else value - value.subs(there)
        if value.has(nan, zoo) or not confirms(gradient, value, metric, factor, betas, beta0):
            value = None
    return value, gradient


def _value(push: Expr, betas: Sequence[Symbol]) -> Expr | None:
    """The integral of r g/A dr, that is of g/A dt/2 with t = r^2, as a function of beta."""
    t = Dummy("t", positive=True)
    integrand = _plain(push.subs({b: sqrt(t) if i == 0 else Integer(0) for i, b in enumerate(betas)}))
    if integrand.count_ops() > MAX_SLOPE:
        return None
    found = integrated(integrand, t)
    return None if found is None else (found / 2).subs(t, Add(*(b**2 for b in betas)))
