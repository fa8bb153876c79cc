"""Momentum in its general form (Gunasekar et al. 2018, eq. 3):

    w(t+1) = w(t) + beta Dw - eta grad L(w(t) + gamma Dw),     Dw = w(t) - w(t-1),   Dw = 0 at first.

gamma = 0 is Polyak's heavy ball, gamma = beta is Nesterov's acceleration.
"""

from typing import Any

from verify.optimise.method import Array, Problem, State


def remember_start(problem: Problem, w: Array) -> tuple[Array, ...]:
    """The point before the first one is the first one."""
    return (w,)


def momentum_step(problem: Problem, state: State, momentum: Any, lookahead: Any) -> State:
    """One step of eq. (3) with beta = `momentum` and gamma = `lookahead`."""
    (before,) = state.memory
    change = state.w - before
    gradient = problem.objective.gradient(state.w + lookahead * change)
    return State(w=state.w + momentum * change - problem.step * gradient, memory=(state.w,), count=state.count + 1)
