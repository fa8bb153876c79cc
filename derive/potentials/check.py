"""The independent check of a potential: differentiate it back.

Given grad Q and Q in beta, the metric M in beta and the warp g, three identities are tested:

    sum_l (d_l Q_k) M_lj = g delta_kj,     dQ/d beta_k = Q_k,     grad Q(beta(0)) = 0.

The derivatives are SymPy's, which takes no part in finding Q; the tests are exact algebra in a field
made for the expressions at hand.  Where nested radicals hide a dependence, the squared form of the
same identity is tested, and its sign settled by a ball at one exact point.  What cannot be shown is
not confirmed; what a ball contradicts is certainly wrong and is dropped as well.
"""

from collections.abc import Sequence

from flint import arb
from sympy import Add, Expr, Integer, Mul, Symbol, ilcm, log, minimal_polynomial

from derive.errors import ComputationError
from derive.exact.balls import ball
from derive.exact.identity import is_identity, is_nonzero
from derive.exact.points import PRECISION, sample_points
from derive.exact.signs import settled


def confirms(
    gradient: Sequence[Expr],
    value: Expr | None,
    inverse_metric: Sequence[Sequence[Expr]],
    factor: Expr,
    betas: Sequence[Symbol],
    beta0: Sequence[Expr] | None,
) -> bool:
    """Do gradient, value (if any), metric and start fit together, exactly?"""
    d = len(betas)
    for k in range(d):
        slopes = [gradient[k].diff(b) for b in betas]
        for j in range(d):
            product = sum((slopes[m] * inverse_metric[m][j] for m in range(d)), Integer(0))
            if not _equal(product, factor if j == k else Integer(0)):
                return False
        if value is not None and not _equal(value.diff(betas[k]), gradient[k]):
            return False
    if beta0 is None:
        return True
    at_start = dict(zip(betas, beta0, strict=True))
    return all(_vanishes_at(g, at_start) for g in gradient)


def _equal(left: Expr, right: Expr) -> bool:
    difference = left - right
    if is_identity(difference):
        return True
    if is_nonzero(difference):
        return False
    return is_identity(left**2 - right**2) and _same_sign(left, right)


def _same_sign(left: Expr, right: Expr) -> bool:
    """A ball at an exact point that decides left = right from left = -right."""
    symbols = sorted((left + right).free_symbols | left.free_symbols, key=str)
    for point, _ in zip(sample_points(symbols, ()), range(8), strict=False):
        try:
            total = ball((left + right).xreplace(point), PRECISION)
        except (ComputationError, TypeError):
            continue
        if total.is_finite() and not total.contains(0):
            return True
    return False


def _vanishes_at(expression: Expr, point: dict[Symbol, Expr]) -> bool:
    there = expression.subs(point)
    if there.is_zero or is_identity(there):
        return True
    if is_nonzero(there):
        return False
    # nested radicals of the start: zero to the working precision, and no exact form found
    for sample, _ in zip(sample_points(sorted(there.free_symbols, key=str), ()), range(3), strict=False):
        if not ball(there.xreplace(sample), PRECISION).contains(arb(0)):
            return False
    plain = settled(there)
    if is_identity(plain) or _is_log_of_one(plain):
        return True
    if there.free_symbols or not plain.is_algebraic:
        return False
    x = Symbol("x")
    return minimal_polynomial(plain, x) == x


def _is_log_of_one(e: Expr) -> bool:
    """Is it a sum of rational multiples r_i log u_i with the product of the u_i^(r_i) equal to one?

    Powers by a common multiple of the denominators: u_i > 0 wherever its logarithm is real.
    """
    terms = [t.as_coeff_Mul() for t in Add.make_args(e)]
    if not all(r.is_Rational and isinstance(u, log) for r, u in terms):
        return False
    whole = ilcm(*(r.q for r, _ in terms), 1)
    return is_identity(Mul(*(u.args[0] ** (r * whole) for r, u in terms)) - 1)
