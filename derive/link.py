"""Links: outputs `sigma(x . beta)` with a strictly increasing sigma, such as the leaky ReLU.

The chain rule gives grad L = sum_n l'(sigma(x_n . beta), y_n) sigma'(x_n . beta) x_n: another combination of the same
rows x_n.  So M, the laws and Q are those of the model without the link, grad Q(beta) stays in the span of the rows, and
a limit that fits the labels minimises Q under x_n . beta = sigma^-1(y_n) (Azulay et al. 2021, theorem 8.1, for one
leaky-ReLU neuron a sigma(w . x) = sigma(x . beta), beta = a w, a > 0).

Whether sigma increases is decided exactly, piece by piece between the kinks of Abs(a z + b), and is required.  The
inverse is written where sigma is piecewise linear: then sigma^-1 is again one, and is exact on rational labels.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sympy import Abs, Expr, Integer, Poly, Rational, Symbol, exp, oo, sign

from derive.errors import InputError
from derive.exact.signs import sign_of

LABEL = Symbol("y", real=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """sigma on the open interval (low, high), without absolute values."""

    low: Expr
    high: Expr
    formula: Expr


def check_link(link: Expr) -> Symbol:
    """The variable of a link.  Raises `InputError` unless sigma is a function of one symbol that surely increases."""
    if len(link.free_symbols) != 1:
        received = f"{link} in {', '.join(sorted(map(str, link.free_symbols))) or 'no symbol'}"
        raise InputError("a link is a function of one symbol", received=received, hint='"(11*z + 9*Abs(z))/20"')
    (z,) = link.free_symbols
    listed = pieces(link)
    if listed is None:
        raise InputError(
            "the kinks of the link are not understood", expected="Abs of linear functions", received=str(link)
        )
    for left, right in pairwise(listed):
        if not (left.formula - right.formula).subs(z, left.high).equals(0):
            where = f"{link} at {z} = {left.high}"
            raise InputError("the link jumps", expected="a continuous function", received=where)
    for piece in listed:
        if not _increases(piece, z):
            where = f"on ({piece.low}, {piece.high})"
            raise InputError(
                "the link is not known to increase strictly", expected="sigma' > 0", received=f"{link} {where}"
            )
    return z


def pieces(link: Expr) -> tuple[Piece, ...] | None:
    """sigma between its kinks, from left to right; None where a kink is not the zero of a linear function."""
    (z,) = link.free_symbols
    inner = {f.args[0] for f in link.atoms(Abs, sign)}
    if not all(u.is_polynomial(z) for u in inner):
        return None
    linear = [Poly(u, z) for u in inner]
    if not all(u.degree() == 1 and all(c.is_Rational for c in u.coeffs()) for u in linear):
        return None
    kinks = sorted({-u.nth(0) / u.nth(1) for u in linear})
    bounds = [-oo, *kinks, oo]
    result = []
    for low, high in pairwise(bounds):
        inside = _between(low, high)
        chosen = {f: _side(f, z, inside) for f in link.atoms(Abs, sign)}
        result.append(Piece(low=low, high=high, formula=link.xreplace(chosen).expand()))
    return tuple(result)


def _between(low: Expr, high: Expr) -> Expr:
    if low == -oo:
        return Integer(0) if high == oo else high - 1
    return low + 1 if high == oo else (low + high) / 2


def _side(f: Expr, z: Symbol, inside: Expr) -> Expr:
    positive = f.args[0].subs(z, inside) > 0
    if isinstance(f, sign):
        return Integer(1 if positive else -1)
    return f.args[0] if positive else -f.args[0]


def _increases(piece: Piece, z: Symbol) -> bool:
    slope = piece.formula.diff(z)
    if not slope.has(z):
        return sign_of(slope) == 1
    if slope.is_polynomial(z) and all(c.is_Rational for c in Poly(slope, z).coeffs()):
        polynomial = Poly(slope, z)
        odd = [Poly(f, z) for f, k in polynomial.factor_list()[1] if k % 2]
        crossings = [r for f in odd for r in f.real_roots() if piece.low < r < piece.high]
        return not crossings and polynomial.eval(_free(polynomial, piece)) > 0
    return bool(slope.is_positive or slope.rewrite(exp).together().factor().is_positive)


def _free(polynomial: Poly, piece: Piece) -> Rational:
    """A point of the piece where the polynomial does not vanish."""
    at = _between(piece.low, piece.high)
    end = piece.high if piece.high != oo else at + 2
    while polynomial.eval(at) == 0:
        at = (at + end) / 2
    return at


def inverse(link: Expr) -> Expr | None:
    """sigma^-1 in LABEL for a piecewise linear sigma; None for another one."""
    (z,) = link.free_symbols
    listed = pieces(link) or ()
    if not listed or not all(Poly(p.formula, z).degree() == 1 if p.formula.is_polynomial(z) else False for p in listed):
        return None
    slopes = [1 / p.formula.diff(z) for p in listed]
    levels = [p.formula.subs(z, p.high) for p in listed[:-1]]
    found = LABEL * (slopes[0] + slopes[-1]) / 2
    for before, after, level in zip(slopes, slopes[1:], levels, strict=False):
        found += (after - before) / 2 * Abs(LABEL - level)
    return (found + _offset(listed, found, z)).expand()


def _offset(listed: Sequence[Piece], found: Expr, z: Symbol) -> Expr:
    inside = _between(listed[0].low, listed[0].high)
    return inside - found.subs(LABEL, listed[0].formula.subs(z, inside))
