"""Sparse regression by gradient flow on diagonal networks, through the minimisers of the derived potentials.

y_n = x_n . beta* + noise, beta* sparse (`verify.recipes`, sparse-regression).  Gradient flow from a start ends at
argmin Q under X beta = y, so that a training run of days is one Newton iteration in N unknowns, at any start.

* `azulay2021-7.1`: the population error |beta - beta*|^2 (x ~ N(0, I)) over scale alpha and shape s of the start of
  up vp - um vm: u v = alpha, (u/v - 1)/(u/v + 1) = s (Azulay et al. 2021, section 7.1 and figure 7.1).
* `slides-scale`: the largest alpha from which wp^2 - wm^2 reaches a population error of 0.025, over the number of
  samples (the lecture slides; Woodworth et al. 2020, figure 2).
"""

import math
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sympy import Expr, Float, Symbol

from derive.derivation import Derivation
from derive.errors import InputError
from derive.model import parse_model
from derive.pipeline import derive
from verify.experiments.experiment import Experiment
from verify.minimise.arrays import minimise_arrays
from verify.recipes import arrays, sparse_predictor

FIELDS = ("dimension", "samples", "nonzeros", "seed", "variance")
PAPER = {"dimension": "1000", "samples": "100", "nonzeros": "5", "variance": "1/100"}
SCALES = tuple(f"1e{k / 2:g}" if k % 2 == 0 else f"{10 ** (k / 2):.4g}" for k in range(-16, 3))
SHAPES = ("0", "0.2", "0.4", "0.6", "0.8", "0.9", "0.99", "0.999", "0.9999", "0.99999")
ALPHA, RATIO = Symbol("alpha", positive=True), Symbol("t", positive=True)
LOWEST, HIGHEST, STEPS = -14.0, 3.0, 13


@lru_cache(maxsize=4)
def _derived(predictor: str, start: tuple[tuple[str, str], ...]) -> Derivation:
    """The derivation of one coordinate, which stands for all of them; pure, so that a cache is no state."""
    return derive(parse_model([predictor], start=dict(start), name=predictor))


def neuron_pair() -> Derivation:
    """One coordinate of up vp - um vm, from up = um = alpha t, vp = vm = alpha/t."""
    return _derived("up*vp - um*vm", (("up", "alpha*t"), ("vp", "alpha/t"), ("um", "alpha*t"), ("vm", "alpha/t")))


def _error(derivation: Derivation, constants: dict[Symbol, Expr], inputs: Mapping[str, str]) -> float:
    """|beta - beta*|^2 at the minimiser."""
    fields = ",".join(f"{name}={inputs[name]}" for name in FIELDS)
    found = arrays(f"sparse-regression:{fields}")
    assert found is not None
    least = minimise_arrays(derivation, *found, subject_to="interpolation", constants=constants)
    truth = sparse_predictor({name: Fraction(inputs[name]) for name in ("nonzeros", "dimension")})
    return float(((least.beta - truth) ** 2).sum())


def shape_error(inputs: Mapping[str, str]) -> Mapping[str, Any]:
    """The population error from scale alpha and shape s: u v = alpha, u/v = t^2 = (1 + s)/(1 - s)."""
    alpha, s = _positive(inputs, "alpha"), float(inputs["shape"])
    if not 0 <= s < 1:
        raise InputError("the shape is out of range", expected="0 <= shape < 1", received=inputs["shape"])
    ratio = math.sqrt((1 + s) / (1 - s))
    return {"error": _error(neuron_pair(), {ALPHA: Float(math.sqrt(alpha)), RATIO: Float(ratio)}, inputs)}


def largest_scale(inputs: Mapping[str, str]) -> Mapping[str, Any]:
    """log10 of the largest alpha with a population error of at most `target`, by bisection to 0.003; null where even
    alpha = 1e-14 has a larger one."""
    derivation = _derived("wp**2 - wm**2", (("wp", "alpha"), ("wm", "alpha")))
    target = _positive(inputs, "target")

    def error(log_alpha: float) -> float:
        return _error(derivation, {ALPHA: Float(10**log_alpha)}, inputs)

    low, high = LOWEST, HIGHEST
    if error(low) > target:
        return {"log10_alpha": None, "error": error(low)}
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if error(middle) <= target else (low, middle)
    return {"log10_alpha": low, "error": error(low)}


def _positive(inputs: Mapping[str, str], name: str) -> float:
    try:
        value = float(inputs[name])
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise InputError(f"{name} is not a positive number", received=inputs[name])
    return value


EXPERIMENTS = (
    Experiment(
        name="azulay2021-7.1",
        summary="population error of sparse regression over scale and shape of the start, d = 1000, N = 100",
        source="azulay2021, figure 7.1",
        measure=shape_error,
        axes={"seed": ("0",), "shape": SHAPES, "alpha": SCALES},
        fixed=PAPER,
        picture="heat",
        caveat="the paper does not print its grid of alpha and s, nor its random seed",
    ),
    Experiment(
        name="slides-scale",
        summary="how small alpha must be for a population error of 0.025, over the number of samples, d = 1000",
        source="slides, sparse learning; woodworth2020, figure 2",
        measure=largest_scale,
        axes={"seed": ("0", "1", "2"), "nonzeros": ("5", "10"), "samples": tuple(map(str, range(40, 401, 40)))},
        fixed={"dimension": "1000", "variance": "1/100", "target": "0.025"},
        picture="scale",
        caveat="the slides print neither the values of k and m nor the seeds; the error here is |beta - beta*|^2, "
        "without the variance of the noise",
    ),
)
