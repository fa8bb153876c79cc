"""Momentum with both of its parameters free."""

from verify.optimise.method import Method, Problem, State
from verify.optimise.momentum import momentum_step, remember_start


def step(problem: Problem, state: State) -> State:
    """Gunasekar et al. 2018, eq. (3)."""
    return momentum_step(problem, state, problem.momentum, problem.lookahead)


METHOD = Method(
    name="momentum",
    summary="w + beta Dw - eta grad L(w + gamma Dw), Dw the last change",
    source="gunasekar2018, eq. (3)",
    family="span",
    step=step,
    settings=("momentum", "lookahead"),
    memory=remember_start,
)
