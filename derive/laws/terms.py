"""A polynomial read from an expression term by term: no field, so that hundreds of parameters cost little."""

from sympy import Add, Expr, Integer, Mul, Pow, Symbol, ilcm

from derive.errors import ComputationError
from derive.laws.modular import Monomial, Polynomial


def integral_terms(expression: Expr, index: dict[Symbol, int]) -> Polynomial:
    """The polynomial times the common denominator of its coefficients: V_i is only rescaled.

    Raises `ComputationError` for anything but a polynomial with rational coefficients.
    """
    terms = _terms(expression, index)
    scale = int(ilcm(1, *(c.q for c in terms.values())))
    return {m: int(c * scale) for m, c in terms.items() if c != 0}


def _terms(e: Expr, index: dict[Symbol, int]) -> dict[Monomial, Expr]:
    if e.is_Rational:
        return {(): e}
    if e in index:
        return {((index[e], 1),): Integer(1)}
    if isinstance(e, Add):
        total: dict[Monomial, Expr] = {}
        for argument in e.args:
            for m, c in _terms(argument, index).items():
                total[m] = total.get(m, Integer(0)) + c
        return total
    if isinstance(e, Mul):
        product: dict[Monomial, Expr] = {(): Integer(1)}
        for argument in e.args:
            product = _times(product, _terms(argument, index))
        return product
    if isinstance(e, Pow) and e.exp.is_Integer and e.exp > 0:
        base = _terms(e.base, index)
        power = base
        for _ in range(int(e.exp) - 1):
            power = _times(power, base)
        return power
    raise ComputationError("laws are counted for polynomial predictors only", received=str(e), hint="derive show MODEL")


def _times(left: dict[Monomial, Expr], right: dict[Monomial, Expr]) -> dict[Monomial, Expr]:
    total: dict[Monomial, Expr] = {}
    for m, c in left.items():
        for n, k in right.items():
            merged = dict(m)
            for a, e in n:
                merged[a] = merged.get(a, 0) + e
            key = tuple(sorted(merged.items()))
            total[key] = total.get(key, Integer(0)) + c * k
    return total
