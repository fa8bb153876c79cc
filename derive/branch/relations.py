"""The polynomial relation of least total degree between a function and known functions: guessed, then proved.

Given t and known functions k = (beta, c, ...), all elements of one field, wanted is an irreducible polynomial with
P(t, k) = 0.  All monomials up to a total degree are evaluated at random points modulo a prime; vectors in the kernel of
that matrix are guesses, and without a guess there is no relation of that degree.  One of least degree is irreducible
over Q, since one of its factors would be a relation of lower degree.  It is confirmed in the field, exactly.

*Gradings.*  Where exponents w exist with which t and all k are homogeneous (x_i of degree w_i), a relation falls into
homogeneous ones, and each group of monomials of equal degrees is a smaller problem of its own.  Products of parameters
have many gradings, and relations of high degree between them are found in small groups.

*Order.*  With the monomials in the order of their degrees, a vector of the reduced kernel writes one monomial in
earlier ones, so that the first one has the least degree, and one elimination is enough.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from math import comb

from flint import fmpq, fmpq_mpoly
from sympy import Add, Dummy, Expr, Mul, Poly, Rational, Symbol, ilcm

from derive.exact.field import Element
from derive.exact.linear import nullspace
from derive.exact.residues import PRIME, Residues, Values, kernel_of, rational, residues

MAX_TERMS, MAX_LISTED, MAX_DEGREE, FIRST, MAX_EXPANDED, FEW = 220, 500, 10, 4, 20000, 6
SPARE = 6  # further equations, so that a vector of the kernel is no accident
POINTS = MAX_TERMS + SPARE
TARGET = Dummy("t", real=True)  # no symbol of a user's is equal to it
Exponents = tuple[int, ...]
Guess = dict[Exponents, fmpq]


@dataclass(frozen=True, slots=True)
class Function:
    """A function: its name in relations, its residues (None at poles), and the power that others replace, if any."""

    symbol: Symbol
    element: Element
    residues: Values
    below: int | None = None


def named(element: Element, points: Sequence[Residues], symbol: Symbol | None = None) -> Function:
    """A function under a name, which is a new one by default."""
    return Function(symbol or Dummy(real=True), element, residues(element, points))


def relations(target: Function, known: Sequence[Function]) -> Iterator[Poly]:
    """P in `TARGET` with the symbols of known functions in its coefficients; the first is irreducible."""
    functions = [target, *known]
    rows = rows_of([f.residues for f in functions])
    elements = [f.element for f in functions]
    weights = _gradings(elements)
    top = _largest(len(functions), MAX_LISTED if weights else MAX_TERMS)
    for total in sorted({min(FIRST, top), top}) if len(rows) > SPARE else ():
        for guess in _guesses(rows, [MAX_DEGREE, *(k.below for k in known)], weights, total):
            if holds(guess, elements):
                yield Poly(_shown(guess, [TARGET, *(k.symbol for k in known)]), TARGET)


def rows_of(columns: Sequence[Values]) -> list[tuple[int, ...]]:
    """The values of all functions at each point that is no pole of one of them."""
    whole = zip(*columns, strict=True)
    return [known for row in whole if len(known := tuple(v for v in row if v is not None)) == len(row)]


def related(group: Sequence[Exponents], rows: Sequence[Sequence[int]]) -> bool:
    """May there be a relation between the monomials in which the first function occurs?  True if points are too few."""
    if len(rows) < len(group) + SPARE:
        return True
    powers = _tables(rows[: len(group) + SPARE], max(map(max, group)))
    ordered = sorted(group, key=lambda e: e[0])
    return any(any(v and e[0] for v, e in zip(vector, ordered, strict=True)) for vector in _kernel(ordered, powers))


def _largest(length: int, listed: int) -> int:
    """The largest total degree that does not have more monomials than may be listed."""
    return max(d for d in range(1, MAX_DEGREE + 1) if d == 1 or comb(length + d, d) <= listed)


def _guesses(
    rows: Sequence[Sequence[int]], limits: Sequence[int | None], weights: Sequence[Sequence[int]], total: int
) -> Iterator[Guess]:
    """Relations modulo the prime in which the target occurs, by total degree and degree in it; of each group a few."""
    groups: dict[Exponents, list[Exponents]] = {}
    for exponents in _monomials(limits, total):
        groups.setdefault(
            tuple(sum(e * w for e, w in zip(exponents, row, strict=True) if e) for row in weights), []
        ).append(exponents)
    powers = _tables(rows, total)
    found = []
    for group in groups.values():
        if 1 < len(group) <= min(MAX_TERMS, len(rows) - SPARE) and any(e[0] for e in group):
            found += islice(_in_group(group, powers, rows[-1]), FEW)
    yield from sorted(found, key=lambda g: (max(map(sum, g)), max(e[0] for e in g), len(g)))


def _tables(rows: Sequence[Sequence[int]], total: int) -> list[list[list[int]]]:
    """The powers up to `total` of each function at each point."""
    found = []
    for values in zip(*rows, strict=True):
        table = [[1] * len(values)]
        for _ in range(total):
            table.append([v * w % PRIME for v, w in zip(table[-1], values, strict=True)])
        found.append(table)
    return found


def _in_group(group: Sequence[Exponents], powers: Sequence[list[list[int]]], row: Sequence[int]) -> Iterator[Guess]:
    """Relations between the monomials of a group, the first of them of the least total degree, and then degree in t.

    A vector of the reduced kernel writes one monomial in earlier ones.
    """
    ordered = sorted(group, key=lambda e: (sum(e), e[0]))
    for vector in _kernel(ordered, powers):
        guess = {e: rational(v) for e, v in zip(ordered, vector, strict=True) if v}
        known = {e: c for e, c in guess.items() if c is not None}
        if len(known) == len(guess) and _leads(known, row):
            yield known


def _kernel(ordered: Sequence[Exponents], powers: Sequence[list[list[int]]]) -> list[list[int]]:
    count = len(ordered) + SPARE
    columns = [_column([table[n][:count] for table, n in zip(powers, e, strict=True) if n], count) for e in ordered]
    return kernel_of(list(zip(*columns, strict=True)), len(ordered))


def _column(factors: Sequence[Sequence[int]], count: int) -> Sequence[int]:
    """The product of powers at all points."""
    product = factors[0] if factors else [1] * count
    for factor in factors[1:]:
        product = [v * w % PRIME for v, w in zip(product, factor, strict=True)]
    return product


def _leads(guess: Guess, row: Sequence[int]) -> bool:
    """Does the target occur, and is its leading coefficient not zero as a function?"""
    degree = max(e[0] for e in guess)
    total = 0
    for exponents, c in guess.items():
        if exponents[0] == degree:
            term = int(c.p) * pow(int(c.q), -1, PRIME)
            for v, e in zip(row[1:], exponents[1:], strict=True):
                term = term * pow(v, e, PRIME) % PRIME
            total += term
    return degree > 0 and total % PRIME != 0


def _monomials(limits: Sequence[int | None], total: int) -> Iterator[Exponents]:
    """Exponents of sum `total` or less, each below its limit."""
    if not limits:
        yield ()
        return
    highest = total if limits[0] is None else min(total, limits[0] - 1)
    for e in range(highest + 1):
        for rest in _monomials(limits[1:], total - e):
            yield (e, *rest)


def _gradings(elements: Sequence[Element]) -> list[list[int]]:
    """Independent gradings of the generators under which all elements are homogeneous: the elements' degrees."""
    field = elements[0].field
    if field.relations:  # a relation between generators need not be homogeneous
        return []
    firsts, rows = [], []
    for e in elements:
        top, bottom = (
            [tuple(map(int, k)) for k in polynomial.to_dict()] for polynomial in (e.numerator, e.denominator)
        )
        if not top:
            return []
        firsts.append([a - b for a, b in zip(top[0], bottom[0], strict=True)])
        rows += [[fmpq(a - b) for a, b in zip(k, part[0], strict=True)] for part in (top, bottom) for k in part[1:]]
    found = []
    for w in nullspace(rows, len(field.generators)):
        scale = int(ilcm(1, *(int(c.q) for c in w)))
        degrees = [sum((c * f for c, f in zip(w, first, strict=True)), fmpq(0)) * scale for first in firsts]
        found.append([int(d.p) for d in degrees])
    return found


