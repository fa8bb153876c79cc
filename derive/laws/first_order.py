"""Equations of first order that are solved by one or two integrals: laws of dy / dx = s(x, y).

    separable     s = f(x) g(y)                 integral dy / g - integral f dx
    Bernoulli     s = f(x) y + g(x) y^n         z = y^(1-n) has dz / dx = (1 - n) (f z + g)
    exponential   s = f(x) + g(x) e^(k y)       z = e^(-k y) has dz / dx = -k (f z + g)
    linear        dz / dx = p(x) z + q(x)       mu z - integral of mu q dx,  mu = exp(-integral of p)

An integral that is no function of the grammar stays one, over t from a base point to x (Liouville's theorem says that
most are such).  The factor mu has to be elementary: no integral stands inside another.
"""

from collections.abc import Callable, Sequence

from sympy import Abs, Add, Expr, Integer, Mul, Symbol, exp, log

Integrate = Callable[[Expr, Symbol], Expr | None]
Positive = Callable[[Expr], Expr]


def solved(
    slope: Expr, x: Symbol, y: Symbol, elementary: Integrate, any_: Integrate, positive: Positive
) -> Expr | None:
    """L(x, y) that is constant where dy / dx = slope.

    `elementary` gives a primitive in functions of the grammar or None; `any_` may answer with an integral.
    `positive` is f or -f, whichever is positive near the point.
    """
    parts = _separated(slope, x, y)
    if parts is not None:
        f, g = parts
        across, along = any_(1 / g, y), any_(f, x)
        return None if across is None or along is None else across - along
    for z, p, q in _linear(slope, y):
        exponent = elementary(p, x) if not p.is_zero else Integer(0)
        if exponent is None:
            continue
        factor = _exponential(-exponent, positive)
        rest = any_((factor * q).expand(), x)
        if rest is not None:
            return factor * z - rest
    return None


def _separated(slope: Expr, x: Symbol, y: Symbol) -> tuple[Expr, Expr] | None:
    """f and g with slope = f(x) g(y)."""
    of_x: list[Expr] = []
    of_y: list[Expr] = []
    for factor in _factors(slope):
        if not factor.has(y):
            of_x.append(factor)
        elif not factor.has(x):
            of_y.append(factor)
        else:
            return None
    return Mul(*of_x), Mul(*of_y)


def _factors(e: Expr) -> Sequence[Expr]:
    """Factors, with exponentials of sums taken apart."""
    found: list[Expr] = []
    for factor in Mul.make_args(e.together().factor()):
        base, power = factor.as_base_exp()
        if isinstance(factor, exp):
            found += [exp(t) for t in Add.make_args(factor.args[0].expand())]
        elif power.is_Rational and power.is_Integer is False:
            inner = base.together().factor()
            # of positive factors alone a root is the product of the roots
            pieces = Mul.make_args(inner)
            found += [p**power for p in pieces] if all(p.is_nonnegative for p in pieces) else [inner**power]
        else:
            found.append(factor)
    return found


def _linear(slope: Expr, y: Symbol) -> list[tuple[Expr, Expr, Expr]]:
    """z(y), p(x) and q(x) with dz / dx = p z + q."""
    table: dict[Expr, Expr] = {}
    for term in Add.make_args(slope.expand()):
        coefficient, rest = term.as_independent(y, as_Add=False)
        table[rest] = table.get(rest, Integer(0)) + coefficient
    if len(table) > 2:
        return []
    listed: list[tuple[Expr, Expr, Expr]] = []
    for one in table:
        other = next((r for r in table if r != one), None)
        f, g = table[one], table.get(other, Integer(0)) if other is not None else Integer(0)
        if other is None:
            continue
        base, n = other.as_base_exp()
        if one == y and (other.is_number or base == y) and not n.has(y):
            n = Integer(0) if other.is_number else n
            listed.append((y ** (1 - n), (1 - n) * f, (1 - n) * g))
        if one.is_number and isinstance(other, exp) and not (k := other.args[0].diff(y)).has(y):
            listed.append((exp(-k * y), -k * f * one, -k * g * exp((other.args[0] - k * y).expand())))
    return listed


def _exponential(e: Expr, positive: Positive) -> Expr:
    """exp(e) with exp(k log f) as f^k: the sign of f only changes a constant factor."""
    total: Expr = Integer(1)
    for term in Add.make_args(e.expand()):
        k, rest = term.as_coeff_Mul()
        if isinstance(rest, log) and k.is_Rational:
            inside = rest.args[0].args[0] if isinstance(rest.args[0], Abs) else rest.args[0]
            total *= (inside if k.is_Integer else positive(inside)) ** k
        else:
            total *= exp(term)
    return total
