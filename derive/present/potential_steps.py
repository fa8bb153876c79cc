"""The steps about the potential: Q, its dual, its parametric form, and where they hold."""

from dataclasses import replace

from sympy import Function, Integer, Symbol

from derive.derivation import Derivation
from derive.potentials.routes import Routes
from derive.present.prose import capital
from derive.present.step import Formula, Step, elided, many, some
from derive.present.validity import UNTIL

FORMS = {
    "closed": "in closed form",
    "dual": "through its Legendre dual",
    "parametric": "as a function of the parameters",
    "quadrature": "as a quadrature",
    "none": "does not exist",
}


def potential(d: Derivation) -> Step:
    """Q and its gradient in beta, as far as they are known."""
    q = d.potential
    formulas = [] if q.value is None or many(d) else [Formula(left=Symbol("Q"), right=q.value)]
    if q.gradient is not None:
        formulas += [
            Formula(left=Function("dQ")(b), right=g) for b, g in some(d, zip(q.variables, q.gradient, strict=True))
        ]
    text = f"The regularizer, {FORMS[q.form]}{elided(d)}." + (
        f" {capital(q.reason)}." if q.reason and q.verdict.is_proved else ""
    )
    if q.form == "none":
        text = "Is there a regularizer?"
    return Step(title="Potential", text=text, formulas=tuple(formulas), verdict=q.verdict)


def dual(d: Derivation) -> Step | None:
    """beta and Q* as functions of the dual variable."""
    q = d.potential
    if q.dual_gradient is None:
        return None
    formulas = [Formula(left=b, right=g) for b, g in some(d, zip(q.variables, q.dual_gradient, strict=True))]
    if q.dual_value is not None and not many(d):
        formulas.append(Formula(left=Symbol("Q_*"), right=q.dual_value))
    return Step(
        title="Dual", text="beta = grad Q*(s), where s = grad Q(beta) is the dual variable.", formulas=tuple(formulas)
    )


def parametric(d: Derivation) -> Step | None:
    """grad Q as a function of the parameters, where there is nothing better."""
    q = d.potential
    if q.parametric is None or q.form == "closed":
        return None
    formulas = [
        Formula(left=Function("dQ")(b), right=g)
        for b, g in some(d, zip(q.variables, q.parametric.gradient, strict=True))
    ]
    of = "the leaf of the start" if d.model.start is not None else "each leaf"
    return Step(title="Parametric form", text=f"grad Q at beta = F(w), on {of}.", formulas=tuple(formulas))


def validity(d: Derivation) -> Step | None:
    """The domain, convexity there, and what ends the statement."""
    v = d.potential.validity
    if v is None:
        return None
    conditions = some(d, v.conditions or ())
    formulas = [Formula(left=c.expression, right=Integer(0), sign=">" if c.strict else "!=") for c in conditions]
    for kind in dict.fromkeys(e.kind for e in v.events):
        same = some(d, [e for e in v.events if e.kind == kind])
        formulas += [
            Formula(left=e.expression, right=Integer(0), label=f"It ends where {kind}:" if e is same[0] else "")
            for e in same
        ]
    text = "The domain is the connected set around beta(0) where"
    if v.conditions == ():
        space = "R^d" if d.within is None else "the subspace"
        text = f"The domain is all of {space}{UNTIL if v.events else ''}."
    if v.conditions is None:
        text = "The domain is not known in beta: it is the image of the leaf around beta(0)."
    return Step(
        title="Where it holds",
        text=text,
        formulas=tuple(formulas),
        verdict=replace(v.convexity, reason=v.convexity.reason + _compared(d.potential.routes)),
    )


def _compared(routes: Routes | None) -> str:
    if routes is None or not routes.compared:
        return ""
    return f". Two routes, {' and '.join(routes.compared)}: {routes.verdict.reason}"
