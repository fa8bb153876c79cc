"""Quantities of Azulay et al. 2021, sections 7 and 8: limits of scale and shape, and the leaky ReLU neuron.

A limit is made a limit e -> 0+ of something analytic in e (`methods.leading`).  For the neuron rho = |a(0)|/|w(0)|,
s = (rho - 1)/(rho + 1), alpha = |a(0)| |w(0)| = |beta(0)|, delta = alpha (rho - 1/rho); the direction of w(0) is
t = ((1 - p^2)/(1 + p^2), 2 p/(1 + p^2)).  The gradient of the regularizer is 3/2 (w - w(0)), w = |w| beta/|beta|.
"""

from sympy import Expr, Integer, Rational, asinh, log, sqrt

from derive.exact.identity import is_identity
from verify.claims.methods.azulay2021_neurons import length
from verify.claims.methods.azulay2021_quantities import Meaning, N, fixed

DIRECTION = ((1 - N("p") ** 2) / (1 + N("p") ** 2), 2 * N("p") / (1 + N("p") ** 2))


# -- section 7.1 --------------------------------------------------------------------------------------


def diagonal_shape() -> Meaning:
    """sqrt(k) = 2(u^2 + v^2), s, alpha and alpha/(1 - s^2), for u, v > 0."""
    u, v = N("u"), N("v")
    s = ((v / u - 1) / (v / u + 1)).cancel()
    return fixed({"rootk": 2 * (u**2 + v**2), "s": s, "alpha": u * v, "khat": u * v / (1 - s**2)})


def wide_start() -> Meaning:
    """eps q_k(x) for (u, v) replaced by (u, v)/sqrt(eps): the potential, times the size of k, as eps -> 0.

    q_k(x) is the integral of asinh(z/c)/2, c = u^2 + v^2: (x asinh(x/c) - sqrt(x^2 + c^2) + c)/2.
    """
    x, c, eps = N("x"), N("u") ** 2 + N("v") ** 2, N("eps")
    return fixed({"Q": (eps * x * asinh(x * eps / c) - sqrt(x**2 * eps**2 + c**2) + c) / 2})


def kernel_norm() -> Expr:
    """x^2/M(0), M = u+^2 + v+^2 + u-^2 + v-^2: the squared norm of x in the start's tangent kernel space."""
    return N("x") ** 2 / (2 * (N("u") ** 2 + N("v") ** 2))


def narrow_start() -> Meaning:
    """q_k(x), x > 0, with eps = sqrt(k) and the symbol ell for log(1/eps); asinh z = log(z + sqrt(1 + z^2))."""
    x, eps, ell = N("x"), N("eps"), N("ell")
    root = sqrt(eps**2 + 4 * x**2)
    rewritten = eps / 4 - root / 4 + x / 2 * (ell + log(2 * x + root))
    slope = rewritten.diff(x)
    plain = log(2 * x / eps + sqrt(1 + (2 * x / eps) ** 2)) / 2  # = asinh(2x/sqrt(k))/2, the slope of q_k
    if not is_identity((slope.xreplace({ell: -log(eps)}) - plain).diff(eps)):
        raise ValueError("the potential was rewritten wrongly")
    return fixed({"Q": rewritten})


def joint_paths() -> Meaning:
    """alpha/(1 - s^2) along alpha = c e, s = 1 - e, and alpha = c e^2; its inverse along 1 - s = e^2, alpha = c e;
    and sqrt(k) = 4 alpha (1 + s^2)/(1 - s^2) along the first."""
    c, e = N("b"), N("eps")

    def factor(alpha: Expr, s: Expr) -> Expr:
        return (alpha / (1 - s**2)).factor().cancel()

    first = factor(c * e, 1 - e)
    return fixed({
        "together": first, "alpha_first": factor(c * e**2, 1 - e),
        "shape_first": (1 / factor(c * e, 1 - e**2)).cancel(),
        "rootk": (4 * c * e * (1 + (1 - e) ** 2) / (1 - (1 - e) ** 2)).cancel(),
    })  # fmt: skip


def extreme_shape() -> Meaning:
    """1/sqrt(k) at s = 1 - eps and fixed alpha."""
    s = 1 - N("eps")
    return fixed({"inverse": (1 - s**2) / (4 * N("alpha") * (1 + s**2))})


