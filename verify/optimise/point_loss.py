"""Losses of one sample: l(f, y), f = x . beta the prediction, and its derivative in f.

The three named losses are those of `verify.losses`.  Any other is an expression in the prediction `f` and `y`, or in
the margin `m` = y f and `u` = exp(-m), differentiated exactly: `(f - y)**4`, `log(cosh(f - y))`, `log(1 + u)`.  The
expression is data and is never evaluated as code.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Expr, Symbol, exp

from derive.errors import InputError
from derive.expression import parse_expression
from verify.flow.tape import compile_tape
from verify.losses import LOSSES
from verify.optimise.numbers import Array, Numbers

F, Y = Symbol("f", real=True), Symbol("y", real=True)
MEANINGS = {"f": F, "y": Y, "m": Y * F, "u": exp(-Y * F)}
PointFunction = Callable[[Array, Array], Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointLoss:
    """`value` and `slope` (the derivative in f) of all samples at once: arrays (N,) of f and y to (N,).

    `relative` gives values and slopes over e^shift, and the shift, for losses that would underflow; None otherwise.
    """

    name: str
    uses_margins: bool
    value: PointFunction
    slope: PointFunction
    relative: Callable[[Array, Array], tuple[Array, Array]] | None = None


def point_loss(text: str, numbers: Numbers) -> PointLoss:
    """A loss by name, or an expression.  Raises `InputError`."""
    builders = {"squared": _squared, "logistic": _logistic, "exponential": _exponential}
    if text in LOSSES and text in builders:
        return builders[text](numbers)
    return _given(text, numbers)


def _squared(numbers: Numbers) -> PointLoss:
    return PointLoss(
        name="squared", uses_margins=False, value=lambda f, y: (y - f) * (y - f) / 2, slope=lambda f, y: f - y
    )


def _logistic(numbers: Numbers) -> PointLoss:
    """log(1 + e^-m) = log(1 + e^-|m|) + max(0, -m): nothing overflows, and small losses keep their digits."""

    def value(f: Array, y: Array) -> Array:
        m = y * f
        return numbers.log1p(numbers.apply("exp", -abs(m))) + (abs(m) - m) / 2

    def slope(f: Array, y: Array) -> Array:
        m = y * f
        return -y * numbers.apply("exp", -(abs(m) + m) / 2) / (1 + numbers.apply("exp", -abs(m)))

    return PointLoss(name="logistic", uses_margins=True, value=value, slope=slope)


def _exponential(numbers: Numbers) -> PointLoss:
    def relative(f: Array, y: Array) -> tuple[Array, Array]:
        m = y * f
        weights = numbers.apply("exp", min(m) - m)
        return weights, -y * weights

    return PointLoss(
        name="exponential",
        uses_margins=True,
        value=lambda f, y: numbers.apply("exp", -(y * f)),
        slope=lambda f, y: -y * numbers.apply("exp", -(y * f)),
        relative=relative,
    )


def _given(text: str, numbers: Numbers) -> PointLoss:
    used: set[str] = set()

    def meaning(name: str) -> Expr:
        if name not in MEANINGS:
            raise InputError(
                "a loss is one of the names, or an expression in the prediction f and y (m = y f, u = exp(-m))",
                expected=", ".join(LOSSES) + ', or "(f - y)**4"',
                received=text,
            )
        used.add(name)
        return MEANINGS[name]

    expression = parse_expression(text, meaning, where="--loss")
    if not expression.has(F):
        raise InputError("the loss does not depend on the prediction f", received=text)
    value, slope = (_evaluated(e, numbers) for e in (expression, expression.diff(F)))
    return PointLoss(name=text, uses_margins=used <= {"m", "u"}, value=value, slope=slope)


def _evaluated(expression: Expr, numbers: Numbers) -> PointFunction:
    program = compile_tape([expression], (F, Y)).bind(numbers.tape)
    return lambda f, y: program([f, y])[0] + 0 * f
