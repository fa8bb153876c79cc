"""`derive` keeps to its interface: the document's keys and types, the five ways to name a model, exit statuses.

`document_check` is the interface written as checks.  It runs on every built-in example and on every way of
naming a model, and a damaged document must fail it.
"""

import copy
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from console import run, show
from document_check import TOP, check_document

from derive.catalogue import architectures

BUILT_IN = [
    (name, *(word for option, value in example.items() for word in (f"--{option}", str(value))))
    for name, architecture in architectures().items()
    for example in architecture.examples
]
OTHERS = [
    ("a*w1, a*w2",),
    ("a*w1, a*w2", "--start", "a=2, w1=3/5, w2=0.8"),
    ("a*w1 + b*v1, a*w2 + b*v2",),
    ("a*w1, a*w2", "--restrict", "a**2 - w1**2 - w2**2"),
    ("u*v", "--parameter-metric", "1, 0; 0, 2"),
    ("w1*w2*w3", "--start", "w1=alpha, w2=alpha, w3=0"),
    ("--metric", "1+w1**2, w1*w2; w1*w2, 1+w2**2"),
    ("--metric", "1+x**2, 0; 0, 1+y**2", "--start", "x=0, y=1"),
]


@pytest.mark.parametrize("arguments", BUILT_IN + OTHERS, ids=" ".join)
def test_the_document_follows_the_interface(arguments: tuple[str, ...]) -> None:
    done = run("show", *arguments, "--json")
    assert (done.status, done.err) == (0, "")
    check_document(json.loads(done.out))  # the whole of standard output is one document


DAMAGE = {
    "a key is missing": lambda f: f.pop("scope"),
    "another schema": lambda f: f.update(schema="derivation/2"),
    "a fourth status": lambda f: f["warp"].update(status="maybe"),
    "unknown without a reason": lambda f: f["hessian"].update(status="unknown", reason=None),
    "a stranger in Q": lambda f: f["potential"].update(value="beta1*c1"),
    "text that is no expression": lambda f: f["potential"].update(value="beta1 +* 2"),
    "gradient too short": lambda f: f["potential"]["gradient"].pop(),
    "a number for an expression": lambda f: f["model"]["start"].update(wp1=1),
    "too few laws": lambda f: f["conservation_laws"].update(count=1),
    "too many laws": lambda f: f["conservation_laws"]["laws"].append("wp1"),
    "proved without a warp": lambda f: f["warp"].update(factor=None),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_the_check_of_the_document_can_fail(damage) -> None:
    found = show("diagonal")
    check_document(found)
    damaged = copy.deepcopy(found)
    damage(damaged)
    with pytest.raises((AssertionError, SyntaxError, ValueError)):
        check_document(damaged)


def same(left: dict, right: dict) -> bool:
    """Equal documents, but for the name and the times."""
    return all(left[k] == right[k] for k in TOP - {"model", "seconds"}) and all(
        left["model"][k] == right["model"][k] for k in ("parameters", "predictor", "start", "restrict")
    )


def test_inline_json_and_python_name_the_same_model(tmp_path: Path) -> None:
    inline = show("a*w1, a*w2", "--start", "a=2, w1=0.6, w2=4/5")
    data = {"predictor": ["a*w1", "a*w2"], "start": {"a": "2", "w1": "0.6", "w2": "4/5"}, "name": "mine"}
    (tmp_path / "m.json").write_text(json.dumps(data | {"parameters": ["a", "w1", "w2"]}))
    (tmp_path / "bare.json").write_text(json.dumps(data | {"start": {"a": 2, "w1": 0.6, "w2": "4/5"}}))
    (tmp_path / "m.py").write_text(
        "from derive.model import parse_model\n\n\ndef model():\n"
        "    return parse_model(['a*w1', 'a*w2'], start={'a': '2', 'w1': '0.6', 'w2': '4/5'})\n"
    )
    named = {path: show(str(tmp_path / path)) for path in ("m.json", "bare.json", "m.py")}
    assert all(same(inline, found) for found in named.values())
    assert named["m.json"]["model"]["name"] == "mine"
    assert not same(inline, show("a*w1, a*w2", "--start", "a=2, w1=4/5, w2=3/5"))
    for found in named.values():
        check_document(found)


def test_numbers_are_exact_and_parameters_keep_their_order() -> None:
    found = show("b*w + a*v", "--start", "a=0.6, v=1e-3, b=alpha, w=-2/4")["model"]
    assert found["parameters"] == ["b", "w", "a", "v"]
    assert found["start"] == {"b": "alpha", "w": "-1/2", "a": "3/5", "v": "1/1000"}
    assert show("b*w + a*v", "--parameters", "v,w,a,b")["model"]["parameters"] == ["v", "w", "a", "b"]
    constant = show("k*a*w", "--parameters", "a,w")
    assert (
        constant["model"]["parameters"] == ["a", "w"] and "k" in constant["dynamics"]["inverse_metric_parameters"][0][0]
    )


def test_a_metric_has_neither_laws_nor_closure(tmp_path: Path) -> None:
    found = show("--metric", "1+w1**2, w1*w2; w1*w2, 1+w2**2")
    assert found["conservation_laws"] is None and found["closure"] is None
    (tmp_path / "m.json").write_text(json.dumps({"metric": [["1+w1**2", "w1*w2"], ["w1*w2", "1+w2**2"]]}))
    assert same(found, show(str(tmp_path / "m.json")))
    assert show("w1, w2")["closure"]["status"] == "proved"


def test_the_start_picks_the_leaf_and_a_restriction_is_reported() -> None:
    # delta = a^2 - |w|^2 = 4 - 1 and 1/4 - 1; c1 is its negative or a multiple
    one, two = (show("a*w1, a*w2", "--start", f"a={a}, w1=3/5, w2=4/5") for a in ("2", "1/2"))
    assert one["dynamics"]["constants"] == two["dynamics"]["constants"]
    assert one["potential"]["value"] != two["potential"]["value"]
    assert show("a*w1, a*w2", "--restrict", "a**2 - w1**2 - w2**2")["model"]["restrict"] != []


def test_negative_predictors_are_no_options() -> None:
    assert show("-a*w1, a*w2")["model"]["predictor"] == ["-a*w1", "a*w2"]
    assert show("-w1", "--parameters", "w1")["model"]["predictor"] == ["-w1"]
    assert show("--metric", "-x + 2*x, 0; 0, y")["model"]["parameters"] == ["x", "y"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--metric", "1+exp(x+y), 0; 0, 1"),
        ("--metric", "exp(x), 0; 0, exp(y)"),
        ("exp(w)*u",),
        ("sinh(w), u",),
        ("log(w)*u", "--start", "w=2, u=1"),
        ("Abs(w)*u", "--start", "w=-2, u=1"),
        ("sqrt(w)*u", "--start", "w=2, u=1"),
        ("atan(w) + tanh(u)",),
        ("w**y",),
    ],
    ids=lambda a: a[-1] if len(a) < 3 else a[0],
)
def test_every_function_of_the_grammar_goes_through_or_fails_in_one_line(arguments: tuple[str, ...]) -> None:
    done = run("show", *arguments, "--json")
    assert done.status in (0, 1) and (done.err == "" or done.err.count("\n") == 1)
    if done.status == 0:
        check_document(json.loads(done.out))


