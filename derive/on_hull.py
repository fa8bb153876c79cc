"""What was derived on the hull of a start (`derive.fields.hull`), said about the whole model.

The flow from the start never leaves the hull, and M, brackets and leaf there are those of the model on it
(docs/derivations/hull.md, theorem 1).  So closure, Hessian map, warp and potential are taken over.  Points and
directions of witnesses become points and directions of parameter space, and a parameter that is no coordinate on the
hull is known in beta where all those are that it is a function of.  Conserved quantities, commuting fields and M(w) are
about all of parameter space, and come from the model itself.
"""

from collections.abc import Mapping
from dataclasses import replace

from sympy import Expr, Symbol

from derive.branch.elimination import Elimination
from derive.connected import Connected
from derive.everywhere.singular import Singular
from derive.fields.hull import Hull
from derive.laws.conservation import ConservationLaws
from derive.metric.warp import Warp
from derive.model import Model
from derive.names import numbered
from derive.verdict import Verdict, Witness, refuted

SHOWN = 4


def on_the_whole(
    model: Model,
    held: Hull,
    inner: Connected,
    *,
    laws: ConservationLaws,
    commuting: Verdict,
    inverse_metric: tuple[tuple[Expr, ...], ...],
) -> Connected:
    """The result for `held.model` as a result for the model; `laws`, `commuting` and M(w) are the model's own."""
    inner, images = _named(inner, model), dict(held.images)
    where = _described(images)

    def said(verdict: Verdict) -> Verdict:
        witness = None if verdict.witness is None else _witness(verdict.witness, model, images)
        return replace(verdict, reason=f"{where}: {verdict.reason}", witness=witness)

    q = inner.potential
    return Connected(
        model=model,
        laws=laws,
        closure=replace(inner.closure, verdict=said(inner.closure.verdict)),
        commuting=commuting,
        hessian=said(inner.hessian),
        warp=replace(inner.warp, verdict=said(inner.warp.verdict)),
        inverse_metric=inverse_metric,
        elimination=_elimination(inner.elimination, model, images),
        potential=replace(q, verdict=said(q.verdict)),
        singular=inner.singular,
        subspace=tuple(images.items()),
    )


def refused(whole: Connected, product: Singular | None) -> Connected:
    """The result on the hull, with what singular values refuse on every leaf."""
    if product is None or not product.verdict.is_refuted:
        return whole
    if whole.warp.verdict.is_refuted and whole.hessian.is_refuted:
        return replace(whole, singular=product)
    none = refuted(f"no scalar potential: {product.verdict.reason}", product.verdict.witness)
    return replace(
        whole,
        singular=product,
        hessian=product.verdict,
        warp=Warp(verdict=product.verdict),
        potential=replace(whole.potential, verdict=none, reason=none.reason),
    )


def _named(inner: Connected, model: Model) -> Connected:
    """Constants, roots and dual variables under names that the whole model does not have."""
    constants, duals = [c for c, _ in inner.elimination.constants], inner.potential.dual_variables
    unknowns = [root.unknown for root in inner.elimination.roots]
    names = dict(zip(constants, numbered("c", len(constants), model.symbols), strict=True))
    names |= dict(zip(unknowns, numbered("zeta", len(unknowns), model.symbols), strict=True))
    return inner.renamed(names | dict(zip(duals, numbered("s", len(duals), model.symbols), strict=True)))


def _described(images: Mapping[Symbol, Expr]) -> str:
    listed = [f"{p} = {image}" for p, image in images.items()]
    more = f", ... ({len(listed)} equations)" if len(listed) > SHOWN else ""
    return f"on the invariant subspace {', '.join(listed[:SHOWN])}{more}"


def _point(
    point: tuple[tuple[Symbol, Expr], ...], model: Model, images: Mapping[Symbol, Expr]
) -> tuple[tuple[Symbol, Expr], ...]:
    """Values for all parameters, in their order, and for the constants that the point has."""
    given = dict(point)
    known = {p: given[p] if p in given else images[p].xreplace(given).expand() for p in model.parameters}
    return (*known.items(), *((s, v) for s, v in point if s not in known))


def _witness(witness: Witness, model: Model, images: Mapping[Symbol, Expr]) -> Witness:
    direction = None
    if witness.direction is not None:
        along, values = dict(witness.direction), dict(witness.point)
        direction = tuple(
            (p, along[p] if p in along else _slope(images[p], along).xreplace(values).expand())
            for p in model.parameters
        )
    return replace(witness, point=_point(witness.point, model, images), direction=direction)


def _slope(image: Expr, along: Mapping[Symbol, Expr]) -> Expr:
    """The derivative of an affine function along a direction."""
    slope: Expr = image - image
    for q, c in along.items():
        slope = slope + image.coeff(q) * c
    return slope


def _elimination(found: Elimination, model: Model, images: Mapping[Symbol, Expr]) -> Elimination:
    known = dict(found.parameters)
    coordinates = set(model.parameters) - set(images)
    for p, image in images.items():
        if known and image.free_symbols & coordinates <= set(known):
            known[p] = image.xreplace(dict(found.parameters))
    branch = _point(found.branch, model, images) if found.branch else ()
    return replace(found, parameters=tuple((p, known[p]) for p in model.parameters if p in known), branch=branch)
