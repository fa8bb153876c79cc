"""Gunasekar et al. 2018, figure 1, as experiments: one run for each choice of step and momentum."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sympy import Rational

from derive.errors import InputError
from verify.experiments.experiment import Experiment
from verify.experiments.gunasekar2018 import Panel, figure_1a, figure_1b, figure_1c

STEPS = "the paper does not print its steps, nor its momentum parameters: chosen so that the dependence shows"


def primal_momentum(inputs: Mapping[str, str]) -> Mapping[str, Any]:
    """Figure 1(a): mirror descent on the entropy with primal momentum beta_t = momentum, gamma_t = lookahead."""
    momentum, lookahead, step = (_rational(inputs, name) for name in ("momentum", "lookahead", "step"))
    return _document(figure_1a([momentum], [lookahead], step))


def natural_gradient(inputs: Mapping[str, str]) -> Mapping[str, Any]:
    """Figure 1(b): natural gradient descent on the entropy."""
    return _document(figure_1b([_rational(inputs, "step")]))


def steepest_descent(inputs: Mapping[str, str]) -> Mapping[str, Any]:
    """Figure 1(c): steepest descent in l_(4/3)."""
    return _document(figure_1c([_rational(inputs, "step")]))


def _rational(inputs: Mapping[str, str], name: str) -> Rational:
    try:
        value = Fraction(inputs[name])
    except (ValueError, ZeroDivisionError):
        value = Fraction(-1)
    if not 0 <= value <= 1:
        raise InputError(f"{name} is out of range", expected="a rational number from 0 to 1", received=inputs[name])
    return Rational(value.numerator, value.denominator)


def _document(panel: Panel) -> Mapping[str, Any]:
    (curve,) = panel.curves
    return {
        "points": curve.points.tolist(),
        "end": curve.end.tolist(),
        "expected": panel.expected.tolist(),
        "X": [[float(e) for e in row] for row in panel.data.X],
        "y": [float(e) for e in panel.data.y],
    }


EXPERIMENTS = (
    Experiment(
        name="gunasekar2018-1a",
        summary="mirror descent with primal momentum: the limit depends on the momentum parameters",
        source="gunasekar2018, figure 1(a)",
        measure=primal_momentum,
        axes={"momentum": ("0", "1/4", "1/2"), "lookahead": ("0", "1/2")},
        fixed={"step": "1/20"},
        picture="limits",
        caveat=STEPS,
    ),
    Experiment(
        name="gunasekar2018-1b",
        summary="natural gradient descent: the limit depends on the step",
        source="gunasekar2018, figure 1(b)",
        measure=natural_gradient,
        axes={"step": ("1/1000", "1/50", "1/20", "1/12")},
        fixed={},
        picture="limits",
        caveat=STEPS,
    ),
    Experiment(
        name="gunasekar2018-1c",
        summary="steepest descent in l_4/3: the limit depends on the step, and is not the l_4/3 one as it goes to 0",
        source="gunasekar2018, figure 1(c)",
        measure=steepest_descent,
        axes={"step": ("1/500", "1/50", "1/20", "1/12")},
        fixed={},
        picture="limits",
        caveat=STEPS,
    ),
)
