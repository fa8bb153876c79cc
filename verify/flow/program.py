"""Straight-line programs, and the arithmetics that they run over.

A tape is a list of instructions `register = operation(registers)` that `verify.flow.tape` makes of expressions.  The
same tape runs on float64 or complex128 arrays (one entry a collocation node), on Arb balls, and on power series: an
`Arithmetic` says how exact constants, powers and elementary functions are read there.  Binding looks all of them up
once; a `Program` is then one loop over its steps.  No source text is generated, and nothing is evaluated as code.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import add, mul
from typing import Any, Protocol

from sympy import (
    Expr,
    Integral,
)

from derive.errors import InputError

Compute = Callable[[Sequence[Any]], list[Any]]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How one arithmetic reads exact constants, takes powers and applies elementary functions.

    `matrix`, where there is one, makes of a matrix of exact numbers a program that multiplies by it; `integral` makes
    of a definite integral the function of its upper end.
    """

    constant: Callable[[Expr], Any]
    power: Callable[[Any, Expr], Any]
    function: Mapping[str, Callable[[Any], Any]]
    matrix: Callable[[Sequence[Sequence[Expr]]], Compute] | None = None
    integral: Callable[[Integral], Callable[[Any], Any]] | None = None

    def linear(self, rows: Sequence[Sequence[Expr]]) -> Compute:
        """The program values -> rows . values.  Raises `TypeError` where there is none (our bug)."""
        if self.matrix is None:
            raise TypeError("this arithmetic has no products of matrices")
        return self.matrix(rows)

    def integrated(self, integral: Integral) -> Callable[[Any], Any]:
        """Upper end -> integral.  Raises `InputError` where this arithmetic has none."""
        if self.integral is None:
            raise InputError("the model cannot be evaluated in this arithmetic", received=str(integral))
        return self.integral(integral)


class Bindable(Protocol):
    """What becomes a program once its arithmetic is known."""

    def bind(self, arithmetic: Arithmetic) -> Compute:
        """The program: a sequence of inputs to a list of outputs."""
        ...


@dataclass(frozen=True, slots=True)
class Tape:
    """`inputs` registers first, then constants, then one register for each instruction."""

    inputs: int
    constants: tuple[Expr, ...]
    program: tuple[tuple[str, Any, tuple[int, ...]], ...]
    outputs: tuple[int, ...]

    def bind(self, arithmetic: Arithmetic) -> "Program":
        """The tape with its constants read and its operations looked up, once for many evaluations."""
        steps: list[tuple[Callable[..., Any], int, int]] = []
        for kind, payload, where in self.program:
            first, *others = where
            steps.append((_operation(arithmetic, kind, payload), first, others[0] if others else -1))
        constants = tuple(arithmetic.constant(c) for c in self.constants)
        return Program(self.inputs, constants, tuple(steps), self.outputs)


def _operation(arithmetic: Arithmetic, kind: str, payload: Any) -> Callable[..., Any]:
    if kind == "*":
        return mul
    if kind == "+":
        return add
    if kind == "/":
        return _reciprocal
    if kind == "integral":
        return arithmetic.integrated(payload)
    if kind == "^":
        return lambda value: arithmetic.power(value, payload)
    return arithmetic.function[kind]


def _reciprocal(value: Any) -> Any:
    return 1 / value


@dataclass(frozen=True, slots=True)
class Program:
    """A tape over one arithmetic: steps (operation, first register, second or -1)."""

    inputs: int
    constants: tuple[Any, ...]
    steps: tuple[tuple[Callable[..., Any], int, int], ...]
    outputs: tuple[int, ...]

    def __call__(self, values: Sequence[Any]) -> list[Any]:
        """The outputs at the inputs.  Raises `ValueError` for the wrong number of inputs (our bug)."""
        if len(values) != self.inputs:
            raise ValueError(f"a tape of {self.inputs} inputs was given {len(values)}")
        registers = [*values, *self.constants]
        append = registers.append
        for operation, first, second in self.steps:
            append(operation(registers[first]) if second < 0 else operation(registers[first], registers[second]))
        return [registers[i] for i in self.outputs]
