"""The papers' figures: each measurement against a computation of another kind, each picture drawn, each statement on
the constructed data checked."""

import math
from importlib import import_module
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import linprog, minimize
from verify_console import assert_one_line, document, run

from derive.errors import InputError
from verify.experiments.diagonal_runs import ends, excess, gamma_of_excess, loss_at, number, path, root, way
from verify.experiments.experiment import experiments
from verify.experiments.gunasekar2018_runs import natural_gradient, steepest_descent
from verify.experiments.neuron_contours import potential
from verify.experiments.neuron_contours import start as neuron_start
from verify.experiments.sparse_regression import largest_scale, shape_error
from verify.experiments.three_points import PANELS, panel
from verify.experiments.width import finite_width, width_excess
from verify.recipes import arrays, sparse_predictor
from verify.sweep.local import on_this_machine
from verify.sweep.run import sweep

SMALL = {"dimension": "12", "samples": "5", "nonzeros": "2", "seed": "3", "variance": "1/100"}
SMALL_TEXT = "sparse-regression:" + ",".join(f"{k}={v}" for k, v in SMALL.items())
# each experiment, cut down to what a picture needs
CUT = {
    "azulay2021-7.1": {**SMALL, "alpha": "0.1 1", "shape": "0 0.9"},
    "azulay2021-7.2": {"start": "2:0 1:0.1"},
    "slides-scale": {**SMALL, "samples": "8 10", "nonzeros": "1", "seed": "0", "target": "0.3"},
    "slides-width": {**SMALL, "width": "oo 2", "mu": "0.1 1"},
    "gunasekar2018-1a": {"momentum": "0 1/2", "lookahead": "0"},
    "gunasekar2018-1b": {"step": "1/50"},
    "gunasekar2018-1c": {"step": "1/20"},
    "moroshko2020-3": {"panel": "b c", "alpha": "path 0.1"},
    "moroshko2020-4": {"panel": "three-points-b", "alpha": "path 0.5"},
    "moroshko2020-5a": {"depth": "3", "size": "1", "until": "1e4", "points": "20"},
    "moroshko2020-5b": {"depth": "3", "size": "10 100"},
    "phases-2": {"alpha": "0.1 1", "until": "1e3", "points": "20"},
    "phases-3": {"alpha": "0.1 1", "until": "1e3", "points": "20"},
}


@pytest.mark.parametrize("name", experiments())
def test_an_experiment_is_measured_and_drawn(name: str, tmp_path: Path) -> None:
    """None fails, all results are plain data (they went through the file), and the picture can be drawn."""
    e = experiments()[name].changed({key: values.split() for key, values in CUT[name].items()})
    place = lambda measure, tasks: on_this_machine(measure, tasks, jobs=1)
    found = sweep(e.measure, e.tasks(), tmp_path / "results.sqlite", place)
    assert found.failed == 0, [o.result for o in found.outcomes]
    again = sweep(e.measure, e.tasks(), tmp_path / "results.sqlite", place)
    assert again.reused == len(e.tasks()) == len(found.outcomes)
    drawing = pytest.importorskip("matplotlib.figure")
    figure = import_module(f"verify.pictures.{e.picture}").draw(e, again.outcomes)
    assert isinstance(figure, drawing.Figure)
    figure.savefig(tmp_path / "picture.png", dpi=40)
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_sources_are_in_the_bibliography() -> None:
    keys = (Path(__file__).parent.parent / "references.bib").read_text()
    for e in experiments().values():
        key = e.source.split(",")[0]
        assert key == "slides" or f"{{{key}," in keys, e.source
        assert set(e.tasks()[0].inputs) and not set(e.axes) & set(e.fixed)


