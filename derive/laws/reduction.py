"""Fewer parameters: a model that has linear laws, or quotients of parameters for laws, is one in fewer variables.

*Forms.*  If k . w is conserved for every k in K, every gradient lies in the orthogonal complement of K, so F is a
function Phi of forms z = L w whose rows span that complement:

    F(w) = Phi(L w),  Phi(z) = F(L^T (L L^T)^-1 z),  dz/dt = -(L L^T) D Phi^T grad L:

the model Phi with (L L^T)^-1 for metric on its parameters.  Rows of L are linear forms that stand inside functions:
without any law k it is a change of variables that may separate them.

*Radii.*  If v/u is conserved, and w/u, ..., the gradients are multiples of (u, v, w) there, so F depends on these
through r = sqrt(u^2 + v^2 + w^2) alone: F(u, v, w, ...) = F(r, 0, 0, ...), and dr/dt is the derivative by r.

Laws of the smaller model, with z or r put back, are laws of the given one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sympy import Add, Dummy, Expr, Function, ImmutableDenseMatrix, Integer, Matrix, Pow, Symbol, sqrt

from derive.exact.signs import is_defined
from derive.model import Model

MAX_PARAMETERS = 8


def smaller(model: Model, laws: Sequence[Expr]) -> tuple[Model, Mapping[Symbol, Expr]] | None:
    """A model in fewer variables and what its variables are; None where the laws give none."""
    if model.parameter_metric is not None or model.restrict or len(model.parameters) > MAX_PARAMETERS:
        return None
    return _by_forms(model, laws) or _by_radii(model, laws)


def _by_forms(model: Model, laws: Sequence[Expr]) -> tuple[Model, Mapping[Symbol, Expr]] | None:
    w = model.parameters
    arguments = list(dict.fromkeys(_arguments(model)))
    rows = [_slopes(h, w) for h in laws if _is_form(h, w)]
    if not rows and all(form in w for form in arguments):
        return None
    still = Matrix(rows or [[0] * len(w)])
    outside = set().union(*(f.xreplace({a: Dummy() for a in arguments}).free_symbols for f in model.predictor))
    ordered = sorted(w, key=lambda s: s not in outside)
    forms: list[Expr] = []
    for form in (*arguments, *ordered, *(Matrix([w]) * k for k in still.nullspace())):
        form = form[0] if isinstance(form, Matrix) else form
        row = Matrix([_slopes(form, w)])
        if (still * row.T).is_zero_matrix and Matrix([_slopes(f, w) for f in (*forms, form)]).rank() > len(forms):
            forms.append(form)
    part = Matrix([_slopes(f, w) for f in forms])
    gram = part * part.T
    z = [Dummy(f"z{n}", real=True) for n in range(len(forms))]
    images = part.T * gram.inv() * Matrix(z)
    table = dict(zip(w, images, strict=True))
    predictor = tuple(f.xreplace(table).expand() for f in model.predictor)
    metric = ImmutableDenseMatrix(gram.inv())
    small = replace(model, parameters=tuple(z), predictor=predictor, start=None, parameter_metric=metric)
    return small, dict(zip(z, forms, strict=True))


def _by_radii(model: Model, laws: Sequence[Expr]) -> tuple[Model, Mapping[Symbol, Expr]] | None:
    first: dict[Symbol, Symbol] = {}
    for h in laws:
        above, below = h.as_numer_denom()
        if above in model.parameters and below in model.parameters:
            one, other = first.get(above, above), first.get(below, below)
            first |= {s: one for s in model.parameters if first.get(s, s) in (one, other)}
    groups = {u: [s for s, of in first.items() if of == u and s != u] for u in set(first.values())}
    if not groups:
        return None
    gone = {s for others in groups.values() for s in others}
    predictor = tuple(f.xreplace(dict.fromkeys(gone, Integer(0))) for f in model.predictor)
    if not all(f.free_symbols and is_defined(f) for f in predictor):
        return None
    small = replace(
        model,
        parameters=tuple(p for p in model.parameters if p not in gone),
        predictor=predictor,
        start=None,
    )
    return small, {u: sqrt(Add(u**2, *(v**2 for v in others))) for u, others in groups.items()}


def _is_form(h: Expr, w: Sequence[Symbol]) -> bool:
    return h.free_symbols <= set(w) and all(s.is_Rational for s in _slopes(h, w)) and h.is_polynomial(*w)


def _slopes(form: Expr, w: Sequence[Symbol]) -> list[Expr]:
    return [form.diff(p) for p in w]


def _arguments(model: Model) -> Iterator[Expr]:
    """Linear forms inside functions and powers, without their constant terms."""
    for f in model.predictor:
        for e in sorted(f.atoms(Function, Pow), key=str):
            inside = e.args[0] if isinstance(e, Function) else e.base if e.base.is_Add else e.exp
            if inside.free_symbols and _is_form(inside, model.parameters):
                yield inside - inside.as_coeff_Add()[0]
