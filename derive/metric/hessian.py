"""Stage 4, the Hessian-map condition (Problem 2 of the slides) and commuting parametrisations.

In beta coordinates the condition reads d_k H_ij = d_j H_ik.  The frame X_i = M e_i of beta-space has
the coframe H_il d beta_l, which is closed iff the X_i commute; and X_i is the image of V_i under F.
So, with no inverse and no radical,

    H is a Hessian map on the leaf   iff   J [V_i, V_j] = 0 there, for all i < j.

(Azulay et al. 2021, eq. 7; the proof is in docs/derivations/hessian.md.)  Where the fields commute
outright, [V_i, V_j] = 0, the model is a commuting parametrisation (Li, Wang, Lee, Arora 2022) and a
mirror flow on every leaf.  One coordinate, d = 1, is always a Hessian map.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from derive.exact.points import Undefined, values
from derive.fields.dynamics import InducedDynamics, Vector, rank_of_values
from derive.fields.leaf import Leaf, Question
from derive.metric.closure import Closure, refuted_by_closure
from derive.verdict import Verdict, proved, unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Hessian:
    """Verdicts on commuting fields and on the Hessian map; `images` are J [V_i, V_j], i < j."""

    commuting: Verdict
    hessian: Verdict
    images: tuple[tuple[tuple[int, int], Vector], ...]


def hessian(leaf: Leaf, closed: Closure, *, whole: Leaf | None = None) -> Hessian:
    """Decide both questions; `images` are kept for the warp.

    `whole` is the setting that the user asked for where `leaf` is a special leaf in it: fields commute there.
    """
    commuting, brackets = _commuting(leaf if whole is None else whole)
    if whole is not None:
        brackets = _brackets(leaf.dynamics)
    images = tuple((pair, leaf.dynamics.push(b)) for pair, b in brackets.items())
    return Hessian(commuting=commuting, hessian=_decide(leaf, closed, images), images=images)


def commuting_fields(leaf: Leaf) -> Verdict:
    """Do the gradient fields commute: on all of parameter space, or on the restriction of the model?"""
    return _commuting(leaf)[0]


def _brackets(dynamics: InducedDynamics) -> dict[tuple[int, int], Vector]:
    pairs = list(combinations(range(len(dynamics.gradients)), 2))
    return {(i, j): dynamics.bracket(dynamics.gradients[i], dynamics.gradients[j]) for i, j in pairs}


def _commuting(leaf: Leaf) -> tuple[Verdict, dict[tuple[int, int], Vector]]:
    dynamics = leaf.dynamics
    brackets = _brackets(dynamics)
    everywhere = Leaf(dynamics=dynamics, ideal=leaf.ideal if dynamics.model.restrict else None)
    commuting = everywhere.holds(
        [
            Question(element=e, meaning=f"component {n} of [V_{i + 1}, V_{j + 1}]", entry=(i, j))
            for (i, j), b in brackets.items()
            for n, e in enumerate(b)
        ],
        "the gradient fields commute",
    )
    return commuting, brackets


def _decide(leaf: Leaf, closed: Closure, images: tuple[tuple[tuple[int, int], Vector], ...]) -> Verdict:
    if closed.verdict.is_refuted:
        return refuted_by_closure(closed.verdict)
    if not closed.verdict.is_proved:
        return unknown(f"closure is open: {closed.verdict.reason}")
    if not is_regular(leaf):
        return unknown("rho^-1 is singular on the leaf, and rho is not defined on R^d")
    if not images:
        return proved("one coordinate: every metric in one dimension is a Hessian map")
    return leaf.holds(_questions(images), "J [V_i, V_j] = 0 for all i < j")


def _questions(images: Iterable[tuple[tuple[int, int], Vector]]) -> list[Question]:
    return [
        Question(element=e, meaning=f"component {k} of J [V_{i + 1}, V_{j + 1}]", entry=(i, j))
        for (i, j), image in images
        for k, e in enumerate(image)
    ]


def is_no_hessian(leaf: Leaf) -> bool:
    """Is some J [V_i, V_j] certainly not zero on the leaf?  Asked before anything else is known."""
    for (i, j), bracket in _brackets(leaf.dynamics).items():
        if leaf.holds(_questions([((i, j), leaf.dynamics.push(bracket))]), "").is_refuted:
            return True
    return False


def is_regular(leaf: Leaf) -> bool:
    """Is M invertible at some exact point of the leaf (hence on an open set of it)?"""
    for point in leaf.points(6):
        try:
            rows = values(leaf.dynamics.inverse_metric, point)
        except Undefined:
            continue
        if rank_of_values(rows) == len(rows):
            return True
    return False
