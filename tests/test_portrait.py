"""Claims: max-margin predictors are the minimisers, and the distances of a run's end to them are what they say.

Checked against the enumeration of all vertices (`verify.claims.methods.margins`), SciPy's general minimiser, closed
forms, and the theorems of Moroshko et al. 2020 on data where they apply.
"""

from random import Random

import numpy as np
import pytest
from flint import arb, ctx, fmpq
from scipy.optimize import minimize
from verify_console import assert_one_line, csv, document, run

from verify.claims.methods import margins as enumeration
from verify.data import load_data
from verify.margins.least_squares import least_l2
from verify.margins.linear import least_l1
from verify.margins.point import MaxMargin, Rows, exact_rows
from verify.margins.quasi import stationary_points

BITS = 200
FLOW = ("flow", "diagonal", "--loss", "exponential", "--digits", "15")


def random_rows(seed: int) -> Rows:
    random = Random(seed)
    d, n = random.randint(1, 4), random.randint(1, 4)
    return [[fmpq(random.randint(-6, 6), random.choice((1, 2, 3))) for _ in range(d)] for _ in range(n)]


def floats(values) -> np.ndarray:
    return np.array([float(arb(e)) for e in values])


def test_l1_is_the_best_of_all_vertices_and_uniqueness_is_that_of_the_enumeration() -> None:
    """150 random data sets, separable or not, degenerate ones among them."""
    counts = {True: 0, False: 0, None: 0}
    with ctx.workprec(BITS):
        for seed in range(150):
            rows = random_rows(seed)
            found, vertices = least_l1(rows), enumeration.vertices(rows)
            if not vertices:
                assert found is None
                continue
            best, points = enumeration.least_l1(rows)
            assert found is not None
            assert abs(sum((abs(e) for e in found.w), arb(0)) - arb(best)) < 1e-9
            counts[found.unique] += 1
            if found.unique is not None:
                assert found.unique == (len(points) == 1)
                assert any(all(a.overlaps(arb(b)) for a, b in zip(found.w, p, strict=True)) for p in points)
    assert counts[True] > 60 and counts[False] > 3 and counts[None] < 8


def test_l2_is_the_minimiser_of_the_enumeration_and_of_scipy() -> None:
    with ctx.workprec(BITS):
        for seed in range(100):
            rows = random_rows(seed)
            if not enumeration.vertices(rows):
                assert least_l2(rows) is None
                continue
            found, (w, _) = least_l2(rows), enumeration.least_l2(rows)
            assert found is not None and found.how.startswith("exact")
            assert all(a.overlaps(arb(b)) for a, b in zip(found.w, w, strict=True))
    a = np.array([[float(e.p) / float(e.q) for e in row] for row in exact_rows(load_data("three-points-a"))])
    other = minimize(lambda w: w @ w, np.ones(3), constraints={"type": "ineq", "fun": lambda w: a @ w - 1}, tol=1e-12)
    assert np.allclose(other.x, floats(least_l2(exact_rows(load_data("three-points-a"))).w), atol=1e-6)


@pytest.mark.parametrize(("name", "depth"), [("three-points-a", 3), ("three-points-a", 4), ("three-points-b", 3)])
def test_a_stationary_point_satisfies_the_first_order_conditions(name: str, depth: int) -> None:
    """In u: grad |u|^2 is a nonnegative combination of the gradients of the active margins of u^D, to 40 digits."""
    rows = exact_rows(load_data(name))
    with ctx.workprec(BITS):
        near = [arb(e) for e in enumeration.least_l1(rows)[1][0]]
        points = stationary_points(rows, depth, near)
        assert points
    for found in points:
        check_stationary(rows, depth, found)


