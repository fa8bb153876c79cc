"""Claim: every method takes the steps of the literature.

Checked against PyTorch's optimisers where definitions agree, and against steps written out again here.
"""

from itertools import pairwise

import numpy as np
import pytest
from optimise_models import EXTRA, ONE, SPARSE, diagonal, entropy, linear, matrix
from sympy import Integer, Rational, oo

from derive.model import Model
from derive.pipeline import derive
from verify.data import DataSet
from verify.optimise.catalogue import methods
from verify.optimise.method import Settings
from verify.optimise.norms import norm, steepest_direction
from verify.optimise.numbers import FLOAT64
from verify.optimise.run import first_state, posed


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
