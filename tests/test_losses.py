"""Claim: a loss that a user gives is followed without cancellation at any margin, and is refused where it is not
proved to decrease, or to have an exponential tail.

The references evaluate the text itself, l(m) and its derivative, in mpmath, at as many digits as cancellation costs.
"""

import numpy as np
import pytest
from flint import arb, ctx
from flow_references import context, digits_shared, mpf

from derive.errors import InputError
from verify.flow.arithmetic import ARRAYS, balls
from verify.flow.terms import array_terms_of, terms_of
from verify.losses import LOSSES, given_loss, loss_named

# text, l and -l' in mpmath, and the limit of -l'/l
GIVEN = {
    "log(1 + u)": (lambda mp, m: mp.log(1 + mp.exp(-m)), lambda mp, m: 1 / (1 + mp.exp(m)), "1"),
    "1 - exp(-u)": (lambda mp, m: 1 - mp.exp(-mp.exp(-m)), lambda mp, m: mp.exp(-m - mp.exp(-m)), "1"),
    "sqrt(1 + u) - 1": (
        lambda mp, m: mp.sqrt(1 + mp.exp(-m)) - 1, lambda mp, m: mp.exp(-m) / (2 * mp.sqrt(1 + mp.exp(-m))), "1"
    ),
    "exp(exp(-m)) - 1": (lambda mp, m: mp.exp(mp.exp(-m)) - 1, lambda mp, m: mp.exp(mp.exp(-m) - m), "1"),
    "u + u**2/2": (lambda mp, m: mp.exp(-m) + mp.exp(-2 * m) / 2, lambda mp, m: mp.exp(-m) + mp.exp(-2 * m), "1"),
    "log(1 + exp(-2*m))/log(2)": (
        lambda mp, m: mp.log(1 + mp.exp(-2 * m)) / mp.log(2), lambda mp, m: 2 / (1 + mp.exp(2 * m)) / mp.log(2), "2"
    ),
    "1 - tanh(m)": (lambda mp, m: 1 - mp.tanh(m), lambda mp, m: mp.sech(m) ** 2, "2"),
    "exp(-m)*(3 + m**2)": (
        lambda mp, m: mp.exp(-m) * (3 + m * m), lambda mp, m: mp.exp(-m) * (m * m - 2 * m + 3), "1"
    ),
    "log(1 + log(1 + u))": (
        lambda mp, m: mp.log(1 + mp.log(1 + mp.exp(-m))),
        lambda mp, m: mp.exp(-m) / (1 + mp.exp(-m)) / (1 + mp.log(1 + mp.exp(-m))), "1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", GIVEN)
@pytest.mark.parametrize("margin", ["-3", "0", "1/7", "40", "1000"])
def test_loss_and_slope_have_all_digits_at_every_margin(text: str, margin: str) -> None:
    """At m = 1000, log(1 + e^-m) cancels 434 digits: the reference has 1000, the toolkit 60 (and shares 50)."""
    value, slope, _ = GIVEN[text]
    mp = context(1000)
    m = mp.mpf(margin.split("/")[0]) / (int(margin.split("/")[1]) if "/" in margin else 1)
    with ctx.workprec(200):
        parts = [int(e) for e in margin.split("/")]
        found = terms_of(given_loss(text), balls(200))(arb(parts[0]) / (parts[1] if len(parts) > 1 else 1))
    for got, want in zip(found, (value(mp, m), slope(mp, m)), strict=True):
        assert digits_shared(mp, mpf(mp, got), want) >= 50


@pytest.mark.parametrize("text", GIVEN)
def test_float64_has_log_loss_and_ratio_where_the_loss_underflows(text: str) -> None:
    value, slope, _ = GIVEN[text]
    mp = context(2200)
    margins = np.array([-5.0, -1.0, 0.25, 3.0, 36.5, 700.0, 2000.0])
    logs, ratios = array_terms_of(given_loss(text))(margins)
    for m, log, ratio in zip(margins.tolist(), logs.tolist(), ratios.tolist(), strict=True):
        loss = value(mp, mp.mpf(m))
        assert abs(log - float(mp.log(loss))) < 2e-14 * max(1.0, abs(m))
        assert ratio == pytest.approx(float(slope(mp, mp.mpf(m)) / loss), rel=1e-13)


def test_the_built_in_logistic_loss_stays_in_range_far_behind() -> None:
    """l(-10^6) = 10^6 to rounding, although u = exp(10^6) is no float."""
    logs, ratios = array_terms_of(LOSSES["logistic"])(np.array([-1e6, -40.0, 5.0]))
    assert logs[:2] == pytest.approx([np.log(1e6), np.log(40.0)], rel=1e-15)
    assert ratios[:2] == pytest.approx([1e-6, 1 / 40], rel=1e-15)


@pytest.mark.parametrize("name", ["log1p_ratio", "expm1_ratio"])
@pytest.mark.parametrize("x", [1e-9, -4e-4, 2e-3, 0.5, -0.7, 30.0])
def test_complex_steps_differentiate_the_two_primitives(name: str, x: float) -> None:
    mp = context(40)
    reference = (lambda v: mp.log1p(v) / v) if name == "log1p_ratio" else (lambda v: mp.expm1(v) / v)
    found = ARRAYS.function[name](np.array([x + 1e-30j]))[0]
    assert found.real == pytest.approx(float(reference(mp.mpf(x))), rel=4e-16)
    assert found.imag * 1e30 == pytest.approx(float(mp.diff(reference, mp.mpf(x))), rel=1e-11)


@pytest.mark.parametrize("text", GIVEN)
def test_the_tail_is_proved_and_its_rate_is_the_limit(text: str) -> None:
    loss = given_loss(text)
    assert (loss.tail, str(loss.rate)) == ("proved", GIVEN[text][2])


@pytest.mark.parametrize(
    ("text", "name"),
    [("u", "exponential"), ("exp(-m)", "exponential"), ("log(1+u)", "logistic"), ("log(1 + exp(-m))", "logistic")],
)
def test_a_built_in_loss_is_recognised(text: str, name: str) -> None:
    assert given_loss(text) is LOSSES[name]


def test_a_tail_that_cannot_be_proved_is_the_users_word() -> None:
    """-l'/l = 1 + 1/sqrt(1 + m^2) is not rational: its limit is not looked for."""
    text = "exp(-m - asinh(m))"
    with pytest.raises(InputError, match="tail"):
        given_loss(text)
    assert loss_named(text, tail="exponential").tail == "stated"


@pytest.mark.parametrize(
    "text",
    [
        "-u",  # increases
        "u - u**2",  # increases for m < log 2
        "exp(-m)*(1 + m**2)",  # stands still at m = 1
        "exp(-m)*(2 + sin(m))",  # may or may not decrease: not proved
        "exp(-m**2)", "exp(m)", "1/(1 + m**2)", "exp(-exp(m))",  # other tails
        "1 + u", "log(2 + u)", "u**2 - u**2", "u*0",  # do not tend to 0, or are nothing
        "exp(-m - sqrt(m))", "-log(1 - u)", "sqrt(u - 1)",  # undefined for some margins
        "log(1 + u)**2*u**(-1)", "log(u)", "1/u",
        "r**2/2", "x", "hinge", "m", "", "u +", "__import__('os')", "u.real", "9**9**9**9*u",
        "exp(-m)*exp(-sqrt(2)*m) + u",
    ],
)  # fmt: skip
@pytest.mark.parametrize("tail", [None, "exponential"])
def test_everything_else_is_refused_in_one_line(text: str, tail: str | None) -> None:
    with pytest.raises(InputError) as caught:
        loss_named(text, tail=tail)
    assert "\n" not in str(caught.value)
