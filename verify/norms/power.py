"""l_p with p > 1: minimise sum w_i |beta_i|^p / p, through the dual that derived potentials use.

The gradient w_i |beta_i|^(p-1) sign beta_i = s_i is inverted by beta_i = sign(s_i) (|s_i| / w_i)^(1/(p-1)): a sum over
coordinates with N dual unknowns, enclosed by Krawczyk's test.  At s_i = 0 the slope of beta(s) is 0 or infinite unless
p = 2; a coordinate that vanishes at the minimiser cannot be enclosed: an error, unless its column of the data is zero.
"""

from collections.abc import Sequence

from sympy import Abs, Expr, Rational, Symbol, oo, sign

from verify.flow.tape import compile_tape
from verify.minimise.coordinates import Coordinates, Group

S = Symbol("s", real=True)


def power_coordinates(p: Rational, weights: Sequence[Rational]) -> Coordinates:
    """beta(s) and beta'(s) of sum w_i |beta_i|^p / p, coordinates of equal weight in one group."""
    places: dict[Rational, list[int]] = {}
    for i, w in enumerate(weights):
        places.setdefault(w, []).append(i)
    groups = tuple(
        Group(tuple(where), compile_tape(_inverse(p, w), [S]), (-oo, oo)) for w, where in sorted(places.items())
    )
    return Coordinates(groups, len(weights))


def _inverse(p: Rational, w: Rational) -> tuple[Expr, Expr]:
    e = 1 / (p - 1)
    if e == 1:
        return S / w, 1 / w
    # S**1 would lose its absolute value to the rules of signs if it were differentiated
    return sign(S) * Abs(S) ** e / w**e, e * Abs(S) ** (e - 1) / w**e
