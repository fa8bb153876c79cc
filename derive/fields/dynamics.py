"""Stage 1, induced dynamics: `d beta/dt = -M grad L`, everything in parameter coordinates.

For gradient flow `dw/dt = -G^{-1} J^T grad L(beta)` (G the parameter metric, identity by default):

    V_i = G^{-1} grad F_i         the gradient fields, J the Jacobian of F,
    M   = J G^{-1} J^T = rho^{-1} the inverse metric, M_ij = V_i(F_j),
    [V_i, V_j]                    their Lie brackets, component n: V_i(V_j^n) - V_j(V_i^n).

All entries live in one differential field over Q (`derive.exact.field`), so that for polynomial F
nothing but rational functions ever occurs.  Radicals enter only when a result is written in beta.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from flint import arb, fmpq
from sympy import Abs, Expr, default_sort_key, sign

from derive.errors import ComputationError, InputError
from derive.exact.field import Element, Field
from derive.exact.linear import determinant_and_inverse, rank
from derive.exact.points import Point, Undefined, excludes_zero, sample_points, values
from derive.fields.positivity import require_positive
from derive.model import Model

Vector = tuple[Element, ...]
NEARBY, ORDERS = 4, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class InducedDynamics:
    """Jacobian (d x p), gradient fields (d vectors of length p) and inverse metric (d x d)."""

    model: Model
    field: Field
    jacobian: tuple[Vector, ...]
    gradients: tuple[Vector, ...]
    inverse_metric: tuple[Vector, ...]

    def along(self, direction: Vector, element: Element) -> Element:
        """The derivative of an element along a vector field."""
        total = self.field.zero
        for parameter, component in zip(self.model.parameters, direction, strict=True):
            if not component.vanishes:
                slope = element.derivative(parameter)
                if not slope.vanishes:
                    total = total + component * slope
        return total

    def bracket(self, first: Vector, second: Vector) -> Vector:
        """The Lie bracket [first, second]."""
        return tuple(self.along(first, b) - self.along(second, a) for a, b in zip(first, second, strict=True))

    def metric_expressions(self) -> tuple[tuple[Expr, ...], ...]:
        """M as SymPy expressions; M is symmetric, and each pair of entries is converted once."""
        known = {(i, j): row[j].expression() for i, row in enumerate(self.inverse_metric) for j in range(i + 1)}
        d = range(len(self.inverse_metric))
        return tuple(tuple(known[max(i, j), min(i, j)] for j in d) for i in d)

    def push(self, direction: Vector) -> Vector:
        """J times a vector field: its image in predictor space."""
        return tuple(dot(self.field, row, direction) for row in self.jacobian)


def dot(field: Field, left: Vector, right: Vector) -> Element:
    """The sum of products."""
    total = field.zero
    for a, b in zip(left, right, strict=True):
        if not (a.vanishes or b.vanishes):
            total = total + a * b
    return total


def induced_dynamics(model: Model, *, also: Sequence[Expr] = ()) -> InducedDynamics:
    """Differentiate the predictor, in a field that contains the expressions `also` too.

    Raises `InputError` where the start leaves the model's domain.
    """
    require_positive(model)
    entries = list(model.parameter_metric or ())
    field = Field([*model.predictor, *entries, *model.restrict, *also], [*model.parameters, *model.constants])
    jacobian = tuple(
        tuple(coordinate.derivative(p) for p in model.parameters) for coordinate in map(field.convert, model.predictor)
    )
    gradients = jacobian if not entries else _raised(model, field, jacobian)
    metric = tuple(tuple(dot(field, row, v) for v in gradients) for row in jacobian)
    dynamics = InducedDynamics(model=model, field=field, jacobian=jacobian, gradients=gradients, inverse_metric=metric)
    _check_start(dynamics)
    return dynamics


def _raised(model: Model, field: Field, jacobian: tuple[Vector, ...]) -> tuple[Vector, ...]:
    assert model.parameter_metric is not None
    p = len(model.parameters)
    metric = [[field.convert(model.parameter_metric[i, j]) for j in range(p)] for i in range(p)]
    inverted = determinant_and_inverse(field, metric)
    if inverted is None:
        raise InputError("the metric is singular everywhere", received=str(model.parameter_metric.tolist()))
    inverse = inverted[1]
    return tuple(tuple(dot(field, tuple(row), grad) for row in inverse) for grad in jacobian)


def thin_start(dynamics: InducedDynamics) -> str | None:
    """In words: M has a smaller rank at the start than nearby, no coordinate being frozen; None where it has not."""
    point = _start_point(dynamics.model)
    ranks = None if point is None else _ranks(dynamics, point)
    if ranks is None or ranks[0] == ranks[1]:
        return None
    return (
        f"rho^-1 has rank {ranks[0]} at the start and {ranks[1]} nearby: rho is not defined at beta(0), where Q and "
        "grad Q would be zero"
    )


def _start_point(model: Model) -> Point | None:
    constants = next(sample_points((), model.constants))
    start = model.start_map()
    return {p: v.xreplace(constants) for p, v in start.items()} | constants if start else None


def _ranks(dynamics: InducedDynamics, point: Point) -> tuple[int, int] | None:
    """The rank of M at the point, and the largest at points nearby; None where M is undefined at the point."""
    model, here = dynamics.model, _rank_at(dynamics, point)
    if here is None:
        return None
    near = islice(sample_points(model.parameters, model.constants, near=point), NEARBY)
    return here, max([here, *(r for p in near if (r := _rank_at(dynamics, p)) is not None)])


def _check_start(dynamics: InducedDynamics) -> None:
    """The flow must be able to move every coordinate at the start that it can move nearby, by one smooth formula."""
    model = dynamics.model
    if model.start is None:
        return
    edge = _edge(model)
    if edge is not None:
        raise InputError(
            "the start lies where two formulas of the model meet, and there it has no one gradient flow",
            expected=f"{edge.args[0]} != 0, for {edge}",
            received=_shown(model),
            hint="a start on one side",
        )
    point = _start_point(model)
    ranks = None if point is None else _ranks(dynamics, point)
    if point is None or ranks is None:
        raise InputError("the model is undefined at the start", received=_shown(model), hint="a start in its domain")
    if ranks[0] < ranks[1] and any(_is_frozen(dynamics, v, point) for v in dynamics.gradients):
        raise InputError(
            "the start lies outside the model's domain: rho^-1 is singular there",
            expected=f"rank {ranks[1]}",
            received=f"rank {ranks[0]} at {_shown(model)}",
            hint="a start where no coordinate of the predictor is frozen",
        )


def _is_frozen(dynamics: InducedDynamics, gradient: Vector, point: Point) -> bool:
    """Is V_i = 0 at the point, and are its derivatives along the gradient fields, up to order `ORDERS`?

    One that is not zero says that some flow leaves the zeros of V_i: the coordinate waits for others, and then moves.
    """
    derived = [gradient]
    for _ in range(ORDERS + 1):
        if any(rank_of_values([row]) for row in values(derived, point)):
            return False
        derived = [tuple(dynamics.along(v, c) for c in row) for row in derived for v in dynamics.gradients]
    return True


def _edge(model: Model) -> Expr | None:
    """An |u| or a sign(u) of the model with u = 0 at the start."""
    start = model.start_map()
    formulas = (*model.predictor, *(model.parameter_metric or ()))
    bent = sorted(set().union(*(f.atoms(Abs, sign) for f in formulas)), key=default_sort_key)
    return next((e for e in bent if e.args[0].xreplace(start).expand().is_zero), None)


def _shown(model: Model) -> str:
    return ", ".join(f"{p}={v}" for p, v in zip(model.parameters, model.start or (), strict=True))


def _rank_at(dynamics: InducedDynamics, point: Point) -> int | None:
    """Number of coordinates with V_i certainly not zero... exactly the rank of M where it is rational."""
    try:
        rows = values(dynamics.inverse_metric, point)
    except (Undefined, ComputationError):
        return None
    return rank_of_values(rows)


def rank_of_values(rows: Sequence[Sequence[fmpq | arb]]) -> int:
    """The number of pivots that are certainly not zero: a lower bound of the rank, exact over Q."""
    exact = [[e for e in row if isinstance(e, fmpq)] for row in rows]
    if rows and rows[0] and all(len(e) == len(row) for e, row in zip(exact, rows, strict=True)):
        return rank(exact)
    work, found = [list(row) for row in rows], 0
    for column in range(len(work[0]) if work else 0):
        pivot = next((i for i in range(found, len(work)) if excludes_zero(work[i][column])), None)
        if pivot is None:
            continue
        work[found], work[pivot] = work[pivot], work[found]
        for i in range(found + 1, len(work)):
            factor = work[i][column] / work[found][column]
            work[i] = [a - factor * b for a, b in zip(work[i], work[found], strict=True)]
        found += 1
    return found
