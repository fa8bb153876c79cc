"""Models on symmetric matrices: parameters W, predictor B = F(W), with F(R W R^T) = R F(W) R^T for every orthogonal R.

The metric on parameter space has to turn with W as well: either it is given (then W = w is a matrix of parameters, or
one whose entries off the diagonal are w_ij / sqrt 2), or it is the flat one.  Flat in the entries on and above the
diagonal is not flat in W: |dW|^2 counts an entry off the diagonal twice, so that W_ij = w_ij / sqrt 2 is the only way.
A metric rho given directly is the case F(W) = W, G = rho.

Equivariance is tested exactly: along the rotations of neighbouring axes, by the derivative (dW = [X, W] and
dB = [X, B] with X = E_ij - E_ji), and under one reflection, which generate O(n).  Functions in the formulas, such as
roots and logarithms, have to stand still under all of these: no branch can then change on the way to a diagonal W.

What is left of such a model at a diagonal W is a `Slice`, from which everything else follows
(docs/derivations/spectral.md, theorem 1).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations

from sympy import Abs, Expr, Integer, Rational, Symbol, sqrt

from derive.errors import InputError
from derive.everywhere.forms import expanded_roots, written
from derive.everywhere.layouts import Layout, layouts, size_of
from derive.everywhere.turning import Pair, Turn, commutator
from derive.exact.field import Field
from derive.exact.points import Point
from derive.exact.signs import settled
from derive.model import Model

NESTED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """An equivariant model at diagonal matrices, w_1 > ... > w_n.

    `eigenvalues` of B; `along`: rho on diagonal directions as a quadratic form in dw (n x n); `across`: h_ij, the value
    of rho on (E_ij + E_ji)/sqrt 2, i < j.  All are expressions in `variables` (w, n symbols).  `place[i][j]` is the
    coordinate of the predictor that is the entry (i, j) of B, and off the diagonal B_ij is `ratio` times it.  `off`
    lists the parameters that are zero here; `is_open` says that leaves are open sets of parameter space.
    """

    variables: tuple[Symbol, ...]
    eigenvalues: tuple[Expr, ...]
    along: tuple[tuple[Expr, ...], ...]
    across: tuple[tuple[Pair, Expr], ...]
    place: tuple[tuple[int, ...], ...]
    ratio: Expr
    off: tuple[Symbol, ...]
    is_open: bool = True

    def lifted(self, there: Point) -> dict[Symbol, Expr]:
        """The point of parameter space that has these `variables` (and constants)."""
        return dict(there) | dict.fromkeys(self.off, Integer(0))


def symmetric_slice(model: Model) -> Slice | None:
    """The slice of a model on symmetric matrices with as many parameters as coordinates; None for other models."""
    n = size_of(len(model.predictor))
    if n is None or len(model.parameters) != len(model.predictor) or model.restrict:
        return None
    for scale in (sqrt(2) / 2,) if model.parameter_metric is None else (Integer(1), sqrt(2) / 2):
        found = _at_scale(model, scale)
        if found is not None:
            return found
    return None


def _at_scale(model: Model, scale: Expr) -> Slice | None:
    """`scale` is W_ij / w_ij off the diagonal."""
    given = model.parameter_metric
    entries = {} if given is None else {(i, j): given[i, j] for i in range(given.rows) for j in range(i + 1)}
    plain = Field([*model.predictor, *entries.values()], [*model.parameters, *model.constants])
    if any(g.kind == "sign" for g in plain.generators):
        return None
    form = {pair: plain.convert(e) for pair, e in entries.items()}
    for w in layouts(plain, [plain.convert(f) for f in model.predictor], form, model.parameters):
        found = _tried(model, w, scale)
        if found is not None:
            return found
    return None


def _tried(model: Model, w: Layout, scale: Expr) -> Slice | None:
    n, off = len(w), {w[i][j] for i, j in combinations(range(len(w)), 2)}
    # from here on the symbols are the entries of W
    stretched = {p: p / scale for p in off} if scale != 1 else {}
    predictor = [expanded_roots(f.xreplace(stretched)) for f in model.predictor]
    metric = None
    if model.parameter_metric is not None:
        factor = {p: 1 / scale if p in off else Integer(1) for p in model.parameters}
        metric = {
            (p, q): expanded_roots(model.parameter_metric[a, b].xreplace(stretched)) * factor[p] * factor[q]
            for a, p in enumerate(model.parameters)
            for b, q in enumerate(model.parameters)
        }
    try:
        field = Field([*predictor, *(metric or {}).values()], [*model.parameters, *model.constants])
    except InputError:
        return None
    turning = [conjugation(field, w, i) for i in range(n - 1)]
    if not all(t.leaves_functions() for t in turning):
        return None
    if metric is not None:
        form = {pair: field.convert(e) for pair, e in metric.items()}
        if not all(t.turns_form(form) for t in turning):
            return None
    for place, ratio in _places(model, predictor, w, scale):
        b = {
            (i, j): field.convert(predictor[place[i][j]] * (1 if i == j else ratio)) for i in range(n) for j in range(n)
        }
        if all(t.turns(b) for t in turning):
            return _slice(predictor, metric, w, place, ratio)
    return None


def _places(
    model: Model, predictor: Sequence[Expr], w: Layout, scale: Expr
) -> Iterator[tuple[tuple[tuple[int, ...], ...], Expr]]:
    """Which coordinate is which entry of B, and B_ij / F_ij off the diagonal (positive, from the slice)."""
    n, index = len(w), {p: a for a, p in enumerate(model.parameters)}
    variables, off = tuple(w[i][i] for i in range(n)), {w[i][j] for i, j in combinations(range(n), 2)}
    if model.predictor == model.parameters:
        yield tuple(tuple(index[p] for p in row) for row in w), scale
        return
    there = [on_slice(f, variables, off) for f in predictor]
    diagonal = [k for k, f in enumerate(there) if not f.is_zero]
    slopes = {
        (i, j): [on_slice(f.diff(w[i][j]), variables, off) for f in predictor] for i, j in combinations(range(n), 2)
    }
    beside = {
        pair: [k for k, s in enumerate(row) if k not in diagonal and not s.is_zero] for pair, row in slopes.items()
    }
    if len(diagonal) != n or any(len(ks) != 1 for ks in beside.values()):
        return
    for order in permutations(diagonal) if n <= 3 else [tuple(diagonal)]:
        ratios = {
            written((there[order[i]] - there[order[j]]) / (w[i][i] - w[j][j]) / slopes[i, j][ks[0]], variables)
            for (i, j), ks in beside.items()
        }
        ratio = ratios.pop()
        if not ratios and ratio.is_number and ratio.is_positive:
            rows = [[order[i] if i == j else beside[min(i, j), max(i, j)][0] for j in range(n)] for i in range(n)]
            yield tuple(map(tuple, rows)), ratio


def conjugation(field: Field, w: Layout, i: int) -> Turn:
    """dW = [X, W] for the rotation of the axes i and i + 1, and the reflection of axis i."""
    n, symbols = len(w), {(k, m): field.convert(p) for k, row in enumerate(w) for m, p in enumerate(row)}
    velocity = {w[k][m]: commutator(field, symbols, (k, m), i) for k in range(n) for m in range(k, n)}
    return Turn(field=field, velocity=velocity, turned=frozenset(w[i][k] for k in range(n) if k != i), axis=i)


def _slice(
    predictor: Sequence[Expr],
    metric: Mapping[tuple[Symbol, Symbol], Expr] | None,
    w: Layout,
    place: tuple[tuple[int, ...], ...],
    ratio: Expr,
) -> Slice | None:
    n, off = len(w), {w[i][j] for i, j in combinations(range(len(w)), 2)}
    variables = tuple(w[i][i] for i in range(n))
    f = tuple(on_slice(predictor[place[i][i]], variables, off) for i in range(n))
    along = [[Integer(int(i == j)) for j in range(n)] for i in range(n)]
    if metric is not None:
        along = [[on_slice(metric[p, q], variables, off) for q in variables] for p in variables]
    across = []
    for i, j in combinations(range(n), 2):
        norm = Integer(2) if metric is None else on_slice(metric[w[i][j], w[i][j]], variables, off)
        same = f == variables
        slope = Integer(1) if same else written((f[i] - f[j]) / (variables[i] - variables[j]), variables)
        h = norm * Rational(1, 2) / slope**2
        across.append(((i, j), h.cancel() if h.is_rational_function() else h))
    everything = [*f, *(e for row in along for e in row), *(e for _, e in across)]
    if any(e.has(Abs) for e in everything):
        return None
    return Slice(
        variables=variables,
        eigenvalues=f,
        along=tuple(map(tuple, along)),
        across=tuple(across),
        place=place,
        ratio=ratio,
        off=tuple(sorted(off, key=str)),
    )


def on_slice(e: Expr, variables: Sequence[Symbol], off: set[Symbol]) -> Expr:
    """The expression at a diagonal matrix, w_1 > ... > w_n: roots of (w_i - w_j)^2 are the difference."""
    there = e.xreplace(dict.fromkeys(off, Integer(0)))
    if there.is_rational_function():
        return there.cancel()
    gaps = {x - y: x - y for x, y in combinations(variables, 2)} | {y - x: x - y for x, y in combinations(variables, 2)}
    for _ in range(NESTED):
        settling = settled(there).replace(Abs, lambda u: gaps.get(u, Abs(u)))
        if settling == there:
            break
        there = settling
    return written(there, variables)
