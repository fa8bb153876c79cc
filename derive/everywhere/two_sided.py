"""Metrics that turn on both sides of a rectangular matrix: decided by functions of two singular values.

With f, a and k+, k- from the slice of the model, d+- = (f(x) -+ f(y)) k+-, d0 = f r, and ' the derivative by x,

    mixed = 0,    d+' = d-' = d0' = a f',
    d+(x, y) + d+(y, z) = d+(x, z),    d+(x, y) + d-(y, z) = d-(x, z),    d-(x, y) - d-(y, z) = d+(x, z),
    d+-(x, y) = d0(x) -+ d0(y)  where there is a rest,

are all identities iff rho is a Hessian map for matrices of every size (docs/derivations/singular.md, theorem 2).  One
of the first line that fails for a pair (d0 left aside) refutes a warp at every size, a pair being part of every matrix.
Whatever fails for three singular values alone is left to the general decision.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sympy import Dummy, Expr, Integer, Rational, Symbol, log

from derive.errors import InputError
from derive.everywhere.forms import written
from derive.everywhere.kernel import MAX_OPERATIONS
from derive.everywhere.pointwise import near_start, warp_witness
from derive.everywhere.rectangular import SingularSlice, singular_slice
from derive.everywhere.singular import Singular, SingularKernel
from derive.exact.field import Element, Field
from derive.exact.identity import is_identity
from derive.exact.integrals import integrated
from derive.exact.points import Point, Undefined, excludes_zero, sample_points, value, values
from derive.fields.dynamics import rank_of_values
from derive.metric.closure import Closure
from derive.metric.hessian import Hessian
from derive.model import Model
from derive.verdict import Witness, proved, refuted

POINTS = 12
FORM = "rho turns on both sides of beta, a matrix"


def two_sided(model: Model) -> Singular | None:
    """The verdict of the singular values; None where the model has not this form, or they leave it open.

    With a start only rational functions are dealt with, for which what fails at a point fails on a dense open set; and
    only starts at which J is regular, so that the leaf is an open set of parameters.
    """
    rows = (*model.predictor, *(model.parameter_metric or ()))
    if model.start is not None and not all(e.is_rational_function(*model.parameters) for e in rows):
        return None
    found = singular_slice(model)
    if found is None or not _is_regular_at_start(model):
        return None
    try:
        own = _Own.of(found, model.constants)
    except (InputError, KeyError, ZeroDivisionError):
        return None
    if own is None:
        return None
    if not any(not own.field.normal(e).vanishes for e in (*own.of_pairs(), *own.of_more())):
        verdict = proved(f"{FORM}: on its singular values, the conditions for the second derivative of sum q(x) hold")
    else:
        failing = [e for e in own.of_pairs() if not own.field.normal(e).vanishes]
        witness = _witness(model, found, failing) if failing else None
        if witness is None:
            return None
        verdict = refuted(f"{FORM}: no function g satisfies the warp equations, as two singular values show", witness)
    size = (len(found.place), len(found.place[0]))
    return Singular(
        rows=size[0],
        columns=size[1],
        kernel=_kernel(found, is_hessian=verdict.is_proved),
        verdict=verdict,
        sizes=_family(found, size),
    )


def _is_regular_at_start(model: Model) -> bool:
    """True without a start."""
    if model.start is None:
        return True
    field = Field(model.predictor, [*model.parameters, *model.constants])
    slopes = [[field.convert(f).derivative(p) for p in model.parameters] for f in model.predictor]
    try:
        return rank_of_values(values(slopes, next(near_start(model)))) == len(model.predictor)
    except Undefined:
        return False


def _family(found: SingularSlice, size: tuple[int, int]) -> str:
    """Which matrices are meant."""
    which = "square matrices with n >= 2" if found.rest is None else "matrices with m, n >= 2"
    if min(size) > 2:
        return which
    return f"{which} (two singular values leave the family open: the one with these functions is meant)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """The functions in a field: d+ and d- by their two arguments, d0, a f' by one, and the mixed part."""

    field: Field
    x: Symbol
    plus: tuple[Element, Element, Element]  # of (x, y), (y, z), (x, z)
    minus: tuple[Element, Element, Element]
    rest: tuple[Element, Element] | None  # of x and of y
    slope: Element
    mixed: Element

    @staticmethod
    def of(found: SingularSlice, constants: Sequence[Symbol]) -> "_Own | None":
        x, y, z = found.x, found.y, Dummy("z", positive=True)
        pairs: list[dict[Symbol, Expr]] = [{}, {x: y, y: z}, {y: z}]
        f, g = found.value, found.value.xreplace({x: y})
        plus = found.plus * (x - y) ** 2 / (f - g)  # (f - g) k+, and k+ = plus ((x - y)/(f - g))^2
        minus = found.minus * (x + y) ** 2 / (f + g)
        rest = None if found.rest is None else found.rest * x**2 / f
        slope = found.flat / f.diff(x)
        listed = [plus, minus, slope, found.mixed, *(() if rest is None else (rest,))]
        everything = [e.xreplace(names) for e in listed for names in pairs] + [f.xreplace(n) for n in pairs]
        field = Field(everything, [x, y, z, *constants])
        if field.convert(f).derivative(x).vanishes or field.convert(found.flat).vanishes:
            return None
        first, second, third = (field.convert(plus.xreplace(n)) for n in pairs)
        one, two, three = (field.convert(minus.xreplace(n)) for n in pairs)
        return _Own(
            field=field,
            x=x,
            plus=(first, second, third),
            minus=(one, two, three),
            rest=None if rest is None else (field.convert(rest), field.convert(rest.xreplace({x: y}))),
            slope=field.convert(slope),
            mixed=field.convert(found.mixed),
        )

    def of_pairs(self) -> Iterator[Element]:
        """What two singular values must satisfy, in every matrix that has two."""
        yield self.mixed
        yield self.plus[0].derivative(self.x) - self.slope
        yield self.minus[0].derivative(self.x) - self.slope

    def of_more(self) -> Iterator[Element]:
        """What three of them, and the entries beyond the last one, add."""
        (pxy, pyz, pxz), (mxy, myz, mxz) = self.plus, self.minus
        yield from (pxy + pyz - pxz, pxy + myz - mxz, mxy - myz - pxz)
        if self.rest is not None:
            rx, ry = self.rest
            yield from (rx.derivative(self.x) - self.slope, pxy - rx + ry, mxy - rx - ry)


