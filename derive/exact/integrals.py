"""One-dimensional potentials: Q'(beta) = integral of d beta / m(beta), and Q, in closed form.

For one coordinate every metric is a Hessian map, Q'' = g/m with m = rho^-1.  Models with quadratic
predictors give m^2 = A beta^2 + B beta + C, and then, with D = 4AC - B^2 (discriminant up to sign),

    A > 0, D > 0   Q' = asinh((2A beta + B)/sqrt D)/sqrt A
    A > 0, D = 0   Q' = +-log|beta + B/2A|/sqrt A        (m vanishes at the end of the domain)
    A > 0, D < 0   Q' = +-acosh(|2A beta + B|/sqrt -D)/sqrt A
    A = 0          Q' = 2 m/B,  or beta/m where B = 0 too

and for constants that leave the sign of D open (two scales a, b of `u v`, where D = 16 (a^2 - b^2)^2 may be zero),

    A > 0          Q' = +-log(m +- (2A beta + B)/(2 sqrt A))/sqrt A,       +- the sign of 2A beta + B at the start,

whose logarithm is that of a positive number on the whole branch: 4A m^2 = (2A beta + B)^2 + D, and where D <= 0 no
branch crosses 2A beta + B = 0.  Then

    Q = beta Q' - integral of beta d beta/m,      by parts.

Every m of the form k beta^e, and every rational m, is integrated by the power rule or by SymPy; whatever comes back is
differentiated and compared (`derive.potentials.check`), so an integral is used only when it is right.
"""

from dataclasses import dataclass

from sympy import (
    Expr,
    Function,
    I,
    Integer,
    Integral,
    Poly,
    Pow,
    Rational,
    RootSum,
    Symbol,
    acosh,
    asinh,
    exp,
    expand_log,
    integrate,
    log,
    nan,
    sinh,
    sqrt,
    zoo,
)
from sympy.polys.polyerrors import BasePolynomialError

from derive.exact.signs import sign_of
from derive.grammar import FUNCTIONS

