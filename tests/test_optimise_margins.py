"""Claim: with losses that have no minimum, methods go to the largest margins that Gunasekar et al. 2018 say.

Margins are bounded by linear programs, and for l2 by a support vector machine solved by hand.
"""

import numpy as np
import pytest
from optimise_models import linear, matrix, run
from scipy.optimize import linprog
from sympy import Integer, Rational, oo

from verify.data import load_data
from verify.optimise.extremal import largest_margin
from verify.optimise.norms import norm
from verify.optimise.numbers import FLOAT64

# -- limits: losses with a tail ------------------------------------------------------------------------


MARGIN_DATA = load_data("three-points-b")


@pytest.mark.parametrize("p", [Integer(1), Rational(4, 3), Integer(2), Integer(5), oo])
def test_the_largest_margin_is_bounded_from_both_sides(p) -> None:
    rows, _ = matrix(MARGIN_DATA)
    found = largest_margin(rows, p)
    assert np.isclose(norm(FLOAT64, found.direction, p), 1) and np.isclose(min(rows @ found.direction), found.margin)
    assert found.margin <= found.bound + 1e-12 and found.bound - found.margin < 1e-6


def test_the_largest_l2_margin_is_the_support_vector_machine_solved_by_hand() -> None:
    """Rows 1 and 2 of three-points-b are the support vectors: A A^T nu = 1, w = A^T nu."""
    rows, _ = matrix(MARGIN_DATA)
    active = rows[:2]
    nu = np.linalg.solve(active @ active.T, np.ones(2))
    w = active.T @ nu
    assert min(nu) > 0 and rows[2] @ w > 1
    assert np.allclose(largest_margin(rows, Integer(2)).direction, w / np.linalg.norm(w), atol=1e-7)


@pytest.mark.parametrize(
    ("name", "p"), [("gradient-descent", 2), ("coordinate", 1), ("sign", np.inf), ("steepest", 4 / 3)]
)
def test_steepest_descent_goes_to_the_largest_margin_of_its_norm(name: str, p: float) -> None:
    """Theorem 5: the normalised margin rises to its bound, which it never passes; in l1, a linear program's."""
    rows, _ = matrix(MARGIN_DATA)
    exact = Integer(2) if p == 2 else Integer(1) if p == 1 else oo if p == np.inf else Rational(4, 3)
    most = largest_margin(rows, exact).bound
    if p == 1:
        program = linprog(
            np.r_[np.zeros(6), -1.0],
            A_ub=np.block([[-rows, rows, np.ones((3, 1))], [np.ones((1, 6)), np.zeros((1, 1))]]),
            b_ub=np.r_[np.zeros(3), 1.0], bounds=[(0, None)] * 6 + [(None, None)],
        )  # fmt: skip
        assert np.isclose(most, -program.fun)
    margins = []
    for steps in (200, 20000):
        beta = run(name, linear(3), MARGIN_DATA, Rational(1, 2), steps, loss="exponential").beta
        margins.append(min(rows @ beta) / np.linalg.norm(beta, ord=p))
    assert margins[0] < margins[1] <= most + 1e-12 or np.isclose(margins[1], most)
    assert margins[1] > 0.95 * most


def test_normalised_descent_comes_close_to_the_largest_margin_quickly() -> None:
    """Moroshko et al. 2020, section 5: a loss below float64 (10^-1700) after 10,000 steps, where descent has 10^-4."""
    rows, _ = matrix(MARGIN_DATA)
    found = run("normalised", linear(3), MARGIN_DATA, Rational(1, 2), 10000, loss="exponential")
    assert min(rows @ found.beta) > 1700 * np.log(10)
    assert min(rows @ found.beta) / np.linalg.norm(found.beta) > 0.9999 * largest_margin(rows, Integer(2)).margin


def test_adagrad_never_forgets_its_first_steps_on_the_exponential_loss() -> None:
    """Theorem 6: the accumulated squares stay bounded: ten times as many steps add less than a thousandth."""
    early, late = (
        run("adagrad", linear(3), MARGIN_DATA, Rational(1, 2), n, loss="exponential").state.memory[0]
        for n in (4000, 40000)
    )
    assert max(late - early) < 1e-3 * max(early)
