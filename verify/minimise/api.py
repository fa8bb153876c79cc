"""Minimisers of derived potentials, under `X beta = y` or under margins `y_n x_n . beta >= 1`.

Margins are handled by an active set (`verify.minimise.active`).  At the end both kinds of
inequality are decided by balls, so `active` is certain; a multiplier or slack that a ball cannot tell
from zero is reported as undecided instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from flint import arb, ctx, fmpq, fmpq_mat
from sympy import Expr, Integer, Rational, Symbol

from derive.derivation import Derivation
from derive.errors import ComputationError, InputError
from verify.data import DataSet, check_dimension, check_labels
from verify.minimise.active import active_rows, dependence
from verify.minimise.path import FloatSystem, follow
from verify.minimise.solve import BallSystem, Enclosure, follow_precisely, krawczyk, refine
from verify.minimise.system import Inner, inner_of
from verify.separable import require_separable

ATTEMPTS = 5
PATH_PRECISION = 320
Rows = Sequence[Sequence[Rational]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimiser:
    """beta, multipliers nu (one a data row; zero where inactive) as enclosures, and what is proved.

    `digits` is how many digits of every coordinate the enclosure fixes; `active` are zero-based rows.
    """

    beta: tuple[arb, ...]
    multipliers: tuple[arb, ...]
    active: tuple[int, ...]
    residual: arb
    digits: int
    form: str
    precision: int
    seconds: float


def minimise(
    derivation: Derivation, data: DataSet, *, subject_to: str, digits: int, constants: dict[Symbol, Expr] | None = None
) -> Minimiser:
    """The minimiser of the derived Q.  `subject_to` is `interpolation` or `margin`; `constants` gives the
    start's constants their values.

    Raises `InputError` for infeasible constraints, `ComputationError` where there is no potential, the data
    leave its domain, or the enclosure cannot be closed.
    """
    begin = perf_counter()
    check_dimension(data, len(derivation.model.predictor))
    inner = inner_of(derivation, constants or {})
    if subject_to == "margin":
        check_labels(data)
        require_separable(data)
        rows, right = data.signed, (Integer(1),) * len(data.y)
        active = _active_set(inner, rows)
    elif subject_to == "interpolation":
        rows, right = data.X, data.y
        active = _independent(rows, right)
    else:
        raise InputError("--subject-to is not known", expected="interpolation or margin", received=subject_to)
    before = ctx.prec
    try:
        enclosure, precision = _enclose(inner, [rows[n] for n in active], [right[n] for n in active], digits)
        ctx.prec = precision
        if subject_to == "margin":
            _check_signs(rows, active, enclosure)
        nu = dict(zip(active, enclosure.nu, strict=True))
        return Minimiser(
            beta=enclosure.beta,
            multipliers=tuple(nu.get(n, arb(0)) for n in range(len(rows))),
            active=tuple(active),
            residual=enclosure.residual,
            digits=min(digits, _digits(enclosure.beta)),
            form=inner.form,
            precision=precision,
            seconds=perf_counter() - begin,
        )
    finally:
        ctx.prec = before


def _independent(rows: Rows, right: Sequence[Rational]) -> list[int]:
    """Rows that determine the others; raises `InputError` where the equations contradict each other."""
    table = [[fmpq(int(e.p), int(e.q)) for e in (*row, y)] for row, y in zip(rows, right, strict=True)]
    chosen: list[int] = []
    for n, row in enumerate(table):
        trial = [table[i] for i in chosen] + [row]
        if fmpq_mat([r[:-1] for r in trial]).rank() == len(trial):
            chosen.append(n)
        elif fmpq_mat(trial).rank() == len(trial):
            raise InputError(
                "the equations X beta = y contradict each other", received=f"row {n + 1}", hint="consistent data"
            )
    return chosen


def _exact(row: Sequence[Rational]) -> list[fmpq]:
    return [fmpq(int(e.p), int(e.q)) for e in row]


def _floats(rows: Rows) -> np.ndarray:
    return np.array([[float(e) for e in row] for row in rows])


def _active_set(inner: Inner, rows: Rows) -> list[int]:
    before = ctx.prec

    def solve(active: Sequence[int]) -> tuple[list[arb], list[arb]]:
        z = _path(inner, [rows[n] for n in active], [Integer(1)] * len(active))
        ctx.prec = PATH_PRECISION
        system = BallSystem(inner, [rows[n] for n in active], [Integer(1)] * len(active), PATH_PRECISION)
        return [b.mid() for b in system.values(z[: inner.size])[inner.d : 2 * inner.d]], z[inner.size :]

    try:
        ctx.prec = PATH_PRECISION
        return active_rows(rows, solve)
    finally:
        ctx.prec = before


def _enclose(inner: Inner, rows: Rows, right: Sequence[Rational], digits: int) -> tuple[Enclosure, int]:
    """The enclosure at a precision that gives the digits."""
    z = _path(inner, rows, right)
    precision = 0
    for attempt in range(ATTEMPTS):
        precision = int(3.4 * digits) + 64 + 64 * attempt * (1 + attempt)
        ctx.prec = precision
        exact = BallSystem(inner, rows, right, precision)
        found = krawczyk(exact, refine(exact, z))
        if found is not None and _digits(found.beta) >= digits:
            return found, precision
    raise ComputationError(
        "the minimiser could not be enclosed to the digits requested",
        received=f"{precision} bits",
        hint="fewer --digits",
    )


def _path(inner: Inner, rows: Rows, right: Sequence[Rational]) -> list[arb]:
    """A solution at PATH_PRECISION: by float64 where Newton in Arb confirms it, else by the same path in Arb."""
    ctx.prec = PATH_PRECISION
    exact = BallSystem(inner, rows, right, PATH_PRECISION)
    try:
        system = FloatSystem(inner, _floats(rows) if rows else np.zeros((0, inner.d)))
        z = refine(exact, [arb(float(e)) for e in follow(system, np.array([float(e) for e in right]))])
        if exact.solves(z):
            return z
    except (ComputationError, OverflowError):
        pass
    return refine(exact, follow_precisely(exact))


def _digits(beta: Sequence[arb]) -> int:
    """Digits fixed by the balls, relative to each coordinate (to the largest where one may be zero)."""
    top = max(abs(b.mid()) for b in beta)
    worst = 10**6
    for b in beta:
        size = top if b.contains(0) else abs(b.mid())
        if b.rad() != 0 and size != 0:
            worst = min(worst, int(float(-((b.rad() / size).log() / arb(10).log()).mid())))
    return max(0, worst)


def _check_signs(rows: Rows, active: Sequence[int], found: Enclosure) -> None:
    """Certain signs: multipliers of active rows positive, slacks of the others positive (or exactly known)."""
    for n, nu in zip(active, found.nu, strict=True):
        if not nu > 0:
            raise ComputationError(f"the multiplier of row {n + 1} cannot be told from zero", received=nu.str(3))
    for n, row in enumerate(rows):
        if n in active:
            continue
        exact = dependence([_exact(rows[k]) for k in active], _exact(row))
        if exact is not None and sum(exact, fmpq(0)) >= 1:
            continue
        margin = sum((arb(fmpq(int(e.p), int(e.q))) * b for e, b in zip(row, found.beta, strict=True)), arb(0))
        if not margin > 1:
            raise ComputationError(f"row {n + 1} cannot be told from a support vector", received=margin.str(8))
