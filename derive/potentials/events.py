"""Events that end a statement: points of the leaf where g vanishes, or where F has a kink or ends.

The predictor and the parameter metric are written with functions that are smooth but at the zeros of

    the argument of Abs or sign (a kink),
    the argument of a logarithm, a radicand, a denominator, the cosine under a tangent (F ends),

and the warp g is positive until a factor of it vanishes.  Each such u = 0 is an event, unless it cannot happen on
the leaf of the start, for one of four reasons that are checked exactly:

* u is positive everywhere, as a formula;
* u itself is conserved, and not zero at the start;
* {u = 0} is invariant: V_i(u) vanishes wherever u does, and a flow of smooth fields never enters such a set;
* a conserved quantity forbids it: for the law h, h at u = 0 is a sum of even monomials with coefficients of one
  sign, and the value of h on the leaf has the other sign.  Where that value is zero, all those monomials vanish
  with u, and if every V_i does too the point is a rest point, reached in the limit at most.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sympy import Abs, Add, Expr, ImmutableDenseMatrix, Integer, Mul, Poly, Pow, Symbol, cos, log, sign, tan
from sympy.polys.matrices import DomainMatrix

from derive.exact.identity import is_identity
from derive.exact.signs import is_defined, settled, sign_of
from derive.model import Model

MAX_SIZE, MAX_OPERATIONS = 5, 200


class Kind(StrEnum):
    """What happens where the expression of an event vanishes."""

    WARP = "the warp g vanishes and may change its sign"
    KINK = "the predictor has a kink"
    END = "the predictor or its metric is not defined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`expression` (in the parameters) = 0: the statement ends there, for the reason `kind`."""

    expression: Expr
    kind: Kind


def events(model: Model, laws: Sequence[Expr], factor: Expr | None) -> tuple[Event, ...]:
    """The events that were not excluded; `factor` is the signed warp in the parameters, None where there is none."""
    found: dict[Expr, Kind] = {}
    formulas = [*model.predictor, *(model.parameter_metric or ())]
    for kind, u in [*((Kind.KINK, k) for k in model.kinks), *_candidates(formulas, factor)]:
        for base in _bases(u, model.parameters):
            found.setdefault(base, kind)
    start = model.start_map()
    return tuple(
        Event(expression=u, kind=kind)
        for u, kind in found.items()
        if not _excluded(u, model, [(h, settled(h.xreplace(start).expand())) for h in laws] if start else [])
    )


def _candidates(formulas: Iterable[Expr], factor: Expr | None) -> Iterable[tuple[Kind, Expr]]:
    for e in formulas:
        for f in e.atoms(Abs, sign):
            yield Kind.KINK, f.args[0]
        for f in e.atoms(log):
            yield Kind.END, f.args[0]
        for f in e.atoms(tan):
            yield Kind.END, cos(f.args[0])
        for power in e.atoms(Pow):
            if not (power.exp.is_Integer and power.exp.is_nonnegative):
                yield Kind.END, power.base
    if factor is not None:
        yield Kind.WARP, factor
        for f in factor.atoms(Abs):
            yield Kind.WARP, f.args[0]


def _bases(u: Expr, parameters: Sequence[Symbol]) -> list[Expr]:
    """The factors of u that depend on the parameters; |v| is v."""
    plain = u.replace(Abs, lambda v: v)
    bases = [f.as_base_exp()[0] for f in Mul.make_args(plain.together().factor())]
    return [b for b in bases if b.free_symbols & set(parameters) and not b.is_positive and not b.is_negative]


def _excluded(u: Expr, model: Model, laws: Sequence[tuple[Expr, Expr]]) -> bool:
    if any(e.free_symbols & set(model.parameters) for e in model.parameter_metric or ()):
        return False
    if _never(u, model) or _conserved(u, model):
        return True
    return _invariant(u, model) or (u.is_Symbol and any(_forbidden(u, h, c, model) for h, c in laws))


def _constant_term(u: Expr, model: Model) -> bool:
    return bool(sign_of(u.xreplace(dict.fromkeys(model.parameters, Integer(0)))))


