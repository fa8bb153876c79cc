"""The elementary functions of jets, each by the differential equation that it solves.

    r' = s a'  gives  k r_k = sum_(j<k) s_j (k-j) a_(k-j)      for exp: s = r; log: s = 1/a; asinh: s = 1/sqrt(1 + a^2)
    r' = s a', s' = +-r a'                                     sine and cosine, circular or hyperbolic, as a pair
    r' = (1 +- r^2) a'                                         tan and tanh
    r = a^p    gives  k a_0 r_k = sum_(j<k) (p (k-j) - j) a_(k-j) r_j

(Jorba and Zou 2005, section 2).  The lists grow with each order in step with those of `verify.flow.taylor_jets`.
"""

from collections.abc import Callable
from operator import mul
from typing import Any

import gmpy2
from gmpy2 import mpfr
from sympy import Expr

from derive.errors import ComputationError
from verify.flow.program import Arithmetic
from verify.flow.reals import number
from verify.flow.taylor_jets import Constant, Jet, square_at


def _power(a: Jet, exponent: Expr) -> Jet:
    p, of, network = mpfr(int(exponent.p)) / int(exponent.q), a.c, a.network
    slopes, own = network.fresh(), network.fresh()

    def coefficient(k: int, r: list[Any]) -> Any:
        if k == 0:
            return of[0] ** p
        slopes.append(k * of[k])
        if k > 1:
            own.append((k - 1) * r[k - 1])
        rest = sum(map(mul, own, reversed(of[1:k])))
        return (p * sum(map(mul, r, reversed(slopes))) - rest) / (k * of[0])

    return network.result(coefficient)


def _pair(a: Jet, first: Callable[[Any], Any], second: Callable[[Any], Any], sign: int) -> tuple[Jet, Jet]:
    """(r, s) with r' = s a' and s' = sign r a': sine and cosine, circular or hyperbolic."""
    network = a.network
    s = Jet(network, network.fresh())
    r = a.integral(first, s)
    of, slopes, other, out = a.c, network.fresh(), r.c, s.c

    def operation(k: int) -> None:
        if k == 0:
            out.append(second(of[0]))
            return
        slopes.append(k * of[k])
        out.append(sign * sum(map(mul, other, reversed(slopes))) / k)

    network.operations.append(operation)
    return r, s


def _tangent(a: Jet, first: Callable[[Any], Any], sign: int) -> Jet:
    """r with r' = (1 + sign r^2) a'."""
    network = a.network
    s = Jet(network, network.fresh())
    r = a.integral(first, s)
    of, out = r.c, s.c

    def operation(k: int) -> None:
        square = sign * square_at(of, k)
        out.append(square if k else 1 + square)

    network.operations.append(operation)
    return r


def _one_plus(a: Jet) -> Jet:
    return a + Constant(mpfr(1))


def _absolute(a: Jet) -> Jet:
    of = a.c
    return a.network.result(lambda k, _: of[k] if of[0] >= 0 else -of[k])


def _sign(a: Jet) -> Jet:
    of = a.c
    return a.network.result(lambda k, _: mpfr(0) if k else mpfr(gmpy2.sign(of[0])))


_FUNCTIONS: dict[str, Callable[[Jet], Jet]] = {
    "exp": Jet.exp,
    "log": lambda a: a.integral(gmpy2.log, 1 / a),
    "sin": lambda a: _pair(a, gmpy2.sin, gmpy2.cos, -1)[0],
    "cos": lambda a: _pair(a, gmpy2.sin, gmpy2.cos, -1)[1],
    "sinh": lambda a: _pair(a, gmpy2.sinh, gmpy2.cosh, 1)[0],
    "cosh": lambda a: _pair(a, gmpy2.sinh, gmpy2.cosh, 1)[1],
    "tan": lambda a: _tangent(a, gmpy2.tan, 1),
    "tanh": lambda a: _tangent(a, gmpy2.tanh, -1),
    "asinh": lambda a: a.integral(gmpy2.asinh, 1 / _half_power(_one_plus(a * a))),
    "atan": lambda a: a.integral(gmpy2.atan, 1 / _one_plus(a * a)),
    "abs": _absolute,
    "sign": _sign,
    "log1p_ratio": lambda a: a.integral(gmpy2.log1p, 1 / _one_plus(a)).over(a),
    "expm1_ratio": lambda a: a.integral(gmpy2.expm1, a.exp()).over(a),
}


def _half_power(a: Jet) -> Jet:
    """sqrt(a), from r^2 = a: 2 r_0 r_k = a_k - sum_(0<j<k) r_j r_(k-j)."""
    of = a.c

    def coefficient(k: int, r: list[Any]) -> Any:
        return (of[k] - sum(map(mul, r[1:], reversed(r[1:])))) / (2 * r[0]) if k else gmpy2.sqrt(of[0])

    return a.network.result(coefficient)


def jets(precision: int) -> Arithmetic:
    """The arithmetic of jets, for tapes."""
    return Arithmetic(constant=lambda e: Constant(number(e, precision)), power=_root, function=_FUNCTIONS)


def _root(a: Any, exponent: Expr) -> Any:
    if not isinstance(a, Jet):
        raise ComputationError("a constant power reached the Taylor engine", received=str(exponent))
    return _half_power(a) if exponent.p == 1 and exponent.q == 2 else _power(a, exponent)
