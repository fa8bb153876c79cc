"""Sums of c t^x log(1/t)^m as t -> 0+ with a remainder O(t^order), up to powers of logarithms: their arithmetic.

x is rational, m = 0, 1, ..., and c is free of t.  Equal powers are joined; what lies beyond the remainder is dropped.
A product keeps terms up to t^extra beyond its leading power, since more of them are only wanted where terms cancel, and
then everything is done again with a larger `extra`.  The order of a product is that of the first factor's remainder
times the leading power of the other, whichever comes first.  A power series in a sum that tends to zero is summed until
the lowest power of the next term reaches the remainder.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sympy import Expr, Integer, Rational, oo

Key = tuple[Rational, int]
MAX_TERMS = 60
MAX_LOGS = 8


class Undecided(ArithmeticError):
    """A sign, a zero or a function that is not decided here."""


class TooShort(ArithmeticError):
    """All terms that were kept cancel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """{(x, m): c} and the power of the remainder (oo: none)."""

    terms: Mapping[Key, Expr]
    order: Expr

    @property
    def lowest(self) -> Expr:
        return min((x for x, _ in self.terms), default=self.order)

    def ordered(self) -> list[Key]:
        """From the largest term to the smallest."""
        return sorted(self.terms, key=lambda k: (k[0], -k[1]))


def constant(value: Expr) -> Sum:
    return Sum(terms={} if value.is_zero else {(Integer(0), 0): value}, order=oo)


def added(parts: Iterable[Sum]) -> Sum:
    terms: dict[Key, Expr] = {}
    order: Expr = oo
    for part in parts:
        order = min(order, part.order)
        for key, c in part.terms.items():
            terms[key] = terms.get(key, Integer(0)) + c
    return _checked({k: c for k, c in terms.items() if k[0] < order}, order)


def scaled(a: Sum, c: Expr, x: Expr) -> Sum:
    """c t^x times the sum."""
    return Sum(terms={(y + x, n): c * d for (y, n), d in a.terms.items()}, order=a.order + x)


def product(a: Sum, b: Sum, extra: Rational) -> Sum:
    order = min(a.lowest + b.order, b.lowest + a.order)
    order = min(order, a.lowest + b.lowest + extra) if len(a.terms) * len(b.terms) > 1 else order
    terms: dict[Key, Expr] = {}
    for (x, m), c in a.terms.items():
        for (y, n), d in b.terms.items():
            if x + y < order:
                terms[x + y, m + n] = terms.get((x + y, m + n), Integer(0)) + c * d
    return _checked(terms, order)


def series(d: Sum, coefficient: Callable[[int], Expr], extra: Rational) -> Sum:
    """sum_k coefficient(k) d^k for d -> 0."""
    total, power = constant(coefficient(0)), constant(Integer(1))
    if not d.terms and d.order == oo:
        return total
    order = min(d.order, extra)
    k = 1
    while d.lowest * k < order:
        power = product(power, d, extra)
        total = added((total, product(power, constant(coefficient(k)), extra)))
        k += 1
    return _checked({key: c for key, c in total.terms.items() if key[0] < order}, min(total.order, order))


def factorial(k: int) -> Integer:
    return Integer(1) if k == 0 else Integer(k) * factorial(k - 1)


def _checked(terms: Mapping[Key, Expr], order: Expr) -> Sum:
    kept = {k: c for k, c in terms.items() if not c.is_zero}
    if len(kept) > MAX_TERMS or any(m > MAX_LOGS for _, m in kept):
        raise Undecided("too many terms")
    return Sum(terms=kept, order=order)
