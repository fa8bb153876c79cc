"""Taylor coefficients of a tape, one order at a time.

An unknown w(x) with w' = f(w) has w_(k+1) = f_k / (k + 1), and f_k, the k-th coefficient of f(w(x)), needs w_0, ...,
w_k only.  So every intermediate result of f is a list of coefficients that grows by one with each `advance`
(automatic differentiation of Taylor coefficients; Jorba and Zou 2005, section 2):

    (a b)_k  = sum_j a_j b_(k-j)                       (1/a)_k = -(1/a_0) sum_(j<k) (1/a)_j a_(k-j)
    r' = s a'  gives  k r_k = sum_(j<k) s_j (k-j) a_(k-j),     from which `verify.flow.taylor_functions` has all others

Nothing is known here of flows.  A `Jet` looks like a number: a tape is run once over jets, which records the network.
"""

from collections.abc import Callable, Sequence
from operator import mul
from typing import Any

import gmpy2
from gmpy2 import mpfr


class Network:
    """The operations in order, and the lists of coefficients that they fill."""

    def __init__(self) -> None:
        self.operations: list[Callable[[int], None]] = []
        self.lists: list[list[Any]] = []

    def jet(self) -> "Jet":
        """A jet without an operation: an unknown, whose coefficients its owner appends."""
        return Jet(self, self.fresh())

    def fresh(self) -> list[Any]:
        """A list that is emptied with the others."""
        self.lists.append([])
        return self.lists[-1]

    def clear(self) -> None:
        """Back to order -1."""
        for coefficients in self.lists:
            coefficients.clear()

    def advance(self, k: int) -> None:
        """The k-th coefficient of everything, given the k-th of the unknowns."""
        for operation in self.operations:
            operation(k)

    def result(self, coefficient: Callable[[int, list[Any]], Any]) -> "Jet":
        """A jet whose k-th coefficient is coefficient(k, its earlier ones)."""
        out = self.fresh()
        self.operations.append(lambda k: out.append(coefficient(k, out)))
        return Jet(self, out)

    def combination(self, weights: Sequence[mpfr], jets: Sequence["Jet"]) -> "Jet":
        """sum weights_i jets_i."""
        lists = [j.c for j in jets]
        return self.result(lambda k, _: sum(map(mul, weights, [c[k] for c in lists])))


class Jet:
    """A power series that grows: `c` holds its coefficients so far."""

    __slots__ = ("c", "network")

    def __init__(self, network: Network, c: list[Any]) -> None:
        self.network, self.c = network, c

    def __add__(self, other: "Jet | Constant") -> "Jet":
        a = self.c
        if isinstance(other, Constant):
            shift = other.value
            return self.network.result(lambda k, _: a[k] if k else a[0] + shift)
        b = other.c
        return self.network.result(lambda k, _: a[k] + b[k])

    def __mul__(self, other: "Jet | Constant") -> "Jet":
        a = self.c
        if isinstance(other, Constant):
            factor = other.value
            return self.network.result(lambda k, _: a[k] * factor)
        b = other.c
        if a is b:
            return self.network.result(lambda k, _: square_at(a, k))
        return self.network.result(lambda *_: sum(map(mul, a, reversed(b))))

    __radd__, __rmul__ = __add__, __mul__

    def __sub__(self, other: "Jet") -> "Jet":
        a, b = self.c, other.c
        return self.network.result(lambda k, _: a[k] - b[k])

    def __neg__(self) -> "Jet":
        a = self.c
        return self.network.result(lambda k, _: -a[k])

    def __rtruediv__(self, one: int) -> "Jet":
        a = self.c
        return self.network.result(
            lambda k, r: -sum(map(mul, r, reversed(a))) / a[0] if k else one / a[0]
        )  # fmt: skip

    def exp(self) -> "Jet":
        return self.integral(gmpy2.exp, None)

    def over(self, other: "Jet") -> "Jet":
        """self / other."""
        a, b = self.c, other.c
        return self.network.result(lambda k, r: (a[k] - sum(map(mul, r, reversed(b)))) / b[0])

    def integral(self, first: Callable[[Any], Any], s: "Jet | None") -> "Jet":
        """r with r' = s self' and r_0 = first(self_0); s = r where it is None."""
        a, slopes, network = self.c, self.network.fresh(), self.network
        out = network.fresh()
        factor = out if s is None else s.c

        def operation(k: int) -> None:
            if k == 0:
                out.append(first(a[0]))
                return
            slopes.append(k * a[k])
            out.append(sum(map(mul, factor, reversed(slopes))) / k)

        network.operations.append(operation)
        return Jet(network, out)


class Constant:
    """A number among jets."""

    __slots__ = ("value",)

    def __init__(self, value: mpfr) -> None:
        self.value = value

    def __add__(self, other: "Jet | Constant") -> "Jet | Constant":
        return Constant(self.value + other.value) if isinstance(other, Constant) else other + self

    def __mul__(self, other: "Jet | Constant") -> "Jet | Constant":
        return Constant(self.value * other.value) if isinstance(other, Constant) else other * self


def square_at(a: list[Any], k: int) -> Any:
    """The k-th coefficient of a^2, with half of the products."""
    half = (k + 1) // 2
    twice = 2 * sum(map(mul, a[:half], reversed(a[k + 1 - half : k + 1])))
    return twice if k % 2 else twice + a[k // 2] ** 2
