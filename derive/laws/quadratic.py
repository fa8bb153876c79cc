"""Quadratic laws sum c_ab w_a w_b of polynomial predictors: equations over Z, one system for each character.

If F_i(s w) = +-F_i(w) for a change of signs s, then s is orthogonal and maps laws to laws, so that the equations fall
apart into one system for each character of the group of such s.  A system that has full rank modulo the prime at a few
points has no solution; the others are solved exactly.
"""

from collections.abc import Iterator, Sequence
from math import gcd
from random import Random

from flint import fmpz_mat

from derive.laws.modular import PRIME, Monomial, Polynomial, add_gradient, rank_modulo

PROBES, MIXED = 24, 40
Pair = tuple[int, int]
Law = dict[Pair, int]


def quadratic_laws(polynomials: Sequence[Polynomial], p: int, random: Random) -> list[Law]:
    """All quadratic laws of polynomials in p parameters, exactly; `random` only chooses where classes are ruled out."""
    probes = _probes(polynomials, p, random)
    containing: list[list[int]] = [[] for _ in range(p)]
    for i, f in enumerate(polynomials):
        for a in {a for m in f for a, _ in m}:
            containing[a].append(i)
    laws = []
    for pairs in _classes(polynomials, p):
        # a law, made primitive, is not zero modulo the prime: there is none where equations at points have full rank
        rows = [_values(pairs, *probe) for probe in probes[: len(pairs) + 4]]
        if len(rows) < len(pairs) or rank_modulo(rows) < len(pairs):
            laws += _laws_among(pairs, polynomials, containing)
    return laws


def _probes(polynomials: Sequence[Polynomial], p: int, random: Random) -> list[tuple[list[int], list[int]]]:
    """Points, each with the gradient of a random combination of some predictors there."""
    order = random.sample(list(polynomials), len(polynomials))
    groups = [order[n::PROBES][:MIXED] for n in range(min(PROBES, len(order)))]
    found = []
    for _ in range(2):
        point = [random.randrange(1, PRIME) for _ in range(p)]
        inverse = [pow(x, -1, PRIME) for x in point]
        for group in groups:
            total = [0] * p
            for f in group:
                add_gradient(total, f, random.randrange(1, PRIME), point, inverse)
            found.append((point, total))
    return found


def _values(pairs: Sequence[Pair], point: Sequence[int], v: Sequence[int]) -> list[int]:
    """V(w_a w_b) at the point for each pair."""
    return [(v[a] * point[b] + v[b] * point[a]) % PRIME for a, b in pairs]


def _classes(polynomials: Sequence[Polynomial], p: int) -> Iterator[list[Pair]]:
    """Products w_a w_b by the character of the sign changes that every F_i respects up to a sign."""
    basis: dict[int, int] = {}  # leading bit -> vector over GF(2)
    for f in polynomials:
        masks = [sum(1 << a for a, e in m if e % 2) for m in f]
        for mask in masks[1:]:
            difference = _reduce(mask ^ masks[0], basis)
            if difference:
                basis[difference.bit_length()] = difference
    kinds = [_reduce(1 << a, basis) for a in range(p)]
    groups: dict[int, list[Pair]] = {}
    for a in range(p):
        for b in range(a, p):
            groups.setdefault(_reduce(kinds[a] ^ kinds[b], basis), []).append((a, b))
    yield from groups.values()


def _reduce(mask: int, basis: dict[int, int]) -> int:
    """The mask modulo the span of the basis, from the leading bit down."""
    kept = 0
    while mask:
        lead = mask.bit_length()
        if lead in basis:
            mask ^= basis[lead]
        else:
            kept |= 1 << (lead - 1)
            mask ^= 1 << (lead - 1)
    return kept


def _laws_among(pairs: Sequence[Pair], polynomials: Sequence[Polynomial], containing: list[list[int]]) -> list[Law]:
    """All c with V_i(sum c_ab w_a w_b) = 0 for every i: an exact kernel."""
    equations = _equations(pairs, polynomials, containing)
    chosen = _pivots(equations, len(pairs))
    kernel = _kernel(chosen, len(pairs))
    for row in equations:
        kept = [k for k in kernel if sum(c * k[n] for n, c in row) == 0]
        if len(kept) < len(kernel):  # the prime was unlucky: all equations, then
            kernel = _kernel(equations, len(pairs))
            break
    primitive = [[c // gcd(*k) for c in k] for k in kernel]
    return [{pair: c for pair, c in zip(pairs, k, strict=True) if c} for k in primitive]


Row = tuple[tuple[int, int], ...]


def _equations(pairs: Sequence[Pair], polynomials: Sequence[Polynomial], containing: list[list[int]]) -> list[Row]:
    """One for each F_i and monomial of V_i(w_a w_b) = w_b dF_i/dw_a + w_a dF_i/dw_b; equal ones once."""
    found: set[Row] = set()
    touched = sorted({i for pair in pairs for a in pair for i in containing[a]})
    beside: dict[int, list[tuple[int, int]]] = {}
    for n, (a, b) in enumerate(pairs):
        beside.setdefault(a, []).append((b, n))
        if a != b:
            beside.setdefault(b, []).append((a, n))
    for i in touched:
        table: dict[Monomial, dict[int, int]] = {}
        for monomial, coefficient in polynomials[i].items():
            for a, e in monomial:
                for b, n in beside.get(a, ()):
                    key = monomial if a == b else _exchanged(monomial, a, b)
                    row = table.setdefault(key, {})
                    row[n] = row.get(n, 0) + coefficient * e * (2 if a == b else 1)
        found |= {tuple(sorted(row.items())) for row in table.values()}
    return sorted(found)


def _exchanged(monomial: Monomial, a: int, b: int) -> Monomial:
    """The monomial times w_b / w_a."""
    powers = dict(monomial)
    powers[a] -= 1
    powers[b] = powers.get(b, 0) + 1
    return tuple(sorted((n, e) for n, e in powers.items() if e))


def _pivots(equations: Sequence[Row], width: int) -> list[Row]:
    """Equations that are independent modulo the prime, as many as there are."""
    basis: dict[int, dict[int, int]] = {}
    chosen = []
    for equation in equations:
        row = {n: c % PRIME for n, c in equation if c % PRIME}
        while row:
            lead = min(row)
            if lead not in basis:
                scale = pow(row[lead], -1, PRIME)
                basis[lead] = {n: c * scale % PRIME for n, c in row.items()}
                chosen.append(equation)
                break
            factor = row[lead]
            for n, c in basis[lead].items():
                rest = (row.get(n, 0) - factor * c) % PRIME
                if rest:
                    row[n] = rest
                else:
                    row.pop(n, None)
        if len(basis) == width:
            break
    return chosen


def _kernel(equations: Sequence[Row], width: int) -> list[list[int]]:
    """A basis over Z of the solutions, exactly."""
    if not equations:
        return [[int(m == n) for m in range(width)] for n in range(width)]
    dense = [0] * (len(equations) * width)
    for i, row in enumerate(equations):
        for n, c in row:
            dense[i * width + n] = c
    basis, nullity = fmpz_mat(len(equations), width, dense).nullspace()
    return [[int(basis[m, n]) for m in range(width)] for n in range(nullity)]


def differential(law: Law, point: Sequence[int]) -> list[int]:
    """The differential of the law at a point, modulo the prime."""
    slopes = [0] * len(point)
    for (a, b), c in law.items():
        slopes[a] = (slopes[a] + c * point[b]) % PRIME
        slopes[b] = (slopes[b] + c * point[a]) % PRIME
    return slopes
