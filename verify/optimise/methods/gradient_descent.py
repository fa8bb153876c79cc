"""Gradient descent, `w(t+1) = w(t) - eta grad L(w(t))`; on a model's parameters it is descent on a factorisation."""

from verify.optimise.method import Method, Problem, State


def step(problem: Problem, state: State) -> State:
    """Gunasekar et al. 2018, section 2.1, and eq. (18) for a factorisation."""
    return State(w=state.w - problem.step * problem.objective.gradient(state.w), count=state.count + 1)


METHOD = Method(
    name="gradient-descent",
    summary="w - eta grad L(w); with a model other than `linear`, descent on its factorisation",
    source="gunasekar2018, section 2.1 and eq. (18)",
    family="gradient",
    step=step,
)
