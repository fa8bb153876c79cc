"""Mirror descent: a gradient step of the dual variable z = grad Q(beta)."""

from verify.optimise.method import Method, Problem, State
from verify.optimise.mirror import map_of, remember_inner


def step(problem: Problem, state: State) -> State:
    """Gunasekar et al. 2018, eq. (5)."""
    mirror, (u, z) = map_of(problem), state.memory
    z = z - problem.step * problem.objective.gradient(state.w)
    u = mirror.at_dual(z, u)
    return State(w=mirror.primal(u), memory=(u, z), count=state.count + 1)


METHOD = Method(
    name="mirror",
    summary="grad Q(beta) - eta grad L(beta), Q the potential derived from the model",
    source="gunasekar2018, eq. (5)",
    family="mirror",
    step=step,
    space="predictor",
    needs="mirror",
    memory=remember_inner,
)
