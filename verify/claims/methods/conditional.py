"""Statements with a hypothesis, statements on a solution set, and order relations that hold with equality.

`Implies` is for a printed hypothesis: the formula is the hypothesis, and what has to follow is known and
computed.  A point that satisfies the formula and violates the conclusion refutes; the proof is an
algebraic certificate (a multiple, a power, or a sum of obvious squares).  `OnSet` is for a printed
conclusion: it has to hold at every point of the real solution set of one computed equation.  `Order` decides
`left relation right` for rational expressions whose difference is 0 or factors into obvious signs, which a
subdivision (`Inequality`) cannot do where the two sides touch.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flint import arb
from sympy import Expr, Poly, Rational, Symbol, cancel, factor_list, fraction, reduced, together

from derive.exact.balls import ball
from derive.exact.identity import is_identity
from derive.exact.points import PRECISION
from derive.verdict import Verdict, Witness, proved, refuted, unknown
from verify.claims.methods.identity import nonzero_at
from verify.claims.reading import Names, read
from verify.claims.record import Formula

Point = Mapping[str, Rational]
PLAIN = Names()
SWAPPED = {"<": ">", "<=": ">="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Implies:
    """The formula, as a hypothesis, implies `conclusion() relation 0` (`relation` one of > and =).

    `means` gives names of the formula's left side their values in the variables of the conclusion.
    """

    conclusion: Callable[[], Expr]
    relation: str
    points: Sequence[Point]
    names: Names = PLAIN
    means: Mapping[str, Callable[[], Expr]] = field(default_factory=dict)

    def __call__(self, formula: Formula) -> Verdict:
        known = {self.names(name): compute() for name, compute in self.means.items()}
        left, right = (read(text, self.names).xreplace(known) for text in (formula.left, formula.right))
        swap = formula.relation in SWAPPED
        gap, order = (right - left, SWAPPED[formula.relation]) if swap else (left - right, formula.relation)
        c = self.conclusion()
        for point in self.points:
            at = {self.names(name): value for name, value in point.items()}
            if _holds(gap.xreplace(at), order) is True and _holds(c.xreplace(at), self.relation) is False:
                value = ball(c.xreplace(at), PRECISION).str(12, radius=False)
                witness = Witness(point=tuple(at.items()), value=value, meaning="what should follow")
                return refuted(
                    f"{_shown(at)}: the hypothesis holds, but not its consequence {c} {self.relation} 0", witness
                )
        if order == "=" and self.relation == "=" and _is_multiple(c, gap):
            return proved(f"{c} is a polynomial multiple of the hypothesis' left side minus right side")
        if order == ">" and self.relation == ">" and _follows(c, gap):
            return proved(f"an algebraic certificate: {c} is positive wherever {gap} is")
        return unknown("no counterexample among the points, and no certificate")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnSet:
    """The formula, an equation, holds at every real point where `equation()` vanishes."""

    equation: Callable[[], Expr]
    points: Sequence[Point]
    names: Names = PLAIN

    def __call__(self, formula: Formula) -> Verdict:
        if formula.relation != "=":
            return unknown("only equations are decided on a solution set")
        gap = read(formula.left, self.names) - read(formula.right, self.names)
        equation = self.equation()
        for point in self.points:
            at = {self.names(name): value for name, value in point.items()}
            if _holds(equation.xreplace(at), "=") is True and _holds(gap.xreplace(at), "=") is False:
                value = ball(gap.xreplace(at), PRECISION).str(12, radius=False)
                witness = Witness(point=tuple(at.items()), value=value, meaning="left - right")
                return refuted(f"{_shown(at)} lies on {equation} = 0, and left - right is {value} there", witness)
        if _is_multiple(gap, equation):
            return proved(f"left - right is a polynomial multiple of {equation}")
        return unknown("no counterexample among the points, and left - right is not a multiple of the equation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """left relation right for rational expressions, on the whole domain; both sides may use `means`."""

    names: Names = PLAIN
    means: Mapping[str, Callable[[], Expr]] = field(default_factory=dict)

    def __call__(self, formula: Formula) -> Verdict:
        known = {self.names(name): compute() for name, compute in self.means.items()}
        left, right = (read(text, self.names).xreplace(known) for text in (formula.left, formula.right))
        swap = formula.relation in SWAPPED
        gap, order = (right - left, SWAPPED[formula.relation]) if swap else (left - right, formula.relation)
        if is_identity(gap):
            say = refuted if order == ">" else proved
            return say("the two sides are equal identically (exact normal form)")
        found = nonzero_at(gap)
        if order != "=" and obviously_nonnegative(gap, strict=order == ">"):
            return proved(f"the difference factors into squares and sums of squares: {gap.factor()}")
        if found is not None and (order == "=" or found.value.startswith("-")):
            return refuted(f"the difference is {found.value} at {_shown(dict(found.point))}", found)
        return unknown("the sign of the difference was not decided")


def obviously_nonnegative(e: Expr, *, strict: bool = False) -> bool:
    """Do numerator and denominator factor into even powers and sums of even monomials with coefficients > 0?

    With `strict` no even power is admitted and every sum has a constant term, so that e > 0.
    """
    parts = fraction(together(e))
    symbols = sorted(e.free_symbols, key=str)
    if not symbols:
        return bool(e.is_positive if strict else e.is_nonnegative)
    if not all(p.is_polynomial(*symbols) for p in parts):
        return False
    sign = 1
    for place, part in enumerate(parts):
        constant, factors = factor_list(part, *symbols)
        sign *= 1 if constant.is_positive else -1
        for base, power in factors:
            square = power % 2 == 0 and not (strict and place == 0)
            if not square and not _even_sum(base, symbols, strict and place == 0):
                return False
    return sign > 0


def _even_sum(e: Expr, symbols: Sequence[Symbol], strict: bool) -> bool:
    """A polynomial of even monomials with coefficients > 0 (with a constant term if strict)."""
    terms = Poly(e, *symbols).terms()
    even = all(c.is_positive and not any(k % 2 for k in powers) for powers, c in terms)
    return even and (not strict or any(not any(powers) for powers, _ in terms))


def _follows(c: Expr, gap: Expr) -> bool:
    """gap > 0 implies c > 0: c = constant gap^k, or c >= 0 with c^2 >= constant gap, by obvious squares."""
    rest, power = c, 0
    while rest.free_symbols and power < 4:
        rest, power = cancel(rest / gap), power + 1
        if rest.is_positive:
            return True
    if not obviously_nonnegative(c):
        return False
    return any(obviously_nonnegative((c**k - factor * gap).expand()) for k in (1, 2) for factor in (Rational(1), 4))


def _is_multiple(e: Expr, of: Expr) -> bool:
    """Is the polynomial e a polynomial multiple of the other?"""
    symbols = sorted(e.free_symbols | of.free_symbols, key=str)
    if not of.free_symbols or not (e.is_polynomial(*symbols) and of.is_polynomial(*symbols)):
        return False
    return reduced(e, [of], *symbols)[1].is_zero is True


def _holds(e: Expr, relation: str) -> bool | None:
    """e relation 0 for a number: exact where rational, else by a ball; None where that does not decide."""
    if e.is_Rational:
        return {"=": e == 0, ">": e > 0, ">=": e >= 0}[relation] == True  # noqa: E712 (SymPy's own booleans)
    number: arb = ball(e, PRECISION)
    if number > 0:
        return relation != "="
    return False if number < 0 else None


def _shown(at: Mapping[Symbol, Expr]) -> str:
    return ", ".join(f"{s} = {v}" for s, v in at.items())
