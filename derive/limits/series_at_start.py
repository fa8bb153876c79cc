"""R against Q by their expansions at the start: for any smooth F, whether or not R or Q has a formula.

Let J(w0) have independent rows, and fix a direction e of the dual space, with V_e = J^T e.  Two curves start at w0:

* w(t) = w0 + t V_e(w(t)).  These are the nearest points for beta(t) = F(w(t)), with grad R = 2 t e (Lagrange; the
  implicit function theorem makes them unique near the start);
* dw/dt = (g_0/g) V_e, a flow on the leaf, along which Hess Q = g M^-1 gives grad Q = g_0 t e.

If R = (2/g_0) Q near the start, both have the same gradient at the same t, hence (the Hessian is invertible) the same
beta(t).  So one coefficient of the two power series of beta that differs refutes it.  The first coefficients agree; the
second ones differ by V_i.Hess F_e V_e/2 + (V_i.V_e) V_e(log g)/2.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from sympy import Add, Dummy, Expr, Function, Integer, Matrix, NumberSymbol, Symbol, factorial

from derive.exact.identity import is_nonzero
from derive.exact.signs import is_defined
from derive.fields.cell import smooth_at_start
from derive.model import Model

ORDER, MAX_PARAMETERS, MAX_COORDINATES, MAX_OPERATIONS = 4, 12, 6, 2000
_T = Dummy("t", real=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """The power of t in which beta_i differs along e: `place` i, `direction` e, and the two coefficients."""

    place: int
    direction: tuple[int, ...]
    order: int
    nearest: Expr
    flow: Expr


def differing(model: Model, factor: Expr, places: Sequence[int]) -> Differing | None:
    """A coefficient that shows R != (2/g_0) Q, with all constants 1; None where none is found.

    `factor` is g in the parameters, `places` are coordinates that share none with others.
    """
    smooth = smooth_at_start(replace(model, predictor=tuple(model.predictor[i] for i in places)))
    if smooth is None:
        return None
    ones = dict.fromkeys(model.constants, Integer(1))
    predictor, factor = [f.xreplace(ones) for f in smooth.predictor], factor.xreplace(ones)
    start = {p: v.xreplace(ones) for p, v in model.start_map().items()}
    used = set().union(*(f.free_symbols for f in (*predictor, factor)))
    w = [p for p in model.parameters if p in used]
    if (
        len(w) > MAX_PARAMETERS
        or len(predictor) > MAX_COORDINATES
        or sum(f.count_ops() for f in (*predictor, factor)) > MAX_OPERATIONS
    ):
        return None
    here = {p: start[p] for p in w}
    jacobian = Matrix([[f.diff(p) for p in w] for f in predictor]).xreplace(here)
    g0 = factor.xreplace(here)
    if any(e.has(Function, NumberSymbol) or not is_defined(e) for e in (*jacobian, g0)):
        return None  # sums of powers of e grow beyond use
    if not is_nonzero((jacobian * jacobian.T).det()):
        return None
    for e in _directions(len(predictor)):
        total = Add(*(c * f for c, f in zip(e, predictor, strict=True)))
        field = [total.diff(p) for p in w]
        for order in range(2, ORDER + 1):
            one = _expanded(predictor, _implicit(field, here, order), order)
            other = _expanded(predictor, _flow([v * g0 / factor for v in field], here, order), order)
            for place, a, b in zip(places, one, other, strict=False):
                if is_defined(a - b) and is_nonzero(a - b):
                    return Differing(place=place, direction=e, order=order, nearest=a, flow=b)
    return None


def _directions(d: int) -> Iterator[tuple[int, ...]]:
    """Unit vectors, and sums of two."""
    for k in range(d):
        yield tuple(int(i == k) for i in range(d))
    for j, k in combinations(range(d), 2):
        yield tuple(int(i in (j, k)) for i in range(d))


def _implicit(field: Sequence[Expr], start: Mapping[Symbol, Expr], order: int) -> dict[Symbol, Expr]:
    """w0 + t V(w) to the order, term by term: the power t^k of w is t^(k-1) of V(w)."""
    w = dict(start)
    for k in range(1, order + 1):
        terms = [_coefficient(v, w, k - 1) for v in field]
        w = {p: x + t * _T**k for (p, x), t in zip(w.items(), terms, strict=True)}
    return w


def _flow(field: Sequence[Expr], start: Mapping[Symbol, Expr], order: int) -> dict[Symbol, Expr]:
    """dw/dt = V(w) to the order: the power t^k of w is t^(k-1) of V(w), over k."""
    w = dict(start)
    for k in range(1, order + 1):
        terms = [_coefficient(v, w, k - 1) / k for v in field]
        w = {p: x + t * _T**k for (p, x), t in zip(w.items(), terms, strict=True)}
    return w


def _expanded(predictor: Sequence[Expr], w: Mapping[Symbol, Expr], order: int) -> list[Expr]:
    return [_coefficient(f, w, order) for f in predictor]


def _coefficient(f: Expr, w: Mapping[Symbol, Expr], k: int) -> Expr:
    """The coefficient of t^k in f(w(t)), by Taylor."""
    path = f.xreplace(dict(w))
    if k == 0:
        return path.xreplace({_T: Integer(0)})
    return (path.diff(_T, k) / factorial(k)).xreplace({_T: Integer(0)}).expand()
