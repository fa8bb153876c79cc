"""Leading terms as one constant tends to an end, exactly: sums of c t^x log(1/t)^m with a remainder O(t^order).

Every subexpression becomes such a sum in t -> 0+ (x rational, m = 0, 1, ..., c free of t), from the leaves up:

* sums and products as they are; equal powers are joined, and what lies beyond the remainder is dropped;
* a power (c t^x (1 + d))^e = c^e t^(xe) (1 + e d + e (e-1)/2 d^2 + ...), log, exp in the same way, and every other
  function by its Taylor series at the finite limit of its argument; asinh at infinity through its logarithm;
* `lead` decides what comes first: a coefficient counts only where a ball at an exact point shows that it is not
  zero, and is dropped only where exact algebra shows that it is.  A root or logarithm of what is not certainly
  positive is refused.  Where all known terms cancel, everything is done again with more of them.

The functions are analytic where they are used, so the sums converge for small t at every fixed value of the other
symbols where the coefficients that were divided by do not vanish: an open dense set of them.  SymPy's `series` and
`limit` are not used: they return unevaluated or wrong branches without a word, and cannot refuse.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sympy import (
    Abs,
    Add,
    Dummy,
    Expr,
    ImmutableDenseMatrix,
    Integer,
    Mul,
    Poly,
    Pow,
    Rational,
    Symbol,
    asinh,
    atan,
    cosh,
    exp,
    log,
    oo,
    sign,
    sinh,
    sqrt,
)
from sympy import tanh as hyperbolic_tangent

from derive.exact.identity import is_identity, is_nonzero
from derive.exact.signs import is_defined, sign_of

Key = tuple[Rational, int]
TRIES = (Integer(2), Integer(5), Integer(9))  # how far beyond the leading power terms are kept
MAX_TERMS = 60
MAX_LOGS = 8
_SMOOTH = (asinh, atan, sinh, cosh, hyperbolic_tangent)


class Undecided(ArithmeticError):
    """A sign, a zero or a function that is not decided here."""


class _TooShort(ArithmeticError):
    """All terms that were kept cancel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """coefficient * t^power * log(1/t)^logs, the coefficient free of t."""

    coefficient: Expr
    power: Rational
    logs: int

    def at(self, t: Expr) -> Expr:
        return self.coefficient * t**self.power * log(1 / t) ** self.logs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sum:
    """{(x, m): c} and the power of the remainder (oo: none)."""

    terms: Mapping[Key, Expr]
    order: Expr

    @property
    def lowest(self) -> Expr:
        return min((x for x, _ in self.terms), default=self.order)

    def ordered(self) -> list[Key]:
        return sorted(self.terms, key=lambda k: (k[0], -k[1]))


def leading_terms(expression: Expr, t: Symbol, count: int = 2) -> tuple[Term, ...] | None:
    """The first `count` terms of the expression as t -> 0+ (fewer where it ends before); None where undecided.

    `t` is a positive symbol; all other symbols stand for fixed values.
    """
    for extra in TRIES:
        try:
            return _Expander(t, extra).first(expression, count)
        except _TooShort:
            continue
        except Undecided:
            return None
    return None


