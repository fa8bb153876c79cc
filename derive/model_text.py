"""The parts of a model as text: assignments, rows of a metric, a link; and what a name stands for in each of them.

A name is a parameter, which is real, or a positive constant.  In the predictor every name is a parameter, unless a list
of parameters was given; in a start every name is a constant; in a restriction a name is a parameter if there is one.
`Scope` makes both kinds of symbols, once each, as the parts are read one after the other.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from sympy import Expr, ImmutableDenseMatrix, Symbol

from derive.errors import InputError
from derive.expression import exponential, parse_expression, split_list
from derive.link import check_link
from derive.names import check_name


class Scope:
    """The names of one model: `parameters` in their order, which the parts that are read may add to."""

    def __init__(self, parameters: Sequence[str] | None, *, coordinates: bool) -> None:
        """`coordinates`: the parameters are those of a metric, and may be called beta1, beta2, ..."""
        self.coordinates, self.fixed = coordinates, parameters is not None
        self.parameters: dict[str, Symbol] = {}
        self.constants: dict[str, Symbol] = {}
        for name in parameters or ():
            check_name(name, coordinate=coordinates)
            if name in self.parameters:
                raise InputError("a parameter is named twice", received=name)
            self.parameters[name] = Symbol(name, real=True)

    def constant(self, name: str) -> Symbol:
        """A positive constant.  Raises `InputError` for a name that is taken."""
        check_name(name)
        return self.constants.setdefault(name, Symbol(name, positive=True))

    def in_formula(self, name: str) -> Symbol:
        """A name in the predictor, or in a metric given directly."""
        if name in self.parameters:
            return self.parameters[name]
        if self.fixed:
            return self.constant(name)
        check_name(name, coordinate=self.coordinates)
        return self.parameters.setdefault(name, Symbol(name, real=True))

    def in_start(self, name: str) -> Symbol:
        """A name in a start value.  Raises `InputError` for a parameter."""
        if name in self.parameters:
            raise InputError(
                "a start value may not contain a parameter", received=name, hint="numbers, or constants such as alpha"
            )
        return self.constant(name)

    def in_restriction(self, name: str) -> Symbol:
        """A name in a restriction, or in a metric on parameter space."""
        return self.parameters[name] if name in self.parameters else self.constant(name)

    def complete(self, size: int) -> None:
        """Bring the coordinates of a metric of this size into their order, with those that its entries do not name."""
        if not self.fixed:
            names = _in_order(_completed(list(self.parameters), size))
            self.parameters = {name: self.parameters.get(name, Symbol(name, real=True)) for name in names}


def _completed(names: Sequence[str], size: int) -> list[str]:
    """With w1, ..., wd where the metric names only some of them, or none."""
    stems = {re.sub(r"[1-9]\d*$", "", name) for name in names} or {"w"}
    numbered = [f"{stem}{i + 1}" for stem in stems for i in range(size)]
    return numbered if len(stems) == 1 and len(names) < size and set(names) <= set(numbered) else list(names)


def _in_order(names: Sequence[str]) -> list[str]:
    """Coordinates of a metric: row i belongs to the i-th.  Raises `InputError` where text and alphabet disagree."""
    parts = [(re.sub(r"\d+$", "", name), name) for name in names]
    if len({stem for stem, _ in parts}) == 1:
        return sorted(names, key=lambda name: (len(name), name))
    if list(names) != sorted(names):
        raise InputError(
            "the order of the metric's coordinates is not clear",
            received=", ".join(names),
            hint=f'--parameters "{",".join(sorted(names))}", the coordinate of each row',
        )
    return list(names)


def parse_link(text: str) -> Expr:
    """A link from text, in one symbol of any name.  Raises `InputError`."""

    def variable(name: str) -> Symbol:
        check_name(name)
        return Symbol(name, real=True)

    link = parse_expression(text, variable, where="the link")
    check_link(link)
    return link


def parse_assignments(text: str) -> dict[str, str]:
    """`"a=2, w1=3/5"` to `{"a": "2", "w1": "3/5"}`.  Raises `InputError`."""
    result: dict[str, str] = {}
    for part in split_list(text):
        key, equals, value = part.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise InputError("the start is not a list of assignments", expected='"a=2, w1=3/5"', received=part)
        if key.strip() in result:
            raise InputError("a start value is given twice", received=key.strip())
        result[key.strip()] = value.strip()
    return result


def parse_rows(text: str) -> list[list[str]]:
    """`"1+x**2, x; x, 1"` to rows of entries."""
    return [split_list(row) for row in split_list(text, ";")]


def diagonal_rows(entries: Sequence[str]) -> list[list[str]]:
    """The rows of a diagonal metric."""
    return [[e if i == j else "0" for j in range(len(entries))] for i, e in enumerate(entries)]


def read_start(
    start: Mapping[str, str], parameters: Collection[str], constant: Callable[[str], Symbol]
) -> tuple[Expr, ...]:
    """The start's values in the order of the parameters.  Raises `InputError` for a name too many or too few."""
    for name in start:
        if name not in parameters:
            raise InputError(
                f"the start names {name}, which is no parameter", expected=", ".join(parameters), received=name
            )
    missing = [name for name in parameters if name not in start]
    if missing:
        raise InputError(
            "the start leaves parameters without a value",
            expected=", ".join(parameters),
            received="nothing for " + ", ".join(missing),
        )
    return tuple(parse_expression(start[name], constant, where=f"start of {name}") for name in parameters)


def read_matrix(rows: Sequence[Sequence[str]], symbol: Callable[[str], Symbol], scope: Scope) -> ImmutableDenseMatrix:
    """A metric, symmetric as written.  Raises `InputError`."""
    if not rows or any(len(row) != len(rows) for row in rows):
        raise InputError(
            "the metric is not square", expected='rows separated by ";"', received="; ".join(", ".join(r) for r in rows)
        )
    entries = [[parse_expression(t, symbol, where="metric entry") for t in row] for row in rows]
    matrix = ImmutableDenseMatrix([[exponential(e, scope.parameters.values()) for e in row] for row in entries])
    if matrix != matrix.T:
        raise InputError("the metric is not symmetric", received=str(matrix.tolist()))
    return matrix