# -- section 7.2 --------------------------------------------------------------------------------------


def _shape() -> Expr:
    return (N("rho") - 1) / (N("rho") + 1)


def neuron_shape() -> Meaning:
    """delta, alpha and s from a = |a(0)| and n = |w(0)|."""
    a, n = N("a"), N("n")
    return fixed({"delta": a**2 - n**2, "alpha": a * n, "s": ((a / n - 1) / (a / n + 1)).cancel()})


def small_neuron() -> Meaning:
    """The regularizer at x = |beta| and the linear term z, for alpha = eps^2 -> 0 at fixed rho.

    The regularizer is written a (a^2 - 3/2 delta), a^2 = sqrt(x^2 + delta^2/4) + delta/2: its derivative is 3/2 x/a.
    """
    x, delta = N("x"), N("eps") ** 2 * (N("rho") - 1 / N("rho"))
    square = sqrt(x**2 + delta**2 / 4) + delta / 2
    start = -Rational(3, 2) * N("eps") / sqrt(N("rho"))  # |w(0)| = sqrt(alpha/rho)
    return fixed({"qhat": sqrt(square) * (square - 3 * delta / 2)} | {
        f"z{i + 1}": start * t for i, t in enumerate(DIRECTION)})  # fmt: skip


def potential_slope() -> Meaning:
    """The derivative of |a| (a^2 - 3/2 delta) in x, with a^2 = sqrt(x^2 + delta^2/4) + delta/2, and |w|."""
    x, delta = N("x"), N("delta")
    square = sqrt(x**2 + delta**2 / 4) + delta / 2
    slope = (sqrt(square) * (square - 3 * delta / 2)).diff(x)
    return fixed({"slope": slope, "a": sqrt(square), "w": length(x, delta)})


def large_neuron() -> tuple[Expr, ...]:
    """The coefficient of eps in sqrt(eps) (w - w(0)) at beta = beta(0) + (e1, e2), alpha = 1/eps, fixed rho.

    eps^2 |beta|^2 = 1 + 2 eps t.e + eps^2 |e|^2, and 1 + (rho - 1/rho)^2/4 = (rho + 1/rho)^2/4.
    """
    e, eps, rho = (N("e1"), N("e2")), N("eps"), N("rho")
    along = sum(t * s for t, s in zip(DIRECTION, e, strict=True))
    root = sqrt((rho + 1 / rho) ** 2 / 4 + 2 * eps * along + eps**2 * (e[0] ** 2 + e[1] ** 2))
    scale = sqrt(root + (rho - 1 / rho) / 2)  # sqrt(eps) a
    gaps = [(t + eps * s) / scale - t / sqrt(rho) for t, s in zip(DIRECTION, e, strict=True)]
    return tuple(g.diff(eps).xreplace({eps: Integer(0)}).simplify() for g in gaps)


def shape_to_one() -> Meaning:
    """(w - w(0))/sqrt(eps) itself: a^2 = (sqrt(eps^2 |beta|^2 + alpha^2 (1 - eps^2)^2/4) + alpha (1 - eps^2)/2)/eps."""
    alpha, eps, e = N("alpha"), N("eps"), (N("e1"), N("e2"))
    half = alpha * (1 - eps**2) / 2
    scale = sqrt(sqrt(eps**2 * (e[0] ** 2 + e[1] ** 2) + half**2) + half)
    values = {f"d{i + 1}": s / scale - t * sqrt(alpha) for i, (s, t) in enumerate(zip(e, DIRECTION, strict=True))}
    return fixed(values | {f"u{i + 1}": t for i, t in enumerate(DIRECTION)})


def named_shape() -> Meaning:
    """s, t1, t2 (the paper's u) in rho and p."""
    return fixed({"s": _shape(), "u1": DIRECTION[0], "u2": DIRECTION[1]})


def start_kernel() -> Meaning:
    """K = a(0)^2 I + w(0) w(0)^T, with |a(0)|^2 = alpha rho, |w(0)|^2 = alpha/rho."""
    alpha, rho, t = N("alpha"), N("rho"), DIRECTION
    pairs = ((0, 0), (0, 1), (1, 1))
    entry = {f"K{i + 1}{j + 1}": alpha * rho * int(i == j) + alpha / rho * t[i] * t[j] for i, j in pairs}
    return fixed(entry) | named_shape()


