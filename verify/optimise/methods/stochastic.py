"""Stochastic gradient descent over a seeded order: every epoch is a permutation of the samples, cut into batches.

The order is a function of seed and epoch alone, so that a step is a pure function of the state.
"""

from functools import lru_cache
from random import Random

from verify.optimise.method import Method, Problem, State


@lru_cache(maxsize=4)
def order(seed: int, epoch: int, count: int) -> tuple[int, ...]:
    """The permutation of an epoch."""
    rows = list(range(count))
    Random(seed * 1_000_003 + epoch).shuffle(rows)
    return tuple(rows)


def step(problem: Problem, state: State) -> State:
    """Gunasekar et al. 2018, eq. (2), with the average over the batch in place of its sum."""
    count, batch = len(problem.objective.y), problem.settings.batch or 1
    batches = -(-count // batch)
    epoch, place = divmod(state.count, batches)
    rows = order(problem.settings.seed or 0, epoch, count)[place * batch : (place + 1) * batch]
    return State(w=state.w - problem.step * problem.objective.gradient(state.w, rows), count=state.count + 1)


METHOD = Method(
    name="sgd",
    summary="w - eta grad of the loss on a batch, in an order drawn from --seed; --batch samples a step",
    source="gunasekar2018, eq. (2)",
    family="span",
    step=step,
    settings=("batch", "seed"),
)
