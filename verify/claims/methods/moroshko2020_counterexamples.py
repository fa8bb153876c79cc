"""Counterexamples to statements of Moroshko et al. 2020, and exact facts on the data printed with figure 4.

Each function returns an exact bound of a quantity, after checking every step of the argument in its docstring that
a machine can check; it raises `ValueError` where a check fails (our bug).
"""

from collections.abc import Callable

from flint import arb, ctx, fmpq
from sympy import Add, Expr, Integer, Rational, Symbol, log, solve, symbols

from derive.errors import ComputationError
from verify.claims.methods.margins import least_l1, margins, quasi_norm, signed_rows, stationary_multipliers
from verify.claims.methods.moroshko2020_quantities import BITS, N
from verify.data import load_data

Compute = Callable[[], Expr]

# -- theorem 1 and the squared loss: two counterexamples ----------------------------------------------

A, B, C = symbols("a b c")
CUBIC = (A**2 * B, A * C**2 + A * B * C)
QUADRATIC = (A * B, B * C)


def _check_start(outputs: tuple[Expr, ...], degree: int) -> None:
    """F(u0) = 0, F is homogeneous, grad F_2(u0) = 0 at u0 = (1, 0, 0); raises `ValueError` otherwise."""
    t, at = Symbol("t"), {A: 1, B: 0, C: 0}
    scaled = {A: t * A, B: t * B, C: t * C}
    for f in outputs:
        if f.subs(at) != 0 or (f.subs(scaled, simultaneous=True) - t**degree * f).expand() != 0:
            raise ValueError("the counterexample is not one")
    if any(outputs[1].diff(v).subs(at) != 0 for v in (A, B, C)):
        raise ValueError("the second output moves to first order")


def lazy_gap() -> Expr:
    """A lower bound of sup_{t <= 6} |F - Fbar| for F = (a^2 b, a c^2 + a b c) from alpha (1, 0, 0), each alpha >= 5.

    Two data points, labels 1, L = (e^-A + e^-B)/2.  Fbar_2 = 0, as grad B = 0 at the start.  With T = 6 and
    B <= 1 on [0, T]:
    a, b, c do not decrease; d|u|^2/dt = 3 (A e^-A + B e^-B) <= 6/e, so a^2 <= |u|^2 <= alpha^2 + 6T/e <= 2 alpha^2;
    db/dt >= alpha^2 e^(-2 alpha^2 b)/2, so b >= log(1 + alpha^4 T/2)/(2 alpha^2) >= 1/(2 alpha^2) from T/2 on;
    dc/dt >= (alpha/e)(c + 1/(4 alpha^2)), so B(T) >= alpha c^2 >= (e^(alpha T/(2e)) - 1)^2/(16 alpha^3) =: low(alpha).
    The three hypotheses and low(alpha) > 1 are checked at alpha = 5; alpha^2 and alpha^4 grow, and so does low, since
    d log low/d alpha >= T/e - 3/alpha > 0.  Hence B exceeds 1 in [0, T] after all.
    """
    _check_start(CUBIC, 3)
    slopes = [Add(*(f.diff(v) for f in CUBIC)) for v in (A, B, C)]
    if not all(c > 0 for s in slopes for c in s.expand().as_coefficients_dict().values()):
        raise ValueError("a, b, c might decrease")
    horizon, alpha = 6, 5
    with ctx.workprec(BITS):
        e = arb(1).exp()
        hypotheses = (
            6 * horizon / e <= alpha**2,
            arb(1 + fmpq(alpha**4 * horizon, 2)).log() >= 1,
            ((alpha * horizon / (2 * e)).exp() - 1) ** 2 / (16 * alpha**3) > 1,
            horizon / e > arb(3) / alpha,
        )
    if not all(hypotheses):
        raise ValueError("the estimates of the counterexample fail")
    return Integer(1)


