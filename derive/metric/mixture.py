"""Models that fall apart after a constant linear change of the predictor's coordinates, and of the parameters.

With gamma = L beta and w = B z for constant invertible L and B, the model

    gamma = L F(B z),     metric B^T G(B z) B on the z,     start B^-1 w0

is the same flow in other coordinates (docs/derivations/mixture.md, theorem 2), and where it is a direct sum, so that
`derive.blocks` takes it apart, each block is a smaller model.  The circular convolution (u1 v1 + u2 v2, u1 v2 + u2 v1)
is the diagonal network (u1 + u2)(v1 + v2), (u1 - u2)(v1 - v2).

*L* has the forms between which M vanishes (`derive.metric.commutant`).  *B*: what moves the forms of one block, the
values of their gradient fields, spans a space of its own, and these spaces are orthogonal where the model falls apart.
They are read off at points.  Nothing depends on how L and B were found: the changed model is multiplied out, and either
its coordinates share no parameter, or there is no answer.

Within a block the forms are chosen such that each has a monomial to itself, which undoes any mixture of coordinates
without a common monomial.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sympy import Add, Expr, ImmutableDenseMatrix, Integer, Symbol
from sympy.polys.matrices.exceptions import DMError
from sympy.polys.polyerrors import CoercionFailed

from derive.blocks import blocks
from derive.errors import InputError
from derive.exact.field import Field
from derive.fields.dynamics import InducedDynamics
from derive.metric.commutant import blocks_of_forms, numbers_of
from derive.metric.eigenforms import expressions
from derive.metric.parameter_spaces import Vector, basis_of_parameters, inverse, matrix, simplest
from derive.model import Model
from derive.names import numbered

MAX_PARAMETERS = 60
Sparse = tuple[tuple[tuple[int, Expr], ...], ...]  # rows of (column, entry that is not zero)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """`forms` L and `inverse` L^-1 (d x d, constant); `model` is the model in gamma = L beta and in the z.

    `parameters`: each z as a combination of the w; `images`: each w as a combination of the z, in the models' orders.
    """

    forms: Sparse
    inverse: Sparse
    parameters: tuple[tuple[Symbol, Expr], ...]
    images: tuple[tuple[Symbol, Expr], ...]
    model: Model


def mixture(dynamics: InducedDynamics) -> Mixture | None:
    """Coordinates in which a connected model is a direct sum; None where none were found."""
    model, numbers = dynamics.model, numbers_of(dynamics.field)
    if len(model.predictor) < 2 or len(model.parameters) > MAX_PARAMETERS or numbers is None or model.kinks:
        return None
    try:
        parts = blocks_of_forms(dynamics.field, dynamics.inverse_metric)
        if not parts:
            return None
        listed = sorted(([simplest(row) for row in expressions(part.rows)] for part in parts), key=_leading_first)
        forms = [row for part in listed for row in part]
        basis = inverse(forms) if model.is_metric else basis_of_parameters(dynamics, parts, numbers)
        return None if basis is None else _changed(model, forms, basis, [len(part) for part in listed])
    except (CoercionFailed, DMError, InputError, NotImplementedError, ZeroDivisionError):
        return None  # no exact field for the numbers together, or a coordinate that is constant after the change


def _leading_first(part: Sequence[Vector]) -> list[float]:
    """The order in which forms are shown."""
    return [-float(e) for row in part for e in row]


def combined(row: Iterable[tuple[int, Expr]], values: Sequence[Expr]) -> Expr:
    """A sparse row applied to values."""
    return Add(*(c * values[j] for j, c in row))


def sparse(rows: Sequence[Sequence[Expr]]) -> Sparse:
    """The entries that are not zero."""
    return tuple(tuple((j, e) for j, e in enumerate(row) if e != 0) for row in rows)


# -- the changed model --------------------------------------------------------------------------------


def _changed(model: Model, forms: list[Vector], basis: list[Vector], sizes: Sequence[int]) -> Mixture | None:
    """The model in the new coordinates, if that is a direct sum; the rows of `basis` are those of B."""
    back = inverse(basis)
    names = _names(model, back)
    images = {w: _combined(row, names) for w, row in zip(model.parameters, basis, strict=True)}
    start = None if model.start is None else tuple(_combined(row, model.start) for row in back)
    moved = [f.xreplace(images) for f in model.predictor]
    predictor = [_combined(row, moved) for row in forms]
    own = replace(
        model,
        parameters=names,
        predictor=tuple(predictor),
        start=start,
        restrict=tuple(r.xreplace(images).expand() for r in model.restrict),
        parameter_metric=_metric(model, basis, images),
    )
    if len(blocks(own)) < 2:
        own = replace(own, predictor=tuple(_canonical(f, own) for f in predictor))
        if len(blocks(own)) < 2:
            return None
    if not model.is_metric:
        forms, own = _with_own_monomials(own, forms, sizes)
    return Mixture(
        forms=sparse(forms),
        inverse=sparse(inverse(forms)),
        parameters=tuple((z, _combined(row, model.parameters)) for z, row in zip(names, back, strict=True)),
        images=tuple(images.items()),
        model=own,
    )


def _names(model: Model, back: Sequence[Vector]) -> tuple[Symbol, ...]:
    """A parameter that stays keeps its name."""
    fresh = iter(numbered("z", len(back), (*model.symbols, *model.coordinates)))
    units = {tuple(Integer(int(i == j)) for j in range(len(back))): w for i, w in enumerate(model.parameters)}
    return tuple(units.get(tuple(row)) or next(fresh) for row in back)


def _metric(model: Model, basis: Sequence[Vector], images: dict[Symbol, Expr]) -> ImmutableDenseMatrix | None:
    b, given = ImmutableDenseMatrix(basis), model.parameter_metric
    inner = b.T * b if given is None else b.T * given.xreplace(images) * b
    found = ImmutableDenseMatrix(inner.applyfunc(lambda e: e.expand()))
    return None if found == ImmutableDenseMatrix.eye(len(basis)) and not model.is_metric else found


def _combined(row: Sequence[Expr], values: Sequence[Expr]) -> Expr:
    return Add(*(a * v for a, v in zip(row, values, strict=True) if a != 0)).expand()


def _canonical(f: Expr, model: Model) -> Expr:
    """The quotient in lowest terms, which contains no parameter that it does not depend on."""
    field = Field([f], [*model.parameters, *model.constants])
    return field.convert(f).expression()


def _with_own_monomials(model: Model, forms: list[Vector], sizes: Sequence[int]) -> tuple[list[Vector], Model]:
    """In each block, the forms for which the table of coefficients of monomials is in reduced echelon form.

    One form alone keeps whole numbers where it has them.
    """
    predictor, forms, at = list(model.predictor), list(forms), 0
    for size in sizes:
        here = range(at, at + size)
        turn = _echelon([predictor[i] for i in here], model.parameters)
        if turn is not None and (size > 1 or not turn[0][0].is_Rational):
            new = [_combined(row, [predictor[i] for i in here]) for row in turn]
            rows = [[_combined(row, [forms[i][j] for i in here]) for j in range(len(forms))] for row in turn]
            predictor[at : at + size], forms[at : at + size] = new, rows
        at += size
    return forms, replace(model, predictor=tuple(predictor))


def _echelon(block: Sequence[Expr], parameters: Sequence[Symbol]) -> list[Vector] | None:
    tables: list[dict[Expr, Expr]] = []
    for f in block:
        table: dict[Expr, Expr] = {}
        for term in Add.make_args(f):
            c, monomial = term.as_independent(*parameters, as_Add=False)
            table[monomial] = table.get(monomial, Integer(0)) + c
        tables.append(table)
    monomials = dict.fromkeys(m for table in tables for m in table)
    rows = [[table.get(m, Integer(0)) for m in monomials] for table in tables]
    if any(c.free_symbols for row in rows for c in row):
        return None
    pivots = matrix(rows).rref()[1]
    if len(pivots) < len(rows):
        return None
    return inverse([[row[k] for k in pivots] for row in rows])
