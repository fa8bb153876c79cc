"""A derivation as a list of steps, built once and rendered three times (terminal, LaTeX, HTML).

A step is a title, a sentence, formulas and, where it decides something, a verdict.  Of a separable
model with many equal coordinates the first few are shown, and the step says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from sympy import Expr, Function, ImmutableDenseMatrix, Integer, Matrix, Symbol

from derive.confinement import relations
from derive.derivation import Derivation
from derive.everywhere.kernel import Kernel
from derive.limits.regimes import Regime
from derive.link import LABEL, inverse
from derive.names import numbered
from derive.potentials.radial import R
from derive.potentials.routes import Routes
from derive.present.counterpart import formula_lines
from derive.verdict import Verdict

SHOWN = 3
T = TypeVar("T")
FORMS = {
    "closed": "in closed form",
    "dual": "through its Legendre dual",
    "parametric": "as a function of the parameters",
    "quadrature": "as a quadrature",
    "none": "does not exist",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """`left = right` (or `~`), both SymPy; left may be a name such as `rho^-1`; `label` says where it holds."""

    left: Expr
    right: Expr | ImmutableDenseMatrix
    label: str = ""
    sign: str = "="


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the derivation."""

    title: str
    text: str
    formulas: tuple[Formula, ...] = ()
    verdict: Verdict | None = None


def steps(d: Derivation) -> tuple[Step, ...]:
    """The steps of a derivation, in the order of the pipeline."""
    return tuple(
        s
        for s in (
            _model(d),
            _link(d),
            _metric(d),
            _subspace(d),
            _laws(d),
            _confined(d),
            _closure(d),
            _commuting(d),
            _hessian(d),
            _warp(d),
            _dynamics(d),
            _potential(d),
            _dual(d),
            _parametric(d),
            _validity(d),
            _regimes(d),
            _explicit(d),
            _scope(d),
        )
        if s is not None
    )


def _many(d: Derivation) -> bool:
    return len(d.model.predictor) > 2 * SHOWN


def _some(d: Derivation, items: Iterable[T]) -> tuple[T, ...]:
    return tuple(items)[:SHOWN] if _many(d) else tuple(items)


def _elided(d: Derivation) -> str:
    return f" (the first {SHOWN} of {len(d.model.predictor)} coordinates are shown)" if _many(d) else ""


def _model(d: Derivation) -> Step:
    formulas = [Formula(left=b, right=f) for b, f in _some(d, zip(d.model.coordinates, d.model.predictor, strict=True))]
    start = d.model.start_map()
    shown = [Formula(left=Function(str(p))(0), right=v) for p, v in list(start.items())[: 4 * SHOWN]]
    text = f"The predictor{_elided(d)}" + (
        ", and the start of the flow." if start else "; no start is given, so leaves are generic."
    )
    if d.model.restrict:
        text += " Studied on the submanifold where these vanish: " + ", ".join(map(str, d.model.restrict)) + "."
    return Step(title="Model", text=text, formulas=(*formulas, *shown))


def _link(d: Derivation) -> Step | None:
    link = d.model.link
    if link is None:
        return None
    (z,) = link.free_symbols
    back = inverse(link)
    formulas = [Formula(left=Function("sigma")(z), right=link)]
    formulas += [] if back is None else [Formula(left=Function("sigma^-1")(LABEL), right=back)]
    return Step(
        title="Link",
        text="Outputs are sigma(x_n . beta), sigma strictly increasing. M and Q are those of the model without it; an "
        "interpolator satisfies x_n . beta = sigma^-1(y_n).",
        formulas=tuple(formulas),
    )


def _matrix(d: Derivation, rows: Sequence[Sequence[Expr]]) -> ImmutableDenseMatrix:
    size = SHOWN if _many(d) else len(rows)
    return ImmutableDenseMatrix(Matrix([list(row[:size]) for row in rows[:size]]))


def _metric(d: Derivation) -> Step:
    return Step(
        title="Gradient fields and inverse metric",
        text=f"V_i = grad F_i, and M = rho^-1 = J J^T in the parameters{_elided(d)}: d beta/dt = -M grad L.",
        formulas=(Formula(left=Symbol("M"), right=_matrix(d, d.inverse_metric_parameters)),),
    )


def _subspace(d: Derivation) -> Step | None:
    if not d.subspace:
        return None
    equations = [Formula(left=p, right=image) for p, image in d.subspace]
    more = f" (the first {4 * SHOWN} of {len(equations)} equations are shown)" if len(equations) > 4 * SHOWN else ""
    return Step(
        title="Invariant subspace",
        text="The start lies on an affine subspace that no gradient field leaves, so the flow stays there for every "
        f"loss and data set. Closure, Hessian map, warp and potential are those of the model on it{more}.",
        formulas=tuple(equations[: 4 * SHOWN]),
    )


