"""A model with absolute values, as it is near its start.

|u| and sign u are smooth off u = 0.  The *cell* of a start is the connected set around it on which no argument u of an
absolute value or a sign vanishes; there |u| is u or -u, and the model is one without kinks.  A field with a generator
S, S^2 = 1, has divisors of zero ((1 + S)(1 - S) = 0: a rectifier that is off), and 1 + S is zero on one side only: what
is divided by it holds on the other.  So a model with a start is studied in its cell.  The zeros of u end the statement
(`derive.potentials.events`).
"""

from dataclasses import replace

from sympy import Abs, Expr, Integer, sign

from derive.errors import InputError
from derive.exact.signs import sign_of
from derive.model import Model


def smooth_at_start(model: Model) -> Model | None:
    """The model in its cell; None where its predictor has kinks at the start, or a constant coordinate near it."""
    try:
        found = in_cell(model)
    except InputError:
        return None
    return None if any(f.has(Abs, sign) for f in found.predictor) else found


def in_cell(model: Model) -> Model:
    """The model without those absolute values and signs whose arguments have a sign at the start.

    Raises `InputError` where a coordinate is constant in the cell.
    """
    given = (*model.predictor, *model.restrict, *(model.parameter_metric or ()))
    if model.start is None or not any(e.has(Abs, sign) for e in given):
        return model
    start = model.start_map()
    kinks: dict[Expr, None] = {}

    def side(u: Expr) -> int | None:
        here = sign_of(u.xreplace(start)) if u.free_symbols & set(model.parameters) else None
        if here:
            kinks.setdefault(u)
        return here

    def smooth(e: Expr) -> Expr:
        e = e.replace(Abs, lambda u: here * u if (here := side(u)) else Abs(u))
        return e.replace(sign, lambda u: Integer(here) if (here := side(u)) else sign(u))

    predictor = tuple(smooth(f) for f in model.predictor)
    for i, f in enumerate(predictor):
        if not f.free_symbols & set(model.parameters):
            shown = ", ".join(f"{p}={v}" for p, v in start.items())
            raise InputError(f"coordinate {i + 1} of the predictor is constant near the start", received=shown)
    metric = None if model.parameter_metric is None else model.parameter_metric.applyfunc(smooth)
    return replace(
        model,
        predictor=predictor,
        restrict=tuple(smooth(r) for r in model.restrict),
        parameter_metric=metric,
        kinks=tuple(kinks),
    )
