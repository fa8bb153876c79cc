"""Runs of diagonal networks on the exponential loss, as the experiments on them want them: directions at many losses.

beta = w+^D - w-^D from alpha*1, one run of `verify.flow` a start, in arbitrary precision, states wherever they are
asked for.  Losses are given by gamma~ = -log L, which reaches 10^9 and more where L has no float.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb
from sympy import Rational

from derive.catalogue import architecture
from derive.errors import ComputationError, InputError
from derive.expression import parse_number
from derive.model import Model
from derive.pipeline import derive
from verify.data import DataSet
from verify.decimal import Decimal
from verify.flow.observe import observed
from verify.margins.least_squares import least_l2
from verify.margins.linear import least_l1
from verify.margins.point import exact_rows
from verify.margins.quasi import stationary_points
from verify.minimise.arrays import minimise_arrays
from verify.start import scaled

DIGITS, ROOT_DIGITS = 10, 40
# a run that stalls is asked to end at this part of its way, so many times
SHORTER, ATTEMPTS = 0.6, 8
LARGEST = Rational(10**15)
LOG10 = math.log(10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """`gammas` reached, `beta` there (K x d) to `digits`; `reason` says why it ends before the last one asked for."""

    gammas: np.ndarray
    beta: np.ndarray
    digits: int
    reason: str | None


def number(text: str, what: str) -> Rational:
    """A positive exact number whose 20th power is a float.  Raises `InputError`."""
    value = parse_number(text, where=what, positive=True)
    if not 1 / LARGEST <= value <= LARGEST:
        raise InputError(f"{what} is out of range", expected="1e-15 to 1e15", received=text)
    return value


def root(value: Rational, depth: int) -> Rational:
    """alpha with alpha^depth = value to 40 digits; alpha is then that rational number, exactly."""
    return Rational(str((value ** Rational(1, depth)).evalf(ROOT_DIGITS)))


def network(depth: int, alpha: Rational, data: DataSet) -> Model:
    """w+^D - w-^D from alpha*1."""
    return scaled(architecture("diagonal").model(depth=depth, dimension=data.dimension), alpha)


def loss_at(gamma: float) -> Decimal:
    """e^-gamma, to the digits of a float gamma / ln 10."""
    whole = math.floor(-gamma / LOG10)
    mantissa = 10 ** (-gamma / LOG10 - whole)
    return Decimal(Fraction(max(1, round(mantissa * 10**9)), 10**9), whole)


def way(depth: int, alpha: Rational, data: DataSet, gammas: Sequence[float]) -> Way:
    """The run from alpha*1 with its states at L = e^-gamma, for rising gammas > 0.

    Where no panel resolves the flow any more (a support vector that enters within a tiny part of gamma~), the run is
    as long as it can be to within a factor.  Raises `ComputationError` where it does not even begin.
    """
    model, wanted = network(depth, alpha, data), np.asarray(gammas, dtype=float)
    last, reason = float(wanted[-1]), None
    for _ in range(ATTEMPTS):
        chosen = wanted[wanted <= last]
        if not len(chosen):
            break
        at = [loss_at(g) for g in chosen]
        try:
            found = observed(model, data, loss="exponential", until=at[-1], digits=DIGITS, at=at)
        except ComputationError as error:
            reason, last = str(error), last * SHORTER
            continue
        states = [s for s in found.states if s is not None]
        beta = np.array([[float(b) for b in s.predictor] for s in states])
        return Way(gammas=np.array([float(s.gamma) for s in states]), beta=beta, digits=found.digits, reason=reason)
    raise ComputationError("the run does not reach the first losses", received=reason or "no losses")


def path(depth: int, data: DataSet, mus: Sequence[str]) -> np.ndarray:
    """The Q_mu max-margin predictors, from the derived potential (K x d)."""
    x, y = (np.array(table, dtype=float) for table in (data.X, data.y))
    model = architecture("diagonal").model(depth=depth, dimension=1)
    derivation = derive(model)
    (alpha,) = {c for v in model.start or () for c in v.free_symbols}
    starts = [{alpha: number(mu, "mu") ** Rational(1, depth)} for mu in mus]
    return np.array([minimise_arrays(derivation, x, y, subject_to="margin", constants=s).beta for s in starts])


def nearest_minimum(depth: int, data: DataSet, beta: np.ndarray) -> list[float] | None:
    """The local minimum of the l_(2/depth) max-margin problem nearest to beta at margin one, if one is found."""
    x = np.array(data.signed, dtype=float)
    near = [arb(float(v)) for v in beta / (x @ beta).min()]
    minima = [p for p in stationary_points(exact_rows(data), depth, near) if p.kind == "local minimum"]
    return [float(e) for e in minima[0].w] if minima else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The l1 max-margin predictors, one or the two ends of a segment (K x d), and the l2 one (d)."""

    l1: np.ndarray
    l2: np.ndarray


def ends(data: DataSet) -> Ends:
    """Exactly, then in float64.  Raises `InputError` where the data are not separable."""
    rows = exact_rows(data)
    rich, kernel = least_l1(rows), least_l2(rows)
    if rich is None or kernel is None:
        raise InputError("the data are not separable", received=data.name)
    l1 = [rich.w] if rich.other is None else [rich.w, rich.other]
    return Ends(l1=np.array([[float(e) for e in w] for w in l1]), l2=np.array([float(e) for e in kernel.w]))


def excess(beta: np.ndarray, data: DataSet) -> np.ndarray:
    """|beta|_1 at margin one over the least possible, minus 1, for K predictors (K x d); nan without a margin."""
    x = np.array(data.signed, dtype=float)
    margin = (beta @ x.T).min(axis=-1)
    least = np.abs(ends(data).l1[0]).sum()
    return np.where(margin > 0, np.abs(beta).sum(axis=-1) / np.where(margin > 0, margin, 1) / least - 1, np.nan)


def gamma_of_excess(depth: int, alpha: Rational, data: DataSet, target: float, *, furthest: float) -> float:
    """The gamma~ from which on the excess stays below the target, by interpolation in log gamma~ on ever finer grids.

    Raises `ComputationError` where the run does not get there.
    """
    size = float(alpha) ** depth
    low, high = min(1.0, size) * 1e-2, furthest
    for count in (30, 12, 12):
        found = way(depth, alpha, data, np.geomspace(low, high, count).tolist())
        above = np.flatnonzero(~(excess(found.beta, data) < target))
        k = int(above[-1]) if len(above) else -1
        if k < 0 or k + 1 >= len(found.gammas):
            raise ComputationError(
                "the excess does not cross the target on the way",
                received=f"{low:.3g} to {found.gammas[-1]:.3g}",
                hint=found.reason or "",
            )
        low, high = float(found.gammas[k]), float(found.gammas[k + 1])
        last = excess(found.beta[k : k + 2], data)
    part = math.log(last[0] / target) / math.log(last[0] / last[1])
    return math.exp(math.log(low) + part * math.log(high / low))