def test_the_command_measures_draws_and_resumes(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    words = (
        "figure",
        "gunasekar2018-1b",
        "--vary",
        "step=1/50",
        "--jobs",
        "1",
        "--results",
        str(tmp_path / "r.sqlite"),
    )
    first = document(*words, "-o", str(tmp_path / "p.svg"))
    assert (first["schema"], first["tasks"], first["failed"], first["reused"]) == ("figure/1", 1, 0, 0)
    assert "<svg" in (tmp_path / "p.svg").read_text() and first["caveat"]
    assert document(*words)["reused"] == 1
    listed = run("figure", "list")
    assert listed.status == 0 and all(name in listed.out for name in experiments())


def test_a_figure_without_a_point_is_not_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    words = ("figure", "azulay2021-7.2", "--vary", "start=2:3", "--jobs", "1", "--results", str(tmp_path / "r.sqlite"))
    assert_one_line(run(*words, "-o", str(tmp_path / "p.png")), 1)
    assert not (tmp_path / "p.png").exists() and document(*words)["failed"] == 1


@pytest.mark.parametrize(
    "words",
    [
        ("figure", "azulay2021"),
        ("figure", "azulay2021-7.1", "-o", "picture.gif"),
        ("figure", "azulay2021-7.1", "-o", "nowhere/at/all.png"),
        ("figure", "azulay2021-7.1", "--vary", "colour=1"),
        ("figure", "azulay2021-7.1", "--vary", "alpha"),
    ],
)
def test_impossible_figures_are_refused(words: tuple[str, ...]) -> None:
    assert_one_line(run(*words), 2)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("azulay2021-7.1", {"shape": "1"}),
        ("azulay2021-7.1", {"alpha": "0"}),
        ("azulay2021-7.2", {"start": "2"}),
        ("slides-width", {"width": "0"}),
        ("slides-width", {"mu": "nan"}),
        ("gunasekar2018-1b", {"step": "2"}),
        ("moroshko2020-3", {"panel": "z"}),
        ("moroshko2020-3", {"alpha": "-1"}),
        ("moroshko2020-3", {"alpha": "1e-999999999"}),
        ("moroshko2020-5b", {"size": "1e99"}),
        ("moroshko2020-5a", {"depth": "1"}),
    ],
)
def test_impossible_settings_are_refused(name: str, given: dict[str, str]) -> None:
    e = experiments()[name].changed({key: [value] for key, value in given.items()})
    with pytest.raises(InputError):
        e.measure(dict(e.tasks()[0].inputs))


def flow_end(x: np.ndarray, y: np.ndarray, up: float, vp: float) -> np.ndarray:
    """Where gradient flow on up vp - um vm ends, integrated in its 4 d weights."""
    d = x.shape[1]

    def speed(_: float, w: np.ndarray) -> np.ndarray:
        a, b, c, e = w.reshape(4, d)
        slope = x.T @ (x @ (a * b - c * e) - y) / len(y)
        return np.concatenate([-slope * b, -slope * a, slope * e, slope * c])

    start = np.repeat([up, vp, up, vp], d)
    end = solve_ivp(speed, (0, 3000), start, method="LSODA", rtol=1e-9, atol=1e-12).y[:, -1].reshape(4, d)
    beta = end[0] * end[1] - end[2] * end[3]
    assert np.abs(x @ beta - y).max() < 1e-5
    return beta


@pytest.mark.parametrize(("alpha", "shape"), [(0.3, 0.0), (0.1, 0.8), (2.0, 0.5)])
def test_figure_7_1_is_where_gradient_flow_ends(alpha: float, shape: float) -> None:
    found = arrays(SMALL_TEXT)
    assert found is not None
    ratio = (1 + shape) / (1 - shape)
    beta = flow_end(*found, math.sqrt(alpha * ratio), math.sqrt(alpha / ratio))
    error = ((beta - sparse_predictor({"nonzeros": 2, "dimension": 12})) ** 2).sum()
    measured = shape_error({**SMALL, "alpha": str(alpha), "shape": str(shape)})["error"]
    assert abs(measured / error - 1) < 1e-4


def test_the_largest_scale_is_one() -> None:
    """The minimisers of the slides' own q at scales 2% below and above it have errors on either side of the target."""
    settings = {**SMALL, "samples": "9", "target": "0.05", "variance": "1/10000"}
    alpha = 10 ** largest_scale(settings)["log10_alpha"]
    found = arrays("sparse-regression:" + ",".join(f"{k}={v}" for k, v in settings.items() if k != "target"))
    assert found is not None
    truth = sparse_predictor({"nonzeros": 2, "dimension": 12})
    below, above = (((hadamard_end(*found, alpha * f) - truth) ** 2).sum() for f in (0.98, 1.02))
    assert below < 0.05 < above


