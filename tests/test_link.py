"""Links: what is accepted as strictly increasing, and the limit of a leaky-ReLU neuron, followed as it is."""

import json
from itertools import pairwise

import numpy as np
import pytest
from console import show
from scipy.integrate import solve_ivp
from sympy import Rational, Symbol
from verify_console import run

from derive.errors import InputError
from derive.link import LABEL, inverse, pieces
from derive.model import parse_model
from derive.model_text import parse_link

BENT = "3*z - Abs(z - 1) + Abs(2*z + 1)/2"
INCREASING = ["z", "z**3", "z + z**5", "exp(z)", "tanh(z)", "atan(z)", "asinh(z)", "(11*z + 9*Abs(z))/20", BENT]
REFUSED = [
    "-z",
    "z**2",
    "z**3 - z",
    "Abs(z)",
    "z - Abs(z)",
    "z + sign(z)",
    "sin(z)",
    "exp(-z)",
    "2*z - 3*Abs(z)",
    "z + k",
    "3",
    "log(z)",
]


@pytest.mark.parametrize("text", INCREASING)
def test_increasing_links_are_accepted(text):
    (z,) = parse_link(text).free_symbols
    values = [float(parse_link(text).subs(z, Rational(k, 7))) for k in range(-20, 21)]
    assert all(a < b for a, b in pairwise(values))


@pytest.mark.parametrize("text", REFUSED)
def test_other_links_are_refused_in_one_line(text):
    with pytest.raises(InputError) as caught:
        parse_link(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["z", "(11*z + 9*Abs(z))/20", BENT, "5*z + Abs(z) - Abs(z - 3)/3 + 1/7"])
def test_the_inverse_of_a_piecewise_linear_link_is_exact(text):
    link = parse_link(text)
    (z,) = link.free_symbols
    back = inverse(link)
    assert back is not None
    for k in range(-30, 31):
        assert back.subs(LABEL, link.subs(z, Rational(k, 5))) == Rational(k, 5)
    assert inverse(parse_link("z**3")) is None
    assert len(pieces(parse_link("Abs(z) + 2*z + Abs(z - 1)/2")) or ()) == 3


def _leaky_flow(x, y, a, w, leak):
    """Gradient flow of 1/2 sum (y - a sigma(w.x))^2 itself, to its limit: a w."""

    def velocity(_, state):
        a, w = state[0], state[1:]
        z = x @ w
        slope = np.where(z > 0, 1.0, 1 / leak)
        r = y - a * slope * z
        return np.concatenate([[r @ (slope * z)], a * (r * slope) @ x])

    run = solve_ivp(velocity, (0, 4000), [a, *w], rtol=1e-11, atol=1e-13, method="LSODA")
    return run.y[0, -1] * run.y[1:, -1]


def test_the_leaky_neuron_ends_where_the_transformed_constraint_says(tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("x1,x2,x3,y\n1,2,0,-1\n0.5,-1,1,2\n", encoding="utf-8")
    limit = _leaky_flow(np.array([[1, 2, 0], [0.5, -1, 1]]), np.array([-1.0, 2.0]), 1.0, [1.0, 0, 0], 4)
    words = ["leaky-neuron", "--leak", "4", "--data", str(data), "--subject-to", "interpolation", "--json"]
    shown = run("minimise", *words)
    found = [float(b) for b in json.loads(shown.out)["predictor"]]
    assert np.allclose(found, limit, atol=1e-6)
    assert not np.allclose(found, 4 * limit, atol=1e-2)


def test_commands_that_follow_the_loss_refuse_a_link(tmp_path):
    data = tmp_path / "data.csv"
    data.write_text("x1,x2,y\n1,2,-1\n2,1,1\n", encoding="utf-8")
    for words in (
        ["flow", "leaky-neuron", "--data", str(data), "--loss", "squared", "--until", "1e-9", "--digits", "5"],
        ["minimise", "leaky-neuron", "--data", str(data), "--subject-to", "margin"],
        ["limit", "a*w1, a*w2", "--start", "a=1, w1=1, w2=0", "--link", "tanh(z)", "--data", str(data)],
    ):
        done = run(*words)
        assert done.status == 2 and "link" in done.err and done.err.count("\n") == 1


def test_a_link_is_shown_and_changes_nothing_else():
    plain = show("a*w1, a*w2", "--start", "a=2, w1=1, w2=0")
    linked = show("a*w1, a*w2", "--start", "a=2, w1=1, w2=0", "--link", "z + Abs(z)/2")
    assert linked["model"].pop("link") == "z + Abs(z)/2" and plain["model"].pop("link") is None
    assert all(linked[key] == plain[key] for key in plain if key not in ("seconds", "versions"))
    model = parse_model(["a*w1"], start={"a": "1", "w1": "1"}, link="2*t + Abs(t)")
    assert model.link is not None and model.link.free_symbols == {Symbol("t", real=True)}
