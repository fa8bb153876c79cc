"""The first record: what a user gives.  Everything later is derived from it and nothing else.

A model is a predictor `beta = F(w)` with `w` in R^p and `beta` in R^d, a start `w(0)`, and
optionally

* `restrict`: equations `r(w) = 0` of a submanifold that the flow never leaves (a balanced start);
* `parameter_metric`: a metric `G(w)` on parameter space, so that `dw/dt = -G^{-1} J^T grad L`.

A metric `rho` given directly is the model `F(w) = w` with `parameter_metric = rho`: its gradient
fields are the columns of `rho^{-1}`, and no stage needs to know the difference.

Parameters are real symbols.  Every other symbol (in a start, or in a formula) is a positive
constant.  Both kinds are made here, once, and carried in the record: `Symbol('u', real=True)` and
`Symbol('u')` are different objects, and mixing them is a classic source of silent nonsense.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, ImmutableDenseMatrix, Pow, Symbol, exp, log

from derive.errors import InputError
from derive.expression import parse_equation, parse_expression, split_list
from derive.link import check_link
from derive.names import check_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A parametrisation with its start.

    `parameters` (p real symbols), `predictor` (d expressions in them), `start` (p expressions in
    positive constants, or None for a generic leaf), `restrict` (expressions that vanish on the
    submanifold studied), `parameter_metric` (p x p, or None for the identity), `source` (literature
    key).  `is_metric` records that rho itself was given: laws and closure then do not apply.  `link` is a strictly
    increasing sigma in one symbol of its own: outputs are sigma(x . beta), see `derive.link`.
    `kinks` are functions of w that keep the sign that they have at the start, see `derive.fields.cell`.
    """

    name: str
    parameters: tuple[Symbol, ...]
    predictor: tuple[Expr, ...]
    start: tuple[Expr, ...] | None = None
    restrict: tuple[Expr, ...] = ()
    parameter_metric: ImmutableDenseMatrix | None = None
    is_metric: bool = False
    source: str = ""
    link: Expr | None = None
    kinks: tuple[Expr, ...] = ()

    def __post_init__(self) -> None:
        known = set(self.parameters)
        if self.link is not None:
            check_link(self.link)
        if not self.predictor or not self.parameters:
            raise InputError(
                "a model needs at least one parameter and one coordinate",
                received=str(self.predictor),
                hint='"a*w1, a*w2"',
            )
        if len(known) != len(self.parameters):
            raise InputError("a parameter is named twice", received=str(self.parameters))
        if self.start is not None and len(self.start) != len(self.parameters):
            raise InputError(
                "the start has the wrong length",
                expected=f"{len(self.parameters)} values",
                received=str(len(self.start)),
            )
        for value in self.start or ():
            if value.free_symbols & known:
                raise InputError("a start value depends on a parameter", received=str(value))
        for restriction in self.restrict:
            if not restriction.free_symbols & known:
                raise InputError("a restriction names no parameter", received=f"{restriction} = 0")
        for expression in (*self.predictor, *self.restrict, *(self.parameter_metric or ())):
            for power in expression.atoms(Pow):
                if power.exp.free_symbols & known:
                    raise InputError(
                        "an exponent depends on a parameter", received=str(power), hint=str(exponential(power, known))
                    )
        for i, coordinate in enumerate(self.predictor):
            if not coordinate.free_symbols & known:
                raise InputError(f"coordinate {i + 1} of the predictor is constant", received=str(coordinate))

    @property
    def constants(self) -> tuple[Symbol, ...]:
        """Positive constants, in alphabetical order."""
        expressions = [*self.predictor, *(self.start or ()), *self.restrict, *(self.parameter_metric or ())]
        free: set[Symbol] = set().union(*(e.free_symbols for e in expressions))
        return tuple(sorted(free - set(self.parameters), key=str))

    @property
    def coordinates(self) -> tuple[Symbol, ...]:
        """The predictor's coordinates beta1, ..., betad as symbols."""
        return tuple(Symbol(f"beta{i + 1}", real=True) for i in range(len(self.predictor)))

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """Parameters and constants: the names that results must not use for anything else."""
        return (*self.parameters, *self.constants)

    def start_map(self) -> dict[Symbol, Expr]:
        """Parameter -> start value; empty where the model has no start."""
        return dict(zip(self.parameters, self.start, strict=True)) if self.start is not None else {}


def exponential(expression: Expr, parameters: Collection[Symbol]) -> Expr:
    """The expression with b**e as exp(e log b) where e depends on a parameter: exponents are constants elsewhere."""

    def moves(e: Expr) -> bool:
        return isinstance(e, Pow) and bool(e.exp.free_symbols & set(parameters))

    return expression.replace(moves, lambda e: exp(e.exp * log(e.base), evaluate=False))


