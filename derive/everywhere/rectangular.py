"""Models on rectangular matrices: parameters W (m x n), predictor B = F(W), F(R W P) = R F(W) P for orthogonal R, P.

The metric on parameter space turns on both sides as well: the flat one, or one that is given (rho itself is F(W) = W,
G = rho).  Both are tested exactly, along rotations of neighbouring rows and columns and under a reflection of each, as
for symmetric matrices (`derive.everywhere.turning`).  At W = diag(w_1, ..., w_l), w_1 > ... > w_l > 0,

    F = diag(f(w_i)),   dS: (f_i - f_j)/(w_i - w_j),   dA: (f_i + f_j)/(w_i + w_j),   beyond the last one: f_i / w_i

are the derivatives of F, and rho is the metric of W divided by their squares (docs/derivations/singular.md, theorem 7).
What is left are functions of one and two singular values, or the model is none of these.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from sympy import Abs, Dummy, Expr, Integer, Symbol

from derive.errors import InputError
from derive.everywhere.forms import expanded_roots, written
from derive.everywhere.turning import Turn
from derive.exact.field import Element, Field
from derive.exact.identity import is_identity
from derive.exact.signs import settled
from derive.model import Model

MAX_COORDINATES, NESTED = 16, 3
Table = tuple[tuple[Symbol, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SingularSlice:
    """F and rho at W = diag(w) as functions of `x` and `y`: f, and rho on dw, on pairs (S, A, mixed), and on the rest.

    `table` has the parameters by rows, `place` the coordinate of each entry; `rest` is None for square matrices.
    """

    table: Table
    place: tuple[tuple[int, ...], ...]
    x: Symbol
    y: Symbol
    value: Expr
    flat: Expr
    plus: Expr
    minus: Expr
    mixed: Expr
    rest: Expr | None


def singular_slice(model: Model) -> SingularSlice | None:
    """The slice of a model with as many parameters as coordinates; None for other models."""
    d = len(model.predictor)
    if len(model.parameters) != d or not 4 <= d <= MAX_COORDINATES or model.restrict:
        return None
    rows = [expanded_roots(e) for e in (*model.predictor, *(model.parameter_metric or ()))]
    try:
        field = Field(rows, [*model.parameters, *model.constants])
    except InputError:
        return None
    if any(g.kind == "sign" for g in field.generators):
        return None
    elements = [field.convert(e) for e in rows]
    for order, m in _layouts(d):
        place = tuple(tuple(order[i : i + d // m]) for i in range(0, d, d // m))
        if _turns(model, field, elements, place):
            return _slice(model, rows, place)
    return None


def _layouts(d: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """Row by row for every m and n; the three ways to pair the entries of a 2 x 2 matrix."""
    if d == 4:
        yield from (((0, 1, 2, 3), 2), ((0, 1, 3, 2), 2), ((0, 2, 3, 1), 2))
        return
    yield from ((tuple(range(d)), m) for m in range(2, d // 2 + 1) if d % m == 0)


def _turns(model: Model, field: Field, elements: Sequence[Element], place: tuple[tuple[int, ...], ...]) -> bool:
    """Do F and G turn with the rows and with the columns of W?"""
    d, ps = len(model.predictor), model.parameters
    form = {(p, q): elements[d + i * d + j] for i, p in enumerate(ps) for j, q in enumerate(ps)} if elements[d:] else {}
    for lines in (place, tuple(zip(*place, strict=True))):
        for i in range(len(lines) - 1):
            pairs = list(zip(lines[i], lines[i + 1], strict=True))
            velocity = {ps[k]: field.convert(ps[t]) for k, t in pairs} | {
                ps[t]: -field.convert(ps[k]) for k, t in pairs
            }
            turn = Turn(field=field, velocity=velocity, turned=frozenset(ps[k] for k in lines[i]), axis=None)
            moved = {k: elements[t] for k, t in pairs} | {t: -elements[k] for k, t in pairs}
            if not turn.leaves_functions() or not all(
                turn.carries(elements[k], moved.get(k, field.zero), odd=k in lines[i]) for k in range(d)
            ):
                return False
            if form and not turn.turns_form(form):
                return False
    return True


def _slice(model: Model, rows: Sequence[Expr], place: tuple[tuple[int, ...], ...]) -> SingularSlice | None:
    d, ps, size = len(model.predictor), model.parameters, min(len(place), len(place[0]))
    table = tuple(tuple(ps[k] for k in row) for row in place)
    w = tuple(table[i][i] for i in range(size))
    off = [p for p in ps if p not in w]

    def at(e: Expr) -> Expr:
        return on_diagonal(e, w, off)

    def form(k: int, t: int) -> Expr:
        return Integer(int(k == t)) if model.parameter_metric is None else at(rows[d + k * d + t])

    diagonal = [place[i][i] for i in range(size)]
    if any(not form(k, t).is_zero for k, t in combinations(diagonal, 2)):
        return None
    single = [(w[i], (at(rows[k]), form(k, k))) for i, k in enumerate(diagonal)]
    pairs = []
    for i, j in combinations(range(size), 2):
        k, t = place[i][j], place[j][i]
        a, b, c = form(k, k), form(t, t), form(k, t)
        pairs.append(((w[i], w[j]), ((a + b) / 2 + c, (a + b) / 2 - c, (a - b) / 2)))
    long = place if len(place) > size else tuple(zip(*place, strict=True))
    rest = [(w[i], (form(line[i], line[i]),)) for line in long[size:] for i in range(size)]
    x, y = _names(model)
    one = _shared(((s,), e) for s, e in single)
    two, beyond = _shared(pairs), _shared(((s,), e) for s, e in rest)
    if one is None or two is None or (rest and beyond is None):
        return None
    names = {w[0]: x, w[1]: y}
    f, flat = (e.xreplace(names) for e in one)
    plus, minus, mixed = (e.xreplace(names) for e in two)
    return SingularSlice(
        table=table, place=place, x=x, y=y, value=f, flat=flat, plus=plus, minus=minus, mixed=mixed,
        rest=None if beyond is None else beyond[0].xreplace(names),
    )  # fmt: skip


def _names(model: Model) -> tuple[Symbol, Symbol]:
    taken = {"x", "y"} & {str(c) for c in model.constants}
    first, second = ("x_1", "x_2") if taken else ("x", "y")
    return Symbol(first, positive=True), Symbol(second, positive=True)


def _shared(items: Iterable[tuple[Sequence[Symbol], Sequence[Expr]]]) -> Sequence[Expr] | None:
    """The functions, in the symbols of the first item, if all items have the same ones in their own symbols alone."""
    listed = list(items)
    if not listed:
        return None
    own, first = listed[0]
    known = {s for symbols, _ in listed for s in symbols}
    for symbols, functions in listed:
        names = dict(zip(own, symbols, strict=True))
        for e, f in zip(functions, first, strict=True):
            if e.free_symbols & known - set(symbols):
                return None
            if e != (there := f.xreplace(names)) and not is_identity(e - there):
                return None
    return first


def on_diagonal(e: Expr, w: Sequence[Symbol], off: Sequence[Symbol]) -> Expr:
    """The expression at diag(w_1, ..., w_l), w_1 > ... > w_l > 0: roots of squares are what is positive there."""
    there = e.xreplace(dict.fromkeys(off, Integer(0)))
    if there.is_rational_function():
        return there.cancel()
    steps = [Dummy(f"t{i}", positive=True) for i in range(len(w))]
    sums: dict[Symbol, Expr] = {s: sum(steps[i:], Integer(0)) for i, s in enumerate(w)}
    back = {t: s - (w[i + 1] if i + 1 < len(w) else 0) for i, (t, s) in enumerate(zip(steps, w, strict=True))}
    there = there.xreplace(sums)
    for _ in range(NESTED):
        settling = settled(there).replace(Abs, lambda u: u if u.expand().is_positive else Abs(u))
        if settling == there:
            break
        there = settling
    return written(there.xreplace(back), w)
