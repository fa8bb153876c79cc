"""Which digits of beta = F(w) are established: what F loses to cancellation, and what two runs share.

An error e of the state (relative to its largest component, which is what a run controls) moves beta_i by up to
e max|w| sum_k |J_ik|.  That many digits more than asked for are carried, and no digit of beta_i below this level
counts, even where two runs agree on it: the second run starts from the values of the first, and where rounding hides
a component it would only repeat them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from flint import arb
from sympy import Add, Expr, Integer

from derive.errors import ComputationError
from derive.exact.balls import ball
from verify.decimal import agreeing_digits
from verify.flow.arithmetic import ARRAYS, balls
from verify.flow.array_field import ArrayField
from verify.flow.field import FlowField, jacobian_entries
from verify.flow.program import Bindable
from verify.flow.run import Run
from verify.flow.scout import Scout
from verify.flow.span import Spanned
from verify.flow.tape import compile_tape

# bits beyond those to which a run's panels are solved that rounding and the last Newton correction may spoil
SPOILED = 4
EPSILON = float(np.finfo(float).eps)
# float64 knows nothing of a coordinate this small
UNSEEN = 1e-200


@dataclass(frozen=True, slots=True)
class Agreement:
    """Digits common to every coordinate but `zeros`, the coordinates that neither run can tell from zero."""

    digits: int
    zeros: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The nonzero entries of J = DF(w) as a tape, with their rows.

    `moves` is how far a unit of error of all states moves the parameter of an entry: 1 where these are the states.
    """

    tape: Bindable
    rows: tuple[int, ...]
    moves: tuple[Expr, ...]
    d: int


def sensitivity(field: FlowField) -> Sensitivity:
    """J of a field's predictor, ready to be evaluated."""
    entries = jacobian_entries(field.model.predictor, field.model.parameters)
    tape = compile_tape(list(entries.values()), field.model.parameters)
    moves: list[Expr] = [Integer(1)] * len(field.model.parameters)
    if field.span is not None:
        moves = [Add(*map(abs, column)) for column in zip(*field.span, strict=True)]
    return Sensitivity(
        tape if field.span is None else Spanned(tape, field.span),
        tuple(i for i, _ in entries),
        tuple(moves[k] for _, k in entries),
        len(field.model.predictor),
    )


def cancellation(of: Sensitivity, array: ArrayField, look: Scout) -> int:
    """How many decimal digits beta loses at the end of a float64 run.  Raises `ComputationError` beyond its range."""
    state = look.values(np.array([look.span]))
    w = state[: array.field.size]
    beta = np.abs(array.beta(w)[:, 0])
    slopes = np.array([np.abs(np.ravel(e)[0]) for e in of.tape.bind(ARRAYS)(list(w))], dtype=float)
    slopes *= [float(e) for e in of.moves]
    moved = np.bincount(of.rows, weights=slopes, minlength=of.d) * np.abs(state).max()
    # a coordinate that the data or a symmetry keep at zero has no digits to lose
    seen = beta > UNSEEN * beta.max()
    size = float((moved[seen] / beta[seen]).max(initial=1.0))
    if not np.isfinite(size):
        raise ComputationError(
            "float64 cannot look ahead at this scale", received=array.field.model.name, hint="a smaller --scale"
        )
    return int(np.ceil(np.log10(max(size, 1.0))))


def blur(field: FlowField) -> float:
    """By how much rounding to float64 moves the margins at the start; inf where they leave its range.

    Where this exceeds 1 the look ahead sees nothing of the flow: w+^10 - w-^10 from 10^4 is a difference of numbers
    of size 10^40, and margins of size 1 are 24 digits below what float64 resolves.
    """
    of = sensitivity(replace(field, span=None))  # in the model's own parameters, whatever spans them
    w = [float(v) for v in field.model.start or ()]
    with np.errstate(all="ignore"):
        slopes = np.abs([float(np.ravel(e)[0]) for e in of.tape.bind(ARRAYS)([np.array([v]) for v in w])])
        columns = np.array([k for _, k in jacobian_entries(field.model.predictor, field.model.parameters)], dtype=int)
        moved = np.bincount(of.rows, weights=slopes * np.abs(np.array(w))[columns], minlength=of.d)
        rows = np.abs([[float(e) for e in row] for row in field.rows])
        size = float((rows @ moved).max(initial=0.0)) * EPSILON
    return size if np.isfinite(size) else float("inf")


def agreement(of: Sensitivity, first: Run, second: Run) -> Agreement:
    """The digits that two runs establish together."""
    level = _level(of, first, second)
    digits, zeros = 10**6, []
    for i, (a, b) in enumerate(zip(first.beta, second.beta, strict=True)):
        size = min(abs(a), abs(b))
        if a == 0 and b == 0:
            continue
        if size <= level[i]:
            zeros.append(i)
            continue
        digits = min(digits, agreeing_digits(a, b), agreeing_digits(size, size + level[i]))
    return Agreement(digits, tuple(zeros))


def _level(of: Sensitivity, first: Run, second: Run) -> list[arb]:
    """What each coordinate may have of the rounding of the first run, whose precision is the lower one."""
    slopes = of.tape.bind(balls(second.precision))(list(second.end))
    largest = max(map(abs, second.panels[-1].values.entries()))
    total = [arb(0)] * of.d
    for i, slope, move in zip(of.rows, slopes, of.moves, strict=True):
        total[i] = total[i] + abs(slope) * ball(move, second.precision)
    return [(e * largest * arb(2) ** (SPOILED - first.settled)).mid() for e in total]


def zero_report(zeros: Sequence[int], beta: Sequence[arb], settled: int) -> str:
    """What is known of coordinates that are shown as 0."""
    if not zeros:
        return ""
    names = ", ".join(f"beta{i + 1}" for i in zeros)
    top = max(abs(b) for b in beta)
    worst = max(abs(beta[i]) for i in zeros) / top
    bound = max(worst, arb(2) ** (SPOILED - settled))
    return f"; zero as far as both runs see, below {(2 * bound).str(1, radius=False)} of the largest: {names}"
