"""Documents of models that somebody might try, from starts of every kind: every formula in them agrees with the flow.

`document_oracle` follows random flows from the start in float64; verdicts are those of `leaf_oracle` and
`metric_oracle`, which decide in numbers of 60 digits.
"""

from random import Random

import pytest
from console import read, show
from document_oracle import failures
from leaf_oracle import Oracle, Truth
from metric_oracle import has_warp, is_hessian
from mpmath import mpf
from sympy import Integer, Matrix, Symbol

MODELS = [
    ("a*w1, a*w2", "a=-5, w1=3, w2=-4"),  # balanced, on the other side
    ("a*w1, a*w2", "a=alpha, w1=gamma, w2=0"),
    ("7*a*w1 + a*w2, -3*a*w2", "a=1, w1=1, w2=1"),
    ("(a+1)*w1, (a+1)*w2", "a=0, w1=0, w2=1"),
    ("exp(a)*w1, exp(a)*w2", "a=0, w1=1, w2=2"),
    ("w1/a, w2/a", "a=1, w1=0, w2=1"),
    ("a**(1/3)*w1, a**(1/3)*w2", "a=8, w1=1/3, w2=1"),
    ("a*w1**2, a*w2**2", "a=1, w1=1, w2=2"),
    ("a*exp(w1), a*exp(w2)", "a=1, w1=1/2, w2=-1"),
    ("u**2-v**2, 2*u*v", "u=1, v=-1"),
    ("exp(u)*cos(v), exp(u)*sin(v)", "u=0, v=0"),
    ("u*cos(v), u*sin(v)", "u=1, v=0"),
    ("u/(u**2+v**2), v/(u**2+v**2)", "u=1, v=1"),
    ("u1*v1+u2*v2, u1*v1-u2*v2", "u1=1, v1=0, u2=1, v2=0"),
    ("2*exp(u)+v**2, exp(u)-v**2", "u=0, v=1"),
    ("u**2, exp(v), a*b", "u=1, v=0, a=1, b=2"),
    ("u*v, a*w1, a*w2", "u=1, v=1, a=1, w1=1, w2=1"),
    ("x*y, x*z, y*z", "x=1, y=1, z=1"),
    ("a*w1+b*v1, a*w2+b*v2", "a=5, w1=3, w2=4, b=-5, v1=-3, v2=-4"),
    ("a*w1+b*v1, a*w2+b*v2", "a=2, w1=1, w2=1, b=-2, v1=1, v2=1"),
    ("u*v**(-1)", "u=1, v=2"),
    ("u**(5/2) - v**(5/2)", "u=alpha, v=alpha"),
    ("u*v*x", "u=1, v=-1, x=1"),
    ("Abs(u)*u - v**2", "u=-1, v=2"),
    ("a*w1, a*w2", None),
    ("a**3*w1, a**3*w2", None),
]
METRICS = [
    ("1/x1 + 1/(1-x1-x2), 1/(1-x1-x2); 1/(1-x1-x2), 1/x2 + 1/(1-x1-x2)", "x1=1/3, x2=1/4"),
    ("1/x2**2, 0; 0, 1/x2**2", "x1=0, x2=1"),
    ("1 + exp(x1+x2), exp(x1+x2); exp(x1+x2), 1 + exp(x1+x2)", "x1=0, x2=1"),
    ("2 + x1**2, 0, 0; 0, 1, 0; 0, 0, 3 + x3**2", "x1=0, x2=1, x3=1"),
    ("2 + x2**2, 0, 0; 0, 1, 0; 0, 0, 3 + x3**2", "x1=0, x2=1, x3=1"),
]


def truth(found: dict) -> Truth:
    """The oracle's answers at the start and at another point of its leaf, or at generic points."""
    model, random = found["model"], Random(3)
    names = [Symbol(p, real=True) for p in model["parameters"]]
    start = [read(v) for v in model["start"].values()]
    free = sorted(set().union(*(v.free_symbols for v in start)), key=str)
    constants = {c: Integer(n + 2) for n, c in enumerate(free)}
    oracle = Oracle([read(f) for f in model["predictor"]], names)
    if not start:
        return oracle.judge([[mpf(random.randint(3, 30)) / 13 for _ in names] for _ in range(2)], mpf(10) ** -25)
    here = [mpf(int(v.p)) / int(v.q) for v in (e.xreplace(constants) for e in start)]
    return oracle.judge([here, oracle.flow(here, random)], mpf(10) ** -8)


@pytest.mark.parametrize(("predictor", "start"), MODELS)
def test_a_model_is_as_its_document_says(predictor: str, start: str | None) -> None:
    found = show(predictor, *(() if start is None else ("--start", start)))
    real = truth(found)
    assert found["closure"]["status"] == ("proved" if real.closure else "refuted")
    if real.closure:
        assert found["hessian"]["status"] == ("proved" if real.hessian else "refuted")
        assert found["warp"]["status"] == ("proved" if real.warp else "refuted")
    assert not failures(found)


@pytest.mark.parametrize(("metric", "start"), METRICS)
def test_a_metric_is_as_its_document_says(metric: str, start: str) -> None:
    found = show(
        "--metric", metric, "--start", start, "--parameters", ",".join(p.split("=")[0] for p in start.split(", "))
    )
    names = tuple(Symbol(p, real=True) for p in found["model"]["parameters"])
    rho = Matrix([[read(e) for e in row.split(",")] for row in metric.split(";")])
    assert found["hessian"]["status"] == ("proved" if is_hessian(rho, names) else "refuted")
    assert found["warp"]["status"] == ("proved" if has_warp(rho, names) else "refuted")
    assert not failures(found, rho)


def test_the_numbers_notice_a_wrong_formula() -> None:
    found = show("a*w1, a*w2", "--start", "a=2, w1=1, w2=0")
    assert not failures(found)
    wrongs = {
        "g in beta": found | {"warp": found["warp"] | {"factor": "1"}},
        "grad Q": found | {"potential": found["potential"] | {"gradient": ["beta1", "beta2"]}},
        "law": found | {"conservation_laws": found["conservation_laws"] | {"laws": ["a*w1"]}},
        "inverse_metric": found | {"dynamics": found["dynamics"] | {"inverse_metric": [["1", "0"], ["0", "1"]]}},
    }
    for name, wrong in wrongs.items():
        assert any(text.startswith(name) for text in failures(wrong)), name
