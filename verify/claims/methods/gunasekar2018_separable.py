"""Quantities of Gunasekar et al. 2018, sections 2.4 to 4: steepest descent, classification, AdaGrad, matrices.

As in `gunasekar2018_quantities`, each function returns the meaning of the names of a printed formula.
"""

from sympy import Add, Expr, Integer, Matrix, Rational, Symbol, diff, exp, solve, sqrt, symbols, trace

from verify.claims.methods.gunasekar2018_quantities import Meaning, N, fixed

# -- steepest descent ---------------------------------------------------------------------------------


def quarter_norm_step() -> Meaning:
    """argmin_v <g, v> + |v|^2/2 in l_{4/3}, two entries, for g = -(g1, g2) < 0, v = move > 0, dual norm l_4.

    Stationarity of the norm: |v|^(2/3) v_i^(1/3) = g_i.
    """
    g1, g2 = N("g1"), N("g2")
    four = sqrt(g1**4 + g2**4)  # |g|_4^2
    v1, v2 = (g**3 / four for g in (g1, g2))
    p = Rational(4, 3)
    # v_i^p = g_i^4 |g|_4^(-2p), written without roots of sums
    norm = (g1**4 + g2**4) / four**p
    size = norm ** Rational(3, 2)
    return fixed({"move1": v1, "move2": v2, "pairing": v1 * g1 + v2 * g2, "moved": size, "dual": four})


def coordinate_step() -> Meaning:
    """argmin_v <g, v> + |v|_1^2/2 for |g1| > |g2|: v = (v1, 0), the stationary point of g1 v + v^2/2."""
    v = Symbol("v")
    return fixed({"move": solve((N("l1") * v + v**2 / 2).diff(v), v)[0]})


def subgradient() -> Meaning:
    """The only subgradients at the Euclidean step v = -g of |v|^2 and of |v|^2/2, one entry."""
    v, g = Symbol("v"), N("g")
    step = solve((g * v + v**2 / 2).diff(v), v)[0]
    return fixed({"whole": (v**2).diff(v).subs(v, step), "half": (v**2 / 2).diff(v).subs(v, step)})


def path_direction() -> Meaning:
    """argmin over |w|_2 <= c of sum l(<w, x_n>), x = (2, 0), (0, 1), l(u) = 1/(1 + u): the cube of w_2/w_1, c -> oo.

    Stationarity on the sphere: x_n l'(m_n)/w_n is the same for both; l'(m) ~ -1/m^2 for large m.
    """
    a, t, r = symbols("a t r", positive=True)
    slope = diff(1 / (1 + a), a)
    equal = 2 * slope.subs(a, 2 * r) / r / (slope.subs(a, t * r) / (t * r))
    leading = [e.expand().as_poly(r).LC() for e in equal.together().as_numer_denom()]
    return fixed({"cube": solve(leading[0] / leading[1] - 1, t)[0] ** 3})


# -- AdaGrad and matrices -----------------------------------------------------------------------------


def adagrad_ratio(extra: bool) -> Meaning:
    """One sample x = (1, 2): the ratio of the two entries of a step, with S = sum of e^(-2m) so far.

    G_ii = S x_i^2, plus c in both entries where G starts with an `extra` c.
    """
    x, start = (Integer(1), Integer(2)), N("c") if extra else Integer(0)
    move = [v / sqrt(start + N("S") * v**2) for v in x]
    return fixed({"ratio": move[0] / move[1]})


def lifted(factor: Expr) -> Meaning:
    """<U~ U~^T, X~> for X~ = factor [[0, X], [X^T, 0]], U~ = (U; V), 2 x 2, and <U V^T, X>."""
    u, v, x = (Matrix(2, 2, lambda i, j, n=n: N(f"{n}{i}{j}")) for n in "uvx")
    big = Matrix.vstack(u, v)
    data = factor * Matrix(2, 2, lambda i, j: 0).row_join(x).col_join(x.T.row_join(Matrix(2, 2, lambda i, j: 0)))
    return fixed({"lifted": trace(data * big * big.T).expand(), "pairing": trace(x.T * u * v.T).expand()})


def factorized_step() -> Meaning:
    """The (0, 0) entry of (U - eta grad)(U - eta grad)^T for L(U) = L(U U^T), and of G W + W G, G W G; 2 x 2."""
    u = Matrix(2, 2, lambda i, j: N(f"u{i}{j}"))
    g = Matrix([[N("g11"), N("g12")], [N("g12"), N("g22")]])
    gradient = Matrix(2, 2, lambda i, j: trace(g * u * u.T).diff(u[i, j]))  # L linear: grad L(W) = G
    after = u - N("eta") * gradient
    w = u * u.T
    return fixed({
        "after": (after * after.T)[0, 0].expand(),
        "w": w[0, 0].expand(),
        "anti": (g * w + w * g)[0, 0].expand(),
        "sandwich": (g * w * g)[0, 0].expand(),
    })  # fmt: skip


def exponential_slope() -> Meaning:
    """dL/dw_1 of two samples in two dimensions, L = sum exp(-y_n <w, x_n>), at w = g wbar + rho."""
    w = symbols("w1 w2", real=True)
    x = ((N("x11"), N("x12")), (N("x21"), N("x22")))
    y = (N("y1"), N("y2"))
    loss = Add(*(exp(-b * (w[0] * a[0] + w[1] * a[1])) for a, b in zip(x, y, strict=True)))
    at = {w[i]: N("g") * N(f"d{i + 1}") + N(f"rho{i + 1}") for i in range(2)}
    return fixed({"slope": loss.diff(w[0]).xreplace(at)})


def two_sample_loss() -> Meaning:
    """L(W) for two data matrices of the squared loss, in the two predictions p1, p2."""
    return fixed({"loss": (N("p1") - N("y1")) ** 2 + (N("p2") - N("y2")) ** 2})


def exponential_slopes_in_prediction() -> Meaning:
    """d/du of exp(-u y) at y = -1, and the derivative in the margin m = u y."""
    u, y, m = symbols("u y m")
    return fixed({
        "slope": exp(-u * y).diff(u).subs(y, -1).subs(u, N("prediction")),
        "marginslope": exp(-m).diff(m).subs(m, N("prediction")),
    })  # fmt: skip


def pairing_with_separator() -> Meaning:
    """-<grad L, u> and L for two samples with losses e1, e2 and margins gam + k1, gam + k2 under u."""
    losses, excess = (N("e1"), N("e2")), (N("k1"), N("k2"))
    pairing = Add(*(e * (N("gam") + k) for e, k in zip(losses, excess, strict=True)))
    return fixed({"pairing": pairing.expand(), "L": sum(losses)})


def share_of_others() -> Meaning:
    """Lemma 8: log of the ratio of the weight of a sample off the least margin to one on it.

    w = g wbar + rho; the margins under wbar differ by d.  delta = d g and the two terms of rho, at worst e and
    f, together at most delta/4: delta = 4 (e + f + k).
    """
    delta = 4 * (N("e") + N("f") + N("k"))
    return fixed({"logshare": -delta + N("e") + N("f"), "delta": delta})


def saddle() -> Meaning:
    """L(s^2 W) for L = sum (<W, X_n> - y_n)^2, two samples, at a W with <W, X_n> = y_n, over L(0)."""
    loss = Add(*((N("s") ** 2 * y - y) ** 2 for y in (N("y1"), N("y2"))))
    return fixed({"relative": (loss / loss.subs(N("s"), 0)).cancel().factor()})
