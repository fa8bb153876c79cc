"""Claim: a solution of the equations that no flow can reach is no answer, and impossible data are told in one line.

References: beta = exp(w) > 0, beta = w^2 > 0 and |tanh w| < 1 bound the predictors; KKT conditions solved by hand.
"""

from pathlib import Path

import pytest
from flow_references import context
from verify_console import assert_one_line, csv, document, run

TANH = ("tanh(w1), tanh(w2)", "--start", "w1=1/10, w2=1/5")


def words(model: tuple[str, ...], path: str, subject: str = "interpolation") -> tuple[str, ...]:
    return ("minimise", *model, "--data", path, "--subject-to", subject, "--digits", "20")


@pytest.mark.parametrize(
    ("model", "row"),
    [
        (("exponential",), "1,2,-3"),  # 1 - 1/beta = nu x has the zero beta = (-2, -1/2), beyond the pole at 0
        (("squared",), "1,2,-3"),
        (("power", "--power", "3"), "1,2,-3"),
        (TANH, "1,2,4"),
        (TANH, "1,2,-3.5"),
    ],
)
def test_data_that_leave_the_domain_are_refused(tmp_path: Path, model: tuple[str, ...], row: str) -> None:
    done = run(*words(model, csv(tmp_path, f"a,b,y\n{row}\n")))
    assert_one_line(done, 1)
    assert "domain" in done.err


def test_data_inside_the_domain_are_solved(tmp_path: Path) -> None:
    """exp from beta = 1: M = beta^2, grad Q = 1 - 1/beta = nu x, beta = 1 / (1 - nu x): b1 + 2 b2 = 4 by hand."""
    found = document(*words(("exponential",), csv(tmp_path, "a,b,y\n1,2,4\n")))
    mp = context(30)
    nu = mp.findroot(lambda v: 1 / (1 - v) + 2 / (1 - 2 * v) - 4, 0.1)
    for text, want in zip(found["predictor"], (1 / (1 - nu), 1 / (1 - 2 * nu)), strict=True):
        assert abs(mp.mpf(text) - want) < mp.mpf(10) ** -19


def test_data_that_the_start_fits_leave_it_where_it_is(tmp_path: Path) -> None:
    found = document(*words(("exponential",), csv(tmp_path, "a,b,y\n1,2,3\n")))
    assert [float(b) for b in found["predictor"]] == [1, 1] and found["multipliers"] == ["0"]


@pytest.mark.parametrize(
    ("text", "subject", "word"),
    [
        ("a,b,y\n1,2,3\n2,4,7\n", "interpolation", "contradict"),
        ("a,b,y\n1,2,3\n1,2,4\n", "interpolation", "contradict"),
        ("a,b,y\n0,0,1\n", "interpolation", "contradict"),
        ("a,b,y\n1,2,1\n1,2,-1\n", "margin", "separable"),
        ("a,b,y\n0,0,1\n", "margin", "margin stays 0"),
        ("a,b,y\n1,0,1\n0,1,1\n-1,-1,1\n", "margin", "separable"),
    ],
)
def test_constraints_that_cannot_hold_are_named(tmp_path: Path, text: str, subject: str, word: str) -> None:
    done = run(*words(("diagonal",), csv(tmp_path, text), subject))
    assert_one_line(done, 2)
    assert word in done.err


def test_no_potential_points_to_steering(tmp_path: Path) -> None:
    model = ("a*w1 + b*v1, a*w2 + b*v2", "--start", "a=1, w1=1/2, w2=1/3, b=2, v1=1/5, v2=3")
    done = run(*words(model, csv(tmp_path, "x,z,y\n1,2,3\n")))
    assert_one_line(done, 1)
    assert "verify steer" in done.err


def test_a_rank_deficient_table_keeps_the_rows_that_determine_it(tmp_path: Path) -> None:
    path = csv(tmp_path, "a,b,c,y\n1,2,3,4\n2,4,6,8\n1,0,1,1\n2,2,4,5\n")
    found = document(*words(("diagonal",), path))
    assert found["active"] == [0, 2] and found["multipliers"][1] == found["multipliers"][3] == "0"
