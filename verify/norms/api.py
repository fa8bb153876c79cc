"""Minimisers of sum w_i |beta_i|^p under interpolation or margins: which method, and one record for all of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter

from flint import arb, ctx, fmpq
from sympy import Integer, Rational

from derive.errors import ComputationError, InputError
from derive.expression import parse_number
from verify.data import DataSet
from verify.minimise.api import minimise_with
from verify.minimise.rows import exact
from verify.minimise.solvers import Separable
from verify.norms.absolute import minimise_absolute
from verify.norms.concave import minimise_concave
from verify.norms.constraints import constraints
from verify.norms.cornered import Corners, minimise_cornered
from verify.norms.power import power_coordinates
from verify.norms.square import minimise_square

_FORM = re.compile(r"l(?P<small>[12])|lp:(?P<p>.+)", re.ASCII)
LARGEST_POWER = 100
SHOWN = 50
Point = tuple[fmpq, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """sum w_i |beta_i|^p, weights 1 where none are given."""

    name: str
    p: Rational
    weights: tuple[Rational, ...] | None

    def weights_for(self, d: int) -> tuple[Rational, ...]:
        """The weights in dimension d.  Raises `InputError` where their number is another."""
        if self.weights is not None and len(self.weights) != d:
            raise InputError("weights and data do not fit", expected=f"{d} weights", received=str(len(self.weights)))
        return self.weights or (Integer(1),) * d


@dataclass(frozen=True, slots=True, kw_only=True)
class NormMinimiser:
    """beta and multipliers of sum w_i |beta_i|^p / p as balls, the exact rational beta where there is one.

    `dimension` is that of the set of minimisers (None where open), `vertices` its vertices where it is not one point
    and they are few.  For p < 1 `local_minima` are all of them in order of their value, where few, and `count` is how
    many.
    """

    norm: Norm
    beta: tuple[arb, ...]
    exact: Point | None
    multipliers: tuple[arb, ...] | None
    active: tuple[int, ...]
    undecided: tuple[int, ...]
    residual: arb
    digits: int
    how: str
    dimension: int | None
    vertices: tuple[Point, ...] | None
    local_minima: tuple[Point, ...] | None
    count: int | None
    precision: int
    seconds: float


def parse_norm(text: str, weights: str | None = None) -> Norm:
    """`l1`, `l2` or `lp:P` with an exact P > 0; weights as numbers with commas.  Raises `InputError`."""
    match = _FORM.fullmatch(text.strip())
    if match is None:
        known = "l1, l2, lp:P such as lp:3/2, nuclear or spectral-entropy[:ALPHA]"
        raise InputError("--norm is not known", expected=known, received=text)
    p = Integer(match["small"]) if match["small"] else parse_number(match["p"], where="P of --norm lp:P", positive=True)
    if p > LARGEST_POWER:
        raise InputError("P of --norm lp:P is too large", expected=f"at most {LARGEST_POWER}", received=str(p))
    chosen = None
    if weights is not None:
        chosen = tuple(parse_number(w, where="a weight", positive=True) for w in weights.split(","))
    return Norm(name=text.strip(), p=p, weights=chosen)


def minimise_norm(norm: Norm, data: DataSet, *, subject_to: str, digits: int) -> NormMinimiser:
    """argmin sum w_i |beta_i|^p.  `subject_to` is `interpolation` or `margin`.

    Raises `InputError` for constraints that cannot hold, `ComputationError` for what cannot be certified.
    """
    begin = perf_counter()
    weights = norm.weights_for(data.dimension)
    if norm.p > 1 and norm.p != 2:
        return _powers(norm, weights, data, subject_to, digits, begin)
    problem = constraints(data, subject_to)
    w = exact(weights)
    if not problem.rows:
        # every equation is 0 = 0
        return _exact(norm, (fmpq(0),) * data.dimension, (), (), digits, begin, places=(), count=len(data.y))
    if norm.p < 1:
        if problem.margin:
            corners = minimise_cornered(problem, w, exact([norm.p])[0])
            least = _exact(
                norm, corners.beta, None, None, digits, begin, places=problem.places, count=problem.count, margin=True,
                dimension=None if corners.ties else 0, minima=corners.minima, how=_how_cornered(corners),
            )  # fmt: skip
            return replace(least, active=corners.active)
        found = minimise_concave(problem, w, exact([norm.p])[0])
        return _exact(
            norm, found.beta, None, None, digits, begin, places=problem.places, count=problem.count,
            dimension=0 if found.is_global else None,
            minima=None if found.all is None else tuple(v for v, _ in found.all),
            how=_how(found.ties, None if found.all is None else len(found.all)),
        )  # fmt: skip
    if norm.p == 2:
        square = minimise_square(problem, w, power_coordinates(norm.p, weights))
        return _exact(
            norm, square.beta, square.multipliers, None, digits, begin, places=problem.places, count=problem.count,
            margin=problem.margin,
        )  # fmt: skip
    vertex = minimise_absolute(problem, w)
    return _exact(
        norm, vertex.beta, vertex.multipliers, vertex.vertices, digits, begin, places=problem.places,
        count=problem.count, margin=problem.margin, dimension=vertex.dimension,
        how="exact vertex of a linear program, optimal by exact multipliers",
    )  # fmt: skip


def _how(ties: int, count: int | None) -> str:
    if count is None:
        return "exact local minimum; whether it is the global one is open, the local minima are too many to list"
    if ties:
        return (
            f"exact; the least of all {count} local minima as far as balls can tell, with {ties} more of the same value"
        )
    return f"exact; the least of all {count} local minima"


def _how_cornered(found: Corners) -> str:
    text = f"exact; the least of all vertices: {len(found.minima)} local minima, {found.others} that are none"
    text += f", {found.open} that are open" if found.open else ""
    return text + (f"; as far as balls can tell, {found.ties} more have the same value" if found.ties else "")


def _exact(
    norm: Norm,
    beta: Point,
    multipliers: Sequence[fmpq] | None,
    vertices: tuple[Point, ...] | None,
    digits: int,
    begin: float,
    *,
    places: Sequence[int],
    count: int,
    margin: bool = False,
    dimension: int | None = 0,
    minima: tuple[Point, ...] | None = None,
    how: str = "exact rational numbers; the KKT conditions hold exactly",
) -> NormMinimiser:
    precision = int(3.4 * digits) + 64
    with ctx.workprec(precision):
        nu = None
        if multipliers is not None:
            by_row = dict(zip(places, multipliers, strict=True))
            nu = tuple(arb(by_row.get(n, fmpq(0))) for n in range(count))
        active = tuple(n for n in places if not margin or (nu is not None and nu[n] > 0))
        return NormMinimiser(
            norm=norm, beta=tuple(map(arb, beta)), exact=beta, multipliers=nu, active=active, undecided=(),
            residual=arb(0), digits=digits, how=how, dimension=dimension,
            vertices=vertices if dimension else None,
            local_minima=minima if minima is not None and len(minima) <= SHOWN else None,
            count=None if minima is None else len(minima), precision=precision, seconds=perf_counter() - begin,
        )  # fmt: skip


def _powers(
    norm: Norm, weights: Sequence[Rational], data: DataSet, subject_to: str, digits: int, begin: float
) -> NormMinimiser:
    used = [i for i in range(data.dimension) if any(row[i] != 0 for row in data.X)] or [0]
    part = DataSet(name=data.name, X=tuple(tuple(row[i] for i in used) for row in data.X), y=data.y)
    try:
        found = minimise_with(
            Separable(power_coordinates(norm.p, [weights[i] for i in used])), part, subject_to=subject_to, digits=digits
        )
    except ComputationError as error:
        raise ComputationError(
            f"the minimiser of {norm.name} is not enclosed: {error.what}",
            received=error.received,
            hint="data at which no coordinate of the minimiser is 0, or --norm l1 or l2, which are exact",
        ) from None
    beta = dict(zip(used, found.beta, strict=True))
    return NormMinimiser(
        norm=norm, beta=tuple(beta.get(i, arb(0)) for i in range(data.dimension)), exact=None,
        multipliers=found.multipliers, active=found.active, undecided=found.undecided, residual=found.residual,
        digits=found.digits, how="Krawczyk's test in ball arithmetic: one solution, enclosed", dimension=0,
        vertices=None, local_minima=None, count=None, precision=found.precision, seconds=perf_counter() - begin,
    )  # fmt: skip
