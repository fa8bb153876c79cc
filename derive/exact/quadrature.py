"""Definite integrals of products of powers of polynomials, enclosed.

The integrand is c prod_k p_k(t)^(e_k) with 2 e_k an integer.  Arb's adaptive Gauss-Legendre quadrature bounds its error
by the integrand on complex neighbourhoods of the path, where no branch cut may be met (Johansson 2018).

It subdivides near singularities, which lie off the path at the roots of the p_k, at scales that may be far below the
interval's.  With t = delta sinh(y), delta the least modulus of a root, a root on the imaginary axis moves to
Im y = pi/2, whatever its size: the integrand becomes smooth at scale one, and the interval short.  Any delta > 0 is
right, so that a rough one is enough.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from flint import acb, arb
from numpy.typing import NDArray
from sympy import Expr, Integral, Mul, Poly, PolynomialError, Symbol

from derive.errors import ComputationError

Read = Callable[[Expr], arb]
NODES, WEIGHTS = np.polynomial.legendre.leggauss(14)


@dataclass(frozen=True, slots=True)
class _Integrand:
    """c prod_k p_k^(h_k / 2): the coefficients of p_k from the highest, and h_k."""

    constant: Expr
    powers: tuple[tuple[tuple[Expr, ...], int], ...]


@lru_cache(maxsize=64)
def _factored(function: Expr, t: Symbol) -> _Integrand:
    constant, varying = function.as_independent(t, as_Add=False)
    powers = []
    for factor in Mul.make_args(varying):
        base, exponent = factor.as_base_exp()
        try:
            coefficients = tuple(Poly(base, t).all_coeffs())
        except PolynomialError:
            coefficients = ()
        if not coefficients or not (2 * exponent).is_Integer or any(c.has(t) for c in coefficients):
            raise ComputationError("an integrand has no enclosure", received=str(function))
        powers.append((coefficients, int(2 * exponent)))
    return _Integrand(constant, tuple(powers))


def integral_between(e: Integral, a: arb, b: arb, read: Read) -> arb:
    """The integral over one interval between balls, at the precision of the context; `read` encloses coefficients.

    Raises `ComputationError` for an integrand that is no product of powers of polynomials.
    """
    t = e.limits[0][0]
    integrand = _factored(e.function, t)
    constant = read(integrand.constant)
    powers = [([read(c) for c in p], h) for p, h in integrand.powers]
    delta = arb(_scale([([float(c.mid()) for c in p], h) for p, h in powers]))

    def smooth(y: acb, analytic: bool) -> acb:
        value = delta * y.cosh()
        return value * _product(powers, delta * y.sinh(), analytic)

    start, end = arb(a.mid()), arb(b.mid())
    found = acb.integral(smooth, acb((start / delta).asinh()), acb((end / delta).asinh())).real
    for mid, whole, side in ((start, a, -1), (end, b, 1)):  # from the middle of an end to the end itself
        if whole.rad() != 0:
            found += side * (whole - mid) * _product(powers, acb(mid.union(whole)), False).real
    return constant * found


def _product(powers: list[tuple[list[arb], int]], t: acb, analytic: bool) -> acb:
    value = acb(1)
    for coefficients, half in powers:
        p = acb(0)
        for c in coefficients:
            p = p * t + c
        if half % 2 == 0:
            value *= p ** (half // 2)
        else:
            value *= p.sqrt(analytic=analytic) ** half if half > 0 else p.rsqrt(analytic=analytic) ** -half
    return value


def float_integral(e: Integral) -> Callable[[float], float]:
    """Upper end -> integral in float64, by 14 Gauss-Legendre nodes on each unit of y.

    Raises `ComputationError` as `integral_between`.
    """
    t, low, _ = e.limits[0]
    integrand = _factored(e.function, t)
    powers = [([float(c) for c in p], h) for p, h in integrand.powers]
    constant, delta = float(integrand.constant), _scale(powers)
    first = np.arcsinh(float(low) / delta)

    def smooth(y: NDArray[np.float64]) -> NDArray[np.float64]:
        point = delta * np.sinh(y)
        value = delta * np.cosh(y)
        for coefficients, half in powers:
            value = value * np.polyval(coefficients, point) ** (half / 2)
        return value

    def upto(end: float) -> float:
        last = np.arcsinh(end / delta)
        if not np.isfinite(last):
            return float("nan")
        panels = int(abs(last - first)) + 1
        edges = np.linspace(first, last, panels + 1)
        half = (edges[1:] - edges[:-1]) / 2
        y = ((edges[1:] + edges[:-1]) / 2)[:, None] + half[:, None] * NODES
        return constant * float((smooth(y) @ WEIGHTS) @ half)

    return upto


def _scale(powers: list[tuple[list[float], int]]) -> float:
    """The least modulus of a root that is not 0; 1 where there is none."""
    moduli = [abs(z) for p, _ in powers for z in np.roots(p) if z != 0]
    return float(min(moduli, default=1.0)) or 1.0
