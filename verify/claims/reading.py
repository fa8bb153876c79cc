"""The two sides of a formula as SymPy expressions, by the same parser that reads user input."""

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Expr, Symbol

from derive.expression import parse_expression, split_list


@dataclass(frozen=True, slots=True)
class Names:
    """Name -> symbol.  Those in `positive` are positive, those in `integer` positive integers, the rest real."""

    positive: tuple[str, ...] = ()
    integer: tuple[str, ...] = ()

    def __call__(self, name: str) -> Symbol:
        if name in self.integer:
            return Symbol(name, integer=True, positive=True)
        if name in self.positive:
            return Symbol(name, positive=True)
        return Symbol(name, real=True)


def read(text: str, names: Callable[[str], Symbol]) -> Expr:
    """One expression."""
    return parse_expression(text, names, where="a claim")


def read_list(text: str, names: Callable[[str], Symbol]) -> tuple[Expr, ...]:
    """Expressions separated by commas."""
    return tuple(read(part, names) for part in split_list(text))
