"""R beyond quadratics and monomials: affine levels, exponentials, equal heads, and any smooth model near its start.

What the document claims at one beta is compared with SciPy's minimiser (`distance_oracle`), which knows nothing of it.
"""

import math
import random
from typing import Any, TypeAlias

import numpy as np
import pytest
import sympy
from distance_oracle import along_curves, image, least, names, read, result
from scipy.optimize import fsolve

TOLERANCE = 3e-6
Document: TypeAlias = dict[str, Any]
Start: TypeAlias = dict[str, str]

AFFINE = [
    (["exp(u)/(exp(u)+exp(v)+exp(r))", "exp(v)/(exp(u)+exp(v)+exp(r))"], {"u": "0", "v": "1/2", "r": "-1"}),
    (["exp(u)/(2*exp(v)+exp(u))"], {"u": "1/2", "v": "1"}),
    (["exp(u)+v", "exp(u)-2*v"], {"u": "1/2", "v": "1"}),
    (["exp(u+v)", "u-v"], {"u": "0", "v": "1/3"}),
    (["1/(1+exp(-u))"], {"u": "-1"}),
    (["sinh(u+v-r)+1"], {"u": "0", "v": "1/2", "r": "1"}),
    (["(u+v)**3", "atan(u-v)"], {"u": "1/2", "v": "-1/3"}),
]
EXPONENTIALS = [
    ("exp(a)*w", {"a": "0", "w": "1"}),
    ("exp(a)*w", {"a": "1/2", "w": "-4"}),  # the level has three critical points close to 0
    ("-2*exp(a/2-b)*w**3", {"a": "1", "b": "0", "w": "1/2"}),
    ("exp(-a)*w*v", {"a": "0", "w": "1", "v": "-2"}),
    ("exp(a)*w**2", {"a": "0", "w": "1"}),
]
COMPOSED = [  # steps small enough that tanh and exp do not saturate in floats
    ("sinh(u*v + 1)", {"u": "1", "v": "-1/2"}),
    ("2 - 3*(u**2 - v**2 + 1)**3", {"u": "1", "v": "1"}),
    ("asinh(exp(u)*v)", {"u": "0", "v": "1"}),
]
HEADS = [
    (2, 2, "1", 1),
    (3, 2, "-1/2", -2),
    pytest.param((2, 3, "2", 1), marks=pytest.mark.slow),
]
SMOOTH = [
    (["u*v*r + s*t*q"], {"u": "1", "v": "1/2", "r": "1", "s": "0", "t": "1", "q": "-1"}),
    (["sin(u) + v*u"], {"u": "1/2", "v": "1"}),
    (["u*exp(v)", "v*exp(u)"], {"u": "1/2", "v": "-1/2"}),
    (["cos(u)*v", "sin(u)*v"], {"u": "0", "v": "1"}),
    (["u**3 + v", "u*v"], {"u": "1", "v": "2"}),
    (["Abs(u)*v"], {"u": "-1", "v": "1"}),
    (["log(1+u**2) + v**3"], {"u": "1", "v": "1"}),
]


@pytest.mark.parametrize(("predictor", "start"), AFFINE, ids=lambda v: str(v))
def test_an_affine_level_has_a_closed_distance(predictor: list[str], start: Start) -> None:
    d = result(predictor, start)
    assert d["explicit"]["status"] == "proved" and d["explicit"]["value"] is not None
    chance, value = random.Random(4), read(d["explicit"]["value"], d)
    conditions = [read(c, d) for c in d["explicit"]["where"]]
    w0 = [float(sympy.Rational(v)) for v in start.values()]
    for _ in range(2):
        target = image(d, [v + chance.gauss(0, 0.8) for v in w0])
        at = {names(d)[f"beta{i + 1}"]: v for i, v in enumerate(target)}
        assert all(c.subs(at) > 0 for c in conditions)
        assert float(value.subs(at)) == pytest.approx(least(d, target), rel=TOLERANCE, abs=TOLERANCE)


def test_outside_of_the_image_of_softmax_nothing_is_claimed() -> None:
    d = result(AFFINE[0][0], {"u": "0", "v": "0", "r": "0"})
    for target in ((0.7, 0.5), (-0.1, 0.5), (0.5, -0.2), (-1.0, -1.0)):
        at = {names(d)[f"beta{i + 1}"]: v for i, v in enumerate(target)}
        assert any(read(c, d).subs(at) < 0 for c in d["explicit"]["where"])


@pytest.mark.parametrize(("predictor", "start"), EXPONENTIALS, ids=lambda v: str(v))
def test_exponentials_follow_the_multiplier(predictor: str, start: Start) -> None:
    d = result([predictor], start)
    assert d["explicit"]["status"] == "proved" and d["explicit"]["scope"] == "every dimension"
    for beta, value in along_curves(d, 3):
        assert value == pytest.approx(least(d, [beta]), rel=TOLERANCE, abs=TOLERANCE)


@pytest.mark.parametrize(("predictor", "start"), COMPOSED, ids=lambda v: str(v))
def test_a_monotone_function_of_a_known_predictor_has_its_distance(predictor: str, start: Start) -> None:
    d = result([predictor], start)
    assert "a monotone function of" in d["explicit"]["reason"]
    for (beta, value), curve in zip(along_curves(d, 1), d["explicit"]["curves"], strict=True):
        low, high = (None if e is None else float(read(e, d)) for e in curve["domain"])
        assert (low is None or low < beta) and (high is None or beta < high)
        assert value == pytest.approx(least(d, [beta]), rel=TOLERANCE, abs=TOLERANCE)


