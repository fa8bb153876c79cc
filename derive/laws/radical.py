"""Primitives that contain the values of laws: rational integrands, and those with one root of a x^2 + b.

Other integrands with constants are left alone at once: SymPy would try for long, and what it finds is rarely
elementary.

Besides rational integrands, with q = a x^2 + b under one root:

    f(x^2) q^(n/2), n odd    z = x / sqrt(q),  dx = q^(3/2) dz / b,  x^2 = b z^2 / (1 - a z^2),  q = b / (1 - a z^2)
    x f(x^2) q^(n/2)         z = sqrt(q),      x dx = z dz / a,      x^2 = (z^2 - b) / a
"""

from collections.abc import Mapping

from sympy import Abs, Dummy, Expr, Integer, Mul, Poly, Pow, Rational, Symbol, log, sign, sqrt

from derive.exact.integrals import integrated
from derive.laws.definite import is_root
from derive.laws.quadrature import is_primitive, primitive, real_logarithms
from derive.patience import within

# rational functions have primitives; of other functions an integral that stays one is a law as well
RATIONAL, SECONDS, MAX_OPERATIONS = 5.0, 1.0, 50


def elementary(integrand: Expr, x: Symbol, start: Mapping[Symbol, Expr]) -> Expr | None:
    """A primitive in functions of the grammar; None where none is found.  Constants in it are positive symbols."""
    if integrand.has(Abs(x), sign(x)):
        side = Dummy("s", positive=True)
        found = elementary(integrand.xreplace({Abs(x): side * x, sign(x): side}), x, start)
        return None if found is None else _with_sign(found, side, x)
    if integrand.free_symbols <= {x}:
        return primitive(integrand, x, start, SECONDS)
    if integrand.count_ops() > MAX_OPERATIONS:
        return None
    shift = _shift(integrand, x)
    z = Dummy("z", real=True)
    moved = integrand if shift.is_zero else integrand.xreplace({x: x - shift}).expand()
    rational, place = _rationalised(moved.factor(), x, z)
    if rational is None:
        return None
    found = within(RATIONAL, lambda: integrated(rational, z), lambda _: None)
    if found is None:
        return None
    plain = found.xreplace({z: place}).xreplace({x: x + shift})
    real = real_logarithms(plain if start else _squared(plain), x, start)
    return real if real is not None and is_primitive(real, x, integrand) else None


def _with_sign(found: Expr, side: Symbol, x: Symbol) -> Expr:
    """sign x for its stand-in, whose square is 1."""
    plain = found.replace(lambda e: isinstance(e, Pow) and e.base == side, lambda e: side ** (e.exp % 2))
    return plain.xreplace({side: sign(x)})


def _squared(e: Expr) -> Expr:
    """log f as log(f^2) / 2 where f contains a root: real wherever the root is, and differentiable as it stands."""
    table = {u: log(u.args[0] ** 2) / 2 for u in e.atoms(log) if any(map(is_root, u.args[0].atoms(Pow)))}
    return e.xreplace(table)


def _shift(integrand: Expr, x: Symbol) -> Expr:
    """b / (2 a) where the one root is of a x^2 + b x + c: with x - shift for x it has no linear term."""
    bases = {u.base.expand() for u in integrand.atoms(Pow) if is_root(u) and u.has(x)}
    q = bases.pop() if len(bases) == 1 else None
    if q is None or not q.is_polynomial(x) or Poly(q, x).degree() != 2:
        return Integer(0)
    return q.coeff(x, 1) / (2 * q.coeff(x, 2))


def _rationalised(integrand: Expr, x: Symbol, z: Symbol) -> tuple[Expr | None, Expr]:
    """(f(z), z(x)) with f rational and f(z) dz = integrand dx."""
    factors = [(f, *f.as_base_exp()) for f in Mul.make_args(integrand) if f.has(x)]
    roots = [(base, n) for f, base, n in factors if not f.is_rational_function(x)]
    if not roots:
        return integrand.xreplace({x: z}), x
    (q, n), *more = roots
    if more or not (2 * n).is_Integer or not q.is_polynomial(x):
        return None, x
    a, b = q.coeff(x, 2), q.coeff(x, 0)
    if (q - a * x**2 - b).expand() != 0 or a.is_zero or b.is_zero:
        return None, x
    rest, mirrored = integrand / q**n, (integrand / q**n).subs(x, -x)
    if (rest - mirrored).expand().is_zero:
        squared = b * z**2 / (1 - a * z**2)
        changed = _in_square(rest, x, squared) * (b / (1 - a * z**2)) ** (n + Rational(3, 2)) / b
        return (changed.factor() if changed.is_rational_function(z) else None), x / sqrt(q)
    if (rest + mirrored).expand().is_zero:
        changed = _in_square((rest / x).cancel(), x, (z**2 - b) / a) * z ** (2 * n + 1) / a
        return (changed.factor() if changed.is_rational_function(z) else None), sqrt(q)
    return None, x


def _in_square(even: Expr, x: Symbol, square: Expr) -> Expr:
    s = Dummy("s", positive=True)
    return even.subs(x, sqrt(s)).cancel().xreplace({s: square})
