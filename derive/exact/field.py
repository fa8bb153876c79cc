"""A differential field over Q: rational functions of the generators that a model needs.

An element is a quotient of two polynomials over Q in the generators (python-flint's `fmpq_mpoly`),
reduced by their gcd.  Derivatives of the generators are elements again (`derive.exact.kernels`
lists them), so differentiation is the chain rule.  Algebraic generators satisfy t^n = u; products
are left unreduced until a question is asked, and `normal` replaces high powers of t.

For a polynomial or rational model there are no generators beyond the symbols: the field is Q(w),
and every answer is decided by integer arithmetic.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx
from sympy import (
    Abs,
    Add,
    Expr,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    asinh,
    atan,
    cos,
    cosh,
    exp,
    log,
    sign,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)

from derive.exact.kernels import ONE, Generator, Tower, collect, rational_terms


@dataclass(frozen=True, slots=True)
class Element:
    """`numerator / denominator` in a `Field`; immutable, with field arithmetic."""

    field: "Field"
    numerator: fmpq_mpoly
    denominator: fmpq_mpoly

    def __add__(self, other: "Element") -> "Element":
        if self.denominator == other.denominator:
            return self.field.quotient(self.numerator + other.numerator, self.denominator)
        common = self.denominator.gcd(other.denominator)
        left, right = self.denominator / common, other.denominator / common
        top = self.numerator * right + other.numerator * left
        if common.is_constant() or top.is_zero():
            return self.field.reduced(top, left * other.denominator)
        inside = top.gcd(common)  # what cancels divides the common part (Henrici; Knuth 1997, section 4.5.1)
        return self.field.reduced(top / inside, left * (other.denominator / inside))

    def __sub__(self, other: "Element") -> "Element":
        return self + (-other)

    def __neg__(self) -> "Element":
        return Element(self.field, -self.numerator, self.denominator)

    def __mul__(self, other: "Element") -> "Element":
        if self.denominator.is_constant() and other.denominator.is_constant():
            return self.field.quotient(self.numerator * other.numerator, self.denominator * other.denominator)
        across, down = self.numerator.gcd(other.denominator), other.numerator.gcd(self.denominator)
        return self.field.reduced(
            (self.numerator / across) * (other.numerator / down),
            (self.denominator / down) * (other.denominator / across),
        )

    def __truediv__(self, other: "Element") -> "Element":
        if other.numerator.is_zero():
            raise ZeroDivisionError("division by the zero element")
        return self * self.field.reduced(other.denominator, other.numerator)

    def power(self, n: int) -> "Element":
        """The n-th power, n any integer."""
        if n < 0:
            return self.field.one / self.power(-n)
        return Element(self.field, self.numerator**n, self.denominator**n)

    @property
    def vanishes(self) -> bool:
        """Zero as it stands.  (Not vanishing proves nothing where generators are dependent.)"""
        return self.numerator.is_zero()

    def derivative(self, symbol: Symbol) -> "Element":
        """The derivative by one of the field's symbols."""
        top = self.field.differentiate(self.numerator, symbol)
        if self.denominator.is_constant():
            return top / Element(self.field, self.denominator, self.field.one.numerator)
        bottom = self.field.differentiate(self.denominator, symbol)
        below = Element(self.field, self.denominator, self.field.one.numerator)
        above = Element(self.field, self.numerator, self.field.one.numerator)
        return (top - above * (bottom / below)) / below

    def expression(self) -> Expr:
        """The element as a SymPy expression."""
        return self.field.expression_of(self.numerator) / self.field.expression_of(self.denominator)


