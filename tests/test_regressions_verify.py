"""Claims that were once false: requests on which `verify` gave a wrong digit, crashed, hung or refused."""

from pathlib import Path
from typing import Any

import pytest
from flint import arb, ctx
from flow_references import context, digits_shared, mpf
from sympy import Rational
from verify_console import assert_one_line, csv, document, run

from derive.catalogue import architectures
from derive.model import Model
from verify.data import DataSet, load_data
from verify.decimal import parse_decimal
from verify.flow.engine import Trajectory, flow
from verify.least_squares import least_loss
from verify.separable import gordan_multipliers, separating_direction
from verify.start import scaled


def data_of(rows: list[tuple[object, ...]], y: list[int]) -> DataSet:
    return DataSet(name="typed", X=tuple(tuple(map(Rational, r)) for r in rows), y=tuple(map(Rational, y)))


def diagonal(depth: int, dimension: int, scale: str) -> Model:
    return scaled(architectures()["diagonal"].model(depth=depth, dimension=dimension), Rational(scale))


def followed(model: Model, data: DataSet, loss: str, until: str, digits: int) -> Trajectory:
    found = flow(model, data, loss=loss, until=parse_decimal(until, where="until"), digits=digits)
    assert found.digits == digits
    return found


# -- flows ------------------------------------------------------------------------------------------------


def test_a_coordinate_that_stays_zero_is_shown_as_zero_and_not_as_rounding(tmp_path: Path) -> None:
    """x2 = 0.3, -0.1, -0.1, -0.1, x1 = 1: beta2 = 0 is invariant, but 0.3 - 3 * 0.1 is not 0 in binary."""
    data = csv(tmp_path, "a,b,y\n1,0.3,1\n1,-0.1,1\n1,-0.1,1\n1,-0.1,1\n")
    start = ["w1,w2", "--start", "w1=0,w2=0"]
    found = document("flow", *start, "--data", data, "--loss", "exponential", "--until", "1e-30", "--digits", "15")
    assert found["predictor"] == ["69.0775527898214", "0"]
    assert "zero as far as both runs see" in found["how_digits_were_established"]


def test_a_column_of_zeros_costs_no_digits(tmp_path: Path) -> None:
    """beta2 = 0 exactly: its relative cancellation was taken for 300 lost digits, and the run took 40 s."""
    data = csv(tmp_path, "a,b,y\n-0.39,0,-1\n")
    found = document(
        "flow", "diagonal", "--depth", "3", "--data", data, "--loss", "exponential", "--until", "1e-8", "--digits", "15"
    )
    assert found["predictor"][1] == "0" and found["seconds"] < 5


@pytest.mark.parametrize("scale", ["1e-8", "1e-10"])
def test_a_small_start_follows_the_closed_form_of_one_weight(scale: str) -> None:
    """One point x = 1, D = 2: beta is -log L itself, and p = alpha e^(2s), m = alpha e^(-2s) give p and m from beta."""
    mp = context(60)
    found = followed(diagonal(2, 1, scale), data_of([(1,)], [1]), "exponential", "1e-100", 30)
    beta, alpha = 100 * mp.log(10), mp.mpf(scale)
    p = mp.sqrt((beta + mp.sqrt(beta**2 + 4 * alpha**4)) / 2)
    assert digits_shared(mp, mpf(mp, found.predictor[0]), beta) >= 30
    assert digits_shared(mp, mpf(mp, found.parameters[0]), p) >= 28


@pytest.mark.parametrize("depth", [3, 5])
def test_a_small_start_keeps_its_conserved_quantity_and_the_row_span(depth: int) -> None:
    """m^(2-D) - alpha^(2-D) is D(D-2) s, and s lies in the row span of X: here (R1 + R2, R1, R2/2)."""
    mp = context(140)
    alpha = mp.mpf("1e-8")
    data = data_of([(1, 1, 0), (1, 0, "1/2")], [1, 1])
    found = followed(diagonal(depth, 3, "1e-8"), data, "exponential", "1e-50", 20)
    w = [mpf(mp, e) for e in found.parameters]
    for p, m in (w[0:2], w[2:4], w[4:6]):
        assert (
            abs(p ** (2 - depth) + m ** (2 - depth) - 2 * alpha ** (2 - depth))
            < alpha ** (2 - depth) * mp.mpf(10) ** -18
        )
    s = [m ** (2 - depth) - alpha ** (2 - depth) for m in (w[1], w[3], w[5])]
    assert abs(s[0] - s[1] - 2 * s[2]) < mp.mpf(10) ** -15 * abs(s[0])


