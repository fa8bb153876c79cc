"""Answers in other linear coordinates, carried back to those of the user (docs/derivations/mixture.md, theorem 2).

With gamma = L beta and w = B z (`derive.metric.mixture`):

* M = L^-1 M_gamma L^-T, Q(beta) = Q_gamma(L beta), grad Q = L^T grad Q_gamma; s_gamma = L^-T s, so that
  beta(s) = L^-1 gamma(L^-T s) and Q*(s) = Q*_gamma(L^-T s);
* conserved quantities, points and events in z are those in w with z = B^-1 w;
* limits of Q are limits at the same beta.  A norm of gamma is named with its coordinates, unless it is quadratic.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Add, Expr, Integer, Symbol, oo
from sympy.polys.matrices import DomainMatrix
from sympy.polys.matrices.exceptions import DMError
from sympy.polys.polyerrors import CoercionFailed

from derive.branch.elimination import Elimination
from derive.connected import Connected, renamed
from derive.derivation import Derivation
from derive.laws.conservation import ConservationLaws
from derive.limits.norms import norm_of
from derive.limits.regimes import Regime
from derive.metric.closure import Closure
from derive.metric.mixture import Mixture, Sparse, combined
from derive.mixing import coordinates_of
from derive.model import Model
from derive.names import numbered
from derive.potentials.parametric import Parametric
from derive.potentials.potential import Potential
from derive.potentials.validity import Validity
from derive.verdict import Verdict

SHOWN = 4
QUADRATIC = ("l2", "weighted l2", "mahalanobis")
EVERYWHERE = (-oo, oo)
Images = tuple[tuple[Symbol, Expr], ...]


@dataclass(frozen=True, slots=True)
class _Back:
    """Every symbol of the changed model in those of the user's; L beta; the rows of L, of L^-1 and of L^T.

    `variables`, `duals` and `constants` are the user's symbols.
    """

    names: Mapping[Symbol, Expr]
    forms: tuple[Expr, ...]
    rows: Sparse
    inverse: Sparse
    columns: Sparse
    variables: tuple[Symbol, ...]
    duals: tuple[Symbol, ...]
    constants: tuple[Symbol, ...]


def carried(
    model: Model, m: Mixture, inner: Derivation, metric: tuple[tuple[Expr, ...], ...], commuting: Verdict
) -> tuple[Connected, tuple[Regime, ...]]:
    """The result for the model, and its regimes, from the derivation of `m.model`, which proves a Hessian map.

    `metric` is M(w) and `commuting` the verdict on the model's own fields.
    """
    back = _back(model, m, inner)
    laws = inner.laws or ConservationLaws(verdict=inner.hessian, laws=(), count=None, upper_bound=0, tangent=())
    plain = replace(inner, model=model, laws=replace(laws, tangent=()), unmixed=None, mixture=None, within=None)
    found: Derivation = renamed(plain, dict(back.names))
    where = f"in the coordinates {_listed(m, model)} the model is a direct sum: "

    def said(verdict: Verdict) -> Verdict:
        return replace(verdict, reason=where + verdict.reason)

    whole = Connected(
        model=model,
        laws=found.laws or laws,
        closure=Closure(verdict=said(found.hessian if found.closure is None else found.closure.verdict)),
        commuting=said(commuting) if commuting is inner.commuting else commuting,
        hessian=said(found.hessian),
        warp=replace(found.warp, log_gradient=(Integer(0),) * len(model.predictor), slopes=None),
        inverse_metric=metric,
        elimination=_elimination(found.elimination, inner, m, back),
        potential=_potential(found.potential, back, said(found.potential.verdict)),
        subspace=_subspace(found.subspace, inner, m, model),
    )
    return whole, tuple(_regime(r, model, m, back) for r in found.regimes)


def _back(model: Model, m: Mixture, inner: Derivation) -> _Back:
    betas, d = model.coordinates, len(model.predictor)
    forms = coordinates_of(m, model)
    duals = numbered("s", d, model.symbols)
    constants = numbered("c", len(inner.elimination.constants), model.symbols)
    names: dict[Symbol, Expr] = dict(zip(inner.model.coordinates, forms, strict=True)) | dict(m.parameters)
    pulled = (combined(row, duals) for row in _transposed(m.inverse))
    names |= dict(zip(inner.potential.dual_variables, pulled, strict=True))
    names |= {c: new for (c, _), new in zip(inner.elimination.constants, constants, strict=True)}
    unknowns = [root.unknown for root in inner.elimination.roots]
    names |= dict(zip(unknowns, numbered("zeta", len(unknowns), model.symbols), strict=True))
    columns = _transposed(m.forms)
    return _Back(names, forms, m.forms, m.inverse, columns, tuple(betas), duals, constants)


def _transposed(rows: Sparse) -> Sparse:
    columns: list[list[tuple[int, Expr]]] = [[] for _ in rows]
    for i, row in enumerate(rows):
        for j, c in row:
            columns[j].append((i, c))
    return tuple(map(tuple, columns))


def _moved(m: Mixture, model: Model) -> list[Expr]:
    """The new coordinates that are not old ones."""
    return [e for e, b in zip(coordinates_of(m, model), model.coordinates, strict=True) if e != b]


def _listed(m: Mixture, model: Model) -> str:
    forms = _moved(m, model)
    if not forms:  # M is block diagonal as it is, and the parameters alone are mixed
        return ", ".join(map(str, [z for z, e in m.parameters if z != e][:SHOWN]))
    return ", ".join(map(str, forms[:SHOWN])) + (", ..." if len(forms) > SHOWN else "")


def _elimination(found: Elimination, inner: Derivation, m: Mixture, back: _Back) -> Elimination:
    values: dict[Symbol, Expr] = {
        z: e for (z, _), (_, e) in zip(inner.elimination.parameters, found.parameters, strict=True)
    }
    point, of_model = dict(inner.elimination.branch), {z for z, _ in m.parameters}
    constants = {c: v for c, v in point.items() if c not in of_model}
    known = ((w, e) for w, e in m.images if e.free_symbols & of_model <= set(values))
    placed = [(w, e.xreplace(point).expand()) for w, e in m.images] if of_model <= set(point) else []
    return replace(
        found,
        constants=tuple((c, law) for c, (_, law) in zip(back.constants, found.constants, strict=True)),
        inverse_metric=None if found.inverse_metric is None else _turned(found.inverse_metric, back.inverse),
        rooted=None if found.rooted is None else _turned(found.rooted, back.inverse),
        parameters=tuple((w, e.xreplace(values)) for w, e in known),
        branch=(*placed, *constants.items()) if placed else (),
    )


def _turned(metric: Sequence[Sequence[Expr]], rows: Sparse) -> tuple[tuple[Expr, ...], ...]:
    """R M R^T."""
    left = [[combined(row, column) for column in zip(*metric, strict=True)] for row in rows]
    return tuple(tuple(combined(other, row) for other in rows) for row in left)


def _subspace(images: tuple[tuple[Expr, Expr], ...], inner: Derivation, m: Mixture, model: Model) -> Images:
    """The hull of the start: each equation z = image, solved for parameters w, the last ones that can be."""
    if not images:
        return ()
    values = dict(m.parameters)
    equations = [(values[z] - image).expand() for (z, _), (_, image) in zip(inner.subspace, images, strict=True)]
    order = model.parameters[::-1]
    zero = dict.fromkeys(order, Integer(0))
    rows = [[*(e.coeff(w) for w in order), e.xreplace(zero)] for e in equations]
    try:
        matrix = DomainMatrix.from_list_sympy(len(rows), len(order) + 1, rows, extension=True).to_field()
    except (CoercionFailed, DMError, NotImplementedError):
        return ()
    reduced, pivots = matrix.rref()
    found: dict[Symbol, Expr] = {}
    for pivot, row in zip(pivots, reduced.to_Matrix().tolist(), strict=False):
        others = (-c * w for w, c in zip((*order, Integer(1)), row, strict=True) if w != order[pivot])
        found[order[pivot]] = Add(*others).expand()
    return tuple((w, found[w]) for w in model.parameters if w in found)


def _potential(q: Potential, back: _Back, verdict: Verdict) -> Potential:
    def gradient(values: Sequence[Expr]) -> tuple[Expr, ...]:
        return tuple(combined(column, values) for column in back.columns)

    p, domain = q.parametric, None if q.dual_domain is None else _box(q.dual_domain, back)
    return replace(
        q,
        verdict=verdict,
        reason=q.reason if domain is not None or q.dual_domain is None else _bounded(q, q.dual_domain, back),
        variables=back.variables,
        dual_variables=back.duals,
        gradient=None if q.gradient is None else gradient(q.gradient),
        parametric=None if p is None else Parametric(gradient=gradient(p.gradient), value=p.value),
        dual_gradient=None
        if q.dual_gradient is None
        else tuple(combined(row, q.dual_gradient) for row in back.inverse),
        dual_domain=domain,
        validity=None if q.validity is None else _validity(q.validity, back),
    )


def _bounded(q: Potential, intervals: Sequence[tuple[Expr, Expr]], back: _Back) -> str:
    """In words, which mixtures of s are bounded: there is no interval of each."""
    forms = (combined(row, back.duals) for row in _transposed(back.inverse))
    ends = [
        f"{low} < {e} < {high}" for e, (low, high) in zip(forms, intervals, strict=True) if (low, high) != EVERYWHERE
    ]
    words = f"beta(s) is for {', '.join(ends[:SHOWN])}{', ...' if len(ends) > SHOWN else ''}"
    return words if q.reason is None else f"{q.reason}; {words}"


def _box(intervals: Sequence[tuple[Expr, Expr]], back: _Back) -> tuple[tuple[Expr, Expr], ...] | None:
    """The domain of s as a box; None where a mixture of the s is bounded."""
    found = [_side(i, intervals, back) for i in range(len(intervals))]
    return None if None in found else tuple(i for i in found if i is not None)


def _side(i: int, intervals: Sequence[tuple[Expr, Expr] | None], back: _Back) -> tuple[Expr, Expr] | None:
    """The interval of one coordinate: its own where it stays, R where all that it is mixed with have R."""
    if back.rows[i] == ((i, Integer(1)),) == back.columns[i]:
        return intervals[i]
    met = {k for k, _ in back.columns[i]}
    while True:
        more = met | {k for j in {j for k in met for j, _ in back.rows[k]} for k, _ in back.columns[j]}
        if more == met:
            break
        met = more
    return EVERYWHERE if all(intervals[k] == EVERYWHERE for k in met) else None


def _validity(v: Validity, back: _Back) -> Validity:
    return replace(v, intervals=tuple(_side(i, v.intervals, back) for i in range(len(v.intervals))))


def _regime(r: Regime, model: Model, m: Mixture, back: _Back) -> Regime:
    """A quadratic form is named in beta; other norms with the coordinates of which they are norms."""
    if r.norm is None or not _moved(m, model):
        return r
    if r.norm in QUADRATIC:
        return replace(r, norm=norm_of(r.equivalent, model.coordinates, [(True, True)] * len(back.rows)))
    listed = ", ".join(map(str, back.forms[: 4 * SHOWN])) + (", ..." if len(back.forms) > 4 * SHOWN else "")
    return replace(r, norm=f"{r.norm} of ({listed})", orientation=None)