def hadamard_end(x: np.ndarray, y: np.ndarray, alpha: float) -> np.ndarray:
    """argmin of sum q(beta_i/alpha^2), q from the slides, by SLSQP."""
    size = alpha**2

    def q(b: np.ndarray) -> float:
        u = b / size
        return float((2 - np.sqrt(4 + u**2) + u * np.arcsinh(u / 2)).sum())

    solved = minimize(
        q, np.linalg.lstsq(x, y, rcond=None)[0], jac=lambda b: np.arcsinh(b / size / 2) / size, method="SLSQP",
        constraints={"type": "eq", "fun": lambda b: x @ b - y, "jac": lambda _: x},
        options={"maxiter": 500, "ftol": 1e-12},
    )  # fmt: skip
    assert np.abs(x @ solved.x - y).max() < 1e-8
    return solved.x


@pytest.mark.parametrize(("alpha", "s"), [(2.0, 0.0), (2.0, 0.8), (1.0, 0.1), (0.01, 0.1)])
def test_figure_7_2_is_least_where_gradient_flow_ends(alpha: float, s: float) -> None:
    """One equation x . beta = y: flow on (a, w) from the start of that scale and shape, and Q along the solutions."""
    x, y = np.array([1.0, -0.5]), 1.5
    a, w = neuron_start(alpha, s)
    assert abs(a * w / alpha - 1) < 1e-12 and abs((a / w - 1) / (a / w + 1) - s) < 1e-12

    def speed(_: float, v: np.ndarray) -> np.ndarray:
        rest = y - v[0] * (x @ v[1:])
        return np.concatenate([[rest * (x @ v[1:])], rest * v[0] * x])

    end = solve_ivp(speed, (0, 400), [a, 0.6 * w, 0.8 * w], rtol=1e-10, atol=1e-13).y[:, -1]
    beta = end[0] * end[1:]
    assert abs(x @ beta - y) < 1e-8
    along = np.linspace(-1e-2, 1e-2, 201)
    line = beta + along[:, None] * np.array([0.5, 1.0])
    q = potential(line[:, 0], line[:, 1], alpha, s)
    assert abs(along[q.argmin()]) <= 1e-4


def test_figure_7_2_scales() -> None:
    points = np.array([[0.3, -1.0, 2.0], [1.0, 0.5, -0.7]])
    assert np.allclose(potential(*(5 * points), 5 * 0.4, 0.3), 5**1.5 * potential(*points, 0.4, 0.3))


def test_a_network_of_finite_width_ends_where_its_weights_do() -> None:
    """Gradient flow on all 2 d k weights, against N accumulated residuals."""
    found = arrays(SMALL_TEXT)
    assert found is not None
    x, y = found
    width, mu, d = 4, 0.5, x.shape[1]
    start = np.random.default_rng(7).standard_normal((2, d, width)) * mu / math.sqrt(width)

    def speed(_: float, w: np.ndarray) -> np.ndarray:
        u, v = w.reshape(2, d, width)
        pull = (x.T @ (y - x @ (u * v).sum(axis=1)) / len(y))[:, None]
        return np.stack([pull * v, pull * u]).ravel()

    end = solve_ivp(speed, (0, 500), start.ravel(), method="LSODA", rtol=1e-9, atol=1e-12).y[:, -1]
    u, v = end.reshape(2, d, width)
    assert np.abs((u * v).sum(axis=1) - finite_width(x, y, width=width, mu=mu, seed=7)).max() < 1e-6


def test_a_wide_network_with_a_small_start_is_its_limit() -> None:
    """Up to what a width of 100,000 leaves of |beta(0)| ~ mu^2/sqrt(k)."""
    wide, limit = (width_excess({**SMALL, "mu": "0.2", "draw": "0", "width": w})["excess"] for w in ("100000", "oo"))
    assert abs(wide - limit) < 2e-2 * limit


