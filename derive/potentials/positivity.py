"""Which factors can make an expression vanish?  Factors also under roots, and what is positive for every real value.

An expression is factored over Q, and where it has one square root r of a polynomial, over Q(beta, r).  A factor is left
out where its sign is certain: by the assumptions on its symbols, as c + sum c_i t_i of functions |t_i| <= 1 with
c > sum |c_i|, as a sum of even monomials with a positive number, or as a definite quadratic.  "Not certain" is no claim
that the factor vanishes anywhere.
"""

from collections.abc import Sequence

from sympy import (
    Abs,
    Add,
    Dummy,
    Expr,
    Integer,
    Mul,
    Poly,
    Pow,
    Rational,
    Symbol,
    cos,
    default_sort_key,
    sign,
    sin,
    sqrt,
    tanh,
)

from derive.exact.signs import sign_of

# what is factored, and of which a determinant is taken: larger expressions take SymPy seconds
MAX_OPERATIONS = 400


def factors_of(e: Expr, betas: Sequence[Symbol]) -> list[tuple[Expr, bool]]:
    """The factors of e that depend on beta and may vanish, also those under roots, and whether each occurs evenly."""
    found: list[tuple[Expr, bool]] = []
    for factor in Mul.make_args(factored(e)):
        base, exponent = factor.as_base_exp()
        if factor.is_positive or not factor.has(*betas):
            continue
        even = exponent.is_Rational and exponent.p % 2 == 0 and exponent.q % 2 == 1
        inner = factors_of(base, betas) if exponent.is_Rational and exponent.q > 1 else None
        found += [(factor if not exponent.is_Rational else base, even)] if inner is None else inner
    return found


def without_root(e: Expr, betas: Sequence[Symbol]) -> Expr:
    """sqrt(A) + q > 0 with a number q < 0 is A > q^2, and is certain where q > 0."""
    q, rest = e.as_independent(*betas, as_Add=True)
    p, root = rest.as_independent(*betas, as_Add=False)
    half = isinstance(root, Pow) and root.exp == Rational(1, 2)
    if not half or sign_of(p) != 1 or sign_of(q) not in (1, -1):
        return e
    return Integer(1) if sign_of(q) == 1 else (root.base - (q / p) ** 2).expand()


def factored(e: Expr) -> Expr:
    """The expression in factors; as it is where it is large."""
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
