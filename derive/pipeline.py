"""The one way through: a model in, a derivation out.

cell          restrictions without powers, absolute values as they are around the start
blocks        independent groups of coordinates are models of their own; equal ones are done once
dynamics      J, V_i, M: everything after this is algebra on these fields
setting       generic, restricted, or the leaf of the start: where identities have to hold
confined      an affine subspace that beta cannot leave: all stages run on independent coordinates instead
hull          does the start lie on an invariant affine subspace?  then the stages answer for the model on it
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

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import TypeVar

from sympy import Expr

from derive.assemble import assemble, block_diagonal
from derive.blocks import Block, Template, blocks, template
from derive.bounded import Bounded, bounded_constants, freed, restored
from derive.branch.elimination import Elimination, eliminate
from derive.confinement import joined, lifted, reduced
from derive.connected import Connected
from derive.derivation import Derivation
from derive.errors import ComputationError
from derive.everywhere.products import no_hessian, refuted_by_block
from derive.everywhere.spectral import Spectral, decided, spectral
from derive.everywhere.spectral_potential import in_entries, with_eigenvalues
from derive.fields.cell import in_cell
from derive.fields.dynamics import InducedDynamics, induced_dynamics
from derive.fields.hull import Hull, hull
from derive.fields.leaf import Leaf, setting
from derive.fields.restrictions import doubtful, plainly
from derive.laws.conservation import ConservationLaws, conservation_laws
from derive.laws.counted import counted_laws
from derive.laws.special import described, special_leaf
from derive.limits.explicit import Explicit, explicit
from derive.limits.regimes import regimes
from derive.metric.affine_span import AffineSpan, affine_span
from derive.metric.closure import Closure, closure
from derive.metric.confined import Confined, turning
from derive.metric.elsewhere import explained
from derive.metric.hessian import Hessian, commuting_fields, hessian
from derive.metric.warp import Warp, warp
from derive.model import Model
from derive.on_hull import on_the_whole
from derive.patience import within
from derive.potentials.isotropic import with_radial_warp
from derive.potentials.potential import Form, Potential, potential, undecided
from derive.scope import THIS, Scope, scope
from derive.verdict import Verdict, proved, unknown

TIME_LIMIT, MANY = 60.0, 12
FIELDS = 10.0  # what the gradient fields may take under the shortest limit: without them there is no document
T = TypeVar("T")


@dataclass(slots=True)
class _Clock:
    """Seconds by stage, added up over the blocks.

    What a verdict rests on may take the whole limit.  Later stages share what is left of it, and each gets a tenth at
    least, so that a derivation ends after about twice the limit at most.
    """

    limit: float | None
    seconds: dict[str, float]

    def run(self, name: str, stage: Callable[[], T], otherwise: Callable[[str], T], *, least: float = 0) -> T:
        """`stage()` within the time that is left, else `otherwise(reason)`; its time is added to the stage's."""
        begin = perf_counter()
        left = None if self.limit is None else self.limit - sum(self.seconds.values())
        limit = None if self.limit is None or left is None else max(self.limit / 10, least, left)
        try:
            return within(limit, stage, otherwise)
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - begin


def derive(model: Model, *, time_limit: float | None = TIME_LIMIT) -> Derivation:
    """Everything about one model.  `time_limit` bounds each stage, in seconds; what it cuts is unknown (see `_Clock`).

    Constants with an upper bound are exchanged for free ones first (`derive.bounded`).  Raises `InputError` for a start
    outside the model's domain or a restriction that the flow leaves, `ComputationError` where not even the gradient
    fields are computed in time.
    """
    ends = bounded_constants(model)
    found = _derive(freed(model, ends), ends, _Clock(limit=time_limit, seconds={}))
    return replace(restored(found, ends), model=model) if ends else found


def _derive(model: Model, ends: tuple[Bounded, ...], clock: _Clock) -> Derivation:
    own = in_cell(plainly(model))
    listed = [(block, template(block)) for block in blocks(own)]
    placed: dict[Template, _Placed] = {}
    for block, key in listed:
        if key not in placed:
            placed[key] = _place(block.model, clock)
    found = joined(len(model.predictor), [(block.places, placed[key].span) for block, key in listed])
    if found is not None:
        inner = _derive(reduced(model, found), ends, clock)
        return replace(
            lifted(model, found, inner, _metric(model, [(b, placed[key].dynamics) for b, key in listed])),
            seconds=tuple(clock.seconds.items()),
        )
    done = {key: _connected(at, clock) for key, at in placed.items()}
    return _completed(model, assemble(own, [(block, done[key]) for block, key in listed]), ends, clock)