# of SymPy's own, on some integrands
FAILURES = (
    ArithmeticError,
    AttributeError,
    BasePolynomialError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalarPotential:
    """Q (value), Q' (gradient) in beta; `dual_gradient` is beta(s) and `dual_value` its primitive Q*.

    All are normalised at beta0: Q = Q' = 0 there, beta(0) = beta0, Q*(0) = 0.
    """

    value: Expr | None
    gradient: Expr
    dual_value: Expr | None = None
    dual_gradient: Expr | None = None


def scalar_potential(m: Expr, beta: Symbol, beta0: Expr | None, anchor: Expr, s: Symbol) -> ScalarPotential | None:
    """Q with Q'' = 1/m, normalised at beta0 (not at all where it is None); None where no closed form
    is found.  `anchor` is a value of beta on the branch: it decides the signs of logarithms."""
    squared = (m**2).expand()
    if squared.is_polynomial(beta) and Poly(squared, beta).degree() <= 2:
        return _quadratic(Poly(squared, beta), m, beta, beta0, anchor, s)
    coefficient, exponent = m.as_coeff_exponent(beta)
    if not coefficient.has(beta):
        return _power(coefficient, exponent, beta, beta0, anchor)
    if m.is_rational_function(beta):
        return _from_sympy(m, beta, beta0, anchor)
    return None


def _quadratic(
    squared: Poly, m: Expr, beta: Symbol, beta0: Expr | None, anchor: Expr, s: Symbol
) -> ScalarPotential | None:
    a, b, c = (squared.coeff_monomial(beta**k) for k in (2, 1, 0))
    dual = None
    if a.is_zero:
        slope, moment = _square_root_case(b, c, m, beta)
        dual = None if beta0 is None else _square_root_dual(b, m, beta, beta0, s)
    else:
        known = beta0 is None or _discriminant(a, b, c).is_zero is not None
        slope = _hyperbolic_case(a, b, c, beta, anchor) if known else _any_case(a, b, m, beta, anchor)
        if slope is None:
            return None
        moment = m / a - b / (2 * a) * slope
        dual = None if beta0 is None or not known else _hyperbolic_dual(a, b, c, beta0, s)
    # integral of slope - slope0 = beta slope - moment - slope0 beta, made zero at beta0
    offset: Expr = Integer(0) if beta0 is None else _at(slope, beta, beta0)
    value = beta * slope - moment - offset * beta
    if beta0 is not None:
        value = value - _at(value, beta, beta0)
    dual_value = None if dual is None else _primitive(dual, s)
    return ScalarPotential(value=value.expand(), gradient=slope - offset, dual_value=dual_value, dual_gradient=dual)


def _square_root_case(b: Expr, c: Expr, m: Expr, beta: Symbol) -> tuple[Expr, Expr]:
    if b.is_zero:
        return beta / m, beta**2 / (2 * m)
    return 2 * m / b, (2 * m**3 / (3 * b) - 2 * c * m / b) / b


def _square_root_dual(b: Expr, m: Expr, beta: Symbol, beta0: Expr, s: Symbol) -> Expr:
    at_start = m.subs(beta, beta0)
    return beta0 + at_start * s + b * s**2 / 4


def _at(e: Expr, beta: Symbol, beta0: Expr) -> Expr:
    """The value at beta0, roots of squares of constants taken."""
    there = e.subs(beta, beta0)
    roots = {r: sqrt(r.base.factor()) for r in there.atoms(Pow) if r.exp == Rational(1, 2)}
    there = there.xreplace({r: root for r, root in roots.items() if not root.has(sqrt(r.base))})
    return there.xreplace({u: expand_log(log(u.args[0].factor())) for u in there.atoms(log)})


def _discriminant(a: Expr, b: Expr, c: Expr) -> Expr:
    return (4 * a * c - b**2).expand().factor()


def _any_case(a: Expr, b: Expr, m: Expr, beta: Symbol, anchor: Expr) -> Expr | None:
    """A primitive of 1/m whatever the sign of D."""
    m = m.replace(lambda e: e.is_Pow, lambda e: e.base.expand() ** e.exp)
    sign = _sign((2 * a * anchor + b).expand().factor())
    return None if sign is None else sign * log(m + sign * (sqrt(a) * beta + b / (2 * sqrt(a)))) / sqrt(a)


def _hyperbolic_case(a: Expr, b: Expr, c: Expr, beta: Symbol, anchor: Expr) -> Expr | None:
    discriminant = _discriminant(a, b, c)
    inner = 2 * a * beta + b
    at_start = inner.subs(beta, anchor)
    if discriminant.is_zero:
        sign = _sign(at_start)
        return None if sign is None else sign * log(sign * inner / 2 / a) / sqrt(a)
    if discriminant.is_positive or discriminant.is_nonnegative:
        return asinh(inner / sqrt(discriminant)) / sqrt(a)
    if discriminant.is_negative:
        sign = _sign(at_start)
        return None if sign is None else sign * acosh(sign * inner / sqrt(-discriminant)) / sqrt(a)
    # a sum of squares of real constants: the matter of its sign is settled by m > 0 at beta = -B/2A
    return asinh(inner / sqrt(discriminant)) / sqrt(a)


def _hyperbolic_dual(a: Expr, b: Expr, c: Expr, beta0: Expr, s: Symbol) -> Expr | None:
    discriminant = _discriminant(a, b, c)
    if discriminant.is_zero:
        sign = _sign(2 * a * beta0 + b)
        return None if sign is None else (beta0 + b / (2 * a)) * exp(sign * sqrt(a) * s) - b / (2 * a)
    if discriminant.is_negative:
        return None
    shift = asinh((2 * a * beta0 + b) / sqrt(discriminant))
    return (sqrt(discriminant) * sinh(sqrt(a) * s + shift) - b) / (2 * a)


def _sign(number: Expr) -> Expr | None:
    return Integer(1) if number.is_positive else Integer(-1) if number.is_negative else None


def _power(k: Expr, e: Expr, beta: Symbol, beta0: Expr | None, anchor: Expr) -> ScalarPotential | None:
    """m = k beta^e on beta > 0: the power rule."""
    if not anchor.is_positive and not e.is_zero:
        return None
    slope = log(beta) / k if (1 - e).is_zero else beta ** (1 - e) / (k * (1 - e))
    return _integrated(slope, beta, beta0, anchor)


def _from_sympy(m: Expr, beta: Symbol, beta0: Expr | None, anchor: Expr) -> ScalarPotential | None:
    slope = integrated(1 / m, beta)
    if slope is None:
        return None
    real = _real_logarithms(slope, beta, anchor)
    return None if real is None else _integrated(real, beta, beta0, anchor)


def _real_logarithms(primitive: Expr, beta: Symbol, anchor: Expr) -> Expr | None:
    """SymPy writes log(beta - 1) also where beta < 1: the real primitive of 1/(beta - 1) there is log(1 - beta)."""
    arguments = {e.args[0] for e in primitive.atoms(log) if e.has(beta)}
    signs = {u: sign_of(u.subs(beta, anchor)) for u in arguments}
    if not all(signs.values()):
        return None
    return primitive.xreplace({log(u): log(-u) for u, sign in signs.items() if sign == -1})


def _integrated(slope: Expr, beta: Symbol, beta0: Expr | None, anchor: Expr) -> ScalarPotential:
    gradient = slope if beta0 is None else slope - slope.subs(beta, beta0)
    value = _primitive(gradient, beta)
    value = None if value is None else _real_logarithms(value, beta, anchor)
    if value is not None and beta0 is not None:
        value = value - value.subs(beta, beta0)
    return ScalarPotential(value=value, gradient=gradient)


def _primitive(expression: Expr, symbol: Symbol) -> Expr | None:
    """A primitive that vanishes at zero where it can; None where SymPy gives no plain expression."""
    found = integrated(expression, symbol)
    if found is None:
        return None
    at_zero = found.subs(symbol, 0)
    return (found - at_zero).expand() if at_zero.is_finite else found


def integrated(integrand: Expr, symbol: Symbol) -> Expr | None:
    """SymPy's primitive, unchecked, in the grammar's functions; None where it finds none, or fails in its own code."""
    try:
        found = integrate(integrand, symbol)
    except FAILURES:
        return None
    return found if is_plain(found) else None


def is_plain(expression: Expr) -> bool:
    """Made of the grammar's functions alone: no integrals, no piecewise, no special functions."""
    functions = {type(f).__name__ for f in expression.atoms(Function)}
    return not expression.has(Integral, RootSum, I, zoo, nan) and functions <= {*FUNCTIONS, "acosh", "atanh"}