class Field:
    """Q(symbols, generators), closed under differentiation.  Immutable after construction."""

    def __init__(self, expressions: Iterable[Expr], symbols: Sequence[Symbol]) -> None:
        """The smallest such field that contains `expressions`; `symbols` come first, in order."""
        self.tower: Tower = collect(expressions, symbols)
        self.symbols = tuple(symbols)
        self.generators: tuple[Generator, ...] = tuple(self.tower.order)
        self.context = fmpq_mpoly_ctx.get([f"x{i}" for i in range(max(1, len(self.generators)))], "degrevlex")
        self._gens = self.context.gens()
        self._index = {g: i for i, g in enumerate(self.generators)}
        unit = self.context.constant(1)
        self.one = Element(self, unit, unit)
        self.zero = Element(self, self.context.constant(0), unit)
        # no generators beyond symbols: `vanishes` decides
        self.is_rational = all(g.kind == "symbol" and g.base is not None and g.base.is_Symbol for g in self.generators)
        self._rules = {g: self._rule(g) for g in self.generators if g.kind != "symbol"}
        self.relations = tuple(r for g in reversed(self.generators) if (r := self._relation(g)) is not None)

    # -- construction -----------------------------------------------------------------------------

    def quotient(self, numerator: fmpq_mpoly, denominator: fmpq_mpoly) -> Element:
        """The reduced element numerator / denominator."""
        if numerator.is_zero():
            return self.zero
        if denominator.is_constant():
            scale = denominator.leading_coefficient()
            return Element(self, numerator if scale == 1 else numerator / scale, self.one.denominator)
        common = numerator.gcd(denominator)
        if not common.is_constant():
            numerator, denominator = numerator / common, denominator / common
        return self.reduced(numerator, denominator)

    def reduced(self, numerator: fmpq_mpoly, denominator: fmpq_mpoly) -> Element:
        """The element of two polynomials without a common factor."""
        if numerator.is_zero():
            return self.zero
        scale = denominator.leading_coefficient()
        return Element(self, numerator / scale, denominator / scale)

    def number(self, value: Any) -> Element:
        """The constant element of an int, a Rational or an fmpq."""
        if isinstance(value, fmpq):
            rational = value
        elif not isinstance(value, int) and hasattr(value, "p") and hasattr(value, "q"):
            rational = fmpq(int(value.p), int(value.q))
        else:
            rational = fmpq(int(value))
        return Element(self, self.context.constant(rational), self.one.denominator)

    def generator(self, kind: str, base: Expr | None, monomial: Expr = ONE) -> Element:
        """The generator itself as an element; `KeyError` where the field lacks it."""
        index = self._index[Generator(kind=kind, base=base, monomial=monomial)]
        return Element(self, self._gens[index], self.one.denominator)

    def convert(self, expression: Expr) -> Element:
        """The element that a SymPy expression names; `KeyError` where the field lacks a generator."""
        if expression.is_Rational:
            return self.number(expression)
        if isinstance(expression, (Add, Mul)):
            parts = [self.convert(a) for a in expression.args]
            total = parts[0]
            for part in parts[1:]:
                total = total + part if isinstance(expression, Add) else total * part
            return total
        if isinstance(expression, exp):
            return self._power(None, expression.args[0])
        if expression is S.Exp1:
            return self._power(None, ONE)
        if isinstance(expression, Pow):
            return self._power(expression.base, expression.exp)
        if isinstance(expression, (sinh, cosh, tanh, tan, Abs)):
            return self._composed(expression)
        if isinstance(expression, (cos, sin, log, atan, asinh, sign)):
            return self.generator(type(expression).__name__, expression.args[0])
        return self.generator("symbol", expression)

    def _composed(self, expression: Expr) -> Element:
        argument = expression.args[0]
        if isinstance(expression, Abs):
            return self.generator("sign", argument) * self.convert(argument)
        if isinstance(expression, tan):
            return self.generator("sin", argument) / self.generator("cos", argument)
        up = self._power(None, argument)
        down, half = self.one / up, self.number(Rational(1, 2))
        if isinstance(expression, tanh):
            return (up - down) / (up + down)
        return half * (up + down if isinstance(expression, cosh) else up - down)

    def _power(self, base: Expr | None, exponent: Expr) -> Element:
        if base is not None and exponent.is_Integer:
            return self.convert(base).power(int(exponent))
        result = self.one
        for coefficient, monomial in rational_terms(exponent):
            if base is not None and monomial == 1 and coefficient.is_Integer:
                result = result * self.convert(base).power(int(coefficient))
                continue
            n = self.tower.roots[base, monomial]
            result = result * self.generator("power", base, monomial).power(int(coefficient * n))
        return result

    # -- derivatives and relations ----------------------------------------------------------------

    def _rule(self, g: Generator) -> Element:
        """The factor f with (generator)' = f * (inner)', the inner function being g's argument."""
        if g.kind == "cos":
            return -self.generator("sin", g.base)
        if g.kind == "sin":
            return self.generator("cos", g.base)
        if g.kind == "sign" or g.base is None:
            return self.zero
        u = self.convert(g.base)
        if g.kind == "log":
            return self.one / u
        if g.kind == "atan":
            return self.one / (self.one + u * u)
        if g.kind == "asinh":
            return self.one / self.convert(sqrt(1 + g.base**2))
        return self.zero

    def _relation(self, g: Generator) -> tuple[int, int, Element] | None:
        """(index, n, u) where the generator satisfies t^n = u."""
        index = self._index[g]
        if g.kind == "sign":
            return index, 2, self.one
        if g.kind == "sin":
            c = self.generator("cos", g.base)
            return index, 2, self.one - c * c
        if g.kind == "power" and g.base is not None and g.monomial == 1:
            return index, self.tower.roots[g.base, g.monomial], self.convert(g.base)
        return None

    def generator_derivative(self, g: Generator, symbol: Symbol) -> Element:
        """d(generator)/d(symbol)."""
        if g.kind == "symbol":
            return self.one if g.base == symbol else self.zero
        if g.kind != "power":
            assert g.base is not None
            inner = self.convert(g.base).derivative(symbol)
            return self.zero if inner.vanishes else self._rules[g] * inner
        itself = Element(self, self._gens[self._index[g]], self.one.denominator)
        exponent = self.convert(g.monomial) * self.number(Rational(1, self.tower.roots[g.base, g.monomial]))
        if g.base is None:
            return exponent.derivative(symbol) * itself
        u = self.convert(g.base)
        return exponent * itself * u.derivative(symbol) / u

    def differentiate(self, polynomial: fmpq_mpoly, symbol: Symbol) -> Element:
        """The derivative of a polynomial in the generators, by the chain rule."""
        if self.is_rational:
            at = self._index[Generator(kind="symbol", base=symbol)]
            return Element(self, polynomial.derivative(at), self.one.denominator)
        total = self.zero
        degrees = polynomial.degrees()
        for i, g in enumerate(self.generators):
            if degrees[i] == 0:
                continue
            inner = self.generator_derivative(g, symbol)
            if not inner.vanishes:
                total = total + Element(self, polynomial.derivative(i), self.one.denominator) * inner
        return total

    def normal(self, element: Element) -> Element:
        """The numerator with every t^n of an algebraic generator replaced; zero iff this vanishes
        where the remaining generators are independent."""
        current = Element(self, element.numerator, self.one.denominator)
        for index, n, u in self.relations:
            if current.numerator.degrees()[index] < n:
                continue
            total, t = self.zero, Element(self, self._gens[index], self.one.denominator)
            for exponents, coefficient in current.numerator.to_dict().items():
                k = exponents[index]
                rest = tuple(0 if i == index else e for i, e in enumerate(exponents))
                term = Element(self, self.context.from_dict({rest: coefficient}), self.one.denominator)
                total = total + term * u.power(k // n) * t.power(k % n)
            current = Element(self, total.numerator, self.one.denominator)
        return current

    # -- back to SymPy ----------------------------------------------------------------------------

    def generator_expression(self, g: Generator) -> Expr:
        """The generator as SymPy sees it."""
        if g.kind == "symbol":
            assert g.base is not None
            return g.base
        if g.kind == "power":
            exponent = g.monomial / self.tower.roots[g.base, g.monomial]
            return exp(exponent) if g.base is None else g.base**exponent
        return {"cos": cos, "sin": sin, "log": log, "atan": atan, "asinh": asinh, "sign": sign}[g.kind](g.base)

    def expression_of(self, polynomial: fmpq_mpoly) -> Expr:
        """A polynomial in the generators as a SymPy expression."""
        names = [self.generator_expression(g) for g in self.generators]
        terms = []
        for exponents, coefficient in polynomial.to_dict().items():
            factors = [names[i] ** int(e) for i, e in enumerate(exponents) if e]
            terms.append(Mul(Rational(int(coefficient.p), int(coefficient.q)), *factors))
        return Add(*terms)
