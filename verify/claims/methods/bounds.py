"""Statements about a quantity of which a rigorous bound is known, or the exact range.

`Known` is for a quantity q that is known to be at least (or at most) an exact number, for example because
a counterexample was computed: `q = 0` is refuted by q >= 1, and `q >= 1` is proved by it.

`Range` is for a quantity that takes exactly the values of a closed interval whose ends are expressions
(it is continuous, and both ends are attained).  Then `q <= b` holds iff b is at least the upper end:
no subdivision is needed where the two sides touch.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Expr, Integer, Rational, Symbol

from derive.exact.balls import ball
from derive.exact.identity import is_identity
from derive.verdict import Verdict, proved, refuted, unknown
from verify.claims.reading import Names, read
from verify.claims.record import Formula

BITS = 256
TRIED = (2, 3, 10, 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """`quantity relation number`, where `compute()` returns an exact number, a bound of the quantity.

    `side` is "least" (quantity >= bound) or "most" (quantity <= bound); `reason` says why it is one.
    """

    quantity: str
    compute: Callable[[], Expr]
    side: str
    reason: str

    def __call__(self, formula: Formula) -> Verdict:
        if formula.left != self.quantity:
            return unknown(f"the method knows {self.quantity} only")
        stated, bound = ball(read(formula.right, Names()), BITS), ball(self.compute(), BITS)
        shown = f"{self.quantity} {'>=' if self.side == 'least' else '<='} {bound.str(6, radius=False)}: {self.reason}"
        beyond = bound - stated if self.side == "least" else stated - bound
        good, bad = ((">=", ">"), ("<=", "<")) if self.side == "least" else (("<=", "<"), (">=", ">"))
        if formula.relation in good and (beyond > 0 or (beyond >= 0 and formula.relation == good[0])):
            return proved(shown)
        if (formula.relation in bad or formula.relation == "=") and beyond > 0:
            return refuted(shown)
        if formula.relation == bad[1] and beyond >= 0:
            return refuted(shown)
        return unknown(f"{shown}, which does not decide it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """`quantity relation expression`, where the quantity takes exactly the values in [low, high].

    The ends and the expression may contain one positive integer, `integer`; the statement is for each.
    """

    quantity: str
    low: Callable[[], Expr]
    high: Callable[[], Expr]
    integer: str
    reason: str

    def __call__(self, formula: Formula) -> Verdict:
        if formula.left != self.quantity or formula.relation == "=":
            return unknown(f"the method knows bounds of {self.quantity} only")
        names = Names(integer=(self.integer,))
        stated = read(formula.right, names)
        upper = formula.relation in ("<=", "<")
        gap = stated - self.high() if upper else self.low() - stated
        shown = f"the values are those in [{self.low()}, {self.high()}]: {self.reason}"
        if is_identity(gap):
            return (proved if formula.relation in ("<=", ">=") else refuted)(f"{shown}; the bound is attained")
        for value in TRIED:
            at = ball(gap.xreplace({names(self.integer): Integer(value)}), BITS)
            if at < 0:
                return refuted(f"{shown}; at {self.integer} = {value} the bound is off by {at.str(8, radius=False)}")
        return unknown(f"{shown}; not decided for every {self.integer}")


def positive_integer(name: str) -> Symbol:
    """The symbol that `Range` reads for its integer."""
    return Names(integer=(name,))(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`L <= bound(t)` for every solution of L' <= -K L^2, L(0) = 1, where K is the best constant.

    With bound(0) = 1 the comparison principle proves it if bound' + K bound^2 >= 0, for which an identity
    is looked for.  If bound'(0) < -K a solution with L' = -K L^2 at t = 0 lies above it.
    """

    names: Names
    time: str
    constant: Callable[[], Expr]

    def __call__(self, formula: Formula) -> Verdict:
        bound, t, k = read(formula.right, self.names), self.names(self.time), self.constant()
        if not is_identity(bound.subs(t, 0) - 1) or formula.relation not in ("<=", "<", ">", ">="):
            return unknown("the bound is not 1 at the start, or no inequality")
        residual = bound.diff(t) + k * bound**2
        if is_identity(residual):
            if formula.relation == "<=":
                return proved(f"the bound solves L' = -K L^2, L(0) = 1, with K = {k}: comparison principle")
            return refuted(f"L' <= -K L^2 with K = {k} and equality at t = 0 where N = 1")
        ones = {s: Rational(3, 2) for s in residual.free_symbols}
        slope = ball(residual.subs(t, 0).xreplace(ones), BITS)
        if formula.relation in ("<=", "<") and slope < 0:
            return refuted(f"the bound falls faster at t = 0 than L can (K = {k}), for N = 1 and all constants 3/2")
        if formula.relation in (">", ">=") and slope > 0:
            return refuted(f"L falls faster at t = 0 than the bound (K = {k}), for N = 1 and all constants 3/2")
        return unknown("the comparison principle does not decide it")
