"""Elements of a field modulo a prime, at random points: what a relation between functions cannot hide from.

A point gives every generator a residue, and algebraic generators residues that satisfy t^n = u, sin^2 = 1 - cos^2.  A
relation with rational coefficients holds at every point; so coefficients that fit no relation at some points exclude
all, up to a prime that divides a coefficient.  What is found here is a guess, which exact arithmetic has to confirm.

The prime q has q = 3 mod 4, so that of the two roots of a square one is a square again, and (q - 1)/2 is a prime, so
that roots of odd order exist and are unique.
"""

from collections.abc import Sequence
from random import Random

from flint import fmpq, fmpq_mpoly, nmod_mat

from derive.exact.field import Element, Field
from derive.exact.kernels import Generator

PRIME = 2305843009213691579
_TRIES = 400
Residues = tuple[int, ...]
Values = tuple[int | None, ...]


def residue_points(field: Field, count: int, seed: int = 3) -> list[Residues]:
    """Up to `count` points; fewer where a root of the field is a residue too seldom."""
    random = Random(seed)
    found: list[Residues] = []
    for _ in range(count + _TRIES):
        point = _point(field, random)
        if point is not None:
            found.append(point)
        if len(found) == count:
            break
    return found


def residues(element: Element, points: Sequence[Residues]) -> Values:
    """The element at each point; None at a pole."""
    if element.denominator.is_constant():
        below = pow(reduced(element.denominator.leading_coefficient()) or 1, -1, PRIME)
        tops = (residue_of(element.numerator, point) for point in points)
        return tuple(None if top is None else top * below % PRIME for top in tops)
    return tuple(residue(element, point) for point in points)


def residue(element: Element, point: Residues) -> int | None:
    """The element at the point; None at a pole."""
    bottom = residue_of(element.denominator, point)
    if bottom is None or bottom == 0:
        return None
    top = residue_of(element.numerator, point)
    return None if top is None else top * pow(bottom, -1, PRIME) % PRIME


def residue_of(polynomial: fmpq_mpoly, point: Sequence[int]) -> int | None:
    """A polynomial at the point; None where the prime divides a denominator."""
    total = 0
    for exponents, coefficient in polynomial.to_dict().items():
        term = int(coefficient.p) if coefficient.q == 1 else reduced(coefficient)
        if term is None:
            return None
        for base, exponent in zip(point, exponents, strict=False):
            if exponent:
                term = term * pow(base, int(exponent), PRIME) % PRIME
        total += term
    return total % PRIME


def reduced(number: fmpq) -> int | None:
    """A rational number modulo the prime."""
    below = int(number.q) % PRIME
    return None if below == 0 else int(number.p) * pow(below, -1, PRIME) % PRIME


def rational(number: int) -> fmpq | None:
    """The rational p/q with the least p and q that is this residue (Wang 1981); None where they are long."""
    bound = 1 << 30
    before, now, first, second = PRIME, number % PRIME, 0, 1
    while now > bound:
        quotient = before // now
        before, now = now, before - quotient * now
        first, second = second, first - quotient * second
    return None if second == 0 or abs(second) > bound else fmpq(now, second) if second > 0 else fmpq(-now, -second)


def kernel_of(rows: Sequence[Sequence[int]], columns: int) -> list[list[int]]:
    """A basis of {x : rows x = 0} modulo the prime, in reduced form (one free column each)."""
    matrix, rank = nmod_mat(len(rows), columns, [e for row in rows for e in row], PRIME).rref()
    pivots: list[int] = []
    for i in range(rank):
        begin = pivots[-1] + 1 if pivots else 0
        pivots.append(next(j for j in range(begin, columns) if int(matrix[i, j])))
    basis = []
    for free in (j for j in range(columns) if j not in set(pivots)):
        vector = [0] * columns
        vector[free] = 1
        for i, pivot in enumerate(pivots):
            vector[pivot] = -int(matrix[i, free]) % PRIME
        basis.append(vector)
    return basis


def rank_of_residues(rows: Sequence[Sequence[int]]) -> int:
    """The rank modulo the prime."""
    return nmod_mat(len(rows), len(rows[0]), [e for row in rows for e in row], PRIME).rank() if rows else 0


def _point(field: Field, random: Random) -> Residues | None:
    values: list[int] = []
    circle: dict[object, int] = {}
    for g in field.generators:
        found = _generator(field, g, values, circle, random)
        if found is None:
            return None
        values.append(found)
    return tuple(values)


def _generator(
    field: Field, g: Generator, known: Sequence[int], circle: dict[object, int], random: Random
) -> int | None:
    if g.kind == "sign":
        return random.choice((1, PRIME - 1))
    if g.kind in ("cos", "sin"):
        t = circle.setdefault(g.base, random.randrange(2, PRIME))
        below = 1 + t * t
        if below % PRIME == 0:
            return None
        return (1 - t * t if g.kind == "cos" else 2 * t) * pow(below, -1, PRIME) % PRIME
    if g.kind == "power" and g.base is not None and g.monomial == 1:
        padded = [*known, *[0] * (len(field.generators) - len(known))]
        radicand = residue(field.convert(g.base), tuple(padded))
        return None if radicand is None else _root(radicand, field.tower.roots[g.base, g.monomial])
    return random.randrange(2, PRIME)


def _root(number: int, n: int) -> int | None:
    """An n-th root modulo the prime; None where there is none."""
    while n % 2 == 0:
        root = pow(number, (PRIME + 1) // 4, PRIME)
        if root * root % PRIME != number % PRIME:
            return None
        number, n = root, n // 2
    return pow(number, pow(n, -1, PRIME - 1), PRIME)


def slopes_of(element: Element, field: Field, point: Residues) -> list[int] | None:
    """The partial derivatives by the generators, as if these were independent variables, up to a common factor."""
    rows = []
    top, bottom = residue_of(element.numerator, point), residue_of(element.denominator, point)
    for i in range(len(field.generators)):
        up = residue_of(element.numerator.derivative(i), point)
        down = residue_of(element.denominator.derivative(i), point)
        if up is None or down is None or top is None or bottom is None:
            return None
        rows.append((up * bottom - top * down) % PRIME)
    return rows


def algebraic(targets: Sequence[Element], over: Sequence[Element], point: Residues) -> list[bool]:
    """Is each target algebraic over the others?  By ranks of differentials at one point, modulo the prime.

    In characteristic zero functions are algebraically dependent iff their differentials are linearly dependent.
    """
    field = (targets or over)[0].field
    bound = [_tied(field, index, n, u, point) for index, n, u in field.relations]
    rows = [r for r in (*bound, *(slopes_of(e, field, point) for e in over)) if r is not None]
    rank = rank_of_residues(rows)
    found = []
    for target in targets:
        own = slopes_of(target, field, point)
        found.append(own is not None and rank_of_residues([*rows, own]) == rank)
    return found


def _tied(field: Field, index: int, n: int, u: Element, point: Residues) -> list[int] | None:
    """The differential of t^n - u."""
    t = Element(field, field.context.gens()[index], field.one.denominator)
    return slopes_of(t.power(n) - u, field, point)
