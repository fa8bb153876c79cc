"""A rigorous enclosure of a run on the exponential loss: a theorem about the flow, not about the arithmetic.

In normalised time, d tau = L dt, gradient flow is dw/d tau = -grad f, f = log L(F(w)).  For the exponential loss

    Hess f = Cov_p(grad m_n) - sum_n p_n Hess m_n >= -lambda,     lambda = max_n |Hess m_n(w)|,

p the softmax of the margins: f is semiconvex, and two curves with |w' + grad f(w)| <= delta separate by

    |w - w~|' <= lambda |w - w~| + delta                                              (no wrapping).

The run gives polynomials u~(gamma) (parameters or dual variables) and r(gamma) > 0, which defines
d tau = r d gamma on the approximate curve.  Its defect D = u~' - r G^-1 J^T v is analytic on a Bernstein ellipse
E_rho around the panel, if the predictor is entire and the normaliser S = sum_n e^-(m_n - m_ref) has no zero inside.
A pole or a branch cut of the predictor inside would escape a look at the boundary: such predictors are refused.  Hence

    sup_panel |D| <= Lebesgue max_j |D(x_j)| + 4 M rho^-n/(rho - 1),    M = max_(boundary) |D|   (Trefethen 2013, 8.2).

Three points that are easily assumed are shown here:
1. no zero of S inside E_rho: the winding number of S along the boundary is 0 (argument principle), each arc's image
   being enclosed by a ball without 0, in mean-value form, since neighbouring margins cancel;
2. lambda on the whole tube: |Hess m_n| is enclosed on boxes around the curve, of a radius that the final error stays
   below (continuous induction);
3. from tau_end to the exact loss: the remaining |d gamma| is enclosed, and the path is at most |d gamma|/min |grad f|.
"""

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass

from flint import acb, acb_mat, arb, arb_mat, ctx
from sympy import Add, Expr, Matrix, Mul, Pow, Symbol, cos, cosh, exp, sin, sinh

from derive.errors import ComputationError
from derive.model import Model
from verify.data import DataSet
from verify.flow.arithmetic import balls
from verify.flow.ball_field import BallField
from verify.flow.chebyshev import ball_matrices
from verify.flow.collocation import Panel
from verify.flow.ellipse import derivative, integral, over_arcs, over_interval, points
from verify.flow.field import FlowField, flow_field
from verify.flow.run import Run
from verify.flow.tape import Program, compile_tape
from verify.losses import Loss

COARSE = 128
FIRST, FINEST = 48, 200_000
INSIDE = (0.78, 0.68, 0.58)
PIECES = 48
TUBE = "1e-8"
ENTIRE = exp | sin | cos | sinh | cosh


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """Balls that contain the exact flow where the loss has the target value.

    `radius` bounds |w - w~| in the Euclidean norm of the parameters, `growth` is exp of the integral of lambda.
    """

    parameters: tuple[arb, ...]
    predictor: tuple[arb, ...]
    radius: arb
    growth: arb
    arcs: int


class Certifier:
    """The rigorous ingredients for one model, data set and run."""

    def __init__(self, model: Model, field: FlowField, data: DataSet, run: Run) -> None:
        self.model, self.field, self.run, self.data = model, field, run, data
        self.n = run.nodes
        self.precise = BallField(field, run.precision)
        lift = field.lift or field.model.parameters
        states = field.model.parameters
        slopes = [e.diff(s) for e in lift for s in states]
        self.lift = compile_tape(lift, states).bind(balls(run.precision))
        self.lift_slopes = compile_tape(slopes, states).bind(balls(COARSE))
        self.curvature = _curvature(model, data)
        self.arcs = 0

    def defect_at_nodes(self, panel: Panel, u: arb_mat, slopes: arb_mat, r: Sequence[arb]) -> list[arb]:
        """max_j |D_k(x_j)| for each state k."""
        p = self.field.size
        worst = [arb(0)] * p
        for j in range(self.n + 1):
            w = [u[j, k] for k in range(p)]
            raised, _ = self.precise.raised(w)
            for k in range(p):
                size = abs(slopes[j, k] / panel.half - r[j] * raised[k]).upper()
                worst[k] = max(worst[k], size)
        return worst


