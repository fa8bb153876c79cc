"""R against Q: is R = (2/g_0) Q, the only multiple that fits near the start?

Near the start R = (beta - beta_0).K_0^-1 (beta - beta_0) + ... and Q is g_0/2 times that, g_0 the warp there.  If R
were the multiple, so would be its gradient, and that is refuted by one exact point where R is known:

* a closed R: a ball of the difference of the gradients that does not contain 0;
* P(R, beta) = 0: no common root R of P and of P_beta + (2/g_0) Q' P_R (a resultant that is not 0);
* a curve: the dual of Q at the slope of R is another beta;
* multipliers: grad R = mu at beta(mu), for a rational mu;
* one unknown a: R touches the formula at fixed a, a distance, from below, so that grad R is its partial derivative; no
  common root a of that and of the equation of a.

Where none of these applies, power series at the start decide, which ask for no formula
(`derive.limits.series_at_start`).
An equality is proved as an identity of closed forms.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Expr, Integer, Poly, Rational, Symbol, linsolve, resultant

from derive.connected import Connected
from derive.exact.identity import is_identity, is_nonzero
from derive.exact.signs import is_defined, sign_of
from derive.limits.branches import Branch
from derive.limits.nearest import BETA, MULTIPLIER, VALUE, Curve, Nearest, is_inside, is_short
from derive.limits.series_at_start import differing
from derive.model import Model
from derive.potentials.potential import Potential
from derive.verdict import Verdict, proved, refuted

STEPS = (Rational(1, 10), Rational(-1, 10), Rational(1, 30))


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of R: for the first coordinate alone, or the branches of the first block; and R in full."""

    single: Nearest | None
    branches: tuple[Branch, ...]
    places: tuple[int, ...]
    total: Expr | None


def versus(known: Known | None, whole: Connected, model: Model, places: tuple[int, ...]) -> Verdict | None:
    """Is R = (2/g_0) Q?  None where it is not decided.

    `known` is None where R has no formula; `places` are the coordinates of the first block.
    """
    q, start = whole.potential, model.start_map()
    if not whole.warp.verdict.is_proved or whole.warp.factor is None:
        return None
    if not q.verdict.is_proved or not q.normalised:
        known = None
    g0 = whole.warp.factor.xreplace(start)
    if not is_defined(g0) or sign_of(g0) != 1:
        return None
    ratio = (2 / g0).factor()
    name = "Q" if (ratio - 1).is_zero else f"{ratio} Q" if ratio.is_Integer else f"({ratio}) Q"
    if (
        known is not None
        and known.total is not None
        and q.value is not None
        and is_identity(known.total - ratio * q.value)
    ):
        return proved(f"R = {name}, identically")
    ones = dict.fromkeys(model.constants, Integer(1))
    gradient = _Gradient(whole=whole, model=model, ratio=ratio.xreplace(ones), ones=ones)
    also = ", all constants 1" if ones else ""
    where = None if known is None else _different(known, gradient)
    if where is not None:
        return refuted(f"R has not the slope of {name} at {where}{also}")
    return _at_start(model, whole.warp.factor, places, name)


