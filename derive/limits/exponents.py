"""Constants in exponents, such as depth D in -D/(D - 2): signs are taken beyond the poles of the exponents.

A dual beta(s) = sum c B(s)^e with linear bases B solves the flow wherever all bases are positive (the derivation
"potential"; `derive.potentials.symbolic_powers`).  Where the sign of D - 2 is open, the potential names an interval
that is valid on both sides of the pole; for D above it the ends are known, and only they tell which side of beta is
bounded.
"""

from sympy import Dummy, Expr, Integer, Pow, Symbol, oo

from derive.exact.signs import sign_of

Interval = tuple[Expr, Expr]
ABOVE = Dummy("m", positive=True)


def poles(path: Expr) -> set[tuple[Symbol, Expr]]:
    """(n, b) for constants in exponents whose denominator vanishes at n = b > 0."""
    found: set[tuple[Symbol, Expr]] = set()
    for power in path.atoms(Pow):
        below = power.exp.as_numer_denom()[1]
        for n in below.free_symbols if len(below.free_symbols) == 1 else ():
            slope = below.diff(n)
            if slope.is_Rational and (bound := -below.subs(n, 0) / slope).is_positive:
                found.add((n, bound))
    return found


def beyond(e: Expr, n: Symbol, bound: Expr) -> Expr:
    """The expression for n > bound, in a positive symbol."""
    return e.xreplace({n: bound + ABOVE})


def reach(path: Expr, s: Symbol, n: Symbol, bound: Expr) -> Interval | None:
    """The interval around s = 0 where every base under a power of the path is positive, for n > bound; ends in n."""
    low, high = -oo, oo
    for power in path.atoms(Pow):
        base, exponent = power.as_base_exp()
        slope = base.diff(s)
        if slope.is_zero or (exponent.is_Integer and exponent.is_nonnegative):
            continue
        there = base.xreplace({s: Integer(0)})
        side = sign_of(beyond(slope, n, bound).factor())
        if slope.has(s) or sign_of(there) != 1 or side not in (1, -1):
            return None
        zero = -there / slope
        old = high if side == -1 else low
        apart = side if old in (oo, -oo) else sign_of(beyond(old - zero, n, bound).factor())
        if apart is None:
            return None
        if side == -1 and (old is oo or apart == 1):
            high = zero
        elif side == 1 and (old is -oo or apart == -1):
            low = zero
    return low, high
