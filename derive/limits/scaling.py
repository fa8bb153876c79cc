"""Homogeneity: how a derivation scales with the constants of its start.

A function f is homogeneous of degree m in variables x if f(lambda x) = lambda^m f(x) for lambda > 0,
which on every ray of its domain is Euler's identity sum_j x_j df/dx_j = m f.  We read m off at one
exact point and then prove Euler's identity.

Let the start be homogeneous of degree h in some constants c, F of degree D in w, the parameter metric
of degree k and the warp g of degree gamma.  The gradient fields V_i = G^-1 grad F_i are then
homogeneous, so w -> lambda w maps orbits to orbits, M(lambda w) = lambda^(2D - 2 - k) M(w), and
Hess Q = g H with Q = grad Q = 0 at the start gives

    Q_{lambda c}(beta) = lambda^(h (gamma + 2 + k)) Q_c(beta / lambda^(h D)).           (*)

One function Q_c decides all scales: lambda -> oo is its Taylor expansion at beta(0), lambda -> 0
its growth at infinity.  (For depth-D diagonal nets: Woodworth et al. 2020, section 5.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from sympy import Add, Derivative, DiracDelta, Expr, Integer, Mul, Pow, Rational, Symbol

from derive.exact.identity import is_identity
from derive.exact.points import sample_points
from derive.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Equation (*): Q_{lambda c}(beta) = lambda^potential Q_c(beta / lambda^predictor).

    `constants` are the c that are scaled together; `predictor` = h D > 0, `potential` = h (gamma + 2 + k).
    """

    constants: tuple[Symbol, ...]
    predictor: Expr
    potential: Expr


def degree(expression: Expr, symbols: Sequence[Symbol]) -> Expr | None:
    """The degree of homogeneity in the symbols, rational and proved by Euler's identity; None otherwise.

    Where exponents are constants, the degree is an expression in them, read off sums and products of powers.

    The zero function has every degree; it is given None, and callers skip it.
    """
    if any(u.exp.free_symbols and u.base.free_symbols & set(symbols) for u in expression.atoms(Pow)):
        return _degree_of_powers(expression, set(symbols))
    free = expression.free_symbols
    symbols = [x for x in symbols if x in free]
    euler = Add(*(x * expression.diff(x) for x in symbols))
    if euler.has(Derivative, DiracDelta):  # of sign and Abs, where they are not differentiated
        return None
    others = sorted(expression.free_symbols - set(symbols), key=str)
    for point in islice(sample_points(symbols, others), 6):
        there = expression.xreplace(point)
        if there.is_zero or not there.is_finite:
            continue
        found = (euler.xreplace(point) / there).expand()
        if isinstance(found, Rational) and is_identity(euler - found * expression):
            return found
        return None
    return None


def _degree_of_powers(e: Expr, symbols: set[Symbol]) -> Expr | None:
    """The degree of sums and products of powers, whose exponents may be constants (depth D), for positive symbols."""
    if not e.free_symbols & symbols:
        return Integer(0)
    if e in symbols:
        return Integer(1)
    if isinstance(e, Pow) and not e.exp.free_symbols & symbols:
        inner = _degree_of_powers(e.base, symbols)
        return None if inner is None else (inner * e.exp).expand()
    if not isinstance(e, (Add, Mul)):
        return None
    parts = [_degree_of_powers(a, symbols) for a in e.args]
    if any(d is None for d in parts):
        return None
    if isinstance(e, Mul):
        return Add(*(d for d in parts if d is not None)).expand()
    return parts[0] if len(set(parts)) == 1 else None


def common_degree(expressions: Sequence[Expr], symbols: Sequence[Symbol]) -> Expr | None:
    """The one degree that all expressions share (zeros apart); None where there is none."""
    found = {degree(e, symbols) for e in set(expressions) if not e.is_zero}
    return found.pop() if len(found) == 1 else None


def scaled_constants(model: Model) -> list[tuple[tuple[Symbol, ...], Expr]]:
    """(c, h): sets of constants in which the start is homogeneous of degree h > 0; single ones first.

    All constants of the start together are tried only where no single one works.
    """
    start = model.start or ()
    fixed = [*model.predictor, *model.restrict, *(model.parameter_metric or ())]
    elsewhere: set[Symbol] = set().union(*(e.free_symbols for e in fixed))
    free: set[Symbol] = set().union(*(e.free_symbols for e in start)) if start else set()
    names = tuple(sorted(free - elsewhere, key=str))
    singles = [(c,) for c in names]
    candidates = [(chosen, common_degree(start, chosen)) for chosen in singles]
    found = [(chosen, h) for chosen, h in candidates if h is not None and h.is_positive]
    if not found and len(names) > 1:
        h = common_degree(start, names)
        found = [(names, h)] if h is not None and h.is_positive else []
    return found


def scaling(part: Model, factor: Expr, constants: tuple[Symbol, ...], h: Expr) -> Scaling | None:
    """(*) for a connected block, the warp g, and constants in which the start has degree h."""
    parameters = part.parameters
    entries: list[Expr] = [] if part.parameter_metric is None else [e for e in part.parameter_metric if not e.is_zero]
    d = common_degree(part.predictor, parameters)
    k = common_degree(entries, parameters) if entries else Integer(0)
    gamma = degree(factor, parameters) if factor.free_symbols & set(parameters) else Integer(0)
    if factor.free_symbols & set(constants):
        return None  # g itself changes with the scale
    if d is None or k is None or gamma is None or not d.is_positive:
        return None
    return Scaling(constants=constants, predictor=h * d, potential=h * (gamma + 2 + k))
