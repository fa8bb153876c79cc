"""A root without a formula: M in beta, c and one function z of w, the root of an equation that is told from others.

    P(z, beta, c) = 0,   P irreducible, z a power of a parameter or the like, with a value at the start.

Along the leaf z is continuous, and while dP/dz is not zero it is the only continuation of its value at the start.  The
signs of the coefficients of P on the leaf of the start may say more:

* dP/dz is a sum of even monomials with coefficients of one sign: P has one real root.
* The coefficients of P, from the highest to the lowest, change their sign once: P has one positive root (Descartes),
  and z is it as long as the constant coefficient is not zero, since z cannot be zero before.  Where z is an even power
  and the constant coefficient alone has the other sign, z is the only root z >= 0 on all of the leaf: for z >= 0, P is
  strictly monotone, if one of its other coefficients is not zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from flint import arb, fmpq, fmpq_poly
from sympy import Expr, Mul, Poly, Symbol, diff

from derive.branch.equations import values_at_start
from derive.branch.relations import TARGET
from derive.branch.steps import Adjoined, Problem
from derive.exact.polynomial_roots import isolated_roots
from derive.exact.signs import settled, sign_of
from derive.model import Model
from derive.names import numbered


class Kind(StrEnum):
    """What tells a root from the others, the best first."""

    REAL = "the only real root"
    NONNEGATIVE = "the only root that is not negative"
    POSITIVE = "the only positive root"
    NEGATIVE = "the only negative root"
    CONTINUED = "the continuous root through that value, as long as it is simple"


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """`unknown` stands for `means`, a function of w, which is `at_start` there, and solves `equation` = 0.

    `kind` holds as long as `nonzero` is not zero, and `slope` > 0 along the branch, where these are given.  `index`:
    (k, n) if it is the k-th of n real roots in increasing order at the start.
    """

    unknown: Symbol
    means: Expr
    equation: Expr
    at_start: Expr
    kind: Kind
    nonzero: Expr | None = None
    slope: Expr | None = None
    index: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class _Certificate:
    kind: Kind
    nonzero: Expr | None = None
    slope: Expr | None = None


def rank(model: Model, p: Problem) -> int:
    """How well the root that was adjoined is told from others; the lower, the better."""
    found = None if p.root is None else _certificate(model, p, p.root)
    return len(Kind) if found is None else list(Kind).index(found.kind)


def described(model: Model, p: Problem) -> Root | None:
    """The root that was adjoined; None where it is not told from others."""
    root = p.root
    found = None if root is None else _certificate(model, p, root)
    if root is None or found is None:
        return None
    (z,) = numbered("zeta", 1, model.symbols)
    there = values_at_start(p.quantities, p.point)
    return Root(
        unknown=z,
        means=root.means,
        equation=root.polynomial.as_expr().xreplace({TARGET: z}),
        at_start=there[root.unknown],
        kind=found.kind,
        nonzero=found.nonzero,
        slope=None if found.slope is None else found.slope.xreplace({TARGET: z}),
        index=_index(root, there),
    )


def _certificate(model: Model, p: Problem, root: Adjoined) -> _Certificate | None:
    there = values_at_start(p.quantities, p.point)
    betas = model.coordinates
    others = {s: v for s, v in there.items() if s not in betas and s != root.unknown}
    polynomial = Poly(root.polynomial.as_expr().xreplace(others if p.quantities.leaf else {}), TARGET)
    if _one_real(polynomial, betas):
        return _Certificate(Kind.REAL)
    signs = [_definite(c, betas) for c in polynomial.all_coeffs()]
    certain = any(s and not c.has(*betas) for s, c in zip(signs[:-1], polynomial.all_coeffs(), strict=False))
    if root.even and certain and _changes(signs) == 1 and _changes(signs[:-1]) == 0:
        return _Certificate(Kind.NONNEGATIVE)
    side = sign_of(settled(there[root.unknown].expand()))
    turned = [s if s is None or side == 1 or (len(signs) - i) % 2 else -s for i, s in enumerate(signs)]
    if side and _changes(turned) == 1:
        last = root.polynomial.all_coeffs()[-1]
        nonzero = _radical(last) if polynomial.all_coeffs()[-1].has(*betas) else None
        return _Certificate(Kind.POSITIVE if side == 1 else Kind.NEGATIVE, nonzero)
    slope = diff(root.polynomial.as_expr(), TARGET)
    way = sign_of(settled(slope.xreplace({TARGET: there[root.unknown]}).xreplace(there).expand()))
    return _Certificate(Kind.CONTINUED, slope=way * slope) if way else None


def _radical(e: Expr) -> Expr:
    """An expression that is zero where e is: its factors, each once, without numbers."""
    return Mul(*(f.as_base_exp()[0] for f in Mul.make_args(e.factor()) if f.free_symbols))


def _definite(e: Expr, betas: Sequence[Symbol]) -> int | None:
    """1 if e >= 0, -1 if e <= 0 for all real beta, by even monomials with coefficients of one sign; 0 if e = 0."""
    if e.is_zero:
        return 0
    if not e.is_polynomial(*betas):
        return None
    terms = Poly(e, *betas).terms()
    signs = {sign_of(settled(c.expand())) for _, c in terms}
    return signs.pop() if len(signs) == 1 and all(k % 2 == 0 for m, _ in terms for k in m) else None


def _changes(signs: Sequence[int | None]) -> int | None:
    """How often the sign changes, at most, where coefficients may also be zero; None where a sign is not known."""
    if None in signs:
        return None
    plain = [s for s in signs if s]
    return sum(1 for a, b in pairwise(plain) if a != b)


def _one_real(polynomial: Poly, betas: Sequence[Symbol]) -> bool:
    """Is P strictly monotone in z, for every beta?"""
    if polynomial.degree() % 2 == 0 or polynomial.LC().has(*betas):
        return False
    listed = [(_definite(c, betas), n) for (n,), c in polynomial.terms() if n]
    signs = {s for s, _ in listed}
    return all(n % 2 == 1 for _, n in listed) and len(signs) == 1 and signs <= {1, -1}


def _index(root: Adjoined, there: Mapping[Symbol, Expr]) -> tuple[int, int] | None:
    """(k, n) at the start, where all numbers there are rational and the root is simple."""
    numbers = [c.xreplace(dict(there)) for c in reversed(root.polynomial.all_coeffs())]
    z0 = there[root.unknown]
    if not all(c.is_Rational for c in (*numbers, z0)):
        return None
    polynomial = fmpq_poly([fmpq(int(c.p), int(c.q)) for c in numbers])
    here = fmpq(int(z0.p), int(z0.q))
    rest = polynomial // fmpq_poly([-here, 1])
    if polynomial(here) != 0 or polynomial.derivative()(here) == 0:
        return None
    real = [r.real for r in isolated_roots(rest) if r.imag.contains(0)]
    return sum(1 for r in real if r < arb(here)) + 1, len(real) + 1
