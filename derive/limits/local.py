"""R near the start, for any smooth F: where the Lagrange function is convex on a ball that no nearer point leaves.

Let F be twice differentiable on the ball B around w0 of radius rho, L_i a bound of |Hess F_i| on B, and w in B with

    w - w0 = sum_i mu_i grad F_i(w)/2,    d sum_i (L_i mu_i)^2 <= 4.

Then sum_i |mu_i| L_i <= 2, so that |v - w0|^2 - mu.F(v) is convex on B, and w, where its gradient vanishes, is a
minimum on B: no point of B on the level of w is nearer to w0.  Points outside of B are further than rho >= |w - w0|.
So R(F(w)) = |w - w0|^2: a global minimum, by conditions on w and mu alone.

For one coordinate the beta that are reached are known, too.  With G = |grad F(w0)|, t = min(rho, G/(2 L)): a step of
length at most t along grad F(w0) reaches every beta with |beta - beta_0| <= G t - L t^2/2, so that R <= t^2 there; at
the nearest point w, |grad F(w)| >= G - L t >= L t, hence |mu| = 2 |w - w0|/|grad F(w)| <= 2/L.

The bounds come from balls (Arb) over a box that contains B, at the scale of the start where F is homogeneous.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flint import arb
from sympy import Abs, Add, Expr, Integer, Matrix, Rational, Symbol, sign, sqrt

from derive.errors import ComputationError
from derive.exact.balls import ball, ball_over
from derive.exact.identity import is_nonzero
from derive.exact.points import PRECISION
from derive.fields.cell import smooth_at_start
from derive.limits.branches import Branch
from derive.limits.nearest import READABLE, beside, is_short, scale_of, symbols_of
from derive.limits.scaling import common_degree
from derive.model import Model

MAX_COORDINATES, MAX_PARAMETERS, MAX_OPERATIONS = 6, 12, 600
RADII = tuple(Rational(n, 4) * Rational(2) ** k for k in range(3, -8, -1) for n in (4, 3))
BITS, DIGITS = 64, 3


@dataclass(frozen=True, slots=True)
class _Bounds:
    """On the ball of this radius |Hess F_i| <= `curvatures`, off kinks; `slope` <= |grad F_1| at the start."""

    radius: Rational
    curvatures: tuple[Rational, ...]
    slope: Rational

    def reach(self) -> Rational:
        """How far the conditions are expected to hold."""
        worst = max(self.curvatures)
        return min(self.radius, self.slope / (2 * worst)) if worst else self.radius


def near_start(part: Model, multipliers: Sequence[Symbol]) -> tuple[Branch, ...]:
    """The branch through the start of any smooth model; none where no bound is found, or J(w0) has dependent rows."""
    w, d = part.parameters, len(part.predictor)
    if part.start is None or d > MAX_COORDINATES or len(w) > MAX_PARAMETERS:
        return ()
    if sum(f.count_ops() for f in part.predictor) > MAX_OPERATIONS:
        return ()
    scaled, smooth = _scaled(part), smooth_at_start(part)
    if scaled is None or smooth is None:
        return ()
    size, unit, degree = scaled
    bounds = _bounds(part.predictor, smooth.predictor, w, unit)
    if bounds is None:
        return ()
    total = Add(*(m * f for m, f in zip(multipliers, smooth.predictor, strict=True)))
    stationary = tuple(p - v - total.diff(p) / 2 for p, v in zip(w, part.start, strict=True))
    distance = Add(*((p - v) ** 2 for p, v in zip(w, part.start, strict=True)))
    bent = Add(*((c * size ** (degree - 2) * m) ** 2 for c, m in zip(bounds.curvatures, multipliers, strict=True)))
    found = Branch(
        reason="near the start: the Lagrange function is convex on a ball that no nearer point leaves",
        unknowns=(*multipliers, *w),
        equations=(*stationary, *(f - beta for f, beta in zip(smooth.predictor, part.coordinates, strict=True))),
        conditions=((bounds.radius * size) ** 2 - distance, 4 - d * bent),
        where=None if d > 1 else (_reached(part, bounds, size**degree),),
        value=distance,
    )
    return (found,) if is_short((*found.conditions, *(found.where or ())), READABLE) else ()


def _reached(part: Model, bounds: _Bounds, size: Expr) -> Expr:
    """delta^2 - (beta - beta_0)^2."""
    t = bounds.reach()
    delta = bounds.slope * t - bounds.curvatures[0] * t**2 / 2
    delta = beside((arb(int(delta.p)) / int(delta.q)).lower(), -1, DIGITS)
    first = part.predictor[0].xreplace(part.start_map())
    return (delta * size) ** 2 - (part.coordinates[0] - first) ** 2


def _scaled(part: Model) -> tuple[Expr, dict[Symbol, Expr], Expr] | None:
    """(S, u, D): the start is S u, and F is homogeneous of degree D, or S = 1; u has no constants."""
    assert part.start is not None
    if any(f.free_symbols - set(part.parameters) for f in part.predictor):
        return None
    scaled, degree = scale_of(part.start), common_degree(part.predictor, part.parameters)
    if scaled is None or degree is None or not degree.is_Rational:
        return None if symbols_of(part.start) else (Integer(1), part.start_map(), Integer(2))
    return scaled[0], dict(zip(part.parameters, scaled[1], strict=True)), degree


def _bounds(
    predictor: Sequence[Expr], smooth: Sequence[Expr], w: Sequence[Symbol], start: Mapping[Symbol, Expr]
) -> _Bounds | None:
    """The radius for which most is known; `smooth` is the predictor near the start."""
    jacobian = Matrix([[f.diff(p) for p in w] for f in smooth]).xreplace(dict(start))
    try:
        center = {p: ball(start[p], PRECISION) for p in w}
        steepest = ball(sqrt(Add(*(e**2 for e in jacobian.row(0)))), PRECISION)
    except ComputationError:
        return None
    if not steepest.is_finite() or not steepest > 0:
        return None
    slope = beside(steepest.lower(), -1, DIGITS)
    if not is_nonzero((jacobian * jacobian.T).det()):
        return None
    found: list[_Bounds] = []
    for radius in RADII:
        box = {p: arb(c, arb(int(radius.p)) / int(radius.q)) for p, c in center.items()}
        curvatures = _curvatures(predictor, w, box)
        if curvatures is not None:
            found.append(_Bounds(radius, curvatures, slope))
            if found[-1].reach() == radius:
                break  # smaller balls reach less
    best = max(found, key=_Bounds.reach, default=None)
    return best if best is not None and all(best.curvatures) else None


def _curvatures(
    predictor: Sequence[Expr], w: Sequence[Symbol], box: Mapping[Symbol, arb]
) -> tuple[Rational, ...] | None:
    """A bound of the norm of every Hessian on the box; None where F may not be smooth there."""
    found: list[Rational] = []
    for f in predictor:
        try:
            plain = _without_kinks(f, box)
            seen = [plain, *(plain.diff(p) for p in w)]
            hessian = [[plain.diff(p, q) for q in w] for p in w]
            if not all(ball_over(e, box, BITS).is_finite() for e in seen):
                return None
            sizes = [[abs(ball_over(e, box, BITS)).upper() for e in row] for row in hessian]
        except (ComputationError, _Kink):
            return None
        above = max(sum(row, arb(0)).upper() for row in sizes)  # the norm is at most the largest sum of a row
        if not above.is_finite():
            return None
        found.append(beside(above, 1, DIGITS))
    return tuple(found)


class _Kink(Exception):
    """An absolute value or a sign whose argument may vanish on the box."""


def _without_kinks(f: Expr, box: Mapping[Symbol, arb]) -> Expr:
    def side(u: Expr) -> Integer:
        value = ball_over(u, box, BITS)
        if not (value > 0 or value < 0):
            raise _Kink
        return Integer(1 if value > 0 else -1)

    return f.replace(Abs, lambda u: side(u) * u).replace(sign, side)
