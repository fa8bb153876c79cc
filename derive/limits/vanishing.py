"""R for a start that tends to 0: R_0(beta) = min |w|^2 over F(w) = beta, in every dimension where it is said so.

Distances from w0 and from 0 differ by at most |w0|, so that |sqrt(R) - sqrt(R_0)| <= |w0|, for any F and any number of
coordinates.  R_0 is known, by the inequality of the means or by a spectral theorem, for

* one coordinate, homogeneous of degree D: R_0 = (|beta|/m)^(2/D), m = max F/|w|^D, or of -F for beta < 0;
* F = s w with a monomial s (`derive.limits.parallel`): the same with |b| for beta;
* U V^T: 2 |B|_*, the nuclear norm; U U^T: tr B; B without the constant part of F.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Abs, Add, Expr, Function, ImmutableDenseMatrix, Integer, Matrix, Poly, Rational, Symbol, prod, sqrt

from derive.limits.gram import shifted
from derive.limits.monomials import monomial_of
from derive.limits.parallel import parallel_of
from derive.matrices import Product, product_of
from derive.model import Model

Sides = tuple[Expr | None, Expr | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanishing:
    """R_0 of one block in its coordinates, the name of its norm, its weights (equal ones make one norm of a sum), and
    the number of coordinates that it joins."""

    value: Expr
    norm: str
    weights: tuple[Expr | None, ...]
    width: int = 1


def vanishing(part: Model) -> Vanishing | None:
    """R_0 for one connected block; None where it is not known."""
    if len(part.predictor) == 1:
        return _one(part)
    product = product_of(part)
    if product is not None:
        return _matrix(part, product)
    return _vector(part)


def _one(part: Model) -> Vanishing | None:
    f, w = part.predictor[0], part.parameters
    if not f.is_polynomial(*w) or not Poly(f, *w).is_homogeneous:
        return None
    degree = int(Poly(f, *w).total_degree())
    sides = largest(f, w, degree)
    if sides is None:
        return None
    beta, power = part.coordinates[0], Rational(2, degree)
    up, low = (None if m is None else m ** (-power) for m in sides)
    if up is not None and up == low:
        value = up * Abs(beta) ** power
    elif up is not None and low is None:
        value = up * beta**power
    elif up is None and low is not None:
        value = low * (-beta) ** power
    else:
        return None
    return Vanishing(value=value, norm=power_name(power), weights=(up, low))


def power_name(power: Expr) -> str:
    """The name of sum |beta_i|^power."""
    return {Integer(1): "l1", Integer(2): "l2"}.get(power, f"lp, p = {power}")  # pyright: ignore[reportArgumentType]


# -- one coordinate: max F on the unit sphere ---------------------------------------------------------


def largest(f: Expr, parameters: Sequence[Symbol], degree: int) -> Sides | None:
    """max F and max -F on the unit sphere (None where F has no such values), for the forms where that is exact.

    A sum of forms in separate parameters has its maximum on one of them where the degree is two or more: with
    t_i^2 the shares of |w|^2, sum m_i t_i^D <= max m_i.
    """
    polynomial = Poly(f, *parameters)
    if any(not c.is_Rational for c in polynomial.coeffs()):
        return None
    if degree == 1:
        size = sqrt(Add(*(c**2 for c in polynomial.coeffs())))
        return size, size
    found = [_of_one(g, [p for p in parameters if g.has(p)], degree) for g in _apart(polynomial)]
    if any(sides is None for sides in found):
        return None
    ups, lows = ([s[i] for s in found if s is not None and s[i] is not None] for i in (0, 1))
    return _most(ups), _most(lows)


def _most(values: Sequence[Expr | None]) -> Expr | None:
    return max((v for v in values if v is not None), key=lambda v: (v.evalf(30), str(v)), default=None)


def _apart(polynomial: Poly) -> list[Expr]:
    """The sums of terms that share parameters."""
    groups: list[tuple[set[int], Expr]] = []
    for exponents, c in polynomial.terms():
        used = {i for i, k in enumerate(exponents) if k}
        term = c * prod(g**k for g, k in zip(polynomial.gens, exponents, strict=True))
        met = [g for g in groups if g[0] & used]
        groups = [g for g in groups if not g[0] & used]
        groups.append((used.union(*(g[0] for g in met)), Add(term, *(g[1] for g in met))))
    return [g[1] for g in groups]


def _of_one(f: Expr, parameters: Sequence[Symbol], degree: int) -> Sides | None:
    if degree == 2:
        form = ImmutableDenseMatrix([[f.diff(p, q) / 2 for q in parameters] for p in parameters])
        return _extremes(form.charpoly().real_roots())
    monomial = monomial_of(f, parameters)
    if monomial is None:
        return None
    size = size_of(monomial.exponents) * monomial.coefficient
    return (abs(size), abs(size)) if monomial.odd else _extremes([size])


def size_of(exponents: Sequence[int]) -> Expr:
    """max prod |w_i|^k_i on the unit sphere: w_i^2 = k_i/D by the inequality of the means."""
    degree = sum(exponents)
    return sqrt(prod(Rational(k, degree) ** k for k in exponents))


def _extremes(values: Sequence[Expr]) -> Sides:
    up, low = max(values), -min(values)
    return (up if up > 0 else None, low if low > 0 else None)


# -- several coordinates ------------------------------------------------------------------------------


def _vector(part: Model) -> Vanishing | None:
    """F = s w, s a monomial of the scalars: all that is left is s t = |b|."""
    found = parallel_of(part)
    if found is None or found.factor.free_symbols & set(found.vector):
        return None
    scalars = [p for p in part.parameters if p not in found.vector]
    monomial = monomial_of(found.factor, scalars)
    if monomial is None or not monomial.coefficient.is_Rational:
        return None
    power = Rational(2, sum(monomial.exponents) + 1)
    m = size_of((*monomial.exponents, 1)) * abs(monomial.coefficient)
    b = [beta / c for beta, c in zip(part.coordinates, found.weights, strict=True)]
    value = (m ** (-2) * Add(*(x**2 for x in b))) ** (power / 2)
    plain = len({abs(c) for c in found.weights}) == 1
    return Vanishing(value=value, norm="l2" if plain else "weighted l2", weights=(m,), width=len(b))


def _matrix(part: Model, product: Product) -> Vanishing:
    """2 |B|_* or tr B, from |U V^T|_* <= |U| |V| <= (|U|^2 + |V|^2)/2 with equality for balanced factors of the SVD."""
    m, n, _ = product.shape
    b = Matrix(m, n, lambda i, j: shifted(part, product.place[i][j]))
    if product.is_symmetric:
        return Vanishing(value=Add(*(b[i, i] for i in range(n))), norm="trace", weights=(Integer(1),), width=n)
    square = Add(*(x**2 for x in b))
    norm = "nuclear"
    if min(m, n) == 1:
        size, norm = sqrt(square), "l2"
    elif m == n == 2:
        size = sqrt(square + 2 * Abs(b.det()))
    elif min(m, n) == 2:
        gram = b * b.T if m == 2 else b.T * b
        size = sqrt(square + 2 * sqrt(gram.det().expand()))
    else:
        size = Function("nuclear_norm")(*b)
    return Vanishing(value=2 * size, norm=norm, weights=(Integer(2),), width=m * n)
