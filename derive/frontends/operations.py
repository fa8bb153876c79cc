"""The operations that a traced program may use, on NumPy arrays of SymPy expressions.

Everything linear works on objects as NumPy has it (`@`, sums, reshapes).  Elementary functions are those of the grammar
of `derive.expression`; applied to the input they would make the program nonlinear, and are refused there, by name.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sympy import Expr, Integer, Rational, exp, log, sqrt

from derive.errors import InputError
from derive.frontends.functional import Array, depends_on_input, exact
from derive.grammar import FUNCTIONS as GRAMMAR

# those of the grammar, under the names that programs use, and what is made of them
FUNCTIONS: Mapping[str, Callable[[Expr], Expr]] = {
    **{name.lower(): function for name, function in GRAMMAR.items()},
    "rsqrt": lambda v: 1 / sqrt(v),
    "reciprocal": lambda v: 1 / v,
    "exp2": lambda v: Integer(2) ** v,
    "expm1": lambda v: exp(v) - 1,
    "log1p": lambda v: log(1 + v),
    "sigmoid": lambda v: 1 / (1 + exp(-v)),
}


def as_array(value: Any) -> Array:
    """A number or an array as an array of exact expressions."""
    given = np.asarray(value, dtype=object)
    found = np.empty(given.shape, dtype=object)
    for index in np.ndindex(*given.shape):
        found[index] = exact(given[index])
    return found


def function(name: str, value: Any, where: str) -> Array:
    """An elementary function, entry by entry.  Raises `InputError` where it is applied to the input."""
    values = as_array(value)
    if depends_on_input(values.flat):
        raise InputError(
            f"operation {name}{where} cannot be expressed: it is applied to the input, and f(x; w) is linear in x",
            expected="functions of parameters alone",
        )
    return as_array(np.frompyfunc(FUNCTIONS[name], 1, 1)(values))


def power(base: Any, exponent: Any, where: str) -> Array:
    """base ** exponent, entry by entry; of the input, the first power alone."""
    bases, exponents = as_array(base), as_array(exponent)
    if (depends_on_input(bases.flat) and not all(e.is_Integer and e >= 1 for e in exponents.flat)) or depends_on_input(
        exponents.flat
    ):
        raise InputError(f"operation power{where} cannot be expressed: it is applied to the input")
    return as_array(bases**exponents)


def divide(numerator: Any, denominator: Any, where: str) -> Array:
    """Division by parameters or numbers."""
    below = as_array(denominator)
    if depends_on_input(below.flat):
        raise InputError(f"operation division{where} cannot be expressed: it divides by the input")
    if any(v == 0 for v in below.flat):
        raise InputError(f"operation division{where} divides by zero")
    return as_array(as_array(numerator) / below)


def mean(value: Any, axis: Any = None, *, keepdims: bool = False) -> Array:
    """The exact mean."""
    values = as_array(value)
    total = np.sum(values, axis=axis, keepdims=keepdims)
    count = values.size // max(1, np.size(total))
    return as_array(total) * Rational(1, count)


def correlate(x: Any, kernel: Any, *, stride: int = 1, padding: int = 0) -> Array:
    """`conv1d` of the neural-network libraries: x (N, C, L), kernel (K, C, M) to (N, K, L')."""
    values, weights = as_array(x), as_array(kernel)
    zeros = np.full((*values.shape[:2], padding), Integer(0), dtype=object)
    values = np.concatenate([zeros, values, zeros], axis=2)
    length, width = values.shape[2], weights.shape[2]
    windows = [values[:, :, i : i + width] for i in range(0, length - width + 1, stride)]
    return as_array(np.stack([np.einsum("ncm,kcm->nk", w, weights) for w in windows], axis=2))


def refused(name: str, where: str) -> InputError:
    """The one line for an operation that has no exact expression here."""
    return InputError(
        f"operation {name}{where} cannot be expressed",
        expected="sums, products, powers, reshapes, contractions and " + " ".join(FUNCTIONS),
        hint="a linear network, without activations on the input",
    )
