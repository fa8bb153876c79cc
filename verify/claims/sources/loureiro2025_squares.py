"""Sections 1 and 2 of Loureiro's notes: least squares, its gradient flow, and other descent algorithms."""

from sympy import Expr, Integer, Matrix, Rational, exp

from verify.claims.methods.conditional import Implies, OnSet, Order
from verify.claims.methods.identity import Identity, Inequality, Undecided
from verify.claims.methods.loureiro2025_quantities import (
    LEFT,
    RIGHT,
    N,
    data,
    flow_limit,
    hessian,
    iterates,
    kernel_vector,
    least_squares,
    mode,
    named,
    path,
    printed_path,
    ridge,
    risk,
    singular_data,
    singular_values,
    slope,
    texts,
    vector,
)
from verify.claims.record import Document, Formula, eq

claim = Document("loureiro2025")
REGIME = {"n": (Rational(1), Rational(5)), "d": (Rational(6), Rational(10))}
LITERATURE = "a statement about learned models or a result of the literature; no finite computation decides it"
NOTHING = "Nothing."

X22, X23, X12, X21 = data(2, 2), data(2, 3), data(1, 2), data(2, 1)
THETA2, THETA3, V2, Y2 = vector("theta", 2), vector("theta", 3), vector("v", 2), vector("y", 2)
DATA22 = singular_data(2)
_GRAM = X23 * X23.T * vector("c", 2)
KERNEL = named("k", lambda: kernel_vector(X23), 3)


def _norm2(a: Matrix) -> Expr:
    return a.dot(a)


def _interpolator() -> Matrix:
    """Any interpolator: theta_ols + c k, with k in the kernel."""
    return least_squares(2, 3) + N("c") * kernel_vector(X23)


def _ridge_limit() -> Matrix:
    """The ridge solution at lambda = 0, its factors of lambda cancelled."""
    return ridge(1, 3).applyfunc(lambda e: e.cancel().xreplace({N("lam"): Integer(0)}))


