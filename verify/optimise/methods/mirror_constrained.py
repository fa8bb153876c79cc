"""Mirror descent under affine constraints G beta = h: the dual step is corrected by G^T lambda.

lambda makes G grad Q*(z + G^T lambda) = h: the gradient of a concave function of lambda vanishes, which Newton's
method, damped until the residual falls, finds.
"""

from verify.optimise.method import Method, Problem, State
from verify.optimise.mirror import map_of, project, remember_projected


def step(problem: Problem, state: State) -> State:
    """Gunasekar et al. 2018, eq. (4) with W = {G beta = h}."""
    mirror, (u, z, multipliers) = map_of(problem), state.memory
    z = z - problem.step * problem.objective.gradient(state.w)
    u, z, multipliers = project(problem, u, z, 0 * multipliers)
    return State(w=mirror.primal(u), memory=(u, z, multipliers), count=state.count + 1)


METHOD = Method(
    name="mirror-constrained",
    summary="mirror descent on the affine set of --constraints",
    source="gunasekar2018, eq. (4), theorem 1a",
    family="mirror",
    step=step,
    settings=("constraints",),
    space="predictor",
    needs="mirror",
    memory=remember_projected,
)
