"""Claim: jets have the Taylor coefficients of what they stand for.  The reference is mpmath's own differentiation."""

import pytest
from flow_references import context, digits_shared
from gmpy2 import mpfr
from sympy import Abs, Rational, Symbol, asinh, atan, cos, cosh, exp, log, sign, sin, sinh, sqrt, tan, tanh

from verify.flow.reals import working
from verify.flow.tape import compile_tape
from verify.flow.taylor_functions import jets
from verify.flow.taylor_jets import Network
from verify.germ import expm1_ratio, log1p_ratio

ORDER = 12
X = Symbol("x", real=True)
CASES = {
    "exp": (exp(X), lambda mp, x: mp.exp(x)),
    "log": (log(X), lambda mp, x: mp.log(x)),
    "sin, cos": (sin(X) * cos(X), lambda mp, x: mp.sin(x) * mp.cos(x)),
    "sinh, cosh": (sinh(X) + cosh(2 * X), lambda mp, x: mp.sinh(x) + mp.cosh(2 * x)),
    "tan": (tan(X), lambda mp, x: mp.tan(x)),
    "tanh": (tanh(X), lambda mp, x: mp.tanh(x)),
    "asinh": (asinh(X), lambda mp, x: mp.asinh(x)),
    "atan": (atan(X), lambda mp, x: mp.atan(x)),
    "sqrt": (sqrt(X), lambda mp, x: mp.sqrt(x)),
    "cube root": (X ** Rational(1, 3), lambda mp, x: mp.root(x, 3)),
    "power -5/2": (X ** Rational(-5, 2), lambda mp, x: x ** (-mp.mpf(5) / 2)),
    "power -3": (X**-3, lambda mp, x: x**-3),
    "quotient": ((1 + X) / (2 + X**2), lambda mp, x: (1 + x) / (2 + x * x)),
    "abs, sign": (Abs(X - 5) * sign(X - 5), lambda mp, x: x - 5),
    "log1p": (log1p_ratio(X), lambda mp, x: mp.log1p(x) / x),
    "expm1": (expm1_ratio(X), lambda mp, x: mp.expm1(x) / x),
    "constants": (sqrt(2) * X + Rational(1, 3) - X**7 / 10, lambda mp, x: mp.sqrt(2) * x + mp.mpf(1) / 3 - x**7 / 10),
}


@pytest.mark.parametrize("case", CASES)
def test_a_jet_has_the_coefficients_of_the_composed_function(case: str) -> None:
    """f(0.3 + t/2 - t^2 + t^5) to order 12, by mpmath at 120 digits and by jets at 200 bits."""
    expression, reference = CASES[case]
    with working(200):
        network = Network()
        inner = network.jet()
        (outer,) = compile_tape([expression], [X]).bind(jets(200))([inner])
        coefficients = {0: mpfr(3) / 10, 1: mpfr(1) / 2, 2: mpfr(-1), 5: mpfr(1)}
        for k in range(ORDER + 1):
            inner.c.append(coefficients.get(k, mpfr(0)))
            network.advance(k)
        mp = context(120)
        found = [mp.ldexp(mp.mpf(int(c.as_mantissa_exp()[0])), int(c.as_mantissa_exp()[1])) for c in outer.c]
    wanted = mp.taylor(lambda t: reference(mp, mp.mpf(3) / 10 + t / 2 - t * t + t**5), 0, ORDER)
    for got, want in zip(found, wanted, strict=True):
        assert abs(got - want) < mp.mpf(10) ** -30 or digits_shared(mp, got, want) >= 30
