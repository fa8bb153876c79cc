"""Data that are made: exact, the same for the same recipe, what the recipe says, and refused in one line otherwise."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sympy import Rational, Symbol
from verify_console import assert_one_line, document, run

from derive.catalogue import architecture
from derive.errors import InputError
from derive.pipeline import derive
from verify.data import load_data
from verify.minimise.arrays import minimise_arrays
from verify.recipes import arrays, drawn
from verify.separable import separating_direction


def test_a_recipe_is_reproducible_and_exact() -> None:
    first, second = (load_data("sparse-regression:dimension=7,samples=4,nonzeros=2,seed=5") for _ in range(2))
    assert first == second and (len(first.X), first.dimension) == (4, 7)
    assert all((10**6 * e).is_Integer for row in (*first.X, first.y) for e in row)
    assert first != load_data("sparse-regression:dimension=7,samples=4,nonzeros=2,seed=6")


def test_the_exact_numbers_are_the_float_ones() -> None:
    text = "separable:dimension=3,samples=9,seed=2"
    exact, floats = drawn(text), arrays(text)
    assert exact is not None and floats is not None
    assert np.array_equal(np.array(exact[0], dtype=float), floats[0])


def test_sparse_regression_has_its_predictor_and_its_noise() -> None:
    """Least squares on many rows finds beta* (1/sqrt(2) twice, then zeros) and the variance of the noise."""
    found = arrays("sparse-regression:dimension=5,samples=20000,nonzeros=2,variance=1/25")
    assert found is not None
    beta, residual, _, _ = np.linalg.lstsq(*found, rcond=None)
    assert np.abs(beta - [0.5**0.5, 0.5**0.5, 0, 0, 0]).max() < 5 * 0.2 / 20000**0.5
    assert abs(residual[0] / 20000 * 25 - 1) < 5 * (2 / 20000) ** 0.5


@pytest.mark.parametrize("seed", range(4))
def test_separable_data_are_separable(seed: int) -> None:
    assert separating_direction(load_data(f"separable:dimension=3,samples=12,seed={seed}")) is not None


@pytest.mark.parametrize(
    "text",
    [
        "separable:samples=0",
        "separable:rows=3",
        "separable:samples",
        "separable:samples=1/2",
        "separable:samples=-3",
        "sparse-regression:dimension=3",
        "sparse-regression:nonzeros=0,dimension=4",
        "sparse-regression:dimension=999999999,samples=999999999",
        "separable:samples=1e9",
    ],
)
def test_impossible_fields_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        load_data(text)
    assert_one_line(run("flow", "diagonal", "--data", text, "--loss", "squared", "--until", "1e-9"), 2)


@pytest.mark.extra
def test_real_data_regression_from_end_to_end() -> None:
    """65 coordinates, 4 patients: the flow's limit is the minimiser of the derived potential."""
    pytest.importorskip("sklearn")
    found = document("limit", "diagonal", "--data", "diabetes:samples=4", "--scale", "1/10", "--digits", "12")
    assert (found["verdict"], found["agreement_digits"], len(found["flow"])) == ("proved", 12, 65)


@pytest.mark.extra
def test_real_data_classification_from_end_to_end() -> None:
    """64 pixels, 5 images of 3 and 8: at 10^-2000 the direction is nearer to Q_mu's max-margin predictor than to the
    l1 and l2 ones (mu = 1/log(1/eps) for alpha = 1: Moroshko et al. 2020, eq. 6; log 10^2000 = 4605)."""
    pytest.importorskip("sklearn")
    words = ("diagonal", "--data", "digits:samples=5", "--digits", "12")
    end = document("flow", *words, "--loss", "exponential", "--until", "1e-2000")
    assert end["digits"] == 12
    cosines = []
    for mu in ("1/4605", "1000000", "1/1000000000"):
        least = document("minimise", *words, "--subject-to", "margin", "--mu", mu)
        a, b = (np.array([float(e) for e in found["predictor"]]) for found in (end, least))
        cosines.append(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    assert cosines[0] > 0.99 and cosines[0] == max(cosines), cosines


@pytest.mark.extra
@pytest.mark.parametrize("text", ["digits:first=3,second=3", "digits:first=3,second=12", "diabetes:samples=9999"])
def test_impossible_real_data_are_refused(text: str) -> None:
    pytest.importorskip("sklearn")
    with pytest.raises(InputError):
        load_data(text)


@pytest.mark.extra
@pytest.mark.parametrize(("text", "subject_to"), [("diabetes", "interpolation"), ("digits", "margin")])
def test_real_data_at_their_size(text: str, subject_to: str) -> None:
    """40 rows: the float64 minimiser of the derived potential from alpha = 1/2 against SLSQP on the potential of the
    literature, sum of b asinh(b/(2 alpha^2)) - sqrt(b^2 + 4 alpha^4) (Woodworth et al. 2020, theorem 1)."""
    pytest.importorskip("sklearn")
    found = arrays(f"{text}:samples=40")
    assert found is not None
    x, y = found
    constants = {Symbol("alpha", positive=True): Rational(1, 2)}
    net = derive(architecture("diagonal").model(depth=2, dimension=1))
    least = minimise_arrays(net, x, y, subject_to=subject_to, constants=constants)
    rows, right = (x, y) if subject_to == "interpolation" else (y[:, None] * x, np.ones(40))
    solved = minimize(
        lambda b: (b * np.arcsinh(2 * b) - np.sqrt(b**2 + 0.25)).sum(), np.linalg.lstsq(rows, right, rcond=None)[0],
        jac=lambda b: np.arcsinh(2 * b), method="SLSQP", options={"maxiter": 1000, "ftol": 1e-15},
        constraints={"type": "eq" if subject_to == "interpolation" else "ineq", "fun": lambda b: rows @ b - right,
                     "jac": lambda _: rows},
    )  # fmt: skip
    assert np.abs(solved.x - least.beta).max() < 1e-5 * np.abs(least.beta).max()
