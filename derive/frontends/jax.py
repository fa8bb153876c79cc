"""A JAX function as a `Model`, by its jaxpr: the list of primitive operations that JAX itself would differentiate.

A jaxpr has no control flow of Python left in it and no library functions, so that a table of primitives is all there is
to interpret; calls of functions inside (`jit`) are entered.  Primitives with rules of their own for derivatives
(`custom_jvp_call`, `stop_gradient`) are refused: their gradient is not that of their value.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from derive.errors import InputError
from derive.extras import optional
from derive.frontends import operations as ops
from derive.frontends.functional import Array, input_samples, model_of, parameters_of
from derive.model import Model

CALLS = ("pjit", "jit", "closed_call", "core_call", "remat", "checkpoint")
SAME = ("convert_element_type", "copy", "copy_p", "device_put")


def model_from_function(
    function: Callable[..., Any],
    parameters: Any,
    shape: int | Sequence[int],
    *,
    start: Mapping[str, str] | None = None,
    name: str | None = None,
) -> Model:
    """The model of `function(parameters, x)`, x of shape (N, *shape), result (N,) or (N, ...), linear in x.

    `parameters` is any tree of arrays (a dictionary, a list, an array); its leaves are named by their path, such as
    `layers_0_w`, under which `start` may give another value, as `{"u": "alpha"}`.  Constants of the function have the
    precision that JAX gives them (float32 unless x64 is enabled).  Raises `InputError`, naming the operation, for what
    cannot be expressed; `ComputationError` without JAX.
    """
    jax = optional("jax", "jax")
    leaves, tree = jax.tree_util.tree_flatten_with_path(parameters)
    paths = [_path(keys) or "w" for keys, _ in leaves]
    known = parameters_of({p: np.asarray(v) for p, (_, v) in zip(paths, leaves, strict=True)}, start)
    samples = input_samples((shape,) if isinstance(shape, int) else tuple(shape))
    given = jax.tree_util.tree_unflatten(tree, [np.zeros(s.shape, dtype=np.float32) for s in known.symbols.values()])
    try:
        closed = jax.make_jaxpr(function)(given, np.zeros(samples.shape, dtype=np.float32))
    except (TypeError, ValueError, jax.errors.JAXTypeError) as error:
        what = str(error).splitlines()[0]
        raise InputError(
            "the function cannot be traced", expected="a function that JAX traces", received=what
        ) from None
    output = _interpret(closed.jaxpr, closed.consts, [*known.symbols.values(), samples])
    if len(output) != 1:
        raise InputError("the function does not return one array", received=f"{len(output)} arrays")
    return model_of(name or getattr(function, "__name__", "function"), known, samples, output[0])


def _path(keys: Sequence[Any]) -> str:
    parts = [getattr(k, "key", getattr(k, "idx", getattr(k, "name", k))) for k in keys]
    return "_".join(str(p) for p in parts)


def _interpret(jaxpr: Any, constants: Sequence[Any], arguments: Sequence[Any]) -> list[Array]:
    values: dict[Any, Array] = {}

    def known(atom: Any) -> Array:
        return ops.as_array(np.asarray(atom.val)) if hasattr(atom, "val") else values[atom]

    for variable, value in zip([*jaxpr.constvars, *jaxpr.invars], [*constants, *arguments], strict=True):
        values[variable] = ops.as_array(np.asarray(value))
    for equation in jaxpr.eqns:
        name, inputs, options = equation.primitive.name, [known(a) for a in equation.invars], equation.params
        if name in CALLS:
            inner = options.get("jaxpr") or options["call_jaxpr"]
            _refuse_derivative_rules(inner, options.get("name", name))
            closed = hasattr(inner, "consts")
            found = _interpret(inner.jaxpr if closed else inner, inner.consts if closed else (), inputs)
        else:
            found = [_apply(name, inputs, options)]
        for variable, value in zip(equation.outvars, found, strict=True):
            values[variable] = value
    return [known(a) for a in jaxpr.outvars]


def _refuse_derivative_rules(inner: Any, name: str) -> None:
    """Name the function (`relu`), and not the machinery inside it."""
    body = getattr(inner, "jaxpr", inner)
    for equation in body.eqns:
        if equation.primitive.name.startswith(("custom_", "max", "select", "stop_gradient")):
            raise ops.refused(str(name), "")


def _called(inner: Any) -> str:
    """The name of the function that a primitive with a rule of its own stands for, where JAX tells it."""
    info = getattr(getattr(inner, "jaxpr", None), "debug_info", None)
    return str(getattr(info, "func_src_info", "")).split(" ")[0]


def _apply(name: str, inputs: Sequence[Array], options: Mapping[str, Any]) -> Array:
    if name in SAME and getattr(options.get("new_dtype"), "kind", "f") == "f":
        return inputs[0]
    if name in ops.FUNCTIONS or name == "logistic":
        return ops.function("sigmoid" if name == "logistic" else name, inputs[0], "")
    if name not in TABLE:
        raise ops.refused(_called(options.get("call_jaxpr")) or name, "")
    return ops.as_array(TABLE[name](options, *inputs))


def _dot_general(options: Mapping[str, Any], a: Array, b: Array) -> Array:
    """Batch axes first, then the free axes of a, then those of b."""
    (contract_a, contract_b), (batch_a, batch_b) = options["dimension_numbers"]
    letters = iter("abcdefghijklmnopqrstuvwxyz")
    of_a, of_b = [next(letters) for _ in range(a.ndim)], [next(letters) for _ in range(b.ndim)]
    for i, k in [*zip(contract_a, contract_b, strict=True), *zip(batch_a, batch_b, strict=True)]:
        of_b[k] = of_a[i]
    batch = [of_a[i] for i in batch_a]
    free_a = [c for i, c in enumerate(of_a) if i not in (*contract_a, *batch_a)]
    free_b = [c for k, c in enumerate(of_b) if k not in (*contract_b, *batch_b)]
    return np.einsum(f"{''.join(of_a)},{''.join(of_b)}->{''.join([*batch, *free_a, *free_b])}", a, b)


def _broadcast_in_dim(options: Mapping[str, Any], x: Array) -> Array:
    shape, places = options["shape"], options["broadcast_dimensions"]
    old = [1] * len(shape)
    for i, place in enumerate(places):
        old[place] = x.shape[i]
    return np.broadcast_to(x.reshape(old), shape)


def _slice(options: Mapping[str, Any], x: Array) -> Array:
    strides = options["strides"] or (1,) * x.ndim
    triples = zip(options["start_indices"], options["limit_indices"], strides, strict=True)
    return x[tuple(slice(*t) for t in triples)]


TABLE: Mapping[str, Callable[..., Any]] = {
    "add": lambda o, a, b: a + b,
    "add_any": lambda o, a, b: a + b,
    "sub": lambda o, a, b: a - b,
    "mul": lambda o, a, b: a * b,
    "div": lambda o, a, b: ops.divide(a, b, ""),
    "neg": lambda o, a: -a,
    "pow": lambda o, a, b: ops.power(a, b, ""),
    "integer_pow": lambda o, a: ops.power(a, o["y"], ""),
    "square": lambda o, a: ops.power(a, 2, ""),
    "dot_general": _dot_general,
    "reduce_sum": lambda o, a: np.sum(a, axis=tuple(o["axes"])),
    "reduce_prod": lambda o, a: np.prod(a, axis=tuple(o["axes"])),
    "broadcast_in_dim": _broadcast_in_dim,
    "reshape": lambda o, a: a.reshape(o["new_sizes"]),
    "squeeze": lambda o, a: np.squeeze(a, axis=tuple(o["dimensions"])),
    "expand_dims": lambda o, a: np.expand_dims(a, tuple(o["dimensions"])),
    "transpose": lambda o, a: np.transpose(a, o["permutation"]),
    "rev": lambda o, a: np.flip(a, axis=tuple(o["dimensions"])),
    "concatenate": lambda o, *arrays: np.concatenate(arrays, axis=o["dimension"]),
    "stack": lambda o, *arrays: np.stack(arrays, axis=o["axis"]),
    "slice": _slice,
}
