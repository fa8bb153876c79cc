"""Coordinate descent: steepest descent in the l1 norm moves the coordinate with the largest derivative."""

from sympy import Integer

from verify.optimise.method import Method, Problem, State
from verify.optimise.norms import steepest_direction


def step(problem: Problem, state: State) -> State:
    """Gunasekar et al. 2018, section 2.4, coordinate descent; of several largest derivatives, the first."""
    direction = steepest_direction(problem.numbers, problem.objective.gradient(state.w), Integer(1))
    return State(w=state.w + problem.step * direction, count=state.count + 1)


METHOD = Method(
    name="coordinate",
    summary="steepest descent in l1: the coordinate with the largest derivative moves",
    source="gunasekar2018, section 2.4",
    family="steepest",
    step=step,
)