def _at_start(model: Model, factor: Expr, places: tuple[int, ...], name: str) -> Verdict | None:
    """By power series at the start (`derive.limits.series_at_start`)."""
    found = differing(model, factor, places)
    if found is None:
        return None
    slope = " + ".join(str(model.coordinates[i]) for i, c in zip(places, found.direction, strict=True) if c)
    also = ", all constants 1" if model.constants else ""
    return refuted(
        f"not at the start{also}: where the slopes of R and {name} are 2 t in the direction "
        f"{slope}, {model.coordinates[places[found.place]]} has {found.nearest} t^{found.order} for R and "
        f"{found.flow} t^{found.order} for Q"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gradient:
    """(2/g_0) grad Q with all constants 1."""

    whole: Connected
    model: Model
    ratio: Expr
    ones: dict[Symbol, Integer]

    def slopes(self, places: Sequence[int]) -> list[Expr] | None:
        given = self.whole.potential.gradient
        return None if given is None else [(self.ratio * given[i]).xreplace(self.ones) for i in places]

    def holds_at(self, point: dict[Symbol, Expr]) -> bool:
        """Do the conditions on the domain of Q hold at the point?"""
        valid = self.whole.potential.validity
        if valid is None or valid.conditions is None:
            return False
        signs = [sign_of(c.expression.xreplace(self.ones).subs(point)) for c in valid.conditions]
        return all(s == 1 if c.strict else bool(s) for s, c in zip(signs, valid.conditions, strict=True))

    def near(self, places: Sequence[int]) -> Iterator[dict[Symbol, Expr]]:
        """Points of the domain close to beta(0), a little further out in every direction."""
        start = {p: v.xreplace(self.ones) for p, v in self.model.start_map().items()}
        first = [self.model.predictor[i].xreplace(start).expand() for i in places]
        if not all(v.is_Rational for v in first):
            return
        for t in (Rational(1, 3), Rational(1), Rational(-1, 10)):
            moved = [v * (1 + t) + t**2 / (i + 2) for i, v in zip(places, first, strict=True)]
            point = {self.model.coordinates[i]: v for i, v in zip(places, moved, strict=True)}
            if self.holds_at(point):
                yield point


def _different(known: Known, gradient: _Gradient) -> str | None:
    """A point where the gradients differ, in words."""
    if known.single is not None:
        return _on_a_line(known.single, gradient)
    betas, slopes = [gradient.model.coordinates[i] for i in known.places], gradient.slopes(known.places)
    for branch in known.branches if slopes is not None else ():
        own = branch.renamed(gradient.ones)
        if len(own.unknowns) > 1:
            found = _at_multipliers(own, betas, slopes or [], gradient)
        else:
            found = _at_points(own, known.places, betas, slopes or [], gradient)
        if found is not None:
            return found
    return None


# -- one coordinate -----------------------------------------------------------------------------------


def _on_a_line(n: Nearest, gradient: _Gradient) -> str | None:
    long = n.equation is not None and not is_short([n.equation.xreplace(gradient.ones)])
    if n.domain is None or (n.closed is None and (n.equation is None or long)):
        return _on_curves(n.curves, gradient)
    low, high = (e.xreplace(gradient.ones) for e in n.domain)
    for b, slope in _slopes(gradient):
        if not is_inside(b, (low, high)):
            continue
        if n.closed is not None:
            difference = n.closed.xreplace(gradient.ones).diff(BETA).subs(BETA, b) - slope
        else:
            assert n.equation is not None
            difference = _clash(n.equation.xreplace(gradient.ones), b, slope)
        if is_nonzero(difference):
            return f"beta = {b}"
    return None


def _on_curves(curves: Sequence[Curve], gradient: _Gradient) -> str | None:
    """The slope of R along a curve, where the dual of Q or its gradient would have to put beta."""
    q, ones = gradient.whole.potential, gradient.ones
    for curve in curves:
        beta, value = curve.beta.xreplace(ones), curve.value.xreplace(ones)
        for mu in STEPS:
            if not is_inside(mu, tuple(e.xreplace(ones) for e in curve.multipliers)):  # pyright: ignore
                continue
            b, slope = beta.subs(MULTIPLIER, mu), (value.diff(MULTIPLIER) / beta.diff(MULTIPLIER)).subs(MULTIPLIER, mu)
            if _contradicts(b, slope / gradient.ratio, q, ones, gradient):
                return f"beta = {b}"
    return None


def _contradicts(b: Expr, s: Expr, q: Potential, ones: dict[Symbol, Integer], gradient: _Gradient) -> bool:
    """Certainly Q'(b) != s."""
    if q.gradient is not None:
        here = {gradient.model.coordinates[0]: b}
        return gradient.holds_at(here) and is_nonzero(q.gradient[0].xreplace(ones).subs(here) - s)
    if q.dual_gradient is None or q.dual_domain is None:
        return False
    low, high = (e.xreplace(ones) for e in q.dual_domain[0])
    dual = q.dual_gradient[0].xreplace(ones)
    return is_inside(s, (low, high)) is True and is_nonzero(dual.subs(q.dual_variables[0], s) - b)


def _slopes(gradient: _Gradient) -> Iterator[tuple[Expr, Expr]]:
    """(beta, slope of the multiple of Q) at a few beta near the start, for the first coordinate."""
    q, ones, model = gradient.whole.potential, gradient.ones, gradient.model
    beta0 = model.predictor[0].xreplace(model.start_map()).xreplace(ones)
    for step in STEPS:
        if q.gradient is not None and beta0.is_Rational:
            slope = q.gradient[0].xreplace(ones).subs(model.coordinates[0], beta0 + step)
            yield beta0 + step, gradient.ratio * slope
        elif q.dual_gradient is not None:
            b = q.dual_gradient[0].xreplace(ones).subs(q.dual_variables[0], step)
            if b.is_Rational:
                yield b, gradient.ratio * step


def _clash(equation: Expr, b: Expr, slope: Expr) -> Expr:
    """Zero where P(R, b) = 0 and P_beta + slope P_R = 0 have a common root R."""
    s = Symbol("s")
    moved = equation.diff(BETA) + s * equation.diff(VALUE)
    return resultant(equation.subs(BETA, b), moved.subs(BETA, b), VALUE).subs(s, slope)


# -- several coordinates ------------------------------------------------------------------------------


def _at_multipliers(branch: Branch, betas: Sequence[Symbol], slopes: Sequence[Expr], gradient: _Gradient) -> str | None:
    """grad R = mu at beta(mu), for mu = (step, 0, ...), where the conditions hold strictly and w(mu) is one point."""
    multipliers, w = branch.unknowns[: len(betas)], branch.unknowns[len(betas) :]
    if not all(e.is_polynomial(*w) and Poly(e, *w).total_degree() <= 1 for e in branch.equations[: len(w)]):
        return None
    for step in STEPS:
        there: dict[Symbol, Expr] = {m: Integer(0) for m in multipliers} | {multipliers[0]: step}
        if any(sign_of(c.subs(there)) != 1 for c in branch.conditions):
            continue
        stationary = [e.subs(there) for e in branch.equations[: len(w)]]
        solved = dict(zip(w, next(iter(linsolve(stationary, *w))), strict=True))
        point = {b: (e + b).subs(solved).expand() for b, e in zip(betas, branch.equations[len(w) :], strict=True)}
        differ = (is_nonzero(s.subs(point) - there[m]) for s, m in zip(slopes, multipliers, strict=True))
        if gradient.holds_at(point) and any(differ):
            return _named(point)
    return None


def _at_points(
    branch: Branch, places: Sequence[int], betas: Sequence[Symbol], slopes: Sequence[Expr], gradient: _Gradient
) -> str | None:
    """The formula of R, or of one unknown, differentiated in beta."""
    for point in gradient.near(places):
        if branch.where is None or any(sign_of(c.subs(point)) != 1 for c in branch.where):
            continue
        for b, slope in zip(betas, slopes, strict=True):
            given = slope.subs(point)
            if not branch.unknowns and is_nonzero(branch.value.diff(b).subs(point) - given):
                return _named(point)
            if len(branch.unknowns) == 1 and is_nonzero(_no_root(branch, b, point, given)):
                return _named(point)
    return None


def _no_root(branch: Branch, beta: Symbol, point: dict[Symbol, Expr], slope: Expr) -> Expr:
    """Zero where the equation of the unknown and (partial R)/(partial beta) = slope have a common root."""
    a, s = branch.unknowns[0], Symbol("s")
    equation = branch.equations[0].subs(point)
    moved = (branch.value.diff(beta).subs(point) - s).together().as_numer_denom()[0]
    if not equation.is_polynomial(a) or not moved.is_polynomial(a) or Poly(moved, a).degree() < 1:
        return Integer(0)
    return resultant(equation, moved, a).subs(s, slope)


def _named(point: dict[Symbol, Expr]) -> str:
    return ", ".join(f"{b} = {v}" for b, v in point.items())
