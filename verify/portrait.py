"""The end of a run on a loss with a tail, against the max-margin predictors that it may be on its way to.

With gamma the smallest margin, two distances are measured to each predictor w: of directions,
|beta/|beta| - w/|w||_2, and of predictors scaled to margin 1, |beta/gamma - w|_2 (Moroshko et al. 2020, section 4:
what = w(t)/gamma(t)).  Where w is one end of a segment of minimisers, the nearest point of the segment counts.

    l1, l2      the rich and the kernel limit (theorems 4 and 7)
    q_mu        argmin Q_mu, mu = alpha^D / log(1/eps): for a homogeneous model the derived potential of the start
                w_0 log(1/eps)^(-1/D), by the scaling of the flow (theorem 6, eq. (6))
    l_2/D       for D > 2, stationary points, the nearest to beta/gamma first, (2) and so on after it

Condition 5 asks that the rows that are no support vectors of what never come close to being one: m_k/gamma >= rho_0 > 1
from some loss eps_* on.  Its least ratio is measured at all nodes of the run, from the largest loss of `--at` on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flint import arb, ctx
from sympy import Expr, Rational, Symbol

from derive.errors import InputError, ToolkitError
from derive.model import Model
from derive.pipeline import derive
from verify.data import DataSet
from verify.flow.dense import pair
from verify.flow.engine import Trajectory
from verify.flow.observe import Observed
from verify.losses import Loss, loss_named
from verify.margins.least_squares import least_l2
from verify.margins.linear import least_l1
from verify.margins.point import MaxMargin, exact_rows
from verify.margins.quasi import stationary_points
from verify.minimise.api import minimise
from verify.potential import degree

# digits of a predictor, and of the exact number that stands for gamma~ in the scale of its potential
DIGITS, GAMMA_DIGITS = 15, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One predictor and its distances, or the reason why there is none."""

    name: str
    found: MaxMargin | None
    direction: arb | None = None
    scaled: arb | None = None
    reason: str = ""


def require_margins(loss: str | Loss) -> None:
    """Raise `InputError` for a loss without margins."""
    if not loss_named(loss).uses_margins:
        raise InputError("--compare needs a loss of margins", received=loss_named(loss).name, hint="verify limit")


def comparisons(t: Trajectory, data: DataSet) -> tuple[Comparison, ...]:
    """The end of a run against l1, l2, Q_mu and l_(2/D)."""
    with ctx.workprec(t.precision):
        rows, gamma = exact_rows(data), min(t.margins)
        if not gamma > 0:
            raise InputError("the smallest margin is not positive at the end", hint="a smaller loss, to compare there")
        beta = [(b / gamma).mid() for b in t.predictor]
        found = [_compared("l1", lambda: least_l1(rows), beta), _compared("l2", lambda: least_l2(rows), beta)]
        found.append(_compared("q_mu", lambda: _least_q(t, data), beta))
        depth = _degree(t.model)
        if depth is not None and depth > 2:
            points = stationary_points(rows, depth, beta)
            names = [f"l_2/{depth}" + (f" ({k + 1})" if k else "") for k in range(max(len(points), 1))]
            found += [_compared(name, lambda k=k: points[k] if points else None, beta) for k, name in enumerate(names)]
        return tuple(found)


def _compared(name: str, find: Callable[[], MaxMargin | None], beta: Sequence[arb]) -> Comparison:
    precision = ctx.prec
    try:
        found = find()
    except ToolkitError as error:
        return Comparison(name=name, found=None, reason=str(error))
    finally:
        ctx.prec = precision
    if found is None:
        return Comparison(name=name, found=None, reason="none was found")
    w = [e.mid() for e in found.w]
    scaled = _nearest(beta, w, None if found.other is None else [e.mid() for e in found.other])
    direction = _size([a - b for a, b in zip(_unit(beta), _unit(scaled), strict=True)])
    return Comparison(
        name=name, found=found, direction=direction,
        scaled=_size([a - b for a, b in zip(beta, scaled, strict=True)]),
    )  # fmt: skip


def _nearest(beta: Sequence[arb], w: list[arb], other: list[arb] | None) -> list[arb]:
    """The point of the segment from w to other that is nearest to beta."""
    if other is None:
        return w
    way = [b - a for a, b in zip(w, other, strict=True)]
    along = sum((e * (b - a) for e, a, b in zip(way, w, beta, strict=True)), arb(0)) / _size(way) ** 2
    t = max(arb(0), min(arb(1), along.mid()))
    return [(a + t * e).mid() for a, e in zip(w, way, strict=True)]


def _size(values: Sequence[arb]) -> arb:
    return sum((e * e for e in values), arb(0)).sqrt().mid()


def _unit(values: Sequence[arb]) -> list[arb]:
    size = _size(values)
    return [(e / size).mid() for e in values]


def _degree(model: Model) -> int | None:
    try:
        return degree(model)
    except InputError:
        return None


def _least_q(t: Trajectory, data: DataSet) -> MaxMargin:
    """argmin Q_mu under margins, from the derived potential of the start scaled by gamma~^(-1/D)."""
    power = _degree(t.model)
    if power is None:
        raise InputError("the model is not homogeneous")
    alpha = Symbol("alpha", positive=True)
    start = tuple(alpha * v for v in t.model.start or ())
    gamma = Rational(t.gamma.str(GAMMA_DIGITS, radius=False))
    constants: dict[Symbol, Expr] = {alpha: gamma ** Rational(-1, power)}
    derivation = derive(replace(t.model, start=start, name=f"{t.model.name}, scaled"))
    found = minimise(derivation, data, subject_to="margin", digits=DIGITS, constants=constants)
    return MaxMargin(w=found.beta, active=found.active, unique=True, how="enclosed by Krawczyk's test")


def weights(t: Trajectory) -> list[arb]:
    """Each row's share in the loss, e^-m_n over their sum (to first order for the logistic loss too)."""
    least = min(t.margins)
    parts = [(least - m).exp() for m in t.margins]
    total = sum(parts, arb(0))
    return [(p / total).mid() for p in parts]


def least_ratio(found: Observed, off: Sequence[int]) -> tuple[arb, arb] | None:
    """The smallest m_k/gamma over rows k of `off` and all nodes from the largest loss of --at on, and gamma~ there."""
    states = [s for s in found.states if s is not None]
    if not states or not off:
        return None
    run = pair(found.trajectory)[1]
    first, last = min(s.gamma for s in states), found.trajectory.gamma
    seen = [(s.gamma, s.margins) for s in states] + [(last, found.trajectory.margins)]
    for panel in run.run.panels:
        count = panel.values.nrows() - 1
        if panel.left + 2 * panel.half < first:
            continue
        for j, row in enumerate(panel.values.tolist()):
            gamma = panel.left + panel.half * (1 - arb.cos_pi(arb(j) / count))
            if first <= gamma.mid() <= last:
                seen.append((gamma.mid(), tuple(run.ball.products(run.ball.beta(row[: run.field.size])))))
    ratios = [(min(m[k] for k in off).mid() / min(m).mid(), gamma) for gamma, m in seen if min(m) > 0]
    return min(((r.mid(), g) for r, g in ratios), key=lambda pair: pair[0], default=None)