CLAIMS = (
    # -- 1, 2.1: least squares ---------------------------------------------------------------------------
    claim(
        "ridge-unique",
        "section 1, strictly convex problems",
        r"\text{ridge regression with } \lambda > 0 \text{ is strictly convex: its minimiser is unique}",
        eq("form", "((x11*v1 + x12*v2)**2 + (x21*v1 + x22*v2)**2)/2 + lam*(v1**2 + v2**2)"),
        Identity(
            names=N, means={"form": lambda: (V2.T * (hessian(X22) + N("lam") * Matrix([[1, 0], [0, 1]])) * V2)[0]}
        ),
        "The Hessian of R + lambda |theta|^2/2 as a quadratic form: squares plus lambda |v|^2, positive for v != 0.",
    ),
    claim(
        "different-interpolators",
        "section 1",
        r"\text{different algorithms converge to different interpolators with different generalisation}",
        eq("q", "1"),
        Undecided(reason=LITERATURE),
        NOTHING,
    ),
    claim(
        "hessian",
        "eq. (2.2)",
        r"\nabla^2 \hat R_n = \tfrac1n X^\top X",
        eq("h11, h12, h22", "(x11**2 + x21**2)/2, (x11*x12 + x21*x22)/2, (x12**2 + x22**2)/2"),
        Identity(
            names=N,
            means={f"h{i}{j}": (lambda i=i, j=j: hessian(X22)[i - 1, j - 1]) for i, j in ((1, 1), (1, 2), (2, 2))},
        ),
        "R differentiated twice, n = d = 2.",
    ),
    claim(
        "hessian-psd",
        "section 2.1, after eq. (2.2)",
        r"\hat\Sigma_n \text{ is positive semi-definite}",
        eq("form", "((x11*v1 + x12*v2 + x13*v3)**2 + (x21*v1 + x22*v2 + x23*v3)**2)/2"),
        Identity(names=N, means={"form": lambda: (vector("v", 3).T * hessian(X23) * vector("v", 3))[0]}),
        "Its quadratic form is a sum of squares, n = 2, d = 3.",
    ),
    claim(
        "strictly-convex",
        "section 2.1, after eq. (2.2)",
        r"n \ge d:\ X^\top X \text{ is positive-definite}",
        eq("det", "(x11*x22 - x12*x21)**2/4"),
        Identity(names=N, means={"det": lambda: hessian(X22).det()}),
        "det of the Hessian, n = d = 2: the square of det X, not zero for X of full rank.",
    ),
    claim(
        "not-strictly-convex",
        "section 2.1, after eq. (2.2)",
        r"n < d:\ \hat R_n \text{ is not strictly convex}",
        eq("1 + det", "1"),
        Identity(names=N, means={"det": lambda: hessian(X12).det()}),
        "det of the Hessian, n = 1, d = 2, vanishes for every X.",
    ),
    claim(
        "no-interpolator",
        "section 2.1, overdetermined regime",
        r"n > d:\ \text{interpolation is not possible},\ \hat R_n(\hat\theta_{ols}) > 0",
        Formula(left="2", relation=">", right="1"),
        Implies(
            conclusion=lambda: risk(X21, least_squares(2, 1)).cancel().as_numer_denom()[0].factor(),
            relation=">",
            points=({"x11": Integer(1), "x21": Integer(2), "y1": Integer(1), "y2": Integer(2)},),
        ),
        "n = 2, d = 1: the numerator of R at the least-squares solution, and data y = X theta.",
        corrected=(
            r"n > d,\ y \notin \mathrm{range}\, X:\ \hat R_n(\hat\theta_{ols}) > 0\quad (n = 2, d = 1)",
            Formula(left="(x11*y2 - x21*y1)**2", relation=">", right="0"),
        ),
        hypotheses="n = 2, d = 1",
        note="True for almost every y; an exactly linear teacher without noise is interpolated for every n.",
    ),
    claim(
        "ols-over",
        "eq. (2.3)",
        r"\hat\theta_{ols} = (X^\top X)^{-1} X^\top y,\ n \ge d",
        eq("theta1", "(x11*y1 + x21*y2)/(x11**2 + x21**2)"),
        Identity(names=N, means=named("theta", lambda: least_squares(2, 1), 1)),
        "The zero of grad R, n = 2, d = 1.",
    ),
    claim(
        "ols-square",
        "section 2.1, n = d",
        r"n = d:\ \hat\theta_{ols} = X^{-1} y",
        eq("theta1, theta2", "(x22*y1 - x12*y2)/(x11*x22 - x12*x21), (x11*y2 - x21*y1)/(x11*x22 - x12*x21)"),
        Identity(names=N, means=named("theta", lambda: least_squares(2, 2), 2)),
        "The zero of grad R against Cramer's rule, n = d = 2.",
    ),
    claim(
        "regime-name",
        "section 2.1, paragraph heading before eq. (2.4)",
        r"\text{Overdetermined regime } (n < d)\text{: more equations than variables}",
        Formula(left="n", relation=">", right="d"),
        Inequality(names=N, box=REGIME),
        "`Overdetermined` (two paragraphs above: more equations than variables) compared with n < d.",
        corrected=(r"\text{Underdetermined regime } (n < d)", Formula(left="n", relation="<", right="d")),
        note="A wrong word. Sections 2 and 2.2 also call both d > n and n >= d `overspecified`.",
    ),
    claim(
        "ols-under",
        "eq. (2.4)",
        r"\hat\theta_{ols} = X^\top (X X)^{-1} y,\ n \le d",
        eq("theta1, theta2", texts(X22.T * (X22 * X22).LUsolve(Y2))),
        Identity(names=N, means=named("theta", lambda: least_squares(2, 2), 2)),
        "For n < d the product X X does not exist; for n = d = 2, which the equation includes, it is compared with the solution.",
        corrected=(
            r"\hat\theta_{ols} = X^\top (X X^\top)^{-1} y",
            eq("theta1, theta2", texts(X22.T * (X22 * X22.T).LUsolve(Y2))),
        ),
        note="A transpose is missing (possibly lost in the extraction; eq. (2.5) has it).",
    ),
    claim(
        "ols-interpolates",
        "eq. (2.4), after",
        r"X \hat\theta_{ols} = y,\ \hat\theta_{ols} = X^\top (X X^\top)^{-1} y",
        eq("r1, r2", "y1, y2"),
        Identity(names=N, means=named("r", lambda: X23 * least_squares(2, 3), 2)),
        "The product, n = 2, d = 3.",
    ),
    claim(
        "ridge-limit",
        "eq. (2.4), after",
        r"\hat\theta_\lambda \to \hat\theta_{ols},\ \lambda \to 0^+",
        eq("theta1, theta2, theta3", texts(vector("y", 1)[0] * data(1, 3) / (data(1, 3) * data(1, 3).T)[0])),
        Identity(names=N, means=named("theta", _ridge_limit, 3)),
        "The solution of the ridge equations is rational in lambda without a pole at 0; its value there, n = 1, d = 3.",
    ),
    claim(
        "interpolators",
        "eq. (2.5)",
        r"\mathcal I = \hat\theta_{ols} + \mathrm{Ker}(X)",
        eq("r1, r2", "y1, y2"),
        Identity(names=N, means=named("r", lambda: X23 * _interpolator(), 2)),
        "X(theta_ols + c k), k the cross product of the rows, which spans Ker X for n = 2, d = 3; all of I by linearity.",
    ),
    claim(
        "kernel-dimension",
        "footnote 2",
        r"n < d:\ \mathrm{Ker}(X) \text{ is isomorphic to a } (d-n)\text{-space}",
        eq("n12, n23, n25", "2 - 1, 3 - 2, 5 - 2"),
        Identity(
            names=N,
            means={
                f"n{n}{d}": (lambda n=n, d=d: Integer(len(data(n, d).nullspace()))) for n, d in ((1, 2), (2, 3), (2, 5))
            },
        ),
        "The nullspace of symbolic X for three sizes; the rank theorem gives the rest.",
        note="The footnote's `Ker(X) is not empty` holds for every X; `not {0}` is meant.",
    ),
    claim(
        "minimum-norm",
        "eq. (2.6)",
        r"\|\hat\theta_{ols} + v\|_2^2 \ge \|\hat\theta_{ols}\|_2^2 + \|v\|_2^2,\ v \in \mathrm{Ker}(X)",
        Formula(left="total", relation=">=", right="ols + rest"),
        Order(
            names=N,
            means={
                "total": lambda: _norm2(_interpolator()),
                "ols": lambda: _norm2(least_squares(2, 3)),
                "rest": lambda: _norm2(N("c") * kernel_vector(X23)),
            },
        ),
        "Both sides for v = c k, n = 2, d = 3.",
        note="It holds with equality, by Pythagoras; the triangle inequality, which the notes name, bounds from above.",
    ),
    claim(
        "minimum-norm-problem",
        "eq. (2.7)",
        r"\hat\theta_{ols} = \arg\min \|\theta\|_2^2 \text{ such that } X\theta = y",
        Formula(left="other", relation=">=", right="ols"),
        Order(
            names=N,
            means={
                "other": lambda: _norm2(least_squares(1, 2) + N("c") * kernel_vector(X12)),
                "ols": lambda: _norm2(least_squares(1, 2)),
            },
        ),
        "|theta_ols + c k|^2 - |theta_ols|^2 = c^2 |k|^2, n = 1, d = 2.",
    ),
    claim(
        "no-best-norm",
        "section 2.1, end",
        r"\text{whether } \hat\theta_{ols} \text{ generalises better than the minimum-}\ell_1 \text{ predictor depends on } f_\star",
        eq("q", "1"),
        Undecided(reason=LITERATURE),
        NOTHING,
    ),
    # -- 2.2: gradient flow ------------------------------------------------------------------------------
    claim(
        "flow",
        "eq. (2.8)",
        r"-\nabla \hat R_n = \tfrac1n X^\top (y - X\theta)",
        eq("s1, s2, s3", texts(X23.T * (Y2 - X23 * THETA3) / 2)),
        Identity(names=N, means=named("s", lambda: -slope(X23, THETA3), 3)),
        "R differentiated, n = 2, d = 3.",
    ),
    claim(
        "flow-start",
        "eq. (2.8), initial condition",
        r"\theta(t) = \theta_0",
        eq("theta", "b"),
        Identity(
            names=N,
            means={
                "theta": lambda: mode(N("sigma") * N("y") / N("n"), N("sigma") ** 2 / N("n"), N("b")),
                "start": lambda: mode(N("sigma") * N("y") / N("n"), N("sigma") ** 2 / N("n"), N("b")).xreplace(
                    {N("t"): Integer(0)}
                ),
            },
        ),
        "The solution for n = d = 1 is compared with theta_0 at t, and at 0.",
        corrected=(r"\theta(0) = \theta_0", eq("start", "b")),
        note="A misprint.",
    ),
    claim(
        "flow-svd",
        "eq. (2.9)",
        r"\dot\theta = \tfrac1n V(D^\top U^\top y - D^\top D V^\top \theta)",
        eq(
            "s1, s2, s3",
            texts(
                RIGHT[3]
                * (singular_values(3).T * LEFT.T * Y2 - singular_values(3).T * singular_values(3) * RIGHT[3].T * THETA3)
                / 2
            ),
        ),
        Identity(names=N, means=named("s", lambda: -slope(singular_data(3), THETA3), 3)),
        "R differentiated for X = U D V^T, 2 x 3, rational U and V, symbolic singular values.",
    ),
    claim(
        "modes",
        "eq. (2.10)",
        r"\dot\beta_j = \tfrac{\sigma_j}{n} (\tilde y_j - \sigma_j \beta_j)",
        eq(
            "s1, s2, 1 + s3",
            "sigma1/2*(3/5*y1 - 4/5*y2 - sigma1*b1), sigma2/2*(4/5*y1 + 3/5*y2 - sigma2*b2), 1",
        ),
        Identity(
            names=N, means=named("s", lambda: RIGHT[3].T * -slope(singular_data(3), RIGHT[3] * vector("b", 3)), 3)
        ),
        "V^T (-grad R) at theta = V b for the same data; sigma_3 = 0.",
    ),
    claim(
        "mode-solution",
        "eq. (2.11)",
        r"\beta_j(t) = \tilde y_j/\sigma_j + e^{-\sigma_j^2 t/n} (\beta_{0,j} - \tilde y_j/\sigma_j)",
        eq("b", "y/sigma + exp(-sigma**2*t/n)*(b0 - y/sigma)"),
        Identity(names=N, means={"b": lambda: mode(N("sigma") * N("y") / N("n"), N("sigma") ** 2 / N("n"), N("b0"))}),
        "db/dt = sigma (y - sigma b)/n integrated by variation of constants.",
    ),
    claim(
        "path-over",
        "eq. (2.12), first line",
        r"\theta(t) = \sum_j \left[\tfrac{\langle u_j, y\rangle}{\sigma_j} v_j + e^{-\sigma_j^2 t/n} (\theta_0 - \tfrac{\langle u_j, y\rangle}{\sigma_j} v_j)\right]",
        eq("theta1, theta2", printed_path(2, projected=False)),
        Identity(names=N, means=named("theta", lambda: path(2), 2)),
        "The modes integrated and rotated back, n = d = 2.",
        corrected=(
            r"\theta(t) = \sum_j \left[\tfrac{\langle u_j, y\rangle}{\sigma_j} v_j + e^{-\sigma_j^2 t/n} (\langle v_j, \theta_0\rangle v_j - \tfrac{\langle u_j, y\rangle}{\sigma_j} v_j)\right]",
            eq("theta1, theta2", printed_path(2, projected=True)),
        ),
        note="As printed theta(0) = d theta_0. The second line has the same error.",
    ),
    claim(
        "path-over-limit",
        "eq. (2.12), second line",
        r"\sum_j \tfrac{\langle u_j, y\rangle}{\sigma_j} v_j = (X^\top X)^{-1} X^\top y",
        eq("theta1, theta2", texts(RIGHT[2] * Matrix([(LEFT.T * Y2)[j] / N(f"sigma{j + 1}") for j in range(2)]))),
        Identity(
            names=N,
            means=named("theta", lambda: (DATA22.T * DATA22).LUsolve(DATA22.T * Y2), 2),
        ),
        "Both sides for X = U D V^T, 2 x 2.",
    ),
    claim(
        "converges-over",
        "section 2.2, after eq. (2.12)",
        r"\theta(t) \to \hat\theta_{ols}\ \text{exponentially fast}",
        eq("theta1, theta2", texts((DATA22.T * DATA22).LUsolve(DATA22.T * Y2))),
        Identity(names=N, means=named("theta", lambda: path(2).replace(exp, lambda _: Integer(0)), 2)),
        "The integrated path with its terms exp(-sigma_j^2 t/n), which tend to 0, left out, X = U D V^T, 2 x 2.",
    ),
    claim(
        "mode-solution-under",
        "eq. (2.13)",
        r"\beta_j(t) = \beta_{0,j},\ n < j \le d",
        eq(
            "m1, m2, m3",
            "y1/sigma1 + exp(-sigma1**2*t/2)*(b1 - y1/sigma1), y2/sigma2 + exp(-sigma2**2*t/2)*(b2 - y2/sigma2), b3",
        ),
        Identity(
            names=N,
            means=named(
                "m",
                lambda: (RIGHT[3].T * path(3)).subs(dict(zip(Y2, LEFT * Y2, strict=True)), simultaneous=True),
                3,
            ),
        ),
        "The three modes, n = 2, d = 3, with y = U y~ (y1, y2 stand for y~).",
    ),
    claim(
        "path-under",
        "eq. (2.14)",
        r"\theta(t) = \theta_{0,\perp} + X^\top (X X^\top)^{-1} y + \sum_{j=1}^d e^{-\sigma_j^2 t/n} (\theta_{0,\parallel} - \tfrac{\langle u_j, y\rangle}{\sigma_j} v_j)",
        eq("theta1, theta2, theta3", printed_path(3, projected=False)),
        Identity(names=N, means=named("theta", lambda: path(3), 3)),
        "The modes integrated and rotated back, n = 2, d = 3, with the sum read up to n.",
        corrected=(
            r"\theta(t) = \theta_{0,\perp} + X^\top (X X^\top)^{-1} y + \sum_{j=1}^n e^{-\sigma_j^2 t/n} (\langle v_j, \theta_0\rangle - \tfrac{\langle u_j, y\rangle}{\sigma_j}) v_j",
            eq("theta1, theta2, theta3", printed_path(3, projected=True)),
        ),
        note="Two errors: theta_0 is not projected on v_j, and the sum runs to d although sigma_j = 0 for j > n is divided by.",
    ),
    claim(
        "limit-under",
        "eq. (2.15)",
        r"\theta_\infty = \theta_{0,\perp} + \hat\theta_{ols}",
        eq("p1, p2", "x12*(x12*c1 - x11*c2)/(x11**2 + x12**2), -x11*(x12*c1 - x11*c2)/(x11**2 + x12**2)"),
        Identity(names=N, means=named("p", lambda: flow_limit(1, 2) - least_squares(1, 2), 2)),
        "theta_oo = c + X^T nu with X theta_oo = y; theta_oo - theta_ols against the projection of c on Ker X, n = 1, d = 2.",
    ),
    claim(
        "projection",
        "eq. (2.16)",
        r"\theta_\infty = \arg\min_{\theta \in \mathcal I} \|\theta_0 - \theta\|_2^2",
        Formula(left="other", relation=">=", right="mine"),
        Order(
            names=N,
            means={
                "other": lambda: _norm2(least_squares(1, 2) + N("c") * kernel_vector(X12) - vector("c", 2)).factor(),
                "mine": lambda: _norm2(flow_limit(1, 2) - vector("c", 2)).factor(),
            },
        ),
        "The distance of any interpolator from theta_0 against that of theta_oo, n = 1, d = 2: the difference is a square.",
    ),
    claim(
        "only-if-zero",
        "section 2.2, after eq. (2.16)",
        r"\theta_\infty = \hat\theta_{ols} \text{ only if } \theta_0 = 0",
        eq("c1**2 + c2**2", "0"),
        OnSet(
            equation=lambda: ((flow_limit(1, 2) - least_squares(1, 2)).dot(kernel_vector(X12))).cancel().expand(),
            points=({"x11": Integer(1), "x12": Integer(1), "c1": Integer(1), "c2": Integer(1)},),
            names=N,
        ),
        "theta_oo - theta_ols lies in Ker X and so vanishes iff its product with k does, n = 1, d = 2; theta_0 = c = x_1 is a counterexample.",
        corrected=(
            r"\theta_\infty = \hat\theta_{ols} \text{ iff } \theta_{0,\perp} = 0 \text{, i.e. } \theta_0 \in \mathrm{range}(X^\top)",
            eq("x11*c2 - x12*c1", "0"),
        ),
    ),
    claim(
        "zero-start",
        "section 2.2, end",
        r"\theta_0 = 0:\ \theta_\infty = \hat\theta_{ols}",
        eq("l1, l2, l3", texts(X23.T * (X23 * X23.T).LUsolve(Y2))),
        Identity(
            names=N, means=named("l", lambda: flow_limit(2, 3).xreplace(dict.fromkeys(vector("c", 3), Integer(0))), 3)
        ),
        "The limit of the flow from c at c = 0, n = 2, d = 3.",
    ),
    claim(
        "linear-subspace",
        "Figure 2",
        r"\text{the interpolators are a linear subspace}",
        eq("r1, r2", "y1, y2"),
        Identity(
            names=N,
            means=named("r", lambda: X23 * (2 * least_squares(2, 3)), 2)
            | named("a", lambda: X23 * (N("c") * least_squares(2, 3) + (1 - N("c")) * _interpolator()), 2),
        ),
        "Twice an interpolator has to be one; corrected: every affine combination of two.",
        corrected=(r"\text{the interpolators are an affine subspace}", eq("a1, a2", "y1, y2")),
        note="Harmless; the text itself says affine.",
    ),
    # -- 2.3: other algorithms ---------------------------------------------------------------------------
    claim(
        "full-batch",
        "eq. (2.17)",
        r"b = n:\ \hat R_{b_k} = \hat R_n",
        eq("batch", "((y1 - x11*theta1 - x12*theta2)**2 + (y2 - x21*theta1 - x22*theta2)**2)/(2*2)"),
        Identity(names=N, means={"batch": lambda: risk(X22, THETA2)}),
        "The risk (2.1) of all n = 2 rows against (2.17) with b = 2.",
    ),
    claim(
        "batch-slope",
        "eq. (2.18)",
        r"\nabla \hat R_{b_k} = -\tfrac{1}{|b_k|} \sum_{i \in b_k} (y_i - \langle\theta, x_i\rangle) x_i",
        eq(
            "s1, s2",
            "-((y1 - theta1*x11 - theta2*x12)*x11 + (y3 - theta1*x31 - theta2*x32)*x31)/2, "
            "-((y1 - theta1*x11 - theta2*x12)*x12 + (y3 - theta1*x31 - theta2*x32)*x32)/2",
        ),
        Identity(names=N, means=named("s", lambda: slope(data(3, 2), THETA2, [0, 2]), 2)),
        "The risk of the batch {1, 3} differentiated, d = 2.",
    ),
    claim(
        "slope-span",
        "eq. (2.18), span",
        r"\nabla \hat R_{b_k} \in \mathrm{span}(x_1, \ldots, x_n)",
        eq("s1*k1 + s2*k2 + s3*k3", "0"),
        Identity(names=N, means=named("s", lambda: slope(X23, THETA3, [1]), 3) | KERNEL),
        "Its product with the vector k orthogonal to all rows, n = 2, d = 3, batch {2}.",
    ),
    claim(
        "iterates-span",
        "eq. (2.19)",
        r"\theta_k \in \theta_0 + \mathrm{span}(x_1, \ldots, x_n)",
        eq("w1*k1 + w2*k2 + w3*k3", "0"),
        Identity(names=N, means=named("w", lambda: iterates(X23) - vector("c", 3), 3) | KERNEL),
        "Two steps with batches {1}, {2} and any rates; induction on k gives the rest.",
    ),
    claim(
        "momentum-span",
        "section 2.3, SGD with momentum",
        r"\text{a similar conclusion holds for SGD with momentum}",
        eq("w1*k1 + w2*k2 + w3*k3", "0"),
        Identity(names=N, means=named("w", lambda: iterates(X23, momentum=True) - vector("c", 3), 3) | KERNEL),
        "The same with a heavy-ball term from rest: the iterates stay in theta_0 + span.",
        note="That the iterates converge is an assumption of the notes.",
    ),
    claim(
        "small-rate",
        "footnote 3, convergence for small constant rate",
        r"\theta_k \to \theta_\infty \in \mathcal I \text{ for small constant } \eta,\ d > n",
        eq("after", "e1**2 + e2**2 - eta*(2 - eta*(x11**2 + x12**2))*(x11*e1 + x12*e2)**2"),
        Identity(
            names=N,
            means={"after": lambda: _norm2(vector("e", 2) - N("eta") * (X12 * vector("e", 2))[0] * X12.T)},
        ),
        "The squared error after a step on one row: it falls for 0 < eta < 2/|x_i|^2, on average by a positive form on the span.",
        note="Sampling uniformly, E|e|^2 contracts on the span since sum x_i x_i^T is positive there: convergence almost surely.",
    ),
    claim(
        "restricted-convexity",
        "footnote 3, strong convexity",
        r"\hat R_n \text{ is strongly convex on } \theta_0 + \mathrm{span}(x_1, \ldots, x_n)",
        eq("form", f"({_GRAM[0]})**2/2 + ({_GRAM[1]})**2/2"),
        Identity(
            names=N,
            means={"form": lambda: ((X23.T * vector("c", 2)).T * hessian(X23) * X23.T * vector("c", 2))[0]},
        ),
        "The Hessian on v = X^T c, n = 2, d = 3, is |X X^T c|^2/n, and X X^T is invertible.",
    ),
    claim(
        "kernel-image",
        "eq. (2.20), after",
        r"\text{the kernel is orthogonal to the image}",
        eq("1 + image", "1"),
        Identity(
            names=N,
            means={
                "image": lambda: (Matrix([[1, 1], [0, 0]]) * vector("c", 2)).dot(Matrix([1, -1])),
                "rows": lambda: (X23.T * vector("c", 2)).dot(kernel_vector(X23)),
            },
        ),
        "X = [[1, 1], [0, 0]] has the kernel vector (1, -1) and the image (c, 0); corrected: X^T c against k, n = 2, d = 3.",
        corrected=(r"\mathrm{Ker}(X) \perp \mathrm{range}(X^\top)", eq("1 + rows", "1")),
        note="For n < d kernel and image lie in different spaces; the image of X^T, the span of the rows, is meant.",
    ),
    claim(
        "orthogonal",
        "eq. (2.21)",
        r"\theta_\infty - \theta_0 \perp \theta_\infty - \hat\theta_{ols}",
        eq("a1*b1 + a2*b2 + a3*b3", "0"),
        Identity(
            names=N,
            means=named("a", lambda: flow_limit(2, 3) - vector("c", 3), 3)
            | named("b", lambda: flow_limit(2, 3) - least_squares(2, 3), 3),
        ),
        "The product, n = 2, d = 3.",
    ),
    claim(
        "pythagoras",
        "eq. (2.22), equality",
        r"\|\hat\theta_{ols} - \theta_0\|^2 = \|\hat\theta_{ols} - \theta_\infty\|^2 + \|\theta_\infty - \theta_0\|^2",
        eq("whole - first - second", "0"),
        Identity(
            names=N,
            means={
                "whole": lambda: _norm2(least_squares(1, 2) - vector("c", 2)),
                "first": lambda: _norm2(least_squares(1, 2) - flow_limit(1, 2)),
                "second": lambda: _norm2(flow_limit(1, 2) - vector("c", 2)),
            },
        ),
        "All three, n = 1, d = 2.",
        note="For (2.23) the same is needed for every interpolator, as footnote 4 says; see eq. (2.16) above.",
    ),
    claim(
        "pythagoras-bound",
        "eq. (2.22), inequality",
        r"\|\hat\theta_{ols} - \theta_0\|^2 \ge \|\theta_\infty - \theta_0\|^2",
        Formula(left="whole", relation=">=", right="second"),
        Order(
            names=N,
            means={
                "whole": lambda: _norm2(least_squares(1, 2) - vector("c", 2)),
                "second": lambda: _norm2(flow_limit(1, 2) - vector("c", 2)),
            },
        ),
        "The difference is a square over a sum of squares, n = 1, d = 2.",
    ),
    claim(
        "sgd-projection",
        "eq. (2.23)",
        r"\text{GD and SGD: } \theta_\infty = \arg\min_{\theta \in \mathcal I} \|\theta_0 - \theta\|_2^2",
        eq("(i1 - l1)*(l1 - c1) + (i2 - l2)*(l2 - c2) + (i3 - l3)*(l3 - c3)", "0"),
        Identity(
            names=N,
            means=named("i", _interpolator, 3) | named("l", lambda: flow_limit(2, 3), 3),
        ),
        "The point of I in theta_0 + span is l; (i - l, l - c) = 0 for every interpolator i, so no i is closer, n = 2, d = 3.",
        hypotheses="the iterates converge to an interpolator (assumed by the notes)",
    ),
    claim(
        "specific-to-ols",
        "section 2.3, end",
        r"\text{this property is specific to OLS}",
        Formula(left="(q1*k1 + q2*k2 + q3*k3)**2", relation=">", right="0"),
        Order(
            names=N,
            means=named("q", lambda: X23.T * vector("a", 2), 3) | KERNEL,
        ),
        "By the chain rule the gradient is sum a_i x_i with numbers a_i = l'(<theta, x_i>, y_i); its product with k, orthogonal to all rows.",
        corrected=(
            r"\text{it holds for every loss } \sum_i \ell(\langle\theta, x_i\rangle, y_i) \text{ that is least exactly on } \mathcal I",
            Formula(left="(q1*k1 + q2*k2 + q3*k3)**2", relation="<=", right="0"),
        ),
        note="The argument (gradients in the span) needs a linear predictor, not the square; sum (y_i - <theta, x_i>)^4 is an example.",
    ),
)
