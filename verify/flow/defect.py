"""The defect of a run on one panel, bounded on all of it: D = u~' - r G^-1 J^T v for the polynomials u~ and r > 0.

D (and 1 - r q, by which r misses d tau/d gamma) is analytic on a Bernstein ellipse E_rho around the panel, if the
predictor is entire and the normaliser S has no zero inside.  Hence (Trefethen 2013, theorems 8.2 and 15.2)

    sup_panel |D| <= Lebesgue max_j |D(x_j)| + 4 M rho^-n/(rho - 1),      M = max_(boundary) |D| .

*Normaliser.*  With x_n = e^-m_n the losses are l_n = x_n phi(x_n) and -l_n' = x_n psi(x_n), where phi = psi = 1 for the
exponential loss, and phi = log(1 + x)/x, psi = 1/(1 + x) for the logistic one.  Scaled by e^(m_ref),

    S = sum_n e^-(m_n - m_ref) phi(x_n),        v = sum_n e^-(m_n - m_ref) psi(x_n) / S  y_n x_n .

*No zero of S inside*: the winding number of S along the boundary is 0 (argument principle).  Each arc's image under S
lies in a disc that is seen from 0 under less than 2 asin(3/5) < 74 degrees, so that from the middle of one arc to the
middle of the next the argument turns by less than 148 degrees: by the principal argument of the ratio.

*Margins* of size 10^7 may differ by 2.  They enter as Chebyshev series, whose coefficients can be subtracted: m_n is
analytic beyond E_rho, and its interpolant in the n + 1 points is off on E_rho by at most 4 M' s^(n+1)/(1 - s),
s = rho/rho', where M' bounds |m_n| on the larger E_rho' (Trefethen 2013, theorem 8.1: |a_k| <= 2 M' rho'^-k, and
|T_k| <= rho^k for a_k and for what it is aliased to).

*No branch point of log(1 + x_n) inside*: on every arc 1 + x_n avoids the half-line (-inf, 0].  So the image of the
boundary does not wind around any point of it, 1 + x_n takes none of its values inside (argument principle), and the
principal logarithm is analytic there.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flint import acb, arb, arb_mat, ctx

from derive.errors import ComputationError
from verify.flow.ball_field import BallField
from verify.flow.collocation import Panel
from verify.flow.columns import Column, columns, stacked
from verify.flow.ellipse import Arc, Ellipse, angles

# bits on the ellipse and on the tube, where bounds need no digits
COARSE = 128
FIRST, MOST = 32, 1_600
INSIDE, OUTSIDE = (0.78, 0.68, 0.58), 0.97


@dataclass(frozen=True, slots=True)
class Tail:
    """phi and psi of a loss, as functions of a column of x = e^-m; not finite where x comes near a singularity."""

    phi: Callable[[Column], Column]
    psi: Callable[[Column], Column]


def _logarithm(x: Column) -> Column:
    """log(1 + x)/x, where x is small by its Taylor series: within |x| of 1 for |x| <= 1/2."""
    return Column([_logarithm_at(e) for e in x])


def _logarithm_at(x: acb) -> acb:
    size = x.abs_upper()
    if size < arb(2) ** -20:
        return 1 + acb(arb(0, size), arb(0, size))
    clear = x.real > -1 or x.imag > 0 or x.imag < 0  # 1 + x certainly avoids the half-line (-inf, 0]
    return x.log1p() / x if clear else acb(arb.nan(), arb.nan())


# the losses of margins that are certified; where phi = psi = 1 there is nothing to evaluate
TAILS = {"exponential": None, "logistic": Tail(_logarithm, lambda x: 1 / (1 + x))}


def at_nodes(field: BallField, panel: Panel, u: list[Column], slopes: list[Column], r: Column) -> list[arb]:
    """max_j |D_k(x_j)| for each state k and max_j |1 - r q|, from the polynomials' values at the nodes."""
    raised, q = field.raised(u)
    raised = stacked(raised, len(r))
    return [*(_largest(s / panel.half - r * g) for s, g in zip(slopes, raised, strict=True)), _largest(1 - r * q)]


