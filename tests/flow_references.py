"""References that share no code with the toolkit: plain mpmath, equations written out by hand.

Everything here is derived from the definitions dw/dt = -J^T grad L and L = average of the losses:

* diagonal, depth D: beta_i = p_i^D - m_i^D, so  p_i' = D p_i^(D-1) v_i,  m_i' = -D m_i^(D-1) v_i  with
  v = -grad_beta L;  for the exponential loss v = (1/N) sum_n x_n exp(-x_n . beta).
* with s(t) = int_0^t v the equations for p and m separate:  D = 2: p = alpha e^(2s), m = alpha e^(-2s), so
  beta = 2 alpha^2 sinh(4s);  D = 3: 1/p = 1/alpha - 3s, 1/m = 1/alpha + 3s.  s lies in the row span of X.
* untied, u+ v+ - u- v- from alpha: u+ = v+ = alpha e^s, u- = v- = alpha e^(-s), so beta = 2 alpha^2 sinh(2s).
"""

from collections.abc import Callable, Sequence
from fractions import Fraction

from flint import arb
from mpmath import MPContext

THREE_POINTS_B = (("0.6", "0.7", "0.1"), ("0.4", "0.6", "0.6"), ("1", "0.5", "0.5"))  # Moroshko et al. 2020, Fig. 4
SPARSE_SMALL = (  # verify/datasets/sparse-small.csv, typed again; the right-hand side is its second column
    ("1", "2", "-1", "0.5", "1", "-2"),
    ("-1", "1", "2", "1", "-0.5", "1"),
    ("0.5", "-1", "1", "2", "1.5", "1"),
)
SPARSE_RIGHT = ("2", "1", "-1")


def context(digits: int) -> MPContext:
    """A private mpmath context: the global one is left alone."""
    mp = MPContext()
    mp.dps = digits
    return mp


def numbers(mp: MPContext, rows: Sequence[Sequence[str]]) -> list[list]:
    """Decimals as mpf, through exact fractions."""
    return [[mp.mpf(Fraction(e).numerator) / Fraction(e).denominator for e in row] for row in rows]


def mpf(mp: MPContext, value: arb):
    """The exact midpoint of a ball as an mpf (rounded to the context)."""
    mantissa, exponent = value.mid().man_exp()
    return mp.ldexp(mp.mpf(int(mantissa)), int(exponent))


def dot(a: Sequence, b: Sequence):
    """The scalar product."""
    return sum((x * y for x, y in zip(a, b, strict=True)), start=0)


def digits_shared(mp: MPContext, a, b) -> int:
    """Leading digits that two numbers share, relative to the larger one."""
    size = max(abs(a), abs(b))
    return 10**6 if a == b else int(mp.floor(-mp.log10(abs(a - b) / size)))


def row_residual(mp: MPContext, rows: Sequence[Sequence], gradient: Sequence):
    """min over lambda of |X^T lambda - gradient| / |gradient|: zero iff the gradient is in the row span."""
    gram = mp.matrix([[dot(a, b) for b in rows] for a in rows])
    multipliers = mp.lu_solve(gram, mp.matrix([dot(a, gradient) for a in rows]))
    rest = [g - sum(multipliers[n] * row[k] for n, row in enumerate(rows)) for k, g in enumerate(gradient)]
    return mp.sqrt(dot(rest, rest) / dot(gradient, gradient))


# -- depth 2 on one sample of the squared loss --------------------------------------------------------


def riccati(mp, alpha, x, y, rate):
    """t -> (p, m) for one coordinate of `p^2 - m^2` from alpha with beta' = rate * M * x (y - x beta).

    p = alpha sqrt(u), m = alpha / sqrt(u) (p m is conserved), beta = alpha^2 (u - 1/u).  p' = 2 p rate x (y - x beta)
    gives u' = 4 rate x (y u - alpha^2 x (u^2 - 1)) = -4 rate alpha^2 x^2 (u - b)(u - c), a Riccati equation with roots
    b, c = (y +- sqrt(y^2 + 4 alpha^4 x^2)) / (2 alpha^2 x): (u - c)/(b - u) = C e^{4 rate alpha^2 x^2 (b - c) t}.
    """
    root = mp.sqrt(y * y + 4 * alpha**4 * x * x)
    b, c = (y + root) / (2 * alpha**2 * x), (y - root) / (2 * alpha**2 * x)

    def at(t):
        e = (1 - c) / (b - 1) * mp.exp(4 * rate * alpha**2 * x * x * (b - c) * t)
        u = (c + e * b) / (1 + e)
        return alpha * mp.sqrt(u), alpha / mp.sqrt(u)

    return at


# -- a Taylor integrator of the plain equations in t ---------------------------------------------------


