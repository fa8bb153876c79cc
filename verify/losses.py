"""Losses, as averages over the data.

    exponential   (1/N) sum exp(-m_n)          m_n = y_n x_n . beta   (margins)
    logistic      (1/N) sum log(1 + exp(-m_n))
    squared       (1/2N) sum (y_n - x_n . beta)^2

A loss with an exponential tail never attains its infimum: the flow diverges, in a direction.
"""

from dataclasses import dataclass

from derive.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """`name`, and whether the loss is a function of margins with labels +-1 (classification)."""

    name: str
    uses_margins: bool


LOSSES = {
    loss.name: loss
    for loss in (
        Loss(name="exponential", uses_margins=True),
        Loss(name="logistic", uses_margins=True),
        Loss(name="squared", uses_margins=False),
    )
}


def loss_named(name: str) -> Loss:
    """The loss of that name.  Raises `InputError`."""
    if name not in LOSSES:
        raise InputError("there is no loss of that name", expected=", ".join(LOSSES), received=name)
    return LOSSES[name]
