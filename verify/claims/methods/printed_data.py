"""Questions about small data sets, answered exactly: `says(question, "proved" | "refuted")`.

`Decided` compares the source's answer with one that a function computes (a bool and its reason).  The functions
here are about max-margin predictors (`margins`) and about the multipliers along a path of minimisers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from flint import arb, ctx, fmpq
from sympy import Expr, Rational, Symbol

from derive.catalogue import architecture
from derive.verdict import Verdict, proved, refuted, unknown
from verify.claims.methods.derived import derived
from verify.claims.methods.margins import least_l1, least_l2, root, signed_rows, support
from verify.claims.record import ANSWERS, Formula
from verify.data import load_data
from verify.minimise.api import Minimiser, minimise

Answer = Callable[[], tuple[bool, str]]
BITS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The source's answer against the computed one."""

    answer: Answer

    def __call__(self, formula: Formula) -> Verdict:
        holds, reason = self.answer()
        return (proved if formula.right == ANSWERS[0 if holds else 1] else refuted)(reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A statement that cannot be decided from what is printed; `numbers()` says what was computed instead."""

    reason: str
    numbers: Callable[[], str]

    def __call__(self, formula: Formula) -> Verdict:
        return unknown(self.reason + self.numbers())


def unique_l1(name: str) -> Answer:
    """Is the l1 max-margin predictor unique?"""

    def answer() -> tuple[bool, str]:
        best, points = least_l1(signed_rows(load_data(name)))
        shown = ", ".join(f"({', '.join(map(str, w))})" for w in points)
        return len(points) == 1, f"min |w|_1 = {best}, attained at the vertices {shown} and no other"

    return answer


def supports_differ(name: str) -> Answer:
    """Are the support vectors of the l1 and the l2 max-margin predictors different sets?"""

    def answer() -> tuple[bool, str]:
        rows = signed_rows(load_data(name))
        w2, _ = least_l2(rows)
        second = support(rows, w2)
        firsts = [support(rows, w) for w in least_l1(rows)[1]]
        shown = ", ".join(map(str, firsts))
        return all(f != second for f in firsts), f"support vectors: l2 {second}, l1 (at its vertices) {shown}"

    return answer


@cache
def least(name: str, depth: int, mu: Rational) -> Minimiser:
    """The Q_mu max-margin predictor of a built-in data set, enclosed by Krawczyk's test."""
    data = load_data(name)
    model = architecture("diagonal").model(depth=depth, dimension=data.dimension)
    alpha: Expr = mu ** Rational(1, depth)
    constants = {Symbol("alpha", positive=True): alpha}
    return minimise(derived(model), data, subject_to="margin", digits=15, constants=constants)


def supports_drop(name: str, depth: int, row: int, early: Rational, late: Rational) -> Answer:
    """Does a multiplier fall along the path of Q_mu max-margin predictors, from mu = early to mu = late < early?

    By theorem 6, condition 5 makes the integral R_n of the weight of row n, in the units of the dual
    variable, tend to the multiplier of that row at each mu.  Along one trajectory R_n cannot decrease; a
    multiplier that does contradicts the condition for one of the two stopping accuracies.
    """

    def answer() -> tuple[bool, str]:
        values = []
        for mu in (early, late):
            found = least(name, depth, mu)
            ctx_before, ctx.prec = ctx.prec, found.precision
            try:
                unit = arb(fmpq(int(mu.p), int(mu.q))) ** (arb(depth - 2) / depth)
                values.append(found.multipliers[row - 1] * unit)
            finally:
                ctx.prec = ctx_before
        shown = (f"multiplier of row {row} in the units of X^T R: {values[0].str(8, radius=False)} at mu = {early}, "
                 f"{values[1].str(8, radius=False)} at mu = {late}")  # fmt: skip
        if not (values[0] > values[1] or values[0] < values[1]):
            raise ArithmeticError("the balls overlap")
        return bool(values[0] > values[1]), shown

    return answer


def optimality(name: str, mu: Rational) -> Answer:
    """Do the KKT conditions of theorem 6 hold at the Q_mu max-margin predictor, D = 2, with grad Q_mu from eq. (6)?

    grad Q_mu(w)_i = asinh(w_i/(2 mu))/mu is a positive multiple of sum nu_n y_n x_n, and the margins of rows with
    nu = 0 exceed 1.
    """

    def answer() -> tuple[bool, str]:
        found = least(name, 2, mu)
        with ctx.workprec(found.precision):
            rows, scale = signed_rows(load_data(name)), arb(fmpq(int(mu.p), int(mu.q)))
            slopes = [(b / (2 * scale)).asinh() for b in found.beta]
            sums = [sum((v * row[i] for v, row in zip(found.multipliers, rows, strict=True)), arb(0)) for i in range(3)]
            parallel = all((slopes[i] * sums[0] - slopes[0] * sums[i]).contains(0) for i in range(3))
            values = [sum((b * e for b, e in zip(found.beta, row, strict=True)), arb(0)) for row in rows]
            signs = all(v > 0 if n in found.active else m > 1 for n, (v, m) in
                        enumerate(zip(found.multipliers, values, strict=True)))  # fmt: skip
            positive = bool(slopes[0] * sums[0] > 0)
        return (
            parallel and signs and positive,
            f"{name}, mu = {mu}: active rows {[n + 1 for n in found.active]}, enclosed",
        )

    return answer


def local_minimum() -> tuple[bool, str]:
    """Is (5/2, 0, 0) a local minimum of sum |w_i|^(2/3) on the second data set?

    Row 2 alone is active there: a feasible step has d1 >= -(3/2)(d2 + d3), so the cost changes by at least
    |d2|^(2/3) + |d3|^(2/3) - C (|d2| + |d3|) > 0 for small (d2, d3) != 0; for d2 = d3 = 0 it needs d1 >= 0.
    """
    rows = signed_rows(load_data("three-points-b"))
    w = (fmpq(5, 2), fmpq(0), fmpq(0))
    active = support(rows, w)
    row = rows[active[0] - 1]
    holds = len(active) == 1 and row[0] > 0 and row[0] * w[0] == 1
    return holds, f"at (5/2, 0, 0) row {active} alone is active; |d|^(2/3) beats every linear term at w2 = w3 = 0"


def always_escapes() -> tuple[bool, str]:
    """Does log(1/eps) = Omega(alpha^D) lead away from the l2 max-margin predictor, whatever the data?

    For the one data point (1, 1) both coordinates obey the same equation from the same start, so what = (1/2, 1/2)
    for every alpha and eps; it is the l2 max-margin predictor x/|x|^2.
    """
    x = (fmpq(1), fmpq(1))
    what = (fmpq(1, 2), fmpq(1, 2))
    size = sum((e * e for e in x), fmpq(0))
    return what != tuple(e / size for e in x), "for x = (1, 1) symmetry keeps w1 = w2: what = (1/2, 1/2) = x/|x|^2"


def l1_argmin_is_a_point() -> tuple[bool, str]:
    """Does `argmin |w|_1, margins >= 1` always name one predictor?"""
    both = ((fmpq(1), fmpq(0)), (fmpq(0), fmpq(1)))
    equal = sum(both[0], fmpq(0)) == sum(both[1], fmpq(0)) == 1 and all(sum(w, fmpq(0)) >= 1 for w in both)
    return not equal, "for x = (1, 1) both (1, 0) and (0, 1) have margin 1 and |w|_1 = 1, the smallest"


def kinks() -> str:
    """Where the set of support vectors of the Q_mu max-margin predictor changes, D = 2, in words.

    First data set: rows 1 and 2 active, multiplier of row 1 zero: w = (10/11, 10/33, 10/33) solves both margins, and
    asinh(w/2 mu) is a multiple of x_2.  Second: w = (1/4, 7/6, 1/3), and asinh(w/2 mu) lies in the span of x_1, x_2.
    """

    def first(mu: arb) -> arb:
        return (arb(6) / 10) * (arb(5) / 11 / mu).asinh() - (arb(7) / 10) * (arb(5) / 33 / mu).asinh()

    def second(mu: arb) -> arb:
        a, b, c = ((arb(p) / q / (2 * mu)).asinh() for p, q in ((1, 4), (7, 6), (1, 3)))
        return 36 * a - 32 * b + 8 * c

    with ctx.workprec(BITS):
        low, high = arb(10) ** -8, arb(1) / 2
        found = (root(first, low, high), root(second, low, high))
        return ", ".join(mu.str(6, radius=False) for mu in found)
