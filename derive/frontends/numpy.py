"""A NumPy function as a `Model`: it is called once, on arrays that carry symbols.

`TracedArray` answers NumPy's two protocols for arrays of other libraries: `__array_ufunc__` for elementwise functions
and `@`, `__array_function__` for the rest.  Nothing of the function's source is read.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from derive.errors import InputError
from derive.frontends import operations as ops
from derive.frontends.functional import Array, input_samples, model_of, parameters_of
from derive.model import Model

# these treat objects as they treat numbers
STRUCTURAL = (
    "sum", "prod", "dot", "inner", "outer", "einsum", "reshape", "ravel", "transpose", "swapaxes", "moveaxis",
    "squeeze", "expand_dims", "concatenate", "stack", "vstack", "hstack", "flip", "roll", "diag", "diagonal", "trace",
    "tensordot", "broadcast_to", "repeat", "tile", "atleast_1d", "atleast_2d", "convolve", "vdot", "kron", "take",
)  # fmt: skip
RENAMED = {"absolute": "abs", "arcsinh": "asinh", "arctan": "atan"}


def model_from_function(
    function: Callable[..., Any],
    parameters: Mapping[str, Any],
    shape: int | Sequence[int],
    *,
    start: Mapping[str, str] | None = None,
    name: str | None = None,
) -> Model:
    """The model of `function(parameters, x)`, x of shape (N, *shape), result (N,) or (N, ...), linear in x.

    `parameters` maps names to arrays of numbers: shapes, and where the model starts unless `start` gives another value,
    as `{"u": "alpha"}`.  Raises `InputError`, naming the operation, for what cannot be expressed.
    """
    known = parameters_of(parameters, start)
    samples = input_samples((shape,) if isinstance(shape, int) else tuple(shape))
    traced = {path: TracedArray(symbols) for path, symbols in known.symbols.items()}
    try:
        output = function(traced, TracedArray(samples))
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise InputError(
            "the function cannot be traced", expected="NumPy operations on arrays", received=f"{error}"
        ) from None
    return model_of(name or getattr(function, "__name__", "function"), known, samples, _bare(output))


class TracedArray(NDArrayOperatorsMixin):
    """An array of expressions that NumPy's functions accept."""

    def __init__(self, values: Any) -> None:
        self.values: Array = ops.as_array(values)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    @property
    def ndim(self) -> int:
        return self.values.ndim

    @property
    def size(self) -> int:
        return self.values.size

    @property
    def T(self) -> "TracedArray":
        return TracedArray(self.values.T)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: Any) -> "TracedArray":
        return TracedArray(self.values[index])

    def __bool__(self) -> bool:
        raise InputError("the function branches on a traced value", expected="no control flow on parameters or input")

    __float__ = __int__ = __index__ = __bool__  # pyright: ignore

    def __array__(self, *args: Any, **kwargs: Any) -> Array:
        raise InputError("the function turns a traced array into plain numbers", expected="NumPy operations on arrays")

    def reshape(self, *shape: Any) -> "TracedArray":
        return TracedArray(self.values.reshape(*shape))

    def transpose(self, *axes: Any) -> "TracedArray":
        return TracedArray(self.values.transpose(*axes))

    def ravel(self) -> "TracedArray":
        return TracedArray(self.values.ravel())

    def sum(self, axis: Any = None, keepdims: bool = False) -> "TracedArray":
        return TracedArray(np.sum(self.values, axis=axis, keepdims=keepdims))

    def mean(self, axis: Any = None, keepdims: bool = False) -> "TracedArray":
        return TracedArray(ops.mean(self.values, axis, keepdims=keepdims))

    def prod(self, axis: Any = None, keepdims: bool = False) -> "TracedArray":
        return TracedArray(np.prod(self.values, axis=axis, keepdims=keepdims))

    def dot(self, other: Any) -> "TracedArray":
        return TracedArray(np.dot(self.values, _bare(other)))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> "TracedArray":
        called: str = ufunc.__name__
        name = RENAMED.get(called, called)
        bare = [_bare(i) for i in inputs]
        if kwargs or (method, name) not in {("__call__", name), ("reduce", "add"), ("reduce", "multiply")}:
            raise ops.refused(f"numpy.{name}.{method}", "")
        if method == "reduce":
            return TracedArray(ufunc.reduce(bare[0]))
        if name in ops.FUNCTIONS:
            return TracedArray(ops.function(name, bare[0], ""))
        if name not in ELEMENTWISE:
            raise ops.refused(f"numpy.{name}", "")
        return TracedArray(ELEMENTWISE[name](*bare))

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> "TracedArray":
        name = function.__name__
        if name == "mean":
            return TracedArray(ops.mean(*_bare(args), **_bare(kwargs)))
        if name not in STRUCTURAL:
            raise ops.refused(f"numpy.{name}", "")
        return TracedArray(function(*_bare(args), **_bare(kwargs)))


def _bare(value: Any) -> Any:
    """Traced arrays as arrays of expressions, inside tuples and lists as well."""
    if isinstance(value, TracedArray):
        return value.values
    if isinstance(value, tuple | list):
        return type(value)(_bare(v) for v in value)
    if isinstance(value, dict):
        return {k: _bare(v) for k, v in value.items()}
    if isinstance(value, float) or (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
        return ops.as_array(value)
    return value


ELEMENTWISE: Mapping[str, Callable[..., Any]] = {
    "add": lambda a, b: ops.as_array(a) + ops.as_array(b),
    "subtract": lambda a, b: ops.as_array(a) - ops.as_array(b),
    "multiply": lambda a, b: ops.as_array(a) * ops.as_array(b),
    "divide": lambda a, b: ops.divide(a, b, ""),
    "negative": lambda a: -ops.as_array(a),
    "positive": lambda a: a,
    "power": lambda a, b: ops.power(a, b, ""),
    "float_power": lambda a, b: ops.power(a, b, ""),
    "square": lambda a: ops.power(a, 2, ""),
    "matmul": lambda a, b: ops.as_array(a) @ ops.as_array(b),
}