def _step_series(mp: MPContext, rows, depth: int, state, order: int) -> list[list]:
    """Taylor coefficients in t of (p_1.., m_1..) for the exponential loss, by recurrences."""
    d, count = len(rows[0]), len(rows)
    w = [[e] for e in state]
    powers = [[[e**k] for e in state] for k in range(depth + 1)]  # powers[k][i]: the series of w_i^k
    margins = [[dot(row, [powers[depth][i][0] - powers[depth][d + i][0] for i in range(d)])] for row in rows]
    decay = [[mp.exp(-m[0])] for m in margins]
    for k in range(order):
        v = [[sum(rows[n][i] * decay[n][j] for n in range(count)) / count for j in range(k + 1)] for i in range(d)]
        for i in range(2 * d):
            sign = 1 if i < d else -1
            product = sum(powers[depth - 1][i][j] * v[i % d][k - j] for j in range(k + 1))
            w[i].append(sign * depth * product / (k + 1))
            for q in range(1, depth + 1):
                term = sum(powers[q - 1][i][j] * w[i][k + 1 - j] for j in range(k + 2) if j < len(powers[q - 1][i]))
                powers[q][i].append(term)
            powers[0][i].append(mp.mpf(0))
        for n, row in enumerate(rows):
            margins[n].append(dot(row, [powers[depth][i][k + 1] - powers[depth][d + i][k + 1] for i in range(d)]))
            total = sum(-j * margins[n][j] * decay[n][k + 1 - j] for j in range(1, k + 2))
            decay[n].append(total / (k + 1))  # e' = -m' e
    return w


def _value(series: Sequence, h):
    total = series[-1] * 0
    for c in reversed(series):
        total = total * h + c
    return total


def diagonal_loss(mp: MPContext, rows, depth: int, state):
    """The averaged exponential loss of (p_1.., m_1..)."""
    d = len(rows[0])
    beta = [state[i] ** depth - state[d + i] ** depth for i in range(d)]
    return sum(mp.exp(-dot(row, beta)) for row in rows) / len(rows)


def taylor_flow(mp: MPContext, rows, depth: int, start, until, order: int = 34) -> tuple:
    """(t, state) where the exponential loss of the diagonal network has fallen to `until`.

    Steps of the plain equations in t; the step keeps the last two Taylor terms of every
    component below 1000 roundings of the context; the secant method on the last polynomial finds the crossing.
    """
    state, t, tolerance = list(start), mp.mpf(0), mp.mpf(10) ** (3 - mp.dps)
    while True:
        series = _step_series(mp, rows, depth, state, order)
        h = min(
            (tolerance * abs(s[0]) / (abs(s[k]) + mp.mpf(10) ** -300)) ** (mp.mpf(1) / k)
            for s in series
            for k in (order - 1, order)
        )
        ahead = [_value(s, h) for s in series]
        if diagonal_loss(mp, rows, depth, ahead) > until:
            state, t = ahead, t + h
            continue

        def excess(x, series=series):
            return mp.log(diagonal_loss(mp, rows, depth, [_value(s, x) for s in series]) / until)

        x = mp.findroot(excess, (h / 3, h), solver="secant", tol=mp.mpf(10) ** (8 - 2 * mp.dps))
        return t + x, [_value(s, x) for s in series]


# -- KKT systems, solved by mpmath ---------------------------------------------------------------------


def beta_of_dual(mp: MPContext, name: str, alpha) -> Callable:
    """s -> beta for one coordinate (see the docstring of this file)."""
    if name == "depth 2":
        return lambda s: 2 * alpha**2 * mp.sinh(4 * s)
    if name == "depth 3":
        return lambda s: (1 / alpha - 3 * s) ** -3 - (1 / alpha + 3 * s) ** -3
    if name == "untied":
        return lambda s: 2 * alpha**2 * mp.sinh(2 * s)
    raise ValueError(name)


def kkt(mp: MPContext, image: Callable, rows, right) -> tuple[list, list]:
    """(beta, nu) with beta = image(X^T nu) coordinate by coordinate and X beta = right, by mpmath.findroot.

    The right-hand side is approached in 8 steps, each Newton starting from the last solution.
    """
    count, d = len(rows), len(rows[0])

    def beta(nu):
        return [image(sum(nu[n] * rows[n][i] for n in range(count))) for i in range(d)]

    nu = [mp.mpf(0)] * count
    for k in range(1, 9):
        goal = [b * k / 8 for b in right]
        residual = lambda *nu, goal=goal: [dot(row, beta(nu)) - b for row, b in zip(rows, goal, strict=True)]
        tolerance = mp.mpf(10) ** (-8 if k < 8 else 10 - 2 * mp.dps)
        root = mp.findroot(residual, nu, tol=tolerance, maxsteps=60)
        nu = [root[n] for n in range(count)] if count > 1 else [root if not hasattr(root, "rows") else root[0]]
    return beta(nu), nu
