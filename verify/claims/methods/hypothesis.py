"""Is a printed hypothesis enough?

A theorem `if H then C` is tested at its hypothesis.  Two things are known independently of the text: a
`counterexample`, numbers for which a computation showed that C fails, and a `need`, an expression that is
affine and decreasing in one variable and whose being >= 0 is what the proof of C uses.  Then

- H is refuted if the counterexample satisfies it (checked in balls);
- H is proved if it implies need >= 0: H is solved for the largest admitted value of the variable, and
  the need there is shown to be >= 0 by exact algebra, case by case in the signs of the moduli
  (max(a, b) and min(a, b) are written (a + b +- |a - b|)/2);
- otherwise H stays unknown, with what the need becomes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product

from flint import arb, ctx
from sympy import Abs, Expr, Integer, Poly, Rational, Symbol, fraction

from derive.verdict import Verdict, proved, refuted, unknown
from verify.claims.methods.enclosed import PRECISION, evaluate, holds
from verify.claims.methods.identity import same
from verify.claims.reading import Names, read
from verify.claims.record import Formula

Counterexample = Callable[[], tuple[Mapping[str, arb], str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sufficient:
    """The formula `c * variable**k relation bound` as the hypothesis of a theorem.

    `names` are all positive.  `means` expresses names by others where a relation between them is known
    (texts).  `gives` says in words what the need gives.  `counterexample()` returns values of the names and
    what fails there; it raises `ValueError` where its own check fails (our bug).
    """

    variable: str
    names: tuple[str, ...]
    need: str
    gives: str
    means: Mapping[str, str] = field(default_factory=dict)
    counterexample: Counterexample | None = None

    def __call__(self, formula: Formula) -> Verdict:
        if self.counterexample is not None:
            values, story = self.counterexample()
            with ctx.workprec(PRECISION):
                sides = [evaluate(text, values) for text in (formula.left, formula.right)]
            if holds(sides[0], formula.relation, sides[1]):
                shown = ", ".join(f"{n} = {v.str(6, radius=False)}" for n, v in values.items())
                return refuted(f"{shown} satisfy the hypothesis, but {story}")
        if formula.relation not in ("<", "<="):
            return unknown("not an upper bound")
        return self._implies(formula)

    def _implies(self, formula: Formula) -> Verdict:
        names = Names(positive=(*self.names, self.variable))
        x = names(self.variable)
        known = {names(name): read(text, names) for name, text in self.means.items()}
        left, bound, need = (read(t, names).xreplace(known) for t in (formula.left, formula.right, self.need))
        power = Poly(left, x).degree() if left.is_polynomial(x) else 0
        if power < 1 or (left / x**power).cancel().has(x) or bound.has(x) or not _nonnegative(-need.diff(x)):
            return unknown("the hypothesis has another form than c * variable**k <= bound")
        largest = (bound / (left / x**power).cancel()) ** Rational(1, power)
        at_worst = need.xreplace({x: largest})
        if _nonnegative(at_worst):
            return proved(f"the hypothesis implies {self.need} >= 0 (exact algebra), which gives {self.gives}")
        found = at_worst.simplify()
        return unknown(f"at the largest admitted {self.variable} the need {self.need} is {found}, of no fixed sign")


@dataclass(frozen=True, slots=True, kw_only=True)
class Depends:
    """The source answers whether a computed quantity depends on a symbol: `proved` (it does) or `refuted`."""

    compute: Callable[[], Expr]
    on: Symbol

    def __call__(self, formula: Formula) -> Verdict:
        found = same(self.compute().diff(self.on), Integer(0), None)
        if not (found.is_proved or found.is_refuted):
            return found
        answer, reason = (
            ("refuted", f"the derivative in {self.on} vanishes identically")
            if found.is_proved
            else ("proved", f"the derivative in {self.on}: {found.reason}")
        )
        return (proved if formula.right == answer else refuted)(reason)


def _nonnegative(e: Expr) -> bool:
    """Is e >= 0 for all positive values of its symbols, in each case of the signs of its moduli?"""
    moduli = sorted(e.atoms(Abs), key=str)
    for signs in product((1, -1), repeat=len(moduli)):
        case = e.xreplace({m: s * m.args[0] for m, s in zip(moduli, signs, strict=True)})
        sizes = [s * m.args[0] for m, s in zip(moduli, signs, strict=True)]  # all >= 0 in this case
        if not any(_positive_coefficients((case / size).cancel()) for size in (Integer(1), *sizes)):
            return False
    return True


def _positive_coefficients(e: Expr) -> bool:
    """Is e a quotient of polynomials with coefficients >= 0?"""
    parts = fraction(e.together())
    symbols = sorted(e.free_symbols, key=str)
    if not symbols:
        return bool(e.is_nonnegative)
    if not all(p.is_polynomial(*symbols) for p in parts):
        return False
    return all(c.is_nonnegative for p in parts for c in Poly(p, *symbols).coeffs())
