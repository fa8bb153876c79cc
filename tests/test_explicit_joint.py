"""R for several coordinates at once, and for products of any depth: what is claimed against SciPy's minimiser.

Each family is tried from balanced, unbalanced, negative and vanishing starts, on both sides of the start and far out.
"""

import random
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import pytest
import sympy
from distance_oracle import along_curves, by_branches, image, least, names, read, result

TOLERANCE = 2e-6
Document: TypeAlias = dict[str, Any]
Start: TypeAlias = dict[str, str]

LINES = [
    (["a*w1", "a*w2"], {"a": "1", "w1": "1", "w2": "0"}),
    (["a*w1", "a*w2"], {"a": "2", "w1": "1/2", "w2": "1/3"}),
    (["a*w1", "a*w2"], {"a": "1/3", "w1": "1", "w2": "-1"}),
    (["a*w1", "-2*a*w2", "a*w3"], {"a": "-1", "w1": "1", "w2": "1/2", "w3": "0"}),
    (["a*w1", "a*w2"], {"a": "1", "w1": "0", "w2": "0"}),
    (["a*b*w1", "a*b*w2"], {"a": "1", "b": "1", "w1": "1", "w2": "0"}),
    (["a*b*w1", "a*b*w2"], {"a": "-1", "b": "1/2", "w1": "1/3", "w2": "1"}),
    (["3*a*b*w1", "a*b*w2"], {"a": "1", "b": "2", "w1": "0", "w2": "0"}),
    (["a**2*w1", "a**2*w2"], {"a": "-1", "w1": "1", "w2": "0"}),
    (["-a*b**2*c*w1", "-a*b**2*c*w2"], {"a": "1", "b": "1", "c": "1", "w1": "1/2", "w2": "0"}),
    (["g*v1/sqrt(v1**2 + v2**2)", "g*v2/sqrt(v1**2 + v2**2)"], {"g": "-1", "v1": "1", "v2": "1/2"}),
]
GRAMS = [
    (["u**2", "u*v", "v**2"], {"u": "1", "v": "-2"}),
    (["a**2 + b**2", "a*c + b*d", "c**2 + d**2"], {"a": "1", "b": "0", "c": "1/2", "d": "1"}),
    (["a**2 + b**2", "a*c + b*d", "c**2 + d**2"], {"a": "1", "b": "-1", "c": "2", "d": "-1"}),
    (["a**2 + b**2 + e**2", "a*c + b*d + e*f", "c**2 + d**2 + f**2"], dict(zip("abcdef", "101101", strict=True))),
]
QUADRATICS = [
    (["a*w1 + b*v1", "a*w2 + b*v2"], {"a": "1", "w1": "1", "b": "1/2", "v1": "0", "w2": "0", "v2": "1"}),
    (["u1*v1 + u2*v2", "u1*v2 + u2*v1"], {"u1": "1", "v1": "0", "u2": "0", "v2": "0"}),
    (["a*c + b*d", "a*e + b*f", "g*c + h*d", "g*e + h*f"], dict(zip("acbdefgh", "11001101", strict=True))),
    (["u**2 - u*v + v", "u*v"], {"u": "1", "v": "-1"}),
    (["u**2 + u*v - 2*v**2 + r"], {"u": "1", "v": "-1", "r": "0"}),  # irrational eigenvalues
]
MONOMIALS = [
    ("u*v*r", {"u": "1", "v": "1", "r": "0"}),
    ("u*v*r", {"u": "1", "v": "2", "r": "-1/2"}),
    ("-2*u*v*r*t", {"u": "1", "v": "1", "r": "1", "t": "1/3"}),
    ("u**2*v*r", {"u": "1", "v": "1", "r": "1"}),
    ("u**3*v**3*r**3", {"u": "1", "v": "1/2", "r": "1"}),
    ("u**2*v**4", {"u": "1", "v": "-1"}),
]
RAYS = [
    ("u*v", {"u": "1", "v": "1"}),
    ("u*v - r*t", {"u": "1", "v": "1", "r": "1", "t": "-1"}),
    ("u**2 + v", {"u": "0", "v": "1"}),
    ("u**2 - v**2", {"u": "1", "v": "0"}),
]


def _targets(d: Document, count: int = 3, seed: int = 5) -> Iterator[list[float]]:
    chance = random.Random(seed)
    start = [float(read(v, d)) for v in d["model"]["start"].values()]
    for k in range(count):
        yield image(d, [v + chance.gauss(0, (0.2, 1, 2)[k % 3]) for v in start])


