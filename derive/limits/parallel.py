"""R for F = s w, a vector w with a scalar factor s of other parameters: the level set turns around one line.

Where every coordinate is F_i = c_i s w_i, the vector is parallel to b = (beta_i/c_i), w = t b/|b|, and with
c = w0.b/|b|

    |w - w0|^2 = (t - c)^2 + |w0|^2 - c^2,

so that only s t = |b| is left, one coordinate, in every dimension.

* s = C a_1^k_1 ... a_m^k_m: the monomial of `derive.limits.factors`, with the start (a0, c).  For s = C a it is also a
  quadratic, known everywhere: a root of the quartic a^4 - a0 a^3 + a (b.w0) - |b|^2 with | |b|^2 - a b.w0 | <= a^2 |b|.
* s = C g/|w|: t is free up to its sign, hence t = c where c > 0, and g = |b|/C.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sympy import Add, Expr, Min, Symbol, cancel, prod, sqrt

from derive.exact.identity import is_identity
from derive.exact.signs import sign_of
from derive.limits.branches import Branch
from derive.limits.monomials import Monomial, monomial_of
from derive.model import Model

_LINE = "F = s w: w is parallel to beta, and one coordinate is left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel:
    """F_i = c_i s w_i: `weights` c (rational), `factor` s, which may contain w through |w| alone."""

    vector: tuple[Symbol, ...]
    weights: tuple[Expr, ...]
    factor: Expr


def parallel_of(part: Model) -> Parallel | None:
    """The vector of a model with two or more coordinates; None where there is none."""
    first = part.predictor[0]
    if len(part.predictor) < 2:
        return None
    for p in sorted(first.free_symbols & set(part.parameters), key=part.parameters.index):
        ratios = [cancel(f * p / first) for f in part.predictor]
        pairs = [_weighted(r, part.parameters) for r in ratios]
        if any(pair is None for pair in pairs):
            continue
        vector = tuple(pair[1] for pair in pairs if pair is not None)
        found = Parallel(
            vector=vector, weights=tuple(pair[0] for pair in pairs if pair is not None), factor=cancel(first / p)
        )
        if len(set(vector)) == len(vector) and _is_radial(found):
            return found
    return None


def _weighted(ratio: Expr, parameters: Sequence[Symbol]) -> tuple[Expr, Symbol] | None:
    number, rest = ratio.as_independent(*parameters)
    return (number, rest) if rest in parameters and number.is_Rational and not number.is_zero else None


def _is_radial(found: Parallel) -> bool:
    """s does not change where w turns."""
    s, w = found.factor, found.vector
    return all(is_identity(p * s.diff(q) - q * s.diff(p)) for p, q in pairwise(w))


def along_a_line(part: Model) -> tuple[Branch, ...]:
    """R for F = s w from a start; no branch where F is not of this form or s is none of those of the module."""
    found = parallel_of(part)
    if found is None or part.start is None:
        return ()
    start = part.start_map()
    b = [beta / c for beta, c in zip(part.coordinates, found.weights, strict=True)]
    here = _Line(
        square=Add(*(x**2 for x in b)),
        dot=Add(*(x * start[p] for x, p in zip(b, found.vector, strict=True))),
        w0=tuple(start[p] for p in found.vector),
    )
    scalars = tuple(p for p in part.parameters if p not in found.vector)
    if found.factor.free_symbols & set(found.vector):
        return _normalised(found, scalars, start, here)
    monomial = monomial_of(found.factor, scalars)
    return () if monomial is None else tuple(_branches(monomial, scalars, [start[p] for p in scalars], here))


@dataclass(frozen=True, slots=True)
class _Line:
    """|b|^2, b.w0 and w0, before the coefficient C of s is divided out."""

    square: Expr
    dot: Expr
    w0: tuple[Expr, ...]

    def over(self, c: Expr) -> "_Line":
        return _Line(self.square / c**2, self.dot / c, self.w0)

    def rest(self, size: Expr) -> Expr:
        """|b/P - w0|^2 for P = size."""
        return self.square / size**2 - 2 * self.dot / size + Add(*(v**2 for v in self.w0))


def _branches(monomial: Monomial, scalars: Sequence[Symbol], start: Sequence[Expr], line: _Line) -> Iterator[Branch]:
    here = line.over(monomial.coefficient)
    if monomial.exponents == (1,):
        yield _quartic(scalars[0], start[0], here)
        return
    if all(sign_of(v) for v in start):  # a scalar that starts at 0 freezes all directions but one
        yield from _powers(monomial, scalars, start, here)


def _quartic(a: Symbol, a0: Expr, here: _Line) -> Branch:
    square, dot = here.square, here.dot
    return Branch(
        reason=f"{_LINE}, a quadratic, whose Lagrange function is convex at this root",
        unknowns=(a,),
        equations=((a**4 - a0 * a**3 + a * dot - square).expand(),),
        conditions=((a**4 * square).expand() - (square - a * dot) ** 2,),
        value=(a - a0) ** 2 + here.rest(a),
    )


def _powers(monomial: Monomial, scalars: Sequence[Symbol], start: Sequence[Expr], here: _Line) -> Iterator[Branch]:
    """Away from 0 beyond the start, and near it.

    Signs as in `derive.limits.factors`: a_i = e_i x_i, the sign of the product goes to w0, and x_1 is the unknown.
    """
    signs = [sign_of(v) or 1 for v in start]
    sizes = [(v * s).expand() for v, s in zip(start, signs, strict=True)]
    x1, k1 = signs[0] * scalars[0], monomial.exponents[0]
    mu = x1 * (x1 - sizes[0]) / k1
    roots = [y**2 + 4 * k * mu for y, k in zip(sizes, monomial.exponents, strict=True)]
    alike = [(y - sizes[0]).is_zero and k == k1 for y, k in zip(sizes, monomial.exponents, strict=True)]
    x = [x1 if same else (y + sqrt(root)) / 2 for y, root, same in zip(sizes, roots, alike, strict=True)]
    power = prod(v**k for v, k in zip(x, monomial.exponents, strict=True))
    line = _Line(here.square, prod(signs[i] for i in monomial.odd) * here.dot, here.w0)
    cost = Add(*((v - y) ** 2 for v, y in zip(x, sizes, strict=True)))
    known = Branch(
        reason=f"{_LINE}, a monomial, whose factors increase with the multiplier",
        unknowns=(scalars[0],),
        equations=((line.square - line.dot * power - mu * power**2).expand(),),
        value=cost + line.rest(power),
    )
    first = prod(y**k for y, k in zip(sizes, monomial.exponents, strict=True))
    beyond = (line.square - first * line.dot).expand()
    yield replace(known, conditions=(x1 - sizes[0],), where=(*_lowest(monomial, sizes, line), beyond))
    c = line.dot / sqrt(line.square)
    total = cost + (sqrt(line.square) / power - c) ** 2
    real = [root for root, same in zip(roots, alike, strict=True) if not same]
    small = [y**2 - 4 * total for y in (*dict.fromkeys(sizes), c)]
    yield replace(
        known,
        reason=f"{_LINE}, a monomial, convex in the logarithms near the start",
        conditions=(sizes[0] - x1, line.dot, *real, *small),
        where=None,
    )


def _lowest(monomial: Monomial, sizes: Sequence[Expr], line: _Line) -> tuple[Expr, ...]:
    """c >= -min y_i over the scalars that could turn round instead of w; c >= 0 where their order is not certain."""
    odd = monomial.odd
    if not odd:
        return ()
    least = Min(*(sizes[i] for i in odd))
    if any(monomial.exponents[i] != 1 for i in odd) or isinstance(least, Min):
        return (line.dot,)
    return (line.dot + least * sqrt(line.square),)


def _normalised(
    found: Parallel, scalars: Sequence[Symbol], start: Mapping[Symbol, Expr], line: _Line
) -> tuple[Branch, ...]:
    """s = C g/|w|: beyond beta.w0 = 0 no nearest point is left, since w tends to 0, where there is no model."""
    size = sqrt(Add(*(p**2 for p in found.vector)))
    rest = cancel(found.factor * size)
    if len(scalars) != 1 or not (rest / scalars[0]).is_Rational:
        return ()
    here, g0 = line.over(rest / scalars[0]), start[scalars[0]]
    side = sign_of(g0)  # (g, w) and (-g, -w) are one point of the level
    if not side:
        return ()
    value = (sqrt(here.square) - side * g0) ** 2 + Add(*(v**2 for v in here.w0)) - here.dot**2 / here.square
    return (Branch(reason=f"{_LINE}, with a length that is free", value=value, where=(side * here.dot,)),)
