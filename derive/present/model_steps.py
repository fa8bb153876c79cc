"""The steps that say what is studied: the model, its link, its gradient fields, its conserved quantities."""

from sympy import Function, Integer, Symbol

from derive.blocks import blocks
from derive.confinement import relations
from derive.derivation import Derivation
from derive.link import LABEL, inverse
from derive.mixing import coordinates_of
from derive.names import numbered
from derive.present.step import SHOWN, Formula, Step, elided, matrix, some


def model(d: Derivation) -> Step:
    """The predictor and the start, as they were given."""
    formulas = [Formula(left=b, right=f) for b, f in some(d, zip(d.model.coordinates, d.model.predictor, strict=True))]
    start = d.model.start_map()
    shown = [Formula(left=Function(str(p))(0), right=v) for p, v in list(start.items())[: 4 * SHOWN]]
    more = f" (the first {len(shown)} of {len(start)} values)" if len(shown) < len(start) else ""
    text = f"The predictor{elided(d)}" + (
        f", and the start of the flow{more}." if start else "; no start is given, so leaves are generic."
    )
    if d.model.restrict:
        text += " Studied on the submanifold where these vanish: " + ", ".join(map(str, d.model.restrict)) + "."
    return Step(title="Model", text=text, formulas=(*formulas, *shown))


def link(d: Derivation) -> Step | None:
    """The increasing function between x . beta and the output, with its inverse."""
    sigma = d.model.link
    if sigma is None:
        return None
    (z,) = sigma.free_symbols
    back = inverse(sigma)
    formulas = [Formula(left=Function("sigma")(z), right=sigma)]
    formulas += [] if back is None else [Formula(left=Function("sigma^-1")(LABEL), right=back)]
    return Step(
        title="Link",
        text="Outputs are sigma(x_n . beta), sigma strictly increasing. M and Q are those of the model without it; an "
        "interpolator satisfies x_n . beta = sigma^-1(y_n).",
        formulas=tuple(formulas),
    )


def metric(d: Derivation) -> Step:
    """The inverse metric in the parameters."""
    given = d.model.parameter_metric is not None
    fields = "V_i = G^-1 grad F_i, and M = rho^-1 = J G^-1 J^T" if given else "V_i = grad F_i, and M = rho^-1 = J J^T"
    if d.model.is_metric:
        fields = "The inverse M = rho^-1 of the metric that was given,"
    return Step(
        title="Gradient fields and inverse metric",
        text=f"{fields} in the parameters{elided(d)}: d beta/dt = -M grad L.",
        formulas=(Formula(left=Symbol("M"), right=matrix(d, d.inverse_metric_parameters)),),
    )


def subspace(d: Derivation) -> Step | None:
    """The hull of the start, where it is less than parameter space."""
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


def mixture(d: Derivation) -> Step | None:
    """Linear coordinates in which the model falls apart."""
    m = d.mixture
    if m is None:
        return None
    names = [Symbol(f"gamma{i + 1}", real=True) for i in range(len(m.forms))]
    coordinates = [Formula(left=g, right=e) for g, e in zip(names, coordinates_of(m, d.model), strict=True)]
    parameters = [Formula(left=z, right=e) for z, e in m.parameters if z != e]
    parts = ["(" + ", ".join(str(names[i]) for i in part.places) + ")" for part in blocks(m.model)]
    text = f"In constant linear coordinates{elided(d)} the model is a direct sum, of {', '.join(parts[:SHOWN])}"
    text += ", ...: " if len(parts) > SHOWN else ": "
    text += (
        "its parts are derived, and the answers written in beta."
        if d.unmixed is not None
        else "M is block diagonal there. Not every part is known to be a Hessian map, so the whole is decided as it is."
    )
    shown = (*some(d, coordinates), *some(d, parameters))
    return Step(title="Other coordinates", text=text, formulas=shown)


def confined(d: Derivation) -> Step | None:
    """The set that beta cannot leave, where M is singular."""
    c = d.confined
    if c is None:
        return None
    known, moving = ((), ()) if c.span is None else relations(c.span, d.model.coordinates)
    formulas = [Formula(left=Integer(0), right=e) for e in some(d, known)]
    formulas += [Formula(left=e, right=Symbol("constant")) for e in some(d, moving)]
    text = "M is singular on the leaf, and beta cannot leave a set of smaller dimension. Is it an affine subspace?"
    return Step(title="Confinement", text=text, formulas=tuple(formulas), verdict=c.verdict)


def laws(d: Derivation) -> Step | None:
    """The independent conserved quantities."""
    if d.laws is None:
        return None
    names = {law: c for c, law in d.elimination.constants}
    symbols = numbered("h" if names else "c", len(d.laws.listed), d.model.symbols)  # c1 may be a law of the leaf alone
    named = [Formula(left=names.get(law, s), right=law) for s, law in zip(symbols, d.laws.listed, strict=True)]
    return Step(
        title="Conserved quantities",
        text=f"Along every flow, for every loss and data set{elided(d)}.",
        formulas=some(d, named),
        verdict=d.laws.verdict,
    )
