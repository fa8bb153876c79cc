"""Constant linear coordinates in which an inverse metric is block diagonal.

M(w) turns with beta: in gamma = L beta it is L M L^T.  If L M L^T falls into blocks for every w, the projections X onto
them satisfy

    X M(w) = M(w) X^T    for all w,

a system that is linear in X (docs/derivations/mixture.md, theorem 1).  The eigenspaces that all solutions have in
common are the blocks (`derive.metric.eigenforms`).

*Search.*  M at a few exact points bounds the solutions from above.  It is first asked modulo a prime: where only the
multiples of the unit matrix are left, which is the usual case, nothing else is done.  Functions such as exp take values
of their own, independent of those of w; square roots of whole numbers are kept as such.  A block that is found need not
be one: whoever uses it makes sure (`derive.metric.mixture`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Any

from flint import fmpq, fmpq_mpoly, fmpz, nmod_mat
from sympy import QQ, Rational, sqrt
from sympy.polys.domains.domain import Domain
from sympy.polys.matrices import DomainMatrix

from derive.exact.field import Element, Field
from derive.metric.eigenforms import Forms, eigenforms

MAX_COORDINATES, MAX_POINTS = 12, 60
PRIME = 2**61 - 1
Table = Sequence[Sequence[Element]]


@dataclass(frozen=True, slots=True)
class Numbers:
    """Q with the square roots that a field contains: their places among its generators, and what they are roots of."""

    roots: tuple[tuple[int, int], ...]

    @property
    def domain(self) -> Domain:
        """The field of algebraic numbers."""
        return QQ.algebraic_field(*(sqrt(n) for _, n in self.roots)) if self.roots else QQ


def blocks_of_forms(field: Field, metric: Table) -> tuple[Forms, ...]:
    """Blocks of linear forms of beta between which M vanishes, as far as points tell; empty where there is only one."""
    d = len(metric)
    numbers = numbers_of(field)
    if not 1 < d <= MAX_COORDINATES or numbers is None:
        return ()
    needed = _points_needed(field, metric, numbers)
    if needed is None:
        return ()
    domain = numbers.domain
    rows = [row for m in _matrices(field, metric, numbers, needed) for row in _equations(m)]
    return eigenforms(_squares(DomainMatrix(rows, (len(rows), d * d), domain).nullspace(), d))


def numbers_of(field: Field) -> Numbers | None:
    """The square roots of whole numbers in a field; None where it contains other irrational numbers."""
    found = []
    for index, g in enumerate(field.generators):
        number = field.generator_expression(g)
        if number.free_symbols:
            continue
        if not (number**2).is_Integer or not number.is_positive:
            return None
        found.append((index, int(number**2)))
    return Numbers(tuple(found))


# -- modulo a prime -----------------------------------------------------------------------------------


def _points_needed(field: Field, metric: Table, numbers: Numbers) -> int | None:
    """After how many points the solutions are no fewer; None where the multiples of the unit matrix are left.

    Rows are reduced after every few points, as many as could do for a metric of no special kind.
    """
    d, (prime, roots) = len(metric), _prime(numbers)
    rows: list[list[int]] = []
    few, last, taken = -(-2 * (d + 1) // d), d * d, 0
    for point in islice(_points(field), MAX_POINTS):
        for (index, _), value in zip(numbers.roots, roots, strict=True):
            point[index] = fmpq(value)
        m = [[_modulo(e, point, prime) for e in row] for row in metric]
        if any(e is None for row in m for e in row):
            continue
        rows += [[int(e) % prime for e in row] for row in _equations(m)]
        taken += 1
        if taken % few:
            continue
        echelon, rank = nmod_mat(rows, prime).rref()
        if d * d - rank in (1, last):
            return None if d * d - rank == 1 else taken
        rows, last = [[int(echelon[i, j]) for j in range(d * d)] for i in range(rank)], d * d - rank
    return None


def _prime(numbers: Numbers) -> tuple[int, list[int]]:
    """A prime modulo which the numbers have square roots, and these: c^((p + 1)/4) for p = 3 mod 4."""
    prime = PRIME
    while True:
        if fmpz(prime).is_prime() and all(pow(n, (prime - 1) // 2, prime) == 1 for _, n in numbers.roots):
            return prime, [pow(n, (prime + 1) // 4, prime) for _, n in numbers.roots]
        prime -= 4


def _points(field: Field) -> Iterator[list[fmpq]]:
    """Values of the generators, small whole numbers."""
    random = Random(5)
    while True:
        yield [fmpq(random.randint(1, 40) * random.choice((1, -1))) for _ in field.generators] or [fmpq(1)]


def _modulo(e: Element, point: Sequence[fmpq], prime: int) -> int | None:
    below = e.denominator(*point)
    above = e.numerator(*point)
    bottom = int(below.p) * int(above.q) % prime
    return None if bottom == 0 else int(above.p) * int(below.q) * pow(bottom, -1, prime) % prime


def _equations(m: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Rows of X M - M X^T = 0 above the diagonal, in the entries of X."""
    d = len(m)
    zero, found = m[0][0] - m[0][0], []
    for i in range(d):
        for j in range(i + 1, d):
            row = [zero] * (d * d)
            for k in range(d):
                row[i * d + k] = row[i * d + k] + m[k][j]
                row[j * d + k] = row[j * d + k] - m[k][i]
            found.append(row)
    return found


# -- exactly ------------------------------------------------------------------------------------------


def at_points(rows: Table, field: Field, numbers: Numbers) -> Iterator[list[list[Any]]]:
    """A table at points, exactly, in the domain of the numbers."""
    domain = numbers.domain
    units = {index: domain.from_sympy(sqrt(n)) for index, n in numbers.roots}
    for point in _points(field):
        values = [units.get(i, domain.from_sympy(Rational(int(v.p), int(v.q)))) for i, v in enumerate(point)]
        try:
            yield [[_number(e, values, domain) for e in row] for row in rows]
        except ZeroDivisionError:
            continue


def _matrices(field: Field, metric: Table, numbers: Numbers, count: int) -> list[list[list[Any]]]:
    return [m for m, _ in zip(at_points(metric, field, numbers), range(count), strict=False)]


def _number(e: Element, values: Sequence[Any], domain: Domain) -> Any:
    above, below = (_total(p, values, domain) for p in (e.numerator, e.denominator))
    if not below:
        raise ZeroDivisionError
    return domain.quo(above, below)


def _total(polynomial: fmpq_mpoly, values: Sequence[Any], domain: Domain) -> Any:
    total = domain.zero
    for exponents, c in polynomial.to_dict().items():
        term = domain.from_sympy(Rational(int(c.p), int(c.q)))
        for base, exponent in zip(values, exponents, strict=False):
            if exponent:
                term = term * base ** int(exponent)
        total = total + term
    return total


def _squares(basis: DomainMatrix, d: int) -> list[DomainMatrix]:
    rows = basis.to_list()
    return [DomainMatrix([r[i * d : (i + 1) * d] for i in range(d)], (d, d), basis.domain) for r in rows]
