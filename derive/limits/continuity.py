"""A limit by continuity: the value of an expression where a constant is 0, if it is continuous there.

No limit is computed: an expression built from continuous functions is continuous wherever no base of
a negative or fractional power, and no argument of a logarithm, reaches the end of its domain.  That is
checked bottom-up on values at the limit point, at beta with no zero coordinate.  Everything that is
not certainly continuous is refused.
"""

from collections.abc import Sequence

from sympy import Abs, Add, Expr, Integer, Mul, Pow, Symbol, asinh, atan, cosh, exp, log, sinh, tanh

_CONTINUOUS = (exp, asinh, atan, sinh, cosh, tanh, Abs)


def value_at_zero(expression: Expr, constants: Sequence[Symbol], betas: Sequence[Symbol]) -> Expr | None:
    """The expression at constants = 0+, in the betas; None where continuity is not certain."""
    generic = {b: Symbol(f"{b}_", real=True, nonzero=True) for b in betas}
    found = _value(expression.xreplace(generic), set(constants))
    return None if found is None else found.xreplace({v: k for k, v in generic.items()})


def _value(e: Expr, constants: set[Symbol]) -> Expr | None:
    if not e.free_symbols & constants:
        return e
    if e.is_Symbol:
        return Integer(0)
    parts = [_value(a, constants) for a in e.args]
    if any(p is None for p in parts):
        return None
    values: list[Expr] = [p for p in parts if p is not None]
    if isinstance(e, (Add, Mul)):
        return e.func(*values)
    if isinstance(e, Pow):
        return _power(values[0], values[1])
    if isinstance(e, _CONTINUOUS):
        return e.func(*values)
    if isinstance(e, log):
        return log(values[0]) if _positive(values[0]) else None
    return None


def _power(base: Expr, exponent: Expr) -> Expr | None:
    if not exponent.is_Rational:
        return None
    if exponent.is_Integer and exponent.is_nonnegative:
        return base**exponent
    if _positive(base) or (exponent.is_Integer and base.is_nonzero):
        return base**exponent
    # t -> t^e is continuous on t >= 0 for e > 0, and t >= 0 as long as the expression is real
    return base**exponent if exponent.is_positive and base.is_nonnegative else None


def _positive(value: Expr) -> bool:
    return bool(value.is_positive or value.factor().is_positive)
