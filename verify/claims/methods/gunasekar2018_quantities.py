"""Quantities of Gunasekar et al. 2018 from first principles: losses with a unique finite root.

Each function returns the meaning of one or several names of a printed formula (`Identity.means`).
"""

from collections.abc import Callable

from sympy import (
    Add,
    Expr,
    Function,
    Integer,
    Matrix,
    Rational,
    Symbol,
    diff,
    exp,
    expand_log,
    log,
    solve,
    symbols,
)

from verify.claims.reading import Names

N = Names(positive=("a", "b", "w", "v1", "v2", "g1", "g2", "c", "m", "S", "u", "lam"))
Meaning = dict[str, Callable[[], Expr]]


def fixed(values: dict[str, Expr]) -> Meaning:
    """Names with values that are already computed."""
    return {name: (lambda v=value: v) for name, value in values.items()}


# -- losses with a unique finite root -----------------------------------------------------------------


def squared_slope() -> Meaning:
    """The first two entries of grad L, L = sum over two samples of l(<w, x_n>, y_n), l(u, y) = (u - y)^2."""
    w = symbols("w1 w2", real=True)
    samples = [((N("x11"), N("x12")), N("y1")), ((N("x21"), N("x22")), N("y2"))]
    residuals = [sum(a * b for a, b in zip(w, x, strict=True)) - y for x, y in samples]
    loss = sum(r**2 for r in residuals)
    named = {"r1": residuals[0], "r2": residuals[1]}
    return fixed({"slope1": diff(loss, w[0]), "slope2": diff(loss, w[1])} | named)


def span_limit() -> Meaning:
    """x = (1, 2), y = 1, from (p, q): the global minimum in (p, q) + span(x), and the one closest to (p, q)."""
    p, q, s = N("p"), N("q"), Symbol("s")
    in_span = [p + s, q + 2 * s]
    in_span = [e.subs(s, solve(in_span[0] + 2 * in_span[1] - 1, s)[0]) for e in in_span]
    on_line = [1 - 2 * s, s]  # all of G
    distance = (on_line[0] - p) ** 2 + (on_line[1] - q) ** 2
    closest = [e.subs(s, solve(distance.diff(s), s)[0]) for e in on_line]
    return fixed({"limit1": in_span[0], "limit2": in_span[1], "closest1": closest[0], "closest2": closest[1]})


def momentum_step(look_ahead: str) -> Meaning:
    """Nesterov's point v = w + beta (w - wp) and step from v, or Polyak's: L = k w^2/2."""
    w, wp, beta, eta, k = (N(n) for n in ("w", "wp", "beta", "eta", "k"))
    ahead = w + beta * (w - wp)
    gradient_at = ahead if look_ahead == "nesterov" else w
    return fixed({"next": ahead - eta * k * gradient_at})


def mirror_step() -> Meaning:
    """The dual variable of argmin_w eta w g + D(w, w0) for the entropy, D from its definition."""
    w, w0, eta, g = (Symbol(n, positive=True) for n in ("w", "v1", "eta", "g"))
    objective = eta * w * g + _bregman(_entropy, w, w0)
    dual = expand_log(log(solve(objective.diff(w), w)[0]))
    return {"dual": lambda: dual.xreplace({eta: N("eta"), g: N("g"), w0: N("v1")})}


def mirror_step_difference() -> Expr:
    """Delta z = psi'(w) - psi'(v1) for the entropy."""
    w = Symbol("w", positive=True)
    slope = _entropy(w).diff(w)
    return slope.xreplace({w: N("w")}) - slope.xreplace({w: N("v1")})


def _entropy(w: Expr) -> Expr:
    return w * log(w) - w


def _bregman(psi: Callable[[Expr], Expr], w: Expr, v: Symbol) -> Expr:
    return psi(w) - psi(v) - diff(psi(v), v) * (w - v)


def entropy_curvature_at(where: Callable[[Expr], Expr]) -> Meaning:
    """psi'' for psi = w log w - w at a point that may depend on m."""
    w = Symbol("w", positive=True)
    return {"curvature": lambda: _entropy(w).diff(w, 2).xreplace({w: where(N("m"))})}


def quarter_norm_hessian() -> Meaning:
    """First entry and determinant (times b^2) of the Hessian of |w|_p^2/2 minus (p - 1) I, p = 4/3, at (1, b^3)."""
    w1, w2 = symbols("w1 w2", positive=True)
    third = Rational(1, 3)
    psi = (w1 ** (4 * third) + w2 ** (4 * third)) ** Rational(3, 2) / 2
    point = {w1: Integer(1), w2: N("b") ** 3}
    h = [[psi.diff(u, v).xreplace(point) for v in (w1, w2)] for u in (w1, w2)]
    det = (h[0][0] - third) * (h[1][1] - third) - h[0][1] ** 2
    return {"first": lambda: h[0][0] - third, "det": lambda: (det * N("b") ** 2).expand()}


def quarter_norm_slope() -> Meaning:
    """The second derivative of |w|_{4/3}^2/2 in w2 at (1, s), s = 1/(27 m^(3/2)), as a function of m >= 1."""
    w2 = Symbol("w2", positive=True)
    psi = (1 + w2 ** Rational(4, 3)) ** Rational(3, 2) / 2
    point = 1 / (27 * N("m") ** Rational(3, 2))
    return {"curvature": lambda: psi.diff(w2, 2).xreplace({w2: point})}


