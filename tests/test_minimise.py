"""Claim: `minimise` returns the argmin of the derived Q, and its KKT residual, multipliers and active rows are true.

The references are KKT systems written by hand for each model (`flow_references`) and solved by mpmath.findroot; no
potential of the toolkit enters them.  A point that satisfies the KKT conditions of a strictly convex Q is the argmin.
"""

from itertools import combinations
from pathlib import Path

import pytest
from flow_references import (
    SPARSE_RIGHT,
    SPARSE_SMALL,
    THREE_POINTS_B,
    beta_of_dual,
    context,
    digits_shared,
    dot,
    kkt,
    numbers,
)
from verify_console import assert_one_line, csv, document, run

MODELS = {
    "depth 2": ("diagonal", "--depth", "2"),
    "depth 3": ("diagonal", "--depth", "3"),
    "untied": ("untied",),
}
INTERPOLATION = ("--data", "sparse-small", "--subject-to", "interpolation")
MARGIN = ("--data", "three-points-b", "--subject-to", "margin")


def minimise(*words: str) -> dict:
    return document("minimise", *words)


def assert_agreement(mp, printed: list[str], expected, digits: int) -> None:
    for text, want in zip(printed, expected, strict=True):
        assert digits_shared(mp, mp.mpf(text), want) >= digits


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("scale", ["1", "1/3"])
def test_interpolation_agrees_with_an_independent_kkt_solve(name: str, scale: str) -> None:
    """beta = image(X^T nu), X beta = y: predictor and multipliers to 30 digits (29 after rounding)."""
    mp = context(60)
    rows, right = numbers(mp, SPARSE_SMALL), numbers(mp, [SPARSE_RIGHT])[0]
    alpha = mp.mpf(1) / (1 if scale == "1" else 3)
    beta, nu = kkt(mp, beta_of_dual(mp, name, alpha), rows, right)
    found = minimise(*MODELS[name], *INTERPOLATION, "--scale", scale, "--digits", "30")
    assert found["digits"] == 30 and found["active"] == [0, 1, 2]
    assert_agreement(mp, found["predictor"], beta, 29)
    assert_agreement(mp, found["multipliers"], nu, 27)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("scale", ["1", "1/3"])
def test_the_margin_problem_agrees_with_a_search_over_all_active_sets(name: str, scale: str) -> None:
    """All 7 sets of active rows are solved; exactly one has positive multipliers and no violated row."""
    mp = context(60)
    rows = numbers(mp, THREE_POINTS_B)
    alpha = mp.mpf(1) / (1 if scale == "1" else 3)
    fits = []
    for size in (1, 2, 3):
        for chosen in combinations(range(3), size):
            beta, nu = kkt(mp, beta_of_dual(mp, name, alpha), [rows[n] for n in chosen], [mp.mpf(1)] * size)
            slack = [dot(rows[n], beta) - 1 for n in range(3) if n not in chosen]
            if min(nu) > 0 and all(s > 0 for s in slack):
                fits.append((list(chosen), beta, nu))
    assert len(fits) == 1
    active, beta, nu = fits[0]
    found = minimise(*MODELS[name], *MARGIN, "--scale", scale, "--digits", "30")
    assert found["active"] == active
    assert_agreement(mp, found["predictor"], beta, 29)
    assert_agreement(mp, [found["multipliers"][n] for n in active], nu, 27)
    assert all(mp.mpf(v) == 0 for n, v in enumerate(found["multipliers"]) if n not in active)


def test_the_neuron_moves_its_weights_within_the_row_span() -> None:
    """beta = a w from a = 1, w = e1: dw/dt = -a X^T(...), so w = e1 + X^T nu, and a^2 - |w|^2 = 0 stays, a > 0.

    |w| X w = y is then the KKT system of whatever potential there is (Azulay et al. 2021, theorem 6.1, delta = 0).
    """
    mp = context(60)
    rows, right = numbers(mp, SPARSE_SMALL), numbers(mp, [SPARSE_RIGHT])[0]

    def weights(*nu):
        return [int(i == 0) + sum(v * row[i] for v, row in zip(nu, rows, strict=True)) for i in range(6)]

    def residual(*nu):
        w = weights(*nu)
        size = mp.sqrt(dot(w, w))
        return [size * dot(row, w) - y for row, y in zip(rows, right, strict=True)]

    nu = mp.findroot(residual, (0, 0.2, 0.2), tol=mp.mpf(10) ** -100, maxsteps=60)
    w = weights(*nu)
    beta = [mp.sqrt(dot(w, w)) * e for e in w]
    assert_agreement(mp, minimise("neuron", *INTERPOLATION, "--digits", "30")["predictor"], beta, 29)


@pytest.mark.parametrize("digits", [1, 15, 100])
def test_the_kkt_residual_is_that_of_the_printed_point(digits: int) -> None:
    """Depth 2, alpha = 1: grad Q = asinh(beta/2)/4 (from beta = 2 sinh(4 s)); residuals at the printed digits."""
    mp = context(digits + 40)
    found = minimise(*MODELS["depth 2"], *INTERPOLATION, "--digits", str(digits))
    rows, right = numbers(mp, SPARSE_SMALL), numbers(mp, [SPARSE_RIGHT])[0]
    beta, nu = ([mp.mpf(v) for v in found[key]] for key in ("predictor", "multipliers"))
    pulled = [sum(v * row[i] for v, row in zip(nu, rows, strict=True)) for i in range(6)]
    stationary = [mp.asinh(b / 2) / 4 - s for b, s in zip(beta, pulled, strict=True)]
    primal = [dot(row, beta) - y for row, y in zip(rows, right, strict=True)]
    assert max(map(abs, stationary + primal)) < mp.mpf(10) ** (1 - digits)
    assert 0 <= mp.mpf(found["kkt_residual"]) < mp.mpf(10) ** -digits


