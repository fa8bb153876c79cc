"""Gradient descent normalised by the loss: the method of Moroshko et al. 2020 for losses that vanish exponentially."""

from verify.optimise.method import Method, Problem, State


def step(problem: Problem, state: State) -> State:
    """Moroshko et al. 2020, section 5: the gradient is divided by the loss."""
    return State(w=state.w - problem.step * problem.objective.relative_gradient(state.w), count=state.count + 1)


METHOD = Method(
    name="normalised",
    summary="w - eta grad L(w) / L(w)",
    source="moroshko2020, section 5",
    family="normalised",
    step=step,
)
