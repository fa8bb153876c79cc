"""A predictor that stays in an affine subspace: asked in independent coordinates, answered in all of them.

Where beta = A beta_I + b on the leaf (`derive.metric.affine_span`), a loss L(beta) is the loss L(A beta_I + b) of the
model F_I, with the same flow of w, the same leaf and the same laws; and every condition on beta is one on beta_I
(docs/derivations/confined.md).  So the pipeline runs on F_I, whose answers are carried back:

* M = A M_I A^T; a_i = V_i(log g) of the other coordinates are combinations of those in I;
* Q is a function of beta_I, and +oo off the subspace; its gradient is known up to normals of the subspace, and the one
  with zeros outside I is given; beta(s) = A beta_I(A^T s) + b;
* numbers that locate something (entries of a witness) are those of the whole predictor.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sympy import Add, Expr, Integer, Symbol, oo

from derive.branch.elimination import Elimination
from derive.connected import renamed
from derive.derivation import Derivation
from derive.limits.explicit import Explicit
from derive.limits.regimes import Regime
from derive.metric.affine_span import AffineSpan
from derive.metric.confined import Confined
from derive.metric.warp import Warp
from derive.model import Model
from derive.names import numbered
from derive.potentials.parametric import Parametric
from derive.potentials.potential import Potential
from derive.potentials.validity import Validity
from derive.scope import THIS
from derive.verdict import Verdict, Witness, proved

SHOWN = 3
Rows = tuple[tuple[Expr, ...], ...]


def joined(size: int, parts: Sequence[tuple[tuple[int, ...], AffineSpan | None]]) -> AffineSpan | None:
    """The span of a direct sum of blocks at these places; None where every block fills its space, or nothing moves."""
    if all(found is None for _, found in parts):
        return None
    kept: list[int] = []
    for at, found in parts:
        kept += at if found is None else [at[k] for k in found.places]
    if not kept:
        return None
    kept.sort()
    column = {place: k for k, place in enumerate(kept)}
    slopes = [[Integer(int(i == j)) for j in kept] for i in range(size)]
    offsets: list[Expr | None] = [Integer(0)] * size
    for at, found in ((at, found) for at, found in parts if found is not None):
        for place, row, offset in zip(at, found.slopes, found.offsets, strict=True):
            offsets[place] = offset
            for k, a in zip(found.places, row, strict=True):
                slopes[place][column[at[k]]] = a
    return AffineSpan(places=tuple(kept), slopes=tuple(map(tuple, slopes)), offsets=tuple(offsets))


def reduced(model: Model, span: AffineSpan) -> Model:
    """The model of the coordinates beta_I alone."""
    return replace(model, predictor=tuple(model.predictor[i] for i in span.places))


def relations(span: AffineSpan, betas: Sequence[Symbol]) -> tuple[tuple[Expr, ...], tuple[Expr, ...]]:
    """What vanishes on the subspace, and what is constant on each leaf with a value that is not known."""
    known, moving = [], []
    for j in (j for j in range(len(betas)) if j not in set(span.places)):
        terms = (-a * betas[k] for a, k in zip(span.slopes[j], span.places, strict=True))
        offset = span.offsets[j]
        form = Add(betas[j], *terms, Integer(0) if offset is None else -offset)
        tidy = form.as_content_primitive()[1]
        tidy = -tidy if tidy.could_extract_minus_sign() else tidy
        (moving if offset is None else known).append(tidy)
    return tuple(known), tuple(moving)


def lifted(model: Model, span: AffineSpan, inner: Derivation, metric: Rows) -> Derivation:
    """The derivation of the whole model from that of `reduced(model, span)`; `metric` is M(w), d x d."""
    betas = model.coordinates
    names = dict(zip(inner.model.coordinates, (betas[i] for i in span.places), strict=True))
    plain = inner if inner.laws is None else replace(inner, laws=replace(inner.laws, tangent=()))
    found: Derivation = renamed(replace(plain, model=model, within=None, mixture=None, unmixed=None), names)
    words = _words(span, betas)
    there = f"beta is confined to {words}; there, in {_coordinates(span, betas)}: "

    def verdict(v: Verdict) -> Verdict:
        return replace(v, reason=there + v.reason, witness=_located(v.witness, span, betas))

    turned = None if found.confined is None else verdict(found.confined.verdict)
    return replace(
        found,
        closure=None if found.closure is None else replace(found.closure, verdict=verdict(found.closure.verdict)),
        commuting=verdict(found.commuting),
        hessian=verdict(found.hessian),
        warp=replace(_warp(found.warp, span), verdict=verdict(found.warp.verdict)),
        inverse_metric_parameters=metric,
        elimination=_elimination(found.elimination, span),
        potential=_potential(found.potential, span, model, verdict(found.potential.verdict)),
        regimes=tuple(_regime(r) for r in found.regimes),
        explicit=_explicit(found.explicit),
        scope=THIS,
        scope_reason=f"beta is confined to {words}: the verdicts are those of {_coordinates(span, betas)}",
        radial=None,
        confined=Confined(
            verdict=turned
            or proved(f"the gradients of F satisfy the same relations on the leaf, so that {words} there"),
            span=span,
        ),
        within=inner,
    )


def _words(span: AffineSpan, betas: Sequence[Symbol]) -> str:
    known, moving = relations(span, betas)
    listed = [f"{e} = 0" for e in known] + [f"{e} = constant" for e in moving]
    more = f", ... ({len(listed)} equations)" if len(listed) > SHOWN else ""
    return ", ".join(listed[:SHOWN]) + more


def _coordinates(span: AffineSpan, betas: Sequence[Symbol]) -> str:
    named = ", ".join(str(betas[i]) for i in span.places[: 2 * SHOWN])
    more = ", ..." if len(span.places) > 2 * SHOWN else ""
    order = "" if _is_leading(span) else " (numbered in this order)"
    return f"the coordinate{'s' if len(span.places) > 1 else ''} {named}{more}{order}"


def _is_leading(span: AffineSpan) -> bool:
    """Are the independent coordinates the first ones, so that both numberings agree?"""
    return span.places == tuple(range(len(span.places)))


def _located(witness: Witness | None, span: AffineSpan, betas: Sequence[Symbol]) -> Witness | None:
    if witness is None:
        return None
    meaning = witness.meaning
    if not _is_leading(span):
        meaning += f" (indices within {_coordinates(span, betas)})"
    normal = None
    if witness.normal is not None:
        known: Mapping[Symbol, Expr] = dict(witness.normal)
        normal = tuple((b, known.get(b, Integer(0))) for b in betas)
    entry = None if witness.entry is None else tuple(span.places[i] for i in witness.entry)
    return replace(witness, entry=entry, meaning=meaning, normal=normal)


def _spread(values: Sequence[Expr] | None, span: AffineSpan) -> tuple[Expr, ...] | None:
    """One entry a coordinate, zero outside I."""
    if values is None:
        return None
    table = dict(zip(span.places, values, strict=True))
    return tuple(table.get(i, Integer(0)) for i in range(len(span.slopes)))


def _image(row: Sequence[Expr], values: Sequence[Expr]) -> Expr:
    return Add(*(a * v for a, v in zip(row, values, strict=True)))


def _warp(found: Warp, span: AffineSpan) -> Warp:
    slopes = None if found.slopes is None else tuple(_image(row, found.slopes) for row in span.slopes)
    return replace(found, log_gradient=_spread(found.log_gradient, span), slopes=slopes)


def _elimination(found: Elimination, span: AffineSpan) -> Elimination:
    """M = A M_I A^T, in a formula or in roots."""

    def spread(rows: Rows | None) -> Rows | None:
        if rows is None:
            return None
        left = [[_image(row, column) for column in zip(*rows, strict=True)] for row in span.slopes]
        return tuple(tuple(_image(other, row) for other in span.slopes) for row in left)

    return replace(found, inverse_metric=spread(found.inverse_metric), rooted=spread(found.rooted))


def _potential(q: Potential, span: AffineSpan, model: Model, verdict: Verdict) -> Potential:
    betas = model.coordinates
    reason = verdict.reason
    if verdict.is_proved:
        others = ", ".join(str(betas[j]) for j in range(len(betas)) if j not in set(span.places))
        reason = f"off the subspace Q is +oo; of its gradients on it, the one with zeros at {others} is given"
        reason = reason if q.reason is None else f"{q.reason}; {reason}"
    return replace(
        _dual(q, span, numbered("s", len(betas), model.symbols)),
        verdict=verdict,
        variables=tuple(betas),
        gradient=_spread(q.gradient, span),
        parametric=None
        if q.parametric is None
        else Parametric(gradient=_spread(q.parametric.gradient, span) or (), value=q.parametric.value),
        reason=reason,
        validity=None if q.validity is None else _validity(q.validity, span),
    )


def _dual(q: Potential, span: AffineSpan, duals: tuple[Symbol, ...]) -> Potential:
    """Q*(A^T s) + b . s and its gradient A grad Q*(A^T s) + b; each s_i has an interval of its own where all are R."""
    offsets = [b for b in span.offsets if b is not None]
    if len(offsets) < len(span.offsets) or q.dual_gradient is None:
        return replace(q, dual_variables=duals, dual_gradient=None, dual_value=None, dual_domain=None)
    columns = zip(*span.slopes, strict=True)
    pulled = {s: _image(column, duals) for s, column in zip(q.dual_variables, columns, strict=True)}
    inner = [e.xreplace(pulled) for e in q.dual_gradient]
    everywhere = all((low, high) == (-oo, oo) for low, high in q.dual_domain or ())
    return replace(
        q,
        dual_variables=duals,
        dual_gradient=tuple(_image(row, inner) + b for row, b in zip(span.slopes, offsets, strict=True)),
        dual_value=None if q.dual_value is None else q.dual_value.xreplace(pulled) + _image(offsets, duals),
        dual_domain=((-oo, oo),) * len(duals) if q.dual_domain is not None and everywhere else None,
    )


def _validity(v: Validity, span: AffineSpan) -> Validity:
    table = dict(zip(span.places, v.intervals, strict=True))
    convexity = replace(v.convexity, reason=f"on the subspace: {v.convexity.reason}")
    return replace(v, intervals=tuple(table.get(i) for i in range(len(span.slopes))), convexity=convexity)


def _regime(r: Regime) -> Regime:
    """A quadratic form stays one; other norms are those of beta_I, and not of beta."""
    norm = "mahalanobis" if r.norm in ("l2", "weighted l2", "mahalanobis") else None
    reason = r.reason if r.norm is None or norm is not None else f"{r.reason} ({r.norm} in the coordinates shown)"
    return replace(r, norm=norm, reason=reason)


def _explicit(e: Explicit) -> Explicit:
    return replace(e, limits=tuple(_regime(r) for r in e.limits))
