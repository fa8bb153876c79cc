"""Defects of laws, verdicts, witnesses and time limits that were found by fuzzing the derivations, one claim a test."""

import random
from time import sleep
from typing import Any

import pytest
from console import read, show
from regression_flows import close, follow, reals
from sympy import Expr, Matrix, Poly, Rational, Symbol, simplify

from derive import pipeline, stages
from derive.branch import elimination
from derive.errors import ComputationError
from derive.exact.field import Field
from derive.fields.dynamics import InducedDynamics
from derive.fields.leaf import Leaf, setting
from derive.model import parse_model

# -- special leaves -----------------------------------------------------------------------------------


TWO = "a1*w1+a2*v1, a1*w2+a2*v2"


def test_a_balanced_start_is_judged_on_its_own_leaf() -> None:
    start = "a1=5, w1=3, w2=-4, a2=-5, v1=-3, v2=4"
    found = show(TWO, "--start", start)
    assert found["closure"]["status"] == "proved" and found["warp"]["status"] == "proved"
    assert found["conservation_laws"]["count"] == 3  # those of every leaf, as without the start
    assert found["commuting"]["status"] != "proved"
    w, z = follow(found, [Rational(1, 9), Rational(1, 5)], Rational(1, 4))
    gradient = found["potential"]["parametric"]["gradient"]
    assert all(close(read(y).xreplace(w), s) for y, s in zip(gradient, z, strict=True))


def test_a_neuron_that_is_a_multiple_of_another_moves_with_it() -> None:
    """Azulay et al. 2021, proposition 6.2, in three dimensions and for any multiple."""
    predictor = "a*w1+b*v1, a*w2+b*v2, a*w3+b*v3"
    found = show(predictor, "--start", "a=3, w1=1, w2=2, w3=2, b=-6, v1=-2, v2=-4, v3=-4")
    assert found["closure"]["status"] == "proved" and found["hessian"]["status"] == "refuted"
    assert found["warp"]["status"] == "proved"
    w, z = follow(found, [Rational(1, 9), Rational(1, 5), Rational(-1, 7)], Rational(1, 8))
    gradient = found["potential"]["parametric"]["gradient"]
    assert all(close(read(y).xreplace(w), s) for y, s in zip(gradient, z, strict=True))


def test_a_start_that_is_not_special_keeps_its_verdict() -> None:
    found = show(TWO, "--start", "a1=1, w1=1, w2=0, a2=1, v1=0, v2=1")
    assert found["closure"]["status"] == "refuted"
    assert not any("leaf of the start" in found[k]["reason"] for k in ("closure", "hessian"))


# -- redundant coordinates ----------------------------------------------------------------------------


@pytest.mark.parametrize(("predictor", "relation"), [("u*v, 2*u*v", [-2, 1]), ("u, v, u+v", [1, 1, -1])])
def test_a_singular_metric_names_the_subspace(predictor: str, relation: list[int]) -> None:
    found = show(predictor)
    (text,) = found["confined"]["relations"]
    assert f"beta is confined to {text} = 0" in found["hessian"]["reason"]
    coefficients = [read(text).coeff(Symbol(f"beta{i + 1}", real=True)) for i in range(len(relation))]
    assert Matrix([coefficients, relation]).rank() == 1


# -- what is refused, and what is not -----------------------------------------------------------------


def test_ten_coordinates_of_a_neuron_take_seconds() -> None:
    found = show("neuron", "--dimension", "10")
    assert found["potential"]["status"] == "proved" and found["potential"]["form"] == "closed"


def test_a_metric_does_not_wait_for_conservation_laws() -> None:
    found = show("--metric", "2+x1**2+x2**2+x3**2, x1*x2, 0; x1*x2, 3+x2**2*x3**2, 0; 0, 0, 1+exp(x1)")
    assert found["conservation_laws"] is None


# -- a depth that is a symbol -------------------------------------------------------------------------