def _largest(values: Column) -> arb:
    return max(abs(e).upper() for e in values)


def supremum(field: BallField, panel: Panel, series: Sequence[Sequence[arb]], n: int) -> tuple[list[arb], int]:
    """sup |D_k| and, last, sup |1 - r q| on the panel, and on how many arcs they rest.

    `series` are the Chebyshev coefficients of u, du/dx and r.
    Raises `ComputationError` where no ellipse can be shown to be free of zeros.
    """
    p = field.field.size
    cosines = angles(n, n, tuple(range(n, -1, -1)), ctx.prec)[0]
    there = columns((cosines * arb_mat([list(c) for c in series]).transpose()).transpose())
    nodal = at_nodes(field, panel, there[:p], there[p : 2 * p], there[-1])
    margins = [list(m) for m in field.products(stacked(field.beta(there[:p]), n + 1))]
    reference = min(range(len(margins)), key=lambda k: float(margins[k][n // 2]))
    margins = _coefficients(margins, cosines)
    gaps = [[a - b for a, b in zip(row, margins[reference], strict=True)] for row in margins]
    precision, ctx.prec = ctx.prec, COARSE
    try:
        log_rho, boundary, arcs = _ellipse(field, panel, [*series, *gaps, margins[reference]])
        rho = arb(log_rho).exp()
        lebesgue = 2 / arb.pi() * (arb(n + 1)).log() + 1
        return [lebesgue * a + 4 * m / (rho**n * (rho - 1)) for a, m in zip(nodal, boundary, strict=True)], arcs
    finally:
        ctx.prec = precision


def _coefficients(values: list[list[arb]], cosines: arb_mat) -> list[list[arb]]:
    """The Chebyshev coefficients of interpolants, enclosed: (2/n) sum'' f_j cos k theta_j, first and last halved."""
    n = cosines.nrows() - 1
    halved = [[e / 2 if j in (0, n) else e for j, e in enumerate(row)] for row in values]
    sums = (arb_mat(halved) * cosines).tolist()
    return [[e / n if k in (0, n) else 2 * e / n for k, e in enumerate(row)] for row in sums]


def _ellipse(field: BallField, panel: Panel, series: Sequence[Sequence[arb]]) -> tuple[float, list[arb], int]:
    """ln rho and M on the widest ellipse that works, inside the one that the coefficients show.

    They fall by 10^tail over n of them.  The normaliser may have zeros closer by than the flow has singularities.
    """
    n, p, used = len(series[0]) - 1, field.field.size, 0
    shown = min(-panel.tail, 4.0 * n) / n * math.log(10)
    for share in INSIDE:
        outer = Ellipse(series[:p], OUTSIDE * shown, COARSE).arcs(FIRST, range(FIRST))
        beyond = field.products(stacked(field.beta([Column(e.values) for e in outer]), FIRST))
        largest = max(e.abs_upper() for m in beyond for e in m)
        s = (arb(share - OUTSIDE) * arb(shown)).exp()
        # a gap is a difference of two margins
        missed = (8 * largest * s ** (n + 1) / (1 - s)).upper()
        found, arcs = _boundary(field, panel, Ellipse(series, share * shown, COARSE), missed)
        used += arcs
        if found is not None:
            return share * shown, found, used
    raise ComputationError("the defect could not be bounded on an ellipse",
                           received=f"panel at gamma~ = {float(panel.left):.6g}", hint="more --digits")  # fmt: skip


def _boundary(field: BallField, panel: Panel, ellipse: Ellipse, missed: arb) -> tuple[list[arb] | None, int]:
    """M_k = max |D_k| over the ellipse, with the proof that S has no zero inside; None without it.

    Arcs on which the enclosure of S is not narrow enough are divided by four.
    """
    worst, seen = [arb(0)] * (field.field.size + 1), []
    arcs, pending, used = FIRST, list(range(FIRST)), 0
    while pending and used + len(pending) <= MOST:
        used += len(pending)
        answers = _on_arcs(field, panel, ellipse.arcs(arcs, pending), missed)
        failed = [j for j, found in zip(pending, answers, strict=True) if found is None]
        for j, found in zip(pending, answers, strict=True):
            if found is not None:
                seen.append((j / arcs, found[0]))
                worst = [max(a, b) for a, b in zip(worst, found[1], strict=True)]
        arcs, pending = 4 * arcs, [4 * j + i for j in failed for i in range(4)]
    values = [value for _, value in sorted(seen, key=lambda pair: pair[0])]
    return (worst if not pending and abs(_turns(values)) < arb(1) else None), used


def _turns(values: Sequence[acb]) -> arb:
    """How much the argument of S turns on the upper half; real S at both ends lies on the side of its neighbour.

    Around the whole ellipse it turns twice as much.
    """
    first, last = values[0], values[-1]
    ends = [first.real.sgn() * first, *values[1:-1], last.real.sgn() * last]
    steps = [(b / a).arg() for a, b in pairwise(values)]
    return sum(steps, ends[0].arg() - ends[-1].arg())


def _on_arcs(field: BallField, panel: Panel, series: list[Arc], missed: arb) -> list[tuple[acb, list[arb]] | None]:
    """For each arc: S at its middle and bounds of |D_k| on it; None where it has to be divided."""
    p = field.field.size
    u, du, r = (
        [Column(e.values) for e in series[:p]],
        [Column(e.values) for e in series[p : 2 * p]],
        series[2 * p].values,
    )
    around = acb(arb(0, missed), arb(0, missed))
    gaps = [Column(e.values) + around for e in series[2 * p + 1 : -1]]
    middle = [Column(e.middle) + around for e in series[2 * p + 1 : -1]]
    losses = forces = [(-g).exp() for g in gaps]
    centre = [(-g).exp() for g in middle]
    tail = TAILS[field.field.loss.name]
    if tail is not None:
        least, there = Column(series[-1].values) + around, Column(series[-1].middle) + around
        x = [(-(least + g)).exp() for g in gaps]
        losses = [e * tail.phi(z) for e, z in zip(losses, x, strict=True)]
        forces = [e * tail.psi(z) for e, z in zip(forces, x, strict=True)]
        centre = [e * tail.phi((-(there + g)).exp()) for e, g in zip(centre, middle, strict=True)]
    normaliser, at_middle = _total(losses), _total(centre)
    pulled, raised = _pulled(field, u, [e / normaliser for e in forces])
    q = _total([a * b for a, b in zip(pulled, raised, strict=True)])
    defects = [*(d / panel.half - g * Column(r) for d, g in zip(du, raised, strict=True)), 1 - q * Column(r)]
    found: list[tuple[acb, list[arb]] | None] = []
    for j, (s, value) in enumerate(zip(normaliser, at_middle, strict=True)):
        sizes = [d.entries[j].abs_upper() for d in defects]
        narrow = s.is_finite() and 5 * s.complex_rad().abs_upper() < 3 * s.abs_lower()
        found.append((value, sizes) if narrow and all(e.is_finite() for e in sizes) else None)
    return found


def _pulled(field: BallField, u: list[Column], q: list[Column]) -> tuple[list[Column], list[Column]]:
    """J^T v and G^-1 J^T v for v = sum_n q_n y_n x_n."""
    v: list[Any] = [0] * len(field.field.model.predictor)
    for weight, row in zip(q, field.rows, strict=True):
        for k, e in row:
            v[k] = weight * e + v[k]
    out, p = stacked(field.pullback([*u, *v]), len(q[0])), field.field.size
    return out[:p], out[p:]


def _total(values: Sequence[Column]) -> Column:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total
