"""Clocks of a leaf: the dual time of one coordinate as a function of one parameter.

Along dw/ds = grad F a parameter x moves with V_x(w).  Where the conserved quantities determine the others in x, on the
branch of the start, V_x = v(x, c) and

    s = integral of dx / v(x, c)      so that      V(s) = 1,    Q' = s - s(0),

with c the laws' values.  Written with the laws h(w) in place of c, s(w) is a function on all of parameter space near
the branch: V(h) = 0, and V(s) = 1 holds there identically, which is what is verified, by differentiation.

An integral is sought where v is rational in x, or even and rational but for one root of a x^2 + b, which a substitution
makes rational.  Two such roots lead to elliptic integrals.  Others stay as they are, definite integrals from the start.
Radicands have to be positive for every x: on the leaf of the start then v has no branch, and no zero but where the
motion stops.  (u^2 - c has a zero at w = 0, which a flow of u^2 w runs through; in w there is none.)

Examples: u^2 w with u^2 - 2 w^2 = c > 0 has dw/ds = u^2 = c + 2 w^2, so that s = atan(sqrt(2/c) w)/sqrt(2 c);
u v w with u^2 - w^2 = a > 0, v^2 - w^2 = b > 0 has dw/ds = sqrt((w^2 + a)(w^2 + b)), an elliptic integral of the first
kind.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import Abs, Dummy, Expr, Integer, Integral, Mul, Poly, Rational, Symbol, sqrt

from derive.branch.elimination import parameters_in
from derive.branch.equations import Quantities
from derive.errors import InputError
from derive.exact.identity import is_identity
from derive.exact.integrals import integrated
from derive.exact.signs import is_defined, sign_of
from derive.fields.dynamics import InducedDynamics, induced_dynamics
from derive.fields.leaf import Leaf
from derive.laws.primitive import Entry
from derive.laws.quadrature import real_logarithms
from derive.laws.relevant import algebraic_laws

MAX_PARAMETERS = 4


@dataclass(frozen=True, slots=True)
class _Constant:
    """A law: `name` stands for its value on a leaf, which is `value` at the start; `sign` is that of `value`, not 0."""

    name: Symbol
    law: Expr
    value: Expr
    sign: int


def leaf_clocks(leaf: Leaf, laws: Sequence[Expr]) -> list[Entry]:
    """At most one entry: a function s(w) with V(s) = 1, for a model of one coordinate with a start.

    Every parameter is tried, and the first whose clock is elementary and verified is taken.
    """
    dynamics = leaf.dynamics
    model, count = dynamics.model, len(dynamics.model.parameters)
    if len(dynamics.gradients) != 1 or model.start is None or model.restrict or not 1 < count <= MAX_PARAMETERS:
        return []
    constants = _constants(algebraic_laws(laws, dynamics.field), model.start_map())
    if len(constants) != count - 1 or any(v.vanishes for v in dynamics.gradients[0]):
        return []
    motions = list(_motions(leaf, constants))
    for x, velocity in motions:
        clock = _clock(x, velocity, constants, model.start_map())
        if clock is not None and _ticks(dynamics, clock):
            return [Entry(function=clock, slopes=(dynamics.field.one,))]
    for x, velocity in motions:
        clock = _integral(x, velocity, constants, model.start_map())
        if clock is not None and _moves(dynamics, x, velocity, constants):
            return [Entry(function=clock, slopes=(dynamics.field.one,))]
    return []


def _constants(laws: Sequence[Expr], start: Mapping[Symbol, Expr]) -> list[_Constant]:
    """The laws whose sign at the start is certain."""
    found = []
    for i, law in enumerate(laws):
        there = law.xreplace(dict(start)).expand()
        sign = sign_of(there) if is_defined(there) else None
        if sign:
            found.append(_Constant(Dummy(f"c{i}", real=True), law, there, sign))
    return found


def _motions(leaf: Leaf, constants: Sequence[_Constant]) -> Iterator[tuple[Symbol, Expr]]:
    """(x, v(x, c)) for every parameter x in which the others are known on the branch of the start."""
    model = leaf.dynamics.model
    own = induced_dynamics(model, also=[c.law for c in constants])
    point = next(iter(leaf.points(1)), None)
    if point is None:
        return
    for x, velocity in zip(model.parameters, own.gradients[0], strict=True):
        quantities = Quantities(
            symbols=(x, *(c.name for c in constants)),
            elements=tuple(map(own.field.convert, (x, *(c.law for c in constants)))),
            modulo=leaf.on_leaf,
            start=tuple(model.start_map().items()) if any(v.free_symbols for v in model.start or ()) else (),
        )
        others = [p for p in model.parameters if p != x]
        solved = parameters_in(others, quantities, own.field, point)
        if len(solved) == len(others):
            yield x, velocity.expression().subs(solved)


def _clock(x: Symbol, velocity: Expr, constants: Sequence[_Constant], start: Mapping[Symbol, Expr]) -> Expr | None:
    """The integral of dx / v with the laws in place of their values; None where it is not elementary."""
    sizes = {c: Dummy(c.name.name, positive=True) for c in constants}
    integrand = (1 / velocity).xreplace({c.name: c.sign * sizes[c] for c in constants}).factor()
    z = Dummy("z", real=True)
    rational, place = _rationalised(integrand, x, z, {sizes[c]: c.sign * c.value for c in constants})
    found = None if rational is None else integrated(rational, z)
    if found is None:
        return None
    back = found.xreplace({z: place}).xreplace({sizes[c]: c.sign * c.law for c in constants})
    return real_logarithms(_unsigned(back, start), x, start)


def _rationalised(integrand: Expr, x: Symbol, z: Symbol, values: Mapping[Symbol, Expr]) -> tuple[Expr | None, Expr]:
    """(f(z), z(x)) with f rational and f(z) dz = integrand dx; `values` are those of its constants at the start.

    Besides z = x, for an even integrand with an odd power of sqrt(q), q = a x^2 + b: z = x / sqrt(q) has
    dz = b q^(-3/2) dx, x^2 = b z^2 / (1 - a z^2) and q = b / (1 - a z^2).
    """
    roots = [f.as_base_exp() for f in Mul.make_args(integrand) if not f.is_rational_function(x)]
    if not roots:
        return integrand.xreplace({x: z}), x
    (q, power), *more = roots
    if more or not (2 * power).is_Integer or not _is_positive(q, x, values):
        return None, x
    if not (integrand - integrand.subs(x, -x)).is_zero:
        return None, x
    a, b = q.coeff(x, 2), q.coeff(x, 0)
    if (q - a * x**2 - b).expand() != 0 or b.is_zero:
        return None, x
    below = 1 - a * z**2
    rest = (integrand / q**power).subs(x, z * sqrt(b / below)).simplify()
    changed = rest * (b / below) ** (power + Rational(3, 2)) / b
    return (changed.factor() if changed.is_rational_function(z) else None), x / sqrt(q)


def _integral(x: Symbol, velocity: Expr, constants: Sequence[_Constant], start: Mapping[Symbol, Expr]) -> Expr | None:
    """The integral of dx / v from the start, with the values of the laws there; None where v may vanish or branch."""
    integrand = 1 / velocity
    values = {c.name: c.value for c in constants}
    factors = [f.as_base_exp() for f in Mul.make_args(integrand) if f.has(x)]
    if not factors or not all(b == x or _is_positive(b, x, values) for b, _ in factors):
        return None
    if not all((2 * e).is_Integer if b != x else e.is_Integer and start[x].is_nonzero for b, e in factors):
        return None
    t = Symbol(next(n for n in ("t", "tau", "t_") if n not in map(str, start)), real=True)
    return Integral(integrand.xreplace(values).xreplace({x: t}), (t, start[x], x))


def _is_positive(radicand: Expr, x: Symbol, values: Mapping[Symbol, Expr]) -> bool:
    """For every x, on the leaf of the start: where a radicand vanishes there, 1/v has a pole that s has not."""
    there = radicand.xreplace(dict(values))
    if not there.is_polynomial(x):
        return False
    terms = Poly(there, x).terms()
    return (0,) in dict(terms) and all(n % 2 == 0 and sign_of(c) == 1 for (n,), c in terms)


def _moves(dynamics: InducedDynamics, x: Symbol, velocity: Expr, constants: Sequence[_Constant]) -> bool:
    """v(x, h) = V_x, identically in the parameters, with the signs of the start."""
    model = dynamics.model
    there = _unsigned(velocity.xreplace({c.name: c.law for c in constants}), model.start_map())
    own = dynamics.gradients[0][model.parameters.index(x)].expression()
    return is_identity(there - own)


def _unsigned(e: Expr, start: Mapping[Symbol, Expr]) -> Expr:
    """|f| as f or -f, as it is at the start."""
    return e.replace(Abs, lambda f: f * (sign_of(f.xreplace(dict(start))) or Integer(1)))


def _ticks(dynamics: InducedDynamics, clock: Expr) -> bool:
    """V(s) = 1, identically in the parameters: checked by differentiation in a field made for it."""
    model = dynamics.model
    try:
        own = induced_dynamics(model, also=[clock])
        slope = own.along(own.gradients[0], own.field.convert(clock))
        return own.field.normal(slope - own.field.one).vanishes
    except (KeyError, InputError):
        return False
