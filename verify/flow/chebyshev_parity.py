"""Chebyshev maps in halves: the nodes are symmetric, and every map between values and coefficients knows parity.

T_k is even or odd with k.  A map that sends even vectors to even (or odd) ones and odd vectors to odd (or even) ones
is two matrices of half the size, applied to f(x) + f(-x) and to f(x) - f(-x) on half the nodes: half of the products of
the matrices in `verify.flow.chebyshev`, which is what a panel of a run spends its time on.  n is even, so that a node
lies in the middle.  A primitive that starts at 0 turns parity around: int_0^x of an even function is odd.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import add, sub

from flint import arb, arb_mat, ctx

from verify.flow.chebyshev import cosines, primitive_of


@dataclass(frozen=True, slots=True)
class Parity:
    """A linear map that sends even vectors to even (or odd) ones and odd vectors to odd (or even) ones.

    Two matrices of half the size do the work of one: `even` acts on the even part of a vector, `odd` on the odd part.
    Matrices act on rows, from the right.
    """

    even: arb_mat
    odd: arb_mat

    def __call__(self, rows: Sequence[Sequence[arb]]) -> tuple[list[list[arb]], list[list[arb]]]:
        """The images of the even and of the odd parts of values at the nodes, one row for each row."""
        middle = (len(rows[0]) - 1) // 2
        even, odd = [], []
        for row in rows:
            left, right = row[:middle], row[: -middle - 1 : -1]
            even.append([*map(add, left, right), 2 * row[middle]])
            odd.append([*map(sub, left, right)])
        return (arb_mat(even) * self.even).tolist(), (arb_mat(odd) * self.odd).tolist()


@dataclass(frozen=True, slots=True)
class Halves:
    """Values at n + 1 nodes (n even) to Chebyshev coefficients, and to integrals from the left end."""

    to_coefficients: Parity
    to_integrals: Parity

    def coefficients(self, rows: Sequence[Sequence[arb]]) -> list[list[arb]]:
        """The Chebyshev coefficients, as midpoints."""
        even, odd = self.to_coefficients(rows)
        result = []
        for a, b in zip(even, odd, strict=True):
            row = [arb(0)] * (len(a) + len(b))
            row[0::2], row[1::2] = map(arb.mid, a), map(arb.mid, b)
            result.append(row)
        return result

    def integrals(self, rows: Sequence[Sequence[arb]]) -> list[list[arb]]:
        """The interpolants' integrals from -1 to each node."""
        result = []
        # integrals from 0: odd for the even part, even for the odd part
        for a, b in zip(*self.to_integrals(rows), strict=True):
            start = a[0] + b[0]
            left = [x + y - start for x, y in zip(a, b, strict=True)]
            right = [y - x - start for x, y in zip(a, b, strict=True)]
            result.append([*left, -start, *reversed(right)])
        return result


@lru_cache(maxsize=8)
def halves(n: int, precision: int) -> Halves:
    """The same two matrices for even n, in halves."""
    if n % 2:
        raise ValueError(f"parity needs a node in the middle: n = {n}")
    with ctx.workprec(precision + 20):
        cosine, middle = cosines(n), n // 2
        # half of each pair: T_k(x_j) takes the same value at both nodes of a pair, up to sign
        weight = [arb(1) / (2 * n if j in (0, middle) else n) for j in range(middle + 1)]

        def transform(k: int, count: int) -> list[arb]:
            scale = 1 if k in (0, n) else 2
            return [(scale * weight[j] * cosine[(k * (n - j)) % (2 * n)]).mid() for j in range(count)]

        even = arb_mat([transform(k, middle + 1) for k in range(0, n + 1, 2)])
        odd = arb_mat([transform(k, middle) for k in range(1, n, 2)])
        values = [[cosine[(k * (n - i)) % (2 * n)] for k in range(n + 2)] for i in range(middle)]
        even_primitive = arb_mat([[primitive_of(row, k) for k in range(0, n + 1, 2)] for row in values])
        odd_primitive = arb_mat([[primitive_of(row, k) - _at_zero(k) for k in range(1, n, 2)] for row in values])
        return Halves(
            Parity(even.transpose(), odd.transpose()),
            Parity((even_primitive * even).transpose().mid(), (odd_primitive * odd).transpose().mid()),
        )


def _at_zero(k: int) -> arb:
    """The same primitive at x = 0, for odd k: T_m(0) = (-1)^(m/2)."""
    if k == 1:
        return arb(0)
    sign = -1 if k % 4 == 1 else 1
    return arb(sign) / (2 * (k + 1)) + arb(sign) / (2 * (k - 1))


@lru_cache(maxsize=4)
def _evaluation(count: int, n: int, precision: int) -> tuple[arb_mat, arb_mat]:
    """T_0 ... T_(count-1) at the first half of n + 1 nodes and the middle one: even k, and odd k."""
    with ctx.workprec(precision + 20):
        cosine = cosines(n)

        def part(first: int) -> arb_mat:
            return arb_mat(
                [[cosine[(k * (n - i)) % (2 * n)] for i in range(n // 2 + 1)] for k in range(first, count, 2)]
            ).mid()

        return part(0), part(1)


def at_nodes(coefficients: Sequence[Sequence[arb]], n: int, precision: int) -> list[list[arb]]:
    """The values at n + 1 nodes (n even) of the series with these coefficients, as midpoints."""
    even, odd = _evaluation(len(coefficients[0]), n, precision)
    a = (arb_mat([list(c[0::2]) for c in coefficients]) * even).tolist()
    b = (arb_mat([list(c[1::2]) for c in coefficients]) * odd).tolist()
    sums = [[*map(add, x, y), *map(sub, x[-2::-1], y[-2::-1])] for x, y in zip(a, b, strict=True)]
    return [list(map(arb.mid, row)) for row in sums]