def _witness(model: Model, found: SingularSlice, failing: Sequence[Element]) -> Witness | None:
    """A diagonal point (with a start: the start, or one near it) where the warp equations have no solution."""
    block = sorted(found.place[i][j] for i in (0, 1) for j in (0, 1))
    everything = range(len(model.predictor))
    if model.start is not None:
        points = islice(near_start(model), POINTS)
    else:
        points = (_lifted(found, p) for p in islice(_points(model), POINTS) if _shown(found, failing, p))
    for point in points:
        witness = warp_witness(model, block, point) or warp_witness(model, everything, point)
        if witness is not None:
            return witness
    return None


def _points(model: Model) -> Iterator[tuple[list[Expr], Point]]:
    """Positive numbers in decreasing order, as many as there may be singular values, and the constants."""
    symbols = [Dummy(f"s{i}") for i in range(len(model.parameters))]
    for point in sample_points(symbols, model.constants):
        numbers = sorted({abs(point[s]) for s in symbols}, reverse=True)
        yield list(numbers), {c: point[c] for c in model.constants}


def _shown(found: SingularSlice, failing: Sequence[Element], point: tuple[list[Expr], Point]) -> bool:
    numbers, constants = point
    if len(numbers) < min(len(found.place), len(found.place[0])):
        return False
    z = failing[0].field.symbols[2]
    there = {found.x: numbers[0], found.y: numbers[1], z: Integer(1)} | dict(constants)
    try:
        return any(excludes_zero(value(e, there)) for e in failing)
    except Undefined:
        return False


def _lifted(found: SingularSlice, point: tuple[list[Expr], Point]) -> Point:
    numbers, constants = point
    flat = {p: Integer(0) for row in found.table for p in row}
    diagonal = {row[i]: numbers[i] for i, row in enumerate(found.table) if i < len(row)}
    return dict(constants) | flat | diagonal


def _kernel(found: SingularSlice, *, is_hessian: bool) -> SingularKernel:
    x, y, f = found.x, found.y, found.value
    g = f.xreplace({x: y})

    def plain(e: Expr) -> Expr:
        return e.factor() if e.count_ops() <= 2 * MAX_OPERATIONS else e

    plus, minus = (plain(e) for e in (found.plus * ((x - y) / (f - g)) ** 2, found.minus * ((x + y) / (f + g)) ** 2))
    return SingularKernel(
        x=x,
        y=y,
        value=f,
        diagonal=plain(found.flat / f.diff(x) ** 2),
        plus=plus,
        minus=minus,
        rest=None if found.rest is None else plain(found.rest * x**2 / f**2),
        potential=_potential(((x - y) * plus + (x + y) * minus) / 2, x, y) if is_hessian and f == x else None,
    )


def _potential(slope: Expr, x: Symbol, y: Symbol) -> Expr | None:
    """q from q'(x) = (d+ + d-)/2, in which y does not occur."""
    slope = written(slope, (x, y))
    if slope.has(y) or slope.count_ops() > 2 * MAX_OPERATIONS:
        return None
    found = integrated(slope, x)
    if found is None:
        return None
    # of log(u) and log(-u), both right, the one that is real for small singular values
    real = found.replace(log, lambda u: log(-u) if u.xreplace({x: Rational(1, 1000)}).is_negative else log(u))
    return real if is_identity(real.diff(x) - slope) else None


def settled_by(found: Singular | None, closed: Closure, model: Model) -> Hessian | None:
    """The record of stage 4 where singular values prove a Hessian map: J is regular, so the fields commute."""
    if found is None or not found.verdict.is_proved or not closed.verdict.is_proved:
        return None
    assert len(model.parameters) == len(model.predictor)
    return Hessian(commuting=proved("J is regular, and J [V_i, V_j] = 0"), hessian=found.verdict, images=())