def test_a_symbolic_depth_has_its_law_and_its_parametric_gradient() -> None:
    found = show("w1**D-v1**D", "--parameters", "w1,v1", "--start", "w1=2, v1=1")
    w, v, depth = reals(["w1", "v1", "D"])
    (law,) = found["conservation_laws"]["laws"]
    ratio = read(law) / (w ** (2 - depth) + v ** (2 - depth))
    places = [{w: Rational(3, 2), v: Rational(2, 3), depth: n} for n in (Rational(3), Rational(7, 2), Rational(1))]
    assert all(close(ratio.xreplace(place), ratio.xreplace(places[0])) for place in places)
    (gradient,) = found["potential"]["parametric"]["gradient"]
    expected = (w ** (2 - depth) - 2 ** (2 - depth)) / (depth * (2 - depth))
    assert all(close(read(gradient).xreplace(place), expected.xreplace(place)) for place in places)
    assert "not 0" in found["potential"]["reason"]  # D = 2 is another formula


def test_restricted_idle_parameters_are_not_counted_as_laws() -> None:
    free = show("u*v", "--parameters", "u,v,x")["conservation_laws"]
    assert (free["status"], free["count"]) == ("proved", 2)
    held = show("u*v", "--parameters", "u,v,x", "--restrict", "x**2 = 1")["conservation_laws"]
    assert (held["status"], held["count"]) == ("unknown", None)


def test_roots_of_redundant_coordinates_are_those_of_the_independent_ones():
    """M_33 comes out negative beyond v = 0, which this leaf passes: the statement has to end there."""
    found = show("v, v, 2*x*u*v", "--start", "u=3/5, v=2/5, x=13/10")
    alone = show("v, 2*x*u*v", "--start", "u=3/5, v=2/5, x=13/10")
    metric = found["dynamics"]["inverse_metric"]
    assert read(metric[2][2]).subs(read("beta3"), read("beta2")) == read(alone["dynamics"]["inverse_metric"][1][1])
    assert "beta1 > 0" in found["potential"]["domain"]["conditions"]
    assert any(end.startswith("v = 0") for end in found["potential"]["valid_until"])
    assert show("u, 2*u")["dynamics"]["inverse_metric"] == [["1", "2"], ["2", "4"]]


# -- witnesses can be plugged in ----------------------------------------------------------------------


def bracket_image(found: dict[str, Any], block: str) -> list[Expr]:
    """J [V_i, V_j] at the witness of the block, from the document's strings."""
    names = reals(found["model"]["parameters"])
    witness = found[block]["witness"]
    point = {p: read(witness["point"][str(p)]) for p in names}
    functions = [read(f) for f in found["model"]["predictor"]]
    i, j = witness["entry"]
    jacobian = Matrix(functions).jacobian(names)
    u, v = jacobian[i, :].T, jacobian[j, :].T
    return [simplify(e.xreplace(point)) for e in jacobian * (v.jacobian(names) * u - u.jacobian(names) * v)]


@pytest.mark.parametrize(
    "words",
    [
        ("a*w1, a*w2", "--start", "a=1, w1=0, w2=0"),
        ("u1**2+u2**2, u1*v1+u2*v2, v1**2+v2**2", "--start", "u1=1, u2=0, v1=0, v2=1"),
        ("convolution", "--dimension", "3"),
        ("a*b*w1, a*b*w2", "--start", "a=1, b=-4, w1=0, w2=0"),  # a leaf without small rational points
    ],
)
def test_a_witness_lies_off_a_start_where_only_a_slope_is_not_zero(words: tuple[str, ...]) -> None:
    """At these starts J [V_i, V_j] is zero: the refutation is a derivative, the witness another point of the leaf."""
    found = show(*words)
    witness = found["hessian"]["witness"]
    images = bracket_image(found, "hessian")
    assert any(close(read(witness["value"]), e) for e in images) and abs(read(witness["value"])) > Rational(1, 1000)
    point = {Symbol(p, real=True): read(v) for p, v in witness["point"].items()}
    at_start = {Symbol(p, real=True): read(v) for p, v in found["model"]["start"].items()}
    constants = {
        read(name): read(value) for name, value in witness["point"].items() if name not in found["model"]["start"]
    }
    for law in map(read, found["conservation_laws"]["laws"]):
        assert law.xreplace(point) == law.xreplace(at_start).xreplace(constants)


