"""A rigorous enclosure of a run on the exponential or logistic loss: a theorem about the flow, not its arithmetic.

In normalised time, d tau = L dt, gradient flow is dw/d tau = -grad f, f = log L(F(w)).  f is semiconvex,
Hess f >= -lambda (`verify.flow.tube`), so two curves with |w' + grad f(w)| <= delta separate by

    |w - w~|' <= lambda |w - w~| + delta                                              (no wrapping).

The run gives polynomials u~(gamma) (parameters or dual variables) and r(gamma) > 0, which defines
d tau = r d gamma on the approximate curve.  Its defect D = u~' - r G^-1 J^T v is bounded on whole panels
(`verify.flow.defect`).

Three points that are easily assumed are shown:
1. no zero of the normaliser inside the ellipse (`verify.flow.defect`);
2. lambda on the whole tube: it is enclosed on boxes around the curve, of a radius that the final error stays below
   (continuous induction);
3. from tau_end to the exact loss: the remaining |d gamma| is enclosed, and the path is at most |d gamma|/min |grad f|.

True time follows from dt = e^gamma d tau along the enclosed curve (`verify.flow.clock`).
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from flint import arb, arb_mat, ctx
from sympy import Add, Expr, Mul, Pow, Symbol, cos, cosh, exp, sin, sinh

from derive.errors import ComputationError
from derive.model import Model
from verify.data import DataSet
from verify.flow.arithmetic import balls
from verify.flow.ball_field import BallField
from verify.flow.chebyshev import on_half
from verify.flow.chebyshev_parity import halves
from verify.flow.clock import Clock
from verify.flow.collocation import Panel, tail_of
from verify.flow.defect import TAILS, supremum
from verify.flow.ellipse import derivative
from verify.flow.field import FlowField, flow_field
from verify.flow.run import Run
from verify.flow.tape import compile_tape
from verify.flow.tube import TUBE, Tube, norm
from verify.losses import Loss

# how often a panel is halved
CUTS = 8
ENTIRE = exp | sin | cos | sinh | cosh


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """Balls that contain the exact flow where the loss has the target value.

    `radius` bounds |w - w~| in the Euclidean norm of the parameters, `direction_radius` does so for beta/|beta|,
    `log_time` is a ball around ln t, `growth` is exp of the integral of lambda, `arcs` says on how many arcs the defect
    was bounded.
    """

    parameters: tuple[arb, ...]
    predictor: tuple[arb, ...]
    margins: tuple[arb, ...]
    direction_radius: arb
    log_time: arb
    radius: arb
    growth: arb
    arcs: int


def require_certifiable(model: Model, loss: Loss) -> None:
    """Raise `ComputationError` where the theorem's hypotheses do not hold."""
    w = set(model.parameters)
    offender = next((f for f in model.predictor if not is_entire(f, w)), None)
    if loss.name not in TAILS:
        expected, received = f"one of the losses {', '.join(TAILS)}", loss.name
    elif model.parameter_metric is not None:
        expected, received = "the Euclidean metric on the parameters", "another metric"
    elif offender is not None:
        expected, received = "a predictor of polynomials, exp, sin, cos, sinh and cosh", str(offender)
    else:
        return
    raise ComputationError(
        "no enclosure is available", expected=expected, received=received, hint="the same without --certify"
    )


def is_entire(f: Expr, w: Set[Symbol]) -> bool:
    """Has f no singularity at any complex w?  True for compositions of polynomials and entire functions, else False."""
    if not f.free_symbols & w:
        return True
    if isinstance(f, Pow):
        if f.exp.is_Integer and f.exp.is_nonnegative:
            return is_entire(f.base, w)
        return bool(f.base.is_positive) and not f.base.free_symbols & w and is_entire(f.exp, w)
    if not isinstance(f, Add | Mul | Symbol | ENTIRE):
        return False
    return all(is_entire(e, w) for e in f.args)


def certify(model: Model, field: FlowField, data: DataSet, run: Run, target: arb) -> Enclosure:
    """Enclose the exact flow at -log L = target.

    Raises `ComputationError` where a bound cannot be shown (never returns a doubtful one).
    """
    require_certifiable(model, field.loss)
    with ctx.workprec(run.precision):
        return _certify(model, field, data, run, target)


