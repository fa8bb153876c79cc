"""Stage 7d, two routes to one potential: what was integrated against what the flow does.

Along dw/dt = sum_k s_k V_k(w) from the start, with s constant, grad Q moves by s times the integral of g, since
V_i(Q_k) = g delta_ik.  This knows nothing of how Q was found, and is compared with it in two ways:

* *exactly*, for one coordinate whose flow w(s) was solved: d/ds of Q'(beta(s)) is 1, as a formula;
* *to 100 digits*, for polynomial fields: w(t) as a power series over Q, grad Q at the rational point beta(t) in ball
  arithmetic.  The truncation of the series is estimated and not enclosed, so that this is evidence and no proof.

A contradiction would refute the potential, and the potential is then withdrawn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flint import arb, ctx, fmpq, fmpq_poly
from sympy import Expr, ImmutableDenseMatrix, Integer, Rational, Symbol

from derive.errors import ComputationError
from derive.exact.balls import ball
from derive.exact.identity import is_identity
from derive.exact.points import sample_points
from derive.exact.series import evaluated, flow, terms_of
from derive.model import Model
from derive.verdict import Verdict, proved, refuted, unknown

ORDER, DIGITS, PRECISION, MAX_PARAMETERS = 30, 100, 700, 6
MARGIN = fmpq(1, 10**5)
WEIGHTS = ((1, -2, 3), (-1, 3, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes:
    """`compared` names the two routes; the verdict says whether they agree, and how that was checked."""

    compared: tuple[str, ...]
    verdict: Verdict


def one_route(reason: str) -> Routes:
    """Nothing to compare, and why."""
    return Routes(compared=(), verdict=unknown(reason))


def routes(
    model: Model, gradient: Sequence[Expr] | None, parametric: Sequence[Expr] | None, path: dict[Symbol, Expr] | None,
    dual: tuple[Expr, Symbol] | None, factor: Expr | None,
) -> Routes:  # fmt: skip
    """Compare grad Q in beta (`gradient`) or in the parameters with the flow: solved (`path`, `dual`) or as a series.

    `factor` is g in the parameters, positive at the start.
    """
    if model.start is None or (gradient is None and parametric is None):
        return one_route("one route only: there is no second form of Q, or no start to follow the flow from")
    if dual is not None and path is not None:
        beta, s = dual
        exact = (
            _inverts(gradient[0], model.coordinates[0], beta, s)
            if gradient is not None
            else parametric is not None and is_identity(parametric[0].xreplace(path) - s)
        )
        if exact:
            name = "metric" if gradient is not None else "parameters"
            return Routes(compared=(name, "dual"), verdict=proved("Q'(beta(s)) = s along the solved flow, identically"))
    return _by_series(model, gradient, parametric, factor)


def _inverts(gradient: Expr, b: Symbol, beta: Expr, s: Symbol) -> bool:
    """Is d/ds Q'(beta(s)) = 1?  (Q'(beta(0)) = 0 was checked before.)"""
    slope = gradient.diff(b).subs(b, beta) * beta.diff(s)
    if is_identity(slope - 1):
        return True
    there = slope.subs(s, 0)
    return is_identity(slope**2 - 1) and bool(there.is_positive or there.equals(1))


def _by_series(
    model: Model, gradient: Sequence[Expr] | None, parametric: Sequence[Expr] | None, factor: Expr | None
) -> Routes:
    numbers = next(sample_points((), model.constants))
    start = [v.xreplace(numbers) for v in model.start or ()]
    functions = [f.xreplace(numbers) for f in model.predictor]
    constant = not any(e.free_symbols & set(model.parameters) for e in model.parameter_metric or ())
    slopes = [[terms_of(e, model.parameters) for e in _field(f, model, numbers)] for f in functions] if constant else []
    warp = None if factor is None else terms_of(factor.xreplace(numbers), model.parameters)
    plain = constant and all(v.is_Rational for v in start)
    fitting = len(model.parameters) <= MAX_PARAMETERS and len(functions) <= len(WEIGHTS[0])
    if not plain or not fitting or warp is None or any(t is None for row in slopes for t in row):
        return one_route("the flow was not solved, and its series is for polynomials in few parameters")
    point = [fmpq(int(v.p), int(v.q)) for v in start]
    sign = 1 if evaluated(warp, [fmpq_poly([v]) for v in point], 1)(fmpq(0)) > 0 else -1
    for weights in WEIGHTS:
        field = [
            [(m, c * weights[i]) for i in range(len(functions)) for m, c in slopes[i][k] or ()]
            for k in range(len(point))
        ]
        w = flow(field, point, ORDER)
        time = evaluated(warp, w, ORDER).integral()
        step = _step([*w, time])
        clock = sign * time(step)
        values = {p: _number(x(step)) for p, x in zip(model.parameters, w, strict=True)} | numbers
        betas = [f.xreplace(values) for f in functions]
        for k in range(len(functions)):
            found = _ball(gradient, parametric, k, dict(zip(model.coordinates, betas, strict=True)) | values)
            if found is None:
                return one_route("a ball of grad Q could not be made near the start")
            if not _agree(found, clock * weights[k]):
                return Routes(
                    compared=("integrated", "flow"),
                    verdict=refuted(f"component {k + 1} of grad Q is not what the flow from the start gives"),
                )
    reason = f"agree to {DIGITS} digits at {len(WEIGHTS)} points of the flow, which is a power series; no proof"
    return Routes(compared=("integrated", "flow"), verdict=unknown(reason))


def _field(f: Expr, model: Model, numbers: Mapping[Symbol, Expr]) -> list[Expr]:
    """G^-1 grad F for a constant parameter metric."""
    slope = ImmutableDenseMatrix([f.diff(p) for p in model.parameters])
    metric = model.parameter_metric
    return list(slope) if metric is None else [e.expand() for e in metric.xreplace(dict(numbers)).inv() * slope]


def _step(series: Sequence[fmpq_poly]) -> fmpq:
    """A time at which the terms fall by 10^5 each, as far as the coefficients tell (a step for all models is none)."""
    growth = 1
    for x in series:
        for n, a in enumerate(x.coeffs()):
            bits = (int(abs(a.p)) // int(a.q)).bit_length() if n else 0
            growth = max(growth, 2 ** -(-bits // n) if n else 1)
    return MARGIN / growth


def _number(q: fmpq) -> Rational:
    """The number to more digits than are compared: exact it has thousands, and SymPy factors what is under a root."""
    scale = 10 ** (DIGITS + 30)
    return Rational(int(q.p) * scale // int(q.q), scale)


def _ball(
    gradient: Sequence[Expr] | None, parametric: Sequence[Expr] | None, k: int, values: dict[Symbol, Expr]
) -> arb | None:
    formula = gradient[k] if gradient is not None else (parametric or [Integer(0)])[k]
    try:
        number = ball(formula, PRECISION, values)
    except ComputationError:
        return None
    return number if number.is_finite() else None


def _agree(found: arb, expected: fmpq) -> bool:
    with ctx.workprec(PRECISION):
        return bool(abs(found - arb(expected)) < arb(10) ** -DIGITS)
