"""The stages for one connected model, in the order of the table of `derive.pipeline`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from derive.assemble import assemble
from derive.blocks import Block, Template, blocks, template
from derive.branch.elimination import Elimination, eliminate
from derive.clock import Clock
from derive.connected import Connected
from derive.errors import ComputationError
from derive.everywhere.balanced import balanced
from derive.everywhere.products import no_hessian, refuted_by_block
from derive.everywhere.singular import Singular
from derive.everywhere.spectral import Spectral, decided, spectral
from derive.everywhere.spectral_potential import in_entries, with_eigenvalues
from derive.everywhere.two_factors import every_leaf
from derive.everywhere.two_sided import settled_by, two_sided
from derive.fields.dynamics import InducedDynamics, induced_dynamics, thin_start
from derive.fields.hull import Hull, hull
from derive.fields.leaf import Leaf, setting
from derive.fields.restrictions import doubtful
from derive.laws.conservation import ConservationLaws, conservation_laws
from derive.laws.counted import counted_laws
from derive.laws.special import described, special_leaf
from derive.metric.affine_span import AffineSpan, affine_span
from derive.metric.closure import Closure, closure
from derive.metric.confined import turning
from derive.metric.elsewhere import explained
from derive.metric.hessian import Hessian, commuting_fields, hessian
from derive.metric.warp import Warp, warp
from derive.model import Model
from derive.on_hull import on_the_whole, refused
from derive.potentials.isotropic import with_radial_warp
from derive.potentials.potential import Form, Potential, potential, undecided
from derive.verdict import Verdict, proved, unknown

MANY = 12  # with more parameters the count of laws is tried first where nothing else needs the laws
FIELDS = 10.0  # what the gradient fields may take under the shortest limit: without them there is no document


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A connected model with its fields and its setting (or why that is not known), and the subspace it stays in.

    `thin`: why the leaf of the start cannot be studied at the start, unless a smaller model on the hull of it can.
    """

    dynamics: InducedDynamics
    leaf: Leaf | str
    span: AffineSpan | None = None
    thin: str | None = None


def place(model: Model, clock: Clock) -> Placed:
    """The first stages; raises `ComputationError` where not even the gradient fields are computed in time."""
    dynamics = clock.run("dynamics", lambda: induced_dynamics(model), lambda r: r, least=FIELDS)
    if isinstance(dynamics, str):  # nothing is known about the model, not even M
        raise ComputationError("the gradient fields were not computed", received=dynamics, hint="a longer --time-limit")
    leaf: Leaf | str = clock.run("setting", lambda: _settled(dynamics), lambda r: r)
    if isinstance(leaf, str):
        return Placed(dynamics=dynamics, leaf=leaf)
    thin = clock.run("setting", lambda: thin_start(dynamics), lambda r: r)
    if thin is not None:
        return Placed(dynamics=dynamics, leaf=leaf, thin=thin)
    found = clock.run("confined", lambda: affine_span(leaf), lambda _: None)
    return Placed(dynamics=dynamics, leaf=leaf, span=found)


def placed_blocks(model: Model, clock: Clock) -> list[tuple[Block, Placed]]:
    """The connected blocks of a model; equal ones share what is known of the first."""
    known: dict[Template, Placed] = {}
    listed = [(block, template(block)) for block in blocks(model)]
    for block, key in listed:
        if key not in known:
            known[key] = place(block.model, clock)
    return [(block, known[key]) for block, key in listed]


def summed(model: Model, parts: Sequence[tuple[Block, Placed]], clock: Clock) -> Connected:
    """The direct sum of the connected blocks; equal ones are derived once."""
    done: dict[Template, Connected] = {}
    for block, placed in parts:
        key = template(block)
        if key not in done:
            done[key] = connected(placed, clock)
    return assemble(model, [(block, done[template(block)]) for block, _ in parts])


