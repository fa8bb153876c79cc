"""A run of a method: steps until the loss has fallen to a target, or a number of steps was taken.

In arbitrary precision the run is repeated with more digits and the same number of steps: the digits in which both end
points agree are established for this discrete method, with its step size; that its limit is elsewhere, by O(eta), is
another matter, and what `verify.optimise.theory` is about.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from sympy import Expr, Rational, Symbol

from derive.derivation import Derivation
from derive.errors import ComputationError, InputError
from derive.model import Model
from verify.data import DataSet, check_dimension
from verify.decimal import Decimal
from verify.flow.tape import compile_tape
from verify.optimise.method import Method, Problem, Settings, State
from verify.optimise.mirror_map import mirror_map
from verify.optimise.numbers import FLOAT64, Array, Numbers, precise
from verify.optimise.objective import objective
from verify.optimise.point_loss import point_loss

CHECK = 16
GUARD, MORE = 12, 10
LOWEST_EXPONENT = 100_000
Progress = Callable[[int, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Descent:
    """Where a run ended.

    `state.w` are parameters or the predictor, as the method has it; `beta`, `loss`, `margins` in its arithmetic;
    `reached` says whether the target was (None without one); `digits` of beta are established by `how` (None in
    float64).
    """

    method: Method
    problem: Problem
    state: State
    beta: Array
    loss: Any
    margins: Array
    reached: bool | None
    digits: int | None
    how: str
    seconds: float

    @property
    def numbers(self) -> Numbers:
        return self.problem.numbers


def optimise(
    method: Method,
    model: Model,
    derivation: Derivation,
    constants: dict[Symbol, Expr],
    data: DataSet,
    settings: Settings,
    *,
    loss: str,
    iterations: int,
    until: Decimal | None = None,
    digits: int | None = None,
    progress: Progress | None = None,
) -> Descent:
    """Run the method from the start of `model`, which is numeric; `derivation` is of the same model.

    Raises `InputError` for settings and data that do not fit, `ComputationError` where a run diverges, leaves the
    domain of the potential, or needs a potential or a metric that is not known.
    """
    begin = perf_counter()
    method.check(settings)
    check_dimension(data, len(model.predictor))

    def run(numbers: Numbers, steps: int, target: Decimal | None) -> Descent:
        problem = posed(method, model, derivation, constants, data, settings, loss=loss, numbers=numbers)
        return _run(problem, method, first_state(method, problem, model), steps, target, progress, begin)

    if digits is None:
        return run(FLOAT64, iterations, until)
    first = run(precise(digits + GUARD), iterations, until)
    second = run(precise(digits + GUARD + MORE), first.state.count, None)
    return _agreed(first, second, digits, begin)


def posed(
    method: Method,
    model: Model,
    derivation: Derivation,
    constants: dict[Symbol, Expr],
    data: DataSet,
    settings: Settings,
    *,
    loss: str,
    numbers: Numbers,
) -> Problem:
    """The problem in one arithmetic.  Raises what `optimise` raises."""
    number = numbers.number
    for row, _ in settings.constraints:
        if len(row) != len(model.predictor):
            raise InputError("a constraint does not fit the model", expected=f"{len(model.predictor)} coordinates")
    return Problem(
        objective=objective(model if method.space == "parameters" else None, data, point_loss(loss, numbers), numbers),
        settings=settings,
        step=number(settings.step),
        momentum=None if settings.momentum is None else number(settings.momentum),
        lookahead=None if settings.lookahead is None else number(settings.lookahead),
        mirror=mirror_map(derivation, constants, numbers) if method.needs == "mirror" else None,
        inverse_metric=_inverse_metric(derivation, constants, numbers) if method.needs == "metric" else None,
        rows=numbers.table([r for r, _ in settings.constraints], len(model.predictor)),
        right=numbers.exact([h for _, h in settings.constraints]),
    )


def _inverse_metric(
    derivation: Derivation, constants: dict[Symbol, Expr], numbers: Numbers
) -> Callable[[Array], Array]:
    """M(beta).  Raises `ComputationError` where it is not known in beta."""
    found = derivation.elimination.inverse_metric
    if found is None:
        raise ComputationError(
            f"the inverse metric of {derivation.model.name} is not known in beta", hint="--method gradient-descent"
        )
    at = dict(derivation.constant_values)
    entries = [e.xreplace(at).xreplace(constants) for row in found for e in row]
    program = compile_tape(entries, derivation.model.coordinates).bind(numbers.tape)
    d = len(derivation.model.coordinates)
    return lambda beta: numbers.array(program(list(beta))).reshape(d, d)


def first_state(method: Method, problem: Problem, model: Model) -> State:
    """The start of the (numeric) model, in parameters or as its predictor, with the method's first memory."""
    start = model.start_map()
    values = model.start or () if method.space == "parameters" else [f.xreplace(start) for f in model.predictor]
    w = problem.numbers.exact(values)
    return State(w=w, memory=method.memory(problem, w))


def _run(
    problem: Problem,
    method: Method,
    state: State,
    iterations: int,
    until: Decimal | None,
    progress: Progress | None,
    begin: float,
) -> Descent:
    target = None if until is None else _target(until, problem.numbers)
    with np.errstate(all="ignore"):  # what is not finite is found below
        loss = problem.objective.value(state.w)
        while state.count < iterations and not (target is not None and loss <= target):
            for _ in range(min(CHECK, iterations - state.count)):
                state = method.step(problem, state)
            loss = problem.objective.value(state.w)
            if not (problem.numbers.finite(loss) and problem.numbers.all_finite(state.w)):
                raise ComputationError(
                    f"{method.name} diverges", received=f"a loss of {loss} after {state.count} steps",
                    hint="a smaller --step",
                )  # fmt: skip
            if progress is not None:
                progress(state.count, float(loss))
        beta = problem.objective.predictor(state.w)
        return Descent(
            method=method,
            problem=problem,
            state=state,
            beta=beta,
            loss=loss,
            margins=problem.objective.y * (problem.objective.X @ beta),
            reached=None if target is None else bool(loss <= target),
            digits=None,
            how="float64: no digits are claimed",
            seconds=perf_counter() - begin,
        )


def _target(until: Decimal, numbers: Numbers) -> Any:
    """The target as a number.  Raises `InputError` where the arithmetic has none so small."""
    if abs(until.exponent) > LOWEST_EXPONENT:
        raise InputError("--until is out of range for an optimiser", received=str(until), hint="verify flow")
    value = numbers.number(
        Rational(until.mantissa.numerator, until.mantissa.denominator) * Rational(10) ** until.exponent
    )
    if not value > 0:
        raise InputError("float64 has no number as small as --until", received=str(until), hint="--digits 30")
    return value


def _agreed(first: Descent, second: Descent, digits: int, begin: float) -> Descent:
    """The second run, with the digits in which both agree, relative to each coordinate that is not negligible."""
    top = max(abs(second.beta))
    agreement = digits
    for a, b in zip(first.beta, second.beta, strict=True):
        gap, size = abs(b - a), abs(b) if abs(b) * 10**8 > top else top
        while agreement > 0 and gap * 10**agreement > size:
            agreement -= 1
    wide = (first.numbers.digits, second.numbers.digits)
    return Descent(
        method=second.method,
        problem=second.problem,
        state=second.state,
        beta=second.beta,
        loss=second.loss,
        margins=second.margins,
        reached=first.reached,
        digits=agreement,
        how=f"{second.state.count} steps with {wide[0]} and with {wide[1]} decimals agree",
        seconds=perf_counter() - begin,
    )
