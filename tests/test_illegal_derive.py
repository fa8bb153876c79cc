"""A malformed request ends with status 2 and one line that names the offender; nothing of it is ever run.

Each row is a request and words that the line must contain: what was wrong and where.  The same line also says
what was expected, what was received, or what to try.
"""

import json
from pathlib import Path

import pytest
from console import run

CODE = {
    "call of an unknown name": (("__import__('os').system('touch PWNED')",), "__import__"),
    "dunder name without a call": (("__class__.__mro__*w",), "'.'"),
    "attribute": (("w.real*u",), "'.'"),
    "index": (("w[0]*u",), "'['"),
    "lambda": (("lambda: 0",), "':'"),
    "eval": (("eval('1')*w",), "eval"),
    "exec in a start": (("a*w", "--start", "a=exec(1), w=1"), "exec"),
    "open in a restriction": (("a*w", "--restrict", "open(a)"), "open"),
    "code in a metric": (("--metric", "getattr(x,y), 0; 0, 1"), "getattr"),
    "code in a parameter name": (("a*w", "--parameters", "a,w.__class__"), "w.__class__"),
    "f-string": (("f'{w}'*u",), "'"),
    "walrus": (("(w:=2)*u",), "':'"),
    "two statements": (("a*w; b",), "';'"),
}
EXPRESSIONS = {
    "unknown function": (("erf(w)*u",), "erf"),
    "function without argument": (("sin*w",), "sin"),
    "two arguments": (("log(w, 2)*u",), "log(w, 2)"),
    "open parenthesis": (("(a*w1",), "parenthesis is not closed"),
    "closed parenthesis": (("a*w1)",), "')'"),
    "deep parentheses": (("(" * 400 + "w" + ")" * 400,), "100 deep"),
    "too long": (("w+" * 20_000 + "w",), "too long"),
    "caret": (("w1^2",), "**"),
    "exclamation": (("w!*u",), "'!'"),
    "not ASCII": (("α*w",), "'α'"),
    "ends early": (("a*w +",), "ends too early"),
    "two operators": (("a*/w",), "'/'"),
    "no operator": (("a w",), "'w'"),
    "empty coordinate": (("a*w1, , a*w2",), "coordinate 2"),
    "only a comma": ((",",), "coordinate 1"),
    "nothing": (("",), "at least one parameter"),
    "constant coordinate": (("a*w, 3",), "coordinate 2"),
    "number alone": (("5",), "5"),
    "power tower": (("9**9**9**9",), "exponent"),
    "huge power": (("w**1000000000",), "exponent"),
    "huge negative power": (("w**-1000000000",), "exponent"),
    "huge number power": (("(10**900)**900*w",), "power of numbers"),
    "huge literal": (("1e999999999*w",), "out of range"),
    "irrational exponent": (("w**sqrt(2)",), "exponent"),
    "division by zero": (("w/0",), "division by zero"),
    "hidden division by zero": (("w/(1-1)",), "division by zero"),
    "zero to a negative power": (("w*0**-1",), "division by zero"),
    "complex constant": (("w*sqrt(-1)",), "not a finite real"),
    "logarithm of zero": (("w*log(0)",), "not a finite real"),
    "reserved name": (("beta1*w",), "beta1"),
    "pi": (("pi*w",), "pi"),
    "imaginary unit": (("I*w",), "I is a number"),
    "infinity in a start": (("w", "--parameters", "w", "--start", "w=oo"), "oo"),
}
REQUESTS = {
    "no model": ((), "no model"),
    "unknown architecture": (("diagnoal",), "diagnoal"),
    "depth zero": (("diagonal", "--depth", "0"), "1 to 64"),
    "negative depth": (("diagonal", "--depth", "-3"), "-3"),
    "depth too large": (("diagonal", "--depth", "65"), "65"),
    "depth in words": (("diagonal", "--depth", "two"), "two"),
    "depth not whole": (("diagonal", "--depth", "2.5"), "2.5"),
    "dimension zero": (("neuron", "--dimension", "0"), "--dimension"),
    "an option of another family": (("neuron", "--depth", "3"), "--depth"),
    "an option of a family with a predictor": (("a*w", "--depth", "2"), "--depth"),
    "unknown option": (("a*w", "--frobnicate", "1"), "--frobnicate"),
    "time limit without end": (("a*w", "--time-limit", "inf"), "inf"),
    "time limit that is no number": (("a*w", "--time-limit", "nan"), "nan"),
    "time limit in words": (("a*w", "--time-limit", "soon"), "soon"),
    "duplicate parameters": (("a*w", "--parameters", "a,w,a"), "twice"),
    "unusable parameter": (("a*w", "--parameters", "a,1w"), "1w"),
    "empty parameter": (("a*w", "--parameters", "a,,w"), "parameter name"),
    "no coordinate has a parameter": (("a*w", "--parameters", "x"), "coordinate 1"),
    "start without a value": (("a*w", "--start", "a"), "a"),
    "start leaves one out": (("a*w", "--start", "a=1"), "w"),
    "start names a stranger": (("a*w", "--start", "a=1, w=1, z=2"), "z"),
    "start given twice": (("a*w", "--start", "a=1, a=2, w=1"), "twice"),
    "start in a parameter": (("a*w", "--start", "a=w, w=1"), "w"),
    "infinite start": (("a*w", "--start", "a=1/0, w=1"), "start of a"),
    "imaginary start": (("a*w", "--start", "a=sqrt(-2), w=1"), "start of a"),
    "start where the flow is frozen": (("a*w", "--start", "a=0, w=0"), "domain"),
    "start outside the logarithm": (("log(w)*u", "--start", "w=-1, u=1"), "start"),
    "start on a pole": (("u/w", "--start", "w=0, u=1"), "start"),
    "start outside the square root": (("sqrt(w)", "--start", "w=-2"), "start"),
    "start off the submanifold": (("a*w", "--restrict", "a**2-w**2", "--start", "a=1, w=2"), "submanifold"),
    "the flow leaves the restriction": (("a*w", "--restrict", "a-2*w"), "leaves"),
    "restriction that is false": (("a*w", "--restrict", "1"), "no parameter"),
    "restriction on a constant": (("a*w", "--restrict", "z", "--start", "a=1, w=1"), "no parameter"),
    "metric whose rows could be either": (("--metric", "1+y**2, 0; 0, 1+x**2"), "--parameters"),
    "empty restriction": (("a*w", "--restrict", ""), "restriction"),
    "restriction on a stranger's function": (("a*w", "--restrict", "gamma(a)"), "gamma"),
    "metric not square": (("--metric", "1, x"), "square"),
    "metric ragged": (("--metric", "1, x; x"), "square"),
    "metric not symmetric": (("--metric", "1, x; y, 1"), "symmetric"),
    "metric without enough coordinates": (("--metric", "x, 0; 0, x"), "2 x 2"),
    "metric singular": (("--metric", "x*y, x*y; x*y, x*y"), "singular"),
    "metric nowhere positive": (("--metric", "-1-x**2, 0; 0, -1-y**2"), "metric"),
    "metric indefinite at the start": (("--metric", "x, 0; 0, y", "--start", "x=-1, y=1"), "start"),
    "empty metric": (("--metric", ""), "square"),
    "metric and model": (("a*w", "--metric", "1+x**2"), "a*w"),
    "parameter metric of the wrong size": (("a*w", "--parameter-metric", "1"), "2 x 2"),
    "parameter metric singular": (("a*w", "--parameter-metric", "0, 0; 0, 0"), "singular"),
}
FILES = {
    "missing JSON file": ("missing.json", None, "missing.json"),
    "missing Python file": ("missing.py", None, "missing.py"),
    "not JSON": ("m.json", "{bad", "not JSON"),
    "not text": ("m.json", b"\xff\xfe{", "not JSON"),
    "deep JSON": ("m.json", "[" * 100_000, "not JSON"),
    "not an object": ("m.json", ["a*w"], "object"),
    "neither predictor nor metric": ("m.json", {}, "predictor"),
    "both predictor and metric": ("m.json", {"predictor": ["a*w"], "metric": [["1"]]}, "metric"),
    "unknown key": ("m.json", {"predictor": ["a*w"], "strat": {"a": "1"}}, "strat"),
    "predictor is text": ("m.json", {"predictor": "a*w"}, "predictor"),
    "predictor is empty": ("m.json", {"predictor": []}, "at least one"),
    "predictor has code": ("m.json", {"predictor": ["__import__('os')*w"]}, "__import__"),
    "predictor has a list": ("m.json", {"predictor": [["a*w"]]}, "predictor"),
    "duplicate parameters": ("m.json", {"predictor": ["a*w"], "parameters": ["a", "w", "a"]}, "twice"),
    "start is a list": ("m.json", {"predictor": ["a*w"], "start": [1, 1]}, "start"),
    "start is null inside": ("m.json", {"predictor": ["a*w"], "start": {"a": None, "w": "1"}}, "start"),
    "start has code": ("m.json", {"predictor": ["a*w"], "start": {"a": "exec('1')", "w": "1"}}, "start of a"),
    "restrict is text": ("m.json", {"predictor": ["a*w"], "restrict": "a"}, "restrict"),
    "metric is text": ("m.json", {"metric": "1+x**2"}, "metric"),
    "metric is a number": ("m.json", {"metric": 5}, "metric"),
    "parameter metric is a number": ("m.json", {"predictor": ["a*w"], "parameter_metric": 5}, "metric"),
    "Python without model()": ("m.py", "x = 1\n", "model()"),
    "Python with another model()": ("m.py", "def model():\n    return 3\n", "model()"),
    "Python with a syntax error": ("m.py", "def model(:\n", "m.py"),
    "Python that raises": ("m.py", "def model():\n    raise ValueError('no such model')\n", "m.py"),
    "Python that cannot import": ("m.py", "import no_such_module_anywhere\n", "m.py"),
}
COMMANDS = {
    "no command": ((), "COMMAND"),
    "unknown command": (("shwo", "diagonal"), "shwo"),
    "latex without a file": (("latex", "diagonal"), "--output"),
    "html without a file": (("html", "diagonal"), "--output"),
    "list with a model": (("list", "diagonal"), "diagonal"),
}