def _definite(polynomial: Poly) -> int | None:
    """1 or -1 where every monomial is even and all coefficients have that sign."""
    signs = {sign_of(c) for c in polynomial.coeffs()}
    even = all(k % 2 == 0 for m in polynomial.monoms() for k in m)
    return signs.pop() if even and len(signs) == 1 and signs <= {1, -1} else None


def _conserved(u: Expr, model: Model) -> bool:
    """V_i(u) = 0 identically, and u not zero at the start."""
    slopes = [sum((f.diff(p) * u.diff(p) for p in model.parameters), Integer(0)) for f in model.predictor]
    there = sign_of(settled(u.xreplace(model.start_map()).expand())) if model.start is not None else None
    return bool(there) and all(is_identity(s) for s in slopes)


def _invariant(u: Expr, model: Model) -> bool:
    """V_i(u) = 0 wherever u = 0, for smooth fields; the parameter metric is constant."""
    if not all(f.is_polynomial(*model.parameters) for f in (u, *model.predictor)):
        return False
    slope = ImmutableDenseMatrix([u.diff(p) for p in model.parameters])
    raised = slope if model.parameter_metric is None else model.parameter_metric.inv() * slope
    slopes = [Add(*(f.diff(p) * c for p, c in zip(model.parameters, raised, strict=True))) for f in model.predictor]
    divisor = Poly(u, *model.parameters)
    return all(Poly(s, *model.parameters).rem(divisor).is_zero for s in slopes)


def _forbidden(u: Expr, law: Expr, there: Expr, model: Model) -> bool:
    """Does the law h = there keep u away from zero?"""
    if not law.is_polynomial(*model.parameters) or not is_defined(there):
        return False
    rest = law.xreplace({u: Integer(0)}).expand()
    others = [p for p in model.parameters if p != u]
    if rest.is_zero:
        return bool(sign_of(there))
    kind = _definite(Poly(rest, *others)) if not _constant_term(rest, model) else None
    value = sign_of(there)
    if kind is None or value is None:
        return False
    if value:
        return value == -kind
    if not all(f.is_polynomial(*model.parameters) for f in model.predictor):
        return False  # a field that is not smooth may reach a point of rest in finite time
    alone = {p for m in Poly(rest, *others).monoms() for p, k in zip(others, m, strict=True) if k == sum(m)}
    if alone != rest.free_symbols & set(others):
        return False  # a product of parameters vanishes with one of them
    zero: Mapping[Symbol, Expr] = {p: Integer(0) for p in {u, *alone}}
    fields = [f.diff(p).xreplace(dict(zero)) for f in model.predictor for p in model.parameters]
    return all(f.is_zero for f in fields)


def degeneracies(model: Model, rows: Sequence[Sequence[Expr]]) -> tuple[Expr, ...] | None:
    """Factors of det M(w), of which one vanishes exactly where M is singular; None where the determinant is large.

    A factor whose monomials are even and of one sign, and whose zero is also one of another factor, is left out.
    """
    if len(rows) > MAX_SIZE or sum(e.count_ops() for row in rows for e in row) > MAX_OPERATIONS:
        return None
    matrix = DomainMatrix.from_Matrix(ImmutableDenseMatrix(rows))
    determinant = matrix.domain.to_sympy(matrix.det()).together().factor()
    bases = [b for b in _bases(determinant, model.parameters) if not _never(b, model)]
    symbols = {b for b in bases if b.is_Symbol}
    return tuple(b for b in bases if b in symbols or not any(_implies(b, a, model) for a in symbols))


def _never(u: Expr, model: Model) -> bool:
    definite = u.is_polynomial(*model.parameters) and _definite(Poly(u, *model.parameters))
    return bool(definite) and _constant_term(u, model)


def _implies(u: Expr, a: Expr, model: Model) -> bool:
    """Is a = 0 wherever u = 0?  So if u is a sum of even monomials of one sign, one of which is a power of a."""
    if not u.is_polynomial(*model.parameters):
        return False
    polynomial = Poly(u, *model.parameters)
    alone = any(sum(m) and m[model.parameters.index(a)] == sum(m) for m in polynomial.monoms())
    return bool(_definite(polynomial)) and alone