def _curvature(model: Model, data: DataSet) -> Program:
    """For each row n and parameter i the entries of Hess m_n in row i, one after the other, as a tape of w."""
    hessians = [Matrix(model.parameters).jacobian(Matrix(model.parameters)) * 0 for _ in data.signed]
    for row, total in zip(data.signed, hessians, strict=True):
        for x, f in zip(row, model.predictor, strict=True):
            if x != 0:
                for i, a in enumerate(model.parameters):
                    for j, b in enumerate(model.parameters):
                        total[i, j] += x * f.diff(a, b)
    entries: list[Expr] = [e for h in hessians for e in h]
    return compile_tape(entries, model.parameters).bind(balls(COARSE))


def require_certifiable(model: Model, loss: Loss) -> None:
    """Raise `ComputationError` where the theorem's hypotheses do not hold."""
    w = set(model.parameters)
    offender = next((f for f in model.predictor if not is_entire(f, w)), None)
    if loss.name != "exponential":
        expected, received = "the exponential loss", loss.name
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
    before = ctx.prec
    try:
        return _certify(Certifier(model, field, data, run), target)
    finally:
        ctx.prec = before


def _certify(c: Certifier, target: arb) -> Enclosure:
    error, exponent = arb(0), arb(0)
    end: list[arb] | None = None
    for panel in c.run.panels:
        ctx.prec = c.run.precision
        start = c.lift([_at(column, -1) for column in panel.coefficients])
        initial = end if end is not None else [balls(c.run.precision).constant(v) for v in c.model.start or ()]
        error = (error + _norm([a - b for a, b in zip(start, initial, strict=True)])).upper()
        supremum, lam, tau = _panel(c, panel)
        ctx.prec = COARSE
        exponent += lam * tau
        error = ((lam * tau).exp() * (error + 2 * panel.half * supremum)).upper()
        if not error < arb(TUBE):
            raise ComputationError(
                "the enclosure leaves its tube", received=f"radius {error.str(3)}", hint="more --digits"
            )
        ctx.prec = c.run.precision
        end = c.lift([_at(column, 1) for column in panel.coefficients])
    assert end is not None
    return _at_the_loss(c, end, error, exponent.exp(), target)


def _at(coefficients: Sequence[arb], x: int) -> arb:
    """The series at x = 1 or -1."""
    return sum((e if x > 0 or k % 2 == 0 else -e for k, e in enumerate(coefficients)), arb(0))


def _norm(vector: Sequence[arb]) -> arb:
    """An upper bound of the Euclidean norm."""
    return sum((abs(e).upper() ** 2 for e in vector), arb(0)).sqrt().upper()


def _panel(c: Certifier, panel: Panel) -> tuple[arb, arb, arb]:
    """sup |D_w| on the panel, lambda on its tube, and its length in tau."""
    ctx.prec = c.run.precision
    n, p = c.n, c.field.size
    rates = (ball_matrices(n, c.run.precision).coefficients * arb_mat([[e] for e in panel.rates])).mid().entries()
    columns = [list(col) for col in panel.coefficients]
    slopes = [derivative(col) for col in columns]
    table = arb_mat([*columns, *slopes, rates]).transpose()
    at_nodes = points(n, 0.0, n, tuple(range(n + 1)), c.run.precision + 10)
    there = (arb_mat([[e.real for e in row] for row in at_nodes.tolist()]) * table).tolist()
    nodal = c.defect_at_nodes(
        panel,
        arb_mat([row[:p] for row in there]),
        arb_mat([row[p : 2 * p] for row in there]),
        [row[-1] for row in there],
    )
    ctx.prec = COARSE
    log_rho, boundary = _ellipse(c, panel, table)
    rho = arb(log_rho).exp()
    lebesgue = 2 / arb.pi() * (arb(n + 1)).log() + 1
    supremum = [lebesgue * a + 4 * m / (rho**n * (rho - 1)) for a, m in zip(nodal, boundary, strict=True)]
    return _on_the_tube(c, table, supremum, panel, integral(rates))


