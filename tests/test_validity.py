"""Where a potential holds: domains, convexity and events, against the flow itself in floating point.

The oracle integrates the gradient fields with SciPy from the start and differentiates the printed gradient numerically.
"""

import random

import numpy as np
import pytest
import sympy
from scipy.integrate import solve_ivp

from derive.model import parse_model
from derive.pipeline import derive
from derive.present.document import document


def _shown(predictor, start):
    return document(derive(parse_model(predictor.split(", "), start=start)))


def _flowed(predictor, start, weights):
    """w after the flow along sum_k weights_k V_k for unit time; None where it ends before."""
    names = [sympy.Symbol(n, real=True) for n in start]
    place = {str(n): n for n in names}
    formulas = [sympy.sympify(t, locals=place) for t in predictor.split(", ")]
    fields = sympy.lambdify(names, [[f.diff(n) for n in names] for f in formulas])
    w0 = [float(sympy.sympify(v)) for v in start.values()]
    run = solve_ivp(
        lambda _, w: np.array(weights) @ np.array(fields(*w), dtype=float), (0, 1), w0, rtol=1e-11, atol=1e-12
    )
    beta = sympy.lambdify(names, formulas)
    return (run.y[:, -1], beta(*run.y[:, -1])) if run.status == 0 and np.abs(run.y).max() < 1e3 else None


INTERVALS = [
    ("u**2", {"u": "2"}, ["0", None]),
    ("exp(u)", {"u": "0"}, ["0", None]),
    ("tanh(u)", {"u": "1/2"}, ["-1", "1"]),
    ("u*v", {"u": "2", "v": "1"}, [None, None]),
    ("sin(u)", {"u": "1/3"}, ["-1", "1"]),
    ("u**2 - v**2", {"u": "1", "v": "0"}, ["0", None]),
    ("u**4", {"u": "1"}, ["0", None]),
    ("u**2 + v**2", {"u": "1", "v": "2"}, ["0", None]),
]


@pytest.mark.parametrize(("predictor", "start", "interval"), INTERVALS, ids=lambda v: str(v))
def test_the_interval_of_one_coordinate_is_where_the_flow_goes_and_no_further(predictor, start, interval):
    q = _shown(predictor, start)["potential"]
    assert q["domain"]["intervals"] == [interval] and q["convexity"]["status"] == "proved"
    low, high = (float(e) if e is not None else end for e, end in zip(interval, (-np.inf, np.inf), strict=True))
    reached = []
    for s in (*np.linspace(-1, 1, 9), -6.0, 6.0):
        found = _flowed(predictor, start, [s])
        if found is not None:
            reached.append(found[1][0])
            assert low - 1e-9 <= found[1][0] <= high + 1e-9  # up to rounding where the edge is approached like e^-s
    assert len(reached) > 5
    if np.isfinite(low):
        assert min(reached) - low < (max(reached) - low) / 3


# F and its kinks and folds by hand: the image of the interval of w around the start between zeros of F' and kinks
OF_ONE_PARAMETER = [
    ("2*w + Abs(w)", "1", ["0", None]),
    ("2*w + Abs(w)", "-1", [None, "0"]),
    ("Abs(w)", "-1", ["0", None]),
    ("w**2 + Abs(w)", "1", ["0", None]),
    ("Abs(w**2 - 1) + 3*w", "0", ["-3", "3"]),
    ("w - w**3", "0", ["-2*sqrt(3)/9", "2*sqrt(3)/9"]),
    ("w - w**3", "1", [None, "2*sqrt(3)/9"]),
    ("w**4 - 2*w**2", "1/2", ["-1", "0"]),
    ("w + w**3", "1", [None, None]),
]


@pytest.mark.parametrize(("predictor", "start", "interval"), OF_ONE_PARAMETER, ids=lambda v: str(v))
def test_kinks_and_folds_of_a_single_parameter_end_the_domain(predictor, start, interval):
    q = _shown(predictor, {"w": start})["potential"]
    assert q["domain"]["intervals"] == [interval]
    w, at = sympy.Symbol("w", real=True), sympy.Rational(start)
    f = sympy.sympify(predictor, locals={"w": w})
    slope = sympy.lambdify(w, f.diff(w))
    for side in (1, -1):  # walk until F turns or has its kink, as numbers
        here, step = float(at), side * 1e-3
        while abs(here) < 40 and slope(here + step) * slope(here) > 0 and abs(slope(here + step) - slope(here)) < 1:
            here += step
        reached = float(f.subs(w, here))
        low, high = (sympy.sympify(e) if e is not None else None for e in interval)
        end = high if reached > float(f.subs(w, at)) else low
        assert abs(reached) > 20 if end is None else reached == pytest.approx(float(end), abs=5e-3)


CONDITIONS = [
    ("a*v1/sqrt(v1**2 + v2**2), a*v2/sqrt(v1**2 + v2**2)", {"a": "2", "v1": "1", "v2": "1"}, 1),
    ("a*w1, b*w1", {"a": "1", "w1": "2", "b": "1"}, 1),
    ("u*v, u**2 - v**2", {"u": "1", "v": "2/3"}, 2),
    ("a*b*w1, a*b*w2", {"a": "1", "b": "1", "w1": "1", "w2": "0"}, 1),
]


