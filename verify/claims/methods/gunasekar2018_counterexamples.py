"""Runs of Gunasekar et al. 2018 that break a printed hypothesis, and runs that only illustrate.

`overshoot` and `lost_rank` return the numbers that enter the hypothesis and what goes wrong; the inequalities that
their arguments rest on are checked in balls on every call, and `ValueError` is raised where one fails.
"""

from collections.abc import Mapping
from fractions import Fraction

from flint import arb, ctx

from verify.claims.methods.enclosed import PRECISION


def overshoot() -> tuple[Mapping[str, arb], str]:
    """Gradient descent with step 1 on x = (1/10, 1), (1/10, -1), labels 1, from w = (0, 10): it never converges.

    The data are generic: both samples are support vectors of the separator (1, 0), linearly independent, with
    positive multipliers.

    With w = (a, b), E = e^(-a/10) and D = 2 E sinh|b|: b+ has the opposite sign and |b+| = D - |b|, and
    a+ = a + D coth|b|/10.  If |b| >= 10, 0 <= a <= |b|/5 then D >= h(|b|) + 5 |b|,
    h(b) = 2 e^(-b/50) sinh b - 5 b; h > 0 makes |b+| >= 4 |b| and a+ <= |b|/5 + 0.1001 (|b| + |b+|) <= |b+|/5.
    So the second entry changes sign for ever, the least margin is at most -0.96 |w|, and the loss is unbounded.
    h > 0 on [10, oo): h, h' and h'' are positive at 10 and h'' increases.
    """
    with ctx.workprec(PRECISION):
        b = arb(10)
        rise, fall = (arb(49) / 50 * b).exp(), (-arb(51) / 50 * b).exp()
        slow, fast = arb(49) / 50, arb(51) / 50
        signs = (rise - fall - 5 * b, slow * rise + fast * fall - 5, slow**2 * rise - fast**2 * fall)
        coth = (1 + (-2 * b).exp()) / (1 - (-2 * b).exp())
        norm = (arb(1) / 100 + 1).sqrt()
        if not (all(s > 0 for s in signs) and coth < arb("1.001")):
            raise ValueError("the induction of the counterexample fails")
        loss = b.exp() + (-b).exp()
    return {"eta": arb(1), "h": arb(2), "B": norm, "L": loss}, (
        "on x = (1/10, 1), (1/10, -1), labels 1, from w = (0, 10), l2 norm, every step flips the sign of the second "
        "entry and at least multiplies it by 4, the first stays below a fifth of it: the least margin over |w| "
        "stays below -0.96 while the largest possible is 1/10"
    )


def lost_rank() -> tuple[Mapping[str, arb], str]:
    """Symmetric factorization, X = diag(5, 1), diag(-1, 2), labels 1, from U = I: a step that makes U singular.

    -grad L(W) = diag(5 e1 - e2, e1 + 2 e2) with e1 = e^-6, e2 = e^-1: the first entry is negative, and with
    step 1/(2 (e2 - 5 e1)) the first diagonal entry of U becomes 0 and stays 0.  All later iterates are multiples
    of e2 e2^T, whose margin at nuclear norm 1 is min(1, 2) = 1; but diag(1/7, 6/7) has the margins 11/7.  Later
    steps may be as small as one likes, say half the bound: u = U_22 grows by a positive function of u, hence to oo,
    the loss tends to 0, and increments and gradients converge in direction.
    """
    with ctx.workprec(PRECISION):
        e1, e2 = arb(-6).exp(), arb(-1).exp()
        slope = (e2 - 5 * e1, -(e1 + 2 * e2))  # the diagonal of grad L(W)
        margins = (Fraction(5, 7) + Fraction(6, 7), Fraction(-1, 7) + Fraction(12, 7))
        if not slope[0] > 0 or min(margins) <= 1:
            raise ValueError("the counterexample does not do what it says")
        lipschitz = 2 * (slope[0] ** 2 + slope[1] ** 2).sqrt()  # |grad of L(U U^T) in U| at U = I
        # the largest second derivative of L(U U^T) is at least 2 slope[0]: along the first row of U off its column
        return {"eta": 1 / (2 * slope[0]), "Lip": lipschitz, "beta": 2 * slope[0]}, (
            "they make the first diagonal entry of U vanish for ever (X = diag(5, 1), diag(-1, 2), U = I): the limit "
            "diag(0, 1) has margin 1, the largest is 11/7, at diag(1/7, 6/7)"
        )


def factorized_run() -> str:
    """The least margin of W/tr W: gradient descent, X = diag(5, 1), diag(-1, 2), from U = diag(1/2, 1), step 1/100."""
    u, seen = [arb(1) / 2, arb(1)], []
    for t in range(1, 20_001):
        e = (-(5 * u[0] ** 2 + u[1] ** 2)).exp(), (u[0] ** 2 - 2 * u[1] ** 2).exp()
        slope = (-5 * e[0] + e[1], -e[0] - 2 * e[1])
        u = [(v * (1 - arb(1) / 50 * g)).mid() for v, g in zip(u, slope, strict=True)]
        if t in (200, 2000, 20_000):
            w = [v**2 / (u[0] ** 2 + u[1] ** 2) for v in u]
            margins = (5 * w[0] + w[1], 2 * w[1] - w[0])
            seen.append(f"{min(map(float, margins)):.5f} after {t} steps")
    return f"least margin {', '.join(seen)}; the largest possible is 11/7 = 1.57143"


def adagrad_run() -> str:
    """AdaGrad, x = (1/10, 1), (1/10, -1), step 1/10, from w = (0, 4.59), preset G = (1, 2): eta L = 9.8."""
    w, g_sum, seen = [arb(0), arb("4.59")], [arb(1), arb(2)], []
    for t in range(1, 20_001):
        e = (-w[0] / 10 - w[1]).exp(), (-w[0] / 10 + w[1]).exp()
        g = (-(e[0] + e[1]) / 10, -e[0] + e[1])
        w = [(v - s / (10 * big.sqrt())).mid() for v, s, big in zip(w, g, g_sum, strict=True)]
        g_sum = [(big + s**2).mid() for big, s in zip(g_sum, g, strict=True)]
        if t in (1, 200, 2000, 20_000):
            seen.append(f"({float(g_sum[0]):.6g}, {float(g_sum[1]):.6g}) after {t} steps")
    return f"the diagonal of G is {', '.join(seen)}"