def test_data_in_any_unit_are_followed(tmp_path: Path) -> None:
    """Rows of size 1e-12 and 1e6 scale beta by 1e12 and 1e-6 for a linear model, and change nothing else."""
    plain = [("1", "2", "1"), ("3", "-1", "1")]
    for factor in ("1e-12", "1e6"):
        rows = ["a,b,y", *(f"{a}{factor[1:]},{b}{factor[1:]},{y}" for a, b, y in plain)]
        data = csv(tmp_path, "\n".join(rows) + "\n")
        arguments = ["--loss", "logistic", "--until", "1e-30", "--digits", "20"]
        found = document("flow", "a,b", "--start", "a=0,b=0", "--data", data, *arguments)
        data = csv(tmp_path, "\n".join(["a,b,y", *(",".join(r) for r in plain)]) + "\n")
        unit = document("flow", "a,b", "--start", "a=0,b=0", "--data", data, *arguments)
        mp = context(40)
        for got, want in zip(found["predictor"], unit["predictor"], strict=True):
            assert abs(mp.mpf(got) * mp.mpf(factor) / mp.mpf(want) - 1) < mp.mpf(10) ** -18


def test_a_support_vector_that_enters_late_is_no_obstacle() -> None:
    """From alpha = 100 a row joins the support near gamma~ = 1.7e6, within some units: Newton failed on the panel that
    float64 thought smooth.  beta = 2 alpha^2 sinh(4 X^T R), where R' = softmax(-margins) is not negative."""
    data = load_data("three-points-b")
    found = followed(diagonal(2, 3, "100"), data, "exponential", "1e-4342945", 30)
    mp = context(60)
    beta = mp.matrix([mpf(mp, b) for b in found.predictor])
    x = mp.matrix([[mp.mpf(int(e.p)) / int(e.q) for e in row] for row in data.signed])
    low = min(x * beta)
    log_loss = -low + mp.log(sum(mp.exp(low - m) for m in x * beta) / 3)
    assert abs(log_loss / (-4342945 * mp.log(10)) - 1) < mp.mpf(10) ** -28
    r = mp.lu_solve(x.T, mp.matrix([mp.asinh(b / 20000) / 4 for b in beta]))
    assert min(r) >= 0 and sum(e > max(r) / 1000 for e in r) >= 2, r


def test_a_loss_of_a_million_at_the_start_is_no_obstacle(tmp_path: Path) -> None:
    """Logistic, m(0) = -1e6: exp(1e6) has no float."""
    data = csv(tmp_path, "a,y\n1,1\n")
    arguments = ["--data", data, "--loss", "logistic", "--until", "1e-3", "--digits", "20"]
    found = document("flow", "2*a", "--start", "a=-500000", *arguments)
    mp = context(40)
    assert abs(mp.mpf(found["predictor"][0]) + mp.log(mp.expm1(mp.mpf("1e-3")))) < mp.mpf(10) ** -18


def test_a_zero_row_is_no_crash_for_the_squared_loss(tmp_path: Path) -> None:
    data = csv(tmp_path, "a,b,y\n0,0,0\n1,2,1\n")
    found = document("flow", "diagonal", "--data", data, "--loss", "squared", "--until", "1e-20", "--digits", "10")
    assert abs(sum(float(b) * x for b, x in zip(found["predictor"], (1, 2), strict=True)) - 1) < 1e-8


def test_a_target_below_the_least_squared_loss_is_refused_at_once(tmp_path: Path) -> None:
    """y = 1 and 2 for one x: no beta comes below ((1/2)^2 + (1/2)^2)/4 = 1/8."""
    data = csv(tmp_path, "a,b,y\n1,2,1\n1,2,2\n")
    arguments = ["flow", "diagonal", "--data", data, "--loss", "squared", "--digits", "10"]
    done = run(*arguments, "--until", "0.124")
    assert_one_line(done, 1)
    assert "0.125" in done.err
    assert document(*arguments, "--until", "0.126")["digits"] == 10
    assert least_loss(load_data("sparse-small")) == 0


