"""Where the entries of a symmetric matrix sit among the parameters, read from the signs that formulas have.

Turning the i-th axis round changes the sign of the entries w_ij, j != i.  So each parameter has a *character*: the
list of its signs under all changes of sign that the formulas allow.  The n diagonal entries share one character, and
relative to it w_ij has a character c_ij of its own, with c_ij + c_jk = c_ik.  Edges of a complete graph with this sum
rule show their nodes: the node common to two adjacent edges a, b holds, besides them, those edges adjacent to both
that do not close the triangle, i.e. are not a + b.  Only the diagonal entries then have to be matched with the nodes,
and that is tried.  Where signs say less or more (formulas with more symmetries) the usual orders are tried.  What is
tried is a candidate, and only `derive.everywhere.symmetric` decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, islice, permutations
from math import isqrt
from typing import TypeVar

from sympy import Symbol

from derive.exact.field import Element, Field

MAX_SIZE, MATCHINGS = 5, 24
Layout = tuple[tuple[Symbol, ...], ...]
Form = Mapping[tuple[int, int], Element]
T = TypeVar("T")


def size_of(count: int) -> int | None:
    """n >= 2 with n (n + 1) / 2 = count; None where there is none or it is too large."""
    n = (isqrt(8 * count + 1) - 1) // 2
    return n if n * (n + 1) // 2 == count and 2 <= n <= MAX_SIZE else None


def parity(element: Element, turned: frozenset[Symbol]) -> int | None:
    """0 or 1 where the element is even or odd in these symbols together (functions in it left alone), else None."""
    places = [i for i, g in enumerate(element.field.generators) if g.kind == "symbol" and g.base in turned]
    found = 0
    for polynomial in (element.numerator, element.denominator):
        odd = {sum(e[i] for i in places) % 2 for e in polynomial.to_dict()}
        if len(odd) > 1:
            return None
        found += sum(odd)
    return found % 2


def layouts(field: Field, functions: Sequence[Element], form: Form, parameters: Sequence[Symbol]) -> Iterator[Layout]:
    """Candidates for the symmetric matrix whose n (n + 1) / 2 entries are the parameters, the likeliest first.

    `functions` are the coordinates, `form` is the metric on parameter space (empty for the flat one).
    """
    n = size_of(len(parameters))
    if n is None:
        return
    found = tuple(_by_signs(_symmetries(field, functions, form, n * (n + 1) // 2), parameters, n))
    yield from found or orders(parameters, n)


def orders(items: Sequence[T], n: int) -> Iterator[tuple[tuple[T, ...], ...]]:
    """The entries of a symmetric matrix row by row, column by column, or the diagonal first: n x n."""
    pairs = [(i, j) for i in range(n) for j in range(i, n)]
    tables = [
        pairs,
        sorted(pairs, key=lambda p: (p[1], p[0])),
        [(i, i) for i in range(n)] + [p for p in pairs if p[0] != p[1]],
    ]
    for table in tables if n > 2 else (tables[0], tables[2]):
        at = dict(zip(table, items, strict=True))
        yield tuple(tuple(at[min(i, j), max(i, j)] for j in range(n)) for i in range(n))


def _by_signs(signs: Sequence[int], parameters: Sequence[Symbol], n: int) -> Iterator[Layout]:
    character = {p: tuple(s >> i & 1 for s in signs) for i, p in enumerate(parameters)}
    classes: dict[tuple[int, ...], list[Symbol]] = {}
    for p in parameters:
        classes.setdefault(character[p], []).append(p)
    shared = [c for c, members in classes.items() if len(members) == n]
    if len(shared) != 1 or len(classes) != 1 + n * (n - 1) // 2:
        return
    edges = {
        tuple(x ^ y for x, y in zip(c, shared[0], strict=True)): members[0]
        for c, members in classes.items()
        if c != shared[0]
    }
    nodes = _nodes(edges, parameters, n)
    if nodes is None:
        return
    for diagonal in islice(permutations(classes[shared[0]]), MATCHINGS if n <= 3 else 1):
        rows = [list(diagonal) for _ in range(n)]
        for i, j in combinations(range(n), 2):
            rows[i][j] = rows[j][i] = next(iter(nodes[i] & nodes[j])) if n > 2 else next(iter(edges.values()))
        for i in range(n):
            rows[i][i] = diagonal[i]
        yield tuple(map(tuple, rows))


def _nodes(
    edges: dict[tuple[int, ...], Symbol], parameters: Sequence[Symbol], n: int
) -> list[frozenset[Symbol]] | None:
    """The edges at each node, in the order in which a matrix written row by row has them; None for other graphs."""
    if n == 2:
        return [frozenset(edges.values())] * 2
    found: set[frozenset[Symbol]] = set()
    for a, b in combinations(edges, 2):
        third = _plus(a, b)
        if third in edges:
            common = [c for c in edges if c != third and _plus(a, c) in edges and _plus(b, c) in edges]
            found.add(frozenset(edges[c] for c in (a, b, *common)))
    place = {p: i for i, p in enumerate(parameters)}
    nodes = sorted(found, key=lambda node: sorted(place[p] for p in node))
    regular = len(nodes) == n and all(len(x) == n - 1 for x in nodes)
    return nodes if regular and all(len(x & y) == 1 for x, y in combinations(nodes, 2)) else None


def _plus(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(x ^ y for x, y in zip(a, b, strict=True))


def _symmetries(field: Field, functions: Sequence[Element], form: Form, count: int) -> list[int]:
    """A basis of the changes of sign (bit i: of parameter i) that are symmetries of the formulas.

    Each coordinate keeps its absolute value, the form is that of the turned parameters, and functions in the formulas
    stay as they are.
    """
    equations: list[int] = []
    for element in (e for e in functions if not e.vanishes):
        for masks in _masks(element, count):
            equations += [masks[0] ^ m for m in masks]
    arguments = [field.convert(g.base) for g in field.generators if g.kind != "symbol" and g.base is not None]
    fixed = [(a, 0) for a in arguments] + [(e, 1 << i ^ 1 << j) for (i, j), e in form.items()]
    for element, turned in fixed:
        if not element.vanishes:
            above, below = _masks(element, count)
            equations += [below[0] ^ turned ^ m for m in above] + [below[0] ^ m for m in below]
    return _kernel(equations, count)


def _masks(element: Element, count: int) -> list[list[int]]:
    """The exponents of the parameters, modulo 2, of every monomial of numerator and denominator."""
    return [
        [sum((e[i] & 1) << i for i in range(count)) for e in map(tuple, polynomial.to_dict())]
        for polynomial in (element.numerator, element.denominator)
    ]


def _kernel(equations: Sequence[int], count: int) -> list[int]:
    """A basis of {s : |s & e| is even for all e} over the field with two elements."""
    pivots: dict[int, int] = {}
    for e in equations:
        for bit, row in pivots.items():
            if e >> bit & 1:
                e ^= row
        if e:
            bit = e.bit_length() - 1
            for other, row in pivots.items():
                if row >> bit & 1:
                    pivots[other] = row ^ e
            pivots[bit] = e
    free = [i for i in range(count) if i not in pivots]
    return [1 << i | sum(1 << bit for bit, row in pivots.items() if row >> i & 1) for i in free]
