"""A `torch.nn.Module` as a `Model`, by `torch.fx`.

The module is traced into a graph of PyTorch operations (modules within it are entered, down to functions), and the
graph is run on arrays of symbols.  Parameters that require a gradient become parameters of the model, tied ones once;
all others, and buffers, are constants.  Before the trace the module's gradient is compared with its value
(`derive.frontends.torch_gradients`): what training follows need not be seen in a graph.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from derive.errors import InputError
from derive.extras import optional
from derive.frontends import operations as ops
from derive.frontends.functional import Array, exact, exact_array, input_samples, model_of, parameters_of
from derive.frontends.torch_gradients import check_gradients
from derive.frontends.torch_operations import apply
from derive.model import Model

ENTERED = ("Linear", "Conv1d", "Flatten", "Identity", "Dropout", "Sequential", "ModuleList")


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
            values[node] = apply(name, known(node.args), {k: known(v) for k, v in node.kwargs.items()}, where)
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