def check_stationary(rows: Rows, depth: int, found: MaxMargin) -> None:
    with ctx.workprec(BITS):
        tiny = arb(10) ** -40
        values = [sum((arb(a) * b for a, b in zip(row, found.w, strict=True)), arb(0)) for row in rows]
        assert all(v > 1 - tiny for v in values) and all(abs(values[n] - 1) < tiny for n in found.active)
        u = [(abs(e) ** (arb(1) / depth)) * (1 if e >= 0 else -1) for e in found.w]
        places = [i for i, e in enumerate(found.w) if e != 0]
        # 2 u_i = D sum_n nu_n x_ni |u_i|^(D - 1), for i with u_i != 0: solved for nu by least squares in float64
        a = np.array(
            [[float(arb(rows[n][i]) * abs(u[i]) ** (depth - 1) * depth) for n in found.active] for i in places]
        )
        nu, *_ = np.linalg.lstsq(a, np.array([float(2 * u[i]) for i in places]), rcond=None)
        assert (nu > 0).all() and np.abs(a @ nu - [float(2 * u[i]) for i in places]).max() < 1e-10


@pytest.mark.parametrize("seed", range(6))
def test_stationary_points_of_random_data_are_minima_or_saddles_as_they_say(seed: int) -> None:
    """A local minimum is not improved by small feasible steps at random; from a saddle such a step is found."""
    random = np.random.default_rng(seed)
    numbers = np.abs(random.integers(1, 9, size=(3, 5)))
    rows = [[fmpq(int(e), 4) for e in row] for row in numbers]
    with ctx.workprec(BITS):
        points = stationary_points(rows, 3, [arb(float(e)) for e in random.uniform(0.1, 1, 5)])
    assert points
    for found in points:
        check_stationary(rows, 3, found)
        w = np.array([float(e) for e in found.w])
        places, cost = np.flatnonzero(w), np.sum(np.abs(w) ** (2 / 3))
        a = numbers[list(found.active)] / 4
        assert (found.kind == "local minimum") == (len(places) == len(found.active))
        basis = np.linalg.svd(a[:, places])[2][len(found.active) :]  # along the active rows
        better = []
        for _ in range(200):
            step = np.zeros_like(w)
            if found.kind == "saddle":
                step[places] = 1e-3 * w.max() * random.normal(size=len(basis)) @ basis
            else:
                step = 1e-6 * random.normal(size=len(w))
                if (a @ step).min() < 0:
                    continue
            better.append(np.sum(np.abs(w + step) ** (2 / 3)) < cost)
        assert any(better) if found.kind == "saddle" else not any(better)


def test_one_point_is_at_the_predictor_of_q_mu_all_along(tmp_path) -> None:
    """With one point gamma = log(1/eps), and beta/gamma is argmin Q_mu for every eps: a distance of zero."""
    data = csv(tmp_path, "a,b,y\n1,0.5,1\n")
    for depth in ("2", "3"):
        found = document(*FLOW, "--depth", depth, "--data", data, "--until", "1e-20", "--compare")["comparison"]
        assert float(found["predictors"]["q_mu"]["scaled_distance"]) < 1e-13
        assert float(found["predictors"]["l2"]["scaled_distance"]) > 1e-3
        assert found["support_vectors"] == [0] and found["weights"] == ["1.00"]


def test_distances_are_those_of_the_numbers_shown() -> None:
    found = document(*FLOW, "--data", "three-points-a", "--until", "1e-300", "--compare")
    beta, gamma = np.array(found["predictor"], dtype=float), min(float(m) for m in found["margins"])
    for name in ("l1", "l2", "q_mu"):
        shown = found["comparison"]["predictors"][name]
        w = np.array(shown["predictor"], dtype=float)
        directions = np.linalg.norm(beta / np.linalg.norm(beta) - w / np.linalg.norm(w))
        assert float(shown["direction_distance"]) == pytest.approx(directions, rel=1e-4)
        assert float(shown["scaled_distance"]) == pytest.approx(np.linalg.norm(beta / gamma - w), rel=1e-4)