def assert_refused(arguments: tuple[str, ...], offender: str) -> None:
    done = run(*arguments)
    assert done.status == 2, (done.status, done.err)
    assert done.out == ""
    assert done.err.startswith("error: ") and done.err.endswith("\n") and done.err.count("\n") == 1, done.err
    assert offender in done.err, done.err
    assert any(word in done.err for word in ("expected ", "received ", "try ")), done.err
    assert len(done.err) < 1000 and "Traceback" not in done.err


@pytest.mark.parametrize(("arguments", "offender"), CODE.values(), ids=CODE)
def test_text_that_looks_like_code_is_refused_and_not_run(
    arguments: tuple[str, ...], offender: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(("show", *arguments), offender)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("arguments", "offender"), EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_a_malformed_expression_is_refused(arguments: tuple[str, ...], offender: str) -> None:
    assert_refused(("show", *arguments), offender)


@pytest.mark.parametrize(("arguments", "offender"), REQUESTS.values(), ids=REQUESTS)
def test_a_malformed_request_is_refused(arguments: tuple[str, ...], offender: str) -> None:
    assert_refused(("show", *arguments), offender)


@pytest.mark.parametrize(("name", "content", "offender"), FILES.values(), ids=FILES)
def test_a_malformed_file_is_refused(name: str, content: object, offender: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    assert_refused(("show", str(path)), offender)


@pytest.mark.parametrize(("arguments", "offender"), COMMANDS.values(), ids=COMMANDS)
def test_a_malformed_command_is_refused(arguments: tuple[str, ...], offender: str) -> None:
    assert_refused(arguments, offender)


@pytest.mark.parametrize("command", [("latex", "-o", "out.tex"), ("html", "-o", "out.html")], ids=["latex", "html"])
def test_a_refused_report_leaves_no_file(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused((*command, "w.real*u"), "'.'")
    assert not list(tmp_path.iterdir())


def test_well_formed_neighbours_of_the_refused_are_accepted() -> None:
    """The table is about malformed input: what is one step away from it goes through."""
    for arguments in (("(a*w1)",), ("a*w, a", "--parameters", "a,w"), ("log(w)*u", "--start", "w=1, u=1"),
                      ("diagonal", "--depth", "1"), ("--metric", "x, 0; 0, y", "--start", "x=1, y=1"),
                      ("a*w", "--restrict", "a**2-w**2", "--start", "a=1, w=1"), ("w**1000*u",)):  # fmt: skip
        done = run("show", *arguments)
        assert (done.status, done.err) == (0, ""), arguments


def test_a_result_with_a_number_of_thousands_of_digits_is_one_line() -> None:
    """Python prints no integer of more than 4300 digits; 1e-1000 to the fifth has 5001.

    The potential is cut at its limit; the number is in R.
    """
    done = run("show", "u**5", "--start", "u=1e-1000", "--time-limit", "10")
    assert done.status == 1 and "too long to print" in done.err and len(done.err.splitlines()) == 1