def test_the_witness_of_a_block_is_a_point_of_the_whole_space() -> None:
    found = show("x**2, b*v1, b*v2", "--start", "x=2, b=1, v1=2, v2=alpha")
    witness = found["hessian"]["witness"]
    assert set(witness["point"]) == {"x", "b", "v1", "v2", "alpha"} and witness["entry"] == [1, 2]
    assert any(e != 0 for e in bracket_image(found, "hessian"))
    direction = show("x**2, a*w1+b*v1, a*w2+b*v2")["closure"]["witness"]["direction"]
    assert set(direction) == {"x", "a", "w1", "b", "v1", "w2", "v2"} and direction["x"] == "0"


def test_a_setting_that_is_cut_leaves_everything_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two neurons close on the balanced set alone: judged as a generic leaf, closure would be refuted there."""

    def slow(dynamics: InducedDynamics) -> Leaf:
        sleep(5)
        return setting(dynamics)

    monkeypatch.setattr(stages, "setting", slow)
    predictor = ["a*w1+b*v1", "a*w2+b*v2"]
    balanced = ["a**2-w1**2-w2**2", "b**2-v1**2-v2**2", "a*b-w1*v1-w2*v2"]
    found = pipeline.derive(parse_model(predictor, restrict=balanced), time_limit=2)
    assert found.closure is not None and not found.closure.verdict.is_refuted
    assert str(found.hessian.status) == str(found.warp.verdict.status) == "unknown"


def test_the_gradient_fields_obey_the_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expanding this power takes minutes, and happened before any stage was timed."""
    monkeypatch.setattr(stages, "FIELDS", 0.5)
    with pytest.raises(ComputationError, match="gradient fields"):
        pipeline.derive(parse_model(["(a+b+c+d+f+g+h)**40"]), time_limit=0.5)


def test_no_roots_are_sought_where_there_is_no_potential(monkeypatch: pytest.MonkeyPatch) -> None:
    """U U^T with wide U, 2 x 4: 17 s went into roots that no potential could use; M is linear in beta anyway."""

    def sought(*_: object) -> None:
        raise AssertionError("a root was sought")

    monkeypatch.setattr(elimination, "quadratic_root", sought)
    found = show("psd", "--rank", "4")
    assert found["warp"]["status"] == "refuted" and found["dynamics"]["inverse_metric"] is not None


# -- warps and gradients of isotropic models ----------------------------------------------------------


def test_brackets_of_a_dense_metric_with_exponentials_and_roots_end() -> None:
    """Four coordinates, eight generators: one greatest common divisor took minutes, and no time limit stops it."""
    rows = "exp(x)+1, x*y, z, t; x*y, exp(y)+3, 0, 0; z, 0, sqrt(1+z**2)+5, t; t, 0, t, exp(t)+9"
    found = show("--metric", rows, "--parameters", "x,y,z,t")
    assert found["hessian"]["status"] == found["warp"]["status"] == "refuted"


def test_sums_and_products_of_a_field_are_in_lowest_terms() -> None:
    """Against SymPy: what is added with a shared denominator cancels as if it had been brought to one."""
    x, y = reals(["x", "y"])
    chance = random.Random(8)
    field = Field([x, y], (x, y))
    factors = [x, y, x + y, x - 2 * y, x**2 + 1]

    def fraction() -> Expr:
        top = chance.choice(factors) * chance.choice(factors) + chance.randint(-2, 2)
        return top / (chance.choice(factors) ** chance.randint(0, 2) * chance.choice(factors))

    for _ in range(40):
        a, b = fraction(), fraction()
        for made, expected in (
            (field.convert(a) + field.convert(b), a + b),
            (field.convert(a) * field.convert(b), a * b),
            (field.convert(a).derivative(x), a.diff(x)),
        ):
            top, bottom = expected.together().cancel().as_numer_denom()
            assert (made.expression() - expected).together().expand().equals(0)
            assert made.denominator.total_degree() == Poly(bottom, x, y).total_degree()
            assert made.denominator.leading_coefficient() == 1 or top.is_zero
