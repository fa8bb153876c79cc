"""A flow with a certificate: one run with more digits than asked for, and the enclosure of the exact flow around it."""

from time import perf_counter

from flint import arb, ctx
from threadpoolctl import threadpool_limits

from derive.errors import ComputationError
from derive.exact.balls import ball
from derive.model import Model
from verify.data import DataSet, check_dimension, check_labels
from verify.decimal import Decimal, agreeing_digits
from verify.flow.ball_field import BallField
from verify.flow.certificate import Enclosure, certify, require_certifiable
from verify.flow.dual_variables import dual_field
from verify.flow.engine import ENGINE, Trajectory, look_ahead
from verify.flow.field import FlowField, flow_field
from verify.flow.run import Progress, Run, first_run, plan
from verify.flow.scout import Scout
from verify.link import refuse_link
from verify.losses import Loss, loss_named
from verify.separable import require_separable

# the defect is bounded on an ellipse inside that of the coefficients, which costs a fifth to a third of the digits
GUARDS = (24, 50)


def certified_flow(
    model: Model, data: DataSet, *, loss: str | Loss, until: Decimal, digits: int, progress: Progress | None = None
) -> Trajectory:
    """`verify.flow.engine.flow` for the exponential loss, with digits that are a theorem.

    Raises what `flow` raises, and `ComputationError` where no enclosure was found.
    """
    begin = perf_counter()
    kind = loss_named(loss)
    refuse_link(model, "gradient flow")
    check_dimension(data, len(model.predictor))
    require_certifiable(model, kind)
    check_labels(data)
    require_separable(data)
    field = dual_field(model, data, kind) or flow_field(model, data, kind)
    # small matrices: threads only wait for each other; and what precision is set within ends with it
    with threadpool_limits(1), ctx.workprec(ctx.prec):
        look, extra = look_ahead(field, until)
        return _certified(model, field, data, look, until, digits, extra, progress, begin)


def _certified(
    model: Model, field: FlowField, data: DataSet, look: Scout, until: Decimal, digits: int, extra: int,
    progress: Progress | None, begin: float,
) -> Trajectory:  # fmt: skip
    failure: ComputationError | None = None
    best: Trajectory | None = None
    for guard in GUARDS:
        run = _run(field, look, until, (digits, extra), guard, progress)
        try:
            enclosure = certify(model, field, data, run, -until.log())
        except ComputationError as error:
            failure = error
            continue
        best = _trajectory(model, field, run, enclosure, until, digits, begin)
        if best.digits >= digits:
            break
    if best is None:
        raise failure or ComputationError("no enclosure was found", hint="the same without --certify")
    return best


def _run(
    field: FlowField, look: Scout, until: Decimal, digits: tuple[int, int], guard: int, progress: Progress | None
) -> Run:
    """One run; `digits` are those wanted and those that the predictor loses."""
    wanted, lost = digits
    p = plan(wanted, guard, look.last, look.finest, lost)
    ctx.prec = p.precision + 20
    start = [ball(v, ctx.prec).mid() for v in field.model.start or ()]
    ends = (-BallField(field, ctx.prec).log_loss(start)).mid(), (-until.log()).mid()
    return first_run(field, look, p, ends, start, progress)


def _trajectory(
    model: Model,
    field: FlowField,
    run: Run,
    enclosure: Enclosure,
    until: Decimal,
    digits: int,
    begin: float,
) -> Trajectory:
    ctx.prec = run.precision
    certain = min(_digits(b) for b in enclosure.predictor)
    beta = tuple(b.mid() for b in enclosure.predictor)
    how = (
        f"rigorous enclosure: the exact flow lies within {enclosure.radius.str(2, radius=False)} of the parameters; "
        f"errors grow by at most {enclosure.growth.str(4, radius=False)}; "
        f"the defect is bounded on {enclosure.arcs} arcs"
    )
    return Trajectory(
        model=model, field=field, engine=f"{ENGINE}, certified", digits_requested=digits,
        digits=min(certain, digits), how=how, parameters=tuple(w.mid() for w in enclosure.parameters), predictor=beta,
        margins=tuple(m.mid() for m in enclosure.margins), gamma=(-until.log()).mid(),
        log_time=enclosure.log_time.mid(), drift=None, panels=run.panels, steps=len(run.panels),
        precision=run.precision, seconds=perf_counter() - begin, enclosure=enclosure,
    )  # fmt: skip


def _digits(b: arb) -> int:
    """The digits in which everything in the ball agrees."""
    return agreeing_digits(b.lower(), b.upper()) if not b.contains(0) else 0
