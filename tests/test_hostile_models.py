"""Models chosen to break a search inside a stage: no request that is well formed ends without a document.

What the documents claim is compared with numbers by `document_oracle`, or with closed forms worked out here.
"""

import pytest
from console import run, show
from document_oracle import failures

from derive import pipeline
from derive.errors import ComputationError
from derive.model import parse_model


def statuses(found: dict) -> dict[str, str]:
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
