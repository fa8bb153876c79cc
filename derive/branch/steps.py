"""One step of an inversion (`derive.branch.inversion`): a function of w that becomes a known function of beta and c.

Functions that are worth knowing are the generators of the field, x, or powers y = x^g of them, and the entries of M.  A
relation P(x, known) = 0 of least degree that contains only powers of x^g is a relation for y of degree n = deg P / g:

    n = 1     y is rational in what is known, and nothing is chosen
    n = 2     y is one of two roots; they differ at the start, and the one that is y there is taken
    n > 2     y is kept as a symbol with its equation

and x is one of the real roots of x^g = y.  Other steps need no choice: exp, sinh, tan are one-to-one from their side.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from math import gcd

from sympy import Dummy, Expr, Poly, exp, log, sinh, tan

from derive.branch.equations import Quantities, is_at_start, on_branch, real_roots, roots_of_quadratic, values_at
from derive.branch.relations import TARGET, Function, named, relations
from derive.exact.balls import ball
from derive.exact.field import Element
from derive.exact.kernels import Generator
from derive.exact.points import PRECISION, Point
from derive.exact.residues import Residues, algebraic

MAX_ROOT, MAX_TERMS, TRIES, LONG = 6, 30, 5, 400


@dataclass(frozen=True, slots=True)
class Known:
    """A function of w that is known: `function` names it in relations, `expression` is in beta, c and one root at most.

    It is the `power`-th power of the target number `place`, where it is one.
    """

    function: Function
    expression: Expr
    place: int | None = None
    power: int = 1


@dataclass(frozen=True, slots=True)
class Adjoined:
    """A root that stays as a symbol: `polynomial` in `TARGET` is zero at `means`, an even power if `even`."""

    unknown: Dummy
    means: Expr
    polynomial: Poly
    even: bool

    @property
    def equation(self) -> Expr:
        """The polynomial in the unknown."""
        return self.polynomial.as_expr().xreplace({TARGET: self.unknown})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is known, what is worth knowing (`targets`: generators, then entries of M), and where roots are chosen."""

    known: tuple[Known, ...]
    targets: tuple[Function, ...]
    quantities: Quantities
    point: Point
    points: tuple[Residues, ...]
    work: int  # how many relations may still be sought
    radicals: bool = True
    root: Adjoined | None = None
    failed: frozenset[int] = frozenset()  # targets without a relation over what is known

    def solved(self, place: int) -> dict[int, Expr]:
        """The powers of a target that are known."""
        return {k.power: k.expression for k in self.known if k.place == place}

    def with_known(
        self, element: Element, expression: Expr, *, place: int | None = None, power: int = 1, below: int | None = None
    ) -> "Problem | None":
        """One more function is known; None where its expression is long, or not defined at the start."""
        if expression.count_ops() > LONG or not is_at_start(expression, element, self.quantities, self.point):
            return None
        function = replace(named(element, self.points), below=below)
        failed = self.failed if place is not None and place >= len(element.field.generators) else frozenset()
        return replace(self, known=(*self.known, Known(function, expression, place, power)), failed=failed)

    def in_beta(self, expression: Expr) -> Expr:
        """A rational function of the known functions with their expressions in place."""
        return expression.xreplace({k.function.symbol: k.expression for k in self.known})


@dataclass(frozen=True, slots=True)
class Equation:
    """`polynomial` in `TARGET`, with the names of known functions in its coefficients, is zero at `element`.

    The element is the target number `place` to the `power`.
    """

    element: Element
    place: int
    power: int
    polynomial: Poly

    @property
    def degree(self) -> int:
        """Of the polynomial."""
        return self.polynomial.degree()

    @property
    def terms(self) -> int:
        """The number of monomials."""
        return len(self.polynomial.as_expr().expand().args)


