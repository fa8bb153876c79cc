"""Definite integrals that stand in laws: from where to x, and for which parameters they have a meaning.

With a start, the integral begins there, and the integrand f(t, c) has to be smooth near it.  Without one a law should
hold for all parameters, as far as its roots are real: so f may have no pole for any t and any value c of the laws but
t = 0, roots only of what is positive for every t and for every c with the signs that it has at the point, and no
logarithm of what may vanish.  The integral then begins at zero.  If zero is a pole it begins on one side of it, and
parity gives the other:

    f odd     integral from b to |x|             f even    sign(x) times the integral from b to |x|.
"""

from collections.abc import Collection

from sympy import Abs, Dummy, Expr, Integer, Integral, Pow, Symbol, asinh, atan, cosh, exp, log, sign, sinh, tan, tanh

from derive.exact.points import Point
from derive.exact.signs import is_defined, sign_of

_ODD = (sinh, tanh, asinh, atan)


def is_root(e: Expr) -> bool:
    """A power with an exponent that is a fraction."""
    return isinstance(e, Pow) and e.exp.is_Rational is True and e.exp.is_Integer is False


def from_start(integrand: Expr, x: Symbol, there: Point, taken: Collection[str]) -> Expr | None:
    """The integral from the start, where the integrand is certain to be smooth there."""
    roots = [e.base.xreplace(dict(there)) for e in integrand.atoms(Pow) if is_root(e)]
    if any(sign_of(r) != 1 for r in roots) or not is_defined(integrand.xreplace(dict(there))):
        return None
    return _integral(integrand, x, there[x], x, taken)


def everywhere(integrand: Expr, x: Symbol, there: Point, taken: Collection[str]) -> Expr | None:
    """The integral from zero, or from one side of it; None where there may be other poles, or roots without a sign.

    Constants of the integrand are positive symbols.
    """
    powers = [e for e in integrand.atoms(Pow) if e.has(x) and not isinstance(e, exp)]
    unsigned = {c: Dummy("c", real=True) for c in integrand.free_symbols if c.is_positive}
    poles = [e.base for e in powers if not e.exp.is_nonnegative and not _is_positive(e.base.xreplace(unsigned))]
    roots = [e.base for e in powers if is_root(e) and e.base not in poles]
    poles = [b for b in poles if not (_is_positive(b) and all(is_root(e) for e in powers if e.base == b))]
    bent = [f for f in integrand.atoms(log, Abs, sign, tan) if f.has(x)]
    if not all(map(_is_positive, roots)) or any(f.func is not log or not _is_positive(f.args[0]) for f in bent):
        return None
    if not poles:
        return _integral(integrand, x, Integer(0), x, taken)
    ratio = (integrand.subs(x, -x) / integrand).cancel()
    if not all(_vanishes_at_zero_alone(b, x) for b in poles) or abs(ratio) != 1:
        return None
    found = _integral(integrand, x, abs(there[x]), Abs(x), taken)
    return found if ratio == -1 else sign(x) * found


def _integral(integrand: Expr, x: Symbol, base: Expr, end: Expr, taken: Collection[str]) -> Expr:
    t = Symbol(next(n for n in ("t", "tau", "t_", "tau_", "t__", "tau__") if n not in taken), real=True)
    return Integral(integrand.xreplace({x: t}), (t, base, end))


def _is_positive(e: Expr) -> bool:
    """For all real parameters, by SymPy's rules and log cosh x >= 0."""
    plain = e.replace(lambda f: isinstance(f, log) and isinstance(f.args[0], cosh), lambda _: Dummy(nonnegative=True))
    return bool(plain.is_positive)


def _vanishes_at_zero_alone(e: Expr, x: Symbol) -> bool:
    """x, powers and odd increasing functions of such, and multiples by numbers."""
    if e == x:
        return True
    if isinstance(e, Pow) and not isinstance(e, exp):
        return e.exp.is_Integer is True and e.exp > 0 and _vanishes_at_zero_alone(e.base, x)
    coefficient, rest = e.as_coeff_Mul()
    if coefficient != 1:
        return _vanishes_at_zero_alone(rest, x)
    return isinstance(e, _ODD) and _vanishes_at_zero_alone(e.args[0], x)
