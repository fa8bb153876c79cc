"""Steering: the falsifier of a regularizer.

If the limit of gradient flow on the squared loss were argmin Q under X beta = y for any function Q of beta whatever,
it could not depend on how the equations are weighted: sqrt(w_n) (x_n . beta - y_n) = 0 has the same solutions for all
weights.  So the flow is run under several weightings.  End points that differ by more than their errors refute
every regularizer (a time warp changes nothing, since it only reparametrises the path); end points that agree
refute nothing.  No potential is derived or used here: this is independent of `derive`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from flint import arb, ctx
from sympy import Rational

from derive.errors import InputError
from derive.model import Model
from derive.verdict import Verdict, refuted, unknown
from verify.data import DataSet
from verify.decimal import parse_decimal
from verify.flow.engine import Trajectory, flow
from verify.flow.run import Progress
from verify.limit import reached_digits

CLEAR = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """The runs, the square roots of their weights, and the largest relative distance of two end points."""

    runs: tuple[Trajectory, ...]
    roots: tuple[tuple[Rational, ...], ...]
    spread: arb
    agreement: int
    verdict: Verdict


def weightings(rows: int, count: int, seed: int = 1) -> tuple[tuple[Rational, ...], ...]:
    """Square roots of weights: all equal, then each row favoured in turn, then random ones."""
    random = Random(seed)
    listed = [tuple(Rational(1) for _ in range(rows))]
    listed += [tuple(Rational(4) if i == n else Rational(1) for i in range(rows)) for n in range(rows)]
    while len(listed) < count:
        listed.append(tuple(Rational(random.randint(1, 8), random.randint(1, 4)) for _ in range(rows)))
    return tuple(listed[:count])


def steer(model: Model, data: DataSet, *, count: int, digits: int, progress: Progress | None = None) -> Steering:
    """The squared-loss flow of a numeric model under `count` weightings of the rows.  Raises what `flow` raises."""
    if len(data.X) < 2:
        raise InputError("steering needs two equations or more", received=f"{len(data.X)}", hint="--data")
    roots = weightings(len(data.X), count)
    until = parse_decimal(f"1e-{2 * digits + 8}", where="the loss")
    runs = [
        flow(model, _weighted(data, r), loss="squared", until=until, digits=digits, progress=progress) for r in roots
    ]
    with ctx.workprec(max(run.precision for run in runs)):
        size = max(abs(b) for run in runs for b in run.predictor)
        spread = max(_distance(a, b) for a in runs for b in runs) / size
    known = min(*(run.digits for run in runs), math.floor(reached_digits(data, digits - 2)))
    agreement = min(known, math.floor(-math.log10(float(spread))) if spread > 0 else known)
    verdict = _verdict(agreement, known, len(runs))
    return Steering(runs=tuple(runs), roots=roots, spread=spread, agreement=agreement, verdict=verdict)


def _weighted(data: DataSet, roots: Sequence[Rational]) -> DataSet:
    """sqrt(w_n) times row n and y_n."""
    x = tuple(tuple(r * e for e in row) for r, row in zip(roots, data.X, strict=True))
    return DataSet(name=f"{data.name}, weighted", X=x, y=tuple(r * y for r, y in zip(roots, data.y, strict=True)))


def _distance(a: Trajectory, b: Trajectory) -> arb:
    return max(abs(p - q) for p, q in zip(a.predictor, b.predictor, strict=True)).mid()


def _verdict(agreement: int, digits: int, count: int) -> Verdict:
    if agreement <= digits - CLEAR:
        return refuted(
            f"{count} weightings of the same equations end at different points: they agree to {max(agreement, 0)} "
            f"digits only, while each is known to {digits}; no function of beta is minimised"
        )
    return unknown(f"{count} weightings end at one point to {agreement} digits, as a regularizer would have it")