def squared_gap() -> Expr:
    """A lower bound of sup_t |F - Fbar| for the squared loss, F = (a b, b c) from alpha (1, 0, 0), each alpha.

    Labels 1.  Fbar_2 = 0.  a^2 + c^2 - b^2 is conserved and ab, bc are bounded by the loss, so the flow is bounded and
    converges (Lojasiewicz) to a stationary point; the only ones with a loss below that of b = 0 have b c = 1.
    """
    _check_start(QUADRATIC, 2)
    law = A**2 + C**2 - B**2
    for f in QUADRATIC:
        if Add(*(law.diff(v) * f.diff(v) for v in (A, B, C))).expand() != 0:
            raise ValueError("the law is not conserved")
    loss = Add(*((1 - f) ** 2 for f in QUADRATIC)) / 4
    stationary = solve([loss.diff(v) for v in (A, B, C)], [A, B, C], dict=True)
    limits = [
        tuple(f.subs(p).simplify() for f in QUADRATIC) for p in stationary if loss.subs(p).simplify() != loss.subs(B, 0)
    ]
    if loss.subs(B, 0) != Rational(1, 2) or set(limits) != {(Integer(1), Integer(1))}:
        raise ValueError(f"other limits: {limits}")
    return Integer(1)


def vanishing_scale() -> Expr:
    """An upper bound of |F(u/|u|)| at time t for one data point x = 1, D = 2: F(u)/|u|^2.

    d|u|^2/dt = 4 w e^-w <= 4/e and the kernel is M = 4 |u|^2, so
    e^w <= 1 + int M <= 1 + 4t (2 alpha^2 + 4t/e), 4/e < 2; |u|^2 = sqrt(w^2 + 4 alpha^4) >= 2 alpha^2.
    """
    alpha, t = N("alpha"), N("t")
    return log(1 + 4 * t * (2 * alpha**2 + 2 * t)) / (2 * alpha**2)


def horizon_in_kernel_time(depth: int) -> Compute:
    """With u = alpha v, dv/dt = alpha^(2D-2) times the flow of Chizat et al. at scale alpha^D: tau = alpha^(2D-2) t.

    du/dt = -DF(u)^T g with DF(alpha v) = alpha^(D-1) DF(v), while theirs is dv/dtau = -alpha^-D DF(v)^T g.
    """

    def compute() -> Expr:
        alpha, v = N("alpha"), Symbol("v", positive=True)
        f = v**depth
        ours = (f.diff(v)).subs(v, alpha * v) / alpha
        theirs = f.diff(v) / alpha**depth
        return (ours / theirs).simplify() * N("T")

    return compute


# -- the printed data ---------------------------------------------------------------------------------


def rational(value: fmpq) -> Rational:
    """The same number for SymPy."""
    return Rational(int(value.p), int(value.q))


def local_minimum_gap() -> Expr:
    """sum |w_i|^(2/3) at (5/2, 0, 0) minus that at (0, 2, 0), both feasible for the second data set; rounded down."""
    rows = signed_rows(load_data("three-points-b"))
    with ctx.workprec(BITS):
        gap = quasi_norm((fmpq(5, 2), fmpq(0), fmpq(0)), fmpq(2, 3)) - quasi_norm(
            (fmpq(0), fmpq(2), fmpq(0)), fmpq(2, 3)
        )
        if min(*margins(rows, (fmpq(5, 2), fmpq(0), fmpq(0))), *margins(rows, (fmpq(0), fmpq(2), fmpq(0)))) < 1:
            raise ValueError("a point is not feasible")
        return Rational(int((gap.lower() * 10**9).floor().unique_fmpz() or 0), 10**9)


def least_multiplier(name: str, depth: int, vertex_index: int, side: str) -> Compute:
    """The smallest KKT multiplier of min |u|_2 at a vertex of the l1 max-margin predictors, rounded to be a bound.

    `side` "least" rounds down, "most" rounds up.
    """

    def compute() -> Expr:
        rows = signed_rows(load_data(name))
        found = stationary_multipliers(rows, least_l1(rows)[1][vertex_index], depth)
        if found is None:
            raise ComputationError("the multipliers are not determined")
        smallest = min(found.values(), key=lambda v: float(v.mid()))
        if side == "most":
            return Rational(int((smallest.upper() * 10**6).ceil().unique_fmpz() or 0), 10**6)
        if not all(v >= smallest.lower() for v in found.values()):
            raise ComputationError("two multipliers cannot be told apart")
        return Rational(int((smallest.lower() * 10**6).floor().unique_fmpz() or 0), 10**6)

    return compute


def vertex(w: tuple[int, ...]) -> list[arb]:
    """Integers as balls."""
    return [arb(e) for e in w]
