"""Azulay et al. 2021, figure 7.2: level sets of the potential of one linear neuron, F = a*w, in two dimensions.

alpha = |a(0)| |w(0)| and s = (|a(0)|/|w(0)| - 1)/(|a(0)|/|w(0)| + 1) (section 7.2), so that
|a(0)| = sqrt(alpha (1+s)/(1-s)) and |w(0)| = sqrt(alpha (1-s)/(1+s)), and beta(0) = alpha (0.6, 0.8).
The potential is the derived one (with its time warp g = |a|), evaluated; no formula of the paper is used.

Q scales: Q(lambda beta) from lambda alpha is lambda^(3/2) Q(beta) from alpha, at the same s.  What alpha
changes is therefore which part of one picture is seen, and all panels show the same square.
"""

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from sympy import Symbol, lambdify

from derive.derivation import Derivation
from derive.errors import ComputationError, InputError
from derive.model import parse_model
from derive.pipeline import derive
from verify.experiments.experiment import Experiment

A, W = Symbol("A", positive=True), Symbol("W", positive=True)
# an even number of points: at beta = 0 the closed form is 0/0 for s = 0
POINTS, REACH = 120, 4.0


@cache
def neuron() -> Derivation:
    """a*w from a = A, w = W (3/5, 4/5)."""
    return derive(parse_model(["a*w1", "a*w2"], start={"a": "A", "w1": "3*W/5", "w2": "4*W/5"}, name="neuron"))


def start(alpha: float, s: float) -> tuple[float, float]:
    """(|a(0)|, |w(0)|)."""
    ratio = (1 + s) / (1 - s)
    return math.sqrt(alpha * ratio), math.sqrt(alpha / ratio)


def potential(beta1: np.ndarray, beta2: np.ndarray, alpha: float, s: float) -> np.ndarray:
    """Q at arrays of points, for alpha > 0 and 0 <= s < 1.  Raises `ComputationError` without a closed form."""
    q = neuron().potential
    if q.value is None:
        raise ComputationError("the derived potential has no closed form", received=q.verdict.reason or q.form)
    a, w = start(alpha, s)
    return lambdify((*q.variables, A, W), q.value, "numpy")(beta1, beta2, a, w)


def contours(inputs: Mapping[str, str]) -> Mapping[str, Any]:
    """Q on the square |beta_i| <= 4, for the start `alpha:s`."""
    alpha, s = _start_of(inputs["start"])
    axis = np.linspace(-REACH, REACH, POINTS)
    q = potential(*np.meshgrid(axis, axis), alpha, s)
    return {"alpha": alpha, "shape": s, "axis": axis.tolist(), "q": q.round(12).tolist()}


def _start_of(text: str) -> tuple[float, float]:
    parts = text.split(":")
    try:
        alpha, s = (float(part) for part in parts)
    except ValueError:
        alpha, s = math.nan, math.nan
    if not (0 < alpha < math.inf and 0 <= s < 1):
        raise InputError("the start is not a scale and a shape", expected="alpha:s, 0 <= s < 1", received=text)
    return alpha, s


EXPERIMENTS = (
    Experiment(
        name="azulay2021-7.2",
        summary="level sets of the potential of one linear neuron over scale and shape of its start",
        source="azulay2021, figure 7.2",
        measure=contours,
        axes={"start": ("2:0", "2:0.2", "2:0.8", "0.01:0.1", "1:0.1", "2.5:0.1")},
        fixed={},
        picture="contours",
        caveat="the paper does not print the range of its axes nor its levels",
    ),
)
