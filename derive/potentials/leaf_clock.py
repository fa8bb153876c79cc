"""Clocks of a leaf: the dual time of one coordinate as a function of one parameter.

Along dw/ds = grad F a parameter x moves with V_x(w).  Where the conserved quantities determine the others in x, on the
branch of the start, V_x = v(x, c) and

    s = integral of dx / v(x, c)      so that      V(s) = 1,    Q' = s - s(0),

with c the laws' values.  Written with the laws h(w) in place of c, s(w) is a function on all of parameter space near
the branch: V(h) = 0, and V(s) = 1 holds there identically, which is what is verified, by differentiation.

An integral is sought where v is rational in x, or rational times the root of a polynomial of degree two or less: then
it is elementary (Liouville).  Other radicals lead to elliptic integrals, and are left to quadrature.

Example: u^2 w with u^2 - 2 w^2 = c > 0 has dw/ds = u^2 = c + 2 w^2, so that s = atan(sqrt(2/c) w)/sqrt(2 c).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import Abs, Dummy, Expr, Integer, Mul, Poly, Symbol, integrate

from derive.branch.elimination import parameters_in
from derive.branch.equations import Quantities
from derive.errors import InputError
from derive.exact.integrals import is_plain
from derive.exact.signs import is_defined, sign_of
from derive.fields.dynamics import InducedDynamics, induced_dynamics
from derive.fields.leaf import Leaf
from derive.laws.primitive import Entry, real_logarithms

MAX_PARAMETERS = 4


@dataclass(frozen=True, slots=True)
class _Constant:
    """The value of a law on the leaf: `name` stands for it; `sign` is its sign at the start, not 0."""

    name: Symbol
    law: Expr
    sign: int


def leaf_clocks(leaf: Leaf, laws: Sequence[Expr]) -> list[Entry]:
    """At most one entry: a function s(w) with V(s) = 1, for a model of one coordinate with a start.

    Every parameter is tried, and the first whose clock is elementary and verified is taken.
    """
    dynamics = leaf.dynamics
    model, count = dynamics.model, len(dynamics.model.parameters)
    if len(dynamics.gradients) != 1 or model.start is None or model.restrict or not 1 < count <= MAX_PARAMETERS:
        return []
    constants = _constants(laws, model.start_map())
    if len(constants) != count - 1 or any(v.vanishes for v in dynamics.gradients[0]):
        return []
    for x, velocity in _motions(leaf, constants):
        clock = _clock(x, velocity, constants, model.start_map())
        if clock is not None and _ticks(dynamics, clock):
            return [Entry(function=clock, slopes=(dynamics.field.one,))]
    return []


def _constants(laws: Sequence[Expr], start: Mapping[Symbol, Expr]) -> list[_Constant]:
    """The laws whose sign at the start is certain."""
    found = []
    for i, law in enumerate(laws):
        there = law.xreplace(dict(start))
        sign = sign_of(there.expand()) if is_defined(there) else None
        if sign:
            found.append(_Constant(Dummy(f"c{i}", real=True), law, sign))
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
    integrand = (1 / velocity).factor()
    if not _is_elementary(integrand, x):
        return None
    # with signs SymPy finds arctangents and logarithms, without them it splits no cases
    for positive in (True, False):
        size = {c: Dummy(c.name.name, positive=True) if positive else c.sign * c.name for c in constants}
        found = integrate(integrand.xreplace({c.name: c.sign * size[c] for c in constants}), x)
        if is_plain(found):
            back = {size[c] if positive else c.name: c.sign * c.law if positive else c.law for c in constants}
            return real_logarithms(_unsigned(found.xreplace(back), start), x, start)
    return None


def _unsigned(e: Expr, start: Mapping[Symbol, Expr]) -> Expr:
    """|f| as f or -f, as it is at the start."""
    return e.replace(Abs, lambda f: f * (sign_of(f.xreplace(dict(start))) or Integer(1)))


def _is_elementary(integrand: Expr, x: Symbol) -> bool:
    """Rational in x, or rational times roots of odd powers whose bases multiply to degree two or less."""
    under = Integer(1)
    for factor in Mul.make_args(integrand):
        base, exponent = factor.as_base_exp()
        if not base.has(x) or exponent.is_Integer:
            if not factor.is_rational_function(x):
                return False
        elif (2 * exponent).is_Integer and base.is_polynomial(x):
            under *= base
        else:
            return False
    return not under.has(x) or Poly(under, x).degree() <= 2


def _ticks(dynamics: InducedDynamics, clock: Expr) -> bool:
    """V(s) = 1, identically in the parameters: checked by differentiation in a field made for it."""
    model = dynamics.model
    try:
        own = induced_dynamics(model, also=[clock])
        slope = own.along(own.gradients[0], own.field.convert(clock))
        return own.field.normal(slope - own.field.one).vanishes
    except (KeyError, InputError):
        return False
