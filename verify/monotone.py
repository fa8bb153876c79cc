"""Is an expression positive for every real m and every u > 0?  A proof, or no answer.

Sufficient rules, from the leaves up: sums of terms that are not negative, products, powers and exponentials of positive
things, log of what exceeds 1; polynomials in one variable by exact root counts (Sturm).
"""

from sympy import (
    Add,
    Expr,
    Mul,
    Poly,
    PolynomialError,
    Pow,
    Rational,
    S,
    Symbol,
    cosh,
    exp,
    factor,
    log,
    oo,
    preorder_traversal,
    tan,
    together,
)

from derive.exact.signs import sign_of
from verify.germ import expm1_ratio, log1p_ratio


def is_positive(e: Expr, m: Symbol, u: Symbol) -> bool:
    """True only where e > 0 for all real m and all u > 0 is proved, given that e is defined there (`is_defined`)."""
    return _positive(e, m, u) or _positive(factor(together(e)), m, u)


def is_defined(e: Expr, m: Symbol, u: Symbol) -> bool:
    """True only where no logarithm, root or quotient in e can leave its domain, for any real m and any u > 0."""
    for part in preorder_traversal(e):
        if isinstance(part, log) and not is_positive(part.args[0], m, u):
            return False
        if isinstance(part, log1p_ratio) and not is_positive(1 + part.args[0], m, u):
            return False
        if isinstance(part, tan):
            return False
        entire = not isinstance(part, Pow) or (part.exp.is_Integer and part.exp > 0)
        if not entire and not is_positive(part.base, m, u):
            return False
    return True


def _positive(e: Expr, m: Symbol, u: Symbol) -> bool:
    if not e.free_symbols:
        return sign_of(e) == 1
    if e == u:
        return True
    if isinstance(e, exp | cosh | expm1_ratio):
        return True
    if isinstance(e, log1p_ratio):
        return _positive(1 + e.args[0], m, u)
    if isinstance(e, log):
        return is_positive(e.args[0] - 1, m, u)
    if isinstance(e, Mul):
        negative = [a for a in e.args if not _positive(a, m, u)]
        return len(negative) % 2 == 0 and all(_negative(a, m, u) for a in negative)
    if isinstance(e, Pow) and e.exp.is_number:
        return _positive(e.base, m, u)
    if isinstance(e, Add) and all(_positive(a, m, u) or _not_negative(a, m, u) for a in e.args):
        return any(_positive(a, m, u) for a in e.args)
    return _polynomial(e, u)


def _negative(e: Expr, m: Symbol, u: Symbol) -> bool:
    """A sum or number whose negative is positive."""
    return (e.is_number or isinstance(e, Add)) and _positive(-e, m, u)


def _not_negative(e: Expr, m: Symbol, u: Symbol) -> bool:
    """e >= 0: even powers of polynomials, and products of such things with positive ones."""
    if isinstance(e, Mul):
        return all(_positive(a, m, u) or _not_negative(a, m, u) for a in e.args)
    return isinstance(e, Pow) and e.exp.is_Integer and e.exp.is_even and e.exp > 0 and e.base.is_polynomial(m, u)


def _polynomial(e: Expr, u: Symbol) -> bool:
    """A polynomial over Q in one of the variables, without a root where it may be evaluated, and positive at 1."""
    if len(e.free_symbols) != 1:
        return False
    (x,) = e.free_symbols
    try:
        p = Poly(e, x, domain="QQ")
    except PolynomialError:
        return False
    low = Rational(0) if x == u else -oo
    roots = p.count_roots(low, oo) - int(x == u and p.eval(0) == 0)
    return roots == 0 and p.eval(S.One) > 0
