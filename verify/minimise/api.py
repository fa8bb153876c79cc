"""Minimisers of derived potentials, under `X beta = y` or under margins `y_n x_n . beta >= 1`."""

from dataclasses import dataclass, replace
from time import perf_counter

from flint import arb, ctx
from sympy import Expr, Symbol

from derive.derivation import Derivation
from derive.errors import InputError
from verify.confined import check_margins, independent_data, simpler, whole
from verify.data import DataSet, check_dimension, check_labels
from verify.minimise.enclose import digits_of, enclose
from verify.minimise.margins import under_margins
from verify.minimise.rows import consistent
from verify.minimise.solvers import Solver, solver_of
from verify.separable import require_separable


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimiser:
    """beta, multipliers nu (one a data row; zero where inactive) as enclosures, and what is proved.

    `digits` is how many digits of every coordinate the enclosure fixes; `active` are zero-based rows with a
    multiplier that is certainly positive (under interpolation: rows that determine the others), `undecided` rows with
    margin 1 and multiplier 0 as far as balls can tell.
    """

    beta: tuple[arb, ...]
    multipliers: tuple[arb, ...]
    active: tuple[int, ...]
    undecided: tuple[int, ...]
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
    check_dimension(data, len(derivation.model.predictor))
    at = constants or {}
    inner = simpler(derivation)
    if inner is None:
        return minimise_with(solver_of(derivation, at), data, subject_to=subject_to, digits=digits)
    if subject_to == "margin":
        check_margins(derivation, data, at)
    reduced = independent_data(derivation, data, at)
    found = minimise(inner, reduced, subject_to=subject_to, digits=digits, constants=at)
    with ctx.workprec(found.precision):
        beta = whole(derivation, found.beta, at)
        return replace(found, beta=beta, digits=min(found.digits, digits_of(beta)))


def minimise_with(solver: Solver, data: DataSet, *, subject_to: str, digits: int) -> Minimiser:
    """The same for any convex function that a solver knows.  Raises what `minimise` raises."""
    begin = perf_counter()
    with ctx.workprec(ctx.prec):  # what is set within ends with it
        if subject_to == "margin":
            check_labels(data)
            require_separable(data)
            rows = data.signed
            found = under_margins(solver, rows, digits)
        elif subject_to == "interpolation":
            rows = data.X
            active = consistent(rows, data.y)
            found = enclose(solver, [rows[n] for n in active], [data.y[n] for n in active], digits, active)
        else:
            raise InputError("--subject-to is not known", expected="interpolation or margin", received=subject_to)
        ctx.prec = found.precision
        nu = dict(zip((*found.active, *found.undecided), found.enclosure.nu, strict=True))
        return Minimiser(
            beta=found.enclosure.beta,
            multipliers=tuple(nu.get(n, arb(0)) for n in range(len(rows))),
            active=found.active,
            undecided=found.undecided,
            residual=found.enclosure.residual,
            digits=min(digits, digits_of(found.enclosure.beta)),
            form=solver.form,
            precision=found.precision,
            seconds=perf_counter() - begin,
        )
