"""Conditions in beta under which formulas are analytic, and the interval that they cut out of a line.

A condition is `e > 0`, or `e != 0` where the sign at the start is not certain.  Those that always hold are left out:
positive by assumption, sums of even monomials, definite quadratics, and sqrt(A) + q with q > 0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import (
    Abs,
    Add,
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
    sin,
    sqrt,
    tan,
    tanh,
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
    """e > 0, factor by factor and without those that are positive anyway.

    Where beta(0) lies, e > 0; on the connected set around it a product stays positive as long as no factor vanishes.
    """
    factors = _factors(e, betas)
    odd = [base for base, even in factors if not even]
    found = [c for base, even in factors if even or len(odd) > 1 for c in nonzero_parts(base, betas)]
    if len(odd) != 1:
        return found
    constant = Mul(*(f for f in Mul.make_args(_factored(e)) if not f.has(*betas)))
    inside = _without_root((odd[0] if sign_of(constant) != -1 else -odd[0]).expand(), betas)
    if inside.has(*betas) and not certainly_positive(inside):
        found.append(Condition(expression=inside))
    return found


def _factors(e: Expr, betas: Sequence[Symbol]) -> list[tuple[Expr, bool]]:
    """The factors of e that depend on beta and may vanish, also those under roots, and whether each occurs evenly."""
    found: list[tuple[Expr, bool]] = []
    for factor in Mul.make_args(_factored(e)):
        base, exponent = factor.as_base_exp()
        if factor.is_positive or not factor.has(*betas):
            continue
        even = exponent.is_Rational and exponent.p % 2 == 0 and exponent.q % 2 == 1
        inner = _factors(base, betas) if exponent.is_Rational and exponent.q > 1 else None
        found += [(factor if not exponent.is_Rational else base, even)] if inner is None else inner
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
    bases = [_without_root(base.expand(), betas) for base, _ in _factors(e, betas)]
    return [
        Condition(expression=b, strict=False)
        for b in bases
        if b.has(*betas) and not certainly_positive(b) and not certainly_positive(-b)
    ]


def _factored(e: Expr) -> Expr:
    if e.count_ops() >= MAX_OPERATIONS:
        return e
    plain = e.together().factor()
    return _over_root(plain) if plain.has(Pow) else plain


def _over_root(e: Expr) -> Expr:
    """The factors over Q(beta, r), r the one square root in e: 4 x^2 + y^2 + y r is r (r + y) for r^2 = 4 x^2 + y^2.

    With r^2 = c x^2 + q the square of x is eliminated, where e is even in x.
    """
    squares = {u.base for u in e.atoms(Pow) if u.exp.is_Rational and u.exp.q == 2}
    if len(squares) != 1:
        return e
    (square,) = squares
    r = Dummy(positive=True)
    top = (
        e.as_numer_denom()[0]
        .expand()
        .replace(lambda u: isinstance(u, Pow) and u.base == square and u.exp.is_Rational, lambda u: r ** (2 * u.exp))
    )
    for x in sorted(square.free_symbols, key=str):
        if not square.is_polynomial(x) or not top.is_polynomial(x, r):
            continue
        c, middle, q = (square.expand().coeff(x, k) for k in (2, 1, 0))
        terms = Poly(top, x).terms()
        if Poly(square, x).degree() != 2 or middle != 0 or not c.is_number or any(m % 2 for (m,), _ in terms):
            continue
        found = Add(*(a * ((r**2 - q) / c) ** (m // 2) for (m,), a in terms)).factor()
        if len(Mul.make_args(found)) > 1:
            return Mul(*(f.xreplace({r: sqrt(square)}) for f in Mul.make_args(found))) / e.as_numer_denom()[1]
    return e


def certainly_positive(e: Expr) -> bool:
    """Positive for all real values: by assumptions, by bounds, as a sum of even monomials or a definite quadratic."""
    if e.is_positive or _above_bounds(e):
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


def _above_bounds(e: Expr) -> bool:
    """c + sum of c_i t_i > 0 for functions |t_i| <= 1, since c > sum of |c_i|."""
    bounded = sorted(e.atoms(sin, cos, tanh, sign), key=default_sort_key)
    names = [Dummy() for _ in bounded]
    plain = e.xreplace(dict(zip(bounded, names, strict=True)))
    if not bounded or not plain.is_polynomial(*names):
        return False
    terms = Poly(plain, *names).terms()
    rest = sum((-Abs(c) for m, c in terms if any(m)), Integer(0)) + plain.xreplace(dict.fromkeys(names, Integer(0)))
    return not rest.has(*names) and sign_of(rest) == 1


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
