"""Claim: whatever is wrong with a request to `verify`, the answer is one line, status 2 (malformed) or 1 (infeasible).

Nothing is written to standard output, no exception escapes (commands run in this process), and nothing is evaluated.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Outcome
from verify_console import assert_one_line, csv, run

B = ("--data", "three-points-b")
SPARSE = ("--data", "sparse-small")
EXP = ("--loss", "exponential")
FLOW = ("flow", "diagonal", *B, *EXP, "--until", "1e-5")
MINIMISE = ("minimise", "diagonal", *SPARSE, "--subject-to", "interpolation")
LIMIT = ("limit", "diagonal", *SPARSE)
COMMANDS = {"flow": FLOW, "minimise": MINIMISE, "limit": LIMIT}


def without(words: tuple[str, ...], option: str) -> tuple[str, ...]:
    """The command without an option and its value."""
    at = words.index(option)
    return words[:at] + words[at + 2 :]


def changed(words: tuple[str, ...], option: str, value: str) -> tuple[str, ...]:
    """The command with another value of an option."""
    at = words.index(option)
    return (*words[: at + 1], value, *words[at + 2 :])


def named(words: tuple[str, ...], model: str, *more: str) -> tuple[str, ...]:
    """The command with another model."""
    return (words[0], model, *words[2:], *more)


UNTIL = ("0", "-1e-5", "nan", "inf", "1e", "e-5", "", "1e-5x", "1/10", "1e--5", "1e-5 2")
EVERY_COMMAND = {
    "no-data": lambda w: without(w, "--data"),
    "no-such-data": lambda w: changed(w, "--data", "four-points"),
    "data-is-a-folder": lambda w: changed(w, "--data", "."),
    "data-is-empty": lambda w: changed(w, "--data", ""),
    "digits-zero": lambda w: (*w, "--digits", "0"),
    "digits-negative": lambda w: (*w, "--digits", "-3"),
    "digits-huge": lambda w: (*w, "--digits", "1000000000"),
    "digits-text": lambda w: (*w, "--digits", "many"),
    "digits-decimal": lambda w: (*w, "--digits", "2.5"),
    "scale-zero": lambda w: (*w, "--scale", "0"),
    "scale-negative": lambda w: (*w, "--scale=-1"),
    "scale-text": lambda w: (*w, "--scale", "big"),
    "scale-nan": lambda w: (*w, "--scale", "nan"),
    "scale-inf": lambda w: (*w, "--scale", "inf"),
    "scale-code": lambda w: (*w, "--scale", "__import__('os').getcwd()"),
    "scale-tower": lambda w: (*w, "--scale", "9**9**9**9"),
    "scale-twice-empty": lambda w: (*w, "--scale", ""),
    "unknown-option": lambda w: (*w, "--frobnicate"),
    "option-without-value": lambda w: (*w, "--digits"),
    "two-models": lambda w: (*w, "diagonal"),
    "no-model": lambda w: (w[0], *w[2:]),
    "no-such-model": lambda w: named(w, "transformer"),
    "no-such-file": lambda w: named(w, "nowhere.json"),
    "no-such-program": lambda w: named(w, "nowhere.py"),
    "dimension-does-not-fit": lambda w: (*w, "--dimension", "2"),
    "dimension-zero": lambda w: (*w, "--dimension", "0"),
    "depth-zero": lambda w: (*w, "--depth", "0"),
    "depth-huge": lambda w: (*w, "--depth", "100000"),
    "depth-text": lambda w: (*w, "--depth", "two"),
    "option-of-another-model": lambda w: named(w, "untied", "--depth", "3"),
    "inline-of-another-length": lambda w: named(w, "a*w1, a*w2"),
    "inline-code": lambda w: named(w, "__import__('os'), w2, w3"),
    "inline-attribute": lambda w: named(w, "w1.real, w2, w3"),
    "inline-syntax": lambda w: named(w, "w1*, w2, w3"),
    "inline-nested": lambda w: named(w, "(" * 3000 + "w" + ")" * 3000),
    "inline-constant": lambda w: named(w, "1, 2, 3"),
    "start-of-a-stranger": lambda w: (*w, "--start", "q=1"),
    "start-incomplete": lambda w: (*w, "--start", "wp1=1"),
    "start-syntax": lambda w: (*w, "--start", "wp1"),
    "start-code": lambda w: (*w, "--start", "wp1=__import__('os')"),
    "metric-and-model": lambda w: (*w, "--metric", "1, 0; 0, 1"),
    "metric-ragged": lambda w: (w[0], *w[2:], "--metric", "1, 0; 0"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("case", EVERY_COMMAND)
def test_every_command_refuses_a_malformed_request_in_one_line(command: str, case: str) -> None:
    assert_one_line(run(*EVERY_COMMAND[case](COMMANDS[command])), 2)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("fly",),
        ("flow",),
        without(FLOW, "--until"),
        without(FLOW, "--loss"),
        changed(FLOW, "--loss", "hinge"),
        *(changed(FLOW, "--until", t) for t in UNTIL),
        changed(FLOW, "--until", "1e-9999999999999"),  # thirteen digits of exponent
        changed(FLOW, "--until", "2"),  # the loss is 1 at the start beta = 0
        changed(FLOW, "--until", "1"),
        changed(FLOW, "--data", "sparse-small"),  # labels 2 and -1
        (*FLOW[:2], *SPARSE, *EXP, "--until", "1e-5"),
        (*FLOW, "--start", "wp1=c, wm1=1, wp2=1, wm2=1, wp3=1, wm3=1"),  # a constant without a value
        (*FLOW, "--start", "wp1=0, wm1=0, wp2=0, wm2=0, wp3=0, wm3=0"),  # a saddle: J = 0
        without(MINIMISE, "--subject-to"),
        changed(MINIMISE, "--subject-to", "prayer"),
        changed(MINIMISE, "--subject-to", "margin"),  # labels 2 and -1
        (*MINIMISE, "--scale", "1", "--mu", "1"),
        *((*MINIMISE, f"--mu={mu}") for mu in ("0", "-1", "x", "")),
        (*MINIMISE, "--until", "1e-5"),
        (*LIMIT, "--loss", "squared"),
        (*LIMIT, "--mu", "1"),
        (*LIMIT, "--until", "1e-5"),
        ("claims", "--source", "nobody"),
        ("claims", "--id", "nothing"),
        ("claims", "--jobs", "0", "--quick"),
        ("claims", "--jobs", "two"),
        ("claims", "diagonal"),
    ],
    ids=lambda words: " ".join(words[:1] + words[2:])[-60:] or "nothing",
)
def test_a_command_refuses_its_own_malformed_options_in_one_line(words: tuple[str, ...]) -> None:
    assert_one_line(run(*words), 2)


MODEL_FILES = {
    "empty": "",
    "no-json": "{",
    "list": "[]",
    "number": "3",
    "null": "null",
    "no-predictor": "{}",
    "predictor-text": '{"predictor": "w"}',
    "predictor-number": '{"predictor": [1]}',
    "predictor-empty": '{"predictor": []}',
    "start-list": '{"predictor": ["u*v"], "start": ["1", "1"]}',
    "start-null-value": '{"predictor": ["u*v"], "start": {"u": null, "v": "1"}}',
    "parameters-text": '{"predictor": ["u*v"], "parameters": "u,v"}',
    "parameters-twice": '{"predictor": ["u*v"], "parameters": ["u", "u", "v"]}',
    "unknown-key": '{"predictor": ["u*v"], "loss": "squared"}',
    "both": '{"predictor": ["u"], "metric": [["1"]]}',
    "metric-ragged": '{"metric": [["1", "0"], ["0"]]}',
    "code": json.dumps({"predictor": ["__import__('os').system('true')"]}),
    "deep": "[" * 5000 + "]" * 5000,
    "nan": '{"predictor": [NaN]}',
}


@pytest.mark.parametrize("case", MODEL_FILES)
def test_a_malformed_model_file_is_refused_in_one_line(tmp_path: Path, case: str) -> None:
    path = csv(tmp_path, MODEL_FILES[case], "model.json")
    data = csv(tmp_path, "x,y\n1,1\n")
    assert_one_line(run("flow", path, "--data", data, *EXP, "--until", "1e-5"), 2)


def test_a_model_file_with_bytes_that_are_no_text_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(b"\xff\xfe\x00")
    assert_one_line(run("flow", str(path), *B, *EXP, "--until", "1e-5"), 2)


INFEASIBLE = {
    # beta = w1**2 >= 0 in one dimension: the margin of a row with label -1 never exceeds 0, so L >= 1
    "the-exponential-loss": ("flow", "w1**2", "--start", "w1=1", *EXP, "--until", "1e-5"),
    # the same with the squared loss: y = -1 is out of reach, L >= 1/2
    "the-squared-loss": ("flow", "w1**2", "--start", "w1=1", "--loss", "squared", "--until", "0.4"),
    "the-minimiser": ("minimise", "w1**2", "--start", "w1=1", "--subject-to", "interpolation"),
}
PATIENCE = 300  # seconds, after which a run is taken to hang


@pytest.mark.slow
@pytest.mark.parametrize("case", INFEASIBLE)
def test_what_the_model_cannot_reach_is_told_in_one_line_and_ends(tmp_path: Path, case: str) -> None:
    words = [*INFEASIBLE[case], "--data", csv(tmp_path, "x,y\n1,-1\n")]
    done = subprocess.run(
        [sys.executable, "-m", "verify", *words], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert_one_line(Outcome(done.returncode, done.stdout, done.stderr), 1)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_malformed_request_ends_a_process_in_one_line(command, name: str) -> None:
    """The same through the interpreter: no warning, no traceback, nothing but the line."""
    assert_one_line(command("verify", *COMMANDS[name], "--digits", "0"), 2)


def test_a_singular_parameter_metric_is_refused_in_one_line(tmp_path: Path) -> None:
    data = csv(tmp_path, "x,y\n1,1\n")
    words = ("flow", "w1*v1", "--parameter-metric", "1, 0; 0, 0", "--data", data, *EXP, "--until", "1e-5")
    assert_one_line(run(*words), 2)


def test_a_target_outside_the_image_of_the_model_is_refused_in_one_line(tmp_path: Path) -> None:
    """tanh(w) = 2 has no real solution."""
    words = ("minimise", "tanh(w1)", "--start", "w1=1/2", "--data", csv(tmp_path, "x,y\n1,2\n"))
    assert_one_line(run(*words, "--subject-to", "interpolation"), 1)


@pytest.mark.parametrize("scale", ["1e300", "1e-300"])
def test_an_extreme_scale_is_refused_in_one_line(command, scale: str) -> None:
    done = command("verify", *FLOW, "--scale", scale)
    assert_one_line(done, 1)
