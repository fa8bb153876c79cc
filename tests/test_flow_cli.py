"""Claim: `verify flow` reads its words and data exactly, and prints the document flow/1 of the interface.

A decimal never passes through a float: 1e-1700 is 0.0 in float64, and 0.1 + 2^-70 would be rounded.
"""

from pathlib import Path

import pytest
from flow_references import THREE_POINTS_B, context, digits_shared, dot, numbers
from verify_console import assert_one_line, csv, document, run

ONE_POINT = "x,y\n0.7,1\n"
LINEAR = ("flow", "w", "--parameters", "w", "--start", "w=0.25", "--loss", "exponential", "--digits", "25")
THREE = ("flow", "diagonal", "--data", "three-points-b", "--loss", "exponential", "--until", "1e-50", "--digits", "20")


def significant(number: str) -> int:
    """How many digits a printed decimal shows."""
    return len(number.lower().split("e")[0].lstrip("-").replace(".", "").lstrip("0"))


def test_the_document_has_the_keys_and_types_of_the_interface() -> None:
    found = document(*THREE)
    types = {
        "schema": str, "engine": str, "digits_requested": int, "digits": int, "predictor": list, "parameters": list,
        "loss_log10": str, "margins": list, "log10_time": str, "drift": str, "how_digits_were_established": str,
        "steps": int, "seconds": float,
    }  # fmt: skip
    assert {key: type(found[key]) for key in types} == types
    assert found["schema"] == "flow/1" and set(found) - set(types) == {"enclosure", "clock"}
    assert found["enclosure"] is None or set(found["enclosure"]) >= {"radius"}
    assert [len(found[key]) for key in ("predictor", "parameters", "margins")] == [3, 6, 3]
    assert all(isinstance(v, str) for key in ("predictor", "parameters", "margins") for v in found[key])
    assert found["digits"] == found["digits_requested"] == 20
    assert [significant(b) for b in found["predictor"]] == [20] * 3


def test_the_printed_numbers_satisfy_the_definition_of_the_loss() -> None:
    """margins = y x . beta, loss = mean of exp(-margin), each to the 20 digits printed (one lost to rounding)."""
    mp = context(50)
    found = document(*THREE)
    beta, margins = ([mp.mpf(v) for v in found[key]] for key in ("predictor", "margins"))
    for row, m in zip(numbers(mp, THREE_POINTS_B), margins, strict=True):
        assert digits_shared(mp, dot(row, beta), m) >= 19
    loss = sum(mp.exp(-m) for m in margins) / 3
    assert digits_shared(mp, mp.log10(loss), mp.mpf(found["loss_log10"])) >= 19
    assert mp.mpf(found["loss_log10"]) == -50


@pytest.mark.parametrize("until", ["1e-1700", "2.5E-1700", "1e-4342945", "0.00012345678901234567890123456789"])
def test_the_target_never_passes_through_a_float(tmp_path: Path, until: str) -> None:
    """One point, one weight: beta = -log(until)/x.  The last target differs from its float in the 17th digit."""
    mp = context(60)
    found = document(*LINEAR, "--data", csv(tmp_path, ONE_POINT), "--until", until)
    assert digits_shared(mp, mp.mpf(found["predictor"][0]), -mp.log(mp.mpf(until)) / (mp.mpf(7) / 10)) >= 24
    assert digits_shared(mp, mp.mpf(found["loss_log10"]), mp.log10(mp.mpf(until))) >= 24


def test_decimals_in_a_file_are_read_exactly(tmp_path: Path) -> None:
    """x = 0.1 + 1e-25 is 0.1 in float64; beta = -log(L)/x tells them apart in the 25th digit of 30."""
    mp = context(60)
    text = "x,y\n0.1000000000000000000000001,1\n"
    words = (*LINEAR[:-1], "30", "--data", csv(tmp_path, text), "--until", "1e-100")
    expected = 100 * mp.log(10) / mp.mpf("0.1000000000000000000000001")
    assert digits_shared(mp, mp.mpf(document(*words)["predictor"][0]), expected) >= 29


@pytest.mark.parametrize(
    "text",
    [
        "x,y\n-0.7,-1\n",
        " x , y \r\n-0.7, -1\r\n",
        "\ufeffx,y\n-7e-1,-1.0\n\n",
        '"x","y"\n"-.7","-1"\n',
        "anything,y\n-0.70,-1",
    ],
    ids=["plain", "spaces-crlf", "bom-exponent-blank", "quoted", "no-last-newline"],
)
def test_a_negative_label_turns_its_row_round(tmp_path: Path, text: str) -> None:
    """(x, y) = (-0.7, -1) has the margin of (0.7, 1): the same document but for the seconds."""
    turned, plain = (document(*LINEAR, "--data", csv(tmp_path, t), "--until", "1e-9") for t in (text, ONE_POINT))
    assert turned | {"seconds": 0} == plain | {"seconds": 0}


