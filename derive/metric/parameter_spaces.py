"""The spaces in which the parameters of different blocks of linear forms move.

Let M have no entry between blocks of forms of beta.  The values of the gradient fields of the forms of one block span a
space; where the model falls apart these spaces are orthogonal for the (constant) metric G, and coordinates in each of
them are parameters of its own.  Blocks whose spaces meet are one.  Values are taken at points: what they miss, the
changed model shows (`derive.metric.mixture`).
"""

from collections.abc import Sequence
from itertools import islice

from sympy import Add, Expr, ImmutableDenseMatrix, Integer, igcd, ilcm, sqrt
from sympy.polys.matrices import DomainMatrix

from derive.fields.dynamics import InducedDynamics
from derive.metric.commutant import Numbers, at_points
from derive.metric.eigenforms import Forms, expressions

STAYED = 2
Vector = list[Expr]


def basis_of_parameters(dynamics: InducedDynamics, parts: Sequence[Forms], numbers: Numbers) -> list[Vector] | None:
    """The columns of B, by blocks whose spaces are orthogonal, and last what moves nothing; None for one block."""
    model = dynamics.model
    given = model.parameter_metric
    if given is not None and given.free_symbols:  # the parameters as they are, or nothing
        return ImmutableDenseMatrix.eye(len(model.parameters)).tolist()
    metric = ImmutableDenseMatrix.eye(len(model.parameters)) if given is None else given
    spaces = _spaces(dynamics, parts, numbers)
    joined: list[list[Vector]] = []
    for space in (_orthogonal(space, metric) for space in spaces):
        met = [g for g in joined if any(_dot(a, b, metric) != 0 for a in g for b in space)]
        joined = [g for g in joined if not any(g is m for m in met)]
        joined.append([v for g in met for v in g] + space)
    if len(joined) < 2:
        return None
    moving = [v for g in joined for v in g]
    idle = DomainMatrix.from_list_sympy(
        len(moving), len(moving[0]), [_times(v, metric) for v in moving], extension=True
    )
    rest = expressions(idle.to_field().nullspace()) if len(moving) < len(moving[0]) else []
    columns = sorted((*moving, *_orthogonal(rest, metric)), key=lambda v: next(i for i, e in enumerate(v) if e != 0))
    return [list(row) for row in zip(*map(_scaled, columns), strict=True)]


def _spaces(dynamics: InducedDynamics, parts: Sequence[Forms], numbers: Numbers) -> list[list[Vector]]:
    """For each block, a reduced basis of the values of the gradient fields of its forms."""
    found: list[DomainMatrix | None] = [None] * len(parts)
    p, stayed = len(dynamics.model.parameters), 0
    for table in islice(at_points(dynamics.gradients, dynamics.field, numbers), 2 * p + STAYED):
        values, grown = DomainMatrix(table, (len(table), p), numbers.domain), False
        for k, part in enumerate(parts):
            left, right = part.rows.unify(values, fmt="dense")
            known = found[k]
            rows = left * right if known is None else known.vstack(left * right)
            echelon, pivots = rows.rref()
            grown = grown or known is None or len(pivots) > known.shape[0]
            found[k] = echelon[: len(pivots), :]
        stayed = 0 if grown else stayed + 1
        if stayed == STAYED:
            break
    return [[] if f is None else expressions(f) for f in found]


def _orthogonal(space: Sequence[Vector], metric: ImmutableDenseMatrix) -> list[Vector]:
    """The method of Gram and Schmidt, without roots."""
    found: list[Vector] = []
    for v in space:
        for b in found:
            c = (_dot(v, b, metric) / _dot(b, b, metric)).expand()
            v = [(x - c * y).expand() for x, y in zip(v, b, strict=True)]
        found.append(simplest(v))
    return found


def _dot(a: Sequence[Expr], b: Sequence[Expr], metric: ImmutableDenseMatrix) -> Expr:
    return Add(*(x * y for x, y in zip(_times(a, metric), b, strict=True))).expand().radsimp()


def _times(v: Sequence[Expr], metric: ImmutableDenseMatrix) -> Vector:
    p = range(len(v))
    return [Add(*(v[i] * metric[i, j] for i in p if v[i] != 0 and metric[i, j] != 0)) for j in p]


def _scaled(v: Vector) -> Vector:
    """A column b / (c |b|), c^2 a whole number without squares: the new parameter is c b . w / |b| for G = I."""
    size = Add(*(e**2 for e in v)).expand()
    factor = sqrt(size).as_coeff_Mul()[0] if size.is_Rational else Integer(1)
    return [(e * factor / size).radsimp().expand() for e in v]


def simplest(v: Sequence[Expr]) -> Vector:
    """A multiple: whole numbers without a common factor if they can be, else the first entry 1."""
    lead = next(e for e in v if e != 0)
    v = [(e / lead).radsimp().expand() for e in v]
    if not all(e.is_Rational for e in v):
        return v
    scale = ilcm(*(e.q for e in v))
    return [e * scale / igcd(*(int(x * scale) for x in v)) for e in v]


def matrix(rows: Sequence[Vector]) -> DomainMatrix:
    """Rows of numbers in the smallest field that is exact."""
    return DomainMatrix.from_list_sympy(len(rows), len(rows[0]), [list(r) for r in rows], extension=True).to_field()


def inverse(rows: Sequence[Vector]) -> list[Vector]:
    """The inverse of a square matrix of numbers."""
    return expressions(matrix(rows).inv())
