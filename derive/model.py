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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, ImmutableDenseMatrix, Pow, Symbol

from derive.errors import InputError
from derive.expression import exponential, parse_equation, parse_expression
from derive.link import check_link
from derive.model_text import Scope, parse_link, read_matrix, read_start


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
        self._check_expressions(known)

    def _check_expressions(self, known: set[Symbol]) -> None:
        """Raise `InputError` for an expression that does not depend on the parameters as its place asks."""
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
    scope = Scope(parameters, coordinates=is_metric)
    if parameter_metric is not None and is_metric:
        rows = read_matrix(parameter_metric, scope.in_formula, scope)
        scope.complete(rows.rows)
        coordinates: tuple[Expr, ...] = tuple(scope.parameters.values())
    else:
        read = [parse_expression(t, scope.in_formula, where=f"coordinate {i + 1}") for i, t in enumerate(predictor)]
        coordinates = tuple(exponential(f, scope.parameters.values()) for f in read)
        rows = None if parameter_metric is None else read_matrix(parameter_metric, scope.in_restriction, scope)
    _check_coordinates(list(scope.parameters), rows)
    values = None if start is None else read_start(start, scope.parameters, scope.in_start)
    equations = [parse_equation(t, scope.in_restriction) for t in restrict]
    return Model(
        name=name,
        parameters=tuple(scope.parameters.values()),
        predictor=coordinates,
        start=values,
        restrict=tuple(exponential(r, scope.parameters.values()) for r in equations),
        parameter_metric=rows,
        is_metric=is_metric,
        source=source,
        link=None if link is None else parse_link(link),
    )


def _check_coordinates(names: Sequence[str], metric: ImmutableDenseMatrix | None) -> None:
    """Raise `InputError` for a coordinate whose name says that it is another, or a metric of another size."""
    for i, name in enumerate(names):
        if name.startswith("beta") and name[4:].isdigit() and name != f"beta{i + 1}":
            raise InputError(f"coordinate {i + 1} of the metric is called {name}", hint=f'"beta{i + 1}"')
    if metric is not None and metric.shape != (len(names), len(names)):
        raise InputError(
            "the metric does not fit the parameters",
            expected=f"{len(names)} x {len(names)}",
            received=f"{metric.shape[0]} x {metric.shape[1]}",
            hint='--parameters "x,y" names them all',
        )
