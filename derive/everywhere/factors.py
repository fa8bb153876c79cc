"""Models on factors: parameters U (n rows, r >= n columns), predictor B with F(R U Q) = R F(U) R^T, R and Q orthogonal.

Such an F is a function of Z = U U^T with phi(R Z R^T) = R phi(Z) R^T, and so is its M, since Z moves by
2 (G Z + Z G) under a gradient G: where phi is locally invertible the dynamics close, and rho is a metric on symmetric
matrices that turns with conjugation.  At U = diag(u_1, ..., u_n), Z has the eigenvalues u_k^2 and

    rho = sum du_k^2 + sum_(i<j) dZ_ij^2 / (u_i^2 + u_j^2),       dB_ij = (f_i - f_j) / (u_i^2 - u_j^2) dZ_ij .

The entries of U are expected row by row or column by column; as everywhere, only the exact test counts.
"""

from collections.abc import Sequence
from itertools import combinations

from sympy import Expr, Integer, Symbol

from derive.everywhere.layouts import Layout, orders, size_of
from derive.everywhere.symmetric import Slice
from derive.everywhere.turning import Turn
from derive.exact.field import Field
from derive.model import Model

MAX_PARAMETERS = 16


def factor_slice(model: Model) -> Slice | None:
    """The slice of a model on factors; None for other models."""
    n, p = size_of(len(model.predictor)), len(model.parameters)
    if n is None or p % n or not n * n <= p <= MAX_PARAMETERS:
        return None
    if model.parameter_metric is not None or not all(f.is_polynomial(*model.parameters) for f in model.predictor):
        return None
    r = p // n
    by_rows = tuple(tuple(model.parameters[i * r : (i + 1) * r]) for i in range(n))
    by_columns = tuple(tuple(model.parameters[i::n]) for i in range(n))
    field = Field(model.predictor, [*model.parameters, *model.constants])
    for u in (by_rows, by_columns):
        found = _tried(model, field, u)
        if found is not None:
            return found
    return None


def _tried(model: Model, field: Field, u: Layout) -> Slice | None:
    n, r = len(u), len(u[0])
    columns = tuple(zip(*u, strict=True))
    right = [_rows_turn(field, columns, a, None) for a in range(r - 1)]
    functions = {(k, k): field.convert(f) for k, f in enumerate(model.predictor)}
    if not all(t.turns(functions) for t in right):
        return None
    variables, off = tuple(u[i][i] for i in range(n)), set(model.parameters) - {u[i][i] for i in range(n)}
    left = [_rows_turn(field, u, i, i) for i in range(n - 1)]
    for place in orders(range(len(model.predictor)), n):
        b = {(i, j): field.convert(model.predictor[place[i][j]]) for i in range(n) for j in range(n)}
        if all(t.turns(b) for t in left):
            return _slice(model, variables, off, place, is_open=r == n)
    return None


def _rows_turn(field: Field, u: Sequence[Sequence[Symbol]], i: int, axis: int | None) -> Turn:
    """Row i moves towards row i + 1, and that one away from row i; the reflection turns row i round."""
    velocity = {p: field.convert(q) for p, q in zip(u[i], u[i + 1], strict=True)}
    velocity |= {q: -field.convert(p) for p, q in zip(u[i], u[i + 1], strict=True)}
    return Turn(field=field, velocity=velocity, turned=frozenset(u[i]), axis=axis)


def _slice(
    model: Model, u: tuple[Symbol, ...], off: set[Symbol], place: tuple[tuple[int, ...], ...], *, is_open: bool
) -> Slice | None:
    n, flat = len(u), dict.fromkeys(off, Integer(0))
    f = tuple(model.predictor[place[i][i]].xreplace(flat).expand() for i in range(n))
    across: list[tuple[tuple[int, int], Expr]] = []
    for i, j in combinations(range(n), 2):
        slope = (f[i] - f[j]) / (u[i] ** 2 - u[j] ** 2)
        if slope.is_zero:
            return None
        across.append(((i, j), 1 / (2 * (u[i] ** 2 + u[j] ** 2) * slope**2)))
    return Slice(
        variables=u,
        eigenvalues=f,
        along=tuple(tuple(Integer(int(i == j)) for j in range(n)) for i in range(n)),
        across=tuple(across),
        place=place,
        ratio=Integer(1),
        off=tuple(sorted(off, key=str)),
        is_open=is_open,
    )