def large_limit() -> Meaning:
    """One sample x = (1, 0), alpha = 1/eps -> oo, w(0) along (c, p), rho = 1 + b > 1: the end of the flow, exactly.

    w_2 stays, a^2 = delta + w_1^2 + w_2^2, and a w_1 = y at the end.  With A = eps a^2 and eps w_2^2 = p^2/rho:
    A^2 - A (rho - c^2/rho) = eps^2 y^2.  `off` is eps beta_2(oo) = sqrt(A) p/sqrt(rho), `kernel` is A/rho, the
    ratio a(oo)^2/a(0)^2.  The loss goes to zero, since a^2 >= delta + w_2^2 > 0.  c^2 = x^2/(1 + x^2).
    """
    eps, b, y, x2 = N("eps"), N("b"), N("y"), N("x") ** 2
    rho = 1 + b
    drift = (b * (2 + b) + 1 / (1 + x2)) / rho  # rho - c^2/rho
    square = drift / 2 + sqrt(drift**2 / 4 + eps**2 * y**2)
    p = 1 / sqrt(1 + x2)
    return fixed({"off": sqrt(square) * p / sqrt(rho), "kernel": square / rho, "p": p, "c": N("x") * p,
                  "s": b / (2 + b), "rho": rho})  # fmt: skip


def quiet_limit() -> Meaning:
    """beta(oo) - beta(0), one sample x = (1, 0), w(0) = (0, |w(0)|) so that the first output is 0, alpha = 1/eps.

    a^2 = (alpha rho + sqrt(alpha^2 rho^2 + 4 y^2))/2 (from a^2 - w_1^2 = a(0)^2 and a w_1 = y), w_2 stays; so
    beta_2(oo) - beta_2(0) = (a - a(0)) |w(0)| = (a/a(0) - 1) alpha.
    """
    eps, rho, y = N("eps"), N("rho"), N("y")
    ratio = sqrt((1 + sqrt(1 + 4 * y**2 * eps**2 / rho**2)) / 2)
    # (ratio - 1)/eps = (ratio^2 - 1)/(eps (ratio + 1)), and ratio^2 - 1 = (sqrt(...) - 1)/2 likewise
    inner = 4 * y**2 * eps / rho**2 / (sqrt(1 + 4 * y**2 * eps**2 / rho**2) + 1)
    return fixed({"d1": y, "d2": inner / 2 / (ratio + 1)})


# -- section 8 ----------------------------------------------------------------------------------------


def leaky(z: Expr, rho: Expr, positive: bool) -> Expr:
    """max(z, rho z), rho <= 1, on z > 0 or on z < 0."""
    return z if positive else rho * z


def relu_rates() -> Meaning:
    """da and dw of L = (y - a sigma(w x))^2/2 on each side of the kink, slope h of sigma there; one sample."""
    a, w, x, y, h = N("a"), N("w"), N("x1"), N("y1"), N("h")
    loss = (y - a * h * w * x) ** 2 / 2
    return fixed({"da": -loss.diff(a), "dw": -loss.diff(w)})


def relu_labels() -> Meaning:
    """-sigma(-z) at z = -sigma^-1(-label), for labels y > 0 and -y, slope rho <= 1 on z < 0."""
    y, rho = N("y"), N("rho")
    for_plus = -(-y / rho)  # sigma^-1(-y) = -y/rho
    for_minus = -y  # sigma^-1(y) = y
    return fixed({"plus": -leaky(-for_plus, rho, False), "minus": -leaky(-for_minus, rho, True)})


def relu_counterexample() -> Meaning:
    """One coordinate, x = 1, label y > 0, slope rho = 1/(1 + b), a(0) > 0 and beta(0) = y/rho; any delta >= 0.

    Flow: a > 0 for ever, beta > 0, f = sigma(beta) = beta, d beta/dt = (a^2 + w^2)(y - beta): `limit` is y.
    Feasible are beta = y with a > 0 (`same`), and beta = y/rho with a < 0, where -sigma(-beta) = rho beta = y.
    The regularizer is strictly convex with its minimum at beta(0) = y/rho, so over both signs it takes y/rho (`both`).
    """
    y = N("y")
    return fixed({"limit": y, "same": y, "both": y * (1 + N("b"))})
