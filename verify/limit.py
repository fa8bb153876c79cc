"""The flow's limit on the squared loss against the minimiser of the derived potential.

Theorem (Gunasekar et al. 2018, thm 1; Azulay et al. 2021, section 5): if Hess Q = g rho with g > 0 and
grad Q(beta(0)) = 0, and the flow converges to an interpolator, the limit is argmin Q under X beta = y.
`derive` proves the hypothesis on Q; the minimiser is enclosed rigorously (Krawczyk); the flow's end at a
loss of 10^(-2 digits - 12) is numerical, established by two runs.  The verdict is `proved` where the
theorem's hypothesis is proved and the two sides agree to the digits requested, `refuted` where they
certainly differ, `unknown` otherwise.
"""

from dataclasses import dataclass, replace

import numpy as np
from flint import arb, ctx
from sympy import Expr, Symbol

from derive.derivation import Derivation
from derive.model import Model
from derive.verdict import Verdict, proved, refuted, unknown
from verify.confined import independent_data
from verify.data import DataSet
from verify.decimal import agreeing_digits, parse_decimal
from verify.flow.engine import Progress, Trajectory, flow
from verify.minimise.api import Minimiser, minimise

CLEAR, MARGIN, SMALL = 10, 3, 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Both sides, the digits in which they agree, and the verdict."""

    flow: Trajectory
    minimiser: Minimiser
    agreement: int
    verdict: Verdict


def limit(
    model: Model,
    derivation: Derivation,
    constants: dict[Symbol, Expr],
    data: DataSet,
    *,
    digits: int,
    progress: Progress | None = None,
) -> Limit:
    """Compare; `model` is the numeric model, `derivation` may carry constants with values `constants`.

    Raises what `flow` and `minimise` raise.
    """
    least = minimise(derivation, data, subject_to="interpolation", digits=digits + 2, constants=constants)
    until = parse_decimal(f"1e-{2 * digits + 12}", where="the loss")
    run = flow(model, data, loss="squared", until=until, digits=digits + 2, progress=progress)
    own = independent_data(derivation, data, constants)
    with ctx.workprec(max(run.precision, least.precision)):
        top = max(abs(b.mid()) for b in least.beta)
        agreement = min(_agree(a, b.mid(), top) for a, b in zip(run.predictor, least.beta, strict=True))
    agreement = min(agreement, run.digits, least.digits)
    return Limit(
        flow=run,
        minimiser=replace(least),
        agreement=min(agreement, digits),
        verdict=_verdict(derivation, agreement, digits, run, reached_digits(own, digits)),
    )


def _agree(a: arb, b: arb, top: arb) -> int:
    """Digits in common; a coordinate far below the largest one is compared on the scale of that one."""
    size = max(abs(a), abs(b))
    return agreeing_digits(a, b, size if size > top * arb(10) ** -SMALL else top)


def reached_digits(data: DataSet, digits: int) -> float:
    """Digits to which the flow has come to its limit: residuals of 10^-(digits + 6) over the least singular value."""
    rows = np.array([[float(e) for e in row] for row in data.X])
    values = np.linalg.svd(rows, compute_uv=False)
    least = min((v for v in values if v > 1e-12 * values[0]), default=1e-300)
    return digits + 6 + float(np.log10(least / values[0]))


def _verdict(derivation: Derivation, agreement: int, digits: int, run: Trajectory, expected: float) -> Verdict:
    if agreement >= digits:
        return proved(
            f"Hess Q = g rho and grad Q(beta(0)) = 0 are proved ({derivation.potential.form} form), "
            f"the minimiser is enclosed, and the flow at a loss of 10^-{2 * digits + 12} agrees with it "
            f"to {digits} digits (numerical, two runs)"
        )
    if agreement < CLEAR <= min(run.digits, expected - MARGIN):
        return refuted(f"flow and minimiser agree to {agreement} digits only, while each is known to {run.digits}")
    return unknown(f"{agreement} of {digits} digits agree")
