"""Stage 6, elimination: the inverse metric, and the parameters, as functions of beta and the constants.

Only after closure is proved is w eliminated.  An unknown t (an entry of M, a parameter or its square) is
algebraic over Q(beta, c), and `derive.branch.equations` looks for its equation of degree two or less and for the
root on the branch of the start.

`solve` is never used: it drops and invents branches.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sympy import Expr, Rational, Symbol, igcd, root

from derive.branch.equations import Quantities, linear_root, on_branch, quadratic_root, radical_of, weight_of
from derive.branch.inversion import Inversion, invert
from derive.branch.isotropic_power import isotropic_power
from derive.branch.relations import POINTS
from derive.branch.roots import Root
from derive.exact.field import Element, Field
from derive.exact.points import Point, Undefined, rational_value
from derive.exact.residues import Values, residue_points, residues
from derive.exact.signs import is_defined
from derive.fields.dynamics import InducedDynamics, Vector, induced_dynamics
from derive.fields.leaf import Leaf, Question
from derive.laws.conservation import ConservationLaws
from derive.laws.relevant import algebraic_laws
from derive.metric.hessian import is_regular
from derive.metric.linear_metric import linear_metric
from derive.names import numbered
from derive.verdict import Verdict, proved, unknown

MAX_OPERATIONS = 400
MANY = 3  # from this many quantities on, monomials are many, and residues sort them faster than exact kernels
SMALL = 3  # up to this many coordinates an equation of its own is sought for every entry of M


@dataclass(frozen=True, slots=True, kw_only=True)
class Elimination:
    """M and the parameters in beta and c, as far as they were found; `constants` name the laws.

    `inverse_metric` is d x d or None; `parameters` maps parameter to expression; `branch` is the exact
    point at which roots were chosen.  Where M is known in beta, c and `roots` without formulas, `rooted` is M in them
    and `inverse_metric` is None.
    """

    verdict: Verdict
    constants: tuple[tuple[Symbol, Expr], ...]
    inverse_metric: tuple[tuple[Expr, ...], ...] | None = None
    parameters: tuple[tuple[Symbol, Expr], ...] = ()
    branch: tuple[tuple[Symbol, Expr], ...] = ()
    roots: tuple[Root, ...] = ()
    rooted: tuple[tuple[Expr, ...], ...] | None = None


def eliminate(leaf: Leaf, laws: ConservationLaws, *, roots: bool = True, rational: bool = True) -> Elimination:
    """Write M in beta on the branch of the start; parameters too where they have closed forms.

    `roots`: is there a potential that equations of degree two, and the parameters, could serve?  They cost most.
    `rational`: are rational functions of beta sought?  If not, only linear ones are: where nothing needs the others, or
    where beta is confined to a curved set, on which they are not unique.
    """
    model = leaf.dynamics.model
    start = model.start_map()
    known = dict.fromkeys((*laws.laws, *laws.dependent))
    listed = tuple(law for law in known if is_defined(law.xreplace(start)))
    useful = algebraic_laws(listed, leaf.dynamics.field)
    own = induced_dynamics(model, also=useful) if useful else leaf.dynamics
    constants = tuple(zip(numbered("c", len(listed), model.symbols), listed, strict=True))
    point = _branch_point(leaf)
    if point is not None and model.predictor == model.parameters:  # a metric given directly: beta is w
        return _identity(own, constants, point)
    quantities = _quantities(leaf, own, constants, useful)
    if point is None or len(quantities.symbols) > 40:
        return Elimination(
            verdict=unknown("too many coordinates, or no exact point of the branch"), constants=constants
        )
    metric = linear_metric(own)
    if metric is None and not rational:
        reason = "M is not linear in beta, and other forms were not sought: no potential needs them"
        return Elimination(verdict=unknown(reason), constants=constants, branch=tuple(point.items()))
    metric = metric or _metric(own.inverse_metric, quantities, {}, point)
    if metric is None and len(model.predictor) == 1:
        power = _pure_power(leaf, point)
        metric = None if power is None else ((power,),)
    metric = metric or isotropic_power(leaf, point)
    solved: dict[Symbol, Expr] = {}
    # where beta is confined, a root that is chosen at one point may change along a leaf on which nothing else happens
    # and fewer quantities than parameters cannot determine them (some of them they could; U U^T shows that it is rare)
    enough = len(quantities.symbols) >= len(model.parameters) or bool(model.restrict)
    if roots and len(model.predictor) > 1 and enough and is_regular(leaf):
        solved = parameters_in(own.model.parameters, quantities, own.field, point)
        metric = metric or _metric(own.inverse_metric, quantities, solved, point, roots=True)
    found = Inversion(metric=metric, parameters=tuple(solved.items()))
    if metric is None:
        others = [law for law in listed if law not in useful]
        found = _inverted(own, quantities, point, others=others, missing=(laws.count or 0) - len(laws.laws))
    known = solved if found.metric is None else dict(found.parameters)
    return Elimination(
        verdict=unknown(found.reason) if found.metric is None else proved(_why(found)),
        constants=constants,
        inverse_metric=found.metric if found.root is None else None,
        parameters=tuple(known.items()),
        branch=tuple(point.items()),
        roots=() if found.root is None else (found.root,),
        rooted=None if found.root is None else found.metric,
    )


def _identity(own: InducedDynamics, constants: tuple[tuple[Symbol, Expr], ...], point: Point) -> Elimination:
    """beta is w."""
    solved = dict(zip(own.model.parameters, own.model.coordinates, strict=True))
    return Elimination(
        verdict=proved("beta is w"),
        constants=constants,
        inverse_metric=tuple(tuple(e.xreplace(solved) for e in row) for row in own.metric_expressions()),
        parameters=tuple(solved.items()),
        branch=tuple(point.items()),
    )


def _quantities(
    leaf: Leaf, own: InducedDynamics, constants: Sequence[tuple[Symbol, Expr]], useful: Collection[Expr]
) -> Quantities:
    """beta, and the constants of the useful laws, in the field that contains these."""
    model = own.model
    elements = tuple(map(own.field.convert, (*model.predictor, *useful)))
    points = () if model.restrict else tuple(residue_points(own.field, POINTS if len(elements) >= MANY else 1))
    return Quantities(
        symbols=(*model.coordinates, *(c for c, law in constants if law in useful)),
        elements=elements,
        modulo=leaf.on_leaf,
        start=tuple(model.start_map().items()) if any(v.free_symbols for v in model.start or ()) else (),
        leaf=model.start is not None,
        points=points,
        residues=tuple(residues(e, points) for e in elements) if len(points) > 1 else (),
    )


def _inverted(
    own: InducedDynamics, quantities: Quantities, point: Point, *, others: Sequence[Expr], missing: int
) -> Inversion:
    if own.model.restrict:
        return Inversion(reason="on a submanifold only equations of degree two or less were sought, and none was found")
    return invert(own, quantities, point, others=others, missing=missing)


def _why(found: Inversion) -> str:
    if found.root is None:
        return "polynomial identities, with roots chosen at an exact point of the branch"
    return f"M is a function of beta, of the constants and of {found.root.unknown}, by identities in the parameters"


def _branch_point(leaf: Leaf) -> Point | None:
    return next(iter(leaf.points(1)), None)


def _pure_power(leaf: Leaf, point: Point) -> Expr | None:
    """M = r^(1/k) beta^(j/k) on beta > 0, where M^k = r beta^j holds on the leaf (homogeneous models)."""
    field, predictor = leaf.dynamics.field, leaf.dynamics.model.predictor[0]
    m, beta = leaf.dynamics.inverse_metric[0][0], field.convert(predictor)
    weights = weight_of(m), weight_of(beta)
    if weights[0] is None or not weights[1] or weights[0] < 0:
        return None
    shared = igcd(*weights)
    k, j = weights[1] // shared, weights[0] // shared
    try:
        there = rational_value(beta, point), rational_value(m, point)
    except Undefined:
        return None
    if there[0] <= 0 or k > 12:
        return None
    ratio = there[1] ** int(k) / there[0] ** int(j)
    number = Rational(int(ratio.p), int(ratio.q))
    question = Question(element=m.power(int(k)) - field.number(number) * beta.power(int(j)), meaning="M^k - r beta^j")
    if not leaf.holds([question], "a power law").is_proved:
        return None
    return root(number, k) * leaf.dynamics.model.coordinates[0] ** Rational(j, k)


def parameters_in(
    parameters: Sequence[Symbol], quantities: Quantities, field: Field, point: Point
) -> dict[Symbol, Expr]:
    """Parameter -> expression in beta and c, one after the other, each helping the next."""
    solved: dict[Symbol, Expr] = {}
    progress = True
    while progress and len(solved) < len(parameters):
        progress = False
        for target in (p for p in parameters if p not in solved):
            root = linear_root(field.convert(target), quantities)
            root = root or _root_of_square(target, field, quantities, point)
            if root is None or root.count_ops() > MAX_OPERATIONS:
                continue
            solved[target] = root
            quantities = Quantities(
                (*quantities.symbols, target),
                (*quantities.elements, field.convert(target)),
                quantities.modulo,
                (*quantities.known, (target, root)),
                quantities.start,
                quantities.leaf,
                quantities.points,
                _extended(quantities, field.convert(target)),
            )
            progress = True
            break
    return solved


def _extended(quantities: Quantities, target: Element) -> tuple[Values, ...]:
    """The residues with those of one more element, where they are used."""
    return (*quantities.residues, residues(target, quantities.points)) if quantities.residues else ()


def _metric(
    metric: Sequence[Vector],
    quantities: Quantities,
    solved: dict[Symbol, Expr],
    point: Point,
    *,
    roots: bool = False,
) -> tuple[tuple[Expr, ...], ...] | None:
    rows: list[tuple[Expr, ...]] = []
    for i, row in enumerate(metric):
        entries: list[Expr] = []
        for j, element in enumerate(row):
            if j < i:
                entries.append(rows[j][i])
                continue
            found = _constant(element)
            if found is None and len(metric) > SMALL:
                found = _substituted(element, quantities, solved, point)
            found = found or linear_root(element, quantities)
            if found is None and len(metric) == 1:
                found = quadratic_root(element, quantities, point)
            if found is None:
                found = _substituted(element, quantities, solved, point)
            if found is None and roots and len(metric) <= 3:
                found = quadratic_root(element, quantities, point)
            if found is None:
                return None
            entries.append(found)
        rows.append(tuple(entries))
    return tuple(rows)


def _substituted(element: Element, quantities: Quantities, solved: dict[Symbol, Expr], point: Point) -> Expr | None:
    """The element with the solved parameters replaced, where it contains some and no other."""
    expression = element.expression()
    free = expression.free_symbols
    left = free - set(solved) - set(quantities.symbols)
    return expression.subs(solved) if free & set(solved) and not any(p in left for p in point) else None


def _constant(element: Element) -> Expr | None:
    if element.numerator.is_constant() and element.denominator.is_constant():
        return element.expression()
    return None


def _root_of_square(symbol: Symbol, field: Field, quantities: Quantities, point: Point) -> Expr | None:
    """A parameter through the equation of its square, with the sign that it has at the point."""
    element = field.convert(symbol)
    square = quadratic_root(element * element, quantities, point)
    if square is None:
        return None
    radical = radical_of(square)
    return on_branch(element, [radical, -radical], quantities, point)