@pytest.mark.parametrize(("predictor", "start"), LINES, ids=lambda v: str(v))
def test_a_vector_times_a_scalar_has_its_least_distance_at_the_root_that_is_named(
    predictor: list[str], start: Start
) -> None:
    d = result(predictor, start)
    assert d["explicit"]["status"] == "proved" and d["explicit"]["scope"] == "every dimension"
    compared = 0
    for target in _targets(d, 5):
        for claimed in by_branches(d, target):
            assert claimed == pytest.approx(least(d, target), rel=TOLERANCE, abs=TOLERANCE)
            compared += 1
    assert compared >= 2


@pytest.mark.parametrize(("predictor", "start"), GRAMS, ids=lambda v: str(v))
def test_a_gram_matrix_has_the_bures_distance(predictor: list[str], start: Start) -> None:
    d = result(predictor, start)
    assert d["explicit"]["value"] is not None
    for target in _targets(d):
        at = {names(d)[f"beta{i + 1}"]: sympy.Float(v, 30) for i, v in enumerate(target)}
        claimed = sympy.re(read(d["explicit"]["value"], d).subs(at))
        if len(d["model"]["parameters"]) == 2:  # the level is w and -w, where SLSQP has more equations than unknowns
            u, v = float(read(start["u"], d)), float(read(start["v"], d))
            x = np.sqrt(target[0])
            y = target[1] / x
            expected = min((s * x - u) ** 2 + (s * y - v) ** 2 for s in (1, -1))
        else:
            expected = least(d, target)
        assert float(claimed) == pytest.approx(expected, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(("predictor", "start"), QUADRATICS, ids=lambda v: str(v))
def test_convex_multipliers_give_the_least_distance(predictor: list[str], start: Start) -> None:
    d = result(predictor, start)
    (branch,) = d["explicit"]["branches"]
    count = len(predictor)
    multipliers, w = ([names(d)[u] for u in branch["unknowns"][i:j]] for i, j in ((0, count), (count, None)))
    chance, compared = random.Random(3), 0
    while compared < 3:
        there = {m: sympy.Rational(chance.randint(-30, 30), 20) for m in multipliers}
        if any(read(c, d).subs(there) <= 0 for c in branch["conditions"]):
            continue
        solution = sympy.linsolve([read(e, d).subs(there) for e in branch["equations"][: len(w)]], *w)
        point = dict(zip(w, next(iter(solution)), strict=True))
        levels = [read(e, d) for e in branch["equations"][len(w) :]]
        target = [float((e + names(d)[f"beta{i + 1}"]).subs(point)) for i, e in enumerate(levels)]
        claimed = float(read(branch["value"], d).subs(point))
        assert claimed == pytest.approx(least(d, target), rel=TOLERANCE, abs=TOLERANCE)
        compared += 1


@pytest.mark.parametrize(("predictor", "start"), MONOMIALS + RAYS, ids=lambda v: str(v))
def test_curves_give_the_least_distance(predictor: str, start: Start) -> None:
    d = result([predictor], start)
    pairs = along_curves(d, 3)
    assert d["explicit"]["status"] == "proved" and len(pairs) >= 3
    for beta, value in pairs:
        assert value == pytest.approx(least(d, [beta]), rel=TOLERANCE, abs=TOLERANCE)


@pytest.mark.parametrize(("predictor", "start"), RAYS, ids=lambda v: str(v))
def test_a_quadratic_is_known_everywhere(predictor: str, start: Start) -> None:
    """The domains of the curves leave no gap (the form u^2 + ... takes all values in these examples)."""
    d = result([predictor], start)
    ends = sorted(
        ((-np.inf if low is None else float(read(low, d)), np.inf if high is None else float(read(high, d))))
        for low, high in (c["domain"] for c in d["explicit"]["curves"])
    )
    assert ends[0][0] == -np.inf and ends[-1][1] == np.inf
    assert all(a[1] == b[0] for a, b in pairwise(ends))


@pytest.mark.parametrize("formula", ["exp(w)", "1 - 2*exp(-w)", "sinh(2*w)", "(2*w - 1)**3", "tanh(w)", "w**4"])
def test_a_level_that_is_a_point_has_a_closed_form(formula: str) -> None:
    d = result([formula], {"w": "1/3"})
    beta, value = names(d)["beta1"], read(d["explicit"]["value"], d)
    for w in (-0.7, 0.2, 0.9) if formula != "w**4" else (0.2, 0.9):
        assert float(value.subs(beta, image(d, [w])[0])) == pytest.approx((w - 1 / 3) ** 2, abs=1e-9)


SMALL = [
    (["u**2*v**2"], "lp, p = 1/2"),
    (["u + 2*v"], "l2"),
    (["u*v*r + s*t*w"], "lp, p = 2/3"),
    (["3*u**3 - v**3"], "lp, p = 2/3"),
    (["a*w1", "a*w2"], "l2"),
    (["a*b*w1", "2*a*b*w2"], "weighted l2"),
    (["a*w1 + b*v1", "a*w2 + b*v2"], "l2"),
    (["a*c + b*d", "a*e + b*f", "g*c + h*d", "g*e + h*f"], "nuclear"),
    (["a*c + b*d", "a*e + b*f", "a*k + b*l", "g*c + h*d", "g*e + h*f", "g*k + h*l"], "nuclear"),
    (["a**2 + b**2", "a*c + b*d", "c**2 + d**2"], "trace"),
]


@pytest.mark.parametrize(("predictor", "norm"), SMALL, ids=lambda v: str(v))
def test_the_limit_of_a_vanishing_start_is_the_least_norm(predictor: list[str], norm: str) -> None:
    d = result(predictor, None)
    (regime,) = (r for r in d["explicit"]["limits"] if r["limit"].endswith("-> 0"))
    assert regime["norm"] == norm
    parameters, chance = d["model"]["parameters"], random.Random(2)
    for _ in range(2):
        target = image(d, [chance.gauss(0, 1) for _ in parameters])
        at = {names(d)[f"beta{i + 1}"]: v for i, v in enumerate(target)}
        expected = least(d, target, w0=[0.0] * len(parameters))
        assert float(read(regime["equivalent"], d).subs(at)) == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_a_nuclear_norm_without_a_formula_is_named() -> None:
    rows = ["+".join(f"u{i}{k}*v{j}{k}" for k in range(3)) for i in range(3) for j in range(3)]
    d = result(rows, None)
    (regime,) = d["explicit"]["limits"]
    assert regime["norm"] == "nuclear" and regime["equivalent"].startswith("2*nuclear_norm(beta1, beta2, ")


def test_coordinates_on_orthogonal_subspaces_are_taken_one_by_one() -> None:
    d = result(
        ["(3*a - 4*c)**2 + (3*b - 4*d)**2", "(4*a + 3*c)**2 + (4*b + 3*d)**2"], dict(zip("acbd", "1001", strict=True))
    )
    value = read(d["explicit"]["value"], d)
    for target in _targets(d):
        at = {names(d)[f"beta{i + 1}"]: v for i, v in enumerate(target)}
        assert float(value.subs(at)) == pytest.approx(least(d, target), rel=TOLERANCE)


def test_the_distance_is_no_multiple_of_the_potential_but_for_linear_models() -> None:
    def verdict(predictor: list[str], start: Start) -> str:
        return result(predictor, start)["explicit"]["twice_the_potential"]["status"]

    assert verdict(["w1", "w1 + w2"], {"w1": "0", "w2": "1"}) == "proved"
    assert verdict(["a*w1", "a*w2"], {"a": "1", "w1": "1", "w2": "0"}) == "refuted"
    assert verdict(["sinh(w)"], {"w": "0"}) == "refuted"
    assert verdict(["u*v"], {"u": "1", "v": "0"}) == "refuted"


@pytest.mark.parametrize("size", ["1e-400", "1e-8", "1e8"])
def test_extreme_starts_scale_as_they_should(size: str) -> None:
    """R_s(beta) = s^2 R_1(beta/s^D) for the curves of u v r and for P(R, beta) of u^3 - v^3."""
    unit = result(["u*v*r"], {"u": "1", "v": "1", "r": "0"})["explicit"]["curves"][0]
    far = result(["u*v*r"], {"u": size, "v": size, "r": "0"})["explicit"]["curves"][0]
    mu, s = sympy.Symbol("mu"), sympy.Rational(size)
    for key, power in (("beta", 3), ("value", 2)):
        one, other = (sympy.sympify(c[key], locals={"mu": mu}) for c in (unit, far))
        moved = (other.subs(mu, 3 * s**2) / s**power - one.subs(mu, 3)).evalf(30)
        assert abs(moved) < 1e-20
    cubic = result(["u**3 - v**3"], {"u": size, "v": size})["explicit"]
    if size != "1e-400":  # its coefficients have more digits there than Python prints
        low, high = map(sympy.Rational, cubic["domain"][0])
        assert high == -low and abs(high / s**3 - sympy.Rational(2112891, 250000)) < 1e-5
    else:
        assert cubic["status"] == "unknown"
