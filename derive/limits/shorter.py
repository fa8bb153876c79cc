"""A shorter form of a sum of logarithms and one square root of a quadratic in beta.

With r = sqrt(a beta^2 + c), every quotient in beta and r that is even in beta is one in r alone, where common factors
cancel: beta^2/(mu (mu + r)) is (r - mu)/mu for r^2 = beta^2 + mu^2.  Logarithms with equal factors are joined first.
The result is kept only where exact algebra shows that nothing has changed: its derivative, and its value at one point.
"""

from sympy import Add, Dummy, Expr, Integer, Mul, Poly, Pow, Rational, Symbol, log, sqrt

from derive.exact.identity import is_identity


def shorter(e: Expr, beta: Symbol, origin: Expr) -> Expr:
    """The expression, or one with fewer operations that has its derivative and its value at `origin`."""
    roots = {u for u in e.atoms(Pow) if u.exp == Rational(1, 2) and u.has(beta)}
    plain, joined = _split(e)
    parts = [_quotient(plain, beta, roots), *(c * log(_quotient(u, beta, roots)) for c, u in joined.items())]
    found = Add(*parts)
    apart = found - e
    equal = is_identity(apart.diff(beta)) and is_identity(apart.xreplace({beta: origin}))
    return found if found.count_ops() < e.count_ops() and equal else e


def _split(e: Expr) -> tuple[Expr, dict[Expr, Expr]]:
    """What is no multiple of a logarithm, and the arguments of the logarithms, multiplied, by their factors."""
    plain: list[Expr] = []
    joined: dict[Expr, Expr] = {}
    for term in Add.make_args(e):
        logs = [f for f in Mul.make_args(term) if isinstance(f, log)]
        if len(logs) != 1:
            plain.append(term)
            continue
        factor = term / logs[0]
        joined[factor] = joined.get(factor, Integer(1)) * logs[0].args[0]
    return Add(*plain), joined


def _quotient(e: Expr, beta: Symbol, roots: set[Expr]) -> Expr:
    if len(roots) != 1 or not e.has(*roots):
        return e.together().cancel() if not roots else e
    root = next(iter(roots))
    quadratic = Poly(root.base, beta)
    r, square = Dummy("r", positive=True), Dummy("x", positive=True)
    if quadratic.degree() != 2 or not quadratic.nth(1).is_zero:
        return e
    top, bottom = e.xreplace({root: r}).together().as_numer_denom()
    inside = (r**2 - quadratic.nth(0)) / quadratic.nth(2)
    found = []
    for part in (top, bottom):
        terms = Poly(part, beta).terms() if part.is_polynomial(beta) else None
        if terms is None or any(m % 2 for (m,), _ in terms):
            return e
        found.append(Add(*(c * square ** (m // 2) for (m,), c in terms)).xreplace({square: inside}))
    return (found[0] / found[1]).cancel().factor().xreplace({r: sqrt(root.base)})
