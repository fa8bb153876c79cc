"""The rank of gradient fields and their brackets modulo a prime, at one point, for polynomials given term by term.

With gradients V_i of F_i, everything is a derivative of F at the point:

    [V_i, V_j]        = F_j^(2) V_i - F_i^(2) V_j
    [V_k, [V_i, V_j]] = F_j^(3)(V_i, V_k) + F_j^(2) F_i^(2) V_k - F_i^(3)(V_j, V_k) - F_i^(2) F_j^(2) V_k
                        - F_k^(2) [V_i, V_j]

A minor that is not zero modulo q is not zero over Q, so the rank modulo q never exceeds the rank over Q.
"""

from collections.abc import Sequence
from random import Random

from flint import nmod_mat

PRIME = 2**31 - 1
PATIENCE = 12  # brackets in a row that may bring nothing
Monomial = tuple[tuple[int, int], ...]
Polynomial = dict[Monomial, int]


class Jet:
    """The derivatives of one polynomial at a point, modulo the prime; immutable after construction."""

    def __init__(self, f: Polynomial, point: Sequence[int], inverse: Sequence[int]) -> None:
        self.polynomial, self.point, self.inverse = f, point, inverse
        self.gradient = gradient(f, point, inverse)
        self.hessian = _hessian(f, point, inverse)

    def second(self, u: Sequence[int]) -> list[int]:
        """F^(2)(u)"""
        return [sum(c * u[n] for n, c in row.items()) % PRIME for row in self.hessian]

    def third(self, u: Sequence[int], v: Sequence[int]) -> list[int]:
        """F^(3)(u, v)"""
        slopes = [0] * len(self.point)
        for monomial, coefficient in self.polynomial.items():
            there = _value(monomial, coefficient, self.point)
            for a, e in monomial:
                first = there * e * self.inverse[a] % PRIME * u[a] % PRIME
                for b, k in monomial:
                    second = first * (k - (a == b)) * self.inverse[b] % PRIME * v[b] % PRIME
                    if second:
                        for c, n in monomial:
                            slopes[c] += second * (n - (a == c) - (b == c)) * self.inverse[c] % PRIME
        return [s % PRIME for s in slopes]


def bracket(first: Jet, second: Jet) -> list[int]:
    """[V, U] at the point."""
    pair = zip(second.second(first.gradient), first.second(second.gradient), strict=True)
    return [(a - b) % PRIME for a, b in pair]


def double_bracket(outer: Jet, first: Jet, second: Jet) -> list[int]:
    """[W, [V, U]] at the point."""
    v, u, w = first.gradient, second.gradient, outer.gradient
    plus = zip(second.third(v, w), second.second(first.second(w)), strict=True)
    minus = zip(first.third(u, w), first.second(second.second(w)), outer.second(bracket(first, second)), strict=True)
    return [(sum(a) - sum(b)) % PRIME for a, b in zip(plus, minus, strict=True)]


def rank_modulo(rows: Sequence[Sequence[int]]) -> int:
    """The rank modulo the prime."""
    if not rows:
        return 0
    return nmod_mat(len(rows), len(rows[0]), [e % PRIME for row in rows for e in row], PRIME).rank()


def rank_of_brackets(polynomials: Sequence[Polynomial], point: Sequence[int], enough: int, random: Random) -> int:
    """The rank modulo the prime of gradients and brackets; no more are formed once it is `enough`."""
    p = len(point)
    inverse = [pow(x, -1, PRIME) for x in point]
    order = random.sample(range(len(polynomials)), len(polynomials))
    rows: list[list[int]] = []
    rank, batch = 0, p + 16
    for begin in range(0, len(order), batch):
        rows += [gradient(polynomials[i], point, inverse) for i in order[begin : begin + batch]]
        rank, rows = _reduced(rows)
        if rank >= enough:
            return rank
    few = [polynomials[i] for i in order[:p]]
    jets = [Jet(f, point, inverse) for f in few]
    for n, jet in enumerate(jets):
        rows += [bracket(other, jet) for other in jets[:n]]
        rank, rows = _reduced(rows)
        if rank >= enough:
            return rank
    return _deeper(jets, rows, enough, random)


def _deeper(jets: Sequence[Jet], rows: list[list[int]], enough: int, random: Random) -> int:
    """The rank with random [V_k, [V_i, V_j]] added, until several bring nothing."""
    rank, idle = len(rows), 0
    while rank < enough and idle < PATIENCE and len(jets) > 1:
        first, second = random.sample(list(jets), 2)
        before = rank
        rank, rows = _reduced([*rows, double_bracket(random.choice(jets), first, second)])
        idle = 0 if rank > before else idle + 1
    return rank


def _reduced(rows: Sequence[Sequence[int]]) -> tuple[int, list[list[int]]]:
    """Rank and rows with the same span, as many as the rank."""
    if not rows:
        return 0, []
    width = len(rows[0])
    matrix, rank = nmod_mat(len(rows), width, [e % PRIME for row in rows for e in row], PRIME).rref()
    return rank, [[int(matrix[i, n]) for n in range(width)] for i in range(rank)]


def _value(monomial: Monomial, coefficient: int, point: Sequence[int]) -> int:
    for a, e in monomial:
        coefficient = coefficient * (point[a] if e == 1 else pow(point[a], e, PRIME)) % PRIME
    return coefficient


def gradient(f: Polynomial, point: Sequence[int], inverse: Sequence[int]) -> list[int]:
    """The gradient at the point, modulo the prime."""
    slopes = [0] * len(point)
    add_gradient(slopes, f, 1, point, inverse)
    return slopes


def add_gradient(slopes: list[int], f: Polynomial, factor: int, point: Sequence[int], inverse: Sequence[int]) -> None:
    """Add `factor` times the gradient of f to `slopes`."""
    for monomial, coefficient in f.items():
        there = _value(monomial, coefficient * factor, point)
        for a, e in monomial:
            slopes[a] = (slopes[a] + there * e * inverse[a]) % PRIME


def _hessian(f: Polynomial, point: Sequence[int], inverse: Sequence[int]) -> list[dict[int, int]]:
    rows: list[dict[int, int]] = [{} for _ in point]
    for monomial, coefficient in f.items():
        there = _value(monomial, coefficient, point)
        for a, e in monomial:
            first, row = there * e * inverse[a] % PRIME, rows[a]
            for b, k in monomial:
                if k - (a == b):
                    row[b] = (row.get(b, 0) + first * (k - (a == b)) * inverse[b]) % PRIME
    return rows
