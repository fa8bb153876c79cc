"""Expressions near u = 0 without cancellation: e(m, u) = c(m) + u h(m, u), and h is computed, never divided out.

log(1 + u) - u f(u) style differences lose all digits once u = exp(-3914).  Here every expression is split exactly, from
the leaves up: with e = c + u h and f = d + u k,

    e + f   = (c + d) + u (h + k)                  e f = c d + u (c k + d h + u h k)
    log e   = log c + u (h/c) lam(u h/c)           lam(x) = log(1 + x)/x
    exp e   = exp c + u exp(c) h eps(u h)          eps(x) = (exp x - 1)/x
    e^p     = c^p + u c^p p (h/c) lam(u h/c) eps(p log(1 + u h/c))

The constants c are exact, so that they cancel exactly (1 - exp(-u) has c = 0); lam and eps are entire or analytic
near 0, with their own well-conditioned programs in every arithmetic (`verify.flow.arithmetic`).
"""

from sympy import Add, Expr, Function, Integer, Mul, Pow, Symbol, cancel, exp, log

from derive.errors import InputError


class log1p_ratio(Function):  # pyright: ignore[reportUntypedBaseClass]
    """lam(x) = log(1 + x)/x, 1 at 0."""

    nargs = 1

    @classmethod
    def eval(cls, x: Expr) -> Expr | None:
        return Integer(1) if x.is_zero else None


class expm1_ratio(Function):  # pyright: ignore[reportUntypedBaseClass]
    """eps(x) = (exp(x) - 1)/x, 1 at 0."""

    nargs = 1

    @classmethod
    def eval(cls, x: Expr) -> Expr | None:
        return Integer(1) if x.is_zero else None


Germ = tuple[Expr, Expr]


def germ(e: Expr, u: Symbol) -> Germ:
    """(c, h) with e = c + u h identically, c free of u.  Raises `InputError` where e is not analytic at u = 0."""
    if not e.has(u):
        return e, Integer(0)
    if e == u:
        return Integer(0), Integer(1)
    if isinstance(e, Add):
        parts = [germ(a, u) for a in e.args]
        return cancel(sum((c for c, _ in parts), Integer(0))), sum((h for _, h in parts), Integer(0))
    if isinstance(e, Mul):
        return _product([germ(a, u) for a in e.args], u)
    if isinstance(e, Pow) and not e.exp.has(u):
        return _power(germ(e.base, u), e.exp, u)
    if isinstance(e, exp):
        c, h = germ(e.args[0], u)
        return exp(c), exp(c) * h * expm1_ratio(u * h)
    if isinstance(e, log):
        c, h = _unit(germ(e.args[0], u), e)
        return log(c), h / c * log1p_ratio(u * h / c)
    raise _singular(e)


def _product(parts: list[Germ], u: Symbol) -> Germ:
    c, h = Integer(1), Integer(0)
    for d, k in parts:
        c, h = c * d, c * k + d * h + u * h * k
    return cancel(c), h


def _power(base: Germ, p: Expr, u: Symbol) -> Germ:
    if p.is_Integer and p > 0:
        return _product([base] * int(p), u)
    c, h = _unit(base, None)
    x = u * h / c
    if p == -1:
        return 1 / c, -h / c**2 / (1 + x)
    return c**p, c**p * p * h / c * log1p_ratio(x) * expm1_ratio(p * x * log1p_ratio(x))


def _unit(base: Germ, where: Expr | None) -> Germ:
    if base[0] == 0:
        raise _singular(where)
    return base


def _singular(where: Expr | None) -> InputError:
    return InputError(
        "the loss is not analytic in u = exp(-m) at u = 0",
        received="a power or function of it that is not" if where is None else str(where),
        hint="+ - * /, powers, exp and log, such as log(1 + u)",
    )
