"""Leading terms: what a quantity becomes as one parameter goes to zero, for all values of the others.

The quantity is written so that it is *analytic* in the parameter e at e = 0; its Taylor coefficients are
then derivatives at zero, found by exact algebra, and a limit is the first of them:

    lim f(e)/e^n as e -> 0+  is  f^(n)(0)/n!,  where the coefficients before it vanish identically.

Analyticity is checked, not assumed: at e = 0 the base of every fractional power and the argument of every
logarithm have to be positive, and the base of every negative power not zero, by SymPy's own deduction from
the signs of the symbols.  Where a logarithm of e itself appears it is carried as a symbol (`Logarithmic`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sympy import Abs, Expr, Integer, Pow, factorial, log, sign, tan

from derive.errors import ComputationError
from derive.exact.identity import is_identity
from derive.verdict import Verdict, proved, refuted, unknown
from verify.claims.methods.identity import Meaning, nonzero_at, same
from verify.claims.reading import Names, read, read_list
from verify.claims.record import Formula


def leading(e: Expr, variable: Expr, order: int) -> Expr:
    """lim e/variable**order as variable -> 0+, an expression in the other symbols.

    Raises `ComputationError` where e is not seen to be analytic at zero, or where the limit is infinite.
    """
    irregular = _irregular(e, variable)
    if irregular is not None:
        raise ComputationError("a quantity is not seen to be analytic in its parameter", received=str(irregular))
    for n in range(order):
        if not is_identity(e.diff(variable, n).xreplace({variable: Integer(0)})):
            raise ComputationError(f"the coefficient of order {n} does not vanish", received=str(e))
    return e.diff(variable, order).xreplace({variable: Integer(0)}) / factorial(order)


def _irregular(e: Expr, variable: Expr) -> Expr | None:
    """The first part of e that depends on the variable and is not seen to be analytic at zero."""
    for part in e.atoms(Pow, log, tan, Abs, sign):
        if not part.has(variable):
            continue
        if isinstance(part, Abs | sign | tan):
            return part
        inner = part.args[0].xreplace({variable: Integer(0)})
        inner = inner if inner.is_positive else inner.expand()
        whole = isinstance(part, Pow) and part.exp.is_Integer
        if part.has(variable) and not ((whole and part.exp > 0) or inner.is_positive or (whole and inner.is_nonzero)):
            return part
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leading:
    """left/variable**order -> right as variable -> 0+, entry by entry, for all values of the other symbols.

    Names are replaced by what they are on both sides (`means`), as in `Identity`.
    """

    names: Names
    variable: str
    means: Meaning
    order: int = 0

    def __call__(self, formula: Formula) -> Verdict:
        known = {self.names(name): compute() for name, compute in self.means.items()}
        x = self.names(self.variable)
        left, right = ([e.xreplace(known) for e in read_list(t, self.names)] for t in (formula.left, formula.right))
        for a, b in zip(left, right, strict=True):
            if b.has(x):
                return unknown(f"the right side depends on {x}")
            verdict = same(leading(a, x, self.order), b, None)
            if not verdict.is_proved:
                return verdict
        return proved(f"the Taylor coefficient of order {self.order} in {x} at 0 is the stated one, identically in "
                      "the other symbols; the quantity is analytic there")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Logarithmic:
    """left/right -> 1 as `variable` -> 0+, for a left side A log(1/variable) + (analytic).

    In `means` and in the formula the name `logarithm` stands for log(1/variable).  Where only the left side
    has a logarithm the ratio is infinite.
    """

    names: Names
    variable: str
    logarithm: str
    means: Mapping[str, Callable[[], Expr]]

    def __call__(self, formula: Formula) -> Verdict:
        known = {self.names(name): compute() for name, compute in self.means.items()}
        x, ell = self.names(self.variable), self.names(self.logarithm)
        left = read(formula.left, self.names).xreplace(known)
        right = read(formula.right, self.names)
        slopes = [leading(e.diff(ell), x, 0) for e in (left, right)]
        for e, slope in zip((left, right), slopes, strict=True):
            leading((e - slope * ell).expand(), x, 0)  # raises where the rest is not analytic
            if (e - slope * ell).expand().has(ell):
                return unknown(f"{e} is not affine in {ell}")
        if is_identity(slopes[1]) and nonzero_at(slopes[0]) is not None:
            return refuted(f"left side = {slopes[0]}*log(1/{x}) + O(1) tends to infinity, the right side does not")
        if is_identity(slopes[0]):
            return unknown("the left side has no logarithm")
        verdict = same(slopes[0], slopes[1], None)
        if verdict.is_proved:
            return proved(f"both sides are {slopes[0]}*log(1/{x}) + O(1), identically in the other symbols")
        return verdict
