"""Expressions to tapes, the straight-line programs of `verify.flow.program`.

Common subexpressions are shared (SymPy's `cse`), sums and products are folded in pairs, and integer powers become
multiplications by squaring.  Integrals stay whole: `cse` would take their integrands apart.  Instructions are numbered
as they come, constants from -1 downwards; when all are known the constants move in between inputs and instructions.
"""

from collections.abc import Sequence
from typing import Any

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
from verify.flow.program import Tape
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