def _sum_of_blocks(model: Model, clock: _Clock) -> Connected:
    """The direct sum of the connected blocks; equal ones are derived once."""
    done: dict[Template, Connected] = {}
    parts = []
    for block in blocks(model):
        key = template(block)
        if key not in done:
            done[key] = _connected(_place(block.model, clock), clock)
        parts.append((block, done[key]))
    return assemble(model, tuple(parts))


def _completed(model: Model, whole: Connected, ends: tuple[Bounded, ...], clock: _Clock) -> Derivation:
    """The stages for the model as a whole."""
    found = clock.run("regimes", lambda: regimes(model, whole, ends), lambda _: ())
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
        regimes=found,
        explicit=counterpart,
        scope=reach.reach,
        scope_reason=reach.reason,
        radial=reach.radial,
        spectral=whole.spectral,
        seconds=tuple(clock.seconds.items()),
        subspace=whole.subspace,
        confined=None if whole.confined is None else Confined(verdict=whole.confined),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A connected model with its fields and its setting (or why that is not known), and the subspace it stays in."""

    dynamics: InducedDynamics
    leaf: Leaf | str
    span: AffineSpan | None = None


def _place(model: Model, clock: _Clock) -> _Placed:
    dynamics = clock.run("dynamics", lambda: induced_dynamics(model), lambda r: r, least=FIELDS)
    if isinstance(dynamics, str):  # nothing is known about the model, not even M
        raise ComputationError("the gradient fields were not computed", received=dynamics, hint="a longer --time-limit")
    leaf: Leaf | str = clock.run("setting", lambda: _settled(dynamics), lambda r: r)
    if isinstance(leaf, str):
        return _Placed(dynamics=dynamics, leaf=leaf)
    found = clock.run("confined", lambda: affine_span(leaf), lambda _: None)
    return _Placed(dynamics=dynamics, leaf=leaf, span=found)


def _connected(placed: _Placed, clock: _Clock) -> Connected:
    """The stages for one connected model, in the order of the module's table."""
    dynamics, model = placed.dynamics, placed.dynamics.model
    if isinstance(placed.leaf, str):  # where the identities have to hold is not known, so none can be decided
        return _unplaced(dynamics, placed.leaf)
    leaf = placed.leaf
    held: Hull | None = clock.run("hull", lambda: hull(dynamics), lambda _: None)
    if held is not None:
        return _on_hull(leaf, held, clock)
    turned = clock.run("confined", lambda: turning(leaf), unknown)
    laws: ConservationLaws = clock.run("laws", lambda: _laws(leaf), lambda r: _no_laws(dynamics, r))
    generic, whole = laws, leaf
    leaf, laws = clock.run("leaf", lambda: special_leaf(leaf, generic), lambda _: (leaf, generic))
    leaf = clock.run("leaf", lambda: leaf.with_laws(laws.laws), lambda _: leaf)
    closed: Closure = clock.run("closure", lambda: closure(leaf, laws), lambda r: Closure(verdict=unknown(r)))
    if leaf.dynamics is not dynamics:
        closed = replace(closed, verdict=replace(closed.verdict, reason=f"{described(leaf)}: {closed.verdict.reason}"))
    block = clock.run("hessian", lambda: refuted_by_block(model), lambda _: None)
    spectrum = clock.run("spectral", lambda: spectral(model) if block is None else None, lambda _: None)
    at_once = no_hessian(block, closed) if block is not None else decided(spectrum, closed, model)
    found: Hessian = clock.run(
        "hessian",
        lambda: at_once or hessian(leaf, laws, closed, whole=None if leaf.dynamics is dynamics else whole),
        lambda r: Hessian(commuting=unknown(r), hessian=unknown(r), images=()),
    )
    if turned is not None and turned.is_refuted and not closed.verdict.is_refuted:
        found = replace(found, hessian=turned)
    warped: Warp = clock.run(
        "warp",
        lambda: (
            Warp(verdict=found.hessian)
            if turned is not None or (at_once is not None and found.hessian.is_refuted)
            else warp(leaf, laws, closed, found)
        ),
        lambda r: Warp(verdict=unknown(r)),
    )
    if turned is None:
        warped = clock.run("elsewhere", lambda: explained(leaf, laws, warped), lambda _: warped)
    eliminated: Elimination = clock.run(
        "elimination",
        lambda: (
            eliminate(
                leaf,
                laws,
                roots=not warped.verdict.is_refuted,
                rational=not _is_refuted(turned) and not _is_refuted(None if spectrum is None else spectrum.verdict),
            )
            if closed.verdict.is_proved
            else _not_closed(closed)
        ),
        lambda r: Elimination(verdict=unknown(r), constants=()),
    )
    warped = clock.run("warp", lambda: with_radial_warp(model, warped, eliminated), lambda _: warped)
    result: Potential = clock.run(
        "potential",
        lambda: potential(leaf, laws, warped, eliminated, _other_form(model, spectrum)),
        lambda r: undecided(model, r),
    )
    return Connected(
        model=model,
        laws=generic,
        closure=closed,
        commuting=found.commuting,
        hessian=found.hessian,
        warp=warped,
        inverse_metric=dynamics.metric_expressions(),
        elimination=eliminated,
        potential=with_eigenvalues(result, spectrum),
        spectral=spectrum,
        confined=turned,
    )


