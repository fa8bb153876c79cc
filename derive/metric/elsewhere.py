"""Where a warp does exist, when there is none on the leaves that were asked for.

Balanced starts are where papers find regularizers that generic starts do not have (Azulay et al. 2021, proposition 6.2:
neurons with a a^T = W W^T move as one).  The set N on which every conserved quantity is zero is invariant, whatever the
model is.  The questions are put again on N, by the same stages, and the answer is only reported if it is `proved`.
"""

from dataclasses import replace

from derive.fields.dynamics import induced_dynamics
from derive.fields.leaf import Leaf, setting
from derive.fields.restrictions import doubtful
from derive.laws.conservation import ConservationLaws, conservation_laws
from derive.metric.closure import closure
from derive.metric.hessian import hessian
from derive.metric.warp import Warp, warp

MAX_PARAMETERS, MAX_LAWS = 6, 4


def explained(leaf: Leaf, laws: ConservationLaws, warped: Warp) -> Warp:
    """The warp's verdict; a refusal says on which invariant set a warp exists, if it does where all laws are zero."""
    model = leaf.dynamics.model
    small = len(model.parameters) <= MAX_PARAMETERS and 0 < len(laws.laws) <= MAX_LAWS
    homogeneous = all(
        h.is_polynomial(*model.parameters) and not h.subs(dict.fromkeys(model.parameters, 0)) for h in laws.laws
    )
    if not (warped.verdict.is_refuted and small and homogeneous) or model.restrict or not laws.verdict.is_proved:
        return warped
    there = setting(induced_dynamics(replace(model, start=None, restrict=laws.laws)))
    if doubtful(there) is not None:  # no exact point of it is known, such as on u^2 = 2 v^2
        return warped
    own = conservation_laws(there)
    closed = closure(there, own)
    found = warp(there, closed, hessian(there, closed))
    if not found.verdict.is_proved:
        return warped
    equations = " = ".join(str(h) for h in laws.laws)
    reason = (
        f"{warped.verdict.reason}; where {equations} = 0, which is invariant, a warp exists (restrict the model to it)"
    )
    return replace(warped, verdict=replace(warped.verdict, reason=reason))