def _laws(d: Derivation) -> Step | None:
    if d.laws is None:
        return None
    names = {law: c for c, law in d.elimination.constants}
    symbols = numbered("h" if names else "c", len(d.laws.laws), d.model.symbols)  # c1 may be a law of the leaf alone
    named = [Formula(left=names.get(law, s), right=law) for s, law in zip(symbols, d.laws.laws, strict=True)]
    return Step(
        title="Conserved quantities",
        text=f"Along every flow, for every loss and data set{_elided(d)}.",
        formulas=_some(d, named),
        verdict=d.laws.verdict,
    )


def _confined(d: Derivation) -> Step | None:
    c = d.confined
    if c is None:
        return None
    known, moving = ((), ()) if c.span is None else relations(c.span, d.model.coordinates)
    formulas = [Formula(left=Integer(0), right=e) for e in _some(d, known)]
    formulas += [Formula(left=e, right=Symbol("constant")) for e in _some(d, moving)]
    text = "M is singular on the leaf, and beta cannot leave a set of smaller dimension. Is it an affine subspace?"
    return Step(title="Confinement", text=text, formulas=tuple(formulas), verdict=c.verdict)


def _closure(d: Derivation) -> Step | None:
    if d.closure is None:
        return None
    return Step(title="Closure", text="Is rho a function of beta on each leaf?", verdict=d.closure.verdict)


def _commuting(d: Derivation) -> Step:
    return Step(
        title="Commuting parametrisation", text="Do the gradient fields commute, [V_i, V_j] = 0?", verdict=d.commuting
    )


def _hessian(d: Derivation) -> Step:
    return Step(
        title="Hessian map", text="Is rho the Hessian of a function of beta, J [V_i, V_j] = 0?", verdict=d.hessian
    )


def _warp(d: Derivation) -> Step:
    g = Symbol("g")
    formulas = [] if d.warp.factor is None else [Formula(left=g, right=d.warp.factor)]
    if d.warp_in_beta is not None and d.warp_in_beta.free_symbols & set(d.model.coordinates):
        formulas.append(Formula(left=g, right=d.warp_in_beta))
    return Step(
        title="Time warp",
        text="Is g rho a Hessian map for some positive g(beta)?",
        formulas=tuple(formulas),
        verdict=d.warp.verdict,
    )


def _dynamics(d: Derivation) -> Step:
    e = d.elimination
    if e.inverse_metric is None:
        return Step(title="Induced dynamics", text="The inverse metric in beta.", verdict=e.verdict)
    own = [] if d.laws is None else [(c, law) for c, law in e.constants if law not in d.laws.laws and d.subspace]
    values = tuple(Formula(left=c, right=law, label="Conserved on the subspace:") for c, law in _some(d, own))
    values += tuple(Formula(left=c, right=v) for c, v in _some(d, d.constant_values))
    return Step(
        title="Induced dynamics",
        text=f"The inverse metric in beta, on the branch of the start{_elided(d)}.",
        formulas=(Formula(left=Symbol("M"), right=_matrix(d, e.inverse_metric)), *values),
        verdict=e.verdict,
    )


def _potential(d: Derivation) -> Step:
    q = d.potential
    formulas = [] if q.value is None or _many(d) else [Formula(left=Symbol("Q"), right=q.value)]
    if q.gradient is not None:
        formulas += [
            Formula(left=Function("dQ")(b), right=g) for b, g in _some(d, zip(q.variables, q.gradient, strict=True))
        ]
    text = f"The regularizer, {FORMS[q.form]}{_elided(d)}." + (
        f" {q.reason[:1].upper()}{q.reason[1:]}." if q.reason and q.verdict.is_proved else ""
    )
    return Step(title="Potential", text=text, formulas=tuple(formulas), verdict=q.verdict)


def _dual(d: Derivation) -> Step | None:
    q = d.potential
    if q.dual_gradient is None:
        return None
    formulas = [Formula(left=b, right=g) for b, g in _some(d, zip(q.variables, q.dual_gradient, strict=True))]
    if q.dual_value is not None and not _many(d):
        formulas.append(Formula(left=Symbol("Q_*"), right=q.dual_value))
    return Step(
        title="Dual", text="beta = grad Q*(s), where s = grad Q(beta) is the dual variable.", formulas=tuple(formulas)
    )


def _parametric(d: Derivation) -> Step | None:
    q = d.potential
    if q.parametric is None or q.form == "closed":
        return None
    formulas = [
        Formula(left=Function("dQ")(b), right=g)
        for b, g in _some(d, zip(q.variables, q.parametric.gradient, strict=True))
    ]
    return Step(
        title="Parametric form", text="grad Q at beta = F(w), on the leaf of the start.", formulas=tuple(formulas)
    )


