"""A refused warp says what does exist, and what it says is so: the parts are derived on their own."""

import re

import pytest
from console import show


@pytest.mark.parametrize(
    ("model", "plain", "warped"),
    [
        ("a*w1, a*w2, u**2", ["(beta3)"], ["(beta1, beta2)"]),
        ("a*w1, a*w2, b*v1, b*v2", [], ["(beta1, beta2)", "(beta3, beta4)"]),
        ("u1**2+u2**2, u1*u3+u2*u4, u3**2+u4**2, x**3", ["(beta4)"], []),
    ],
)
def test_blocks_that_are_mirror_flows_are_named(model: str, plain: list[str], warped: list[str]) -> None:
    found = show(model)
    assert found["warp"]["status"] == "refuted"
    parts = found["warp"]["reason"].split("; ")
    named = {key: [p for p in parts if p.startswith(key + ":")] for key in ("a mirror flow by itself", WARPED)}
    for key, blocks in (("a mirror flow by itself", plain), (WARPED, warped)):
        assert re.findall(r"\(beta[^)]*\)", " ".join(named[key])) == blocks
    coordinates = [c.strip() for c in model.split(",")]
    for block in plain + warped:
        alone = show(", ".join(coordinates[int(i) - 1] for i in re.findall(r"beta(\d+)", block)))
        assert alone["warp"]["status"] == "proved" and (alone["hessian"]["status"] == "proved") is (block in plain)


WARPED = "a mirror flow by itself after a time warp of its own"


def test_balanced_neurons_are_named_and_have_their_warp() -> None:
    model = "a1*w1+a2*v1, a1*w2+a2*v2"
    found = show(model)
    assert found["warp"]["status"] == "refuted"
    (text,) = re.findall(r"where (.*) = 0, which is invariant", found["warp"]["reason"])
    arguments = [part for e in text.split(" = ") for part in ("--restrict", e)]
    assert show(model, *arguments)["warp"]["status"] == "proved"


@pytest.mark.parametrize("model", ["u1*v1+u2*v2, u1*v3+u2*v4, u3*v1+u4*v2, u3*v3+u4*v4", "u**2 + u*v, v**3"])
def test_nothing_is_said_where_nothing_was_found(model: str) -> None:
    assert "exists" not in show(model)["warp"]["reason"] and "by itself" not in show(model)["warp"]["reason"]