def test_a_mutated_potential_fails_the_same_residual() -> None:
    """asinh(beta/3) in place of asinh(beta/2): no multipliers satisfy X^T nu = grad, so the check above can fail."""
    mp = context(60)
    found = minimise(*MODELS["depth 2"], *INTERPOLATION, "--digits", "30")
    rows = numbers(mp, SPARSE_SMALL)
    wrong = [mp.asinh(mp.mpf(v) / 3) for v in found["predictor"]]
    gram = mp.matrix([[dot(a, b) for b in rows] for a in rows])
    nu = mp.lu_solve(gram, mp.matrix([dot(row, wrong) for row in rows]))
    assert max(abs(w - sum(nu[n] * rows[n][i] for n in range(3))) for i, w in enumerate(wrong)) > mp.mpf(10) ** -6


def test_mu_is_alpha_to_the_degree() -> None:
    """mu = alpha^D (Moroshko et al. 2020, eq. 6): 1/8 = (1/2)^3 at depth 3."""
    words = (*MODELS["depth 3"], *MARGIN, "--digits", "25")
    assert minimise(*words, "--mu", "1/8") | {"seconds": 0} == minimise(*words, "--scale", "1/2") | {"seconds": 0}
    assert minimise(*words, "--mu", "1/8")["predictor"] != minimise(*words, "--scale", "1/8")["predictor"]


def test_a_small_start_selects_the_sparse_solution() -> None:
    """sparse-small is X e_2: at mu = 1e-60 the argmin is the l1 solution e_2 up to O(1/log(1/mu)), here within 2 %."""
    mp = context(30)
    found = minimise(*MODELS["depth 2"], *INTERPOLATION, "--mu", "1e-60", "--digits", "20")
    beta = [mp.mpf(v) for v in found["predictor"]]
    assert max(abs(b - int(i == 1)) for i, b in enumerate(beta)) < mp.mpf("0.02")


def test_rows_that_repeat_are_consistent(tmp_path: Path) -> None:
    """A copy of a row, doubled with its y, changes neither the argmin nor its digits."""
    once = csv(tmp_path, "a,b,y\n1,2,3\n", "once.csv")
    twice = csv(tmp_path, "a,b,y\n1,2,3\n2,4,6\n", "twice.csv")
    words = ("diagonal", "--subject-to", "interpolation", "--digits", "25")
    assert minimise(*words, "--data", once)["predictor"] == minimise(*words, "--data", twice)["predictor"]


def test_the_document_has_the_keys_and_types_of_the_interface() -> None:
    found = minimise(*MODELS["depth 2"], *MARGIN, "--digits", "20")
    types = {
        "schema": str, "predictor": list, "multipliers": list, "kkt_residual": str, "digits": int, "active": list,
        "seconds": float,
    }  # fmt: skip
    assert {key: type(found[key]) for key in types} == types and found["schema"] == "minimiser/1"
    assert all(isinstance(v, str) for v in found["predictor"] + found["multipliers"])
    assert all(isinstance(n, int) for n in found["active"]) and len(found["multipliers"]) == 3


@pytest.mark.parametrize(
    ("text", "subject", "statuses"),
    [
        ("a,b,y\n1,2,3\n2,4,7\n", "interpolation", (1, 2)),  # twice the first row, and 7 is not 6
        ("a,b,y\n0,0,1\n", "interpolation", (1, 2)),  # 0 = 1
        ("a,b,y\n1,2,1\n1,2,-1\n", "margin", (1, 2)),  # one row, both labels
        ("a,b,y\n1,2,1\n-1,-2,1\n", "margin", (1, 2)),  # the rows cancel
        ("a,b,y\n1,2,3\n", "margin", (2,)),  # 3 is no label
        ("a,b,c,y\n1,2,3,1\n", "interpolation", (0,)),  # the built-in model takes the length of the data
    ],
)
def test_infeasible_constraints_are_refused_in_one_line(tmp_path: Path, text: str, subject: str, statuses) -> None:
    done = run("minimise", "diagonal", "--data", csv(tmp_path, text), "--subject-to", subject, "--json")
    if statuses == (0,):
        assert done.status == 0 and len(done.json["predictor"]) == 3
    else:
        assert_one_line(done, *statuses)


def test_a_model_without_a_potential_is_refused_with_its_reason(tmp_path: Path) -> None:
    """Two neurons in the plane: no scalar warp on a generic leaf, so there is nothing to minimise."""
    words = ("a*w1 + b*v1, a*w2 + b*v2", "--start", "a=1, w1=1/2, w2=1/3, b=2, v1=1/5, v2=3")
    done = run("minimise", *words, "--data", csv(tmp_path, "x,z,y\n1,2,3\n"), "--subject-to", "interpolation")
    assert_one_line(done, 1)
    assert "potential" in done.err
