"""Where two independent runs end, and the digits that they establish together.

An error e of the parameters (relative to the largest) moves beta_i by up to e max|w| sum_k |J_ik|; no digit of beta_i
below that level, with e the rounding of the less precise run, counts.  A coordinate below it in both is shown as 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, ctx

from derive.exact.balls import ball
from derive.model import Model
from verify.data import DataSet
from verify.decimal import Decimal, agreeing_digits
from verify.flow.arithmetic import balls
from verify.flow.drift import drift, laws_of
from verify.flow.engine import Trajectory
from verify.flow.field import FlowField, jacobian_entries
from verify.flow.tape import compile_tape

# bits of a run that rounding may spoil
SPOILED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The parameters where a run ends, ln t there, and the bits with which it computed."""

    parameters: tuple[arb, ...]
    log_time: arb
    precision: int
    steps: int


@dataclass(frozen=True, slots=True)
class Common:
    """beta of the finer run, the coordinates that are zero as far as both see, and the digits of the others."""

    beta: tuple[arb, ...]
    zeros: tuple[int, ...]
    digits: int


def common(model: Model, coarse: End, fine: End, rounding: int | None = None) -> Common:
    """Compare; `rounding` is the exponent of two of a run's relative error, from its precision by default."""
    level = SPOILED - coarse.precision if rounding is None else rounding
    ctx.prec = fine.precision + 20
    predictor = compile_tape(model.predictor, model.parameters).bind(balls(ctx.prec))
    first, second = ([b.mid() for b in predictor(list(end.parameters))] for end in (coarse, fine))
    noise = [(n * arb(2) ** level).mid() for n in moved(model, fine.parameters)]
    digits, zeros = 10**6, []
    for i, (a, b) in enumerate(zip(first, second, strict=True)):
        size, top = min(abs(a), abs(b)), max(abs(a), abs(b))
        if top == 0:
            continue
        if size <= noise[i] and top <= 4 * noise[i]:
            zeros.append(i)
            continue
        digits = min(digits, agreeing_digits(a, b), agreeing_digits(size, size + noise[i]))
    return Common(tuple(arb(0) if i in zeros else b for i, b in enumerate(second)), tuple(zeros), digits)


def moved(model: Model, w: Sequence[arb]) -> list[arb]:
    """max|w| sum_k |J_ik| for every i."""
    entries = jacobian_entries(model.predictor, model.parameters)
    values = compile_tape(list(entries.values()), model.parameters).bind(balls(ctx.prec))(list(w))
    largest = max(map(abs, w))
    total = [arb(0)] * len(model.predictor)
    for (i, _), value in zip(entries, values, strict=True):
        total[i] += abs(value)
    return [e * largest for e in total]


def trajectory(
    model: Model, data: DataSet, field: FlowField, end: End, found: Common, *, engine: str, clock: str, how: str,
    until: Decimal, requested: int, digits: int, steps: int, seconds: float,
) -> Trajectory:  # fmt: skip
    """The record of a run that ends in `end`, with the drift of the conserved quantities."""
    ctx.prec = end.precision + 20
    start = [ball(v, ctx.prec).mid() for v in model.start or ()]
    kept = drift(model, laws_of(model), start, end.parameters, found.beta, ctx.prec)
    if found.zeros:
        how += "; zero as far as both runs see: " + ", ".join(f"beta{i + 1}" for i in found.zeros)
    how += kept.report(min(digits, requested))
    rows = [[ball(e, ctx.prec) for e in row] for row in (data.signed if field.loss.uses_margins else data.X)]
    products = [sum((e * b for e, b in zip(row, found.beta, strict=True)), arb(0)) for row in rows]
    if not field.loss.uses_margins:
        products = [m * ball(y, ctx.prec) for m, y in zip(products, data.y, strict=True)]
    return Trajectory(
        model=model, field=field, engine=engine, clock=clock, digits_requested=requested,
        digits=min(digits, requested, kept.digits), how=how, parameters=end.parameters, predictor=found.beta,
        margins=tuple(m.mid() for m in products), gamma=(-until.log()).mid(), log_time=end.log_time, drift=kept.change,
        panels=(), steps=steps, precision=end.precision, seconds=seconds,
    )  # fmt: skip
