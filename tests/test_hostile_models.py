"""Models chosen to break a search inside a stage: no request that is well formed ends without a document.

What the documents claim is compared with numbers by `document_oracle`, or with closed forms worked out here.
"""

from typing import Any

import pytest
from console import read, run, show
from document_oracle import failures
from sympy import Add, Integer, Rational, Symbol, simplify

from derive import pipeline
from derive.errors import ComputationError
from derive.model import parse_model


def statuses(found: dict[str, Any]) -> dict[str, str]:
    keys = ("conservation_laws", "closure", "commuting", "hessian", "warp", "potential")
    return {k: found[k]["status"] for k in keys}


# -- sets without small rational points ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("predictor", "law"),
    [("u**2*v, v**3*w", "u**2 - 2*v**2 + 6*w**2"), ("u**3*v + w, w**2*v", None)],
)
def test_the_zeros_of_the_laws_may_have_no_rational_point(predictor: str, law: str | None) -> None:
    """Where all laws are zero a warp is sought for an explanation; u^2 = 2 v^2 - 6 w^2 ended the request there."""
    found = show(predictor)
    assert found["warp"]["status"] == "refuted" and found["warp"]["witness"]
    assert law is None or found["conservation_laws"]["laws"] == [law]


def test_a_balanced_set_has_points_with_square_roots() -> None:
    """u^2 = 2 v^2 is what balanced layers of u^2 v are, and it has no rational point but 0."""
    for power in (2, 3):
        found = show(f"u**{power}*v", "--restrict", f"u**2-{power}*v**2")
        assert set(statuses(found).values()) == {"proved"} and found["conservation_laws"]["count"] == 0
    found = show("a*b**2*w1, a*b**2*w2", "--restrict", "b**2-2*a**2", "--restrict", "a**2-w1**2-w2**2")
    assert found["hessian"]["status"] == "refuted" and found["warp"]["status"] == "proved"


def test_the_same_chain_from_an_irrational_start_agrees_with_its_flow() -> None:
    found = show("a*b**2*w1, a*b**2*w2", "--start", "a=5, b=5*sqrt(2), w1=3, w2=4")
    assert found["warp"]["status"] == "proved" and found["potential"]["status"] == "proved"
    assert not failures(found)


# -- one stage that fails -----------------------------------------------------------------------------


def test_what_a_stage_cannot_carry_out_costs_its_own_answer_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ComputationError("nothing works today", hint="tomorrow")

    monkeypatch.setattr(pipeline, "explicit", fails)
    found = pipeline.derive(parse_model(["u*v"], start={"u": "1", "v": "0"}))
    assert found.explicit.verdict.status == "unknown" and "nothing works today" in found.explicit.verdict.reason
    assert found.potential.verdict.is_proved


def test_a_huge_start_under_an_exponential_metric_ends() -> None:
    """exp(1000000) was factored as a power of e with that many factors, beyond the reach of any time limit."""
    done = run(
        "show", "2*x*y", "--start", "x=1000000, y=-1000000", "--parameter-metric", "1+x**2, 0; 0, exp(x)", "--json"
    )
    assert done.status == 0


# -- starts where M has a smaller rank than nearby ----------------------------------------------------


def test_equal_factors_are_studied_where_the_flow_keeps_them_equal() -> None:
    """The square of a polynomial, u = v: M has rank 2 of 3 there and along the whole flow.  It was an error.

    beta = (x^2, 2 x y, y^2) lies on the cone beta2^2 = 4 beta1 beta3, whose normal turns: no Q.
    """
    found = show("u0*v0, u0*v1+u1*v0, u1*v1", "--start", "u0=1, u1=2, v0=1, v1=2")
    assert found["closure"]["status"] == "proved"
    assert found["hessian"]["status"] == found["warp"]["status"] == "refuted"
    assert found["hessian"]["witness"]["normal"]


@pytest.mark.parametrize("w", ["w1=3, w2=4", "w1=1, w2=0"])
def test_a_start_where_rho_is_singular_leaves_what_rests_on_it_unknown(w: str) -> None:
    """One neuron with a = 0: the flow leaves beta(0) = 0 along w only, and there is no rho at 0.

    From w = (1, 0) the second gradient field is zero at the start, but a moves, and then it is not: nothing is frozen.
    """
    found = show("a*w1, a*w2", "--start", f"a=0, {w}")
    assert found["conservation_laws"]["count"] == 1 and found["commuting"]["status"] == "refuted"
    for key in ("closure", "hessian", "warp", "potential"):
        assert found[key]["status"] == "unknown" and "rank 1 at the start and 2 nearby" in found[key]["reason"]


def test_a_coordinate_that_the_start_freezes_is_still_refused() -> None:
    for predictor, start in (("u*v, x", "u=0, v=0, x=1"), ("u**2 + u*v, w", "u=0, v=0, w=1")):
        assert run("show", predictor, "--start", start).status == 2


# -- functions that have no value on a restriction ----------------------------------------------------


@pytest.mark.parametrize(
    ("predictor", "restriction", "at", "slope"),
    [
        # beta = w^3 where u = 0: dbeta/dt = -9 w^4 L', so that Q'' = 1/(9 w^4) and dQ'/dw = 1/(3 w^2).  It was 0: with
        # 1/u among the functions every equation was multiplied by u, and vanished.
        ("u**2*v + w**3", "u", {"u": 0, "v": 2, "w": 3}, {"w": Rational(1, 27)}),
        # beta = -u^2 where u + v = 0: Q'' = 1/(2 u^2), dQ'/du = -1/u along (1, -1).  It was log|u + v|, which is log 0.
        ("u*v", "u+v", {"u": 3, "v": -3}, {"u": Rational(-1, 3)}),
        # the set falls apart, and the form is that of the part where the branch is
        ("u*v", "u**2-v**2", {"u": 3, "v": -3}, {"u": Rational(-1, 3)}),
    ],
)
def test_a_gradient_on_a_restriction_is_made_of_functions_that_live_there(
    predictor: str, restriction: str, at: dict[str, int], slope: dict[str, Rational]
) -> None:
    found = show(predictor, "--restrict", restriction)
    (gradient,) = map(read, found["potential"]["parametric"]["gradient"])
    point = {Symbol(n, real=True): Integer(v) for n, v in at.items()}
    assert gradient.xreplace(point).is_finite
    ((name, expected),) = slope.items()
    # along the flow u and v = -u move against each other; w moves alone
    moves = {name: 1} | ({"v": -1} if "v" in at and name == "u" else {})
    derivative = Add(*(m * gradient.diff(Symbol(n, real=True)) for n, m in moves.items()))
    assert simplify(derivative.xreplace(point) - expected) == 0


def test_two_coordinates_on_a_restriction_have_the_gradient_of_the_neuron_there() -> None:
    """(u^2 v + w x, u^2 w + w y) is the neuron w (x, y) where u = 0: grad Q = sign(w) (x, y).  It was (0, 0)."""
    found = show("u**2*v + w*x, u**2*w + w*y", "--restrict", "u")
    assert found["potential"]["status"] == "proved"
    point = {Symbol(n, real=True): Integer(v) for n, v in {"u": 0, "v": 1, "w": 2, "x": 3, "y": 5}.items()}
    assert [read(y).xreplace(point) for y in found["potential"]["parametric"]["gradient"]] == [3, 5]
