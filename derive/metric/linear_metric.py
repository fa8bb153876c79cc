"""Metrics that are linear in the predictor: M_ij = q_ij + sum_k p_ijk F_k with rational numbers.

Then M is a function of beta on every leaf, whatever the laws are, and that function is known: closure and elimination
have nothing left to do.  Products U U^T are of this kind (M is S -> 2 (S beta + beta S)), and so is every quadratic
model whose tangent kernel is linear in its outputs.  Coefficients are compared as polynomials over Q.
"""

from flint import fmpq
from sympy import Add, Expr, Integer, Rational

from derive.exact.field import Element
from derive.exact.linear import solve
from derive.fields.dynamics import InducedDynamics

MAX_COORDINATES = 40


def linear_metric(dynamics: InducedDynamics) -> tuple[tuple[Expr, ...], ...] | None:
    """M in beta (d x d), or None where M is not linear in F, or the model not polynomial."""
    field, model = dynamics.field, dynamics.model
    if not field.is_rational or model.constants or not 2 <= len(model.predictor) <= MAX_COORDINATES:
        return None
    basis = [field.one, *map(field.convert, model.predictor)]
    names = (Integer(1), *model.coordinates)
    rows: list[tuple[Expr, ...]] = []
    for i, row in enumerate(dynamics.inverse_metric):
        entries: list[Expr] = []
        for j, element in enumerate(row):
            coefficients = rows[j][i] if j < i else _combined(element, basis, names)
            if coefficients is None:
                return None
            entries.append(coefficients)
        rows.append(tuple(entries))
    return tuple(rows)


def _combined(element: Element, basis: list[Element], names: tuple[Expr, ...]) -> Expr | None:
    """The element as a rational combination of the basis, written in its names."""
    every = [*basis, element]
    if not all(e.denominator.is_constant() for e in every):
        return None
    tables = [e.numerator.to_dict() for e in every]
    monomials = {m for table in tables for m in table}
    if not monomials:
        return Integer(0)
    rows = [[table.get(m, fmpq(0)) for table in tables] for m in monomials]
    found = solve([row[:-1] for row in rows], [row[-1] for row in rows])
    if found is None:
        return None
    return Add(*(Rational(int(c.p), int(c.q)) * name for c, name in zip(found, names, strict=True)))