@pytest.mark.parametrize(
    "text",
    [
        "", "x,y\n", "x\n1\n", "y\n1\n", "y,x\n1,1\n", "0.7,1\n0.7,1\n", "x,y\n0.7\n", "x,y\n0.7,1,1\n", "x,y\nnan,1\n",
        "x,y\ninf,1\n", "x,y\n1/2,1\n", "x,y\n0x10,1\n", "x,y\n1_0,1\n", "x,y\n,1\n", "x,y\nabc,1\n", "x,y\n0.7,\n",
        "x,y\n0.7,2\n", "x,y\n0.7,0\n", "x,y\n1e99999,1\n", "x,z,y\n1,2,1\n", "x,y\n٣,1\n", "x;y\n0.7;1\n",
        'x,y\n"0.7,1\n', "x,y\n0,1\n",
    ],
)  # fmt: skip
def test_a_malformed_file_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    assert_one_line(run(*LINEAR, "--data", csv(tmp_path, text), "--until", "1e-9", "--json"), 2)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01", b"x,y\n\x00,1\n"], ids=["binary", "nul"])
def test_a_file_that_is_no_text_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    assert_one_line(run(*LINEAR, "--data", str(path), "--until", "1e-9"), 2)


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
@pytest.mark.parametrize("rows", ["1,2,1\n-1,-2,1\n", "1,0,1\n0,1,1\n-2,-3,1\n", "1,2,1\n1,2,-1\n"])
def test_data_that_no_direction_separates_are_told(tmp_path: Path, loss: str, rows: str) -> None:
    """Each is a positive combination of rows that vanishes: r1 + r2, 2 r1 + 3 r2 + r3, and a row with both labels."""
    words = ("flow", "diagonal", "--data", csv(tmp_path, "a,b,y\n" + rows), "--loss", loss, "--until", "1e-5")
    done = run(*words)
    assert_one_line(done, 1, 2)
    assert "not separable" in done.err


def test_a_contradiction_never_reaches_a_small_squared_loss(tmp_path: Path) -> None:
    """x = 1 with y = 0 and y = 1: the squared loss stays above (1/4)(1/4 + 1/4) = 1/8."""
    path = csv(tmp_path, "x,y\n1,0\n1,1\n")
    assert_one_line(run("flow", "diagonal", "--data", path, "--loss", "squared", "--until", "0.05"), 1)
    assert run("flow", "diagonal", "--data", path, "--loss", "squared", "--until", "0.1251").status == 0


def test_fewer_digits_are_a_failure_unless_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agreement of the two runs is cut to 7 digits: status 1 and one line, or status 0 with --allow-fewer."""
    monkeypatch.setattr("verify.flow.digits.agreeing_digits", lambda *_: 7)
    strict, lenient = run(*THREE, "--json"), run(*THREE, "--json", "--allow-fewer")
    assert (strict.status, lenient.status) == (1, 0)
    assert strict.err.count("\n") == 1 and "7 of 20" in strict.err and lenient.err == ""
    assert strict.json["digits"] == lenient.json["digits"] == 7
    assert [significant(b) for b in lenient.json["predictor"]] == [7] * 3


def test_start_overrides_scale(tmp_path: Path) -> None:
    start = ("--start", "wp1=2, wm1=1/2, wp2=1, wm2=1, wp3=1, wm3=1")
    seconds = {"seconds": 0}
    assert document(*THREE, *start, "--scale", "3") | seconds == document(*THREE, *start) | seconds
    assert document(*THREE, "--scale", "3")["predictor"] != document(*THREE)["predictor"]


def test_scale_multiplies_the_unit_start() -> None:
    """--scale 1/3 is the start of all 1/3, exactly: --scale 0.3333 is another."""
    start = ", ".join(f"w{s}{i}=1/3" for i in (1, 2, 3) for s in "pm")
    assert document(*THREE, "--scale", "1/3")["predictor"] == document(*THREE, "--start", start)["predictor"]
    assert document(*THREE, "--scale", "0.3333")["predictor"] != document(*THREE, "--start", start)["predictor"]


def test_an_inline_model_is_the_built_in_one() -> None:
    inline = "p1**2-m1**2, p2**2-m2**2, p3**2-m3**2"
    words = [inline if word == "diagonal" else word for word in THREE]
    assert document(*words)["predictor"] == document(*THREE)["predictor"]


def test_people_get_the_same_numbers() -> None:
    done = run(*THREE)
    assert done.status == 0 and done.err == ""
    assert all(value in done.out for key in ("predictor", "margins") for value in document(*THREE)[key])


def test_the_module_runs_as_a_process_of_its_own(command) -> None:
    done = command("verify", *THREE, "--json")
    assert (done.status, done.err) == (0, "")
    assert done.json["predictor"] == document(*THREE)["predictor"]
