"""Nesterov's acceleration: momentum, with the gradient where the momentum leads."""

from verify.optimise.method import Method, Problem, State
from verify.optimise.momentum import momentum_step, remember_start


def step(problem: Problem, state: State) -> State:
    """Gunasekar et al. 2018, eq. (3) with gamma = beta."""
    return momentum_step(problem, state, problem.momentum, problem.momentum)


METHOD = Method(
    name="nesterov",
    summary="w + beta Dw - eta grad L(w + beta Dw), Dw the last change",
    source="gunasekar2018, eq. (3), gamma = beta",
    family="span",
    step=step,
    settings=("momentum",),
    memory=remember_start,
)
