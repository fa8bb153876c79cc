"""R against Q at the start: the two coefficients of a refutation, by integrating the flow and solving for w.

SciPy integrates dw/dt = (g_0/g) grad F_e and solves w = w0 + t grad F_e(w) for a few small t; the difference of beta
has the power and the coefficient that the document names.
"""

import re
from collections.abc import Sequence

import numpy as np
import pytest
import sympy
from distance_oracle import names, read, result
from scipy.integrate import solve_ivp

WORDS = re.compile(r"direction (.+), (beta\d+) has (.+) t\^(\d) for R and (.+) t\^(\d) for Q")
MODELS = [
    (["v*k*q"], {"v": "0", "k": "1", "q": "1"}),
    (["v*k*q + a*b*c"], {"v": "0", "k": "1", "q": "1", "a": "0", "b": "1", "c": "1"}),
    (["exp(u)/(exp(u)+exp(v)+exp(r))", "exp(v)/(exp(u)+exp(v)+exp(r))"], {"u": "0", "v": "0", "r": "0"}),
    (["u1*v1 + u2*v2", "u1*v2 + u2*v1"], {"u1": "1", "v1": "0", "u2": "0", "v2": "0"}),
    (["exp(a)*w*v"], {"a": "0", "w": "1", "v": "1/2"}),
]


@pytest.mark.parametrize(("predictor", "start"), MODELS, ids=lambda v: str(v))
def test_the_expansions_of_both_are_those_that_are_named(predictor: Sequence[str], start: dict[str, str]) -> None:
    d = result(predictor, start)
    verdict = d["explicit"]["twice_the_potential"]
    assert verdict["status"] == "refuted"
    found = WORDS.search(verdict["reason"])
    if found is None:  # another witness: a point
        assert "at beta" in verdict["reason"]
        return
    parameters = [names(d)[p] for p in start]
    predictor_at = [read(f, d) for f in predictor]
    place = int(found[2][4:]) - 1
    direction = sympy.Add(*(predictor_at[int(b[4:]) - 1] for b in found[1].split(" + ")))
    g = read(d["warp"]["factor_parameters"], d)
    w0 = np.array([float(sympy.Rational(v)) for v in start.values()])
    field = sympy.lambdify(parameters, [direction.diff(p) for p in parameters], "numpy")
    factor = sympy.lambdify(parameters, g, "numpy")
    beta = sympy.lambdify(parameters, predictor_at[place], "numpy")
    order = int(found[4])
    sizes = (0.005, 0.01)
    gaps = []
    for t in sizes:
        nearest = w0
        for _ in range(40):  # a contraction for small t
            nearest = w0 + t * np.array(field(*nearest), float)
        flow = solve_ivp(
            lambda _, w: np.array(field(*w), float) * factor(*w0) / factor(*w), (0, t), w0, rtol=1e-12, atol=1e-14
        )
        gaps.append((beta(*nearest) - beta(*flow.y[:, -1])) / t**order)
    limit = 2 * gaps[0] - gaps[1]
    expected = float(sympy.Rational(found[3]) - sympy.Rational(found[5]))
    assert limit == pytest.approx(expected, rel=0.02)


def test_a_distance_of_constant_slope_is_the_potential() -> None:
    """F = |w| has straight lines of steepest ascent: R = (beta - beta_0)^2 = 2 Q, which nothing may refute."""
    found = result(["sqrt(u**2 + v**2)"], {"u": "3", "v": "4"})["explicit"]["twice_the_potential"]
    assert found is None or found["status"] == "proved"


@pytest.mark.parametrize("predictor", [["w1", "w1 + w2"], ["w1 - 3*w2 + 1"]])
def test_linear_models_have_an_equality(predictor: list[str]) -> None:
    assert result(predictor, {"w1": "0", "w2": "1"})["explicit"]["twice_the_potential"]["status"] == "proved"
