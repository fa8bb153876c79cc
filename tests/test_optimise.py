"""Claim: every method is the one of the literature, and goes where the theorems of Gunasekar et al. 2018 say.

The methods are checked against PyTorch's optimisers where definitions agree, against steps written out again here, and
against closed forms; limits against the entropy's closed form, the pseudo-inverse, SciPy and a support vector machine
that is solved by hand; arbitrary precision against float64 and against itself.
"""

from dataclasses import replace
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from scipy.optimize import linprog, minimize
from sympy import Integer, Matrix, Rational, oo

from derive.errors import ComputationError, InputError
from derive.model import Model, parse_model
from derive.pipeline import derive
from verify.data import DataSet, load_data
from verify.decimal import parse_decimal
from verify.optimise.catalogue import methods
from verify.optimise.extremal import largest_margin, least_norm
from verify.optimise.method import Settings
from verify.optimise.norms import norm, steepest_direction
from verify.optimise.numbers import FLOAT64, precise
from verify.optimise.run import Descent, first_state, optimise, posed
from verify.optimise.theory import theory

SPARSE = load_data("sparse-small")
ONE = DataSet(name="example 2", X=((Rational(1), Rational(2)),), y=(Rational(1),))
NAMES = tuple(methods())
EXTRA = {
    "heavy-ball": {"momentum": Rational(1, 2)},
    "nesterov": {"momentum": Rational(1, 2)},
    "momentum": {"momentum": Rational(1, 2), "lookahead": Rational(1, 4)},
    "steepest": {"norm": Rational(4, 3)},
    "sgd": {"batch": 2, "seed": 5},
    "mirror-dual-momentum": {"momentum": Rational(1, 2), "lookahead": Rational(1, 4)},
    "mirror-primal-momentum": {"momentum": Rational(1, 2), "lookahead": Rational(1, 4)},
    "mirror-constrained": {"constraints": (((Rational(1),) * 6, Rational(1, 2)),)},
}


def linear(d: int, start: str = "0") -> Model:
    names = [f"w{i + 1}" for i in range(d)]
    return parse_model(names, parameters=names, start=dict.fromkeys(names, start), name="linear")


def diagonal(d: int, alpha: str = "1/2") -> Model:
    terms = [f"p{i}**2 - m{i}**2" for i in range(d)]
    return parse_model(terms, start={f"{s}{i}": alpha for i in range(d) for s in "pm"}, name="diagonal")


def entropy(d: int, start: str = "1") -> Model:
    rows = [[f"1/w{i + 1}" if i == k else "0" for k in range(d)] for i in range(d)]
    return parse_model([], parameter_metric=rows, is_metric=True, start={f"w{i + 1}": start for i in range(d)})


def run(name: str, model: Model, data: DataSet, step: Rational, steps: int = 4000, **more) -> Descent:
    keys = ("loss", "until", "digits")
    given = {k: more.pop(k) for k in keys if k in more}
    settings = Settings(step=step, **(EXTRA.get(name, {}) | more))
    given.setdefault("loss", "squared")
    return optimise(methods()[name], model, derive(model), {}, data, settings, iterations=steps, **given)


def matrix(data: DataSet) -> tuple[np.ndarray, np.ndarray]:
    return np.array([[float(e) for e in row] for row in data.X]), np.array([float(v) for v in data.y])


def iterates(name: str, model: Model, data: DataSet, step: Rational, count: int, **more) -> list[np.ndarray]:
    settings = Settings(step=step, **(EXTRA.get(name, {}) | more))
    method = methods()[name]
    problem = posed(method, model, derive(model), {}, data, settings, loss="squared", numbers=FLOAT64)
    state = first_state(method, problem, model)
    found = [state.w]
    for _ in range(count):
        state = method.step(problem, state)
        found.append(state.w)
    return found


# -- each method against somebody else's ---------------------------------------------------------------


def torch_iterates(make, start, data: DataSet, count: int) -> list[np.ndarray]:
    torch = pytest.importorskip("torch")
    x, y = (torch.tensor(v, dtype=torch.float64) for v in matrix(data))
    w = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimiser = make(torch.optim, [w])
    found = [w.detach().numpy().copy()]
    for _ in range(count):
        optimiser.zero_grad()
        (((x @ w - y) ** 2).mean() / 2).backward()
        optimiser.step()
        found.append(w.detach().numpy().copy())
    return found


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("gradient-descent", lambda o, w: o.SGD(w, lr=0.125)),
        ("heavy-ball", lambda o, w: o.SGD(w, lr=0.125, momentum=0.5)),
        ("adagrad", lambda o, w: o.Adagrad(w, lr=0.125, eps=0.0)),
    ],
)
def test_a_method_takes_the_steps_of_pytorch(name: str, make) -> None:
    ours = iterates(name, linear(6, "1/4"), SPARSE, Rational(1, 8), 50)
    theirs = torch_iterates(make, [0.25] * 6, SPARSE, 50)
    assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-13)


