"""Polyak's heavy ball: momentum, with the gradient at the point itself."""

from verify.optimise.method import Method, Problem, State
from verify.optimise.momentum import momentum_step, remember_start


def step(problem: Problem, state: State) -> State:
    """Gunasekar et al. 2018, eq. (3) with gamma = 0."""
    return momentum_step(problem, state, problem.momentum, 0)


METHOD = Method(
    name="heavy-ball",
    summary="w + beta Dw - eta grad L(w), Dw the last change",
    source="gunasekar2018, eq. (3), gamma = 0",
    family="span",
    step=step,
    settings=("momentum",),
    memory=remember_start,
)
