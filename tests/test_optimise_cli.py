"""Claim: `verify optimise` prints one document or one line, and Gunasekar et al. 2018, Fig. 1, comes out of it."""

from pathlib import Path

import numpy as np
import pytest
from verify_console import assert_one_line, csv, document, run

from verify.experiments.gunasekar2018 import figure_1a, figure_1b, figure_1c
from verify.optimise.catalogue import methods

LINEAR = ("optimise", "linear", "--data", "sparse-small", "--loss", "squared", "--step", "1/4")
ENTROPY = ("optimise", "--metric", "1/w1, 0; 0, 1/w2", "--start", "w1=1, w2=1", "--loss", "squared", "--step", "1/20")


def test_the_document_has_its_keys_and_the_distance_is_rounding() -> None:
    found = document(*LINEAR, "--method", "gradient-descent")
    keys = {"schema", "method", "predictor", "parameters", "loss", "margins", "iterations", "stopped_by", "theory"}
    assert set(found) >= keys and found["schema"] == "optimise/1"
    assert found["theory"]["holds_for"] == "every step size" and float(found["theory"]["distance"]) < 1e-13
    assert found["digits"] is None


def test_digits_are_established_and_the_distance_follows_them() -> None:
    found = document(*LINEAR, "--method", "nesterov", "--momentum", "1/2", "--digits", "30", "--until", "1e-70")
    assert found["digits"] == 30 and found["stopped_by"] == "loss"
    assert float(found["theory"]["distance"]) < 1e-28


def test_natural_gradient_is_at_a_distance_and_mirror_descent_is_not(tmp_path: Path) -> None:
    data = csv(tmp_path, "a,b,y\n1,2,1\n")
    natural = document(*ENTROPY, "--data", data, "--method", "natural")["theory"]
    mirror = document(*ENTROPY, "--data", data, "--method", "mirror")["theory"]
    assert natural["holds_for"] == "small steps" and float(natural["distance"]) > 1e-3
    assert mirror["holds_for"] == "every step size" and float(mirror["distance"]) < 1e-12
    assert mirror["predictor"][0].startswith("0.5")


def test_constraints_are_met(tmp_path: Path) -> None:
    data = csv(tmp_path, "a,b,y\n1,2,1.5\n")
    found = document(*ENTROPY, "--data", data, "--method", "mirror-constrained", "--constraint", "beta1 + beta2 = 1")
    assert np.allclose([float(b) for b in found["predictor"]], [0.5, 0.5], atol=1e-9)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        (("--method", "newton"), 2),
        (("--method", "nesterov"), 2),
        (("--method", "gradient-descent", "--momentum", "1/2"), 2),
        (("--method", "gradient-descent", "--iterations", "0"), 2),
        (("--method", "gradient-descent", "--until", "1e-1700"), 2),
        (("--method", "gradient-descent", "--loss", "f - z"), 2),
        (("--method", "gradient-descent", "--loss", "__import__('os')"), 2),
        (("--method", "steepest", "--norm", "1/2"), 2),
        (("--method", "mirror-constrained", "--constraint", "beta1**2 = 1"), 2),
        (("--method", "mirror-constrained", "--constraint", "beta9 = 1"), 2),
        (("--method", "sgd", "--batch", "0"), 2),
        (("--method", "gradient-descent", "--step", "100"), 1),
        (("--method", "gradient-descent", "--loss", "logistic"), 2),
    ],
)
def test_what_cannot_be_run_is_one_line(more: tuple[str, ...], status: int) -> None:
    assert_one_line(run(*LINEAR, *more), status)


def test_a_target_that_is_not_reached_is_status_one() -> None:
    done = run(*LINEAR, "--method", "gradient-descent", "--until", "1e-20", "--iterations", "16", "--json")
    assert done.status == 1 and done.json["stopped_by"] == "iterations" and done.err.count("\n") == 1


def test_figure_1a_momentum_moves_the_limit() -> None:
    panel = figure_1a()
    x = np.array([1.0, 2.0])
    assert np.allclose(panel.expected, [0.5, 0.25]) and all(abs(c.end @ x - 1) < 1e-10 for c in panel.curves)
    for curve in panel.curves:
        moved = abs(curve.end[0] - 0.5)
        assert (moved < 1e-9) == (curve.settings["momentum"] == 0), curve.settings


def test_figure_1b_steps_move_the_limit_in_order() -> None:
    panel = figure_1b()
    moved = [abs(c.end[0] - panel.expected[0]) for c in panel.curves]
    assert 1e-5 < moved[0] < moved[1] < moved[2]


def test_figure_1c_small_steps_do_not_reach_the_least_norm() -> None:
    panel = figure_1c()
    rows, right = np.array([[1.0, 1, 1], [1, 2, 0]]), np.array([1.0, 10])
    assert all(np.allclose(rows @ c.end, right, atol=1e-9) for c in panel.curves)
    first = [c.end[0] for c in panel.curves]
    assert first[0] < first[1] < first[2] and first[0] - panel.expected[0] > 0.1


def test_the_documentation_names_every_method() -> None:
    text = (Path(__file__).parent.parent / "docs" / "derivations" / "optimisers.md").read_text()
    table = text[: text.index("## Theorems")]
    assert all(f"`{name}`" in table for name in methods())


@pytest.mark.parametrize(
    ("method", "loss", "holds"),
    [
        (("gradient-descent",), "exponential", "every step size"),
        (("gradient-descent",), "logistic", "every step size"),
        (("coordinate",), "exponential", "every step size"),
        (("coordinate",), "logistic", "no theorem"),
        (("normalised",), "exponential", "every step size"),
        (("normalised",), "logistic", "no theorem"),
        (("adagrad",), "exponential", "no theorem"),
        (("nesterov", "--momentum", "1/2"), "exponential", "no theorem"),
        (("gradient-descent",), "log(1 + u)", "no theorem"),
    ],
)
def test_a_theorem_is_claimed_where_there_is_one(method: tuple[str, ...], loss: str, holds: str) -> None:
    base = ("optimise", "linear", "--data", "three-points-b", "--step", "1/2", "--iterations", "500")
    known = document(*base, "--loss", loss, "--method", *method)["theory"]
    assert known["holds_for"] == holds
    if known["margin"] is not None:
        assert 0 < float(known["margin"]) <= float(known["largest_margin"]) + 1e-9
