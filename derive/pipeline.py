"""The one way through: a model in, a derivation out.

cell          restrictions without powers, absolute values as they are around the start
blocks        independent groups of coordinates are models of their own; equal ones are done once
dynamics      J, V_i, M: everything after this is algebra on these fields
setting       generic, restricted, or the leaf of the start: where identities have to hold
confined      an affine subspace that beta cannot leave: all stages run on independent coordinates instead
mixture       linear coordinates in which a block falls apart: all stages run in these, if that proves a Hessian map
hull          does the start lie on an invariant affine subspace?  then the stages answer for the model on it
singular      a product of matrices on a balanced leaf is decided on its singular values
laws          conserved quantities; needed to know the leaf's dimension, hence before closure
closure       is there a rho(beta) at all?  everything below is meaningless otherwise
spectral      a metric that turns with conjugation of a matrix is decided on its eigenvalues
hessian       J [V_i, V_j] = 0?  and do the fields commute?  a block of a product of matrices answers at once
warp          only where the metric is not a Hessian map as it is; neither where a normal of the image turns
elsewhere     a warp that is refused may exist where all laws are zero
elimination   M in beta, on the branch of the start; radicals appear here first
potential     Q from whichever route exists, differentiated back
assemble      the direct sum of the blocks
regimes       limits of Q in the constants of the start
explicit      what minimises the distance from the start, to compare with Q
scope         is the verdict a theorem for every dimension?
"""

from collections.abc import Sequence
from dataclasses import replace

from sympy import Expr

from derive.blocks import Block
from derive.bounded import Bounded, bounded_constants, freed, restored
from derive.carried import carried
from derive.clock import Clock
from derive.confinement import joined, lifted, reduced
from derive.connected import Connected
from derive.derivation import Derivation
from derive.errors import ComputationError, InputError
from derive.fields.cell import in_cell
from derive.fields.dynamics import induced_dynamics
from derive.fields.leaf import setting
from derive.fields.restrictions import plainly
from derive.limits.explicit import Explicit, explicit
from derive.limits.regimes import Regime, regimes
from derive.metric.confined import Confined
from derive.metric.hessian import commuting_fields, is_no_hessian
from derive.mixing import unmixed
from derive.model import Model
from derive.placing import block_diagonal
from derive.scope import THIS, Scope, scope
from derive.stages import Placed, placed_blocks, summed
from derive.verdict import unknown

TIME_LIMIT = 60.0


def derive(model: Model, *, time_limit: float | None = TIME_LIMIT) -> Derivation:
    """Everything about one model.  `time_limit` bounds each stage, in seconds; what it cuts is unknown (see `Clock`).

    Constants with an upper bound are exchanged for free ones first (`derive.bounded`).  Raises `InputError` for a start
    outside the model's domain or a restriction that the flow leaves, `ComputationError` where not even the gradient
    fields are computed in time.
    """
    ends = bounded_constants(model)
    found = _derive(freed(model, ends), ends, Clock(limit=time_limit, seconds={}))
    return replace(restored(found, ends), model=model) if ends else found


def _derive(model: Model, ends: tuple[Bounded, ...], clock: Clock) -> Derivation:
    own = in_cell(plainly(model))
    parts = placed_blocks(own, clock)
    found = joined(len(model.predictor), [(block.places, placed.span) for block, placed in parts])
    if found is not None:
        inner = _derive(reduced(model, found), ends, clock)
        whole = lifted(model, found, inner, _metric(model, own, parts))
        return replace(whole, seconds=tuple(clock.seconds.items()))
    apart = clock.run("mixture", lambda: unmixed(own, [(b, placed.dynamics) for b, placed in parts]), lambda _: None)
    inner = None if apart is None or _refused(parts, clock) else _there(apart.model, ends, clock)
    if apart is not None and inner is not None and inner.hessian.is_proved:
        commuting = inner.commuting
        if not commuting.is_proved:
            commuting = clock.run("hessian", lambda: commuting_fields(setting(induced_dynamics(own))), unknown)
        total, limits = carried(model, apart, inner, _metric(model, own, parts), commuting)
        return replace(_completed(model, total, limits, clock), mixture=apart, unmixed=inner)
    total = summed(own, parts, clock)
    limits = clock.run("regimes", lambda: regimes(model, total, ends), lambda _: ())
    return replace(_completed(model, total, limits, clock), mixture=apart)


def _refused(parts: Sequence[tuple[Block, Placed]], clock: Clock) -> bool:
    """Is it plain that a block is no Hessian map?  Then nothing would be carried back."""
    leaves = {id(placed.leaf): placed.leaf for _, placed in parts if not isinstance(placed.leaf, str)}
    return clock.run("mixture", lambda: any(map(is_no_hessian, leaves.values())), lambda _: False)


def _there(model: Model, ends: tuple[Bounded, ...], clock: Clock) -> Derivation | None:
    """The derivation in other coordinates; None where it could not be carried out: they are a choice, not an input."""
    try:
        return _derive(model, ends, clock)
    except (ComputationError, InputError):
        return None


def _completed(model: Model, whole: Connected, limits: tuple[Regime, ...], clock: Clock) -> Derivation:
    """The stages for the model as a whole."""
    counterpart = clock.run("explicit", lambda: explicit(model, whole), lambda r: Explicit(verdict=unknown(r)))
    reach = clock.run("scope", lambda: scope(model, whole), lambda r: Scope(reach=THIS, reason=r))
    return Derivation(
        model=model,
        laws=None if model.is_metric else whole.laws,
        closure=None if model.is_metric else whole.closure,
        commuting=whole.commuting,
        hessian=whole.hessian,
        warp=whole.warp,
        warp_in_beta=_in_beta(model, whole),
        inverse_metric_parameters=_as_written(model) if whole.model.kinks else whole.inverse_metric,
        elimination=whole.elimination,
        potential=whole.potential,
        regimes=limits,
        explicit=counterpart,
        scope=reach.reach,
        scope_reason=reach.reason,
        radial=reach.radial,
        spectral=whole.spectral,
        singular=whole.singular,
        seconds=tuple(clock.seconds.items()),
        subspace=whole.subspace,
        confined=None if whole.confined is None else Confined(verdict=whole.confined),
    )


def _metric(model: Model, own: Model, parts: Sequence[tuple[Block, Placed]]) -> tuple[tuple[Expr, ...], ...]:
    """M(w) of a direct sum; equal blocks have the fields of one of them, under its names of parameters."""
    if own.kinks:
        return _as_written(model)
    listed = []
    for block, placed in parts:
        names = dict(zip(placed.dynamics.model.parameters, block.model.parameters, strict=True))
        rows = tuple(tuple(e.xreplace(names) for e in row) for row in placed.dynamics.metric_expressions())
        listed.append((block.places, rows))
    return block_diagonal(len(model.predictor), listed)


def _as_written(model: Model) -> tuple[tuple[Expr, ...], ...]:
    """M with the absolute values of the user, which a start decides."""
    return induced_dynamics(model).metric_expressions()


def _in_beta(model: Model, whole: Connected) -> Expr | None:
    """g in beta, where every parameter that it contains is known in beta."""
    if whole.warp.factor_in_beta is not None:
        return whole.warp.factor_in_beta
    factor = whole.warp.factor
    known = dict(whole.elimination.parameters)
    if factor is None or not factor.free_symbols & set(model.parameters) <= set(known):
        return None
    start = model.start_map()
    constants = {c: law.xreplace(start) for c, law in whole.elimination.constants} if start else {}
    return factor.xreplace(known).xreplace(constants)
