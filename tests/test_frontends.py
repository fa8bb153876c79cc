"""Claim: a traced program is the model it computes, exactly; what has no exact expression is refused by name.

Predictors are compared with models written by hand, and with the numbers that the program itself returns; gradients
with those of PyTorch and JAX.  The NumPy front end needs neither, and is tested on the same programs.
"""

import subprocess
import sys

import numpy as np
import pytest
from sympy import Rational, Symbol, exp, sqrt

from derive.catalogue import architecture
from derive.errors import ComputationError, InputError
from derive.extras import optional
from derive.frontends.jax import model_from_function as jax_model
from derive.frontends.numpy import model_from_function as numpy_model
from derive.model import Model, parse_model
from derive.pipeline import derive
from verify.data import load_data
from verify.decimal import parse_decimal
from verify.flow.engine import flow


def predictor_at(model: Model, values: dict[str, float]) -> np.ndarray:
    at = {p: values[str(p)] for p in model.parameters}
    return np.array([float(f.subs(at)) for f in model.predictor])


def numeric(function, parameters: dict[str, np.ndarray], d: int) -> np.ndarray:
    """The coefficients of a program, from its values on unit vectors, sample by sample, output after output."""
    return np.asarray(function(parameters, np.eye(d))).reshape(d, -1).T.ravel()


PROGRAMS = {
    "a diagonal network": (lambda p, x: x @ (p["u"] ** 2 - p["v"] ** 2), {"u": (3,), "v": (3,)}),
    "a deep linear network": (lambda p, x: (x @ p["A"].T @ p["B"].T) @ p["c"], {"A": (2, 3), "B": (2, 2), "c": (2,)}),
    "two outputs": (lambda p, x: x @ p["A"], {"A": (3, 2)}),
    "exponential weights": (lambda p, x: np.sum(x * np.exp(p["u"]), axis=1), {"u": (3,)}),
    "a contraction": (lambda p, x: np.einsum("nd,dk,k->n", x, p["A"], p["c"]), {"A": (3, 2), "c": (2,)}),
    "a normalised direction": (
        lambda p, x: x @ p["v"] * (p["g"] / np.sqrt(np.sum(p["v"] ** 2))),
        {"g": (), "v": (3,)},
    ),
    "rearranged inputs": (
        lambda p, x: np.concatenate([x[:, ::-1], 2 * x], axis=1).reshape(len(x), 2, 3).mean(axis=1) @ p["u"] / 3,
        {"u": (3,)},
    ),
    "a kernel slid along": (
        lambda p, x: sum(p["k"][j] * np.roll(x, -j, axis=1) for j in range(2)) @ p["u"] - 0.1 * x @ np.tanh(p["u"]),
        {"k": (2,), "u": (3,)},
    ),
    "parameters in exponents": (lambda p, x: x @ (np.exp2(p["u"]) + 3.0 ** p["v"]), {"u": (3,), "v": (3,)}),
    "linear by cancellation": (lambda p, x: np.sum((p["u"] + x) ** 2 - (p["u"] - x) ** 2, axis=1) / 4, {"u": (3,)}),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_numpy_program_is_its_model(name: str) -> None:
    """Start values are exact, and the predictor gives the program's numbers there."""
    function, shapes = PROGRAMS[name]
    random = np.random.default_rng(4)
    values = {path: random.uniform(0.2, 1.4, size=shape) for path, shape in shapes.items()}
    model = numpy_model(function, values, 3)
    flat = [v for path in values for v in np.asarray(values[path]).ravel()]
    assert [float(s) for s in model.start or ()] == flat and all(s.is_Rational for s in model.start or ())
    at = {str(p): v for p, v in zip(model.parameters, flat, strict=True)}
    assert np.allclose(predictor_at(model, at), numeric(function, values, 3), rtol=1e-12)


def test_names_are_paths_and_places() -> None:
    model = numpy_model(lambda p, x: x @ p["A"] @ p["s1"], {"A": np.ones((2, 1)), "s1": np.ones(1)}, 2)
    assert [str(p) for p in model.parameters] == ["A_1_1", "A_2_1", "s1_1"]
    scalar = numpy_model(lambda p, x: p["beta1"] * x @ p["w"], {"beta1": np.array(2.0), "w": np.ones(1)}, 1)
    assert [str(p) for p in scalar.parameters] == ["beta1_", "w_1"]


def test_a_start_may_be_given_in_constants() -> None:
    """The traced network with alpha is the built-in one: same predictor, same laws, same potential."""
    one = np.ones(2)
    traced = numpy_model(lambda p, x: x @ (p["u"] * p["v"]), {"u": one, "v": one}, 2, start={"u": "alpha", "v": "0"})
    ours, built = derive(traced), derive(architecture("hadamard").model(dimension=2))
    assert ours.potential.value == built.potential.value and ours.potential.value is not None
    assert traced.start == (Symbol("alpha", positive=True),) * 2 + (0, 0)


@pytest.mark.parametrize(
    ("function", "named"),
    [
        (lambda p, x: np.maximum(x @ p["u"], 0), "maximum"),
        (lambda p, x: np.tanh(x @ p["u"]), "tanh"),
        (lambda p, x: np.linalg.inv(np.diag(p["u"])) @ x, "inv"),
        (lambda p, x: (x @ p["u"]) ** 2, "not linear"),
        (lambda p, x: (x @ p["u"]) ** -1, "power"),
        (lambda p, x: 1 / (x @ p["u"]), "divi"),
        (lambda p, x: x @ p["u"] + p["u"][0], "bias"),
        (lambda p, x: (x - x.mean(axis=0)) @ p["u"], "other samples"),
        (lambda p, x: (x @ p["u"])[::-1], "other samples"),
        (lambda p, x: np.sum(x @ p["u"]), "one row for each sample"),
        (lambda p, x: x @ (p["u"] if p["u"][0] > 0 else -p["u"]), "greater"),
        (lambda p, x: x @ np.array([float(v) for v in p["u"]]), "branches|traced"),
        (lambda p, x: x @ p["missing"], "traced"),
        (lambda p, x: x @ p["u"] * float("nan"), "finite"),
    ],
)
def test_what_is_not_a_linear_predictor_is_refused_by_name(function, named: str) -> None:
    with pytest.raises(InputError, match=named) as caught:
        numpy_model(function, {"u": np.ones(2)}, 2)
    assert "\n" not in str(caught.value)


def test_a_missing_package_is_one_line_that_names_the_extra() -> None:
    with pytest.raises(ComputationError, match=r'pip install "implicit-bias\[torch\]"'):
        optional("no_such_package_at_all", "torch")


def test_the_packages_import_neither_torch_nor_jax() -> None:
    code = "import sys, derive.__main__, verify.__main__; assert not {'torch', 'jax', 'matplotlib'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# -- JAX -----------------------------------------------------------------------------------------------


JAX_PROGRAMS = {
    "a diagonal network": ("x @ (u**2 - v**2)", {"u": (3,), "v": (3,)}),
    "a tree": ("jnp.einsum('nd,dk,k->n', x, u, v)", {"u": (3, 2), "v": (2,)}),
    "a normalised direction": ("x @ (g * v / jnp.linalg.norm(v))", {"g": (), "v": (3,)}),
    "a call": ("jax.jit(lambda a: jnp.flip(a, axis=1))(x) @ jnp.exp(u)", {"u": (3,)}),
    "two outputs": ("jnp.stack([x @ u, (x * u).sum(1) + x[:, 0] * v], axis=1)", {"u": (3,), "v": ()}),
    "products": ("x @ (u * jnp.prod(v) / 3 + jnp.sinh(u))", {"u": (3,), "v": (2,)}),
}


def jax_function(source: str):
    jax = pytest.importorskip("jax")
    return jax, lambda p, x: eval(source, {"jax": jax, "jnp": jax.numpy, "x": x, **p})


@pytest.mark.parametrize("name", JAX_PROGRAMS)
def test_a_jax_program_is_its_model_with_its_gradients(name: str) -> None:
    source, shapes = JAX_PROGRAMS[name]
    jax, function = jax_function(source)
    random = np.random.default_rng(4)
    values = {path: random.uniform(0.2, 1.4, size=shape).astype(np.float32) for path, shape in shapes.items()}
    model = jax_model(function, values, 3)
    flat = [float(v) for path in values for v in np.asarray(values[path]).ravel()]
    assert [float(s) for s in model.start or ()] == flat
    at = {str(p): v for p, v in zip(model.parameters, flat, strict=True)}
    assert np.allclose(predictor_at(model, at), numeric(function, values, 3), rtol=1e-5)
    slopes = jax.jacobian(lambda p: function(p, jax.numpy.eye(3)).reshape(3, -1).T.ravel())(values)
    theirs = np.concatenate([np.asarray(slopes[path]).reshape(len(model.predictor), -1) for path in values], axis=1)
    start = dict(zip(model.parameters, flat, strict=True))
    ours = [[float(f.diff(p).subs(start)) for p in model.parameters] for f in model.predictor]
    assert np.allclose(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("jax.nn.relu(x @ u)", "relu"),
        ("jnp.tanh(x @ u)", "tanh"),
        ("x @ jax.lax.stop_gradient(u)", "stop_gradient"),
        ("jnp.maximum(x @ u, 0)", "max"),
        ("x @ u.astype(int)", "convert_element_type"),
        ("x @ u + u[0]", "bias"),
    ],
)
def test_what_jax_does_otherwise_is_refused_by_name(source: str, named: str) -> None:
    _, function = jax_function(source)
    with pytest.raises(InputError, match=named):
        jax_model(function, {"u": np.ones(2, dtype=np.float32)}, 2)


