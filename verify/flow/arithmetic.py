"""The arithmetics that tapes run over: float64/complex arrays, floats, Arb balls, Arb power series."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from flint import arb, arb_mat, arb_series
from sympy import Expr

from derive.exact.balls import ball, integral_to
from derive.exact.quadrature import float_integral
from verify.flow.columns import Column, columns, stacked
from verify.flow.program import Arithmetic, Compute


def _array_power(value: Any, exponent: Expr) -> Any:
    if exponent.is_Integer:
        return value ** int(exponent)
    return value ** (int(exponent.p) / int(exponent.q))


def _array_abs(value: Any) -> Any:
    """|x| continued analytically, so that complex steps differentiate it."""
    return np.where(np.real(value) >= 0, value, -value)


def _array_log1p_ratio(value: Any) -> Any:
    """log(1 + x)/x; a complex step carries the derivative, which is all that its imaginary part is for."""
    x = np.real(value)
    safe = np.where(np.abs(x) < 1e-3, 1.0, x)
    small = 1 - x * (1 / 2 - x * (1 / 3 - x * (1 / 4 - x * (1 / 5 - x * (1 / 6 - x / 7)))))
    ratio = np.where(np.abs(x) < 1e-3, small, np.log1p(safe) / safe)
    if not np.iscomplexobj(value):
        return ratio
    near = -1 / 2 + x * (2 / 3 - x * (3 / 4 - x * (4 / 5 - x * 5 / 6)))
    return ratio + 1j * np.imag(value) * np.where(np.abs(x) < 1e-3, near, (1 / (1 + safe) - ratio) / safe)


def _array_expm1_ratio(value: Any) -> Any:
    """(exp(x) - 1)/x, likewise."""
    x = np.real(value)
    safe = np.where(np.abs(x) < 1e-3, 1.0, x)
    small = 1 + x * (1 / 2 + x * (1 / 6 + x * (1 / 24 + x * (1 / 120 + x / 720))))
    ratio = np.where(np.abs(x) < 1e-3, small, np.expm1(safe) / safe)
    if not np.iscomplexobj(value):
        return ratio
    near = 1 / 2 + x * (1 / 3 + x * (1 / 8 + x * (1 / 30 + x / 144)))
    return ratio + 1j * np.imag(value) * np.where(np.abs(x) < 1e-3, near, (np.exp(safe) - ratio) / safe)


def _array_matrix(rows: Sequence[Sequence[Expr]]) -> Compute:
    a = np.array([[float(e) for e in row] for row in rows])

    def product(values: Sequence[Any]) -> list[Any]:
        x = np.array(np.broadcast_arrays(*values))
        return list(a @ np.real(x) + 1j * (a @ np.imag(x)) if np.iscomplexobj(x) else a @ x)

    return product


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
        "log1p_ratio": _array_log1p_ratio,
        "expm1_ratio": _array_expm1_ratio,
    },
    matrix=_array_matrix,
    integral=lambda e: np.vectorize(float_integral(e), otypes=[float]),
)


def _float_power(value: float, exponent: Expr) -> float:
    if exponent.is_Integer:
        return value ** int(exponent)
    if value < 0:
        raise ValueError("a root of a negative number")
    return value ** (int(exponent.p) / int(exponent.q))


def _float_matrix(rows: Sequence[Sequence[Expr]]) -> Compute:
    a = np.array([[float(e) for e in row] for row in rows])
    return lambda values: (a @ np.array(values, dtype=float)).tolist()


_NAMES = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "atan")

# raises where a result leaves the range of float64
FLOATS = Arithmetic(
    constant=lambda e: float(e),
    power=_float_power,
    function={name: getattr(math, name) for name in _NAMES}
    | {
        "abs": abs,
        "sign": lambda v: (v > 0) - (v < 0),
        "log1p_ratio": lambda v: math.log1p(v) / v if v else 1.0,
        "expm1_ratio": lambda v: math.expm1(v) / v if v else 1.0,
    },
    matrix=_float_matrix,
    integral=float_integral,
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


def _ball_log1p_ratio(value: Any) -> Any:
    return 1 if value == 0 else value.log1p() / value


def _ball_expm1_ratio(value: Any) -> Any:
    if value == 0:
        return 1
    half = value / 2
    return half.exp() * half.sinh() / half  # exp(x) - 1 = 2 exp(x/2) sinh(x/2), which does not cancel


def _ball_matrix(rows: Sequence[Sequence[Expr]], precision: int) -> Compute:
    a = arb_mat([[ball(e, precision) for e in row] for row in rows])

    def product(values: Sequence[Any]) -> list[Any]:
        count = next((len(e) for e in values if type(e) is Column), 0)
        if not count:
            return (a * arb_mat([[e] for e in values])).entries()
        return columns(a * arb_mat([e.entries for e in stacked(list(values), count)]))

    return product


def balls(precision: int) -> Arithmetic:
    """Arb balls, one or a column of them; constants are enclosed at `precision` bits."""
    return Arithmetic(
        constant=lambda e: ball(e, precision),
        power=_ball_power,
        function={name: _method(name) for name in _NAMES}
        | {
            "abs": abs,
            "sign": lambda v: v.sgn(),
            "log1p_ratio": _ball_log1p_ratio,
            "expm1_ratio": _ball_expm1_ratio,
        },
        matrix=lambda rows: _ball_matrix(rows, precision),
        integral=lambda e: lambda end: integral_to(e, end),
    )


def series(precision: int) -> Arithmetic:
    """Arb power series in one variable; abs and sign are refused (they have no series at their kink)."""
    return Arithmetic(
        constant=lambda e: arb_series([ball(e, precision)]),
        power=_ball_power,
        function={name: _method(name) for name in _NAMES},
    )