def test_nesterov_takes_the_steps_of_pytorch() -> None:
    """PyTorch keeps the point where the momentum leads, w + beta (w - w_before), instead of w."""
    points = iterates("nesterov", linear(6, "1/4"), SPARSE, Rational(1, 8), 50)
    led = [points[0], *(a + 0.5 * (a - b) for b, a in pairwise(points))]
    theirs = torch_iterates(lambda o, w: o.SGD(w, lr=0.125, momentum=0.5, nesterov=True), [0.25] * 6, SPARSE, 50)
    assert np.allclose(led, theirs, rtol=1e-12, atol=1e-13)


def test_descent_on_a_factorisation_takes_the_steps_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    x, y = (torch.tensor(v) for v in matrix(SPARSE))
    w = torch.full((12,), 0.5, dtype=torch.float64, requires_grad=True)
    for _ in range(50):
        beta = w[0::2] ** 2 - w[1::2] ** 2
        (gradient,) = torch.autograd.grad(((x @ beta - y) ** 2).mean() / 2, w)
        w = (w - 0.125 * gradient).detach().requires_grad_()
    ours = iterates("gradient-descent", diagonal(6), SPARSE, Rational(1, 8), 50)[-1]
    assert np.allclose(ours, w.detach().numpy(), rtol=1e-12)


def test_sgd_is_gradient_descent_on_batches_that_make_up_an_epoch() -> None:
    """Written out again: each epoch uses every sample once, and another seed uses another order."""
    x, y = matrix(SPARSE)
    points = iterates("sgd", linear(6), SPARSE, Rational(1, 8), 12, batch=1, seed=5)
    used = []
    for before, after in pairwise(points):
        moves = [0.125 * (y[n] - x[n] @ before) * x[n] for n in range(3)]
        used.append(next(n for n in range(3) if np.allclose(after - before, moves[n], rtol=1e-12, atol=1e-15)))
    assert all(sorted(used[i : i + 3]) == [0, 1, 2] for i in range(0, 12, 3))
    other = iterates("sgd", linear(6), SPARSE, Rational(1, 8), 12, batch=1, seed=6)
    again = iterates("sgd", linear(6), SPARSE, Rational(1, 8), 12, batch=1, seed=5)
    assert np.array_equal(points, again) and not np.allclose(points, other)


@pytest.mark.parametrize("p", [Integer(1), Rational(4, 3), Integer(2), Integer(3), oo])
def test_a_steepest_direction_minimises_its_model(p) -> None:
    """<v, -g> = |v|^2 = |g|_q^2 (eq. 12), and no other vector makes <g, v> + |v|^2 / 2 smaller."""
    g = np.array([0.3, -1.2, 0.7, 0.0])
    v = steepest_direction(FLOAT64, g, p)
    power = float(p)
    exact = np.linalg.norm(g, ord=np.inf if p == 1 else 1 if p == oo else power / (power - 1))
    size = np.linalg.norm(v, ord=np.inf if p == oo else power)
    assert np.isclose(-g @ v, size**2) and np.isclose(size, exact) and np.isclose(norm(FLOAT64, v, p), size)
    random = np.random.default_rng(1)
    others = v + random.normal(size=(2000, 4)) * random.choice([1e-3, 0.1, 1.0], size=(2000, 1))
    sizes = np.array([np.linalg.norm(u, ord=np.inf if p == oo else power) for u in others])
    assert (others @ g + sizes**2 / 2).min() >= g @ v + size**2 / 2 - 1e-12


def test_mirror_descent_on_entropy_is_the_exponentiated_gradient() -> None:
    """Multiplicative updates, typed in; with the simplex as a constraint they are normalised."""
    x, y = matrix(SPARSE)
    w = v = np.full(6, 1 / 6)
    for _ in range(30):
        w = w * np.exp(-0.125 * x.T @ (x @ w - y) / 3)
        v = v * np.exp(-0.125 * x.T @ (x @ v - y) / 3)
        v = v / v.sum()
    model = entropy(6, "1/6")
    assert np.allclose(iterates("mirror", model, SPARSE, Rational(1, 8), 30)[-1], w, rtol=1e-12)
    simplex = (((Rational(1),) * 6, Rational(1)),)
    found = iterates("mirror-constrained", model, SPARSE, Rational(1, 8), 30, constraints=simplex)
    assert np.allclose(found[-1], v, rtol=1e-10)


