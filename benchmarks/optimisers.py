"""Optimisers of this toolkit, of PyTorch and of JAX on one problem: time a step, and where they end.

Run from the root of the repository, with the extras `torch` and `jax`: `python benchmarks/optimisers.py`.  Problem:
squared loss, d = 100, N = 40, random data, 3,000 steps.  PyTorch takes its steps in Python as this toolkit does; JAX
compiles the loop.  The ends are compared with each other and, where section 2.1 of Gunasekar et al. 2018 applies, with
the pseudo-inverse.
"""

from collections.abc import Callable
from time import perf_counter

import jax
import numpy as np
import torch
from sympy import Rational

from derive.catalogue import architecture
from derive.pipeline import derive
from verify.data import DataSet
from verify.optimise.catalogue import method_named
from verify.optimise.method import Settings
from verify.optimise.numbers import FLOAT64, Numbers, precise
from verify.optimise.run import first_state, posed

D, N, STEPS = 100, 40, 3000
HALF, RATE = Rational(1, 2), Rational(1, 4)


def problem_data() -> tuple[DataSet, np.ndarray, np.ndarray]:
    """Random decimals, exactly."""
    random = np.random.default_rng(1)
    x, y = random.integers(-100, 101, size=(N, D)), random.integers(-100, 101, size=N)
    exact = DataSet(
        name="random",
        X=tuple(tuple(Rational(int(v), 100) for v in row) for row in x),
        y=tuple(Rational(int(v), 100) for v in y),
    )
    return exact, x / 100, y / 100


def ours(name: str, data: DataSet, numbers: Numbers, steps: int, **settings: Rational) -> tuple[np.ndarray, float]:
    """The end, and seconds a step."""
    model, method = architecture("linear").model(dimension=D), method_named(name)
    problem = posed(
        method, model, derive(model), {}, data, Settings(step=RATE, **settings), loss="squared", numbers=numbers
    )
    state = first_state(method, problem, model)
    begin = perf_counter()
    for _ in range(steps):
        state = method.step(problem, state)
    return state.w, (perf_counter() - begin) / steps


def by_torch(make: Callable, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    a, b = torch.tensor(x), torch.tensor(y)
    w = torch.nn.Parameter(torch.zeros(D, dtype=torch.float64))
    optimiser = make(torch.optim, [w])
    begin = perf_counter()
    for _ in range(STEPS):
        optimiser.zero_grad()
        (((a @ w - b) ** 2).mean() / 2).backward()
        optimiser.step()
    return w.detach().numpy(), (perf_counter() - begin) / STEPS


def by_jax(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Gradient descent in one compiled loop, in float64; the compilation is not timed."""
    jax.config.update("jax_enable_x64", True)
    a, b = jax.numpy.asarray(x), jax.numpy.asarray(y)
    slope = jax.grad(lambda w: ((a @ w - b) ** 2).mean() / 2)
    loop = jax.jit(lambda w: jax.lax.fori_loop(0, STEPS, lambda _, v: v - float(RATE) * slope(v), w))
    start = jax.numpy.zeros(D)
    loop(start).block_until_ready()
    begin = perf_counter()
    end = loop(start).block_until_ready()
    return np.asarray(end), (perf_counter() - begin) / STEPS


def show(name: str, mine: float, library: str, theirs: float, gap: float) -> None:
    ratio = theirs / mine
    print(f"{name:17} ours {mine:8.1f}   {library:8} {theirs:8.1f}   ratio {ratio:5.1f}   ends differ by {gap:.1e}")


def main() -> None:
    data, x, y = problem_data()
    torch.set_num_threads(1)
    closest = np.linalg.pinv(x) @ y
    pairs: list[tuple[str, dict, Callable]] = [
        ("gradient-descent", {}, lambda o, w: o.SGD(w, lr=0.25)),
        ("heavy-ball", {"momentum": HALF}, lambda o, w: o.SGD(w, lr=0.25, momentum=0.5)),
        ("adagrad", {}, lambda o, w: o.Adagrad(w, lr=0.25, eps=0.0)),
    ]
    print(f"d = {D}, N = {N}, {STEPS} steps; microseconds a step\n")
    for name, settings, make in pairs:
        mine, seconds = ours(name, data, FLOAT64, STEPS, **settings)
        theirs, others = by_torch(make, x, y)
        gap = max(abs(mine - theirs))
        show(name, 1e6 * seconds, "PyTorch", 1e6 * others, gap)
        if name == "gradient-descent":
            compiled, fast = by_jax(x, y)
            show("", 1e6 * seconds, "JAX", 1e6 * fast, max(abs(mine - compiled)))
            print(f"{'':17} to the closest interpolator {max(abs(mine - closest)):.1e}")
    for digits in (30, 100):
        _, seconds = ours("gradient-descent", data, precise(digits), 20)
        print(f"gradient-descent  {digits} digits {1e6 * seconds:8.1f}")


if __name__ == "__main__":
    main()
