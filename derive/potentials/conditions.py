"""Conditions in beta under which formulas are analytic, and the interval that they cut out of a line.

A condition is `e > 0`, or `e != 0` where the sign at the start is not certain.  Those that always hold are left out:
positive by assumption, sums of even monomials, definite quadratics, and sqrt(A) + q with q > 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import (
    Abs,
    Dummy,
    Expr,
    ImmutableDenseMatrix,
    Integer,
    Mul,
    Poly,
    Pow,
    Rational,
    Symbol,
    acosh,
    atanh,
    cos,
    default_sort_key,
    log,
    oo,
    sign,
    sqrt,
    tan,
)
from sympy.polys.matrices import DomainMatrix

from derive.exact.signs import settled, sign_of

MAX_OPERATIONS = 400
Interval = tuple[Expr, Expr]


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
    """e > 0, without factors that are positive anyway; the square of a factor is only not zero."""
    inside: Expr = Integer(1)
    found: list[Condition] = []
    for factor in Mul.make_args(_factored(e)):
        base, exponent = factor.as_base_exp()
        if not exponent.is_Rational or exponent.p % 2 or exponent.q % 2 == 0:
            inside *= base if exponent.is_Rational else factor
        else:
            found += nonzero_parts(base, betas)
    inside = _without_root(inside.expand() if inside.has(Pow) else inside, betas)
    if inside.has(*betas) and not certainly_positive(inside):
        found.append(Condition(expression=inside))
    return found


def _without_root(e: Expr, betas: Sequence[Symbol]) -> Expr:
    """sqrt(A) + q > 0 with a number q < 0 is A > q^2, and is certain where q > 0."""
    q, rest = e.as_independent(*betas, as_Add=True)
    p, root = rest.as_independent(*betas, as_Add=False)
    half = isinstance(root, Pow) and root.exp == Rational(1, 2)
    if not half or sign_of(p) != 1 or sign_of(q) not in (1, -1):
        return e
    return Integer(1) if sign_of(q) == 1 else (root.base - (q / p) ** 2).expand()


def nonzero_parts(e: Expr, betas: Sequence[Symbol]) -> list[Condition]:
    """e != 0, factor by factor."""
    bases = [factor.as_base_exp()[0] for factor in Mul.make_args(_factored(e))]
    bases = [_without_root(b.expand(), betas) for b in bases]
    return [
        Condition(expression=b, strict=False)
        for b in bases
        if b.has(*betas) and not certainly_positive(b) and not certainly_positive(-b)
    ]


def _factored(e: Expr) -> Expr:
    return e.together().factor() if e.count_ops() < MAX_OPERATIONS else e


def certainly_positive(e: Expr) -> bool:
    """Positive for all real values: by assumptions, as a sum of even monomials, or as a definite quadratic."""
    if e.is_positive:
        return True
    symbols = sorted((s for s in e.free_symbols if not s.is_positive), key=str)
    if not symbols or not e.is_polynomial(*symbols):
        return False
    polynomial = Poly(e, *symbols)
    terms = polynomial.terms()
    even = all(all(k % 2 == 0 for k in m) and _nonnegative(c) for m, c in terms)
    if even and any(not any(m) and sign_of(c) == 1 for m, c in terms):
        return True
    if len(symbols) == 1 and polynomial.degree() == 2:
        a, b, c = polynomial.all_coeffs()
        return sign_of(a) == 1 and sign_of((4 * a * c - b**2).expand().factor()) == 1
    return False


def _nonnegative(number: Expr) -> bool:
    return sign_of(number) in (0, 1) or bool(number.is_nonnegative)


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


def interval_around(conditions: Sequence[Condition], beta: Symbol, at: Expr) -> Interval | None:
    """The interval around beta(0) that the conditions cut out; None where a root is not found."""
    low, high = -oo, oo
    for condition in conditions:
        found = zeros(condition.expression, beta)
        sides = [] if found is None else [sign_of(settled((root - at).expand())) for root in found]
        if found is None or not all(sides):
            return None
        for root, side in zip(found, sides, strict=True):
            bound = high if side == 1 else low
            inner = 1 if bound in (oo, -oo) else sign_of(settled((side * (bound - root)).expand()))
            if inner is None:
                return None
            if inner == 1:
                low, high = (low, root) if side == 1 else (root, high)
    return low, high


def zeros(e: Expr, beta: Symbol) -> tuple[Expr, ...] | None:
    """All real zeros of a polynomial in beta, linear or quadratic or with rational coefficients; None elsewhere."""
    if not e.is_polynomial(beta):
        return None
    polynomial = Poly(e, beta)
    if polynomial.degree() == 1:
        a, b = polynomial.all_coeffs()
        return (-b / a,) if sign_of(a) else None
    if not e.free_symbols - {beta}:
        return tuple(polynomial.real_roots())
    if polynomial.degree() == 2:
        a, b, c = polynomial.all_coeffs()
        discriminant = (b**2 - 4 * a * c).expand().factor()
        side = sign_of(discriminant)
        if side is None or not sign_of(a):
            return None
        return tuple((-b + s * sqrt(discriminant)) / (2 * a) for s in (-1, 1)[: side + 1])
    return None


def bounds(beta: Symbol, interval: Interval) -> tuple[Condition, ...]:
    """The conditions that say that beta lies in the interval."""
    low, high = interval
    bounds = [beta - low] if low != -oo else []
    bounds += [high - beta] if high != oo else []
    return tuple(Condition(expression=e) for e in bounds)