def _certify(model: Model, field: FlowField, data: DataSet, run: Run, target: arb) -> Enclosure:
    ball, tube = BallField(field, run.precision), Tube(model, field, data)
    lift = compile_tape(field.lift or field.model.parameters, field.model.parameters).bind(balls(run.precision))
    end = [balls(run.precision).constant(v) for v in model.start or ()]
    error, exponent, arcs, clock = arb(0), arb(0), 0, Clock()
    pending = [(panel, 0) for panel in reversed(run.panels)]
    while pending:
        panel, cuts = pending.pop()
        series = _series(panel, run)
        try:
            bounds, used = supremum(ball, panel, series, run.nodes)
        except ComputationError:
            if cuts == CUTS:
                raise
            # zeros of the normaliser, or branch points, come too close: they are farther from half a panel
            pending += [(_half(panel, series, right, run), cuts + 1) for right in (True, False)]
            continue
        first = [_at(column, -1) for column in panel.coefficients]
        error = (error + norm([a - b for a, b in zip(lift(first), end, strict=True)])).upper()
        arcs += used
        moved, lam, steep, tau = tube.around(panel, series, bounds[:-1])
        exponent = (exponent + lam * tau).upper()
        error = ((lam * tau).exp() * (error + 2 * panel.half * moved)).upper()
        if not error < arb(TUBE):
            raise ComputationError(
                "the enclosure leaves its tube", received=f"radius {error.str(3)}", hint="more --digits"
            )
        drift = abs(-ball.log_loss(first) - panel.left) + 2 * panel.half * (bounds[-1] + steep * moved)
        clock.pass_panel(panel, series[-1], (drift + steep * error).upper())
        end = lift([_at(column, 1) for column in panel.coefficients])
    plain = ball if field.lift is None else BallField(flow_field(model, data, field.loss), run.precision)
    return _at_the_loss(plain, end, error, exponent.exp(), target, clock, arcs)


def _series(panel: Panel, run: Run) -> list[list[arb]]:
    """The Chebyshev coefficients of u, du/dx and r, all exact."""
    columns = [list(c) for c in panel.coefficients]
    slopes = [[e.mid() for e in derivative(c)] for c in columns]
    return [*columns, *slopes, halves(run.nodes, run.precision).coefficients([list(panel.rates)])[0]]


def _half(panel: Panel, series: Sequence[Sequence[arb]], right: bool, run: Run) -> Panel:
    """The same polynomials, rounded, on one half of the panel."""
    p = len(panel.coefficients)
    *state, rates = on_half([*series[:p], series[-1]], right, run.precision)
    columns = tuple(map(tuple, halves(run.nodes, run.precision).coefficients(state)))
    half = (panel.half / 2).mid()
    left = (panel.left + panel.half).mid() if right else panel.left
    return Panel(left, half, arb_mat(state).transpose(), tuple(rates), columns, tail_of(columns), panel.rounds)


def _at(coefficients: Sequence[arb], x: int) -> arb:
    """The series at x = 1 or -1."""
    return sum((e if x > 0 or k % 2 == 0 else -e for k, e in enumerate(coefficients)), arb(0))


def _at_the_loss(
    plain: BallField, end: list[arb], error: arb, growth: arb, target: arb, clock: Clock, arcs: int
) -> Enclosure:
    """From tau_end, where the loss is nearly the target, to where it is the target."""
    here = [e + arb(0, error) for e in end]
    missing = abs(-plain.log_loss(here) - target).upper()
    reach = error
    for _ in range(8):
        _, square = plain.raised([e + arb(0, reach) for e in end])
        if not square > 0:
            break
        needed = (error + missing / square.lower().sqrt()).upper()
        if needed <= reach:
            around = [e + arb(0, needed) for e in end]
            beta = plain.beta(around)
            size = sum((abs(b).lower() ** 2 for b in beta), arb(0)).sqrt().lower()
            return Enclosure(
                parameters=tuple(around),
                predictor=tuple(beta),
                margins=tuple(plain.products(beta)),
                direction_radius=(2 * norm([arb(b.rad()) for b in beta]) / size).upper(),
                log_time=clock.log_time(target, missing, square.lower()),
                radius=needed,
                growth=growth,
                arcs=arcs,
            )
        reach = (2 * needed).upper()
    raise ComputationError("the last step to the exact loss was not enclosed", hint="more --digits")
