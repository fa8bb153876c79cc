"""A second implementation of the Hessian and warp conditions, on rho in beta, at rational points.

    d_k rho_ij = d_j rho_ik                                     (Hessian map)
    theta_k = rho^ij (d_j rho_ik - d_k rho_ij) / (d - 1)        (the only candidate for d log g, d >= 2)
    theta_k rho_ij + d_k rho_ij symmetric in j, k; d_j theta_k = d_k theta_j     (warp)

The second line is the trace of the third with rho^ij.  The tool works with Lie brackets on parameter space
instead, and nothing here is shared with it.
"""

from dataclasses import dataclass
from itertools import combinations

from sympy import Expr, Matrix, Rational, Symbol

# rational points without a pattern; values are exact, or floats of 60 digits where exponentials occur
PLACES = (
    (Rational(3, 7), Rational(-5, 11), Rational(8, 13), Rational(-6, 19)),
    (Rational(-9, 5), Rational(4, 3), Rational(2, 17), Rational(7, 6)),
)


@dataclass(frozen=True)
class Jet:
    """rho, its first and its second derivatives at a point, and what follows from them."""

    rho: Matrix
    first: tuple[Matrix, ...]
    second: tuple[tuple[Matrix, ...], ...]

    @property
    def gaps(self) -> list[Expr]:
        """d_k rho_ij - d_j rho_ik"""
        d, p = range(self.rho.rows), self.first
        return [p[k][i, j] - p[j][i, k] for i in d for j, k in combinations(d, 2)]

    @property
    def forced(self) -> list[Expr]:
        """theta, the only possible d log g (d >= 2)."""
        d, inverse, p = range(self.rho.rows), self.rho.inv(), self.first
        return [sum(inverse[i, j] * (p[j][i, k] - p[k][i, j]) for i in d for j in d) / (len(d) - 1) for k in d]

    @property
    def unsolved(self) -> list[Expr]:
        """theta_k rho_ij + d_k rho_ij, less the same with j and k exchanged."""
        d, theta, rho, p = range(self.rho.rows), self.forced, self.rho, self.first
        return [
            theta[k] * rho[i, j] + p[k][i, j] - theta[j] * rho[i, k] - p[j][i, k]
            for i in d
            for j, k in combinations(d, 2)
        ]

    @property
    def curls(self) -> list[Expr]:
        """d_l theta_k - d_k theta_l, with d_l of the inverse = -inverse (d_l rho) inverse."""
        d, inverse, p, pp = range(self.rho.rows), self.rho.inv(), self.first, self.second
        turned = [-inverse * p[m] * inverse for m in d]

        def slope(m: int, k: int) -> Expr:
            return sum(
                turned[m][i, j] * (p[j][i, k] - p[k][i, j]) + inverse[i, j] * (pp[j][m][i, k] - pp[k][m][i, j])
                for i in d
                for j in d
            )

        return [slope(m, k) - slope(k, m) for m, k in combinations(d, 2)]


def jets(rho: Matrix, xs: tuple[Symbol, ...], places: tuple = PLACES) -> list[Jet]:
    first = [rho.diff(x) for x in xs]
    second = [[f.diff(x) for x in xs] for f in first]

    def there(m: Matrix, place: tuple) -> Matrix:
        return m.subs(dict(zip(xs, place, strict=False))).applyfunc(lambda e: e if e.is_Rational else e.evalf(60))

    def jet(at: tuple) -> Jet:
        value = there(rho, at)
        scale = max(abs(e) for e in value)  # an exponential may be tiny there: every equation is homogeneous in rho
        tables = [[there(s, at) / scale for s in row] for row in second]
        return Jet(value / scale, tuple(there(f, at) / scale for f in first), tuple(map(tuple, tables)))

    return [jet(at) for at in places]


def vanish(values: list[Expr]) -> bool:
    return all(abs(v) < Rational(1, 10**40) for v in values)


def is_hessian(rho: Matrix, xs: tuple[Symbol, ...]) -> bool:
    return all(vanish(j.gaps) for j in jets(rho, xs))


def has_warp(rho: Matrix, xs: tuple[Symbol, ...]) -> bool:
    return all(vanish(j.unsolved) and vanish(j.curls) for j in jets(rho, xs))


def agree(left: list[Expr], right: list[Expr], xs: tuple[Symbol, ...]) -> bool:
    pairs = [(a - b).subs(dict(zip(xs, at, strict=False))) for a, b in zip(left, right, strict=True) for at in PLACES]
    return vanish([e.evalf(60) for e in pairs])