def _shown(guess: Guess, symbols: Sequence[Symbol]) -> Expr:
    scale = ilcm(1, *(int(c.q) for c in guess.values()))
    return Add(
        *(
            Rational(int(c.p), int(c.q)) * scale * Mul(*(s**e for s, e in zip(symbols, exponents, strict=True)))
            for exponents, c in guess.items()
        )
    )


def holds(guess: Guess, elements: Sequence[Element]) -> bool:
    """Is the polynomial of the elements zero in the field?  Denominators are cleared; False where that is long."""
    field = elements[0].field
    highest = [max(e[i] for e in guess) for i in range(len(elements))]
    sizes = [max(int(e.numerator.total_degree()), int(e.denominator.total_degree())) for e in elements]
    degree = max(sum(n * s for n, s in zip(e, sizes, strict=True)) for e in guess)
    if comb(degree + len(field.generators), degree) > MAX_EXPANDED:
        return False
    powers = [(_powers(e.numerator, n), _powers(e.denominator, n)) for e, n in zip(elements, highest, strict=True)]
    total = field.context.constant(0)
    for exponents, c in guess.items():
        term = field.context.constant(c)
        for (top, bottom), e, n in zip(powers, exponents, highest, strict=True):
            term = term * top[e] * bottom[n - e]
        total += term
    return field.normal(Element(field, total, field.one.denominator)).vanishes


def _powers(polynomial: fmpq_mpoly, highest: int) -> list[fmpq_mpoly]:
    found = [polynomial**0]
    for _ in range(highest):
        found.append(found[-1] * polynomial)
    return found
