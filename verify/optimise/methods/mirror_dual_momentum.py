"""Mirror descent with momentum in the dual variable: it stays in the span of the data."""

from verify.optimise.method import Array, Method, Problem, State
from verify.optimise.mirror import map_of, remember_inner


def memory(problem: Problem, w: Array) -> tuple[Array, ...]:
    """u, z, and z and beta of the step before."""
    u, z = remember_inner(problem, w)
    return (u, z, z, w)


def step(problem: Problem, state: State) -> State:
    """Gunasekar et al. 2018, eq. (7)."""
    mirror, (u, z, z_before, before) = map_of(problem), state.memory
    gradient = problem.objective.gradient(state.w + problem.lookahead * (state.w - before))
    new = z + problem.momentum * (z - z_before) - problem.step * gradient
    u = mirror.at_dual(new, u)
    return State(w=mirror.primal(u), memory=(u, new, z, state.w), count=state.count + 1)


METHOD = Method(
    name="mirror-dual-momentum",
    summary="grad Q(beta) + beta_t Dz - eta grad L(beta + gamma Dbeta)",
    source="gunasekar2018, eq. (7), theorem 1b",
    family="mirror",
    step=step,
    settings=("momentum", "lookahead"),
    space="predictor",
    needs="mirror",
    memory=memory,
)
