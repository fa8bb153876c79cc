"""Text to SymPy, without ever evaluating text: a user's expression is data, not code.

One expression, number, equation or list at a time, in the grammar of `derive.grammar`.  What a name stands for is the
caller's to say, who may refuse it; what is not finite and real is refused here.
"""

from collections.abc import Callable, Collection

from sympy import Expr, I, Pow, Rational, Symbol, exp, log, nan, oo, zoo

from derive.errors import InputError
from derive.grammar import MAX_LENGTH, Parser


def parse_expression(text: str, symbol: Callable[[str], Symbol], *, where: str = "expression") -> Expr:
    """Read `text` as one exact, finite, real expression.

    `symbol` turns a name into the symbol that it stands for, and may refuse it.  Raises
    `InputError`, naming the offender, for anything outside the grammar or the bounds.
    """
    if len(text) > MAX_LENGTH:
        raise InputError(f"{where} is too long", expected=f"at most {MAX_LENGTH} characters", received=f"{len(text)}")
    parser = Parser(text, symbol, where)
    value = parser.sum(0)
    if parser.kind != "end":
        raise parser.error(f"unexpected {parser.token!r}")
    if value.has(zoo, oo, -oo, nan, I):
        raise InputError(
            f"{where} is not a finite real expression",
            received=text,
            hint="a start or a formula without division by zero or roots of negatives",
        )
    return value


def parse_number(text: str, *, where: str = "number", positive: bool = False) -> Rational:
    """An exact rational from `2`, `3/5`, `0.6` or `1e-3`.  Raises `InputError`."""
    value = parse_expression(text, _no_symbol(where), where=where)
    if not isinstance(value, Rational) or (positive and value <= 0):
        kind = "a positive rational number" if positive else "a rational number"
        raise InputError(f"{where} is not usable", expected=kind, received=text, hint="for example 1/10")
    return value


def parse_equation(text: str, symbol: Callable[[str], Symbol], *, where: str = "restriction") -> Expr:
    """The left side minus the right side of `left = right`; `= 0` may be left out.  Raises `InputError`."""
    sides = text.split("=")
    if len(sides) > 2 or not all(side.strip() for side in sides):
        raise InputError(f"{where} is not an equation", expected="EXPR, or LEFT = RIGHT", received=text)
    parsed = [parse_expression(side, symbol, where=where) for side in sides]
    return parsed[0] if len(parsed) == 1 else parsed[0] - parsed[1]


def exponential(expression: Expr, parameters: Collection[Symbol]) -> Expr:
    """The expression with b**e as exp(e log b) where e depends on a parameter: exponents are constants elsewhere."""

    def moves(e: Expr) -> bool:
        return isinstance(e, Pow) and bool(e.exp.free_symbols & set(parameters))

    return expression.replace(moves, lambda e: exp(e.exp * log(e.base), evaluate=False))


def split_list(text: str, separator: str = ",") -> list[str]:
    """Split at separators outside parentheses; empty text gives an empty list."""
    parts, depth, current = [], 0, ""
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == separator and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    parts.append(current)
    return [] if parts == [""] or text.isspace() else [part.strip() for part in parts]


def _no_symbol(where: str) -> Callable[[str], Symbol]:
    def refuse(name: str) -> Symbol:
        raise InputError(f"{where} may not contain names", expected="a number", received=name)

    return refuse
