"""Stage 7c, validity: where a potential holds, and what ends the statement.

The formulas of a potential are analytic functions of beta on the set where their radicands, the arguments of
logarithms, g and det M are positive and their denominators are not zero.  Its connected part around beta(0) is
the *domain*.  There the formulas hold, and there is no smaller natural one:

    Let F be smooth on R^p with the Euclidean metric, and beta(t), 0 <= t <= 1, a smooth path in the domain from
    beta(0).  Then dw/dt = J^T M^-1 d beta/dt has a solution up to t = 1, since |dw/dt|^2 = beta'^T M^-1 beta' is
    bounded along it, and F(w(t)) = beta(t).  M(F(w)) equals its formula along the path, because both are
    analytic and agree at the start.

So the domain lies in the image of the leaf, Hess Q = g M^-1 with g > 0 and M positive definite on all of it
(eigenvalues are continuous, and none is zero), and Q is strictly convex on each of its convex parts.  At an edge
M or g vanishes, or a formula ends.  Where F has kinks or ends itself, an *event* in the parameters may come first:
it is listed unless it cannot happen (`derive.potentials.events`), and where its expression is known in beta it bounds
the domain as well, so that the lift of a path in the domain never meets it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Symbol

from derive.potentials.conditions import (
    Condition,
    analytic_conditions,
    determinant_of,
    nonzero_parts,
    positive_parts,
    reduced,
)
from derive.potentials.events import Event
from derive.potentials.growth import image
from derive.potentials.intervals import Interval, bounds, interval_around
from derive.verdict import Verdict, proved


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """The domain of a potential in beta, and its convexity there.

    `conditions` (empty: everywhere; None: not known in beta) describe the connected set around beta(0);
    `intervals` give it one coordinate at a time, None for a coordinate where that is not known.  `events` end the
    statement at a point of parameter space.
    """

    conditions: tuple[Condition, ...] | None
    intervals: tuple[Interval | None, ...]
    convexity: Verdict
    events: tuple[Event, ...] = ()


def validity(
    formulas: Sequence[Expr] | None,
    inverse_metric: Sequence[Sequence[Expr]] | None,
    factor: Expr | None,
    betas: Sequence[Symbol],
    beta0: Mapping[Symbol, Expr],
    dual: tuple[Expr, Symbol, Interval] | None,
    events: Sequence[Event],
    *,
    regular: Sequence[Expr] | None = None,
    ends: Sequence[Expr] = (),
    line: Interval | None = None,
) -> Validity:
    """Domain and convexity of Q and grad Q (`formulas`) with M, g in beta; `beta0` is a point of the branch.

    `regular` are functions of beta: none vanishes exactly where det M does not.  `ends` are the expressions of events
    that are known in beta: a kink of F leaves no trace in the formulas.  `dual` is beta(s) of one coordinate with its
    interval, whose image is the domain where M is not known in beta; `line` is the domain of a model of one parameter.
    """
    none: tuple[Interval | None, ...] = (None,) * len(betas)
    if formulas is None or inverse_metric is None or factor is None:
        return _without_formulas(line, dual, none, betas, tuple(events))
    found = analytic_conditions([*formulas, *(e for row in inverse_metric for e in row), factor], betas)
    if regular is None:
        determinant = determinant_of(inverse_metric)
        regular = None if determinant is None else (determinant,)
    if regular is None:
        return Validity(
            conditions=None,
            intervals=none,
            convexity=proved("Hess Q = g M^-1 with g > 0 and M positive definite near beta(0); det M is too large"),
            events=tuple(events),
        )
    found += positive_parts(factor, betas)
    for e in (*regular, *ends):
        found += analytic_conditions([e], betas) + nonzero_parts(e, betas)
    conditions = reduced(found, beta0)
    intervals = none
    if line is not None and not formulas:
        intervals, conditions = (line,), bounds(betas[0], line)
    elif len(betas) == 1 and (own := interval_around(conditions, betas[0], beta0[betas[0]])) is not None:
        intervals, conditions = (own,), bounds(betas[0], own)
    return Validity(
        conditions=conditions,
        intervals=intervals,
        convexity=_convex(events, whole=not conditions or (len(betas) == 1 and intervals[0] is not None)),
        events=tuple(events),
    )


def _without_formulas(
    line: Interval | None,
    dual: tuple[Expr, Symbol, Interval] | None,
    none: tuple[Interval | None, ...],
    betas: Sequence[Symbol],
    events: tuple[Event, ...],
) -> Validity:
    reached = line or (None if dual is None else image(*dual))
    if reached is None:
        reason = "Hess Q = g M^-1 with g > 0 and M = J J^T positive definite wherever J has full rank on the leaf"
        return Validity(conditions=None, intervals=none, convexity=proved(reason), events=events)
    return Validity(
        conditions=bounds(betas[0], reached), intervals=(reached,), convexity=_convex(events, whole=True), events=events
    )


def _convex(events: Sequence[Event], *, whole: bool) -> Verdict:
    until = "" if not events else ", as long as no event in the parameters has happened"
    where = "Q is strictly convex" if whole else "Q is strictly convex on every convex part of the domain"
    return proved(f"Hess Q = g M^-1 on the domain, where g > 0 and M is positive definite{until}: {where}")


def merged(parts: Iterable[tuple[Validity | None, Sequence[Symbol]]], betas: Sequence[Symbol]) -> Validity | None:
    """The direct sum: all conditions, the intervals in the order of the coordinates; None where a part has none."""
    listed = list(parts)
    own = [v for v, _ in listed if v is not None]
    if len(own) < len(listed):
        return None
    table = {b: i for v, variables in listed if v is not None for b, i in zip(variables, v.intervals, strict=True)}
    known = all(v.conditions is not None for v in own)
    doubtful = next((v.convexity for v in own if not v.convexity.is_proved), None)
    intervals = tuple(table[b] for b in betas)
    happen = tuple(dict.fromkeys(e for v in own for e in v.events))
    whole = all(v.conditions == () or None not in v.intervals for v in own)
    return Validity(
        conditions=tuple(c for v in own for c in v.conditions or ()) if known else None,
        intervals=intervals,
        convexity=doubtful or (_convex(happen, whole=whole) if len(own) > 1 else own[0].convexity),
        events=happen,
    )
