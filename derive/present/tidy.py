"""An expression as a reader wants to see it: fractions in factors, numbers taken out of roots, |beta|^2 joined.

For the eye alone: the JSON document and every check use the expression as it was derived.  What is printed is equal
to it by the rules used here, and is chosen only where it is shorter.
"""

from functools import lru_cache

from sympy import Add, Dummy, Expr, Integral, Poly, Pow, exp, fraction, ilcm, sstr

MAX_OPERATIONS, MAX_SYMBOLS = 160, 12
MAX_POWER = 64  # of e, a polynomial's degree to `factor`


@lru_cache(maxsize=1024)
def tidy(e: Expr) -> Expr:
    """The shortest of the expression, its factors, and its terms with factored denominators."""
    if e.is_Atom or e.has(Integral) or e.count_ops() > MAX_OPERATIONS or len(e.free_symbols) > MAX_SYMBOLS:
        return e
    if any(u.args[0].is_number and abs(u.args[0]) > MAX_POWER for u in e.atoms(exp)):
        return e
    plain = _without_content(e)
    candidates = [e, plain, _radial(plain)]
    if any(u.exp.is_negative for u in plain.atoms(Pow)):
        candidates.append(Add(*(t.factor() for t in Add.make_args(plain))))
        if not any(_is_root(u) for u in plain.atoms(Pow)) or len(Add.make_args(plain)) == 2:
            candidates.append(plain.together().factor())  # a sum of roots stays a sum
    return min(candidates, key=lambda u: len(sstr(u)))


def _is_root(u: Expr) -> bool:
    return isinstance(u, Pow) and u.exp.is_Rational and not u.exp.is_Integer and isinstance(u.base, Add)


def _without_content(e: Expr) -> Expr:
    """sqrt(4 x + 4 y) as 2 sqrt(x + y)."""
    return e.replace(_is_root, _root)


def _root(u: Pow) -> Expr:
    content, inside = u.base.as_content_primitive()
    return content**u.exp * inside**u.exp


def _radial(e: Expr) -> Expr:
    """x^2/u + y^2/u, u a power of S = x^2 + y^2, as a power of S: the square of x is eliminated, t^n = S.

    Where it does not fall out of the result again nothing is gained, and e is returned.
    """
    bases = {u.base for u in e.atoms(Pow) if _is_root(u)}
    if len(bases) != 1:
        return e
    (square,) = bases
    n = int(ilcm(1, *(u.exp.q for u in e.atoms(Pow) if u.base == square)))
    t = Dummy("t", positive=True)
    inner = e.expand().replace(
        lambda u: isinstance(u, Pow) and u.base == square and u.exp.is_Rational, lambda u: t ** (n * u.exp)
    )
    top, bottom = fraction(inner.together())
    x = min(square.free_symbols, key=str)
    if not all(u.is_polynomial(x, t) for u in (top, bottom)) or bottom.has(x) or not square.is_polynomial(x):
        return e
    c, middle, rest = (square.expand().coeff(x, k) for k in (2, 1, 0))
    if Poly(square, x).degree() != 2 or middle != 0 or not c.is_number:
        return e
    terms = Poly(top, x).terms()
    found = Add(*(a * x ** (m % 2) * ((t**n - rest) / c) ** (m // 2) for (m,), a in terms)) / bottom
    return found.expand().replace(
        lambda u: u == t or (isinstance(u, Pow) and u.base == t), lambda u: square ** (u.as_base_exp()[1] / n)
    )