def test_the_dense_output_does_not_depend_on_the_callers_precision() -> None:
    found = followed(diagonal(2, 3, "1"), load_data("three-points-b"), "exponential", "1e-30", 40)
    ctx.prec = 400
    gamma = (20 * arb(10).log()).mid()
    fine = found.at(gamma)
    ctx.prec = 53
    try:
        assert [a.mid().man_exp() for a in found.at(gamma)] == [a.mid().man_exp() for a in fine]
    finally:
        ctx.prec = 128


# -- separability -------------------------------------------------------------------------------------------


def test_separability_does_not_depend_on_units() -> None:
    """A linear program in float64 knows no 1e-12; balanced data do, and both certificates are exact."""
    tiny = data_of([("77e-12", "98e6"), ("-31e-12", "46e6")], [1, 1])
    assert separating_direction(tiny) is not None
    opposed = data_of([("1e-12", "2e6"), ("-3e-12", "-6e6"), ("1e-12", "0")], [1, 1, 1])
    assert separating_direction(opposed) is None
    p = gordan_multipliers(opposed)
    assert p is not None and p[0] == 3 * p[1] and sum(p) == 1


# -- minimisers ---------------------------------------------------------------------------------------------


def margins(tmp_path: Path, text: str, *scale: str, depth: int = 2) -> dict[str, Any]:
    data = csv(tmp_path, text)
    model = ["minimise", "diagonal", "--depth", str(depth), "--data", data]
    return document(*model, "--subject-to", "margin", *scale, "--digits", "20")


def test_equations_that_say_nothing_are_solved_by_the_start(tmp_path: Path) -> None:
    data = csv(tmp_path, "a,b,y\n0,0,0\n")
    found = document("minimise", "diagonal", "--data", data, "--subject-to", "interpolation", "--digits", "10")
    assert found["predictor"] == ["0", "0"]


def test_margins_that_the_start_has_are_left_alone(tmp_path: Path) -> None:
    """Two hidden factors from 10: beta(0) = 100 has margin 100 > 1, and the minimiser is beta(0)."""
    data = csv(tmp_path, "a,b,y\n1,2,1\n")
    arguments = ["--data", data, "--subject-to", "margin", "--digits", "10", "--scale", "10"]
    assert document("minimise", "neuron", *arguments)["active"] == []


def test_a_row_that_is_given_twice_changes_nothing(tmp_path: Path) -> None:
    once = margins(tmp_path, "a,b,y\n1,2,1\n3,-1,1\n", "--scale", "1")
    twice = margins(tmp_path, "a,b,y\n1,2,1\n3,-1,1\n1,2,1\n-3,1,-1\n", "--scale", "1")
    assert once["predictor"] == twice["predictor"]


def test_more_support_vectors_than_dimensions_meet_at_a_vertex(tmp_path: Path) -> None:
    """A row that depends on the active ones replaces one of them; checked by the optimality conditions themselves."""
    rows = [
        (-203, -988, -543, -124, -1),
        (472, -296, 303, -217, -1),
        (962, 79, -226, 650, 1),
        (-189, 547, -522, -210, 1),
    ]
    rows += [(-115, -47, -327, -236, -1), (197, 708, 399, -203, 1), (837, 587, -162, 429, 1), (-398, 22, 697, 392, 1)]
    text = "a,b,c,d,y\n" + "".join(",".join(map(str, r)) + "\n" for r in rows)
    found = margins(tmp_path, text, "--scale", "1")
    mp = context(40)
    beta, nu = ([mp.mpf(e) for e in found[k]] for k in ("predictor", "multipliers"))
    for n, r in enumerate(rows):
        margin = r[4] * sum(x * b for x, b in zip(r, beta, strict=False))
        assert margin > 1 - mp.mpf(10) ** -15
        assert (nu[n] > 0) == (abs(margin - 1) < mp.mpf(10) ** -15) == (n in found["active"])
    for k, b in enumerate(beta):
        s = sum(v * r[4] * r[k] for v, r in zip(nu, rows, strict=True))
        assert abs(2 * mp.sinh(4 * s) - b) < mp.mpf(10) ** -15


def test_a_large_scale_does_not_unsettle_the_active_set(tmp_path: Path) -> None:
    """At scale 1e6 beta is a difference of two numbers of size 1e18, of which float64 keeps nothing."""
    found = margins(tmp_path, "a,b,c,y\n-2.282,1,0,1\n1.55,0.278,0,-1\n", "--scale", "1e6", depth=3)
    assert found["active"] == [1] and found["predictor"][2] == "0"
