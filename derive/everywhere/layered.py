"""Products of any number of matrices, recognised from the formulas: beta = W_D ... W_1, up to order and constants.

Every monomial of such a product is a path: one parameter of each layer.  A parameter of W_D occurs in the coordinates
of its row, one of W_1 in those of its column, all others everywhere; this shows which coordinate is which entry.
Then layers are peeled off from the right.  The parameters of W_1 are those that one column has for itself, and

    B_ik = sum_a A_ia w_ak,     A_ia = d B_ik / d w_ak,

so parameters with the same slopes belong to one hidden unit a, and A = W_D ... W_2 is the next matrix to be peeled.
Whatever is found is multiplied out again and compared, so only products are recognised.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Mul, Pow, Symbol

from derive.model import Model

Path = frozenset[Symbol]
Entry = frozenset[Path]
Factor = tuple[tuple[Symbol, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """W_1, ..., W_D, each by rows; `place[i][k]` is the coordinate of the predictor that is B_ik (m x n)."""

    factors: tuple[Factor, ...]
    place: tuple[tuple[int, ...], ...]

    @property
    def depth(self) -> int:
        return len(self.factors)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows m and columns n of the product."""
        return len(self.place), len(self.place[0])

    @property
    def widths(self) -> tuple[int, ...]:
        """The inner sizes: rows of W_1, ..., W_(D-1)."""
        return tuple(len(w) for w in self.factors[:-1])


def layers_of(model: Model) -> Layers | None:
    """The factors of a product of D >= 2 matrices, its result and its inner sizes 2 x 2 or more; else None."""
    if len(model.predictor) < 4:
        return None
    entries: list[Entry] = []
    for f in model.predictor:
        entry = _paths(f, set(model.parameters))
        if not entry:
            return None
        entries.append(entry)
    place = _placed([frozenset().union(*e) for e in entries], model.parameters)
    if place is None:
        return None
    table = [[entries[k] for k in row] for row in place]
    factors: list[Factor] = []
    while any(len(path) > 1 for path in table[0][0]):
        peeled = _peeled(table)
        if peeled is None:
            return None
        factor, table = peeled
        factors.append(factor)
    if any(len(e) != 1 or len(p) != 1 for row in table for e in row for p in e):
        return None
    factors.append(tuple(tuple(s for e in row for p in e for s in p) for row in table))
    found = Layers(factors=tuple(factors), place=place)
    listed = [p for w in found.factors for row in w for p in row]
    if len(set(listed)) != len(listed) or set(listed) != set(model.parameters):
        return None
    return found if _multiplied(found.factors) == [[entries[k] for k in row] for row in place] else None


def _paths(f: Expr, parameters: set[Symbol]) -> Entry | None:
    """The monomials of a sum of products of different parameters, constants left out; None for anything else."""
    if any(p.base.free_symbols & parameters for p in f.atoms(Pow)):
        return None  # before it is multiplied out
    found: set[Path] = set()
    for term in Add.make_args(f.expand()):
        if not term.free_symbols & parameters:
            continue
        factors = Mul.make_args(term)
        if not all(s in parameters for s in factors):
            return None
        found.add(frozenset(factors))
    return frozenset(found)


def _placed(used: Sequence[frozenset[Symbol]], parameters: Sequence[Symbol]) -> tuple[tuple[int, ...], ...] | None:
    """Rows and columns from the coordinates in which parameters occur: they do not meet, or meet in one coordinate."""
    d = len(used)
    sets = {frozenset(k for k, symbols in enumerate(used) if p in symbols) for p in parameters}
    lines = sorted((s for s in sets if len(s) < d), key=sorted)
    if not lines:
        return None
    rows = [r for r in lines if r == lines[0] or not r & lines[0]]
    columns = [c for c in lines if c not in rows]
    if min(len(rows), len(columns)) < 2 or len(rows) * len(columns) != d:
        return None
    crossings = [[sorted(r & c) for c in columns] for r in rows]
    if any(len(c) != 1 for row in crossings for c in row) or len({c[0] for row in crossings for c in row}) != d:
        return None
    return tuple(tuple(c[0] for c in row) for row in crossings)


def _peeled(table: Sequence[Sequence[Entry]]) -> tuple[Factor, list[list[Entry]]] | None:
    """(W, A) with table = A W; None where the columns do not share their slopes."""
    columns = list(zip(*table, strict=True))
    used = [frozenset(p for e in c for path in e for p in path) for c in columns]
    units: list[dict[tuple[Entry, ...], Symbol]] = []
    for k, column in enumerate(columns):
        others = frozenset().union(*(u for j, u in enumerate(used) if j != k))
        own = sorted(used[k] - others, key=str)
        units.append({tuple(_slope(e, p) for e in column): p for p in own})
        if len(units[-1]) != len(own) or units[-1].keys() != units[0].keys() or len(own) < 2:
            return None
    order = list(units[0])
    return tuple(tuple(u[a] for u in units) for a in order), [[a[i] for a in order] for i in range(len(table))]


def _slope(entry: Entry, p: Symbol) -> Entry:
    return frozenset(path - {p} for path in entry if p in path)


def _multiplied(factors: Sequence[Factor]) -> list[list[Entry]]:
    """The entries of W_D ... W_1 as sets of paths."""
    table = [[frozenset({frozenset({p})}) for p in row] for row in factors[0]]
    for w in factors[1:]:
        table = [
            [
                frozenset(path | {row[a]} for a, line in enumerate(table) for path in line[k])
                for k in range(len(table[0]))
            ]
            for row in w
        ]
    return table
