"""From a traced program to a model: f(x; w) linear in x, beta(w) its coefficients.

The program was run on two samples x, x' of symbols.  With f_c(x) one coordinate of its output on the first,

    beta_k = f_c(e_k),      f_c(x) = sum_k beta_k x_k   identically,      and the same for x' on the second.

The identity is decided by expanding the difference: zero proves it, anything else is refused (a true identity that
expansion alone does not see is refused too, never accepted wrongly).  Two samples are traced so that a program
that mixes the samples of a batch does not pass.  Parameters start at their actual values: a float is an exact rational
number.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from math import isfinite
from typing import Any

import numpy as np
from sympy import Dummy, Expr, Integer, Rational, Symbol

from derive.errors import InputError
from derive.expression import exponential, parse_expression
from derive.model import Model
from derive.names import check_name

Array = np.ndarray[Any, Any]
SAMPLES = 2
MOST_PARAMETERS = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Arrays of symbols by path, in order, and their start values as arrays of exact numbers of the same shape."""

    symbols: Mapping[str, Array]
    start: Mapping[str, Array]


def parameters_of(values: Mapping[str, Any], start: Mapping[str, str] | None = None) -> Parameters:
    """Symbols for arrays of numbers.  `start` replaces the values of whole arrays by an expression in positive
    constants: `{"u": "alpha", "v": "0"}`.  Raises `InputError`."""
    arrays = {path: exact_array(value, where=path) for path, value in values.items()}
    if not 0 < sum(a.size for a in arrays.values()) <= MOST_PARAMETERS:
        raise InputError(
            "the number of parameters is out of range",
            expected=f"1 to {MOST_PARAMETERS}",
            received=str(sum(a.size for a in arrays.values())),
        )
    for path in start or {}:
        if path not in arrays:
            raise InputError("the start names no parameter", expected=", ".join(arrays), received=path)
    return Parameters(
        symbols={path: _symbols(path, a.shape) for path, a in arrays.items()},
        start={path: _filled(a, (start or {}).get(path)) for path, a in arrays.items()},
    )


def _symbols(path: str, shape: Sequence[int]) -> Array:
    """`layers.0.weight` of shape (2, 3) gives layers_0_weight_1_1, ..., layers_0_weight_2_3."""
    stem = re.sub(r"\W+", "_", path, flags=re.ASCII).strip("_") or "w"
    stem = f"w{stem}" if stem[0].isdigit() else stem
    found = np.empty(tuple(shape), dtype=object)
    for index in np.ndindex(*shape):
        name = "_".join([stem, *(str(i + 1) for i in index)])
        if iskeyword(name) or re.fullmatch(r"beta\d+", name):
            name += "_"
        check_name(name)
        found[index] = Symbol(name, real=True)
    return found


def _filled(values: Array, text: str | None) -> Array:
    if text is None:
        return values

    def constant(name: str) -> Symbol:
        check_name(name)
        return Symbol(name, positive=True)

    found = np.empty(values.shape, dtype=object)
    found[...] = parse_expression(text, constant, where="start")
    return found


def exact(value: Any, *, where: str = "a constant") -> Expr:
    """The exact rational that a Python or NumPy number is.  Raises `InputError` for anything else."""
    if isinstance(value, Expr):
        return value
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return Integer(int(value))
    if isinstance(value, complex | np.complexfloating) or not isfinite(number := float(value)):
        raise InputError(f"{where} is not a finite real number", received=str(value))
    return Rational(*number.as_integer_ratio())


def exact_array(values: Any, *, where: str = "a constant") -> Array:
    """An array of exact numbers."""
    given = np.asarray(values)
    found = np.empty(given.shape, dtype=object)
    for index in np.ndindex(*given.shape):
        found[index] = exact(given[index], where=where)
    return found


def input_samples(shape: Sequence[int]) -> Array:
    """Two samples of symbols, an array of shape (2, *shape).  They are dummies: no parameter can be one of them."""
    found = np.empty((SAMPLES, *shape), dtype=object)
    for index in np.ndindex(*found.shape):
        found[index] = Dummy("x_" + "_".join(str(i + 1) for i in index), real=True)
    return found


def depends_on_input(values: Iterable[Any]) -> bool:
    return any(isinstance(v, Expr) and v.has(Dummy) for v in values)


def model_of(name: str, parameters: Parameters, samples: Array, output: Any) -> Model:
    """The model of a traced program.

    `output` has one row a sample; the entries of a row, flattened, are predictors f_c of their own, whose coefficients
    follow each other.  Raises `InputError` where the program is not linear in its input.
    """
    rows = np.asarray(output, dtype=object)
    if rows.ndim == 0 or rows.shape[0] != SAMPLES:
        raise InputError(
            "the output does not have one row for each sample",
            expected=f"shape ({SAMPLES}, ...) for {SAMPLES} samples",
            received=f"shape {rows.shape}",
        )
    rows = rows.reshape(SAMPLES, -1)
    predictor: list[Expr] = []
    for c in range(rows.shape[1]):
        predictor += _coefficients(rows[:, c], samples.reshape(SAMPLES, -1), c)
    symbols = [s for array in parameters.symbols.values() for s in array.ravel()]
    start = [v for array in parameters.start.values() for v in array.ravel()]
    powers = tuple(exponential(f, symbols) for f in predictor)
    return Model(name=name, parameters=tuple(symbols), predictor=powers, start=tuple(start))


def _coefficients(values: Array, samples: Array, c: int) -> list[Expr]:
    """beta of output coordinate c, with the identity checked on both samples."""
    first = exact(values[0])
    if first.has(*samples[1]):
        raise InputError(
            f"output {c + 1} of one sample depends on other samples of the batch",
            expected="a program that treats each sample by itself",
            received=str(first),
        )
    zero = dict.fromkeys(samples[0], Integer(0))
    constant = first.xreplace(zero).expand()
    if constant != 0:
        raise InputError(
            f"output {c + 1} is not linear in the input: it has a term without it (a bias)",
            received=str(constant),
            hint="bias=False, or a column of ones among the inputs",
        )
    beta = [_tidy(first.xreplace(zero | {x: Integer(1)})) for x in samples[0]]
    for value, sample in zip(values, samples, strict=True):
        difference = exact(value) - sum((b * x for b, x in zip(beta, sample, strict=True)), Integer(0))
        if difference.expand() != 0:
            raise InputError(
                f"output {c + 1} is not linear in the input of its own sample",
                expected="a sum of inputs times functions of the parameters",
                received=str(exact(value)),
            )
    return beta


def _tidy(value: Expr) -> Expr:
    return value.expand() if value.is_polynomial(*value.free_symbols) else value