def test_figure_1b_is_the_update_of_the_paper() -> None:
    """Eq. (9) with H^-1 = diag(w) on (x . w - 1)^2, x = (1, 2)."""
    w, x = np.ones(2), np.array([1.0, 2.0])
    for _ in range(4000):
        w = w - 0.02 * w * 2 * (x @ w - 1) * x
    assert np.abs(w - natural_gradient({"step": "1/50"})["end"]).max() < 1e-9


def test_figure_1c_is_the_update_of_the_paper() -> None:
    """Eq. (11): the step in l_(4/3) is |g|_4^(-2) |g|^3 sign(g), g = -grad of the sum of squares."""
    w, x, y = np.zeros(3), np.array([[1.0, 1, 1], [1, 2, 0]]), np.array([1.0, 10])
    for _ in range(4000):
        g = -2 * x.T @ (x @ w - y)
        w = w + 0.02 * np.sign(g) * np.abs(g) ** 3 / max(np.linalg.norm(g, 4) ** 2, 1e-300)
    assert np.abs(w - steepest_descent({"step": "1/50"})["end"]).max() < 1e-6


def rows(name: str) -> np.ndarray:
    return np.array(panel(name).signed, dtype=float)


def q_mu(x: np.ndarray, mu: float) -> np.ndarray:
    """argmin of Q_mu at depth 2 under margins, by SLSQP on the closed form."""
    solved = minimize(
        lambda b: (b * np.arcsinh(b / 2 / mu) - np.sqrt(b**2 + 4 * mu**2)).sum(),
        np.ones(3), jac=lambda b: np.arcsinh(b / 2 / mu), method="SLSQP", options={"maxiter": 1000, "ftol": 1e-15},
        constraints={"type": "ineq", "fun": lambda b: x @ b - 1, "jac": lambda _: x},
    )  # fmt: skip
    return solved.x


def support(x: np.ndarray, w: np.ndarray) -> set[int]:
    return set(np.flatnonzero(x @ w < 1 + 1e-4).tolist())


def vertices(x: np.ndarray) -> list[np.ndarray]:
    """All w whose nonzero coordinates are determined by as many rows at margin 1, and that satisfy the others."""
    found = []
    for k in (1, 2, 3):
        for places, active in ((p, a) for p in combinations(range(3), k) for a in combinations(range(3), k)):
            square = x[np.ix_(active, places)]
            if abs(np.linalg.det(square)) > 1e-12:
                w = np.zeros(3)
                w[list(places)] = np.linalg.solve(square, np.ones(k))
                if (x @ w).min() > 1 - 1e-9:
                    found.append(w)
    return found


def l1_range(x: np.ndarray) -> tuple[float, np.ndarray]:
    """The least |w|_1 and how far each coordinate ranges over its minimisers, by seven linear programs."""
    a, b = np.c_[-x, x], -np.ones(3)
    least = linprog(np.ones(6), A_ub=a, b_ub=b).fun
    spread = []
    for i in range(3):
        cost = np.r_[np.eye(3)[i], -np.eye(3)[i]]
        ends_of = [
            linprog(sign * cost, A_ub=np.r_[a, np.ones((1, 6))], b_ub=np.r_[b, least + 1e-9]).fun for sign in (1, -1)
        ]
        spread.append(-ends_of[1] - ends_of[0])
    return least, np.array(spread)


def test_panel_b_is_what_the_paper_states() -> None:
    x = rows("b")
    least, spread = l1_range(x)
    rich = ends(PANELS["b"])
    assert abs(np.abs(rich.l1[0]).sum() - least) < 1e-7 and spread.max() < 1e-6
    for w in (rich.l1[0], rich.l2, *(q_mu(x, mu) for mu in (10, 0.5, 0.05, 0.005))):
        assert support(x, w) == {0, 1}
    for depth in (3, 10):
        best = min(vertices(x), key=lambda w: (np.abs(w) ** (2 / depth)).sum())
        assert np.abs(best - rich.l1[0]).max() < 1e-9


