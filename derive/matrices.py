"""Products of matrices, recognised from the formulas: beta = U V^T or beta = U U^T, up to order and constants.

Draw an edge between two parameters for every monomial p q of a coordinate, labelled by the coordinate.  For U V^T
column k of U and column k of V form one component, a complete bipartite graph in which every coordinate is
one edge; for U U^T column k forms a complete graph with loops.  A row of the matrix is the set of labels at a node, and
these sets have to be the same in every component.  Nothing else has this graph, so what is recognised is a product.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Poly, Symbol

from derive.model import Model

Labels = frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The two factors, rows by columns (equal for U U^T); `place[i, j]` is the coordinate of row i of U, j of V."""

    left: tuple[tuple[Symbol, ...], ...]
    right: tuple[tuple[Symbol, ...], ...]
    place: tuple[tuple[int, ...], ...]

    @property
    def is_symmetric(self) -> bool:
        return self.left == self.right

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows m, columns n and inner size r."""
        return len(self.left), len(self.right), len(self.left[0])


def product_of(model: Model) -> Product | None:
    """The matrix structure of a model, or None."""
    edges: dict[tuple[Symbol, Symbol], int] = {}
    for i, f in enumerate(model.predictor):
        for edge in _monomials(f, model.parameters):
            if edge is None or edge in edges:
                return None
            edges[edge] = i
    columns = [_rows(edges, c) for c in _components(model.parameters, edges)]
    first = columns[0]
    if any(set(c) != set(first) or len(c) != len(first) for c in columns):
        return None
    order = sorted(first, key=sorted)
    table = {labels: tuple(c[labels] for c in columns) for labels in order}
    d = len(model.predictor)
    loops = {i for (p, q), i in edges.items() if p is q}
    found = _symmetric(order, table, loops, d) if loops else _two_factors(order, table, d)
    return found if found is not None and _is_product(model, found) else None


def _is_product(model: Model, found: Product) -> bool:
    """The product, multiplied out, is the predictor up to constants."""
    return all(
        not (model.predictor[k] - Add(*(p * q for p, q in zip(u, v, strict=True)))).expand().free_symbols
        & set(model.parameters)
        for u, row in zip(found.left, found.place, strict=True)
        for v, k in zip(found.right, row, strict=True)
    )


def _monomials(f: Expr, parameters: Sequence[Symbol]) -> Iterable[tuple[Symbol, Symbol] | None]:
    """The pairs p, q of the monomials p q; None for anything else than a constant."""
    if not f.is_polynomial(*parameters):
        return [None]
    found: list[tuple[Symbol, Symbol] | None] = []
    for exponents, coefficient in Poly(f, *parameters).terms():
        if sum(exponents) == 0:
            continue
        if sum(exponents) != 2 or coefficient != 1:
            return [None]
        inside = [p for p, e in zip(parameters, exponents, strict=True) for _ in range(e)]
        found.append((inside[0], inside[1]))
    return found


def _components(parameters: Sequence[Symbol], edges: Iterable[tuple[Symbol, Symbol]]) -> list[set[Symbol]]:
    components = [{p} for p in parameters]
    for p, q in edges:
        one = next(c for c in components if p in c)
        other = next(c for c in components if q in c)
        if one is not other:
            one |= other
            components = [c for c in components if c is not other]
    return components


def _rows(edges: dict[tuple[Symbol, Symbol], int], component: set[Symbol]) -> dict[Labels, Symbol]:
    """Labels at a node -> node; nodes with equal labels are lost, which the count of rows notices."""
    labels: dict[Symbol, set[int]] = {p: set() for p in component}
    for (p, q), i in edges.items():
        if p in labels:
            labels[p].add(i)
            labels[q].add(i)
    return (
        {frozenset(ls): p for p, ls in labels.items()}
        if len({frozenset(ls) for ls in labels.values()}) == len(labels)
        else {}
    )


def _symmetric(
    order: Sequence[Labels], table: dict[Labels, tuple[Symbol, ...]], loops: set[int], d: int
) -> Product | None:
    """Any two rows share one label, and each has one loop: n (n + 1) / 2 coordinates."""
    n = len(order)
    if d != n * (n + 1) // 2 or len(loops) != n:
        return None
    rows = [next((r for r in order if i in r), frozenset[int]()) for i in sorted(loops)]
    own = dict(zip(rows, sorted(loops), strict=True))
    place = [[own[a] if a == b else _only(a & b) for b in rows] for a in rows]
    return _checked(rows, rows, table, place, d)


def _two_factors(order: Sequence[Labels], table: dict[Labels, tuple[Symbol, ...]], d: int) -> Product | None:
    """Rows are those that do not meet the first one, and it; every row meets every column in one label."""
    left = [r for r in order if r == order[0] or not r & order[0]]
    right = [c for c in order if c not in left]
    if not right or len(left) * len(right) != d:
        return None
    return _checked(left, right, table, [[_only(a & b) for b in right] for a in left], d)


def _only(labels: Labels) -> int:
    return next(iter(labels)) if len(labels) == 1 else -1


def _checked(
    left: Sequence[Labels],
    right: Sequence[Labels],
    table: dict[Labels, tuple[Symbol, ...]],
    place: list[list[int]],
    d: int,
) -> Product | None:
    if {i for row in place for i in row} != set(range(d)):
        return None
    return Product(
        left=tuple(table[r] for r in left), right=tuple(table[r] for r in right), place=tuple(map(tuple, place))
    )
