"""PyTorch's operations on arrays of symbols, by the names under which `torch.fx` records them.

Each entry of `TABLE` takes ` of layer 2`, for errors, and then the arguments that PyTorch's operation takes; arrays are
those of NumPy with SymPy expressions as entries.  Names in `SAME` change nothing that a formula sees.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from derive.errors import InputError
from derive.frontends import operations as ops
from derive.frontends.functional import Array

SAME = ("contiguous", "clone", "double", "float", "type_as", "requires_grad_")


def apply(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], where: str) -> Any:
    """The operation of this name on arrays.  Raises `InputError` for one that is not known, or that fails."""
    if name in SAME:
        return args[0]
    plain = name.removesuffix("_") if name.startswith(("arcsinh", "arctan", "absolute")) else name
    plain = {"absolute": "abs", "arcsinh": "asinh", "arctan": "atan", "sgn": "sign"}.get(plain, plain)
    if plain in ops.FUNCTIONS:
        return ops.function(plain, args[0], where)
    if plain not in TABLE:
        raise ops.refused(name, where)
    try:
        return TABLE[plain](where, *args, **kwargs)
    except (TypeError, ValueError, IndexError) as error:
        raise InputError(f"operation {name}{where} cannot be expressed", received=str(error)) from None


def _sum(where: str, x: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return ops.as_array(np.sum(x, axis=_axis(dim), keepdims=keepdim))


def _mean(where: str, x: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return ops.mean(x, _axis(dim), keepdims=keepdim)


def _prod(where: str, x: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return ops.as_array(np.prod(x, axis=_axis(dim), keepdims=keepdim))


def _axis(dim: Any) -> Any:
    return tuple(dim) if isinstance(dim, tuple | list) else dim


def _linear(where: str, x: Array, weight: Array, bias: Array | None = None) -> Array:
    product = x @ weight.T
    return ops.as_array(product if bias is None else product + bias)


def _reshape(where: str, x: Array, *shape: Any) -> Array:
    return x.reshape(*_sizes(shape))


def _sizes(shape: Sequence[Any]) -> Sequence[int]:
    return shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape


def _flatten(where: str, x: Array, start_dim: int = 0, end_dim: int = -1) -> Array:
    end = end_dim % x.ndim
    return x.reshape(*x.shape[:start_dim], -1, *x.shape[end + 1 :])


def _expand(where: str, x: Array, *shape: Any) -> Array:
    sizes = _sizes(shape)
    old = (1,) * (len(sizes) - x.ndim) + x.shape
    return np.broadcast_to(x, [o if s == -1 else s for s, o in zip(sizes, old, strict=True)])


def _conv(
    where: str, x: Array, weight: Array, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
    groups: int = 1,
) -> Array:  # fmt: skip
    stride, padding, dilation = (v[0] if isinstance(v, tuple | list) else v for v in (stride, padding, dilation))
    if dilation != 1 or groups != 1 or not isinstance(padding, int):
        raise ValueError("dilation, groups and named paddings are not known here")
    found = ops.correlate(x, weight, stride=stride, padding=padding)
    return found if bias is None else ops.as_array(found + bias[None, :, None])


def _dropout(where: str, x: Array, p: Any = 0.5, training: bool = True, inplace: bool = False) -> Array:
    if training and p != 0:
        raise ops.refused("dropout", where + " in training mode")
    return x


def _attribute_of(where: str, x: Array, name: str) -> Any:
    if name not in ("shape", "T", "mT"):
        raise ValueError(f"attribute {name}")
    return x.shape if name == "shape" else np.swapaxes(x, -1, -2)


TABLE: Mapping[str, Callable[..., Any]] = {
    "add": lambda where, a, b, alpha=1: ops.as_array(ops.as_array(a) + alpha * ops.as_array(b)),
    "sub": lambda where, a, b, alpha=1: ops.as_array(ops.as_array(a) - alpha * ops.as_array(b)),
    "mul": lambda where, a, b: ops.as_array(ops.as_array(a) * ops.as_array(b)),
    "multiply": lambda where, a, b: ops.as_array(ops.as_array(a) * ops.as_array(b)),
    "truediv": lambda where, a, b: ops.divide(a, b, where),
    "div": lambda where, a, b: ops.divide(a, b, where),
    "neg": lambda where, a: ops.as_array(-ops.as_array(a)),
    "pow": lambda where, a, b: ops.power(a, b, where),
    "square": lambda where, a: ops.power(a, 2, where),
    "matmul": lambda where, a, b: ops.as_array(a @ b),
    "mm": lambda where, a, b: ops.as_array(a @ b),
    "mv": lambda where, a, b: ops.as_array(a @ b),
    "bmm": lambda where, a, b: ops.as_array(a @ b),
    "dot": lambda where, a, b: ops.as_array(a @ b),
    "outer": lambda where, a, b: ops.as_array(np.multiply.outer(a, b)),
    "einsum": lambda where, formula, *arrays: ops.as_array(np.einsum(formula, *arrays)),
    "linear": _linear,
    "conv1d": _conv,
    "sum": _sum,
    "mean": _mean,
    "prod": _prod,
    "view": _reshape,
    "reshape": _reshape,
    "flatten": _flatten,
    "expand": _expand,
    "t": lambda where, x: x.T,
    "transpose": lambda where, x, a, b: np.swapaxes(x, a, b),
    "permute": lambda where, x, *order: np.transpose(x, _sizes(order)),
    "unsqueeze": lambda where, x, dim: np.expand_dims(x, dim),
    "squeeze": lambda where, x, dim=None: np.squeeze(x, axis=_axis(dim)),
    "cat": lambda where, arrays, dim=0: np.concatenate(arrays, axis=dim),
    "stack": lambda where, arrays, dim=0: np.stack(arrays, axis=dim),
    "flip": lambda where, x, *dims: np.flip(x, axis=tuple(_sizes(dims))),
    "roll": lambda where, x, shifts, dims=None: np.roll(x, shifts, axis=_axis(dims)),
    "diag": lambda where, x: np.diag(x) if x.ndim == 2 else np.where(np.eye(len(x), dtype=bool), x, 0),
    "getitem": lambda where, x, index: x[index],
    "getattr": _attribute_of,
    "size": lambda where, x, dim=None: x.shape if dim is None else x.shape[dim],
    "dim": lambda where, x: x.ndim,
    "dropout": _dropout,
}
