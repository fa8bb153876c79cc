"""Conditions in beta under which formulas are analytic.

A condition is `e > 0`, or `e != 0` where the sign at the start is not certain.  Each elementary function asks for its
own: log u and roots for u > 0, acosh u for u > 1, |u| for u != 0.  An argument is taken apart into the factors that may
vanish (`derive.potentials.positivity`): beta moves in the connected set around beta(0) on which none of them does, so
that a product keeps its sign there.  Conditions that always hold are left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import (
    Abs,
    Dummy,
    Expr,
    ImmutableDenseMatrix,
    Mul,
    Pow,
    Symbol,
    acosh,
    atanh,
    cos,
    default_sort_key,
    log,
    sign,
    tan,
)
from sympy.polys.matrices import DomainMatrix

from derive.exact.signs import settled, sign_of
from derive.potentials.positivity import MAX_OPERATIONS, certainly_positive, factored, factors_of, without_root


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`expression > 0`, or `expression != 0` where `strict` is False (its sign at the start is not known)."""

    expression: Expr
    strict: bool = True


def analytic_conditions(expressions: Iterable[Expr], betas: Sequence[Symbol]) -> list[Condition]:
    """What has to hold for the expressions to be analytic in beta."""
    atoms = set().union(*(e.atoms(Pow, log, acosh, atanh, Abs, sign, tan) for e in expressions))
    return [c for f in sorted(atoms, key=default_sort_key) if f.has(*betas) for c in _of_function(f, betas)]


def _of_function(f: Expr, betas: Sequence[Symbol]) -> list[Condition]:
    u = f.args[0]
    if isinstance(f, Pow):
        if f.exp.has(*betas):
            return positive_parts(u, betas)
        if not f.exp.is_Integer:
            return positive_parts(settled(u), betas)
        return nonzero_parts(u, betas) if f.exp.is_negative else []
    if isinstance(f, log):
        return positive_parts(u, betas)
    if isinstance(f, acosh):
        return positive_parts(u - 1, betas)
    if isinstance(f, atanh):
        return positive_parts(1 - u**2, betas)
    return nonzero_parts(cos(u) if isinstance(f, tan) else u, betas)


def positive_parts(e: Expr, betas: Sequence[Symbol]) -> list[Condition]:
    """e > 0, factor by factor and without those that are positive anyway.

    Where beta(0) lies, e > 0; on the connected set around it a product stays positive as long as no factor vanishes.
    """
    factors = factors_of(e, betas)
    odd = [base for base, even in factors if not even]
    found = [c for base, even in factors if even or len(odd) > 1 for c in nonzero_parts(base, betas)]
    if len(odd) != 1:
        return found
    constant = Mul(*(f for f in Mul.make_args(factored(e)) if not f.has(*betas)))
    inside = without_root((odd[0] if sign_of(constant) != -1 else -odd[0]).expand(), betas)
    if inside.has(*betas) and not certainly_positive(inside):
        found.append(Condition(expression=inside))
    return found


def nonzero_parts(e: Expr, betas: Sequence[Symbol]) -> list[Condition]:
    """e != 0, factor by factor."""
    bases = [without_root(base.expand(), betas) for base, _ in factors_of(e, betas)]
    return [
        Condition(expression=b, strict=False)
        for b in bases
        if b.has(*betas) and not certainly_positive(b) and not certainly_positive(-b)
    ]


def reduced(found: Sequence[Condition], beta0: Mapping[Symbol, Expr]) -> tuple[Condition, ...]:
    """Each condition once, with its sign at the start where that is certain; none that positive coordinates imply."""
    table: dict[Expr, Condition] = {}
    for condition in found:
        content, e = condition.expression.as_content_primitive()
        e = e if content > 0 or condition.strict is False else -e
        there = sign_of(settled(e.xreplace(dict(beta0)).expand())) if beta0 else None
        if not condition.strict and there:
            e = e if there == 1 else -e
            condition = Condition(expression=e)
        kept = table.get(e) or table.get(-e)
        if kept is None or (condition.strict and not kept.strict):
            table.pop(-e, None)
            table[e] = replace(condition, expression=e)
    positive = {e: Dummy(positive=True) for e, c in table.items() if e.is_Symbol and c.strict}
    return tuple(c for e, c in table.items() if e in positive or not e.xreplace(positive).is_positive)


def determinant_of(rows: Sequence[Sequence[Expr]]) -> Expr | None:
    """The determinant of a matrix; None where it is large."""
    matrix = ImmutableDenseMatrix(rows)
    if len(rows) > 3 or sum(e.count_ops() for row in rows for e in row) > MAX_OPERATIONS:
        diagonal = all(rows[i][j].is_zero for i in range(len(rows)) for j in range(i))
        return Mul(*(rows[i][i] for i in range(len(rows)))) if diagonal else None
    if all(e.is_rational_function(*e.free_symbols) for e in matrix):  # an expanded sum of quotients is no quotient
        domain = DomainMatrix.from_Matrix(matrix).to_field()
        determinant = domain.domain.to_sympy(domain.det())
    else:
        determinant = matrix.det(method="berkowitz").expand()
    return determinant if determinant.count_ops() < MAX_OPERATIONS else None
