"""Two arithmetics for one code: NumPy arrays of float64, and NumPy arrays of mpmath numbers.

A method is written once with `+`, `*`, `@` on arrays.  NumPy carries these operators over to arrays of objects,
so that the same lines run in float64 and at a thousand digits; only constants, elementary functions, powers and
linear systems differ, and `Numbers` holds them.  The mpmath context is private: no global precision is touched, and
no float enters it.  (Balls would be the wrong tool: over a million steps they wrap, where rounded numbers contract.)
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from sympy import Expr

from derive.errors import ComputationError
from derive.exact.balls import ball
from verify.flow.arithmetic import ARRAYS
from verify.flow.program import Arithmetic

Array = np.ndarray[Any, Any]
FUNCTIONS = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "atan", "sign")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """An arithmetic.

    `digits` is None for float64; `tape` runs expressions; `dtype` is that of its arrays; `log1p` is log(1 + x) without
    cancellation; `linear` solves A x = b; `epsilon` is the spacing at 1; `shown` prints a number.
    """

    digits: int | None
    dtype: Any
    tape: Arithmetic
    log1p: Callable[[Any], Any]
    linear: Callable[[Array, Array], Array]
    finite: Callable[[Any], bool]
    epsilon: Any
    shown: Callable[[Any, int], str]

    def number(self, value: Expr) -> Any:
        """An exact real number, rounded."""
        return self.tape.constant(value)

    def array(self, values: Sequence[Any]) -> Array:
        """A vector of numbers of this arithmetic."""
        return np.array(values, dtype=self.dtype)

    def exact(self, values: Sequence[Expr]) -> Array:
        """A vector of exact numbers, rounded."""
        return self.array([self.number(v) for v in values])

    def table(self, rows: Sequence[Sequence[Expr]], columns: int) -> Array:
        """A matrix of exact numbers, rounded; `columns` where there is no row."""
        return np.array([[self.number(v) for v in row] for row in rows], dtype=self.dtype).reshape(len(rows), columns)

    def apply(self, function: str, values: Any) -> Any:
        """An elementary function, entry by entry."""
        return self.tape.function[function](values)

    def power(self, values: Any, exponent: Expr) -> Any:
        """A rational power of numbers that are not negative."""
        return self.tape.power(values, exponent)

    def all_finite(self, values: Sequence[Any] | Array) -> bool:
        return all(self.finite(v) for v in values)


def _float_solve(matrix: Array, right: Array) -> Array:
    try:
        return np.linalg.solve(matrix, right)
    except np.linalg.LinAlgError:
        raise ComputationError("a linear system of a step is singular", hint="independent rows") from None


FLOAT64 = Numbers(
    digits=None,
    dtype=np.float64,
    tape=ARRAYS,
    log1p=np.log1p,
    linear=_float_solve,
    finite=lambda v: bool(np.isfinite(v)),
    epsilon=2.0**-52,
    shown=lambda v, digits: f"{float(v):.{max(1, digits)}g}",
)


def precise(digits: int) -> Numbers:
    """Rounded arithmetic at `digits` decimals (exponents without bound), in a context of its own."""
    context: Any = mpmath.MPContext()
    context.dps = digits
    mpf = context.mpf

    def real(value: Any) -> Any:
        """mpmath answers a logarithm of a negative number with a complex one: here it is not a number."""
        return value if isinstance(value, mpf) else context.nan

    def constant(value: Expr) -> Any:
        mantissa, exponent = ball(value, context.prec + 16).mid().man_exp()
        return context.ldexp(mpf(int(mantissa)), int(exponent))

    def power(value: Any, exponent: Expr) -> Any:
        if exponent.is_Integer:
            return value ** int(exponent)
        e = constant(exponent)
        return _entries(lambda v: real(context.power(v, e)))(value)

    def linear(matrix: Array, right: Array) -> Array:
        try:
            found = context.lu_solve(context.matrix(matrix.tolist()), context.matrix(right.tolist()))
        except ZeroDivisionError:
            raise ComputationError("a linear system of a step is singular", hint="independent rows") from None
        return np.array([found[i] for i in range(len(right))], dtype=object)

    functions = {name: _entries(_real_function(getattr(context, name), real)) for name in FUNCTIONS}
    return Numbers(
        digits=digits,
        dtype=object,
        tape=Arithmetic(constant=constant, power=power, function=functions | {"abs": abs}),
        log1p=_entries(context.log1p),
        linear=linear,
        finite=lambda v: bool(context.isfinite(v)),
        epsilon=context.ldexp(mpf(1), 1 - context.prec),
        shown=lambda v, wanted: str(context.nstr(v, max(1, wanted), strip_zeros=False)),
    )


def _real_function(function: Callable[[Any], Any], real: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda v: real(function(v))


def _entries(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function on a number, or entry by entry on an array of objects."""
    return np.frompyfunc(function, 1, 1)
