"""Powers with symbolic exponents: is a path made of them a solution?

A path of the power rule is w = w0 B(s)^e with B linear and e = -1/(n - 1).  With n a symbol (depth D: n = D - 1) the
functions w^n and dw/ds are equal only because (B^e)^n = B^(e n), which holds for B > 0: on the interval around s = 0
where no base vanishes.  There each base may be a positive symbol b of its own, with db/ds = B'(s), and

    dw/ds / (k w^n) = 1

is an equation between exponents that are rational functions of n: exact algebra, with the poles (n = 1) excepted.
"""

from collections.abc import Iterable, Mapping, Sequence

from sympy import Add, Dummy, Expr, Pow, Symbol, expand_power_base, powdenest, powsimp


def powers_solve(
    path: Mapping[Symbol, Expr], velocities: Sequence[Expr], start: Mapping[Symbol, Expr], s: Symbol
) -> bool:
    """Does every parameter satisfy dw/ds = velocity and its start, for bases > 0?"""
    names = _bases(path.values())
    back = {b: base for base, b in names.items()}
    positive = {p: _with_positive_bases(w, names) for p, w in path.items()}
    for (p, w), velocity in zip(positive.items(), velocities, strict=True):
        if not (path[p].subs(s, 0) - start[p]).expand().is_zero:
            return False
        slope = Add(w.diff(s), *(w.diff(b) * base.diff(s) for b, base in back.items()))
        joined = velocity.factor() if velocity.is_Add else velocity  # D w^D + w^D as (D + 1) w^D
        if not _equal(slope, joined.xreplace(positive)):
            return False
    return True


def powers_joined(expression: Expr, path: Mapping[Symbol, Expr]) -> Expr:
    """The expression along the path, with (B^e)^n written B^(e n)."""
    names = _bases(path.values())
    positive = {p: _with_positive_bases(w, names) for p, w in path.items()}
    joined = _tidy(expression.xreplace(positive))
    return joined.xreplace({b: base for base, b in names.items()})


def _bases(expressions: Iterable[Expr]) -> dict[Expr, Symbol]:
    """Bases of powers whose exponent is a symbolic expression, each with a positive symbol for it."""
    powers = sorted(
        {u for e in expressions for u in e.atoms(Pow) if u.exp.free_symbols and isinstance(u.base, Add)}, key=str
    )
    return {u.base: Dummy("b", positive=True) for u in powers}


def _with_positive_bases(e: Expr, names: Mapping[Expr, Symbol]) -> Expr:
    return e.replace(lambda u: isinstance(u, Pow) and u.base in names, lambda u: Pow(names[u.base], u.exp))


def _equal(left: Expr, right: Expr) -> bool:
    if left.is_zero or right.is_zero:
        return bool(left.is_zero and right.is_zero)
    return _tidy(left / right) == 1


def _tidy(e: Expr) -> Expr:
    """Powers of one base joined, exponents as rational functions in lowest terms.

    Every symbol is positive here, and exponents are real off their poles, so that (u v)^n = u^n v^n and (u^m)^n =
    u^(m n): SymPy is told to use that, since it cannot know that 1/(D - 2) is finite.
    """
    if not all(x.is_positive for x in e.free_symbols):
        return e
    plain = powdenest(expand_power_base(e, force=True), force=True)
    lowest = plain.replace(lambda u: isinstance(u, Pow), lambda u: Pow(u.base, u.exp.together().cancel()))
    joined = powsimp(lowest)
    return powsimp(joined.replace(lambda u: isinstance(u, Pow), lambda u: Pow(u.base, u.exp.together().cancel())))