def test_momentum_in_dual_and_primal_are_the_steps_printed() -> None:
    """Eqs. (7) and (8) for the entropy, grad psi = log, typed in."""
    x, y, eta, b, g = np.array([1.0, 2.0]), 1.0, 0.0625, 0.5, 0.25
    dual, primal = [np.ones(2)] * 2, [np.ones(2)] * 2
    for _ in range(20):
        change = dual[-1] - dual[-2]
        slope = (x @ (dual[-1] + g * change) - y) * x
        dual.append(np.exp(np.log(dual[-1]) + b * (np.log(dual[-1]) - np.log(dual[-2])) - eta * slope))
        change = primal[-1] - primal[-2]
        slope = (x @ (primal[-1] + g * change) - y) * x
        primal.append(np.exp(np.log(primal[-1] + b * change) - eta * slope))
    for name, typed in (("mirror-dual-momentum", dual), ("mirror-primal-momentum", primal)):
        assert np.allclose(iterates(name, entropy(2), ONE, Rational(1, 16), 20), typed[1:], rtol=1e-11)


def test_natural_gradient_is_the_step_printed() -> None:
    w = np.ones(2)
    for _ in range(20):
        w = w - 0.0625 * w * (w @ [1, 2] - 1) * np.array([1.0, 2.0])  # H^-1 = diag(w)
    assert np.allclose(iterates("natural", entropy(2), ONE, Rational(1, 16), 20)[-1], w, rtol=1e-13)


def test_natural_gradient_raises_by_the_metric_derived_from_a_model() -> None:
    """Depth 2 from alpha = 1/2: M = J J^T = 4 (p^2 + m^2) = 2 at the start, and 4 sqrt(beta^2 + 4 alpha^4) later."""
    x, y = matrix(SPARSE)
    beta = np.zeros(6)
    for _ in range(20):
        beta = beta - 0.0625 * 4 * np.sqrt(beta**2 + 0.25) * (x.T @ (x @ beta - y)) / 3
    assert np.allclose(iterates("natural", diagonal(6), SPARSE, Rational(1, 16), 20)[-1], beta, rtol=1e-12)


# -- limits: losses with a finite root -----------------------------------------------------------------


@pytest.mark.parametrize("name", ["gradient-descent", "sgd", "heavy-ball", "nesterov", "momentum"])
@pytest.mark.parametrize("step", [Rational(1, 20), Rational(1, 4)])
def test_span_methods_reach_the_closest_interpolator(name: str, step: Rational) -> None:
    """Section 2.1, for every step size, momentum and batch; from a start that is not zero."""
    x, y = matrix(SPARSE)
    start = np.full(6, 0.25)
    found = run(name, linear(6, "1/4"), SPARSE, step, 6000)
    assert np.allclose(found.beta, start + np.linalg.pinv(x) @ (y - x @ start), atol=1e-9)


@pytest.mark.parametrize("loss", ["(f - y)**4", "log(cosh(f - y))"])
def test_a_loss_that_the_user_gives_has_the_same_limit(loss: str) -> None:
    x, y = matrix(SPARSE)
    step = Rational(1, 500) if "**4" in loss else Rational(1, 10)
    found = run("gradient-descent", linear(6), SPARSE, step, 20000, loss=loss)
    limit = np.linalg.pinv(x) @ y
    slack = 0.1 if "**4" in loss else 1e-9  # the quartic loss leaves residuals of 1/sqrt(t)
    assert np.allclose(found.beta, limit, atol=slack)
    assert np.allclose(found.beta, x.T @ np.linalg.lstsq(x.T, found.beta, rcond=None)[0], atol=1e-12)


@pytest.mark.parametrize(
    ("given", "named"), [("log(1 + u)", "logistic"), ("exp(-m)", "exponential"), ("(f - y)**2 / 2", "squared")]
)
def test_a_named_loss_may_be_written_out(given: str, named: str) -> None:
    data = replace(SPARSE, y=(Rational(1), Rational(-1), Rational(1)))
    ends = [run("gradient-descent", linear(6), data, Rational(1, 4), 100, loss=loss) for loss in (given, named)]
    assert np.allclose(ends[0].beta, ends[1].beta, rtol=1e-12) and np.isclose(ends[0].loss, ends[1].loss, rtol=1e-12)
    flags = [end.problem.objective.loss.uses_margins for end in ends]
    assert flags[0] == flags[1]


