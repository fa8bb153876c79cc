"""What every engine asks of a request before it runs: one answer in one line, whichever engine is chosen."""

from dataclasses import dataclass

from flint import arb, ctx

from derive.errors import InputError
from derive.exact.balls import ball
from derive.fields.positivity import require_positive
from derive.model import Model
from verify.data import DataSet, check_dimension, check_labels
from verify.decimal import Decimal
from verify.flow.ball_field import BallField
from verify.flow.field import FlowField, flow_field
from verify.least_squares import require_reachable
from verify.link import refuse_link
from verify.losses import Loss
from verify.separable import require_separable

PRECISION = 128


@dataclass(frozen=True, slots=True)
class Span:
    """gamma~ at the start and at the target, at PRECISION bits."""

    first: arb
    last: arb


def require_usable(model: Model, data: DataSet, loss: Loss, until: Decimal) -> None:
    """Raise `InputError` for data that do not fit or are not separable, `ComputationError` for targets out of reach."""
    refuse_link(model, "gradient flow")
    check_dimension(data, len(model.predictor))
    if loss.uses_margins:
        check_labels(data)
        require_separable(data)
    else:
        require_reachable(data, until)
    require_positive(model)


def require_descent(field: FlowField, until: Decimal) -> Span:
    """The way ahead.  Raises `InputError` where the flow does not move, or the target is not below the first loss."""
    with ctx.workprec(PRECISION):
        start = [ball(v, PRECISION) for v in field.start]
        field_here = BallField(field, PRECISION)
        first, last = -field_here.log_loss(start), -until.log()
        if not first.is_finite():
            total, _ = field_here.terms(field_here.beta(start))
            what = (
                "the start fits the data exactly: the flow does not move"
                if total == 0
                else "the loss is undefined at the start"
            )
            raise InputError(what, received=field.model.name, hint="another --start")
        if last <= first:
            raise InputError(
                "the loss target is not below the loss at the start",
                expected=f"less than {(-first).exp().str(6, radius=False)}",
                received=str(until),
                hint="a smaller --until",
            )
        _, q = field_here.raised(start)
        if not q > 0:
            raise InputError(
                "the start is a stationary point: the gradient vanishes",
                received=field.model.name,
                hint="a start where some V_i is not zero",
            )
        return Span(first.mid(), last.mid())


def requested_field(model: Model, data: DataSet, loss: Loss, until: Decimal) -> tuple[FlowField, Span]:
    """The flow's field in the parameters, after every check."""
    require_usable(model, data, loss, until)
    field = flow_field(model, data, loss)
    return field, require_descent(field, until)
