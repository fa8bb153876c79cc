"""Sign descent: steepest descent in the l_inf norm moves every coordinate by the same amount."""

from sympy import oo

from verify.optimise.method import Method, Problem, State
from verify.optimise.norms import steepest_direction


def step(problem: Problem, state: State) -> State:
    """Gunasekar et al. 2018, eq. (11) with p = oo: -|grad L|_1 sign(grad L)."""
    direction = steepest_direction(problem.numbers, problem.objective.gradient(state.w), oo)
    return State(w=state.w + problem.step * direction, count=state.count + 1)


METHOD = Method(
    name="sign",
    summary="steepest descent in l_inf: w - eta |grad L|_1 sign(grad L)",
    source="gunasekar2018, eq. (11), p = oo",
    family="steepest",
    step=step,
)