def parse_model(
    predictor: Sequence[str],
    *,
    name: str = "inline",
    parameters: Sequence[str] | None = None,
    start: Mapping[str, str] | None = None,
    restrict: Iterable[str] = (),
    parameter_metric: Sequence[Sequence[str]] | None = None,
    is_metric: bool = False,
    source: str = "",
    link: str | None = None,
) -> Model:
    """Read a model from text.  Free symbols of the predictor are its parameters, in the order of
    first appearance, unless `parameters` names them.  The coordinates of a metric are its free symbols in the order
    of their numbers (x2 may stand in the first entry); x1, ..., xd where it names some, w1, ..., wd where none.
    Raises `InputError`, naming the offender."""
    seen: dict[str, Symbol] = {}
    constants: dict[str, Symbol] = {}
    fixed = parameters is not None
    for parameter in parameters or ():
        check_name(parameter, coordinate=is_metric)
        if parameter in seen:
            raise InputError("a parameter is named twice", received=parameter)
        seen[parameter] = Symbol(parameter, real=True)

    def constant(text: str) -> Symbol:
        check_name(text)
        return constants.setdefault(text, Symbol(text, positive=True))

    def in_formula(text: str) -> Symbol:
        if text in seen:
            return seen[text]
        if fixed:
            return constant(text)
        check_name(text, coordinate=is_metric)
        return seen.setdefault(text, Symbol(text, real=True))

    def in_start(text: str) -> Symbol:
        if text in seen:
            raise InputError(
                "a start value may not contain a parameter", received=text, hint="numbers, or constants such as alpha"
            )
        return constant(text)

    def in_restriction(text: str) -> Symbol:
        return seen[text] if text in seen else in_start(text)

    rows = None
    if parameter_metric is not None and is_metric:
        rows = _matrix(parameter_metric, in_formula, seen)
        if not fixed:
            names = _in_order(_completed(list(seen), rows.rows))
            seen = {name: seen.get(name, Symbol(name, real=True)) for name in names}
        coordinates: tuple[Expr, ...] = tuple(seen.values())
    else:
        read = [parse_expression(t, in_formula, where=f"coordinate {i + 1}") for i, t in enumerate(predictor)]
        coordinates = tuple(exponential(f, seen.values()) for f in read)
        if parameter_metric is not None:
            rows = _matrix(parameter_metric, in_restriction, seen)
    for i, coordinate in enumerate(seen):
        if coordinate.startswith("beta") and coordinate[4:].isdigit() and coordinate != f"beta{i + 1}":
            raise InputError(f"coordinate {i + 1} of the metric is called {coordinate}", hint=f'"beta{i + 1}"')
    if rows is not None and rows.shape != (len(seen), len(seen)):
        raise InputError(
            "the metric does not fit the parameters",
            expected=f"{len(seen)} x {len(seen)}",
            received=f"{rows.shape[0]} x {rows.shape[1]}",
            hint='--parameters "x,y" names them all',
        )
    return Model(
        name=name,
        parameters=tuple(seen.values()),
        predictor=coordinates,
        start=_start(start, seen, in_start),
        restrict=tuple(exponential(parse_equation(t, in_restriction), seen.values()) for t in restrict),
        parameter_metric=rows,
        is_metric=is_metric,
        source=source,
        link=None if link is None else parse_link(link),
    )


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


def _start(
    start: Mapping[str, str] | None, seen: Mapping[str, Symbol], symbol: Callable[[str], Symbol]
) -> tuple[Expr, ...] | None:
    if start is None:
        return None
    for name in start:
        if name not in seen:
            raise InputError(f"the start names {name}, which is no parameter", expected=", ".join(seen), received=name)
    missing = [name for name in seen if name not in start]
    if missing:
        raise InputError(
            "the start leaves parameters without a value",
            expected=", ".join(seen),
            received="nothing for " + ", ".join(missing),
        )
    return tuple(parse_expression(start[name], symbol, where=f"start of {name}") for name in seen)


def _matrix(
    rows: Sequence[Sequence[str]], symbol: Callable[[str], Symbol], seen: Mapping[str, Symbol]
) -> ImmutableDenseMatrix:
    if not rows or any(len(row) != len(rows) for row in rows):
        raise InputError(
            "the metric is not square", expected='rows separated by ";"', received="; ".join(", ".join(r) for r in rows)
        )
    entries = [[parse_expression(t, symbol, where="metric entry") for t in row] for row in rows]
    matrix = ImmutableDenseMatrix([[exponential(e, seen.values()) for e in row] for row in entries])
    if matrix != matrix.T:
        raise InputError("the metric is not symmetric", received=str(matrix.tolist()))
    return matrix
