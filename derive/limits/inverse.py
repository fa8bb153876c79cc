"""R for an F that is one-to-one in its one parameter: the level set is a point, R = (F^-1(beta) - w0)^2.

F is read from outside in: sums and products with numbers, odd powers, exp, sinh, asinh, tanh, atan.  Each step is
strictly monotone on the whole line, so that the composition is, and the image is the interval between its ends.
"""

from collections.abc import Callable, Sequence

from sympy import Abs, Add, Expr, Mul, Pow, Rational, Symbol, asinh, atan, atanh, exp, log, oo, sign, sinh, tan, tanh

from derive.exact.signs import sign_of
from derive.limits.nearest import BETA, Interval, Nearest

_INVERSES = {exp: log, sinh: asinh, asinh: sinh, tanh: atanh, atan: tan}


def nearest_by_inverse(f: Expr, parameter: Symbol, start: Expr) -> Nearest | None:
    """R and the image of F; None where F is not seen to be one-to-one."""
    found = inverse(f, parameter, BETA)
    if found is None:
        return None
    back, image = found
    return Nearest(reason="F is one-to-one: the level is a point", closed=(back - start) ** 2, domain=image)


def inverse(f: Expr, w: Symbol, value: Expr) -> tuple[Expr, Interval] | None:
    """F^-1(value) and the image of F; None where F is not seen to be one-to-one."""
    if f == w:
        return value, (-oo, oo)
    if isinstance(f, Add | Mul):
        number, inner = f.as_independent(w)
        if inner == f:
            return None
        if isinstance(f, Add):
            return _through(inner, w, value - number, lambda e: e + number)
        side = sign_of(number)
        return None if not side else _through(inner, w, value / number, lambda e: number * e, rises=side > 0)
    if isinstance(f, Pow) and f.exp.is_Integer and f.exp > 0 and f.exp % 2:
        root = sign(value) * Abs(value) ** Rational(1, int(f.exp))
        return _through(f.base, w, root, lambda e: e**f.exp)
    if type(f) in _INVERSES:
        return _through(f.args[0], w, _INVERSES[type(f)](value), type(f))
    return None


def _through(
    inner: Expr, w: Symbol, value: Expr, step: Callable[[Expr], Expr], *, rises: bool = True
) -> tuple[Expr, Interval] | None:
    """F = step(inner) with a monotone step: SymPy knows its limits at oo (exp(-oo) = 0, tanh(oo) = 1)."""
    found = inverse(inner, w, value)
    if found is None:
        return None
    back, (low, high) = found
    ends = step(low), step(high)
    return back, ends if rises else (ends[1], ends[0])


def step_inside(f: Expr, parameters: Sequence[Symbol]) -> tuple[Expr, Callable[[Expr], Expr]] | None:
    """H and g with f = g(H), for one of the monotone steps g; None where there is none."""
    if isinstance(f, Add | Mul):
        number, inner = f.as_independent(*parameters)
        kind = Add if isinstance(f, Add) else Mul
        return None if inner == f else (inner, lambda e: kind(number, e))
    if isinstance(f, Pow) and f.exp.is_Integer and f.exp > 0 and f.exp % 2:
        return f.base, lambda e: e**f.exp
    return (f.args[0], type(f)) if type(f) in _INVERSES else None
