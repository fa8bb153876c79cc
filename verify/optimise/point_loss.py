"""Losses of one sample: l(u, y), u = x . beta the prediction, and its derivative in u.

The three named losses are those of `verify.losses`.  Any other is an expression in `u` and `y`, differentiated exactly:
`(u - y)**4`, or `log(cosh(u - y))`.  The expression is data and is never evaluated as code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sympy import Symbol

from derive.errors import InputError
from derive.expression import parse_expression
from verify.flow.tape import compile_tape
from verify.losses import LOSSES
from verify.optimise.numbers import Array, Numbers

U, Y = Symbol("u", real=True), Symbol("y", real=True)
PointFunction = Callable[[Array, Array], Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointLoss:
    """`value` and `slope` (the derivative in u) of all samples at once: arrays (N,) of u and y to (N,).

    `relative` gives values and slopes over e^shift, and the shift, for losses that would underflow; None otherwise.
    """

    name: str
    uses_margins: bool
    value: PointFunction
    slope: PointFunction
    relative: Callable[[Array, Array], tuple[Array, Array]] | None = None


def point_loss(text: str, numbers: Numbers) -> PointLoss:
    """A loss by name, or an expression in u and y.  Raises `InputError`."""
    builders = {"squared": _squared, "logistic": _logistic, "exponential": _exponential}
    if text in LOSSES and text in builders:
        return builders[text](numbers)
    return _given(text, numbers)


def _squared(numbers: Numbers) -> PointLoss:
    return PointLoss(
        name="squared", uses_margins=False, value=lambda u, y: (y - u) * (y - u) / 2, slope=lambda u, y: u - y
    )


def _logistic(numbers: Numbers) -> PointLoss:
    """log(1 + e^-m) = log(1 + e^-|m|) + max(0, -m): nothing overflows, and small losses keep their digits."""

    def value(u: Array, y: Array) -> Array:
        m = y * u
        return numbers.log1p(numbers.apply("exp", -abs(m))) + (abs(m) - m) / 2

    def slope(u: Array, y: Array) -> Array:
        m = y * u
        return -y * numbers.apply("exp", -(abs(m) + m) / 2) / (1 + numbers.apply("exp", -abs(m)))

    return PointLoss(name="logistic", uses_margins=True, value=value, slope=slope)


def _exponential(numbers: Numbers) -> PointLoss:
    def relative(u: Array, y: Array) -> tuple[Array, Array]:
        m = y * u
        weights = numbers.apply("exp", min(m) - m)
        return weights, -y * weights

    return PointLoss(
        name="exponential",
        uses_margins=True,
        value=lambda u, y: numbers.apply("exp", -(y * u)),
        slope=lambda u, y: -y * numbers.apply("exp", -(y * u)),
        relative=relative,
    )


def _given(text: str, numbers: Numbers) -> PointLoss:
    names = {"u": U, "y": Y}

    def symbol(name: str) -> Symbol:
        if name not in names:
            raise InputError(
                "a loss is one of the names, or an expression in u (the prediction) and y",
                expected=", ".join(LOSSES) + ', or "(u - y)**4"',
                received=text,
            )
        return names[name]

    expression = parse_expression(text, symbol, where="--loss")
    if not expression.has(U):
        raise InputError("the loss does not depend on the prediction u", received=text)
    value, slope = (_evaluated(e, numbers) for e in (expression, expression.diff(U)))
    return PointLoss(name=text, uses_margins=False, value=value, slope=slope)


def _evaluated(expression: Any, numbers: Numbers) -> PointFunction:
    program = compile_tape([expression], (U, Y)).bind(numbers.tape)
    return lambda u, y: program([u, y])[0] + 0 * u
