"""Powers, logarithms and exponentials of sums in t -> 0+ (`derive.limits.sums`).

A sum is c t^x (1 + d) with d -> 0 where its leading coefficient c is certainly not zero.  Then

    (c t^x (1 + d))^e = c^e t^(xe) (1 + e d + e (e-1)/2 d^2 + ...)
    log               = log c - x log(1/t) + d - d^2/2 + ...
    exp(f + m log(1/t) + d) = exp(f) t^-m (1 + d + d^2/2 + ...)

Roots and logarithms of what is not certainly positive are refused, as is what tends to infinity under an exponential.
"""

from sympy import Expr, Integer, Rational, exp, log, oo

from derive.limits.certain import certain_sign, vanishes
from derive.limits.sums import Key, Sum, TooShort, Undecided, added, constant, factorial, product, scaled, series


def lead(a: Sum) -> tuple[Key, Expr, Sum]:
    """The leading power, its coefficient, and d in c t^x (1 + d)."""
    for key in a.ordered():
        c = a.terms[key]
        if vanishes(c):
            continue
        x, m = key
        if m:
            raise Undecided("a logarithm leads")
        rest = {(y - x, n): d / c for (y, n), d in a.terms.items() if y > x}
        return key, c, Sum(terms=rest, order=a.order - x)
    if a.order == oo:
        raise Undecided("zero")
    raise TooShort


def parts(a: Sum) -> tuple[Expr, Expr, Sum]:
    """The finite part, the coefficient of log(1/t), and what tends to zero."""
    if a.order <= 0:
        raise TooShort
    finite, logs, rest = Integer(0), Integer(0), {}
    for (x, m), c in a.terms.items():
        if x > 0:
            rest[x, m] = c
        elif vanishes(c):
            continue
        elif x < 0 or m > 1:
            raise Undecided("it tends to infinity")
        elif m == 1:
            logs = c
        else:
            finite = c
    return finite, logs, Sum(terms=rest, order=a.order)


def power_of(a: Sum, e: Expr, extra: Rational) -> Sum:
    """a^e for an exponent e that is free of t."""
    if e.is_Integer and 0 <= e <= 4:
        total = constant(Integer(1))
        for _ in range(int(e)):
            total = product(total, a, extra)
        return total
    (x, _), c, d = lead(a)
    if not e.is_Integer and certain_sign(c) != 1:
        raise Undecided(f"the sign of {c}")
    if not e.is_Rational and not x.is_zero:
        raise Undecided(f"the power {e}")
    return scaled(series(d, lambda k: _binomial(e, k), extra), c**e, x * e if not x.is_zero else Integer(0))


def log_of(a: Sum, extra: Rational) -> Sum:
    (x, _), c, d = lead(a)
    if certain_sign(c) != 1:
        raise Undecided(f"the sign of {c}")
    expanded = series(d, lambda k: Integer(0) if k == 0 else Rational((-1) ** (k + 1), k), extra)
    return added((expanded, Sum(terms={(Integer(0), 0): log(c), (Integer(0), 1): -x}, order=oo)))


def exp_of(a: Sum, extra: Rational) -> Sum:
    finite, logs, rest = parts(a)
    if not logs.is_Rational:
        raise Undecided("a power of t that is not rational")
    return scaled(series(rest, lambda k: Integer(1) / factorial(k), extra), exp(finite), -logs)


def _binomial(e: Expr, k: int) -> Expr:
    """e (e - 1) ... (e - k + 1)/k!."""
    value: Expr = Integer(1)
    for j in range(k):
        value *= (e - j) / Integer(j + 1)
    return value
