"""Models that known laws reduce to the plane: two parameters, and the values of the laws for constants.

If the fields move (x, y) in one direction, dy / dx = s(w), and known laws h_j(w) = c_j give every other parameter in s
as a function of x, y and c near a point (`derive.laws.isolated`), then dy / dx = s(x, y, c) is an equation in the
plane.  A law L(x, y, c) of the plane for each c is a law L(x, y, h(w)) of the model, since V(h_j) = 0.  Its
differential is a multiple of

    V_x dy - V_y dx      modulo the dh_j,

so whether it is independent of all known laws is a question of rank that is asked before anything is integrated.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from sympy import Dummy, Expr, Integer, Symbol, powsimp

from derive.exact.field import Element
from derive.exact.identity import is_identity
from derive.exact.points import Point
from derive.exact.signs import sign_of
from derive.fields.dynamics import InducedDynamics, Vector
from derive.laws.additive import readable_fields
from derive.laws.isolated import Sides, isolated

MAX_PARAMETERS, MAX_OPERATIONS = 6, 80
_SIGNS = (Integer(1), Integer(-1))
Known = tuple[Expr, Expr, int]  # a law, the size of its value, and the sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """dy / dx = slope(x, y, c); `form` is V_x dy - V_y dx; `values` says which law stands behind each constant c.

    Constants are positive symbols where the law has a sign at the point: `signs` times them is the law.
    """

    x: Symbol
    y: Symbol
    slope: Expr
    form: Vector
    values: Mapping[Symbol, Expr]
    equations: tuple[Expr, ...]
    sides: Sides

    def solves_the_laws(self) -> bool:
        """Do the eliminated parameters satisfy the laws identically, whatever the signs are?"""
        signs = [
            dict(zip(self.sides.numbers, chosen, strict=True))
            for chosen in product(*[_SIGNS] * len(self.sides.numbers))
        ]
        return all(is_identity(e.xreplace(chosen)) for e in self.equations for chosen in signs)


def planes(dynamics: InducedDynamics, laws: Sequence[Expr], at: Point, is_new: Callable[[Vector], bool]) -> list[Plane]:
    """The pairs (x, y) whose motion is known in the plane near the point, those with the fewest constants first.

    Only forms that `is_new` accepts are looked at.
    """
    w = dynamics.model.parameters
    if len(w) > MAX_PARAMETERS:
        return []
    known: list[Known] = [(law, *_constant(law, at)) for law in laws]
    known += [(r, Integer(0), 1) for r in dynamics.model.restrict]
    at = {**at, **{c: sign * law.xreplace(dict(at)) for law, c, sign in known if isinstance(c, Symbol)}}
    found: list[Plane] = []
    for a, b in combinations(range(len(w)), 2):
        form = _direction(dynamics, a, b)
        if form is not None and is_new(form):
            pairs = (_plane(dynamics, x, y, known, form, at) for x, y in ((a, b), (b, a)))
            found += [plane for plane in pairs if plane is not None]
    return sorted(found, key=lambda p: (len(p.slope.free_symbols), p.slope.count_ops()))


def _constant(law: Expr, at: Point) -> tuple[Symbol, int]:
    """A symbol for the size of the law's value, and the sign of that value at the point (1 for a size that is real)."""
    sign = sign_of(law.xreplace(dict(at)).expand())
    return (Dummy("c", positive=True), sign) if sign else (Dummy("c", real=True), 1)


def _plane(
    dynamics: InducedDynamics,
    a: int,
    b: int,
    laws: Sequence[Known],
    form: Vector,
    at: Point,
) -> Plane | None:
    x, y = dynamics.model.parameters[a], dynamics.model.parameters[b]
    field = next(f for f, v in zip(readable_fields(dynamics), dynamics.gradients, strict=True) if not v[a].vanishes)
    slope = powsimp((field[b] / field[a]).cancel() if dynamics.field.is_rational else field[b] / field[a])
    others = slope.free_symbols & set(dynamics.model.parameters) - {x, y}
    sides = Sides(at)
    solved = _solved(others, {x, y}, laws, dynamics.model.parameters, sides)
    if solved is None:
        return None
    slope = sides.simplified(slope.xreplace(solved))
    if slope.count_ops() > MAX_OPERATIONS:
        return None
    values = {c: sign * law for law, c, sign in laws if isinstance(c, Symbol)}
    used = [(law, c, sign) for law, c, sign in laws if law.free_symbols & set(solved)]
    equations = tuple(law.xreplace(solved) - sign * c for law, c, sign in used)
    return Plane(x=x, y=y, slope=slope, form=form, values=values, equations=equations, sides=sides)


def _direction(dynamics: InducedDynamics, a: int, b: int) -> Vector | None:
    """V_x dy - V_y dx of the first field that moves both; None where another one moves in another direction."""
    field = dynamics.field
    moving = [v for v in dynamics.gradients if not (v[a].vanishes and v[b].vanishes)]
    first = next((v for v in moving if not v[a].vanishes and not v[b].vanishes), None)
    if first is None or any(not field.normal(v[b] * first[a] - v[a] * first[b]).vanishes for v in moving):
        return None
    form: list[Element] = [field.zero] * len(dynamics.model.parameters)
    form[a], form[b] = -first[b], first[a]
    return tuple(form)


def _solved(
    others: set[Symbol],
    known: set[Symbol],
    laws: Sequence[Known],
    parameters: Sequence[Symbol],
    sides: Sides,
) -> dict[Symbol, Expr] | None:
    """The other parameters in x, y and the constants, from one law after the other; None where one is missing."""
    solved: dict[Symbol, Expr] = {}
    left = list(laws)
    while {p for root in solved.values() for p in root.free_symbols & set(parameters)} - known or others - set(solved):
        step = _step(left, known, parameters, sides)
        if step is None:
            return None
        used, z, root = step
        solved = {p: e.xreplace({z: root}) for p, e in solved.items()} | {z: root}
        left = [(law.xreplace({z: root}), c, sign) for n, (law, c, sign) in enumerate(left) if n != used]
    return solved


def _step(
    left: Sequence[Known], known: set[Symbol], parameters: Sequence[Symbol], sides: Sides
) -> tuple[int, Symbol, Expr] | None:
    """The place of a law, a parameter and what the law makes of it; laws with the fewest unknown parameters first."""
    unknown = [(n, law.free_symbols & set(parameters) - known) for n, (law, _, _) in enumerate(left)]
    for n, new in sorted(unknown, key=lambda u: (len(u[1]), left[u[0]][0].count_ops())):
        law, c, sign = left[n]
        for z in sorted(new, key=str):
            root = isolated(law, z, sign * c, sides)
            if root is not None:
                return n, z, root
    return None
