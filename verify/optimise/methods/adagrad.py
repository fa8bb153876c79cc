"""AdaGrad: every coordinate is scaled by the root of the sum of its squared gradients so far."""

import numpy as np
from sympy import Rational

from verify.optimise.method import Array, Method, Problem, State


def memory(problem: Problem, w: Array) -> tuple[Array, ...]:
    """No gradient has been seen."""
    return (0 * w,)


def step(problem: Problem, state: State) -> State:
    """Gunasekar et al. 2018, eqs. (13) and (14): G(t) includes the gradient at w(t); 0/0 is 0."""
    gradient = problem.objective.gradient(state.w)
    total = state.memory[0] + gradient * gradient
    root = problem.numbers.power(total, Rational(1, 2))
    scaled = gradient / np.where(total == 0, 1 + 0 * root, root)
    return State(w=state.w - problem.step * scaled, memory=(total,), count=state.count + 1)


METHOD = Method(
    name="adagrad",
    summary="w - eta G^(-1/2) grad L(w), G the sum of squared gradients, coordinate by coordinate",
    source="gunasekar2018, eqs. (13), (14)",
    family="adagrad",
    step=step,
    memory=memory,
)