def test_one_power_and_an_exponential_are_known_for_all_beta() -> None:
    curves = result(["exp(a)*w"], {"a": "0", "w": "1"})["explicit"]["curves"]
    assert sorted(str(c["domain"]) for c in curves) == ["['0', None]", "[None, '0']"]


def _heads(count: int, others: int, start: str, coefficient: int) -> Document:
    units = [[f"v{h}", *(f"k{h}{i}" for i in range(others))] for h in range(count)]
    values = {name: "0" if name[0] == "v" else start for unit in units for name in unit}
    return result([" + ".join(f"{coefficient}*" + "*".join(unit) for unit in units)], values)


@pytest.mark.parametrize("case", HEADS, ids=lambda v: str(v))
def test_equal_heads_share_at_first_and_then_one_leads(case: tuple[int, int, str, int]) -> None:
    d = _heads(*case)
    shared, *led = d["explicit"]["curves"]
    mu = names(d)["mu"]
    end = float(read(shared["domain"][1], d))
    first = float(read(led[0]["domain"][0], d))
    assert led[1]["domain"] == [None, str(-sympy.sympify(led[0]["domain"][0]))]
    assert end <= first < end * (1 + 1e-4) and (end == first) == (case[0] == 2)
    last = float(read(shared["range"][1], d))
    fast = float(read(led[0]["range"][1], d))
    for curve, points in ((shared, (-0.4 * last, 0.995 * last)), (led[0], (0.4 * fast, 0.98 * fast))):
        for x in points:
            beta, value = (float(read(curve[key], d).subs(mu, x)) for key in ("beta", "value"))
            assert value == pytest.approx(least(d, [beta]), rel=TOLERANCE)


@pytest.mark.parametrize(("predictor", "start"), SMOOTH, ids=lambda v: str(v))
def test_any_smooth_model_is_known_near_its_start(predictor: list[str], start: Start) -> None:
    d = result(predictor, start)
    (branch,) = d["explicit"]["branches"]
    count, conditions = len(predictor), [read(c, d) for c in branch["conditions"]]
    unknowns = [names(d)[u] for u in branch["unknowns"]]
    betas = [names(d)[f"beta{i + 1}"] for i in range(count)]
    w0 = [float(sympy.Rational(v)) for v in start.values()]
    beta0, chance, compared = image(d, w0), random.Random(8), 0
    reach = 0.004 if branch["where"] is None else math.sqrt(float(read(branch["where"][0], d).subs(betas[0], beta0[0])))
    for _ in range(2):
        target = [b + reach * chance.choice((-0.98, -0.5, 0.5, 0.98)) for b in beta0]
        equations = [read(e, d).subs(dict(zip(betas, target, strict=True))) for e in branch["equations"]]
        system = sympy.lambdify(unknowns, equations, "numpy")
        root, _, solved, _ = fsolve(lambda x, f=system: f(*x), [0.0] * count + w0, full_output=True, xtol=1e-13)
        there = dict(zip(unknowns, root, strict=True))
        assert solved == 1 and all(c.subs(there) >= 0 for c in conditions)  # a solution exists where it is claimed
        value = float(read(branch["value"], d).subs(there))
        assert value == pytest.approx(least(d, target), rel=TOLERANCE, abs=1e-9)
        compared += 1
    assert compared == 2


def test_a_closed_sum_over_blocks_keeps_the_domain_of_each() -> None:
    d = result(["u*v", "x**2", "x*y", "y**2"], {"u": "1", "v": "1", "x": "1", "y": "2"})
    assert d["explicit"]["value"] is not None
    assert d["explicit"]["domain"] == [["1/4", None], *[[None, None]] * 3]


@pytest.mark.parametrize("taken", ["R", "R1", "mu", "mu1", "R2"])
def test_no_name_of_the_model_is_used_for_something_else(taken: str) -> None:
    """R^4 - ... = 0 for the start R1 would otherwise have one letter for two things."""
    predictor, size = ["u**2 - v**2", "s**2 - t**2"], sympy.Symbol(taken, real=True)
    d = result(predictor, {"u": taken, "v": taken, "s": "1", "t": "1"})["explicit"]
    assert taken not in d["symbols"] and all(c["variable"] != taken for c in d["curves"])
    known = {n: sympy.Symbol(n, real=True) for n in (taken, *d["symbols"], "beta1", "beta2")}
    equation = sympy.sympify(d["equations"][0], locals=known)
    assert equation.free_symbols == {size, known[d["symbols"][0]], known["beta1"]}
    coupled = result(["u**2 - v**2 + u*v", "u*v"], {"u": taken, "v": "1"})["explicit"]["branches"][0]
    assert taken not in coupled["unknowns"]


def test_the_distance_of_softmax_vanishes_at_the_start_alone() -> None:
    d = result(["exp(u)/(exp(u)+exp(v))"], {"u": "0", "v": "0"})
    value, beta = read(d["explicit"]["value"], d), names(d)["beta1"]
    points = np.linspace(0.05, 0.95, 19)
    found = [float(value.subs(beta, x)) for x in points]
    assert found[9] == pytest.approx(0, abs=1e-20) and min(np.delete(found, 9)) > 0
    assert found[0] == pytest.approx(math.log(19) ** 2 / 2)