# -- closed forms that a front end has to give, whichever it is ----------------------------------------


def test_weight_normalisation_by_hand() -> None:
    model = numpy_model(PROGRAMS["a normalised direction"][0], {"g": np.array(1.0), "v": np.array([1.0, 0.0])}, 2)
    g, v1, v2 = model.parameters
    assert all(
        (f - g * v / sqrt(v1**2 + v2**2)).simplify() == 0 for f, v in zip(model.predictor, (v1, v2), strict=True)
    )


def test_a_float_is_the_rational_that_it_is() -> None:
    model = numpy_model(lambda p, x: 0.1 * x @ np.exp(p["u"]), {"u": np.array([0.1])}, 1)
    tenth = Rational(*(0.1).as_integer_ratio())
    assert model.start == (tenth,) and model.predictor == (tenth * exp(model.parameters[0]),)


def test_names_that_a_front_end_makes_do_not_change_the_flow() -> None:
    """Parameters called v_1 and g_1, as traced arrays are: the flow of the same model under other names."""
    data, until = load_data("three-points-b"), parse_decimal("1e-6", where="")
    ends = []
    for a, b in (("g", "v"), ("p", "q")):
        size = f"sqrt({b}_0**2 + {b}_1**2 + {b}_2**2)"
        start = {f"{a}_0": "1/2", f"{b}_0": "1", f"{b}_1": "1/3", f"{b}_2": "0"}
        model = parse_model([f"{a}_0*{b}_{i}/{size}" for i in range(3)], start=start)
        ends.append(flow(model, data, loss="exponential", until=until, digits=12).predictor)
    assert all(float(abs(p - q)) < 1e-10 for p, q in zip(*ends, strict=True))
