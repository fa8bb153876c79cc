"""Does training end where the derived potential is smallest?  Gradient descent with step eta against theory.

Gradient descent is Euler's method for gradient flow.  Under the hypotheses of the classical error bound on the whole
way (a smooth vector field, and exponential convergence, which bounds the accumulation) its end differs from the
flow's by

    beta_eta = beta_0 + eta b + O(eta^2),

so that the error falls in proportion to the step, and 2-point extrapolation to eta = 0 removes its leading term.  The
flow's end beta_0 is argmin Q under X beta = y where `derive` proves a potential (the minimiser is enclosed), and is
computed by `verify.flow` where there is none.

The outcome is evidence and no proof: `agrees` where the errors fall at order one (between 0.7 and 1.4 over the last two
steps), or are rounding from the start; `differs` where they have stopped falling far above rounding; else `undecided`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log

import numpy as np

from derive.derivation import Derivation
from derive.errors import ToolkitError
from derive.model import Model
from verify.data import DataSet
from verify.decimal import parse_decimal
from verify.flow.engine import flow
from verify.minimise.api import minimise
from verify.optimise.numbers import Array
from verify.train.descent import Row

LEAST_ORDER, MOST_ORDER, STALLED = 0.7, 1.4, 0.3
ROUNDING, FAR = 1e-12, 1e3
FLOW_LOSS, FLOW_DIGITS = "1e-40", 15
MINIMISER, FLOW = "minimiser of the derived potential", "end of gradient flow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Where theory says that training ends as the step goes to 0, and which side of the theory said so."""

    kind: str
    reason: str
    predictor: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Errors (largest difference of a coordinate) and observed orders, one a row and one a pair of rows that converged;
    `extrapolated` is the error after extrapolation to step 0; `floor` is below what the runs resolve."""

    rows: tuple[Row, ...]
    errors: tuple[float | None, ...]
    orders: tuple[float, ...]
    extrapolated: float | None
    floor: float
    outcome: str
    reason: str


def reference(model: Model, derivation: Derivation, data: DataSet) -> Reference:
    """The minimiser, where a proved potential has one that can be enclosed; otherwise the flow's end.

    Raises what `verify.flow.engine.flow` raises where neither can be had.
    """
    try:
        found = minimise(derivation, data, subject_to="interpolation", digits=FLOW_DIGITS + 5)
        beta = np.array([float(b.mid()) for b in found.beta])
        return Reference(kind=MINIMISER, reason=derivation.potential.verdict.reason, predictor=beta)
    except ToolkitError as error:
        reason = str(error)
    until = parse_decimal(FLOW_LOSS, where="the loss")
    run = flow(model, data, loss="squared", until=until, digits=FLOW_DIGITS)
    return Reference(kind=FLOW, reason=reason, predictor=np.array([float(b) for b in run.predictor]))


def judge(rows: Sequence[Row], known: Reference, data: DataSet) -> Judgement:
    """Compare runs, in the order of falling steps, with the reference."""
    errors = [None if r.predictor is None else float(max(abs(r.predictor - known.predictor))) for r in rows]
    used = [
        (float(row.step), error, row.predictor)
        for row, error in zip(rows, errors, strict=True)
        if row.converged and error is not None and row.predictor is not None
    ]
    floor = max(resolution(rows, data), ROUNDING * float(max(1.0, *abs(known.predictor))))
    orders = tuple(log(max(e, 1e-300) / max(f, 1e-300)) / log(s / t) for (s, e, _), (t, f, _) in pairwise(used))
    extrapolated = None
    if len(used) > 1:
        (s, _, a), (t, _, b) = used[-2:]
        extrapolated = float(max(abs((s * b - t * a) / (s - t) - known.predictor)))
    outcome, reason = _outcome([e for _, e, _ in used], orders, floor)
    return Judgement(
        rows=tuple(rows),
        errors=tuple(errors),
        orders=orders,
        extrapolated=extrapolated,
        floor=floor,
        outcome=outcome,
        reason=reason,
    )


def resolution(rows: Sequence[Row], data: DataSet) -> float:
    """How far a predictor may be from the interpolators: residuals of the loss over the least singular value."""
    values = np.linalg.svd(np.array([[float(e) for e in row] for row in data.X]), compute_uv=False)
    least = min((v for v in values if v > 1e-12 * values[0]), default=1e-300)
    losses = [r.loss for r in rows if r.converged]
    return float(np.sqrt(2 * len(data.y) * max(losses, default=0.0)) / least)


def _outcome(errors: Sequence[float], orders: Sequence[float], floor: float) -> tuple[str, str]:
    if len(errors) < 2:
        return "undecided", "fewer than two step sizes converged: other --step-sizes, or more --iterations"
    if max(errors) <= 10 * floor:
        return "agrees", f"the errors are rounding at every step size (below {10 * floor:.1e})"
    last = orders[-1]
    if errors[-1] <= 10 * floor or LEAST_ORDER <= last <= MOST_ORDER:
        return "agrees", f"the error falls with the step, at order {last:.3f}; Euler's method has order 1"
    if last < STALLED and errors[-1] > FAR * floor:
        return "differs", f"the error stays at {errors[-1]:.3g} as the step falls (order {last:.3f})"
    return "undecided", f"the observed order is {last:.3f}: smaller --step-sizes would tell"
