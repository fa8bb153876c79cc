"""A result does not depend on what the user's symbols are called: no unknown of ours is ever equal to one of them."""

from functools import cache

import pytest
from console import show

NAMES = ("t", "x", "r", "R", "y", "s", "beta", "g", "w_0", "s_1")
MODELS = (
    ("{0}*w1, {0}*w2", "{0}=2, w1=1, w2=0"),
    ("{0}**2 - w**2", "{0}=kappa, w=kappa"),
    ("u*v", "u={0}, v=0"),
    ("u**3 - v**3", "u={0}, v={0}"),
    ("{0}*v", "{0}=2, v=1"),
)


@pytest.mark.parametrize(("predictor", "start"), MODELS)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_only_a_name(name: str, predictor: str, start: str) -> None:
    given = verdicts(predictor.format(name), start.format(name))
    assert given == verdicts(predictor.format("a"), start.format("a"))


@cache
def verdicts(predictor: str, start: str) -> dict:
    """What does not contain the symbol: verdicts, forms, limits, and how long the formulas are."""
    d = show(predictor, "--start", start)
    stages = {k: d[k]["status"] for k in ("conservation_laws", "closure", "commuting", "hessian", "warp", "potential")}
    return stages | {
        "form": d["potential"]["form"],
        "known": {k: d["potential"][k] is not None for k in ("value", "gradient", "dual_value", "dual_gradient")},
        "metric": d["dynamics"]["inverse_metric"] is not None,
        "norms": [r["norm"] for r in d["regimes"]],
        "explicit": (d["explicit"]["status"], len(d["explicit"]["limits"])),
        "scope": d["scope"],
    }
