"""The Lie algebra's rank at generic points, and at which points to ask for it.

A minor that is not zero at one point is not zero on a dense open subset of every *connected* set on which the fields
are analytic.  For polynomial and rational fields any point will do.  With |u|, roots or logarithms the domain may fall
apart: u |u| + u^2 is zero where u < 0 and 2 u^2 elsewhere.  So

* with a start the points lie in a box around it on which every function of the model is analytic, as balls show;
* without one, points with other signs of the parameters and of the arguments of |.| have to agree on the rank.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

from flint import arb, ctx, fmpq, fmpq_mpoly
from sympy import Expr, Integer, Rational, Symbol

from derive.errors import ComputationError, InputError
from derive.exact.balls import ball
from derive.exact.field import Element, Field
from derive.exact.kernels import Generator
from derive.exact.points import PRECISION, Point, Undefined, generator_values, sample_points, values
from derive.fields.dynamics import InducedDynamics, Vector, rank_of_values
from derive.fields.leaf import Leaf
from derive.laws.lie import basis_at, basis_at_special

SHRINKS, SAMPLES = 8, 24
EVERYWHERE = ("cos", "sin", "atan", "asinh")


@dataclass(frozen=True, slots=True, kw_only=True)
class Generic:
    """Fields of the Lie algebra whose values at `point` are independent, as many as were found.

    `is_near`: the point lies in the same part of the domain as the start.  `lowest` is the smallest rank in any part of
    the domain that is meant and was looked at.
    """

    basis: tuple[Vector, ...]
    point: Point
    is_near: bool
    lowest: int


def generic_rank(leaf: Leaf) -> Generic:
    """Independent fields at a generic point of the setting.  Raises `InputError` where no point has values."""
    dynamics, model = leaf.dynamics, leaf.dynamics.model
    whole = _is_in_one_piece(dynamics.field)
    near = [] if whole or leaf.start is None else [dict(leaf.start)] if model.restrict else list(_around(leaf))
    basis, point = _lie_basis(dynamics, near or list(_anywhere(leaf)))
    lowest = len(basis) if whole or near else _lowest(dynamics, basis)
    return Generic(basis=_at_start(leaf, basis), point=point, is_near=bool(near), lowest=lowest)


def rank_of_differentials(functions: Sequence[Element], leaf: Leaf, point: Point) -> int:
    """The rank of the differentials at the point; 0 where one is undefined."""
    rows = _at([tuple(f.derivative(p) for p in leaf.dynamics.model.parameters) for f in functions], point)
    return rank_of_values(rows) if rows else 0


def _anywhere(leaf: Leaf) -> Iterator[Point]:
    """Points of N, or of parameter space: not the start, which may be special."""
    if leaf.dynamics.model.restrict and leaf.start is not None:
        yield dict(leaf.start)
    generic = Leaf(dynamics=leaf.dynamics, ideal=leaf.ideal, start=None)
    yield from islice(generic.points(4), 4)


def _at(vectors: Sequence[Vector], point: Point) -> list[list[fmpq | arb]] | None:
    try:
        return values(vectors, point)
    except (Undefined, ComputationError):
        return None


def _lie_basis(dynamics: InducedDynamics, points: Sequence[Point]) -> tuple[tuple[Vector, ...], Point]:
    """Fields whose values at one exact point are independent; points are tried until one does no better."""
    best: tuple[tuple[Vector, ...], Point] | None = None
    for point in points:
        basis = basis_at(dynamics, point)
        if basis is None:
            continue
        if best is not None and len(basis) <= len(best[0]):
            break
        best = basis, point
    if best is None and not points and dynamics.model.restrict:
        raise ComputationError(
            "no exact point of the submanifold was found",
            received=", ".join(f"{r} = 0" for r in dynamics.model.restrict),
            hint="a --start on it, or equations between polynomials",
        )
    if best is None:
        raise InputError("the model is undefined at every point tried", received=dynamics.model.name)
    return best


def _at_start(leaf: Leaf, basis: tuple[Vector, ...]) -> tuple[Vector, ...]:
    """As many fields that are independent at the start too, where there are such: then its leaf is as large as any."""
    if leaf.start is None:
        return basis
    here = _at(basis, dict(leaf.start))
    if here is None or rank_of_values(here) == len(basis):
        return basis
    other = basis_at_special(leaf.dynamics, dict(leaf.start), len(basis))
    return other if other is not None and len(other) == len(basis) else basis


# -- parts of the domain ------------------------------------------------------------------------------


def _is_in_one_piece(field: Field) -> bool:
    """Is the domain connected for sure?  Poles do not divide it: meromorphic functions have identities too."""
    return all(_divides_nothing(field, g) for g in field.generators)


def _divides_nothing(field: Field, g: Generator) -> bool:
    if g.kind == "symbol" or g.base is None or g.kind in EVERYWHERE:
        argument = g.monomial if g.kind == "power" else g.base
        return g.kind == "symbol" or (argument is not None and field.convert(argument).denominator.is_constant())
    return g.kind in ("power", "log") and g.base.is_Symbol and not g.monomial.free_symbols


def _around(leaf: Leaf) -> Iterator[Point]:
    """Rational points in a box around the start on which all generators are analytic; none if no such box is found."""
    field, parameters, random = leaf.dynamics.field, leaf.dynamics.model.parameters, Random(3)
    centre = {s: _rational(v) for s, v in (leaf.start or ())}
    sizes = (Rational(1, 4**k) for k in range(SHRINKS))
    size = next((r for r in sizes if _is_analytic(field, centre, set(parameters), r)), None)
    for _ in range(4 if size is not None else 0):
        steps = {p: size * Rational(random.choice((-1, 1)) * random.randint(1, 13), 15) for p in parameters}
        yield {s: c + steps.get(s, Integer(0)) for s, c in centre.items()}


def _rational(number: Expr) -> Rational:
    """The number, or a rational one nearby."""
    return number if number.is_Rational else Rational(str(number.evalf(20)))


def _is_analytic(field: Field, centre: Point, moving: set[Symbol], size: Rational) -> bool:
    """Are all generators analytic on the box of this size?  (It holds the start with a margin: see `_rational`.)"""
    with ctx.workprec(PRECISION):
        there: list[arb] = []
        for g in field.generators:
            value = _enclosed(field, g, there, centre, moving, size + Rational(1, 10**9))
            if value is None or not value.is_finite():
                return False
            there.append(value)
        return True


def _enclosed(
    field: Field, g: Generator, there: Sequence[arb], centre: Point, moving: set[Symbol], size: Rational
) -> arb | None:
    """The values of a generator on the box; None where it may not be analytic."""
    if g.kind == "symbol":
        assert g.base is not None
        middle = ball(centre.get(g.base, g.base), PRECISION)
        return middle + arb(0, ball(size, PRECISION).upper()) if g.base in moving else middle
    exponent = _range(field.convert(g.monomial), there)
    if g.kind == "power" and g.base is None:
        return (exponent / field.tower.roots[g.base, g.monomial]).exp()
    argument = _range(field.convert(g.base), there)
    if g.kind == "power":
        return (argument.log() * exponent / field.tower.roots[g.base, g.monomial]).exp() if argument > 0 else None
    if g.kind == "log":
        return argument.log() if argument > 0 else None
    if g.kind == "sign":
        return arb(1) if argument > 0 else arb(-1) if argument < 0 else None
    return getattr(argument, g.kind)() if argument.is_finite() else None


def _range(element: Element, there: Sequence[arb]) -> arb:
    return _sum(element.numerator, there) / _sum(element.denominator, there)


def _sum(polynomial: fmpq_mpoly, there: Sequence[arb]) -> arb:
    total = arb(0)
    for exponents, coefficient in polynomial.to_dict().items():
        term = arb(coefficient)
        for generator, exponent in enumerate(exponents):
            term *= there[generator] ** int(exponent) if exponent else 1
        total += term
    return total


def _lowest(dynamics: InducedDynamics, basis: Sequence[Vector]) -> int:
    """The smallest rank over the parts where parameters, and arguments of |.|, have other signs, as far as tried."""
    model, field = dynamics.model, dynamics.field
    signs = [n for n, g in enumerate(field.generators) if g.kind == "sign"]
    found: dict[tuple[bool, ...], int] = {}
    for point in islice(sample_points(model.parameters, model.constants), SAMPLES):
        try:
            there = generator_values(field, point)
        except (Undefined, ComputationError):
            continue
        part = (*(point[p] > 0 for p in model.parameters), *(there[n] > 0 for n in signs))
        if found.get(part, -1) < len(basis):
            here = _at(basis, point)
            rank = -1 if here is None else rank_of_values(here)
            if 0 <= rank < len(basis):
                rank = len(basis_at(dynamics, point) or basis)
            found[part] = max(found.get(part, -1), rank)
    return min([len(basis), *(rank for rank in found.values() if rank >= 0)])
