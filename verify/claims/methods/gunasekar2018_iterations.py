"""Iterations of Gunasekar et al. 2018 whose limits are enclosed.

Every function computes in ball arithmetic from the data that the paper prints and adds a bound on the
iterates that are still to come.  L(w) = sum_n (<w, x_n> - y_n)^2 without a factor 1/2.
"""

from collections.abc import Callable
from fractions import Fraction

from flint import arb, ctx

ITERATION_BITS = 2048

# -- example 2: one step of momentum, then mirror descent (entropy), x = (1, 2), y = 1 -----------------


def momentum_limit(beta: Fraction, q: Fraction) -> Callable[[], arb]:
    """The first entry of the limit when the first step multiplies by (q, q^2) and beta_1 = beta.

    The momentum point is (a, b) = (q, q^2) + beta ((q, q^2) - (1, 1)); from it mirror descent moves along
    (a s, b s^2), and the global minimum on that curve has a s + 2 b s^2 = 1.  Raises `ValueError` where (a, b)
    is not positive.
    """

    def compute() -> arb:
        a, b = (q**k + beta * (q**k - 1) for k in (1, 2))
        if min(a, b) <= 0:
            raise ValueError("the momentum leaves the domain of the entropy")
        ball_a, ball_b = exact(a), exact(b)
        return ball_a * ((ball_a**2 + 8 * ball_b).sqrt() - ball_a) / (4 * ball_b)

    return compute


# -- example 3: natural gradient descent (entropy) ----------------------------------------------------


def natural_limit(step: Fraction) -> Callable[[], arb]:
    """The first entry of the limit of w <- w (1 - step grad L), x = (1, 2), y = 1, from (1, 1).

    With r = w_1 + 2 w_2 - 1 >= 0 the entries decrease and 2 step r_t (w_1 + 4 w_2) = r_t - r_{t+1}, where
    w_1 + 4 w_2 >= 1: so the sum of 2 step r over all later steps is at most r, and w_1 loses at most w_1 r.
    """

    def compute() -> arb:
        eta = exact(step)
        a, b = arb(1), arb(1)
        for _ in range(20_000):
            r = a + 2 * b - 1
            if not (r >= 0 and 2 * eta * (a + 4 * b) <= 1):
                raise ValueError("the step is too long for the bound on the tail")
            if r < arb(10) ** -20:
                return (a * (1 - r)).union(a)
            a, b = a * (1 - 2 * eta * r), b * (1 - 4 * eta * r)
        raise ValueError("no convergence within the allotted steps")

    return compute


# -- example 4: steepest descent for the l_{4/3} norm, x = (1, 1, 1), (1, 2, 0), y = 1, 10 -------------
#
# Delta w = -g^3/|g|_4^2, g = grad L.  X X^T = [[3, 3], [3, 5]] has the eigenvalues 4 -+ sqrt(10), so
# |g|_4^2 >= |g|_2^2/sqrt(3) >= 2 mu L with 2 mu = 4 (4 - sqrt(10))/sqrt(3), and L is smooth in the norm with
# constant 2 (4 + sqrt(10)).  For step * smoothness <= 1 the loss falls by step |g|_4^2/2 a step, hence
# sum step |g|_4 <= 4 sqrt(L)/sqrt(2 mu) over all later steps; the flow travels at most 2 sqrt(L)/sqrt(2 mu).


def _twice_mu() -> arb:
    return 4 * (4 - arb(10).sqrt()) / arb(3).sqrt()


def steepest_limit(step: Fraction) -> Callable[[], arb]:
    """The second entry of the limit from w = 0 with a constant step; many bits, since balls widen from step to step."""

    def compute() -> arb:
        with ctx.workprec(ITERATION_BITS):
            return _steepest(exact(step))

    return compute


def _steepest(eta: arb) -> arb:
    w = [arb(0)] * 3
    if not eta * 2 * (4 + arb(10).sqrt()) <= 1:
        raise ValueError("the step is too long for the bound on the tail")
    for _ in range(5_000):
        r = (w[0] + w[1] + w[2] - 1, w[0] + 2 * w[1] - 10)
        tail = 4 * (r[0] ** 2 + r[1] ** 2).sqrt() / _twice_mu().sqrt()
        if tail < arb("0.0001"):
            return w[1] + arb(0, tail.upper())
        g = [2 * (r[0] + r[1]), 2 * (r[0] + 2 * r[1]), 2 * r[0]]
        square = sum((v**4 for v in g), arb(0)).sqrt()
        w = [v - eta * s**3 / square for v, s in zip(w, g, strict=True)]
    raise ValueError("no convergence within the allotted steps")


