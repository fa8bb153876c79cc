"""The arithmetics that tapes run over: float64/complex arrays, floats, Arb balls, Arb power series."""

import math
from typing import Any

import numpy as np
from flint import arb, arb_series
from sympy import Expr

from derive.exact.balls import ball
from verify.flow.tape import Arithmetic


def _array_power(value: Any, exponent: Expr) -> Any:
    if exponent.is_Integer:
        return value ** int(exponent)
    return value ** (int(exponent.p) / int(exponent.q))


def _array_abs(value: Any) -> Any:
    """|x| continued analytically, so that complex steps differentiate it."""
    return np.where(np.real(value) >= 0, value, -value)


ARRAYS = Arithmetic(
    constant=lambda e: float(e),
    power=_array_power,
    function={
        "exp": np.exp,
        "log": np.log,
        "sin": np.sin,
        "cos": np.cos,
        "tan": np.tan,
        "sinh": np.sinh,
        "cosh": np.cosh,
        "tanh": np.tanh,
        "asinh": np.arcsinh,
        "atan": np.arctan,
        "abs": _array_abs,
        "sign": lambda v: np.sign(np.real(v)),
    },
)


def _float_power(value: float, exponent: Expr) -> float:
    if exponent.is_Integer:
        return value ** int(exponent)
    if value < 0:
        raise ValueError("a root of a negative number")
    return value ** (int(exponent.p) / int(exponent.q))


_NAMES = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "atan")

# raises where a result leaves the range of float64
FLOATS = Arithmetic(
    constant=lambda e: float(e),
    power=_float_power,
    function={name: getattr(math, name) for name in _NAMES} | {"abs": abs, "sign": lambda v: (v > 0) - (v < 0)},
)


def _ball_power(value: Any, exponent: Expr) -> Any:
    if exponent.is_Integer:
        n = int(exponent)
        return value**n if n >= 0 else 1 / value ** (-n)
    if exponent.q == 2:
        n = int(exponent.p)
        root = value.sqrt()
        return root**n if n >= 0 else 1 / root ** (-n)
    return (value.log() * (arb(int(exponent.p)) / int(exponent.q))).exp()


def _method(name: str) -> Any:
    return lambda value: getattr(value, name)()


def balls(precision: int) -> Arithmetic:
    """Arb balls; constants are enclosed at `precision` bits."""
    return Arithmetic(
        constant=lambda e: ball(e, precision),
        power=_ball_power,
        function={name: _method(name) for name in _NAMES} | {"abs": abs, "sign": lambda v: v.sgn()},
    )


def series(precision: int) -> Arithmetic:
    """Arb power series in one variable; abs and sign are refused (they have no series at their kink)."""
    return Arithmetic(
        constant=lambda e: arb_series([ball(e, precision)]),
        power=_ball_power,
        function={name: _method(name) for name in _NAMES},
    )
