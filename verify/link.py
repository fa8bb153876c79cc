"""Models with a link: the same constraints without it, or a refusal.

An interpolator of sigma(x_n . beta) = y_n satisfies x_n . beta = sigma^-1(y_n) (`derive.link`), so that minimisers and
limits are those of the model without the link on transformed labels.  Everything that follows the loss itself would
change with the link, and refuses it.
"""

from dataclasses import replace

from sympy import Rational

from derive.errors import InputError
from derive.link import LABEL, inverse
from derive.model import Model
from verify.data import DataSet


def without_link(model: Model, data: DataSet) -> tuple[Model, DataSet]:
    """The model without its link, the labels through sigma^-1.  Raises `InputError` where that is not exact."""
    if model.link is None:
        return model, data
    back = inverse(model.link)
    if back is None or not all(back.subs(LABEL, y).is_Rational for y in data.y):
        raise InputError(
            "the link has no exact inverse here", expected="a piecewise linear link", received=str(model.link)
        )
    labels = tuple(Rational(back.subs(LABEL, y)) for y in data.y)
    return replace(model, link=None), replace(data, y=labels)


def refuse_link(model: Model, what: str) -> None:
    """Raise `InputError` for a model with a link, which `what` does not know."""
    if model.link is not None:
        received = f"{model.name} with {model.link}"
        raise InputError(f"{what} does not take a link", received=received, hint="verify limit, or no --link")