def connected(placed: Placed, clock: Clock) -> Connected:
    """The stages for one connected model, in the order of `derive.pipeline`'s table."""
    dynamics, model = placed.dynamics, placed.dynamics.model
    if isinstance(placed.leaf, str):  # where the identities have to hold is not known, so none can be decided
        return _unplaced(dynamics, placed.leaf)
    leaf = placed.leaf
    held: Hull | None = clock.run("hull", lambda: hull(dynamics), lambda _: None)
    product: Singular | None = clock.run(
        "singular", lambda: balanced(leaf) or every_leaf(leaf) or two_sided(model), lambda _: None
    )
    closes = product is not None and product.closure is not None
    if held is not None and not closes:
        return refused(_on_hull(leaf, held, clock), product)
    if placed.thin is not None:
        return _at_thin_start(leaf, placed.thin, clock)
    turned = clock.run("confined", lambda: turning(leaf), unknown)
    generic: ConservationLaws = clock.run("laws", lambda: _laws(leaf), lambda r: _no_laws(dynamics, r))
    own, laws = leaf, generic
    if not closes:
        own, laws = clock.run("leaf", lambda: special_leaf(leaf, generic), lambda _: (leaf, generic))
        own = clock.run("leaf", lambda: own.with_laws(laws.laws), lambda _: own)
    d = _decisions(leaf, own, laws, turned, product, clock)
    eliminated: Elimination = (
        clock.run(
            "elimination",
            lambda: eliminate(own, laws, roots=not d.warp.verdict.is_refuted, rational=d.rational),
            lambda r: Elimination(verdict=unknown(r), constants=()),
        )
        if d.closure.verdict.is_proved
        else _not_closed(d.closure)
    )
    warped = clock.run("warp", lambda: with_radial_warp(model, d.warp, eliminated), lambda _: d.warp)
    result: Potential = clock.run(
        "potential",
        lambda: potential(own, laws, warped, eliminated, _other_form(model, d.spectrum)),
        lambda r: undecided(model, r),
    )
    return Connected(
        model=model,
        laws=generic,
        closure=d.closure,
        commuting=d.hessian.commuting,
        hessian=d.hessian.hessian,
        warp=warped,
        inverse_metric=dynamics.metric_expressions(),
        elimination=eliminated,
        potential=with_eigenvalues(result, d.spectrum),
        spectral=d.spectrum,
        singular=product,
        subspace=() if held is None else held.images,
        confined=turned,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decisions:
    """What is decided before anything is written in beta; `rational`: may M be a rational function of beta?"""

    closure: Closure
    hessian: Hessian
    warp: Warp
    spectrum: Spectral | None
    rational: bool


def _decisions(
    whole: Leaf,
    leaf: Leaf,
    laws: ConservationLaws,
    turned: Verdict | None,
    product: Singular | None,
    clock: Clock,
) -> _Decisions:
    """Closure, Hessian map and warp on the leaf; `whole` is the setting before a special leaf was found in it.

    `product` is what a theorem says about the singular values, if there is one for the model.
    """
    model, special = whole.dynamics.model, leaf.dynamics is not whole.dynamics
    known = None if product is None else product.closure
    closed: Closure = clock.run(
        "closure",
        lambda: closure(leaf, laws) if known is None else Closure(verdict=known),
        lambda r: Closure(verdict=unknown(r)),
    )
    if special:
        closed = replace(closed, verdict=replace(closed.verdict, reason=f"{described(leaf)}: {closed.verdict.reason}"))
    refusal = product.verdict if product is not None and product.verdict.is_refuted else None
    block = clock.run("hessian", lambda: refusal or refuted_by_block(model), lambda _: None)
    spectrum = clock.run("spectral", lambda: spectral(model) if block is None else None, lambda _: None)
    if block is not None:
        at_once = no_hessian(block, closed)
    else:
        at_once = settled_by(product, closed, model) or decided(spectrum, closed, model)
    found: Hessian = clock.run(
        "hessian",
        lambda: at_once or hessian(leaf, closed, whole=whole if special else None),
        lambda r: Hessian(commuting=unknown(r), hessian=unknown(r), images=()),
    )
    curved = turned is not None and turned.is_refuted
    if turned is not None and curved and not closed.verdict.is_refuted:
        found = replace(found, hessian=turned)
    settled = turned is not None or (at_once is not None and found.hessian.is_refuted)
    warped: Warp = clock.run(
        "warp",
        lambda: Warp(verdict=found.hessian) if settled else warp(leaf, closed, found),
        lambda r: Warp(verdict=unknown(r)),
    )
    if turned is None:
        warped = clock.run("elsewhere", lambda: explained(leaf, laws, warped), lambda _: warped)
    by_eigenvalues = refusal is not None or (spectrum is not None and spectrum.verdict.is_refuted)
    return _Decisions(
        closure=closed, hessian=found, warp=warped, spectrum=spectrum, rational=not curved and not by_eigenvalues
    )


def _on_hull(leaf: Leaf, held: Hull, clock: Clock) -> Connected:
    """The result of the model on the hull of the start; laws and commuting fields are those of parameter space."""
    inner = summed(held.model, placed_blocks(held.model, clock), clock)
    half = (clock.limit or 0) / 2  # the laws come last, as nothing else needs them, and are a verdict all the same
    return on_the_whole(
        leaf.dynamics.model,
        held,
        inner,
        laws=clock.run("laws", lambda: _laws_of_many(leaf), lambda r: _no_laws(leaf.dynamics, r), least=half),
        commuting=clock.run("hessian", lambda: commuting_fields(leaf), unknown),
        inverse_metric=leaf.dynamics.metric_expressions(),
    )


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


def _at_thin_start(leaf: Leaf, reason: str, clock: Clock) -> Connected:
    """What does not rest on the start as a point where M is as it is on its leaf: laws and commuting fields."""
    return replace(
        _unplaced(leaf.dynamics, reason),
        laws=clock.run("laws", lambda: _laws(leaf), lambda r: _no_laws(leaf.dynamics, r)),
        commuting=clock.run("hessian", lambda: commuting_fields(leaf), unknown),
    )


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