class _Expander:
    def __init__(self, t: Symbol, extra: Rational) -> None:
        self.t, self.extra = t, extra
        self.known: dict[Expr, _Sum] = {}

    def first(self, expression: Expr, count: int) -> tuple[Term, ...]:
        total, found = self.of(expression), []
        for key in total.ordered():
            if len(found) == count:
                break
            if _vanishes(total.terms[key]):
                continue
            found.append(Term(coefficient=total.terms[key], power=key[0], logs=key[1]))
        if len(found) < count and total.order != oo:
            raise _TooShort
        return tuple(found)

    def of(self, e: Expr) -> _Sum:
        if e not in self.known:
            self.known[e] = self._of(e)
        return self.known[e]

    def _of(self, e: Expr) -> _Sum:
        if not e.has(self.t):
            return _constant(e)
        if e == self.t:
            return _Sum(terms={(Integer(1), 0): Integer(1)}, order=oo)
        if isinstance(e, Add):
            return _added(self.of(a) for a in e.args)
        if isinstance(e, Mul):
            total = _constant(Integer(1))
            for a in e.args:
                total = self._product(total, self.of(a))
            return total
        if isinstance(e, Pow):
            base, exponent = e.as_base_exp()
            return (
                self._exp(self._product(self.of(exponent), self._log(self.of(base))))
                if exponent.has(self.t)
                else self._power(self.of(base), exponent)
            )
        if isinstance(e, exp):
            return self._exp(self.of(e.args[0]))
        if isinstance(e, log):
            return self._log(self.of(e.args[0]))
        if isinstance(e, (Abs, sign)):
            return self._signed(e, self.of(e.args[0]))
        if isinstance(e, _SMOOTH):
            return self._function(e, self.of(e.args[0]))
        raise Undecided(str(type(e)))

    # -- arithmetic -----------------------------------------------------------------------------------

    def _product(self, a: _Sum, b: _Sum) -> _Sum:
        order = min(a.lowest + b.order, b.lowest + a.order)
        order = min(order, a.lowest + b.lowest + self.extra) if len(a.terms) * len(b.terms) > 1 else order
        terms: dict[Key, Expr] = {}
        for (x, m), c in a.terms.items():
            for (y, n), d in b.terms.items():
                if x + y < order:
                    terms[x + y, m + n] = terms.get((x + y, m + n), Integer(0)) + c * d
        return _checked(terms, order)

    def _lead(self, a: _Sum) -> tuple[Key, Expr, _Sum]:
        """The leading power, its coefficient, and d in c t^x (1 + d)."""
        for key in a.ordered():
            c = a.terms[key]
            if _vanishes(c):
                continue
            x, m = key
            if m:
                raise Undecided("a logarithm leads")
            rest = {(y - x, n): d / c for (y, n), d in a.terms.items() if y > x}
            return key, c, _Sum(terms=rest, order=a.order - x)
        if a.order == oo:
            raise Undecided("zero")
        raise _TooShort

    def _series(self, d: _Sum, coefficient: Callable[[int], Expr]) -> _Sum:
        """sum_k coefficient(k) d^k for d -> 0."""
        total, power = _constant(coefficient(0)), _constant(Integer(1))
        if not d.terms and d.order == oo:
            return total
        order = min(d.order, self.extra)
        k = 1
        while d.lowest * k < order:
            power = self._product(power, d)
            total = _added((total, self._product(power, _constant(coefficient(k)))))
            k += 1
        return _checked({key: c for key, c in total.terms.items() if key[0] < order}, min(total.order, order))

    def _power(self, a: _Sum, e: Expr) -> _Sum:
        if e.is_Integer and 0 <= e <= 4:
            total = _constant(Integer(1))
            for _ in range(int(e)):
                total = self._product(total, a)
            return total
        (x, _), c, d = self._lead(a)
        if not e.is_Integer and certain_sign(c) != 1:
            raise Undecided(f"the sign of {c}")
        if not e.is_Rational and not x.is_zero:
            raise Undecided(f"the power {e}")
        falling = _falling(e)
        return self._scaled(self._series(d, falling), c**e, x * e if not x.is_zero else Integer(0))

    def _scaled(self, a: _Sum, c: Expr, x: Expr) -> _Sum:
        return _Sum(terms={(y + x, n): c * d for (y, n), d in a.terms.items()}, order=a.order + x)

    # -- functions ------------------------------------------------------------------------------------

    def _log(self, a: _Sum) -> _Sum:
        (x, _), c, d = self._lead(a)
        if certain_sign(c) != 1:
            raise Undecided(f"the sign of {c}")
        series = self._series(d, lambda k: Integer(0) if k == 0 else Rational((-1) ** (k + 1), k))
        return _added((series, _Sum(terms={(Integer(0), 0): log(c), (Integer(0), 1): -x}, order=oo)))

    def _exp(self, a: _Sum) -> _Sum:
        finite, logs, rest = self._parts(a)
        if not logs.is_Rational:
            raise Undecided("a power of t that is not rational")
        series = self._series(rest, lambda k: Integer(1) / _factorial(k))
        return self._scaled(series, exp(finite), -logs)

    def _parts(self, a: _Sum) -> tuple[Expr, Expr, _Sum]:
        """The finite part, the coefficient of log(1/t), and what tends to zero."""
        if a.order <= 0:
            raise _TooShort
        finite, logs, rest = Integer(0), Integer(0), {}
        for (x, m), c in a.terms.items():
            if x > 0:
                rest[x, m] = c
            elif _vanishes(c):
                continue
            elif x < 0 or m > 1:
                raise Undecided("it tends to infinity")
            elif m == 1:
                logs = c
            else:
                finite = c
        return finite, logs, _Sum(terms=rest, order=a.order)

    def _signed(self, e: Expr, a: _Sum) -> _Sum:
        _, c, _ = self._lead(a)
        side = certain_sign(c)
        if side not in (1, -1):
            raise Undecided(f"the sign of {c}")
        return _constant(Integer(side)) if isinstance(e, sign) else self._scaled(a, Integer(side), Integer(0))

    def _function(self, e: Expr, a: _Sum) -> _Sum:
        if isinstance(e, (sinh, cosh, hyperbolic_tangent)) and a.lowest <= 0:
            return self.of(e.rewrite(exp))
        infinite = any((x < 0 or m > 0) and x <= 0 and not _vanishes(c) for (x, m), c in a.terms.items())
        if infinite:
            return self._at_infinity(e)
        finite, logs, rest = self._parts(a)
        assert logs.is_zero
        u = Dummy("u", real=True)
        derivatives = [e.func(u)]

        def coefficient(k: int) -> Expr:
            while len(derivatives) <= k:
                derivatives.append(derivatives[-1].diff(u))
            value = derivatives[k].subs(u, finite)
            if not is_defined(value):
                raise Undecided(str(e))
            return value / _factorial(k)

        return self._series(rest, coefficient)

    def _at_infinity(self, e: Expr) -> _Sum:
        """asinh(u) = log(u + sqrt(u^2 + 1)) and atan(u) = pi/2 - atan(1/u) for u -> oo; both are odd."""
        u = e.args[0]
        _, c, _ = self._lead(self.of(u))
        side = certain_sign(c)
        if side not in (1, -1):
            raise Undecided(f"the sign of {c}")
        v = side * u
        if isinstance(e, asinh):
            return self._scaled(self.of(log(v + sqrt(v**2 + 1))), Integer(side), Integer(0))
        raise Undecided(str(e))


