"""The flow's vector field in the clock gamma~ = -log L, for any model and loss.

With m_n = y_n x_n . beta the margins (or r_n = y_n - x_n . beta the residuals) write L = (1/N) sum l_n and

    v = -grad_beta L / L,     g = G^-1 J^T v,     q = v . M v = (J^T v) . g.

In normalised time d tau = L dt the flow is dw/d tau = g, the loss decreases as d gamma~/d tau = q, so

    dw/d gamma~ = g / q,      dt/d gamma~ = e^gamma~ / q        (Moroshko et al. 2020; gamma~ of Lyu, Li 2020).

The horizon to L = 10^-1700 is 3914 in gamma~, and the stopping point is exact: no event is searched for.
Time is recovered through theta = t e^-gamma~, with d theta/d gamma~ = 1/q - theta, which never overflows.

Losses of margins enter through log l_n and the ratio -l_n'/l_n, so that v is a softmax: no l_n underflows.

The squared loss would lose its residuals to cancellation at L = 10^-32 in float64.  There the residual
is a state of its own, scaled: r = e^{-gamma~/2} rho, |rho|^2 = 2N.  With K = X M X^T,

    dw/d gamma~   = e^{-gamma~/2} G^-1 J^T X^T rho * s / (rho . K rho),      s = |rho|^2 / 2 = N,
    drho/d gamma~ = rho/2 - K rho * s / (rho . K rho),         dt/d gamma~ = N s / (rho . K rho),

which has no small differences at any loss.  (With N written for s, |rho|^2 - 2N would grow as e^gamma~.)
The state is then (w, rho), and t itself is integrated.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Dummy, Expr, Integer, Matrix, Symbol

from derive.errors import InputError
from derive.model import Model
from verify.data import DataSet
from verify.flow.program import Bindable
from verify.flow.stages import Stages, stages
from verify.flow.tape import compile_tape
from verify.losses import Loss


@dataclass(frozen=True, slots=True)
class FlowField:
    """Tapes for beta = F(w) and for J^T v, G^-1 J^T v, with the data in float64 and exact form.

    `rows` are y_n x_n for losses of margins, x_n for the squared loss.  Where the state is not w itself but a
    dual variable, `lift` is w as expressions in the model's (dual) parameters, and where these are combinations of
    fewer states a, parameters = span^T a (`verify.flow.span`).  The second argument of `pullback` is rows^T c, or
    force^T c where `force` is given; `split` is predictor and pullback in one.
    """

    model: Model
    data: DataSet
    loss: Loss
    predictor: Bindable
    pullback: Bindable
    push: Bindable
    split: Stages
    rows: tuple[tuple[Expr, ...], ...]
    lift: tuple[Expr, ...] | None = None
    span: tuple[tuple[Expr, ...], ...] | None = None
    force: tuple[tuple[Expr, ...], ...] | None = None

    @property
    def size(self) -> int:
        """The number p of states: parameters, or what spans them."""
        return len(self.model.parameters if self.span is None else self.span)

    @property
    def start(self) -> tuple[Expr, ...]:
        """The states at the start."""
        return self.model.start or () if self.span is None else (Integer(0),) * self.size

    @property
    def forces(self) -> tuple[tuple[Expr, ...], ...]:
        """The N rows F for which F^T c is the second argument of `pullback`."""
        return self.rows if self.force is None else self.force

    @property
    def decay(self) -> int:
        """1 where the last component of a slope belongs to t e^-gamma~, 0 where it belongs to t."""
        return int(self.loss.uses_margins)


def jacobian_entries(predictor: Sequence[Expr], w: Sequence[Symbol]) -> dict[tuple[int, int], Expr]:
    """The entries dF_i/dw_k that do not vanish, by (i, k)."""
    place = {symbol: k for k, symbol in enumerate(w)}
    found = {}
    for i, f in enumerate(predictor):
        for symbol in sorted(f.free_symbols & place.keys(), key=place.__getitem__):
            slope = f.diff(symbol)
            if slope != 0:
                found[i, place[symbol]] = slope
    return found


def flow_field(model: Model, data: DataSet, loss: Loss) -> FlowField:
    """Compile a model (with numbers for all constants) against data and loss."""
    w = model.parameters
    v = tuple(Dummy(f"v_{i}", real=True) for i in range(len(model.predictor)))
    g = tuple(Dummy(f"g_{k}", real=True) for k in range(len(w)))
    pulled: list[Expr] = [Integer(0)] * len(w)
    pushed: list[Expr] = [Integer(0)] * len(v)
    for (i, k), slope in jacobian_entries(model.predictor, w).items():
        pulled[k] += v[i] * slope
        pushed[i] += g[k] * slope
    raised = pulled
    if model.parameter_metric is not None:
        metric = Matrix(model.parameter_metric)
        if metric.det(method="berkowitz").expand().is_zero:
            raise InputError("the metric is singular everywhere", received=str(metric.tolist()))
        raised = list(metric.inv() * Matrix(pulled))
    predictor = compile_tape(model.predictor, w)
    pullback = compile_tape([*pulled, *raised], [*w, *v])
    return FlowField(
        model=model,
        data=data,
        loss=loss,
        predictor=predictor,
        pullback=pullback,
        split=stages(predictor, pullback),
        push=compile_tape(pushed, [*w, *g]),
        rows=data.signed if loss.uses_margins else data.X,
    )