def equation(p: Problem, place: int) -> Equation | None:
    """The relation of a target that is algebraic over what is known; one that determines it at the start, if linear."""
    target, functions = p.targets[place], [k.function for k in p.known if k.function.below != 1]
    if not algebraic([target.element], [f.element for f in functions], p.points[0])[0]:
        return None
    first = None
    for found in islice(relations(target, functions), TRIES):
        power = gcd(*(n for (n,) in found.monoms()))
        terms = {(n // power,): c for (n,), c in found.terms()}
        e = Equation(target.element.power(power), place, power, Poly.from_dict(terms, TARGET))
        if e.degree > 1 or not _vanishes(p, e.polynomial.LC()):
            return first or e
        first = first or e
    return first


def _vanishes(p: Problem, coefficient: Expr) -> bool:
    """Is it zero at the point, as far as balls can tell?"""
    there = values_at(p.quantities, p.point)
    number = ball(p.in_beta(coefficient).xreplace(there), PRECISION)
    return not number.is_finite() or number.contains(0)


def by_functions(p: Problem) -> Iterator[Problem]:
    """Generators that are functions of known symbols, and the arguments of known generators."""
    field = p.targets[0].element.field
    values = {g.base: p.solved(i)[1] for i, g in enumerate(field.generators) if g.kind == "symbol" and 1 in p.solved(i)}
    for place, g in enumerate(field.generators):
        if g.kind == "symbol":
            continue
        known, shown = p.solved(place).get(1), field.generator_expression(g)
        found = None
        if known is not None:
            found = _of_argument(p, g, known)
        elif shown.free_symbols <= set(values):
            found = p.with_known(p.targets[place].element, shown.xreplace(values), place=place)
        if found is not None:
            yield found


def _of_argument(p: Problem, g: Generator, known: Expr) -> Problem | None:
    """What is inside a function whose value is known; None where that is known too, or not determined by it."""
    field = p.targets[0].element.field
    inside, image = g.base, None
    if g.kind == "power" and g.base is None:
        inside, image = g.monomial, field.tower.roots[None, g.monomial] * log(known)
    elif g.kind in ("log", "atan", "asinh"):
        image = {"log": exp, "atan": tan, "asinh": sinh}[g.kind](known)
    if image is None or inside is None:
        return None
    element = field.convert(inside)
    if any(k.function.element == element for k in p.known):
        return None
    return p.with_known(element, image, place=next((i for i, t in enumerate(p.targets) if t.element == element), None))


def rational(p: Problem, e: Equation) -> Problem | None:
    """The step of an equation of degree one; None where it is of another, or its root is known."""
    if e.degree > 1 or e.power in p.solved(e.place):
        return None
    a, b = e.polynomial.all_coeffs()
    # nothing new for further relations
    plain = e.place >= len(e.element.field.generators) or (a.is_number and b.as_coeff_Mul()[1].is_Symbol)
    return p.with_known(e.element, p.in_beta(-b / a), place=e.place, power=e.power, below=1 if plain else None)


def by_power(p: Problem) -> Iterator[Problem]:
    """x from x^g, where that is known."""
    for place, target in enumerate(f.element for f in p.targets):
        powers = p.solved(place)
        for g, expression in powers.items():
            root = None
            if 1 not in powers:
                root = on_branch(target, real_roots(expression, g, p.quantities, p.point), p.quantities, p.point)
            found = None if root is None else p.with_known(target, root, place=place)
            if found is not None:
                yield found


def by_radicals(p: Problem, e: Equation) -> Problem | None:
    """The step of an equation of degree two, solved by radicals."""
    if e.degree != 2 or not p.radicals or e.power in p.solved(e.place) or e.terms > MAX_TERMS:
        return None
    for form in roots_of_quadratic(e.polynomial):
        root = on_branch(e.element, [p.in_beta(r) for r in form], p.quantities, p.point)
        if root is not None:
            return p.with_known(e.element, root, place=e.place, power=e.power, below=2)
    return None


def by_symbol(p: Problem, e: Equation) -> Problem | None:
    """The root of an equation as a symbol, of which there is one at most."""
    if p.root is not None or not 2 <= e.degree <= MAX_ROOT or e.terms > MAX_TERMS:
        return None
    unknown, q = Dummy("z", real=True), p.quantities
    means = p.targets[e.place].element.expression() ** e.power
    root = Adjoined(unknown, means, Poly(p.in_beta(e.polynomial.as_expr()), TARGET), e.power % 2 == 0)
    more = replace(q, symbols=(*q.symbols, unknown), elements=(*q.elements, e.element))
    return replace(p, root=root, quantities=more).with_known(
        e.element, unknown, place=e.place, power=e.power, below=e.degree
    )
