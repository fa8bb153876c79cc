"""Claim: a row with margin 1 and multiplier 0 is reported as undecided, and the minimiser is enclosed all the same.

The data are degenerate by symmetry: Q is even and the same in every coordinate, so that the minimiser is known by hand.
"""

from pathlib import Path

import pytest
from flow_references import context
from verify_console import csv, document


def minimise(path: str, *words: str) -> dict:
    return document("minimise", *words, "--data", path, "--subject-to", "margin", "--digits", "25")


@pytest.mark.parametrize("depth", ["2", "3", "4"])
def test_a_row_that_touches_the_minimiser_is_undecided(tmp_path: Path, depth: str) -> None:
    """Row 1 alone gives beta = (1/2, 1/2, 0) by symmetry; row 2, (1, 1, 1), has margin 1 there and multiplier 0."""
    path = csv(tmp_path, "a,b,c,y\n1,1,0,1\n1,1,1,1\n")
    found = minimise(path, "diagonal", "--depth", depth)
    mp = context(40)
    assert (found["active"], found["undecided"], found["digits"]) == ([0], [1], 25)
    assert all(abs(mp.mpf(b) - w) < mp.mpf(10) ** -24 for b, w in zip(found["predictor"], (0.5, 0.5, 0), strict=True))
    assert mp.mpf(found["multipliers"][0]) > 0 and mp.mpf(found["multipliers"][1]) == 0


@pytest.mark.parametrize(("last", "undecided"), [("0.999999999999", []), ("1.000000000001", [])])
def test_a_row_that_nearly_touches_is_decided(tmp_path: Path, last: str, undecided: list[int]) -> None:
    """The same with (1, 1, 1) scaled by 1 -+ 10^-12: active or not, and the margin is above 1 or exactly 1."""
    path = csv(tmp_path, f"a,b,c,y\n1,1,0,1\n{last},{last},{last},1\n")
    found = minimise(path, "diagonal")
    assert found["undecided"] == undecided and found["active"] == ([0, 1] if last < "1" else [0])


def test_two_weak_rows_at_once(tmp_path: Path) -> None:
    """(1, 1, 1, 0) and (1, 1, 0, 1) touch (1/2, 1/2, 0, 0)."""
    found = minimise(csv(tmp_path, "a,b,c,e,y\n1,1,0,0,1\n1,1,1,0,1\n1,1,0,1,1\n"), "diagonal")
    assert (found["active"], found["undecided"]) == ([0], [1, 2])
    assert [float(b) for b in found["predictor"]] == [0.5, 0.5, 0, 0]


def test_rows_that_imply_each_other_get_positive_multipliers(tmp_path: Path) -> None:
    """(1, 1, 0) is half the sum of (1, 1, 1) and (1, 1, -1): these two bind, and nothing is left open."""
    found = minimise(csv(tmp_path, "a,b,c,y\n1,1,0,1\n1,1,1,1\n1,1,-1,1\n"), "diagonal")
    assert (found["active"], found["undecided"]) == ([1, 2], [])
    assert [float(b) for b in found["predictor"]] == [0.5, 0.5, 0]


def test_duplicate_rows_are_settled_exactly(tmp_path: Path) -> None:
    found = minimise(csv(tmp_path, "a,b,y\n1,0,1\n1,0,1\n0,1,1\n2,1,1\n"), "diagonal")
    assert (found["active"], found["undecided"]) == ([0, 2], []) and [float(b) for b in found["predictor"]] == [1, 1]


def test_a_model_that_is_no_sum_over_coordinates_at_degenerate_data(tmp_path: Path) -> None:
    """One neuron from w = 0 in the last coordinate: Q depends on |beta|, so row 2 is weak at beta = (1/2, 1/2, 0)."""
    path = csv(tmp_path, "a,b,c,y\n1,1,0,1\n1,1,1,1\n")
    found = minimise(path, "a*w1, a*w2, a*w3", "--start", "a=1, w1=0, w2=0, w3=0")
    assert (found["active"], found["undecided"]) == ([0], [1])
    assert [float(b) for b in found["predictor"]] == [0.5, 0.5, 0]


@pytest.mark.parametrize("depth", ["7", "10"])
def test_deep_networks_at_extreme_scales(depth: str) -> None:
    """Three margins in three unknowns bind at a small start: beta solves X beta = 1, that is (1/4, 7/6, 1/3)."""
    words = ("diagonal", "--depth", depth, "--data", "three-points-b", "--subject-to", "margin", "--digits", "20")
    found = document("minimise", *words, "--scale", "1e-8")
    mp = context(30)
    exact = [mp.mpf(1) / 4, mp.mpf(7) / 6, mp.mpf(1) / 3]
    assert found["active"] == [0, 1, 2] and found["digits"] == 20
    assert all(abs(mp.mpf(b) - w) < mp.mpf(10) ** -19 for b, w in zip(found["predictor"], exact, strict=True))
