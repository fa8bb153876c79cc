"""Claims: whatever is wrong with a run, the answer is one line with the right status, and soon.

Data: status 2. A flow that cannot be carried out: status 1. Every word of the command line is tried with odd values.
"""

from pathlib import Path

import pytest
from verify_console import assert_one_line, csv, document, run

TO = ("--until", "1e-5", "--digits", "10")
TWO, ONE, MINUS = "a,b,y\n1,2,1\n2,1,1\n", "x,y\n1,1\n", "x,y\n1,-1\n"


def on(tmp_path: Path, text: str, *words: str, loss: str = "exponential"):
    return run("flow", *words, "--data", csv(tmp_path, text), "--loss", loss, *TO)


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("1,2,1\n-1,-2,1\n", "1/2 y1 x1 + 1/2 y2 x2 = 0"),
        ("1,0,1\n0,1,1\n-2,-3,1\n", "1/3 y1 x1 + 1/2 y2 x2 + 1/6 y3 x3 = 0"),
        ("1,2,1\n1,2,-1\n", "1/2 y1 x1 + 1/2 y2 x2 = 0"),
        ("1,2,1\n0,0,1\n", "row 2 of the data is zero"),
    ],
    ids=["opposite", "combination", "contradictory-labels", "zero-row"],
)
def test_data_that_no_direction_separates_come_with_their_certificate(tmp_path, loss, rows, told) -> None:
    done = on(tmp_path, "a,b,y\n" + rows, "diagonal", loss=loss)
    assert_one_line(done, 2)
    assert told in done.err


@pytest.mark.parametrize("loss", ["exponential", "logistic", "squared"])
def test_a_duplicate_row_is_no_fault(tmp_path: Path, loss: str) -> None:
    """Twice every row is the same loss, an average: the same predictor."""
    words = ("flow", "diagonal", "--loss", loss, *TO)
    once, twice = (document(*words, "--data", csv(tmp_path, TWO + more)) for more in ("", "1,2,1\n2,1,1\n"))
    assert once["predictor"] == twice["predictor"]


@pytest.mark.parametrize("cell", ["NaN", "", " ", "inf", "-", "1e9999999", "1" * 5000, "1e", "0x1", "1,2", "1/2", "½"])
def test_a_cell_that_is_no_number_is_refused_with_its_place(tmp_path: Path, cell: str) -> None:
    done = on(tmp_path, f"a,b,y\n1,2,1\n1,{cell},1\n", "diagonal")
    assert_one_line(done, 2)
    assert "row 3" in done.err


@pytest.mark.parametrize(
    "row", ["1e300,1e-300,1\n1e-300,1e300,1", "1,2,1\n1e200,2,1", "1e4000,1,1\n1,2,1", "1e-4000,1,1"]
)
def test_numbers_beyond_float64_are_followed_or_told(tmp_path: Path, row: str) -> None:
    done = on(tmp_path, f"a,b,y\n{row}\n", "diagonal")
    if done.status != 0:
        assert_one_line(done, 1, 2)


@pytest.mark.parametrize(
    ("model", "start"),
    [("a*w", "a=0, w=0"), ("w1**3", "w1=0"), ("w1**2*w2", "w1=0, w2=1"), ("log(w1)**2", "w1=1")],
)
@pytest.mark.parametrize("loss", ["exponential", "squared"])
def test_a_start_at_a_saddle_is_told(tmp_path: Path, model: str, start: str, loss: str) -> None:
    done = on(tmp_path, ONE, model, "--start", start, loss=loss)
    assert_one_line(done, 2)
    assert "stationary" in done.err


@pytest.mark.parametrize(
    ("model", "start", "text"),
    [
        ("sqrt(w1)", "w1=1", MINUS),  # beta falls to 0 at w = 0, where the flow ends
        ("w1**(1/3)", "w1=1", MINUS),
        ("w1**2", "w1=1", MINUS),
        ("1/w1", "w1=1", MINUS),
        ("exp(w1)", "w1=0", MINUS),
        ("tanh(w1)", "w1=0", ONE),  # |beta| < 1
        ("atan(w1)", "w1=0", ONE),
        ("w1-w1**2", "w1=0", ONE),  # beta <= 1/4
    ],
)
def test_a_flow_that_leaves_its_domain_or_never_arrives_is_told(tmp_path, model, start, text) -> None:
    done = on(tmp_path, text, model, "--start", start)
    assert_one_line(done, 1)
    assert "does not reach" in done.err


@pytest.mark.parametrize(
    ("model", "start"), [("log(w1)", "w1=-1"), ("sqrt(w1)", "w1=-1"), ("1/w1", "w1=0"), ("log(w1)", "w1=0")]
)
def test_a_start_outside_the_domain_is_told(tmp_path: Path, model: str, start: str) -> None:
    assert_one_line(on(tmp_path, ONE, model, "--start", start), 2)


def test_a_flow_towards_the_edge_of_a_domain_is_followed_to_the_loss(tmp_path: Path) -> None:
    """log w with the label -1: w = L at a loss L, since m = -log w; w -> 0 is never reached."""
    found = document("flow", "log(w1)", "--start", "w1=1", "--data", csv(tmp_path, MINUS), "--loss", "exponential", *TO)
    assert float(found["parameters"][0]) == pytest.approx(1e-5, rel=1e-9)


@pytest.mark.parametrize(("depth", "scale"), [("4", "1e4"), ("6", "1e4"), ("10", "1e4"), ("10", "1e3")])
def test_a_scale_that_float64_cannot_see_is_told(depth: str, scale: str) -> None:
    words = ("flow", "diagonal", "--depth", depth, "--data", "three-points-b", "--loss", "exponential")
    done = run(*words, "--scale", scale, "--until", "1e-10", "--digits", "20")
    if done.status != 0:
        assert_one_line(done, 1)
        assert "scale" in done.err


@pytest.mark.parametrize("scale", ["1e400", "1e4000", "(9**999)**3", "1" * 5000, "1e" + "1" * 5000, "1e-300"])
def test_a_scale_of_any_size_is_answered_in_one_line(scale: str) -> None:
    words = ("flow", "diagonal", "--data", "three-points-b", "--loss", "exponential", "--until", "1e-10")
    assert_one_line(run(*words, "--scale", scale), 1, 2)


ODD = (
    "",
    " ",
    "0",
    "-1",
    "nan",
    "inf",
    "1e",
    "1e5",
    "x",
    "1e-5x",
    "1_0",
    "１",
    "1" * 5000,
    "1e-99999999999999",
    "\0",
    ".",
)


@pytest.mark.parametrize(
    "option", ["--until", "--until-time", "--until-margin", "--at", "--digits", "--scale", "--depth"]
)
def test_odd_values_of_every_option_are_answered_in_one_line(option: str) -> None:
    """Some are sense (--until-margin 1e5 under --until 1e-5, --depth with spaces): the answer is then a result."""
    words = (
        "flow",
        "diagonal",
        "--data",
        "three-points-b",
        "--loss",
        "exponential",
        "--until",
        "1e-5",
        "--digits",
        "5",
    )
    for value in ODD:
        done = run(*words, f"{option}={value}")
        if done.status == 0:
            assert done.err == "" and done.out
        else:
            assert_one_line(done, 1, 2)