def _validity(d: Derivation) -> Step | None:
    v = d.potential.validity
    if v is None:
        return None
    conditions = _some(d, v.conditions or ())
    formulas = [Formula(left=c.expression, right=Integer(0), sign=">" if c.strict else "!=") for c in conditions]
    labels = dict.fromkeys(e.kind for e in v.events)
    formulas += [
        Formula(left=e.expression, right=Integer(0), label=f"It ends where {e.kind}:" if e.kind in labels else "")
        for e in _some(d, v.events)
    ]
    space = "R^d" if d.within is None else "the subspace"
    where = f"all of {space}" if v.conditions == () else "the connected set around beta(0) where"
    text = f"The domain is {where}"
    if v.conditions is None:
        text = "The domain is not known in beta: it is the image of the leaf around beta(0)."
    routes = d.potential.routes
    return Step(
        title="Where it holds",
        text=text + ("." if v.conditions == () else ""),
        formulas=tuple(formulas),
        verdict=replace(v.convexity, reason=v.convexity.reason + _compared(routes)),
    )


def _compared(routes: Routes | None) -> str:
    if routes is None or not routes.compared:
        return ""
    return f". Two routes, {' and '.join(routes.compared)}: {routes.verdict.reason}"


def _regimes(d: Derivation) -> Step | None:
    if not d.regimes:
        return None
    return Step(title="Regimes", text=f"Leading terms of Q{_elided(d)}.", formulas=_limits(d, d.regimes, Symbol("Q")))


def _limits(d: Derivation, found: Sequence[Regime], left: Symbol) -> tuple[Formula, ...]:
    """One formula a limit, with its norm and the next order; equal leading terms are shown once."""
    table: dict[Expr, list[Regime]] = {}
    for r in found:
        table.setdefault(r.equivalent, []).append(r)
    formulas = []
    for equivalent, same in () if _many(d) else table.items():
        last = same[-1]
        label = ", and for ".join(r.limit for r in same) + f": {last.norm or 'no named norm'}"
        label += f"; remainder: {last.remainder}" if last.remainder not in (None, "0") else ""
        formulas.append(Formula(left=left, right=equivalent + (last.next_term or Integer(0)), label=label, sign="~"))
    return tuple(formulas)


def _explicit(d: Derivation) -> Step | None:
    e = d.explicit
    if not e.verdict.is_proved and not e.limits:
        return None
    shown = e if not _many(d) else replace(e, value=None)
    formulas = [Formula(left=a, right=b, label=label) for a, b, label in formula_lines(shown, SHOWN)]
    text = f"R(beta) = min |w - w(0)|^2 over F(w) = beta, what the distance from the start would prefer{_elided(d)}."
    if e.same is not None:
        text += f" Is R a multiple of Q? {str(e.same.status).capitalize()}: {e.same.reason}."
    limits = _limits(d, e.limits, Symbol("R"))
    return Step(title="Explicit counterpart", text=text, formulas=(*formulas, *limits), verdict=e.verdict)


def _scope(d: Derivation) -> Step:
    text = f"{d.scope[:1].upper()}{d.scope[1:]}: {d.scope_reason}."
    if d.spectral is not None and d.spectral.kernel is not None:
        return Step(title="Scope", text=text, formulas=_kernel(d.spectral.kernel))
    if d.radial is None:
        return Step(title="Scope", text=text)
    a, b = Symbol("A"), Symbol("B")
    formulas = (Formula(left=a, right=d.radial.across), Formula(left=a + b * R**2, right=d.radial.along))
    return Step(title="Scope", text=f"{text} Eigenvalues across and along beta, r = |beta|:", formulas=formulas)


def _kernel(k: Kernel) -> tuple[Formula, ...]:
    """f(x) where it is not x, a(x), h(x, y), and q(x) where it is known."""
    x, y = k.x, k.y
    named: list[tuple[Expr, Expr | None]] = [
        (Function("f")(x), None if k.eigenvalue == x else k.eigenvalue),
        (Function("a")(x), k.diagonal),
        (Function("h")(x, y), k.across),
        (Function("q")(x), k.potential),
    ]
    return tuple(Formula(left=left, right=right) for left, right in named if right is not None)


def heading(d: Derivation) -> str:
    """One line: what was found."""
    q = d.potential
    found = {
        "proved": f"an implicit regularizer, {FORMS[q.form]}",
        "refuted": "no scalar regularizer",
        "unknown": "undecided",
    }
    return f"{d.model.name}: {found[str(q.verdict.status)]}"