@pytest.mark.parametrize(("predictor", "start", "count"), CONDITIONS, ids=lambda v: str(v))
def test_a_condition_that_another_implies_is_not_repeated(predictor, start, count):
    q = _shown(predictor, start)["potential"]
    assert len(q["domain"]["conditions"]) == count


def test_what_is_conserved_is_no_event():
    q = _shown("a*v1/sqrt(v1**2 + v2**2), a*v2/sqrt(v1**2 + v2**2)", {"a": "2", "v1": "1", "v2": "1"})["potential"]
    assert [e for e in q["valid_until"] if "edge" not in e] == ["a = 0: the warp g vanishes and may change its sign"]


EVENTS = [
    ({"a": "2", "w1": "1", "w2": "0"}, []),
    ({"a": "1", "w1": "1", "w2": "0"}, []),
    ({"a": "1", "w1": "2", "w2": "0"}, ["a = 0: the warp g vanishes and may change its sign"]),
]


@pytest.mark.parametrize(("start", "expected"), EVENTS, ids=lambda v: str(v))
def test_the_gate_of_a_neuron_is_an_event_exactly_where_it_can_vanish(start, expected):
    q = _shown("a*w1, a*w2", start)["potential"]
    assert [e for e in q["valid_until"] if "edge" not in e] == expected
    chance = random.Random(4)
    gates = []
    for _ in range(40):
        found = _flowed("a*w1, a*w2", start, [chance.uniform(-5, 2), chance.uniform(-3, 3)])
        gates += [found[0][0]] if found is not None else []
    assert (min(gates) < 0) == bool(expected)


def test_a_kink_is_an_event_unless_the_flow_cannot_reach_it():
    assert _shown("2*w + Abs(w)", {"w": "1"})["potential"]["valid_until"] == [
        "w = 0: the predictor has a kink",
        "beta1 -> 0: the edge of the domain",
    ]
    assert not _shown("u**2 - Abs(1 + v**2)", {"u": "1", "v": "1"})["potential"]["valid_until"]


TWO = [
    ("a*w1, a*w2", {"a": "1", "w1": "2", "w2": "0"}),
    ("a*w1, a*w2", {"a": "2", "w1": "1", "w2": "0"}),
    ("u**2 - v**2, u + v", {"u": "5/4", "v": "1/3"}),
    ("u*v, u**2 - v**2", {"u": "1", "v": "2/3"}),
    ("a*w1, b*w1", {"a": "1", "w1": "1/2", "b": "1"}),
    ("u**2 + v**2, u*v", {"u": "1", "v": "3"}),
]


@pytest.mark.parametrize(("predictor", "start"), TWO, ids=lambda v: str(v))
def test_on_the_domain_the_hessian_is_the_warped_metric_and_positive_definite(predictor, start):
    shown = _shown(predictor, start)
    q, chance = shown["potential"], random.Random(2)
    names, betas = [sympy.Symbol(n) for n in start], [sympy.Symbol(b) for b in q["variables"]]
    place = {str(s): s for s in (*names, *betas)}
    gradient = sympy.lambdify(betas, [sympy.sympify(t, locals=place) for t in q["gradient"]], "mpmath")
    conditions = [sympy.lambdify(betas, sympy.sympify(c[:-4], locals=place)) for c in q["domain"]["conditions"]]
    formulas = [sympy.sympify(t, locals=place) for t in predictor.split(", ")]
    jacobian = sympy.lambdify(names, sympy.Matrix(formulas).jacobian(names))
    warp = sympy.lambdify(names, sympy.sympify(shown["warp"]["factor_parameters"], locals=place))
    checked = 0
    for _ in range(25):
        found = _flowed(predictor, start, [chance.uniform(-1.5, 1.5) for _ in betas])
        if found is None or not all(c(*found[1]) > 1e-3 for c in conditions) or warp(*found[0]) < 1e-2:
            continue
        w, beta = found
        moved = [(gradient(*(beta + e)), gradient(*(beta - e))) for e in np.eye(2) * 1e-5]
        hessian = (np.array([u for u, _ in moved], complex) - np.array([v for _, v in moved], complex)) / 2e-5
        j = np.array(jacobian(*w), dtype=float)
        assert np.allclose(hessian, warp(*w) * np.linalg.inv(j @ j.T), rtol=1e-3, atol=1e-5)
        assert np.linalg.eigvalsh(hessian.real).min() > 0
        checked += 1
    assert checked > 5


def test_irrational_starts_have_the_same_closed_forms():
    surd = _shown("a*w1, a*w2", {"a": "sqrt(2)", "w1": "1", "w2": "0"})["potential"]
    assert surd["form"] == "closed" and surd["domain"]["conditions"] == []
    assert _shown("u*v", {"u": "sqrt(2+sqrt(2))", "v": "sqrt(3)"})["potential"]["form"] == "closed"
    assert _shown("a*w1, a*w2", {"a": "sqrt(2+sqrt(2))", "w1": "1", "w2": "0"})["potential"]["status"] == "proved"