def test_panel_c_has_a_segment_of_l1_predictors_and_one_support_vector() -> None:
    x = rows("c")
    least, spread = l1_range(x)
    assert abs(least - 1) < 1e-7 and spread[0] > 0.5 and spread[1] > 0.5
    for w in (ends(PANELS["c"]).l2, *(q_mu(x, mu) for mu in (10, 0.5, 0.05, 0.005))):
        assert support(x, w) == {0}
    first, second = ends(PANELS["c"]).l1
    for w in (first, second, (first + second) / 2):
        assert abs(np.abs(w).sum() - least) < 1e-7 and (x @ w).min() > 1 - 1e-9
    assert support(x, (first + second) / 2) == {0}


def test_panel_d_changes_its_support_vectors_at_mu_0() -> None:
    x = rows("d")
    assert support(x, ends(PANELS["d"]).l2) == {0, 1}
    assert all(support(x, q_mu(x, mu)) == {0, 1} for mu in (10, 0.5, 0.1, 0.05))
    assert all(support(x, q_mu(x, mu)) == {0, 1, 2} for mu in (0.03, 0.01, 0.003))
    assert support(x, ends(PANELS["d"]).l1[0]) == {0, 1, 2}


@pytest.mark.parametrize(("name", "mu"), [("b", "0.2"), ("d", "0.02")])
def test_the_path_of_q_mu(name: str, mu: str) -> None:
    assert np.abs(path(2, panel(name), [mu])[0] - q_mu(rows(name), float(mu))).max() < 1e-5


@pytest.mark.parametrize(("name", "depth", "alpha"), [("b", 2, 0.1), ("d", 2, 1.0), ("three-points-b", 3, 0.5)])
def test_directions_on_the_way_are_those_of_the_weights(name: str, depth: int, alpha: float) -> None:
    """LSODA on all weights with gamma~ as the clock: dw/dgamma = J^T v / |J^T v|^2, v = X^T softmax(-margins)."""
    x, gammas = rows(name), np.array([0.5, 3.0, 12.0, 40.0])

    def speed(_: float, w: np.ndarray) -> np.ndarray:
        plus, minus = w[:3], w[3:]
        margins = x @ (plus**depth - minus**depth)
        p = np.exp(margins.min() - margins)
        v = x.T @ (p / p.sum())
        pull = depth * np.concatenate([v * plus ** (depth - 1), -v * minus ** (depth - 1)])
        return pull / (pull @ pull)

    run = solve_ivp(speed, (0, 40), np.full(6, alpha), t_eval=gammas, method="LSODA", rtol=1e-11, atol=1e-13)
    beta = (run.y[:3] ** depth - run.y[3:] ** depth).T
    found = way(depth, number(str(alpha), "alpha"), panel(name), gammas.tolist())
    assert found.reason is None and np.abs(found.gammas - gammas).max() < 1e-8
    assert np.abs(found.beta / beta - 1).max() < 1e-6


def test_losses_are_read_from_gamma() -> None:
    for gamma in (1e-4, 1.0, 3914.4, 1e10):
        assert abs(float(-loss_at(gamma).log()) - gamma) < 1e-8 * max(gamma, 1)


def test_a_run_is_as_long_as_it_can_be_and_says_so() -> None:
    gammas = np.geomspace(1, 3e5, 20)
    found = way(2, number("20", "alpha"), panel("three-points-b"), gammas.tolist())
    assert (found.reason is None) == (len(found.gammas) == len(gammas))
    assert np.allclose(found.gammas, gammas[: len(found.gammas)])


def test_the_time_to_an_excess_scales_with_the_start() -> None:
    """Figure 5(b): at that gamma~ the excess is the target, and gamma~ is in proportion to alpha^D (theorem 6)."""
    data = panel("b")
    first, second = (
        gamma_of_excess(3, root(number(size, "size"), 3), data, 0.05, furthest=1e7) for size in ("300", "3000")
    )
    assert abs(second / first / 10 - 1) < 0.02
    there = way(3, root(number("300", "size"), 3), data, [1.0, first])
    assert abs(excess(there.beta, data)[-1] / 0.05 - 1) < 1e-3
