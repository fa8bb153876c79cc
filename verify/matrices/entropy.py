"""The spectral entropy Q(B) = tr(B log B - B) - log(mu) tr B on positive definite B, whose minimum is B = mu I.

It is (four times) the potential of U U^T under commuting measurements from U = alpha I, mu = alpha^2 (Gunasekar et al.
2017; Li et al. 2022): grad Q = log B - log(mu) I.  Its inverse is B = exp(S + log(mu) I), so that under <A_n, B> = b_n
the dual is max over nu of nu . b - tr exp(log(mu) I + sum_n nu_n A_n), concave and smooth in N unknowns.  float64
comes near its solution (`verify.matrices.entropy_dual`), Newton in Arb goes on from there.  The derivative of exp that
it needs is a block of one larger exponential: exp([[S, A], [0, S]]) = [[e^S, L(A)], [0, e^S]].
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat, ctx, fmpq_mat
from sympy import Expr, Rational

from derive.errors import ComputationError
from derive.exact.balls import ball
from verify.matrices.entropy_dual import NEAR, maximise_entropy_dual
from verify.matrices.symmetric import Floats, combination, coordinates, floats, inner, measurement
from verify.minimise.dual import along
from verify.minimise.reduced import ENDLESS, unreachable
from verify.minimise.rows import Rows, exact

# steps in Arb, which begin near the solution where there is one
SLOW = 100
# log mu down to which float64 follows the dual, by experience
SMALL = -80.0
PRECISIONS = (320, 640, 1280, 2560)
# multiplications of balls that take a minute
LARGEST = 2 * 10**7


class EntropySystem:
    """E_n(nu) = <A_n, exp(log(mu) I + sum nu A)> - b_n and its Jacobian in Arb."""

    def __init__(self, matrices: Sequence[fmpq_mat], b: Sequence[Expr], mu: Expr, k: int, precision: int) -> None:
        self.precision, self.k = precision, k
        self.a = [arb_mat(m) for m in matrices]
        self.b = [ball(e, precision) for e in b]
        start = ball(mu, precision).log()
        self.first = arb_mat(k, k, [start if i == j else arb(0) for i in range(k) for j in range(k)])

    def exponent(self, nu: Sequence[arb]) -> arb_mat:
        """log(mu) I + sum nu A."""
        return self.first + combination(nu, self.a, self.k)

    def inside(self, z: Sequence[arb]) -> bool:
        """Every nu is in the domain."""
        return True

    def reachable(self, beta: Sequence[arb]) -> bool:
        """Every exponential is positive definite: the domain of Q."""
        return all(b.is_finite() for b in beta)

    def residual(self, z: Sequence[arb]) -> arb_mat:
        """E at nu, as a column."""
        matrix = self.exponent(z).exp()
        return arb_mat(len(self.b), 1, [inner(a, matrix) - b for a, b in zip(self.a, self.b, strict=True)])

    def jacobian(self, z: Sequence[arb]) -> arb_mat:
        """<A_n, L(A_m)>, L the derivative of exp."""
        s, k = self.exponent(z).table(), self.k
        columns = []
        for a in self.a:
            blocks = [[*s[i], *row] for i, row in enumerate(a.table())] + [[arb(0)] * k + s[i] for i in range(k)]
            whole = arb_mat(blocks).exp().table()
            derivative = arb_mat([row[k:] for row in whole[:k]])
            columns.append([inner(other, derivative) for other in self.a])
        return arb_mat(columns).transpose()

    def unpack(self, z: Sequence[arb]) -> tuple[tuple[arb, ...], tuple[arb, ...]]:
        """(nu, the entries of B)."""
        return tuple(z), coordinates(self.exponent(z).exp())


@dataclass(frozen=True, slots=True)
class SpectralEntropy:
    """A solver (`verify.minimise.solvers.Solver`) in the N dual unknowns."""

    mu: Expr
    k: int
    form: str = "dual"

    def system(self, rows: Rows, right: Sequence[Rational], precision: int) -> EntropySystem:
        """E in Arb.  Raises `ComputationError` for what would not end."""
        if len(rows) * (2 * self.k) ** 3 > LARGEST:
            raise ComputationError(
                "the problem is too large for ball arithmetic",
                expected=f"at most {LARGEST:.0e} for 8 N k^3",
                received=f"N = {len(rows)}, k = {self.k}",
                hint="verify.matrices.entropy_dual.maximise_entropy_dual, in float64",
            )
        return EntropySystem([measurement(exact(row), self.k) for row in rows], right, self.mu, self.k, precision)

    def reach(self, rows: Rows, right: Sequence[Rational]) -> list[arb]:
        """nu near the solution: by float64, or by the same iteration in Arb.

        Raises `ComputationError` where no positive definite matrix is found to have these values.
        """
        if not rows:
            return []
        ctx.prec = PRECISIONS[0]
        log_mu = float(ball(self.mu, PRECISIONS[0]).log().mid())
        a = np.array([floats(measurement(exact(row), self.k)) for row in rows])
        start = [arb(float(e)) for e in _extrapolated(a, np.array([float(e) for e in right]), log_mu)]
        for precision in PRECISIONS:
            ctx.prec = precision
            nu = _newton(self.system(rows, right, precision), start)
            if nu is not None:
                return nu
        raise unreachable(f"no solution of the dual at {PRECISIONS[-1]} bits")

    def guess(self, rows: Rows) -> list[int]:
        """Rows to begin with."""
        return []


def _extrapolated(a: Floats, b: Floats, log_mu: float) -> Floats:
    """nu near the solution, as far as float64 tells; zeros where it tells nothing.

    As mu -> 0 the exponent is log(mu) P + O(1), P the projector on the kernel of the limit: nu is nearly linear in
    log mu.
    """
    goals = [log_mu] if log_mu > SMALL else [SMALL / 2, SMALL]
    try:
        with np.errstate(all="ignore"):
            found = [maximise_entropy_dual(a, b, goal).nu for goal in goals]
    except (ComputationError, np.linalg.LinAlgError):
        return np.zeros(len(b))
    return found[-1] if len(found) == 1 else found[1] + (found[1] - found[0]) * (log_mu - SMALL) / (SMALL / 2)


def _newton(system: EntropySystem, start: Sequence[arb]) -> list[arb] | None:
    """Newton with the line search, until a full step moves B by little; None where this precision does not do.

    Raises `ComputationError` where nu runs away.
    """
    nu = list(start)
    for _ in range(SLOW):
        try:
            step = system.jacobian(nu).mid().solve(system.residual(nu).mid())
        except ZeroDivisionError:
            return None
        p = [-e.mid() for e in step.entries()]
        if not all(e.is_finite() for e in p):
            return None
        second = combination(p, system.a, system.k)
        first, goal = system.exponent(nu), sum((e * b for e, b in zip(p, system.b, strict=True)), arb(0))
        # the exponent moves by at most this in norm, and B by this part of itself
        if max(abs(e) for e in second.entries()) * system.k < NEAR:
            return [(a + e).mid() for a, e in zip(nu, p, strict=True)]

        limit = 1000 + 10 * max(abs(e) for e in first.entries())

        def ahead(
            t: arb, first: arb_mat = first, second: arb_mat = second, goal: arb = goal, limit: arb = limit
        ) -> arb:
            here = (first + second * t).mid()
            # no exponential of this size is near a solution, and it would take long
            if max(abs(e) for e in here.entries()) > limit:
                return arb("inf")
            return (inner(here.exp(), second) - goal).mid()

        t = arb(along(ahead, None)).mid()
        if t == 0:
            return None
        if t > ENDLESS:
            raise unreachable(f"the dual rises without end, at {system.precision} bits")
        nu = [(a + t * e).mid() for a, e in zip(nu, p, strict=True)]
    raise unreachable(f"no solution of the dual after {SLOW} steps at {system.precision} bits")
