"""The warp equations of some coordinates at one exact point, without a field of functions for G^-1.

With V_i = G^-1 grad F_i and G' the derivative of G,

    M_ij = grad F_i . V_j,
    (J [V_i, V_j])_k = V_k . (Hess F_j V_i - Hess F_i V_j - G'[V_i] V_j + G'[V_j] V_i):

numbers at the point, exact where it is rational and balls elsewhere.  A metric on matrices with many entries has an
inverse that is far larger than itself; here it is inverted as a matrix of numbers.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from random import Random

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat
from sympy import Expr, Rational

from derive.exact.field import Element, Field
from derive.exact.points import PRECISION, Point, Undefined, excludes_zero, sample_points, text, values
from derive.fields.dynamics import rank_of_values
from derive.model import Model
from derive.verdict import Witness

Number = fmpq | arb
Vector = list[Number]


def warp_witness(model: Model, places: Sequence[int], point: Point) -> Witness | None:
    """No a solves (J [V_i, V_j])_k = a_i M_kj - a_j M_ki for i, j, k in `places` at the point; None if that is open."""
    try:
        with ctx.workprec(PRECISION):
            numbers = _equations(model, places, point)
    except (Undefined, ZeroDivisionError):
        return None
    if numbers is None:
        return None
    m, images = numbers
    d = len(places)
    rows: list[Vector] = []
    for (i, j), image in images.items():
        for k in range(d):
            row: Vector = [fmpq(0)] * (d + 1)
            row[i], row[j], row[d] = m[k][j], -m[k][i], image[k]
            rows.append(row)
    with ctx.workprec(PRECISION):
        if rank_of_values(m) < d or rank_of_values(rows) <= d:
            return None
        sure = [(abs(float(e)), pair, e) for pair, image in images.items() for e in image if excludes_zero(e)]
    _, (i, j), number = max(sure, key=lambda s: s[0])
    return Witness(
        point=tuple(point.items()),
        entry=(places[i], places[j]),
        value=text(number),
        meaning=f"J [V_{places[i] + 1}, V_{places[j] + 1}] there, for which the equations "
        "J [V_i, V_j] = a_i M e_j - a_j M e_i have no solution a: the number",
    )


def near_start(model: Model) -> Iterator[Point]:
    """The start, and points near it, at one value of its constants."""
    constants, random = next(sample_points((), model.constants)), Random(1)
    start = {p: v.xreplace(constants) for p, v in model.start_map().items()}
    yield start | constants
    while True:
        yield {p: v + Rational(random.randint(-20, 20), 1000) * (abs(v) or 1) for p, v in start.items()} | constants


def _equations(
    model: Model, places: Sequence[int], point: Point
) -> tuple[list[Vector], dict[tuple[int, int], Vector]] | None:
    """M and J [V_i, V_j] of these coordinates; None where G is certainly not, or not certainly, invertible."""
    ps, given = model.parameters, model.parameter_metric
    functions = [model.predictor[k] for k in places]
    field = Field([*functions, *(given or ())], [*ps, *model.constants])
    slopes = [[field.convert(f).derivative(p) for p in ps] for f in functions]
    jacobian = values(slopes, point)
    second = [values([[e.derivative(p) for p in ps] for e in row], point) for row in slopes]
    if given is None:
        fields, change = jacobian, None
    else:
        rows = [[field.convert(given[i, j]) for j in range(len(ps))] for i in range(len(ps))]
        solved = _solved(values(rows, point), jacobian)
        if solved is None:
            return None
        fields = solved
        change = [values(_derivatives(rows, p), point) for p in ps]
    m = [[_dot(a, v) for v in fields] for a in jacobian]
    images = {}
    for i, j in combinations(range(len(places)), 2):
        bracket = [x - y for x, y in zip(_times(second[j], fields[i]), _times(second[i], fields[j]), strict=True)]
        for g, a, b in zip(change or (), fields[i], fields[j], strict=change is not None):
            turned = _times(g, [b * x - a * y for x, y in zip(fields[i], fields[j], strict=True)])
            bracket = [x + y for x, y in zip(bracket, turned, strict=True)]
        images[i, j] = [_dot(v, bracket) for v in fields]
    return m, images


def _derivatives(rows: Sequence[Sequence[Element]], p: Expr) -> list[list[Element]]:
    return [[e.derivative(p) for e in row] for row in rows]


def _dot(a: Sequence[Number], b: Sequence[Number]) -> Number:
    total: Number = fmpq(0)
    for x, y in zip(a, b, strict=True):
        total = total + x * y
    return total


def _times(matrix: Sequence[Sequence[Number]], v: Sequence[Number]) -> Vector:
    return [_dot(row, v) for row in matrix]


def _solved(matrix: list[Vector], right: Sequence[Vector]) -> list[Vector] | None:
    """The solutions of matrix x = b for each b, over Q or in balls."""
    columns = [list(c) for c in zip(*right, strict=True)]
    exact = _rational(matrix), _rational(columns)
    try:
        if exact[0] is not None and exact[1] is not None:
            found: list[Vector] = [list(row) for row in fmpq_mat(exact[0]).solve(fmpq_mat(exact[1])).tolist()]
        else:
            balls = [[[arb(e) for e in row] for row in rows] for rows in (matrix, columns)]
            found = [list(row) for row in arb_mat(balls[0]).solve(arb_mat(balls[1])).tolist()]
    except ZeroDivisionError:
        return None
    return [list(v) for v in zip(*found, strict=True)]


def _rational(rows: Sequence[Vector]) -> list[list[fmpq]] | None:
    """The rows, if every entry is exact."""
    exact = [[e for e in row if isinstance(e, fmpq)] for row in rows]
    return exact if all(len(e) == len(row) for e, row in zip(exact, rows, strict=True)) else None