def _ellipse(c: Certifier, panel: Panel, table: arb_mat) -> tuple[float, list[arb]]:
    """ln rho and M on the widest ellipse that works, inside the one that the coefficients show.

    They fall by 10^tail over n of them.  The normaliser may have zeros closer by than the flow has singularities.
    """
    for share in INSIDE:
        log_rho = share * min(-panel.tail, 4.0 * c.n) / c.n * math.log(10)
        found = _boundary(c, panel, table, log_rho)
        if found is not None:
            return log_rho, found
    raise ComputationError("the defect could not be bounded on an ellipse",
                           received=f"panel at gamma~ = {float(panel.left):.6g}", hint="more --digits")  # fmt: skip


def _boundary(c: Certifier, panel: Panel, table: arb_mat, log_rho: float) -> list[arb] | None:
    """M_k = max |D_k| over the ellipse, after the proof that the normaliser has no zero inside; None without it.

    Arcs on which the enclosure of the normaliser still contains 0 are divided by four.
    """
    field, series = BallField(c.field, COARSE), acb_mat(table)
    middle = [panel.values[c.n // 2, k] for k in range(c.field.size)]
    margins = [float(m) for m in field.products(field.beta(middle))]
    ellipse = _Ellipse(field, series, panel, c.n, log_rho, margins.index(min(margins)))
    worst, turned = [arb(0)] * c.field.size, arb(0)
    arcs, pending = FIRST, list(range(FIRST))
    while pending and arcs <= FINEST:
        c.arcs += len(pending)
        answers = ellipse.arcs(arcs, pending)
        for found in answers:
            if found is not None:
                turned += found[0]
                worst = [max(a, b) for a, b in zip(worst, found[1], strict=True)]
        failed = [j for j, found in zip(pending, answers, strict=True) if found is None]
        arcs, pending = 4 * arcs, [4 * j + i for j in failed for i in range(4)]
    # the normaliser is real at both ends of the upper half; around the whole ellipse its argument turns twice as much
    return worst if not pending and abs(turned) < arb(1) else None


@dataclass(frozen=True, slots=True)
class _Ellipse:
    """One panel's ellipse; `series` holds the Chebyshev coefficients of u, du/dx and r as columns."""

    field: BallField
    series: acb_mat
    panel: Panel
    n: int
    log_rho: float
    reference: int

    def arcs(self, total: int, which: Sequence[int]) -> list[tuple[arb, list[arb]] | None]:
        """For each arc j of `total`: how the normaliser's argument turns on it, and bounds of |D_k|."""
        p = self.field.field.size
        ends = sorted({e for j in which for e in (j, j + 1)})
        thin = (points(self.n, self.log_rho, total, tuple(ends), COARSE) * self.series).tolist()
        wide = (over_arcs(self.n, self.log_rho, total, tuple(which), COARSE) * self.series).tolist()
        margins = {e: self.field.products(self.field.beta(row[:p])) for e, row in zip(ends, thin, strict=True)}
        return [self._arc(total, j, row, margins[j], margins[j + 1]) for j, row in zip(which, wide, strict=True)]

    def _arc(
        self, total: int, j: int, row: list[acb], start: list[acb], stop: list[acb]
    ) -> tuple[arb, list[arb]] | None:
        p = self.field.field.size
        u, du, r = row[:p], row[p : 2 * p], row[-1]
        gaps = _gaps(self.field, u, du, start, self.reference, _sweep(self.log_rho, total, j))
        weights = [(-g).exp() for g in gaps]
        normaliser = sum(weights, acb(0))
        # not only without 0, but narrow enough for a bound of the right size
        if not normaliser.is_finite() or not 5 * normaliser.complex_rad().abs_upper() < 4 * normaliser.abs_lower():
            return None
        raised = _raised(self.field, u, [e / normaliser for e in weights])
        sizes = [(d / self.panel.half - r * g).abs_upper() for d, g in zip(du, raised, strict=True)]
        if not all(e.is_finite() for e in sizes):
            return None
        ends = [sum(((m[self.reference] - e).exp() for e in m), acb(0)) for m in (start, stop)]
        # the ball of the arc is convex and without 0: the argument turns by less than pi on it
        return (ends[1] / ends[0]).arg(), sizes


def _sweep(log_rho: float, arcs: int, j: int) -> acb:
    """A ball around all dz/dphi (arc j) times all angles passed on it."""
    width = arb.pi() / arcs
    phi = (arb.pi() * j / arcs).union(arb.pi() * (j + 1) / arcs)
    rho = arb(log_rho).exp()
    return acb(-(rho + 1 / rho) / 2 * phi.sin(), (rho - 1 / rho) / 2 * phi.cos()) * arb(0).union(width)


def _gaps(field: BallField, u: list[acb], du: list[acb], margins: list[acb], reference: int, sweep: acb) -> list[acb]:
    """m_n - m_ref over the arc in mean-value form: its value at the start of the arc, plus the integral of its
    derivative along the arc, which lies in the (convex) ball of all derivatives times all lengths."""
    slopes = field.products(field.push([*u, *du]))
    return [m - margins[reference] + (s - slopes[reference]) * sweep for m, s in zip(margins, slopes, strict=True)]


def _raised(field: BallField, u: list[acb], q: list[acb]) -> list[acb]:
    """G^-1 J^T v for v = sum_n q_n y_n x_n."""
    v = [acb(0)] * len(field.field.model.predictor)
    for weight, row in zip(q, field.rows, strict=True):
        for k, e in row:
            v[k] += weight * e
    return field.pullback([*u, *v])[field.field.size :]


def _on_the_tube(c: Certifier, table: arb_mat, supremum: list[arb], panel: Panel, length: arb) -> tuple[arb, arb, arb]:
    """sup |D_w|, lambda, tau: over boxes that cover the panel."""
    p, inflate = c.field.size, arb(0, TUBE)
    rows = (over_interval(c.n, PIECES, COARSE) * table).tolist()
    coarse = compile_tape(c.field.lift or c.field.model.parameters, c.field.model.parameters).bind(balls(COARSE))
    worst, lam = arb(0), arb(0)
    size = len(c.model.parameters)
    for row in rows:
        if not row[-1] > 0:
            raise ComputationError("time does not increase on a panel", received=f"gamma~ = {float(panel.left):.6g}",
                                   hint="more --digits")  # fmt: skip
        u = row[:p]
        slopes = c.lift_slopes(u)
        moved = [sum((abs(slopes[i * p + k]) * supremum[k] for k in range(p)), arb(0)) for i in range(size)]
        worst = max(worst, _norm(moved).upper())
        entries = c.curvature([w + inflate for w in coarse(u)])
        for start in range(0, len(entries), size):
            lam = max(lam, sum((abs(e) for e in entries[start : start + size]), arb(0)).upper())
    return worst, lam, (length * panel.half).upper()


def _at_the_loss(c: Certifier, end: list[arb], error: arb, growth: arb, target: arb) -> Enclosure:
    """From tau_end, where the loss is nearly the target, to where it is the target."""
    ctx.prec = c.run.precision
    plain = BallField(_plain(c), c.run.precision)
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
            return Enclosure(
                parameters=tuple(around), predictor=tuple(plain.beta(around)), radius=needed, growth=growth, arcs=c.arcs
            )
        reach = (2 * needed).upper()
    raise ComputationError("the last step to the exact loss was not enclosed", hint="more --digits")


def _plain(c: Certifier) -> FlowField:
    """The field in the parameters themselves."""
    return c.field if c.field.lift is None else flow_field(c.model, c.data, c.field.loss)