def test_refuted_and_unknown_are_answers_with_status_zero() -> None:
    refuted = show("a*w1 + b*v1, a*w2 + b*v2")
    assert refuted["closure"]["status"] == refuted["potential"]["status"] == "refuted"
    rushed = show("a*w1 + b*v1, a*w2 + b*v2", "--time-limit", "1e-5")
    statuses = {stage: rushed[stage]["status"] for stage in ("closure", "hessian", "warp", "potential")}
    assert "unknown" in statuses.values() and "proved" not in statuses.values()
    assert all(rushed[stage]["reason"] for stage, status in statuses.items() if status == "unknown")


def test_the_text_and_the_list_name_what_they_show() -> None:
    shown = run("show", "neuron")
    assert (shown.status, shown.err) == (0, "") and "a*w1" in shown.out and "proved" in shown.out
    listed = run("list")
    lines = listed.out.splitlines()
    assert (listed.status, listed.err, len(lines)) == (0, "", len(architectures()))
    for line, (name, architecture) in zip(lines, architectures().items(), strict=True):
        assert line.split()[0] == name and architecture.source in line
        assert all(f"--{option.name} {option.default}" in line for option in architecture.options)


class Balance(HTMLParser):
    """Open elements that are never closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in ("meta", "link", "br", "hr", "img", "col", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("arguments", [("neuron",), ("diagonal", "--depth", "3"), OTHERS[2], OTHERS[6]], ids=" ".join)
def test_latex_and_html_write_whole_documents_and_nothing_to_standard_output(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    for command in ("latex", "html"):
        path = tmp_path / f"out.{command}"
        done = run(command, *arguments, "-o", str(path))
        assert (done.status, done.out, done.err) == (0, "", "")
    tex, page = ((tmp_path / f"out.{c}").read_text(encoding="utf-8") for c in ("latex", "html"))
    assert tex.index(r"\documentclass") < tex.index(r"\begin{document}") < tex.index(r"\end{document}")
    assert tex.count(r"\begin{") == tex.count(r"\end{") and tex.count("{") == tex.count("}")
    parser = Balance()
    parser.feed(page)
    assert parser.open == [] and "<html" in page and "http" not in page.split("<body")[0].replace("http-equiv", "")


def test_a_file_that_cannot_be_written_is_status_one_in_one_line(tmp_path: Path) -> None:
    for target in (tmp_path / "no" / "out.tex", tmp_path):
        done = run("latex", "neuron", "-o", str(target))
        assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
        assert str(target if target == tmp_path else target.parent) in done.err


def test_the_module_runs_as_a_process(command) -> None:
    done = command("derive", "show", "hadamard", "--dimension", "1", "--json")
    assert (done.status, done.err) == (0, "") and same(done.json, show("hadamard", "--dimension", "1"))
    refused = command("derive", "show", "w.real*u")
    assert (refused.status, refused.out, refused.err.count("\n")) == (2, "", 1)
