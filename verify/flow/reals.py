"""Floating-point numbers of any precision (MPFR, through gmpy2), to and from exact expressions and Arb midpoints.

No radius, and an exponent range in which exp(-10^7) is an ordinary number.  A context belongs to the `with` block that
opens it: nothing global changes.
"""

from typing import Any

import gmpy2
from flint import arb, fmpz
from gmpy2 import mpfr, mpz
from sympy import Expr

from derive.exact.balls import ball


def working(precision: int) -> Any:
    """A context manager: `precision` bits and the widest exponents that MPFR has."""
    return gmpy2.context(precision=precision, emax=gmpy2.get_emax_max(), emin=gmpy2.get_emin_min())


def to_real(value: arb) -> mpfr:
    """The midpoint, rounded to the context."""
    mantissa, power = value.mid().man_exp()
    scaled = mpfr(mpz(int(mantissa)))
    return gmpy2.mul_2exp(scaled, int(power)) if power >= 0 else gmpy2.div_2exp(scaled, -int(power))


def number(e: Expr, precision: int) -> mpfr:
    """An exact number of the model, rounded."""
    return to_real(ball(e, precision))


def to_arb(value: mpfr) -> arb:
    """The same number, exactly."""
    mantissa, power = value.as_mantissa_exp()
    return arb(fmpz(int(mantissa))) * arb(2) ** int(power) if abs(power) < 2**40 else arb.nan()
