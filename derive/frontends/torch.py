"""A `torch.nn.Module` as a `Model`, by `torch.fx`.

The module is traced into a graph of PyTorch operations (modules within it are entered, down to functions), and the
graph is run on arrays of symbols.  Parameters that require a gradient become parameters of the model, tied ones once;
all others, and buffers, are constants.  A module whose gradient is not the derivative of its value (`detach`,
`no_grad`, hooks, functions with a gradient of their own) need not leave a mark in a graph; it is found before the
trace, by comparing the gradient that training would use with differences of the value, in float64.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any

import numpy as np

from derive.errors import InputError
from derive.extras import optional
from derive.frontends import operations as ops
from derive.frontends.functional import Array, exact, exact_array, input_samples, model_of, parameters_of
from derive.model import Model

ENTERED = ("Linear", "Conv1d", "Flatten", "Identity", "Dropout", "Sequential", "ModuleList")
DIRECTIONS, STEP, CLOSE = 3, 1e-5, 1e-5
SAME = ("contiguous", "clone", "double", "float", "type_as", "requires_grad_")


def model_from_module(
    module: Any, shape: int | Sequence[int], *, start: Mapping[str, str] | None = None, name: str | None = None
) -> Model:
    """The model of a module that maps a batch of inputs (N, *shape) to outputs (N,) or (N, ...), linear in the input.

    Its predictor are the coefficients of the input, flattened, output after output.  It starts where the module is,
    unless `start` gives a parameter (by its path in the module) another value, such as `{"u": "alpha"}`.  Raises
    `InputError`, naming operation and layer, for what cannot be expressed; `ComputationError` without PyTorch.
    """
    torch = optional("torch", "torch")
    check_gradients(torch, module, (shape,) if isinstance(shape, int) else tuple(shape))
    trained = {path: p for path, p in module.named_parameters() if p.requires_grad}
    parameters = parameters_of({path: p.detach().cpu().numpy() for path, p in trained.items()}, start)
    by_identity = {id(p): parameters.symbols[path] for path, p in trained.items()}
    samples = input_samples((shape,) if isinstance(shape, int) else tuple(shape))
    graph = _graph(torch, module)
    output = _interpret(graph, module, by_identity, samples)
    return model_of(name or type(module).__name__, parameters, samples, output)


def check_gradients(torch: Any, module: Any, shape: Sequence[int]) -> None:
    """Raise `InputError` where the module's gradient is not the derivative of its output in its trained parameters.

    Central differences along random directions, near the module's own parameters; nothing of the trace is used.
    """
    copy = deepcopy(module).double()
    trained = [p for p in copy.parameters() if p.requires_grad]
    if not trained:
        raise InputError("the module has no parameter that requires a gradient", received=type(module).__name__)
    generator = torch.Generator().manual_seed(1)

    def random(size: Any) -> Any:
        return torch.randn(size, generator=generator, dtype=torch.float64)

    x = random((3, *shape))
    try:
        for _ in range(DIRECTIONS):
            moves = [random(p.shape) for p in trained]
            with torch.no_grad():
                for p, move in zip(trained, moves, strict=True):
                    p.add_(0.01 * move)
            output = copy(x)
            weights = random(output.shape)
            gradients = torch.autograd.grad((output * weights).sum(), trained, allow_unused=True)
            slope = sum(float((g * m).sum()) for g, m in zip(gradients, moves, strict=True) if g is not None)
            ends = []
            for sign in (1, -2):
                with torch.no_grad():
                    for p, move in zip(trained, moves, strict=True):
                        p.add_(sign * STEP * move)
                    ends.append(float((copy(x) * weights).sum()))
            difference = (ends[0] - ends[1]) / (2 * STEP)
            if abs(difference - slope) > CLOSE * (1 + abs(slope) + abs(difference)):
                raise InputError(
                    "the module's gradient is not the derivative of its output",
                    expected="a forward method without detach, no_grad, hooks or gradients of its own",
                    received=f"{slope:.6g} against differences of {difference:.6g}",
                )
    except (RuntimeError, TypeError, ValueError, AttributeError, IndexError) as error:
        what = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError("the module cannot be run on a batch", expected=f"(N, {shape})", received=what) from None


def _graph(torch: Any, module: Any) -> Any:
    """The graph of functions.  Raises `InputError` where the forward method cannot be traced."""
    tracer = type("Through", (torch.fx.Tracer,), {"is_leaf_module": lambda self, m, path: _is_leaf(m)})()
    try:
        return tracer.trace(module)
    except (torch.fx.proxy.TraceError, TypeError, RuntimeError, NotImplementedError) as error:
        raise InputError(
            "the module cannot be traced",
            expected="a forward method without control flow on its input",
            received=f"{type(error).__name__}: {error}",
        ) from None


def _is_leaf(module: Any) -> bool:
    """Layers of PyTorch that are not entered, to be refused by their own name."""
    return type(module).__module__.startswith("torch.nn.modules") and type(module).__name__ not in ENTERED


def _interpret(graph: Any, module: Any, symbols: Mapping[int, Array], samples: Array) -> Any:
    values: dict[Any, Any] = {}

    def known(argument: Any) -> Any:
        if isinstance(argument, tuple | list):
            return type(argument)(known(a) for a in argument)
        if isinstance(argument, slice):
            return slice(known(argument.start), known(argument.stop), known(argument.step))
        if isinstance(argument, float):
            return exact(argument)
        return values[argument] if type(argument).__name__ == "Node" else argument

    inputs = [node for node in graph.nodes if node.op == "placeholder"]
    if len(inputs) != 1:
        raise InputError("the module does not take one input", received=f"{len(inputs)} inputs")
    for node in graph.nodes:
        where = _where(node)
        if node.op == "placeholder":
            values[node] = samples
        elif node.op == "get_attr":
            values[node] = _attribute(module, node.target, symbols)
        elif node.op == "call_module":
            raise ops.refused(type(module.get_submodule(node.target)).__name__, f" of layer {node.target}")
        elif node.op == "output":
            return known(node.args[0])
        else:
            name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
            values[node] = _apply(name, known(node.args), {k: known(v) for k, v in node.kwargs.items()}, where)
    raise InputError("the module returns nothing")


def _where(node: Any) -> str:
    """` of layer 2`: the innermost module that the operation belongs to."""
    stack = node.meta.get("nn_module_stack") or {}
    path = list(stack)[-1] if stack else ""
    return f" of layer {path}" if path else ""


def _attribute(module: Any, path: str, symbols: Mapping[int, Array]) -> Array:
    value = module
    for part in path.split("."):
        value = getattr(value, part)
    return symbols[id(value)] if id(value) in symbols else exact_array(value.detach().cpu().numpy(), where=path)


def _apply(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], where: str) -> Any:
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
