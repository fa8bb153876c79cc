"""The engines: one contract, one table.

An engine is a function `(model, data, *, loss, until, digits, progress) -> Trajectory`; what it may raise, and what
`digits` means, is said in `verify.flow.engine`.  They differ in how the flow is followed and in how far that goes, and
share the equations (`verify.flow.field`), not the discretisation.
"""

from collections.abc import Callable
from dataclasses import dataclass

from flint import arb, ctx

from derive.errors import InputError
from verify.decimal import agreeing_digits
from verify.flow.engine import Trajectory, flow
from verify.flow.float_engine import float_flow
from verify.flow.slow import mpmath_flow
from verify.flow.taylor import taylor_flow


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """`run` fulfils the contract; `summary` says for what it is."""

    name: str
    summary: str
    run: Callable[..., Trajectory]


ENGINES = {
    engine.name: engine
    for engine in (
        Engine(name="collocation", summary="any precision, any loss, stiff flows", run=flow),
        Engine(name="taylor", summary="any precision, explicit: an independent check", run=taylor_flow),
        Engine(name="float64", summary="a fast look with an error estimate, at most 15 digits", run=float_flow),
        Engine(name="mpmath", summary="mpmath.odefun, slow and independent, short horizons", run=mpmath_flow),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheck:
    """A second run by another engine: the digits in which the two predictors agree, and whether their errors allow it.

    `consistent` says that no coordinate differs by more than the digits that both establish leave open.
    """

    other: Trajectory
    digits: int
    consistent: bool


def engine_named(name: str) -> Engine:
    """The engine of that name.  Raises `InputError`."""
    if name not in ENGINES:
        raise InputError("there is no engine of that name", expected=", ".join(ENGINES), received=name)
    return ENGINES[name]


def compared(first: Trajectory, second: Trajectory) -> CrossCheck:
    """Compare two runs of the same flow."""
    with ctx.workprec(max(first.precision, second.precision) + 20):
        digits, consistent = 10**6, True
        allowed = arb(10) ** -first.digits + arb(10) ** -second.digits
        top = max(map(abs, first.predictor))
        for a, b in zip(first.predictor, second.predictor, strict=True):
            if a == 0 or b == 0:  # zero as far as one of them sees: compared on the scale of the largest
                digits = min(digits, agreeing_digits(a, b, top))
                consistent = consistent and bool(abs(a - b) <= allowed * top)
                continue
            digits = min(digits, agreeing_digits(a, b))
            consistent = consistent and bool(abs(a - b) <= allowed * max(abs(a), abs(b)))
    return CrossCheck(other=second, digits=digits, consistent=consistent)