def _constant(value: Expr) -> _Sum:
    return _Sum(terms={} if value.is_zero else {(Integer(0), 0): value}, order=oo)


def _added(parts: Iterable[_Sum]) -> _Sum:
    terms: dict[Key, Expr] = {}
    order: Expr = oo
    for part in parts:
        order = min(order, part.order)
        for key, c in part.terms.items():
            terms[key] = terms.get(key, Integer(0)) + c
    return _checked({k: c for k, c in terms.items() if k[0] < order}, order)


def _checked(terms: Mapping[Key, Expr], order: Expr) -> _Sum:
    kept = {k: c for k, c in terms.items() if not c.is_zero}
    if len(kept) > MAX_TERMS or any(m > MAX_LOGS for _, m in kept):
        raise Undecided("too many terms")
    return _Sum(terms=kept, order=order)


def _vanishes(c: Expr) -> bool:
    """Is the coefficient zero, identically?  Raises `Undecided` where neither answer is certain."""
    if c.is_zero or c.expand().is_zero:
        return True
    if is_nonzero(c):
        return False
    if is_identity(c):
        return True
    raise Undecided(f"is {c} zero?")


def certain_sign(c: Expr) -> int | None:
    """The sign of a product, of a definite quadratic form, and of p sqrt(R) + q by that of p^2 R - q^2; or None."""
    known = sign_of(c)
    if known is not None:
        return known
    factors = Mul.make_args(c.factor())
    if len(factors) > 1 or isinstance(factors[0], Pow):
        return _product_of_signs(factors)
    roots = [u for u in c.atoms(Pow) if u.exp == Rational(1, 2) and u.base.is_Add]
    if len(roots) != 1:
        return 1 if _definite(c) else -1 if _definite(-c) else None
    root, name = roots[0], Dummy("r", positive=True)
    plain = c.expand().xreplace({root: name}).expand()
    p, q = plain.coeff(name, 1), plain.coeff(name, 0)
    if not (plain - p * name - q).expand().is_zero:
        return None
    sides = sign_of(p), sign_of(q)
    if None in sides or 0 in sides or sides[0] == sides[1]:
        return sides[0] if sides[0] == sides[1] else None
    apart = sign_of((p**2 * root.base - q**2).expand())
    return None if apart is None else apart * (sides[0] or 0)


def _product_of_signs(factors: Iterable[Expr]) -> int | None:
    total = 1
    for f in factors:
        base, exponent = f.as_base_exp()
        side = certain_sign(base)
        if side is None or not (exponent.is_Integer or side == 1):
            return None
        total *= 1 if exponent.is_even else side
    return total


def _definite(e: Expr) -> bool:
    """Is it a positive semidefinite quadratic form that vanishes at no positive values of its symbols?"""
    symbols = sorted(e.free_symbols, key=str)
    if not symbols or len(symbols) > 6 or not e.is_polynomial(*symbols) or not all(s.is_positive for s in symbols):
        return False
    form = Poly(e, *symbols)
    if not form.is_homogeneous or form.total_degree() != 2 or not all(c.is_Rational for c in form.coeffs()):
        return False
    matrix = ImmutableDenseMatrix([[e.diff(x, y) for y in symbols] for x in symbols])
    kernel = matrix.nullspace() if matrix.is_positive_semidefinite else None
    if kernel is None or len(kernel) > 1:
        return False
    return not kernel or {1, -1} <= {sign_of(x) for x in kernel[0]}


def _falling(e: Expr) -> Callable[[int], Expr]:
    """The binomial coefficients e (e - 1) ... (e - k + 1)/k!."""

    def coefficient(k: int) -> Expr:
        value: Expr = Integer(1)
        for j in range(k):
            value *= (e - j) / Integer(j + 1)
        return value

    return coefficient


def _factorial(k: int) -> Integer:
    return Integer(1) if k == 0 else Integer(k) * _factorial(k - 1)
