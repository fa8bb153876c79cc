"""Natural gradient descent: the gradient is raised by the inverse metric at the point."""

from verify.optimise.method import Method, Problem, State


def step(problem: Problem, state: State) -> State:
    """Gunasekar et al. 2018, eq. (9), with H^-1 = M the inverse metric derived from the model."""
    if problem.inverse_metric is None:
        raise ValueError("natural gradient descent was built without a metric")
    direction = problem.inverse_metric(state.w) @ problem.objective.gradient(state.w)
    return State(w=state.w - problem.step * direction, count=state.count + 1)


METHOD = Method(
    name="natural",
    summary="beta - eta M(beta) grad L(beta), M the inverse metric derived from the model",
    source="gunasekar2018, eq. (9)",
    family="natural",
    step=step,
    space="predictor",
    needs="metric",
)
