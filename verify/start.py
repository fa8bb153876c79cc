"""The numeric start of a run: the model's own start, scaled."""

from dataclasses import replace

from sympy import Expr, Integer, Rational

from derive.errors import InputError
from derive.expression import parse_number
from derive.model import Model


def scaled(model: Model, scale: Rational | None) -> Model:
    """The model with numbers for its start.

    A start that contains the constant `alpha` gets alpha = scale (1 by default); a model without a
    start gets all ones times scale; a numeric start is multiplied by scale.  Raises `InputError` for
    other constants, which only the user can give a value.
    """
    factor = Integer(1) if scale is None else scale
    if model.start is None:
        start: tuple[Expr, ...] = (factor,) * len(model.parameters)
        return _numeric(replace(model, start=start))
    constants = {c for value in model.start for c in value.free_symbols}
    if any(str(c) == "alpha" for c in constants):
        values = {c: factor for c in constants if str(c) == "alpha"}
        return _numeric(replace(model, start=tuple(v.xreplace(values) for v in model.start)))
    if scale is not None and scale != 1:
        return _numeric(replace(model, start=tuple(factor * v for v in model.start)))
    return _numeric(model)


def chosen_scale(model: Model, given: str | None, *, start_given: bool) -> Rational | None:
    """The number of `--scale`; a start in numbers that the user gave stands as it is.  Raises `InputError`."""
    scale = None if given is None else parse_number(given, where="--scale", positive=True)
    constants = {str(c) for value in model.start or () for c in value.free_symbols}
    return None if start_given and "alpha" not in constants else scale


def _numeric(model: Model) -> Model:
    for value in model.start or ():
        if value.free_symbols:
            raise InputError(
                "the start contains a constant without a value",
                received=", ".join(map(str, value.free_symbols)),
                hint="--start with numbers",
            )
    if model.constants:
        raise InputError("the model contains a constant without a value", received=", ".join(map(str, model.constants)))
    return model