def _on_hull(leaf: Leaf, held: Hull, clock: _Clock) -> Connected:
    """The result of the model on the hull of the start; laws and commuting fields are those of parameter space."""
    inner = _sum_of_blocks(held.model, clock)
    half = (clock.limit or 0) / 2  # the laws come last, as nothing else needs them, and are a verdict all the same
    return on_the_whole(
        leaf.dynamics.model,
        held,
        inner,
        laws=clock.run("laws", lambda: _laws_of_many(leaf), lambda r: _no_laws(leaf.dynamics, r), least=half),
        commuting=clock.run("hessian", lambda: commuting_fields(leaf), unknown),
        inverse_metric=leaf.dynamics.metric_expressions(),
    )


def _is_refuted(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.is_refuted


def _other_form(model: Model, spectrum: Spectral | None) -> Callable[[], Form | None]:
    return lambda: None if spectrum is None else in_entries(model, spectrum)


def _settled(dynamics: InducedDynamics) -> Leaf | str:
    leaf = setting(dynamics)
    return doubtful(leaf) or leaf


def _unplaced(dynamics: InducedDynamics, reason: str) -> Connected:
    """Everything unknown: the submanifold or the start was not understood in time."""
    open_ = unknown(reason)
    return Connected(
        model=dynamics.model,
        laws=_no_laws(dynamics, reason),
        closure=Closure(verdict=open_),
        commuting=open_,
        hessian=open_,
        warp=Warp(verdict=open_),
        inverse_metric=dynamics.metric_expressions(),
        elimination=Elimination(verdict=open_, constants=()),
        potential=undecided(dynamics.model, reason),
    )


def _metric(model: Model, parts: Sequence[tuple[Block, InducedDynamics]]) -> tuple[tuple[Expr, ...], ...]:
    """M(w) of a direct sum; equal blocks have the fields of one of them, under its names of parameters."""
    listed = []
    for block, dynamics in parts:
        names = dict(zip(dynamics.model.parameters, block.model.parameters, strict=True))
        rows = tuple(tuple(e.xreplace(names) for e in row) for row in dynamics.metric_expressions())
        listed.append((block.places, rows))
    return block_diagonal(len(model.predictor), listed)


def _laws(leaf: Leaf) -> ConservationLaws:
    """A regular metric moves every coordinate: its d gradient fields, the columns of rho^-1, span the space."""
    dynamics = leaf.dynamics
    if dynamics.model.is_metric and not dynamics.model.restrict:
        reason = "0 independent laws; the columns of rho^-1 are independent"
        return ConservationLaws(verdict=proved(reason), laws=(), count=0, upper_bound=0, tangent=dynamics.gradients)
    return conservation_laws(leaf)


def _laws_of_many(leaf: Leaf) -> ConservationLaws:
    """Laws that no later stage needs: where parameters are many, the count alone may find them all."""
    model = leaf.dynamics.model
    found = counted_laws(model) if len(model.parameters) > MANY else None
    return found or _laws(leaf)


def _no_laws(dynamics: InducedDynamics, reason: str) -> ConservationLaws:
    p = len(dynamics.model.parameters)
    return ConservationLaws(verdict=unknown(reason), laws=(), count=None, upper_bound=p, tangent=dynamics.gradients)


def _not_closed(closed: Closure) -> Elimination:
    return Elimination(verdict=unknown(f"there is no M(beta): {closed.verdict.reason}"), constants=())


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