def steepest_flow_limit() -> arb:
    """The second entry b of the limit for infinitesimal steps, from w = 0.

    With q = y - X w the path is dq/ds = -X u^3, dw/ds = u^3, u = X^T q = (q1 + q2, q1 + 2 q2, q1).  In the ratio
    rho = q1/q2, with u taken at q2 = 1, P2 = u1^3 + 2 u2^3, Q = u1^3 + u2^3 + u3^3 - rho P2: the ratio falls
    from 1/10 while Q > 0, d log q2/d rho = P2/Q, db/d rho = -u2^3 q2/Q.  Both are integrated cell by cell with
    interval values, on a grid graded towards the zero of Q, which the ratio does not pass.  Close to it
    db = -(u2^3/P2) dq2 with u2^3/P2 in a narrow interval, and q2 falls to 0, which gives the rest.
    """
    low, shrink = _zero_of_q(), Fraction(9995, 10_000)
    log_q, b, offset = arb(10).log(), arb(0), Fraction(1, 10) - low
    while offset > Fraction(1, 1000):
        smaller = Fraction(round(offset * shrink * 2**60), 2**60)
        cell = exact(low + smaller).union(exact(low + offset))
        p2, q = _second(cell), _fall(cell)
        if not (p2 > 0 and q > 0):
            raise ValueError("the ratio and the residual do not both fall")
        width = exact(offset - smaller)
        after = log_q - width * p2 / q
        b += width * (2 + cell) ** 3 * log_q.union(after).exp() / q
        log_q, offset = after, smaller
    cell = exact(low).union(exact(low + offset))
    return b + (2 + cell) ** 3 / _second(cell) * log_q.exp()


def _second(rho: arb) -> arb:
    """P2, the rate at which log q2 falls."""
    return (1 + rho) ** 3 + 2 * (2 + rho) ** 3


def _fall(rho: arb) -> arb:
    """Q, the rate at which the ratio falls."""
    return (1 + rho) ** 3 + (2 + rho) ** 3 + rho**3 - rho * _second(rho)


def _zero_of_q() -> Fraction:
    """A rational just below the zero of Q that the ratio tends to; the caller checks Q > 0 up to 1/10."""
    lower, upper = Fraction(-5, 4), Fraction(1, 10)
    if not (_fall(exact(lower)) < 0 < _fall(exact(upper))):
        raise ValueError("no change of sign")
    for _ in range(50):
        middle = (lower + upper) / 2
        lower, upper = (lower, middle) if _fall(exact(middle)) > 0 else (middle, upper)
    return lower


def smallest_norm() -> arb:
    """The second entry b of argmin |w|_{4/3}: w = (10 - 2b, b, b - 9) on G, and w^(1/3) is orthogonal to (-2, 1, 1).

    With b between 9/2 and 5 all three entries have a fixed sign; the condition increases in b: bisection.
    """

    def slope(b: arb) -> arb:
        return -2 * (10 - 2 * b).root(3) + b.root(3) - (9 - b).root(3)

    low, high = Fraction(9, 2), Fraction(5)
    for _ in range(40):
        middle = (low + high) / 2
        if slope(exact(middle)) > 0:
            high = middle
        elif slope(exact(middle)) < 0:
            low = middle
        else:
            break
    return exact(low).union(exact(high))


def dual_offset(start: Fraction, step: Fraction) -> Callable[[], arb]:
    """z_2 - 2 z_1 for the change z of log w in a natural step from (start, start), x = (1, 2), y = 1."""

    def compute() -> arb:
        r = 3 * start - 1
        factors = [exact(1 - 2 * step * k * r) for k in (1, 2)]
        return factors[1].log() - 2 * factors[0].log()

    return compute


def exact(value: Fraction) -> arb:
    """A rational as a ball."""
    return arb(value.numerator) / value.denominator
