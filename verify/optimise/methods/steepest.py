"""Steepest descent with respect to an l_p norm: gradient descent, coordinate descent and sign descent are members."""

from verify.optimise.method import Method, Problem, State
from verify.optimise.norms import steepest_direction


def step(problem: Problem, state: State) -> State:
    """Gunasekar et al. 2018, eq. (11)."""
    gradient = problem.objective.gradient(state.w)
    direction = steepest_direction(problem.numbers, gradient, problem.settings.norm)
    return State(w=state.w + problem.step * direction, count=state.count + 1)


METHOD = Method(
    name="steepest",
    summary="w + eta argmin over v of <grad L, v> + |v|_p^2 / 2, p = --norm",
    source="gunasekar2018, eq. (11)",
    family="steepest",
    step=step,
    settings=("norm",),
)
