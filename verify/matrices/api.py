"""Minimisers of functions of a symmetric positive semidefinite matrix: which method, and one record for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from flint import arb, ctx, fmpq
from sympy import Expr, Integer

from derive.errors import ComputationError
from derive.expression import parse_number
from verify.data import DataSet
from verify.matrices.entropy import SpectralEntropy
from verify.matrices.symmetric import measurement, size_of
from verify.matrices.trace import Enclosed, minimise_trace
from verify.matrices.trace_exact import Exact
from verify.minimise.api import minimise_with
from verify.minimise.rows import consistent, exact

NUCLEAR, ENTROPY = "nuclear", "spectral-entropy"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixFunction:
    """The trace (`alpha` None), or the spectral entropy of the start U = alpha I, that is B = alpha^2 I."""

    name: str
    alpha: Expr | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixMinimiser:
    """B of size k by its entries on and above the diagonal, multipliers (one a data row), and what is proved of them.

    `exact` are the entries where they are rational and proved; `dimension` is that of the set of minimisers (None where
    open); `digits` is 0 where nothing is proved.
    """

    function: MatrixFunction
    size: int
    beta: tuple[arb, ...]
    exact: tuple[fmpq, ...] | None
    multipliers: tuple[arb, ...]
    active: tuple[int, ...]
    undecided: tuple[int, ...]
    residual: arb
    digits: int
    how: str
    rank: int | None
    dimension: int | None
    precision: int
    seconds: float


def parse_matrix_function(text: str) -> MatrixFunction | None:
    """`nuclear`, `spectral-entropy` or `spectral-entropy:ALPHA` (exact, positive; 1 without it); else None.

    Raises `InputError` for an ALPHA that is no positive number.
    """
    name, colon, alpha = text.strip().partition(":")
    if name == NUCLEAR and not colon:
        return MatrixFunction(name=name, alpha=None)
    if name == ENTROPY:
        value = parse_number(alpha, where=f"ALPHA of --norm {ENTROPY}:ALPHA", positive=True) if colon else Integer(1)
        return MatrixFunction(name=text.strip(), alpha=value)
    return None


def minimise_matrix(function: MatrixFunction, data: DataSet, *, subject_to: str, digits: int) -> MatrixMinimiser:
    """argmin over symmetric B >= 0.  `subject_to` is `interpolation`, for the spectral entropy `margin` too.

    Raises `InputError` for constraints that cannot hold, `ComputationError` where the minimiser is not reached.
    """
    begin = perf_counter()
    k = size_of(data.dimension)
    if function.alpha is not None:
        found = minimise_with(SpectralEntropy(function.alpha**2, k), data, subject_to=subject_to, digits=digits)
        return MatrixMinimiser(
            function=function, size=k, beta=found.beta, exact=None, multipliers=found.multipliers, active=found.active,
            undecided=found.undecided, residual=found.residual, digits=found.digits,
            how="Krawczyk's test in ball arithmetic: one solution, enclosed", rank=k, dimension=0,
            precision=found.precision, seconds=perf_counter() - begin,
        )  # fmt: skip
    if subject_to != "interpolation":
        raise ComputationError(
            "the nuclear norm is minimised under interpolation only",
            hint=f"--subject-to interpolation, or --norm {ENTROPY}:ALPHA with a small ALPHA",
        )
    with ctx.workprec(ctx.prec):  # what is set within ends with it
        return _trace(function, data, k, digits, begin)


def _trace(function: MatrixFunction, data: DataSet, k: int, digits: int, begin: float) -> MatrixMinimiser:
    kept = consistent(data.X, data.y)
    matrices = [measurement(exact(data.X[n]), k) for n in kept]
    found = minimise_trace(matrices, exact([data.y[n] for n in kept]), k, digits)
    precision = found.precision if isinstance(found, Enclosed) else int(3.4 * digits) + 64
    ctx.prec = precision
    if isinstance(found, Exact):
        beta, nu, residual, proved = tuple(map(arb, found.beta)), tuple(map(arb, found.nu)), arb(0), digits
        how = "exact rational numbers; B >= 0, Z >= 0 and Z B = 0 hold exactly"
    elif isinstance(found, Enclosed):
        beta, nu, residual, proved = found.found.beta, found.found.nu, found.found.residual, digits
        how = "Krawczyk's test in ball arithmetic, B >= 0 and Z >= 0 by pivots: the only minimiser, enclosed"
    else:
        beta, nu = tuple(arb(float(e)) for e in found.beta), tuple(arb(float(e)) for e in found.nu)
        residual, proved = arb(found.residual), 0
        how = "float64, an interior point: neither an enclosure nor exact numbers prove it"
    return MatrixMinimiser(
        function=function, size=k, beta=beta, exact=found.beta if isinstance(found, Exact) else None,
        multipliers=_by_row(kept, nu, len(data.y)), active=tuple(kept), undecided=(), residual=residual, digits=proved,
        how=how, rank=found.rank if proved else None,
        dimension=found.dimension if isinstance(found, Exact) else 0 if proved else None,
        precision=precision, seconds=perf_counter() - begin,
    )  # fmt: skip


def _by_row(kept: Sequence[int], nu: Sequence[arb], count: int) -> tuple[arb, ...]:
    at = dict(zip(kept, nu, strict=True))
    return tuple(at.get(n, arb(0)) for n in range(count))
