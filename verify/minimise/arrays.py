"""Minimisers for data in NumPy arrays, in float64: d = 100,000 coordinates and N = 500 rows fit.

For data from a CSV file, for an enclosure, or for more digits there is `verify.minimise.minimise`.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from scipy.linalg.lapack import dpotrf
from sympy import Expr, Symbol
from threadpoolctl import threadpool_limits

from derive.derivation import Derivation
from derive.errors import ComputationError, InputError
from verify.minimise.coordinates import Floats, float_coordinates_of
from verify.minimise.dual import gram, maximise_dual
from verify.minimise.interior import maximise_margin_dual

# products in X D X^T: BLAS uses one thread for few, several are worth it for many, and in between they cost more than
# they bring
FEW, MANY = 10**6, 10**9
DEPENDENT = 1e-12
SAFE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatMinimiser:
    """beta (d), multipliers (N; zero for rows that are not active), the active rows (zero-based).

    `kkt_residual` is the largest |x_n . beta - b_n| of an active row; beta = (Q*)'(X^T nu) holds by construction.
    `correction` is the size of Newton's last correction of beta relative to its largest entry (with a tolerance, of the
    next one, as quadratic convergence foretells it): an estimate of the error, not a bound.  `steps` counts Newton
    steps.
    """

    beta: Floats
    multipliers: Floats
    active: tuple[int, ...]
    kkt_residual: float
    correction: float
    steps: int
    seconds: float


def minimise_arrays(
    derivation: Derivation,
    x: Floats,
    y: Floats,
    *,
    subject_to: str,
    constants: dict[Symbol, Expr] | None = None,
    tolerance: float = 0.0,
) -> FloatMinimiser:
    """argmin Q under `x beta = y` (`interpolation`) or `y_n x_n . beta >= 1` (`margin`, labels +-1), x of shape N x d.

    The potential must be a sum over coordinates; a derivation of one coordinate stands for d of them.  `constants`
    gives the start's constants their values.  `tolerance` is the error of beta, relative to its largest entry, at which
    Newton may stop; 0 asks for all that float64 has.  Raises `InputError` for arrays that do not fit or equations that
    contradict each other, `ComputationError` for another potential and where float64 does not reach the minimiser.
    """
    begin = perf_counter()
    x, y = _checked(x, y)
    floats = float_coordinates_of(derivation, constants or {}, x.shape[1])
    if floats is None:
        raise ComputationError(
            f"{derivation.model.name} has no potential that is a sum over coordinates with beta(s) known",
            received=f"the form {derivation.potential.form} ({derivation.potential.verdict.status})",
            hint="verify.minimise.minimise; without a potential, verify steer",
        )
    if floats.d != x.shape[1]:
        raise InputError("model and data do not fit", expected=f"{floats.d} columns", received=str(x.shape[1]))
    with threadpool_limits(limits=1) if FEW < x.size * len(x) < MANY else nullcontext():
        if subject_to == "interpolation":
            rows, right = x, y
            kept = _independent(x, y)
            found = maximise_dual(floats, x if len(kept) == len(y) else x[kept], y[kept], tolerance=tolerance)
            nu = np.zeros(len(y))
            nu[kept] = found.nu
        elif subject_to == "margin":
            _check_labels(y)
            rows, right = y[:, None] * x, np.ones(len(y))
            found = maximise_margin_dual(floats, rows, tolerance)
            nu = found.nu
            kept = np.flatnonzero(nu)
        else:
            raise InputError("subject_to is not known", expected="interpolation or margin", received=subject_to)
    residual = np.abs(rows @ found.beta - right)[kept].max(initial=0.0)
    return FloatMinimiser(
        beta=found.beta,
        multipliers=nu,
        active=tuple(int(n) for n in kept),
        kkt_residual=float(residual),
        correction=found.correction,
        steps=found.steps,
        seconds=perf_counter() - begin,
    )


def _checked(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    if x.ndim != 2 or y.shape != x.shape[:1] or 0 in x.shape:
        raise InputError("the arrays do not fit", expected="x of shape N x d, y of N", received=f"{x.shape}, {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise InputError("the arrays hold a value that is not finite")
    return x, y


def _check_labels(y: Floats) -> None:
    wrong = np.flatnonzero(np.abs(y) != 1)
    if len(wrong):
        raise InputError(
            f"label {wrong[0] + 1} is not usable for margins", expected="1 or -1", received=str(y[wrong[0]])
        )


def _independent(x: Floats, y: Floats) -> np.ndarray:
    """Rows that determine the others, by Cholesky with pivots on X X^T; raises `InputError` where they contradict."""
    some = x[:, :: max(1, x.shape[1] // (4 * len(x)))]
    # independent in some of the columns is independent; the pivots of the Gram matrix are squared distances from the
    # rows before
    products = some @ some.T
    factor, failed = dpotrf(products)
    if not failed and (factor.diagonal() ** 2 > SAFE**2 * products.diagonal()).all():
        return np.arange(len(x))
    sizes = np.sqrt((x**2).sum(axis=1))
    for n in np.flatnonzero(sizes == 0):
        if y[n] != 0:
            raise InputError("the equations X beta = y contradict each other", received=f"row {n + 1}: 0 = {y[n]}")
    scaled = np.where(sizes > 0, sizes, 1)
    left = gram(x, np.ones(x.shape[1])) / np.outer(scaled, scaled)
    rest, chosen, columns = np.diag(left).copy(), [], []
    for _ in range(min(x.shape)):
        n = int(rest.argmax())
        if rest[n] <= DEPENDENT:
            break
        column = left[:, n] - sum((c * c[n] for c in columns), np.zeros(len(x)))
        column = column / np.sqrt(rest[n])
        chosen.append(n)
        columns.append(column)
        rest = np.maximum(rest - column**2, 0)
        rest[chosen] = 0
    kept = np.sort(np.array(chosen, dtype=int))
    others = np.setdiff1d(np.arange(len(x)), kept)
    if len(others):
        weights = np.linalg.solve(left[np.ix_(kept, kept)], left[np.ix_(kept, others)])
        missing = y[others] / scaled[others] - weights.T @ (y[kept] / scaled[kept])
        size = np.abs(y / scaled).max()
        worst = int(np.abs(missing).argmax())
        if abs(missing[worst]) > 1e-5 * size:
            raise InputError(
                "the equations X beta = y contradict each other",
                received=f"row {others[worst] + 1} of {len(x)}, of rank {len(kept)}",
                hint="consistent data",
            )
    return kept
