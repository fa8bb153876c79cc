"""Claim: on arrays, in float64, `minimise_arrays` returns the argmin of Q, at sizes where nothing d x d is affordable.

References: the enclosed minimisers of `minimise`, SciPy's SLSQP on the primal with Q typed in, KKT conditions typed in.
"""

import numpy as np
import pytest
from flow_references import context, mpf
from scipy.optimize import minimize
from sympy import Rational
from verify_console import csv

from derive.catalogue import architecture
from derive.errors import ComputationError, InputError
from derive.model import parse_model
from derive.pipeline import derive
from verify.data import load_data
from verify.minimise import minimise, minimise_arrays

DERIVED = {depth: derive(architecture("diagonal").model(depth=depth, dimension=1)) for depth in (2, 3)}


def at(depth: int, alpha: Rational) -> dict:
    return dict.fromkeys(DERIVED[depth].model.constants, alpha)


def problem(n: int, d: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, d))
    return x, x[:, 0] + x[:, 1] + 0.1 * rng.standard_normal(n)


def q(beta: np.ndarray, alpha: float) -> tuple[float, np.ndarray]:
    """Depth 2: Q' = asinh(beta / 2 alpha^2) / 4 (Woodworth et al. 2020), typed in."""
    m = 2 * alpha**2
    value = (beta * np.arcsinh(beta / m) - np.sqrt(m**2 + beta**2) + m).sum() / 4
    return float(value), np.arcsinh(beta / m) / 4


@pytest.mark.parametrize("subject", ["interpolation", "margin"])
@pytest.mark.parametrize("alpha", ["1", "1/5"])
def test_it_agrees_with_slsqp_on_the_primal(subject: str, alpha: str) -> None:
    for seed in range(3):
        x, y = problem(4, 12, seed)
        kind, rows, right = ("eq", x, y) if subject == "interpolation" else ("ineq", np.sign(y)[:, None] * x, 1.0)
        constraint = {"type": kind, "fun": lambda b, r=rows, c=right: r @ b - c, "jac": lambda b, r=rows: r}
        known = minimize(
            q, np.zeros(12), (float(Rational(alpha)),), "SLSQP", True, constraints=constraint,
            options={"ftol": 1e-15, "maxiter": 1000},
        )  # fmt: skip
        y = y if subject == "interpolation" else np.sign(y)
        found = minimise_arrays(DERIVED[2], x, y, subject_to=subject, constants=at(2, Rational(alpha)))
        assert np.abs(found.beta - known.x).max() < 1e-6
        assert q(found.beta, float(Rational(alpha)))[0] <= known.fun + 1e-10


@pytest.mark.parametrize("depth", [2, 3])
@pytest.mark.parametrize(("subject", "name"), [("interpolation", "sparse-small"), ("margin", "three-points-b")])
@pytest.mark.parametrize("alpha", [Rational(1), Rational(1, 50)])
def test_it_agrees_with_the_enclosure(depth: int, subject: str, name: str, alpha: Rational) -> None:
    data, mp = load_data(name), context(30)
    x, y = np.array(data.X, dtype=float), np.array(data.y, dtype=float)
    whole = derive(architecture("diagonal").model(depth=depth, dimension=data.dimension))
    exact = minimise(whole, data, subject_to=subject, digits=20, constants=at(depth, alpha))
    found = minimise_arrays(DERIVED[depth], x, y, subject_to=subject, constants=at(depth, alpha))
    assert found.active == exact.active
    top = max(abs(mpf(mp, b)) for b in exact.beta)
    assert all(abs(a - mpf(mp, b)) < 1e-9 * top for a, b in zip(found.beta, exact.beta, strict=True))


@pytest.mark.parametrize("subject", ["interpolation", "margin"])
@pytest.mark.parametrize("alpha", ["1", "1e-3", "1e-8"])
def test_the_kkt_conditions_hold_at_a_thousand_coordinates(subject: str, alpha: str) -> None:
    """beta = 2 alpha^2 sinh(4 X^T nu), primal feasibility, signs and complementarity of what is returned."""
    x, y = problem(60, 1000, 7)
    y = y if subject == "interpolation" else np.sign(y)
    found = minimise_arrays(DERIVED[2], x, y, subject_to=subject, constants=at(2, Rational(alpha)))
    rows = x if subject == "interpolation" else y[:, None] * x
    beta = 2 * float(Rational(alpha)) ** 2 * np.sinh(4 * rows.T @ found.multipliers)
    assert np.abs(beta - found.beta).max() < 1e-10 * np.abs(beta).max()
    slack = rows @ found.beta - (y if subject == "interpolation" else 1)
    if subject == "interpolation":
        assert np.abs(slack).max() < 1e-11
    else:
        assert slack.min() > -1e-11 and found.multipliers.min() >= 0 and np.abs(slack * found.multipliers).max() < 1e-9
        assert 0 < len(found.active) <= 60


