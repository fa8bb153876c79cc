"""Is a metric that the user gave positive definite?  A metric that is not has no gradient flow.

At an exact point the leading principal minors decide (Sylvester): all positive, or one certainly not.  The
start decides where there is one; without a start a metric is refused if it is positive definite at none of
several rational points.  Among these are points with some coordinates much smaller than others: metrics that live on
positive definite matrices are nowhere else defined, and few matrices are such by chance.
"""

from collections.abc import Iterator
from itertools import islice
from random import Random

from flint import arb_mat
from sympy import ImmutableDenseMatrix, Rational

from derive.errors import ComputationError, InputError
from derive.exact.balls import ball
from derive.exact.points import PRECISION, Point, sample_points
from derive.model import Model

TRIES, UNEQUAL, SMALL = 40, 400, Rational(1, 30)


def require_positive(model: Model) -> None:
    """Raise `InputError` where the parameter metric is certainly not positive definite."""
    if model.parameter_metric is None:
        return
    constants = next(sample_points((), model.constants))
    if model.start is not None:
        point = {p: v.xreplace(constants) for p, v in model.start_map().items()} | constants
        if is_positive_at(model.parameter_metric, point) is False:
            start = ", ".join(f"{p}={v}" for p, v in model.start_map().items())
            raise InputError("the metric is not positive definite at the start", received=start)
        return
    metric = model.parameter_metric
    if not any(is_positive_at(metric, point) is not False for point in _points(model)):
        raise InputError(
            "the metric is not positive definite",
            expected="a metric that is positive definite somewhere",
            received=f"none of {TRIES + UNEQUAL} points where it is",
            hint="--start at such a point",
        )


def _points(model: Model) -> Iterator[Point]:
    """Rational points, then such with random coordinates made smaller."""
    yield from islice(sample_points(model.parameters, model.constants), TRIES)
    random = Random(2)
    for point in islice(sample_points(model.parameters, model.constants), UNEQUAL):
        yield point | {p: abs(point[p]) if random.random() < 0.5 else point[p] * SMALL for p in model.parameters}


def is_positive_at(metric: ImmutableDenseMatrix, point: Point) -> bool | None:
    """Sylvester's criterion in balls; None where the metric is undefined or a minor may vanish."""
    size = metric.rows
    try:
        rows = [[ball(metric[i, j].xreplace(dict(point)), PRECISION) for j in range(size)] for i in range(size)]
    except ComputationError:
        return None
    minors = [arb_mat([row[:k] for row in rows[:k]]).det() for k in range(1, size + 1)]
    if all(m > 0 for m in minors):
        return True
    return False if any(m < 0 for m in minors) else None