@pytest.mark.parametrize("step", [Rational(1, 100), Rational(1, 8)])
@pytest.mark.parametrize("name", ["mirror", "mirror-dual-momentum"])
def test_mirror_descent_reaches_the_entropy_minimiser_for_every_step(name: str, step: Rational) -> None:
    """Theorems 1 and 1b: log w is proportional to (1, 2), so w = (1/2, 1/4): 2 t^2 + t = 1."""
    assert np.allclose(run(name, entropy(2), ONE, step, 8000).beta, [0.5, 0.25], atol=1e-10)


def test_primal_momentum_loses_the_minimiser_and_depends_on_its_parameters() -> None:
    """Proposition 2a, Fig. 1a: interpolators, but others."""
    ends = [
        run("mirror-primal-momentum", entropy(2), ONE, Rational(1, 20), 8000, momentum=b).beta
        for b in (Rational(0), Rational(1, 4), Rational(1, 2))
    ]
    assert all(abs(end @ [1, 2] - 1) < 1e-9 for end in ends)
    assert np.allclose(ends[0], [0.5, 0.25], atol=1e-9)
    assert abs(ends[1][0] - 0.5) > 1e-3 and abs(ends[2][0] - ends[1][0]) > 1e-3


def test_natural_gradient_depends_on_its_step_and_tends_to_the_minimiser() -> None:
    """Proposition 3a, Fig. 1b; the distance falls in proportion to the step (eq. 10)."""
    gaps = [abs(run("natural", entropy(2), ONE, Rational(1, n), 400 * n).beta[0] - 0.5) for n in (20, 40, 80)]
    assert gaps[2] > 1e-4 and all(1.7 < a / b < 2.3 for a, b in pairwise(gaps))


def test_constrained_mirror_descent_is_the_bregman_projection_onto_both_sets() -> None:
    """Theorem 1a, against SciPy's minimiser of the entropy under X w = y and sum w = 1."""
    data = DataSet(name="one", X=((Rational(1), Rational(2), Rational(5)),), y=(Rational(3),))
    simplex = (((Rational(1),) * 3, Rational(1)),)
    found = run("mirror-constrained", entropy(3, "1/3"), data, Rational(1, 10), 4000, constraints=simplex)
    equal = {"type": "eq", "fun": lambda w: [w @ [1, 2, 5] - 3, w.sum() - 1]}
    best = minimize(
        lambda w: (w * np.log(w)).sum(), np.full(3, 1 / 3), constraints=equal, bounds=[(1e-9, 1)] * 3, tol=1e-14
    )
    assert np.allclose(found.beta, best.x, atol=1e-6) and abs(found.beta.sum() - 1) < 1e-12


def test_steepest_descent_in_four_thirds_is_not_the_least_norm_solution() -> None:
    """Example 4, Fig. 1c: even for small steps; the least norm by SciPy on the one free coordinate."""
    data = DataSet(
        name="example 4",
        X=(tuple(map(Rational, (1, 1, 1))), tuple(map(Rational, (1, 2, 0)))),
        y=(Rational(1), Rational(10)),
    )
    x, y = matrix(data)

    def family(t: float) -> np.ndarray:
        return np.array([t, (10 - t) / 2, -4 - t / 2])

    least = minimize(lambda t: (abs(family(t[0])) ** (4 / 3)).sum(), [0.1], tol=1e-14).x[0]
    assert np.allclose(least_norm(x, y, Rational(4, 3), np.zeros(3)), family(least), atol=1e-5)
    ends = [
        run("steepest", linear(3), data, s, 40000, norm=Rational(4, 3), until=parse_decimal("1e-20", where="")).beta
        for s in (Rational(1, 10), Rational(1, 200))
    ]
    assert all(np.allclose(x @ end, y, atol=1e-8) for end in ends)
    assert abs(ends[0][0] - ends[1][0]) > 1e-2 and abs(ends[1][0] - least) > 0.1


