"""Mirror descent with momentum in the predictor: it leaves the span of the data, and with it argmin Q."""

from verify.optimise.method import Array, Method, Problem, State
from verify.optimise.mirror import map_of, remember_inner


def memory(problem: Problem, w: Array) -> tuple[Array, ...]:
    """u, and beta of the step before."""
    return (remember_inner(problem, w)[0], w)


def step(problem: Problem, state: State) -> State:
    """Gunasekar et al. 2018, eq. (8)."""
    mirror, (u, before) = map_of(problem), state.memory
    change = state.w - before
    u = mirror.at_primal(state.w + problem.momentum * change, u)
    gradient = problem.objective.gradient(state.w + problem.lookahead * change)
    u = mirror.at_dual(mirror.dual(u) - problem.step * gradient, u)
    return State(w=mirror.primal(u), memory=(u, state.w), count=state.count + 1)


METHOD = Method(
    name="mirror-primal-momentum",
    summary="grad Q(beta + beta_t Dbeta) - eta grad L(beta + gamma Dbeta)",
    source="gunasekar2018, eq. (8), proposition 2a",
    family="mirror-primal",
    step=step,
    settings=("momentum", "lookahead"),
    space="predictor",
    needs="mirror",
    memory=memory,
)