def test_dependent_rows_are_dropped_and_contradictions_told() -> None:
    x, y = problem(5, 20, 1)
    once = minimise_arrays(DERIVED[2], x, y, subject_to="interpolation", constants=at(2, Rational(1)))
    twice = (np.vstack([x, 2 * x[:2]]), np.concatenate([y, 2 * y[:2]]))
    found = minimise_arrays(DERIVED[2], *twice, subject_to="interpolation", constants=at(2, Rational(1)))
    assert len(found.active) == 5 and np.abs(found.beta - once.beta).max() < 1e-10
    twice[1][-1] += 1
    with pytest.raises(InputError, match="contradict"):
        minimise_arrays(DERIVED[2], *twice, subject_to="interpolation", constants=at(2, Rational(1)))


def test_what_cannot_be_solved_is_told() -> None:
    x, y = problem(3, 4, 0)
    neuron = derive(parse_model(["a*w1", "a*w2"], start={"a": "1", "w1": "0", "w2": "0"}))
    with pytest.raises(ComputationError, match="sum over coordinates"):
        minimise_arrays(neuron, x[:, :2], y, subject_to="interpolation")
    with pytest.raises(InputError, match="label"):
        minimise_arrays(DERIVED[2], x, y, subject_to="margin", constants=at(2, Rational(1)))
    with pytest.raises(InputError, match="do not fit"):
        minimise_arrays(DERIVED[2], x, y[:2], subject_to="margin", constants=at(2, Rational(1)))
    with pytest.raises(InputError, match="not finite"):
        minimise_arrays(DERIVED[2], x * np.nan, y, subject_to="margin", constants=at(2, Rational(1)))
    with pytest.raises(ComputationError, match="float64"):  # one row and its negative: no direction separates them
        minimise_arrays(
            DERIVED[2], np.vstack([x[:1], -x[:1]]), np.ones(2), subject_to="margin", constants=at(2, Rational(1))
        )


def test_the_enclosure_works_at_a_hundred_and_fifty_coordinates(tmp_path) -> None:
    """N = 12 dual unknowns: 30 digits of all 150 coordinates, and float64 agrees."""
    rng = np.random.default_rng(3)
    x, y = rng.integers(-9, 10, (12, 150)), rng.integers(-9, 10, 12)
    text = ",".join(f"x{i}" for i in range(150)) + ",y\n"
    text += "\n".join(",".join(map(str, [*row, v])) for row, v in zip(x, y, strict=True))
    data, mp = load_data(csv(tmp_path, text + "\n")), context(40)
    whole = derive(architecture("diagonal").model(depth=2, dimension=150))
    exact = minimise(whole, data, subject_to="interpolation", digits=30, constants=at(2, Rational(1, 10)))
    found = minimise_arrays(DERIVED[2], x, y, subject_to="interpolation", constants=at(2, Rational(1, 10)))
    assert exact.digits == 30
    assert all(abs(a - mpf(mp, b)) < 1e-12 for a, b in zip(found.beta, exact.beta, strict=True))


@pytest.mark.parametrize("subject", ["interpolation", "margin"])
@pytest.mark.parametrize("depth", [2, 3])
def test_a_tolerance_is_kept(subject: str, depth: int) -> None:
    """The error against the answer to rounding is below the tolerance, with fewer steps or as many."""
    saved = 0
    for seed in range(4):
        for alpha in (Rational(2), Rational(1, 10)):
            x, y = problem(5, 40, seed)
            right = y if subject == "interpolation" else np.sign(y)
            tight = minimise_arrays(DERIVED[depth], x, right, subject_to=subject, constants=at(depth, alpha))
            for tolerance in (1e-4, 1e-8):
                loose = minimise_arrays(
                    DERIVED[depth], x, right, subject_to=subject, constants=at(depth, alpha), tolerance=tolerance
                )
                assert np.abs(loose.beta - tight.beta).max() <= tolerance * np.abs(tight.beta).max()
                assert loose.steps <= tight.steps
                saved += tight.steps - loose.steps
    assert saved > 0
