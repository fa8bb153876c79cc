"""What theory says about the limit of a method, and how far a run is from it.

Losses with a finite root, `X beta = y` in the end:

* gradient descent, SGD and momentum on beta itself: the interpolator closest to the start in l2, for every step size
  (Gunasekar et al. 2018, section 2.1); on a factorisation: argmin Q of the derived potential, as eta -> 0;
* mirror descent, also constrained or with dual momentum: argmin Q for every step size (theorems 1, 1a, 1b);
* natural gradient descent: argmin Q as eta -> 0 (eq. 10), for every step size where Q is quadratic;
* mirror descent with primal momentum (proposition 2a), steepest descent (example 4), AdaGrad: no theorem.

The exponential loss, beta itself: gradient and steepest descent converge in direction to the largest margin under
their norm (theorem 5, bounded steps of at most 1/(B^2 L)); so does descent normalised by the loss, in l2 (Ji and
Telgarsky 2021, steps of at most 1/B^2).  The logistic loss: gradient descent, in l2 (Soudry et al. 2018).  Otherwise no
theorem is applied.

A hypothesis that depends on the run (it converges, it interpolates, its steps are small enough) is the reader's to
judge from the loss that is reported beside this.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb
from sympy import Expr, Integer, Poly, Symbol, oo

from derive.derivation import Derivation
from derive.errors import ToolkitError
from verify.data import DataSet
from verify.losses import LOSSES
from verify.minimise.api import minimise
from verify.optimise.extremal import largest_margin, least_norm
from verify.optimise.method import Method, Settings
from verify.optimise.norms import norm
from verify.optimise.numbers import FLOAT64, Array

EVERY, SMALL, NONE = "every step size", "small steps", "no theorem"
NORMS = {"coordinate": Integer(1), "sign": oo}


@dataclass(frozen=True, slots=True, kw_only=True)
class Theory:
    """`holds` is one of EVERY, SMALL, NONE; `predictor` are enclosures or floats of the limit point where one was
    computed; `direction` a unit vector in the norm `p`, of margin `margin`, where the limit is a direction."""

    holds: str
    statement: str
    source: str
    predictor: tuple[Any, ...] | None = None
    direction: Array | None = None
    margin: float | None = None
    p: Expr | None = None


def theory(
    method: Method,
    derivation: Derivation,
    constants: dict[Symbol, Expr],
    data: DataSet,
    settings: Settings,
    *,
    loss: str,
    uses_margins: bool,
    digits: int,
) -> Theory:
    """What is known.  A limit that exists and could not be computed is said so in `statement`."""
    try:
        if uses_margins:
            return _direction(method, derivation, data, settings, loss)
        return _point(method, derivation, constants, data, settings, digits)
    except ToolkitError as error:
        return Theory(holds=NONE, statement=f"nothing to compare with: {error}", source="")


def _is_linear(derivation: Derivation) -> bool:
    model = derivation.model
    return model.predictor == model.parameters and model.parameter_metric is None


def _direction(method: Method, derivation: Derivation, data: DataSet, settings: Settings, loss: str) -> Theory:
    p = NORMS.get(method.name, settings.norm or Integer(2))
    known = loss in LOSSES and method.family in ("gradient", "normalised", "steepest")
    if not known or not _is_linear(derivation):
        return Theory(holds=NONE, statement="no theorem on the limit direction is applied here", source="")
    found = largest_margin(np.array([[float(e) for e in row] for row in data.signed]), p)
    holds, condition, source = _direction_scope(method, loss, p)
    return Theory(
        holds=holds,
        statement=f"the direction converges to the largest l_{p} margin, {condition}",
        source=source,
        direction=found.direction,
        margin=found.margin,
        p=p,
    )


def _direction_scope(method: Method, loss: str, p: Expr) -> tuple[str, str, str]:
    """For which steps the direction is proved to converge, under which condition, and where."""
    if method.family == "normalised":
        if loss == "exponential":
            return EVERY, "for steps of at most 1/B^2", "ji2021"
        return NONE, "which is proved for the exponential loss", "ji2021"
    if loss == "exponential":
        return EVERY, "for bounded steps of at most 1/(B^2 L)", "gunasekar2018, theorem 5"
    if p == 2:
        return EVERY, "for steps below 2 over the smoothness of the loss", "soudry2018"
    return NONE, "which is proved for the exponential loss and expected for this one", "gunasekar2018, section 3"


def _point(
    method: Method,
    derivation: Derivation,
    constants: dict[Symbol, Expr],
    data: DataSet,
    settings: Settings,
    digits: int,
) -> Theory:
    p = NORMS.get(method.name, settings.norm or Integer(2))
    if method.family == "adagrad":
        return Theory(holds=NONE, statement="the limit depends on step size and start", source=method.source)
    if method.family == "steepest" and p != 2:
        return _least_norm(derivation, constants, data, p)
    if method.family == "steepest" and not _is_linear(derivation):
        return Theory(holds=NONE, statement="no theorem for steepest descent on parameters", source="")
    holds, source = _scope(method, derivation)
    enclosed = minimise(
        derivation, _with_constraints(data, settings), subject_to="interpolation", digits=digits, constants=constants
    )
    what = "the interpolator closest to the start in l2" if _is_linear(derivation) else "argmin Q under X beta = y"
    notes = {SMALL: ", as the step goes to 0", EVERY: ", for every step size with which the method interpolates"}
    return Theory(
        holds=holds,
        statement=what + notes.get(holds, ": what the method would have to reach, and does not in general"),
        source=source,
        predictor=enclosed.beta,
    )


def _scope(method: Method, derivation: Derivation) -> tuple[str, str]:
    if method.family == "mirror":
        return EVERY, "gunasekar2018, theorems 1, 1a, 1b"
    if method.family == "mirror-primal":
        return NONE, "gunasekar2018, proposition 2a"
    if method.family == "natural":
        return (EVERY if _is_quadratic(derivation) else SMALL), "gunasekar2018, eq. (10)"
    if _is_linear(derivation):
        return EVERY, "gunasekar2018, section 2.1"
    return SMALL, "gunasekar2018, eq. (10); azulay2021, section 5"


def _is_quadratic(derivation: Derivation) -> bool:
    """Is grad Q affine in beta?"""
    q = derivation.potential
    return q.gradient is not None and all(
        g.is_polynomial(*q.variables) and Poly(g, *q.variables).total_degree() <= 1 for g in q.gradient
    )


def _with_constraints(data: DataSet, settings: Settings) -> DataSet:
    """The equations X beta = y and G beta = h together."""
    rows = tuple(row for row, _ in settings.constraints)
    right = tuple(h for _, h in settings.constraints)
    return DataSet(name=data.name, X=data.X + rows, y=data.y + right)


def _least_norm(derivation: Derivation, constants: dict[Symbol, Expr], data: DataSet, p: Expr) -> Theory:
    if not _is_linear(derivation):
        return Theory(holds=NONE, statement="no theorem for steepest descent on parameters", source="")
    start = np.array([float(v.xreplace(constants)) for v in derivation.model.start or ()])
    x = np.array([[float(e) for e in row] for row in data.X])
    found = least_norm(x, np.array([float(v) for v in data.y]), p, start)
    return Theory(
        holds=NONE,
        statement=f"the interpolator closest to the start in l_{p}, which steepest descent does not reach in general",
        source="gunasekar2018, example 4",
        predictor=tuple(found),
    )


def distance(found: Theory, beta: Sequence[arb]) -> arb | None:
    """From the limit point: the largest difference over its largest coordinate (over 1 where it is zero).  From a limit
    direction: the largest difference of the unit vectors.  None where there is neither.  At the current precision."""
    if found.direction is not None:
        return arb(float(max(abs(unit_vector(beta, found.p) - found.direction))))
    if found.predictor is None:
        return None
    limit = [b.mid() if isinstance(b, arb) else arb(float(b)) for b in found.predictor]
    gap = largest([a - b for a, b in zip(beta, limit, strict=True)])
    return (gap / (largest(limit) if any(limit) else 1)).mid()


def largest(values: Sequence[arb]) -> arb:
    """The largest absolute value of midpoints."""
    return max((abs(v.mid()) for v in values), key=lambda v: v.mid())


def unit_vector(beta: Sequence[arb], p: Expr | None) -> Array:
    """beta over its l_p norm, in float64, whatever its size; zero where beta is."""
    top = largest(beta)
    scaled = np.array([float(b / top) for b in beta]) if top > 0 else np.zeros(len(beta))
    return scaled / (norm(FLOAT64, scaled, p or Integer(2)) or 1.0)