def test_mu_is_alpha_to_the_depth_over_log_inverse_loss() -> None:
    words = (*FLOW, "--depth", "3", "--scale", "1/2", "--data", "three-points-a", "--until", "1e-40", "--compare")
    found = document(*words)["comparison"]
    assert float(found["mu"]) == pytest.approx(0.125 / (40 * np.log(10)), rel=1e-5)


def test_a_large_start_ends_near_l2_and_a_small_one_near_l1() -> None:
    """Theorems 4 and 7 for D = 2 on the first data set of figure 4, as far as one run can show a limit."""
    distances = {}
    for scale, until in (("100", "1e-50"), ("1/1000", "1e-1000")):
        words = (*FLOW, "--data", "three-points-a", "--scale", scale, "--until", until, "--compare")
        predictors = document(*words)["comparison"]["predictors"]
        distances[scale] = {name: float(p["scaled_distance"]) for name, p in predictors.items()}
    assert distances["100"]["l2"] < 0.02 < 0.5 < distances["100"]["l1"]
    assert distances["1/1000"]["l1"] < 0.12 < 0.4 < distances["1/1000"]["l2"]  # as 1/log(1/mu), mu = 4e-10


def test_a_segment_of_minimisers_is_told_and_its_nearest_point_counts() -> None:
    """The l1 max-margin predictors of three-points-b are the segment from (1/4, 7/6, 1/3) to (1/4, 3/2, 0)."""
    shown = document(*FLOW, "--data", "three-points-b", "--until", "1e-1700", "--compare")["comparison"]["predictors"][
        "l1"
    ]
    ends = sorted(([float(e) for e in shown[key]] for key in ("predictor", "other")), key=lambda w: w[1])
    assert shown["unique"] is False and np.allclose(ends, [[0.25, 7 / 6, 1 / 3], [0.25, 1.5, 0]])
    assert float(shown["scaled_distance"]) < 1e-3  # the end of the segment is 0.012 away


def test_condition_five_is_the_least_ratio_of_the_other_rows() -> None:
    """Rows that are not active at Q_mu: their margin over the smallest one, at least over the states shown."""
    words = (*FLOW, "--depth", "3", "--data", "three-points-a", "--until", "1e-300", "--compare")
    found = document(*words, "--at", "1e-2,1e-10,1e-100")
    condition = found["comparison"]["condition_5"]
    states = [[float(m) for m in s["margins"]] for s in (*found["at"], found)]
    assert condition["rows"] and set(condition["rows"]) == {0, 1, 2} - set(
        found["comparison"]["predictors"]["q_mu"]["active"]
    )
    seen = min(m[k] / min(m) for m in states for k in condition["rows"])
    assert 1 <= float(condition["least_ratio"]) <= seen + 1e-5
    assert -300 <= float(condition["at_loss_log10"]) <= -2
    assert document(*words)["comparison"]["condition_5"]["least_ratio"] is None


def test_a_model_without_degree_has_no_q_mu_and_says_so() -> None:
    words = ("flow", "u*v, w, z", "--start", "u=1, v=0, w=0, z=0", "--data", "three-points-a", "--loss", "logistic")
    shown = document(*words, "--until", "1e-10", "--compare")["comparison"]["predictors"]
    assert shown["q_mu"]["predictor"] is None and "homogeneous" in shown["q_mu"]["reason"]
    assert shown["l1"]["unique"] is True


def test_people_see_the_same_numbers() -> None:
    words = (*FLOW, "--depth", "3", "--data", "three-points-a", "--until", "1e-30", "--compare", "--at", "1e-2")
    done, shown = run(*words), document(*words)["comparison"]
    assert done.status == 0 and done.err == ""
    for p in shown["predictors"].values():
        assert p["direction_distance"] in done.out and p["scaled_distance"] in done.out
    assert all(ratio in done.out for ratio in shown["margin_ratios"])


def test_the_squared_loss_has_nothing_to_compare() -> None:
    words = ("flow", "diagonal", "--data", "sparse-small", "--loss", "squared", "--until", "1e-5", "--compare")
    assert_one_line(run(*words), 2)
