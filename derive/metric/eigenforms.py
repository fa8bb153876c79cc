"""The eigenspaces that all solutions X of X M(w) = M(w) X^T have in common.

Solutions are self-adjoint for rho(w) at every w: they can be diagonalised, their eigenvalues are real, and M has no
entry between forms l, l' with l X = x l, l' X = x' l', x != x' (docs/derivations/mixture.md, theorem 1).  Those that
commute with all others are the *center*; they commute with each other, so that one drawn among them has the eigenspaces
of all.

Eigenvalues are rational, of the field of M, or conjugate square roots; what is irrational in another way stays in one
block.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from sympy import QQ, Expr, Integer, Poly, Rational, Symbol, sqrt
from sympy.polys.domains.domain import Domain
from sympy.polys.matrices import DomainMatrix

TRIES = 6
X = Symbol("x")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """Independent linear forms, rows over a field of numbers; M has no entry between two such blocks."""

    rows: DomainMatrix


def eigenforms(solutions: Sequence[DomainMatrix]) -> tuple[Forms, ...]:
    """The forms in the eigenspaces of the center, from a basis of the solutions; empty where there is only one."""
    center = _center(solutions)
    return () if len(center) < 2 else _common(center, center[0].domain)


def _center(solutions: Sequence[DomainMatrix]) -> list[DomainMatrix]:
    """Those that commute with all: with two that are drawn, of which the others are polynomials."""
    if len(solutions) < 2:
        return []
    random, domain = Random(2), solutions[0].domain
    equations = []
    for _ in range(2):
        drawn = _combined(solutions, [random.randint(1, 999) for _ in solutions])
        turned = [(y * drawn - drawn * y).to_list_flat() for y in solutions]
        equations += list(map(list, zip(*turned, strict=True)))
    kernel = DomainMatrix(equations, (len(equations), len(solutions)), domain).nullspace().to_list()
    return [_combined(solutions, c) for c in kernel]


def _combined(solutions: Sequence[DomainMatrix], weights: Sequence[Any]) -> DomainMatrix:
    domain = solutions[0].domain
    total = solutions[0] * domain.zero
    for y, c in zip(solutions, weights, strict=True):
        total = total + y * domain.convert(c)
    return total


def _common(center: Sequence[DomainMatrix], domain: Domain) -> tuple[Forms, ...]:
    """The eigenspaces of an element of the center with as many eigenvalues as there can be."""
    random = Random(4)
    for _ in range(TRIES):
        drawn = _combined(center, [random.randint(-5, 5) for _ in center]).transpose()
        polynomial = Poly.from_list(drawn.charpoly(), gens=X, domain=domain)
        factors = [f for f, _ in polynomial.factor_list()[1]]
        if sum(f.degree() for f in factors) == len(center):
            found = [forms for f in factors for forms in _of_factor(drawn, f, domain)]
            return tuple(found) if len(found) > 1 else ()
    return ()


def _of_factor(x: DomainMatrix, factor: Poly, domain: Domain) -> list[Forms]:
    """The forms of one factor of the characteristic polynomial; two conjugate ones for a quadratic one over Q."""
    coefficients = factor.rep.to_list()
    if len(coefficients) == 3 and domain.is_QQ:
        a, b, c = (Rational(int(e.numerator), int(e.denominator)) for e in coefficients)
        inside = b**2 - 4 * a * c
        if inside.is_positive:
            multiple, root = sqrt(inside.p * inside.q).as_coeff_Mul()
            own = QQ.algebraic_field(root)
            middle, half = own.from_sympy(-b / (2 * a)), own.from_sympy(multiple / (2 * a * inside.q)) * own.unit
            turned = x.convert_to(own)
            return [
                Forms(rows=(turned - _unit(x.shape[0], own) * r).nullspace()) for r in (middle + half, middle - half)
            ]
    value = _unit(x.shape[0], domain) * domain.zero
    for coefficient in coefficients:
        value = value * x + _unit(x.shape[0], domain) * coefficient
    return [Forms(rows=value.nullspace())]


def _unit(d: int, domain: Domain) -> DomainMatrix:
    return DomainMatrix.eye(d, domain).to_dense()


def expressions(rows: DomainMatrix) -> list[list[Expr]]:
    """The entries for SymPy."""
    return [[rows.domain.to_sympy(e) + Integer(0) for e in row] for row in rows.to_list()]
