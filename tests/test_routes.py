"""Two routes to one potential agree, and a potential that is wrong is caught."""

import pytest
from sympy import Rational, Symbol, asinh, sqrt

from derive.model import parse_model
from derive.pipeline import derive
from derive.potentials.routes import routes

A, W1, W2, B1 = (Symbol(n, real=True) for n in ("a", "w1", "w2", "beta1"))


@pytest.mark.parametrize(
    ("predictor", "start", "status", "compared"),
    [
        (["u**2 - v**2"], {"u": "alpha", "v": "alpha"}, "proved", ("metric", "dual")),
        (["u**3 - v**3"], {"u": "1", "v": "2"}, "proved", ("parameters", "dual")),
        (["a*w1", "a*w2"], {"a": "2", "w1": "1", "w2": "0"}, "unknown", ("integrated", "flow")),
        (["tanh(u)"], {"u": "1"}, "unknown", ()),
    ],
)
def test_routes_are_compared(predictor, start, status, compared):
    found = derive(parse_model(predictor, start=start)).potential.routes
    assert found is not None and str(found.verdict.status) == status and found.compared == compared
    assert bool(compared) == ("digits" in found.verdict.reason or status == "proved")


def test_a_wrong_gradient_is_refuted():
    neuron = parse_model(["a*w1", "a*w2"], start={"a": "2", "w1": "1", "w2": "0"})
    right = (W1 - 1, W2)
    assert not routes(neuron, None, right, None, None, A).verdict.is_refuted
    wrong = (W1 - 1 + (A - 2) ** 4 * Rational(1, 10**6), W2)
    assert routes(neuron, None, wrong, None, None, A).verdict.is_refuted
    hadamard = parse_model(["u*v"], start={"u": "1", "v": "0"})
    good, bad = asinh(2 * B1) / 2, B1 / sqrt(1 + B1**2)
    assert not routes(hadamard, [good], None, None, None, Rational(1)).verdict.is_refuted
    assert routes(hadamard, [bad], None, None, None, Rational(1)).verdict.is_refuted


def test_the_step_of_the_series_follows_the_speed_of_the_flow() -> None:
    """w' = 7 w^6 from w = 2 has its pole at s = 1/7840: with one step for all models this potential was withdrawn."""
    found = derive(parse_model(["w**7"], start={"w": "2"})).potential
    assert found.verdict.is_proved and found.routes is not None and "100 digits" in found.routes.verdict.reason
