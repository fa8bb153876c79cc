"""Where the formulas of Q hold: what `derive.potentials.validity` asks for, from the records of the stages before.

The set is cut out of the coordinates around beta(0) by the formulas of Q themselves, by zeros of det M and of g, by the
dual's interval, and by events in the parameters, as far as all these are known in beta on the branch of the start.
With one parameter and one coordinate the leaf is an interval of the line, and its image is known exactly.
"""

from collections.abc import Mapping, Sequence

from sympy import Expr, Symbol, oo

from derive.branch.elimination import Elimination
from derive.exact.signs import is_defined
from derive.fields.leaf import Leaf
from derive.laws.conservation import ConservationLaws
from derive.metric.warp import Warp
from derive.model import Model
from derive.potentials.events import degeneracies, events
from derive.potentials.line import image_of, leaf_on_line
from derive.potentials.metric_route import without_signs
from derive.potentials.parametric import factor_in_beta
from derive.potentials.validity import Validity, validity

# of the entries of M together; the determinant of a larger one takes too long
MAX_TERMS = 5000


def extent(
    leaf: Leaf,
    laws: ConservationLaws,
    found: Warp,
    eliminated: Elimination,
    formulas: Sequence[Expr],
    dual: tuple[Expr, Symbol, tuple[Expr, Expr]] | None,
) -> Validity:
    """Where `formulas`, of Q and grad Q, hold; `dual` is beta(s), s and the interval of s, where it is known."""
    model = leaf.dynamics.model
    start = model.start_map()
    point = start or dict(eliminated.branch)
    beta0 = {b: f.xreplace(point) for b, f in zip(model.coordinates, model.predictor, strict=True)}
    constants = {c: law.xreplace(point) for c, law in eliminated.constants}
    metric = None
    if eliminated.inverse_metric is not None:
        rows = [[e.xreplace(constants) if start else e for e in row] for row in eliminated.inverse_metric]
        metric = [[without_signs(e, beta0) for e in row] for row in rows] if len(rows) == 1 else rows
    happen = events(model, laws.laws, found.signed if found.factor is not None else None)
    ends = [_in_beta(e.expression, eliminated, model, constants if start else {}) for e in happen]
    line = None
    if len(model.parameters) == len(model.predictor) == 1:
        (w,), (f,), (beta,) = model.parameters, model.predictor, model.coordinates
        orbit = leaf_on_line(leaf.dynamics.inverse_metric[0][0].expression(), happen, w, point[w])
        line = None if orbit is None else image_of(f, w, orbit, point[w])
        met = [f.xreplace({w: end}) for end in orbit or () if end not in (oo, -oo)]
        ends += [beta - end for end in met if is_defined(end)]
    return validity(
        formulas,
        metric,
        found.factor_in_beta or factor_in_beta(found, eliminated, model),
        model.coordinates,
        beta0 if start else beta0 | constants,
        dual,
        happen,
        regular=_regular(leaf, eliminated, constants if start else {}) if len(beta0) > 1 else None,
        ends=[e for e in ends if e is not None],
        line=line,
    )


def _in_beta(e: Expr, eliminated: Elimination, model: Model, constants: Mapping[Symbol, Expr]) -> Expr | None:
    """A function of the parameters in beta, on the branch; None where a parameter in it is not known there."""
    known = dict(eliminated.parameters)
    if not e.free_symbols & set(model.parameters) <= set(known):
        return None
    return e.xreplace(known).xreplace(dict(constants))


def _regular(leaf: Leaf, eliminated: Elimination, constants: Mapping[Symbol, Expr]) -> list[Expr] | None:
    """The factors of det M in beta; None where one is not known there, or M is too large."""
    model = leaf.dynamics.model
    if sum(len(e.numerator) + len(e.denominator) for row in leaf.dynamics.inverse_metric for e in row) > MAX_TERMS:
        return None
    factors = degeneracies(model, [[e.expression() for e in row] for row in leaf.dynamics.inverse_metric])
    if factors is None:
        return None
    found = [_in_beta(f, eliminated, model, constants) for f in factors]
    return None if None in found else [f for f in found if f is not None]