def test_descent_on_a_factorisation_tends_to_the_derived_minimiser() -> None:
    """Depth 2: grad Q = asinh(beta / (2 alpha^2)) / 4 leaves the row span by O(eta)."""
    x, _ = matrix(SPARSE)
    gaps = []
    for n in (20, 40, 80):
        beta = run("gradient-descent", diagonal(6), SPARSE, Rational(1, n), 200 * n).beta
        q = np.arcsinh(beta / 0.5) / 4
        gaps.append(np.linalg.norm(q - x.T @ np.linalg.lstsq(x.T, q, rcond=None)[0]))
    assert gaps[-1] > 1e-6 and all(1.6 < a / b < 2.5 for a, b in pairwise(gaps))


def test_a_coupled_potential_has_its_mirror_descent() -> None:
    """One neuron, a warped potential: the limit is the minimiser, which the step does not move."""
    model = parse_model(["a*w1", "a*w2", "a*w3"], start={"a": "1", "w1": "1", "w2": "0", "w3": "0"})
    data = DataSet(name="one", X=((Rational(1), Rational(2), Rational(1, 2)),), y=(Rational(2),))
    ends = [run("mirror", model, data, Rational(1, n), 4000).beta for n in (20, 50)]
    known = theory(
        methods()["mirror"], derive(model), {}, data, Settings(step=1), loss="squared", uses_margins=False, digits=15
    )
    limit = [float(b.mid()) for b in known.predictor or ()]
    assert np.allclose(ends[0], limit, atol=1e-9) and np.allclose(ends[1], limit, atol=1e-9)


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


# -- arithmetics ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("loss", ["squared", "logistic", "exponential"])
def test_every_method_takes_the_same_steps_in_both_arithmetics(name: str, loss: str) -> None:
    """10 steps on every loss; labels are 1."""
    data = replace(SPARSE, y=(Rational(1),) * 3)
    model = entropy(6, "1/4") if methods()[name].space == "predictor" else diagonal(6)
    coarse = run(name, model, data, Rational(1, 64), 10, loss=loss)
    fine = run(name, model, data, Rational(1, 64), 10, loss=loss, digits=25)
    assert fine.digits == 25
    assert np.allclose(coarse.beta, fine.beta.astype(float), rtol=1e-11)
    assert np.isclose(coarse.loss, float(fine.loss), rtol=1e-11)


def test_precision_reaches_a_loss_and_digits_beyond_float64() -> None:
    """The closest interpolator to 40 digits, solved exactly over the rationals."""
    found = run(
        "gradient-descent", linear(6), SPARSE, Rational(1, 4), 5000, digits=40, until=parse_decimal("1e-90", where="")
    )
    from_rationals = _closest(SPARSE)
    assert found.digits == 40 and found.reached
    for b, exact in zip(found.beta, from_rationals, strict=True):
        assert abs(b - found.numbers.number(exact)) < found.numbers.number(Rational(1, 10**40))


def _closest(data: DataSet):
    x, y = Matrix(data.X), Matrix(data.y)
    return list(x.T * (x * x.T).LUsolve(y))


def test_private_precision_leaves_the_global_one_alone() -> None:
    before = mpmath.mp.prec
    numbers = precise(60)
    assert numbers.tape.function["exp"](numbers.number(Integer(1))) != numbers.number(Rational(271828, 100000))
    assert mpmath.mp.prec == before


# -- what is refused -----------------------------------------------------------------------------------


def test_what_cannot_be_run_is_refused() -> None:
    model = linear(6)
    with pytest.raises(InputError, match="needs --momentum"):
        optimise(
            methods()["nesterov"], model, derive(model), {}, SPARSE, Settings(step=1), loss="squared", iterations=1
        )
    with pytest.raises(InputError, match="is no setting"):
        run("gradient-descent", model, SPARSE, Rational(1, 4), norm=Integer(2))
    with pytest.raises(InputError, match="identity metric"):
        run("gradient-descent", entropy(2), ONE, Rational(1, 10))
    with pytest.raises(ComputationError, match="diverges"):
        run("gradient-descent", model, SPARSE, Rational(100))
    with pytest.raises(ComputationError, match="domain"):
        run("mirror-primal-momentum", entropy(2), ONE, Rational(2), momentum=Rational(3))
    generic = parse_model(["u1*v1 + u2*v2", "u1*w1 + u2*w2"])
    start = replace(generic, start=tuple(Rational(k, 3) for k in range(1, 7)))
    data = DataSet(name="one", X=((Rational(1), Rational(2)),), y=(Rational(1),))
    with pytest.raises(ComputationError, match="potential"):
        run("mirror", start, data, Rational(1, 100))