def bregman_split(constraint: bool) -> Meaning:
    """D(w, w0), D(winf, w0) and D(w, winf) for any potential, given as the numbers psi and vectors grad psi.

    d = 3, two vectors s1, s2: the samples, or a sample and a row of the affine constraint.  What the mirror
    step gives is grad psi(winf) = grad psi(w0) + a s1 + c s2; w - winf is orthogonal to s1 and s2.
    """
    rows = ("x", "h") if constraint else ("x", "z")
    s1, s2 = (Matrix([N(f"{row}{i}") for i in range(3)]) for row in rows)
    w0, winf, p0 = (Matrix([N(f"{name}{i}") for i in range(3)]) for name in ("start", "limit", "p"))
    w = winf + N("t") * s1.cross(s2)
    pinf = p0 + N("aa") * s1 + N("cc") * s2
    psi, psi0, psi_inf = N("psi"), N("psi0"), N("psiinf")
    return fixed({
        "D": (psi - psi0 - p0.dot(w - w0)).expand(),
        "Dinf": (psi_inf - psi0 - p0.dot(winf - w0)).expand(),
        "Drest": (psi - psi_inf - pinf.dot(w - winf)).expand(),
    })  # fmt: skip


def dual_momentum() -> Meaning:
    """Dual iterates z_{-1} = p + a0 x, z_0 = p + a1 x, then one step with momentum; the gradient is k x."""
    p, x = (Matrix([N(f"{name}{i}") for i in range(2)]) for name in ("p", "x"))
    before, now = p + N("a0") * x, p + N("a1") * x
    following = now + N("beta") * (now - before) - N("eta") * N("k") * x
    coefficient = N("a1") + N("beta") * (N("a1") - N("a0")) - N("eta") * N("k")
    return fixed({"z0": following[0], "z1": following[1], "s": coefficient})


def primal_momentum() -> Meaning:
    """Example 2: how far the dual variable is off the data manifold after the momentum step.

    grad psi(w0) = 0 at w0 = (1, 1), so the first step multiplies by (q, q^2); on the manifold w_2 = w_1^2.
    """
    q, beta = N("q"), N("beta")
    first, second = q + beta * (q - 1), q**2 + beta * (q**2 - 1)
    return fixed({"off": second - first**2})


def natural_step() -> Meaning:
    """Example 3: w(1) = w(0) - eta w(0) grad L(w(0)) from (1, 1), x = (1, 2), y = 1, and its w_2 - w_1^2."""
    w = symbols("w1 w2", positive=True)
    loss = (w[0] + 2 * w[1] - 1) ** 2
    at = dict.fromkeys(w, Integer(1))
    curvature = [_entropy(v).diff(v, 2) for v in w]
    after = [(v - N("eta") * loss.diff(v) / c).xreplace(at) for v, c in zip(w, curvature, strict=True)]
    return fixed({"first": after[0], "second": after[1], "off": after[1] - after[0] ** 2})


def chain_rule() -> Meaning:
    """dw/dt, where d psi'(w)/dt = -l with psi the entropy."""
    t = Symbol("t")
    w = Function("w")(t)
    rate, slope = symbols("rate slope")
    equation = diff(log(w), t).subs(w.diff(t), rate) + slope
    found = solve(equation, rate)[0].subs(w, N("w")).subs(slope, N("l"))
    return fixed({"velocity": found})


def mirror_minus_natural() -> Meaning:
    """w exp(-eta g) - w (1 - eta g): a mirror step less a natural step, for the entropy at w = 1."""
    eta, g = N("eta"), N("g")
    return fixed({"gap": exp(-eta * g) - (1 - eta * g)})


def quadratic_steps() -> Meaning:
    """Natural gradient, mirror and steepest step for psi = w^T D w/2, D diagonal (d1, d2): first entries."""
    w, v = N("w1"), N("v1")
    natural = w - N("eta") * N("l1") / N("d1")
    mirror = solve(N("d1") * v - (N("d1") * w - N("eta") * N("l1")), v)[0]
    move = solve((N("l1") * v + N("d1") * v**2 / 2).diff(v), v)[0]
    return fixed({"natural": natural, "mirror": mirror, "steepest": w + N("eta") * move})


def bernoulli() -> Meaning:
    """P = (s, 1 - s), s = 1/(1 + e^-w): the Fisher information, and the Hessian in w of sum P log P - P."""
    w = N("w")
    s = 1 / (1 + exp(-w))
    p = (s, 1 - s)
    information = Add(*((log(v).diff(w)) ** 2 * v for v in p))
    hessian = Add(*(_entropy(v) for v in p)).diff(w, 2)
    pulled = Add(*(v.diff(w) ** 2 / v for v in p))
    return fixed({"metric": information, "hessian": hessian, "pulled": pulled})


def entropy_minimum() -> Meaning:
    """Where w log w - w is least, and the value of the sum over two entries there."""
    w = Symbol("w", positive=True)
    at = solve(_entropy(w).diff(w), w)[0]
    return fixed({"value": 2 * _entropy(at), "place": at})


def simplex_limit() -> Meaning:
    """x = (1, 2, 3), y = 17/7: from the uniform start the limit is proportional to (t, t^2, t^3), sum 1: t = 2.

    Its gradients log w_i + 1 of sum w log w.
    """
    t = Symbol("t", positive=True)
    found = solve(Rational(17, 7) * (t + t**2 + t**3) - (t + 2 * t**2 + 3 * t**3), t)
    root = found[0]
    weights = [root**k / (root + root**2 + root**3) for k in (1, 2, 3)]
    return fixed({f"dual{k}": expand_log(log(v), factor=True) + 1 for k, v in enumerate(weights, start=1)})


def huber() -> Meaning:
    """Huber's loss with threshold c > 0 at a residual c + k beyond it, from its two pieces glued with equal slope."""
    z = Symbol("z")
    c = N("c")
    inner = z**2 / 2
    outer = inner.subs(z, c) + inner.diff(z).subs(z, c) * (z - c)
    return fixed({"loss": outer.subs(z, c + N("k")).expand()})
