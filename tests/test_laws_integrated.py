"""Integrals and laws with values of other laws: constant along an independent flow, as many as the oracle says.

The flow is the oracle's, Runge-Kutta in mpmath on SymPy's derivatives; laws are evaluated by mpmath, integrals by its
quadrature, and differentials are central differences.
"""

from collections.abc import Callable
from random import Random

import pytest
from console import model, read, show
from leaf_oracle import Oracle, rank
from mpmath import matrix, mp, mpf
from sympy import Expr, Integral, Symbol, lambdify

Law = Callable[[list[mpf]], mpf]

# predictor, start, number of laws, how many of them are integrals
CASES = {
    "two neurons of different kinds": ("a/w+b*exp(v)", "a=1, w=3/2, b=1/3, v=-1/2", 3, 1),
    "rational clocks": ("a*w**4+b*v**2", "a=1/2, w=3/2, b=1, v=1", 3, 0),
    "two cells of one model": ("u*y**2/2+v**2", "u=1, y=2, v=-1", 2, 0),
    "the other cell": ("u*y**2/2+v**2", "u=2, y=1, v=-1", 2, 0),
    "an elliptic integral": ("a*tanh(w)+b", "a=2, w=1/2, b=0", 2, 1),
    "a rational law of degree four": ("3*u-v**3*w", "u=1, v=2, w=1", 2, 0),
    "separable, given a law": ("3*u*v**2*w-w", "u=1, v=3/2, w=2", 2, 0),
    "linear in exp(w)": ("a*exp(w)+w", "a=1/2, w=-1/3", 1, 1),
    "Bernoulli": ("2*u**2*v+v-v**3", "u=3/2, v=1/2", 1, 0),
    "an integral that is not elementary": ("sqrt(v)*cosh(u**2)", "u=1, v=2", 1, 1),
    "a quadratic law": ("exp(2*u*v+u)*w", "u=1/2, v=1/3, w=2", 2, 0),
    "hyperbolic functions": ("a*sinh(w)+b*cosh(v)", "a=1, w=1/2, b=1/2, v=2", 3, 1),
    "roots": ("a*sqrt(w)+b*exp(v)", "a=1, w=2, b=1, v=-1", 3, 1),
    "kinks": ("u*Abs(v)+w", "u=2, v=-1, w=1", 2, 0),
    "two blocks, one with a law of its own": ("u**4*exp(v)+sqrt(1+w**2), x*y", "u=1, v=1/3, w=1, x=2, y=1", 3, 1),
}


def numbers(laws: list[Expr], w: list[Symbol]) -> list[Law]:
    return [lambdify([w], h, modules="mpmath") for h in laws]


def differentials(laws: list[Law], place: list[mpf]) -> matrix:
    """Central differences of step 10^-8."""
    h, rows = mpf(10) ** -8, matrix(len(laws), len(place))
    for j in range(len(place)):
        up, down = ([x + s * h * (i == j) for i, x in enumerate(place)] for s in (1, -1))
        for i, law in enumerate(laws):
            rows[i, j] = (law(up) - law(down)) / (2 * h)
    return rows


@pytest.mark.parametrize("name", CASES)
def test_every_law_is_constant_along_the_flow_and_there_is_no_other(name: str) -> None:
    text, start, number, integrals = CASES[name]
    found = show(text, "--start", start)
    stated = found["conservation_laws"]
    assert (stated["status"], stated["count"], len(stated["laws"])) == ("proved", number, number)
    w, predictor, _ = model(found)
    laws = [read(h) for h in stated["laws"]]
    assert sum(h.has(Integral) for h in laws) == integrals
    place = [mpf(read(v).p) / read(v).q for v in found["model"]["start"].values()]
    oracle = Oracle(list(predictor), list(w))
    assert oracle.judge([place], mpf(10) ** -25).laws == number
    end = oracle.flow(place, Random(2), pieces=2)
    assert max(abs(x - y) for x, y in zip(place, end, strict=True)) > mpf(1) / 100
    beside = [x * (1 + mpf(n + 1) / 200) + mpf(1) / 300 for n, x in enumerate(place)]
    with mp.workdps(25):
        for law in numbers(laws, list(w)):
            before, after, off = law(place), law(end), law(beside)
            assert mp.im(before) == 0 and abs(before - after) < mpf(10) ** -8 * (1 + abs(before))
            assert abs(before - off) > mpf(10) ** -5
        assert rank(differentials(numbers(laws, list(w)), place), mpf(10) ** -6) == number


def test_without_a_start_the_place_is_named_where_roots_are_real() -> None:
    stated = show("u*y**2/2+v**2")["conservation_laws"]
    assert "near u = 3/2, y = 4/3, v = 5/4" in stated["reason"]
    assert len(stated["laws"]) == stated["count"] == 2


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a*sinh(w)+b", "-2 1/2 0"),
        ("a*sinh(w)+b", "2 -1/2 0"),
        ("u**4*exp(v)+sqrt(1+w**2)", "-1 1/3 1"),
        ("a*sqrt(w)+b*exp(v)", "-1 2 -1 1/2"),
    ],
)
def test_without_a_start_integrals_hold_on_every_side(text: str, place: str) -> None:
    found = show(text)
    w, predictor, _ = model(found)
    laws = [read(h) for h in found["conservation_laws"]["laws"]]
    assert any(h.has(Integral) for h in laws) and len(laws) == found["conservation_laws"]["count"]
    begin = [mpf(read(v).p) / read(v).q for v in place.split()]
    end = Oracle(list(predictor), list(w)).flow(begin, Random(2), pieces=2)
    with mp.workdps(25):
        for law in numbers(laws, list(w)):
            assert abs(law(begin) - law(end)) < mpf(10) ** -8 * (1 + abs(law(begin)))


def test_a_law_says_where_its_arctangent_jumps() -> None:
    assert "an arctangent jumps by its period where Abs(w) is 0" in show("a/w+b*exp(v)")["conservation_laws"]["reason"]
