"""Expressions as straight-line programs that run over any arithmetic.

A tape is a list of instructions `register = operation(registers)`.  The same tape runs on float64 or
complex128 arrays (one entry a collocation node), on Arb balls, and on Arb power series: nothing is
generated as source text and nothing is evaluated as code.  Common subexpressions are shared (SymPy's
`cse`), sums and products are folded in pairs, and integer powers become multiplications.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import add, mul
from typing import Any, Protocol

from sympy import (
    Abs,
    Add,
    Dummy,
    Expr,
    Integer,
    Integral,
    Mul,
    Pow,
    Symbol,
    asinh,
    atan,
    cos,
    cosh,
    cse,
    exp,
    log,
    sign,
    sin,
    sinh,
    tan,
    tanh,
)

from derive.errors import InputError
from verify.germ import expm1_ratio, log1p_ratio

UNARY = {
    exp: "exp",
    log: "log",
    sin: "sin",
    cos: "cos",
    tan: "tan",
    sinh: "sinh",
    cosh: "cosh",
    tanh: "tanh",
    asinh: "asinh",
    atan: "atan",
    Abs: "abs",
    sign: "sign",
    log1p_ratio: "log1p_ratio",
    expm1_ratio: "expm1_ratio",
}


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


def compile_tape(expressions: Sequence[Expr], inputs: Sequence[Symbol]) -> Tape:
    """The tape of expressions in the input symbols.  Raises `InputError` for free symbols or unknown functions."""
    builder = _Builder(inputs)
    integrals = {e: Dummy() for expression in expressions for e in expression.atoms(Integral)}
    for integral, symbol in integrals.items():  # whole: `cse` would take their integrands apart
        builder.place[symbol] = builder.emit("integral", integral, builder.visit(integral.limits[0][2]))
    shared, reduced = cse([e.xreplace(integrals) for e in expressions], order="none")
    for symbol, expression in shared:
        builder.place[symbol] = builder.visit(expression)
    outputs = tuple(builder.visit(e) for e in reduced)
    return builder.finish(outputs)


class _Builder:
    """Collects instructions; constants get negative places until their number is known."""

    def __init__(self, inputs: Sequence[Symbol]) -> None:
        self.inputs = len(inputs)
        self.place: dict[Expr, int] = {s: i for i, s in enumerate(inputs)}
        self.constants: list[Expr] = []
        self.program: list[tuple[str, Any, tuple[int, ...]]] = []

    def emit(self, kind: str, payload: Any, *where: int) -> int:
        self.program.append((kind, payload, where))
        return self.inputs + len(self.program) - 1

    def constant(self, value: Expr) -> int:
        if value not in self.constants:
            self.constants.append(value)
        return -1 - self.constants.index(value)

    def visit(self, e: Expr) -> int:
        if e in self.place:
            return self.place[e]
        if e.is_number and not e.free_symbols:
            return self.constant(e)
        if isinstance(e, Add | Mul):
            kind = "+" if isinstance(e, Add) else "*"
            first, *rest = [self.visit(a) for a in e.args]
            for other in rest:
                first = self.emit(kind, None, first, other)
            found = first
        elif isinstance(e, Pow) and e.exp.is_Integer:
            found = self.integer_power(self.visit(e.base), int(e.exp))
        elif isinstance(e, Pow) and e.exp.is_Rational:
            found = self.emit("^", e.exp, self.visit(e.base))
        elif isinstance(e, Pow):
            logarithm = self.emit("log", None, self.visit(e.base))
            found = self.emit("exp", None, self.emit("*", None, logarithm, self.visit(e.exp)))
        elif type(e) in UNARY:
            found = self.emit(UNARY[type(e)], None, self.visit(e.args[0]))
        else:
            raise InputError(
                "the model cannot be evaluated",
                expected="numbers for all constants",
                received=str(e),
                hint="--scale or --start to give constants a value",
            )
        self.place[e] = found
        return found

    def integer_power(self, base: int, n: int) -> int:
        """Square and multiply; a negative power inverts the result."""
        if n < 0:
            return self.emit("/", None, self.integer_power(base, -n))
        found, square = None, base
        while n:
            if n & 1:
                found = square if found is None else self.emit("*", None, found, square)
            n >>= 1
            if n:
                square = self.emit("*", None, square, square)
        return self.constant(Integer(1)) if found is None else found

    def finish(self, outputs: Sequence[int]) -> Tape:
        shift = len(self.constants)

        def final(i: int) -> int:
            if i < 0:
                return self.inputs - 1 - i
            return i if i < self.inputs else i + shift

        program = tuple((kind, payload, tuple(map(final, where))) for kind, payload, where in self.program)
        return Tape(self.inputs, tuple(self.constants), program, tuple(map(final, outputs)))
