"""A result does not depend on what the user's symbols are called: no unknown of ours is ever equal to one of them."""

import re
from functools import cache

import pytest
from console import read, run, show
from sympy import Rational, Symbol, simplify

NAMES = ("t", "x", "r", "R", "y", "s", "beta", "g", "w_0", "s_1", "c1", "s1", "C1", "sigma2")
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


# models and starts in names that results use too; the same with a for c and u for s is free of them
OURS = (
    ("s1*c1, s2*c2", "s1=s3, c1=0, s2=1, c2=1/2"),
    ("c2*s1, c2*s2", "c2=2, s1=1, s2=0"),
    ("c1**2 - s1**2, c2**2 - s2**2", "c1=c3, s1=c3, c2=1, s2=1"),
    ("c1**3 - c2**3", "c1=s7, c2=s7"),
    ("x*y, c1*s", "x=1, y=0, c1=1, s=0"),  # equal blocks, only one with such a name
)


@pytest.mark.parametrize(("predictor", "start"), OURS)
def test_names_of_results_make_way_for_those_of_the_model(predictor: str, start: str) -> None:
    def plain(text: str) -> str:
        return text.replace("c", "a").replace("s", "u")

    found, other = show(predictor, "--start", start), show(plain(predictor), "--start", plain(start))
    given = set(re.findall(r"[a-z]\w*", f"{predictor} {start}"))
    new, old = ([*d["dynamics"]["constants"], *d["potential"]["dual_variables"]] for d in (found, other))
    assert not set(new) & given and len(set(new)) == len(new)
    table = {Symbol(a, real=True): Symbol(b, real=True) for a, b in zip(new, old, strict=True)}
    table |= {Symbol(name, real=True): Symbol(plain(name), real=True) for name in given}
    compared = 0
    for left, right in zip(formulas(found), formulas(other), strict=True):
        assert (left is None) == (right is None)
        if left is not None and right is not None:
            assert simplify(read(left).xreplace(table) - read(right)) == 0
            compared += 1
    assert compared > 2


def formulas(d: dict) -> list[str | None]:
    q = d["potential"]
    listed = [*d["dynamics"]["constants"].values(), *d["conservation_laws"]["laws"], q["value"], q["dual_value"]]
    for entries in (q["gradient"], q["dual_gradient"], *(d["dynamics"]["inverse_metric"] or [])):
        listed += entries or [None]
    return listed


def test_the_coordinates_are_always_called_beta() -> None:
    done = run("show", "beta1*w, beta2*w")
    assert done.status == 2 and "beta1" in done.err and done.err.count("\n") == 1


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


def test_what_stands_for_a_bounded_constant_is_no_name_of_the_model() -> None:
    """s < 1 is exchanged for a free constant, which once was the user's own s_free: Q was that of another start."""
    start = "a=sqrt({0}*(1+s)/(1-s)), w1=sqrt({0}*(1-s)/(1+s)), w2=0"
    plain, taken = (show("a*w1, a*w2", "--start", start.format(name)) for name in ("alpha", "s_free"))
    assert plain["potential"]["form"] == taken["potential"]["form"] == "closed"
    here = {Symbol("s", real=True): Rational(1, 3), Symbol("beta1", real=True): 3, Symbol("beta2", real=True): -2}
    for left, right in zip(plain["potential"]["gradient"], taken["potential"]["gradient"], strict=True):
        named = ((left, "alpha"), (right, "s_free"))
        values = [read(e).subs(here | {Symbol(c, real=True): Rational(2)}) for e, c in named]
        assert abs((values[0] - values[1]).evalf(30)) < Rational(1, 10**20)
