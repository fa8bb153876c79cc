"""Sections 3 and 4 of Loureiro's notes: diagonal linear networks, landscape, mirror flow, limits."""

from sympy import Expr, Integer, Matrix, Rational, exp, solve, sqrt

from derive.catalogue import architecture
from verify.claims.methods.asymptotic import Ratio
from verify.claims.methods.conditional import Implies, OnSet, Order
from verify.claims.methods.derived import Answers, gradient_of
from verify.claims.methods.identity import Identity, Inequality, SameRegularizer, Undecided
from verify.claims.methods.limits import LimitIsMinimiser
from verify.claims.methods.loureiro2025_network import (
    GENERIC,
    NET,
    REVERSED,
    bregman,
    constrained,
    coordinate_hessian,
    curvature,
    divergence,
    hessian_at_origin,
    leading,
    metric,
    mirror,
    network_slopes,
    on_product,
    only_law,
    saddle,
    slope_1d,
    squares_on_leaf,
    symmetric_margin,
    two_weights,
)
from verify.claims.methods.loureiro2025_quantities import N, data, kernel_vector, named, risk, slope, texts, vector
from verify.claims.reading import Names
from verify.claims.record import Document, Formula, eq, says
from verify.systems import data_sets

claim = Document("loureiro2025")
REG = Names(positive=("alpha", "a", "b"))
REAL = Names()
ONE = ("beta1",)
NOTHING = "Nothing."
X12, X22, X23 = data(1, 2), data(2, 2), data(2, 3)
U, V, Y = vector("u", 2), vector("v", 2), vector("y", 2)
UV = U.multiply_elementwise(V)
THETA2, THETA3 = vector("theta", 2), vector("theta", 3)
KERNEL = named("k", lambda: kernel_vector(X23), 3)
RIGHT_FORCE, PRINTED_FORCE = X22.T * (Y - X22 * UV) / 2, X22.T * (Y - X22.T * UV) / 2
SLOPES = [on_product(g, 2) for g in slope(X22, THETA2)]


def _loss_at(u: Matrix, v: Matrix) -> Expr:
    """L(u, v), n = d = 2."""
    return risk(X22, u.multiply_elementwise(v))


def _orbit_point() -> tuple[Matrix, Matrix]:
    b = vector("b", 2)
    return U.multiply_elementwise(b), Matrix([V[j] / b[j] for j in range(2)])


def _slope_on_orbit() -> Expr:
    """dL/du_1 at (b u, v/b)."""
    u, v = _orbit_point()
    at = dict(zip([*U, *V], [*u, *v], strict=True))
    return network_slopes(2, 2)[0].subs(at, simultaneous=True)


def _flat(step: Expr) -> Expr:
    """L(u, v + step e_2) where u_2 = v_2 = 0."""
    return _loss_at(Matrix([U[0], 0]), Matrix([V[0], step]))


def _gram() -> Expr:
    """det J J^T for theta = u v, d = 2."""
    jacobian = UV.jacobian([*U, *V])
    return (jacobian * jacobian.T).det()


def _residuals() -> list[Expr]:
    """y_i - sum_j u_j v_j x_ij."""
    return [Y[i] - sum((UV[j] * X22[i, j] for j in range(2)), Integer(0)) for i in range(2)]


CLAIMS = (
    # -- the model ---------------------------------------------------------------------------------------
    claim(
        "network",
        "eq. (3.1) and figure 3",
        r"\langle u \odot v, x\rangle = \langle u, W x\rangle,\ W_{jk} = v_j \delta_{jk}",
        eq("f", "u1*v1*x11 + u2*v2*x12"),
        Identity(names=N, means={"f": lambda: U.dot(Matrix([[V[0], 0], [0, V[1]]]) * X12.T)}),
        "The two-layer network with W = diag(v), d = 2, expanded.",
    ),
    claim(
        "rescaling",
        "eq. (3.2)",
        r"f(x; b \odot u, b^{-1} \odot v) = f(x; u, v)",
        eq("b*u*(1/b*v)*x", "u*v*x"),
        Identity(names=N),
        "One coordinate.",
    ),
    claim(
        "rescaling-hypothesis",
        "remark 1, hypothesis",
        r"\text{for any non-zero vector } b \in \mathbb R^d",
        Formula(left="b1**2 + b2**2", relation=">", right="0"),
        Implies(
            conclusion=lambda: (N("b1") * N("b2")) ** 2,
            relation=">",
            points=({"b1": Rational(1), "b2": Rational(0)},),
        ),
        "b^{-1} exists iff the product of the entries is not 0, d = 2; b = (1, 0) is not the zero vector.",
        corrected=(
            r"\text{for any } b \in \mathbb R^d \text{ with } b_j \ne 0 \text{ for all } j",
            Formula(left="(b1*b2)**2", relation=">", right="0"),
        ),
        note="The same in (3.8) and (3.12).",
    ),
    claim(
        "not-convex",
        "eq. (3.3), after",
        r"L \text{ is not a convex function of } (u, v)",
        Formula(left="det", relation="<", right="0"),
        Inequality(names=N, box={"y": (Rational(1, 10), Rational(10))}, means={"det": hessian_at_origin}),
        "The determinant of the Hessian of (y - u v)^2/2 at the origin is -y^2; for y = 0 it is -3 u^2 v^2 elsewhere.",
    ),
    claim(
        "hyperbola",
        "eq. (3.4), after",
        r"\text{the global minima are the hyperbola } uv = 1",
        eq("minima", "1"),
        Identity(names=N, means={"minima": lambda: solve((N("y") - N("p")) ** 2 / 2, N("p"))[0]}),
        "The product p = u v at which (y - p)^2/2 vanishes.",
        corrected=(r"uv = y", eq("minima", "y")),
        note="Figure 4 has y = 1, for which the two agree.",
    ),
    claim(
        "slope-u",
        "eq. (3.4), after",
        r"\partial_u L = -(y - uv) v",
        eq("slope", "-(y - u*v)*v"),
        Identity(names=N, means={"slope": lambda: slope_1d("u")}),
        "(y - u v)^2/2 differentiated.",
    ),
    claim(
        "slope-v",
        "eq. (3.4), after",
        r"\partial_v L = -(y - uv) u",
        eq("slope", "-(y - u*v)*u"),
        Identity(names=N, means={"slope": lambda: slope_1d("v")}),
        "(y - u v)^2/2 differentiated.",
    ),
    claim(
        "saddle-place",
        "eq. (3.4), after",
        r"\text{the only other critical point is the saddle-point } u = v = 1",
        eq("1 + u, 1 + v", "2, 2"),
        Identity(names=N, means={"u": lambda: saddle()[0], "v": lambda: saddle()[1]}),
        "The gradient divided by y - u v, solved; both equations raised by 1.",
        corrected=(r"u = v = 0", eq("1 + u, 1 + v", "1, 1")),
        note="The caption of Figure 4 has it right. For y = 0 the origin belongs to the minima.",
    ),
    claim(
        "saddle-kind",
        "Figure 4",
        r"y = 1:\ u = v = 0 \text{ is a saddle point}",
        Formula(left="det", relation="<", right="0"),
        Inequality(names=N, box={"y": (Rational(1, 2), Rational(2))}, means={"det": hessian_at_origin}),
        "The Hessian at the origin has eigenvalues of both signs, for y about the 1 of the figure.",
    ),
    claim(
        "orbits",
        "remark 2",
        r"\text{the symmetry degenerates the global minima of the original problem into a full orbit}",
        eq("moved - still", "0"),
        Identity(names=N, means={"moved": lambda: _loss_at(*_orbit_point()), "still": lambda: _loss_at(U, V)}),
        "L(b u, v/b) - L(u, v), n = d = 2: orbits of minima are minima.",
        note="Where a coordinate of theta is 0 the minima are a union of several orbits; see (3.8).",
    ),
    # -- 3.1: landscape ----------------------------------------------------------------------------------
    claim(
        "chain-rule",
        "eqs. (3.6), (3.7)",
        r"\nabla L = J_\theta^\top \nabla \hat R_n,\ \partial_{u_j}\theta_k = v_k \delta_{jk},\ \partial_{v_j}\theta_k = u_k \delta_{jk}",
        eq("l1, l2, l3, l4", texts([w * g for w, g in zip([*V, *U], SLOPES * 2, strict=True)])),
        Identity(names=N, means=named("l", lambda: network_slopes(2, 2), 4)),
        "L(u, v) differentiated, n = d = 2, against J^T grad R with J from (3.7).",
    ),
    claim(
        "convex-risk",
        "section 3.1, after eq. (3.6)",
        r"\text{critical points of } \hat R_n \text{ are global minima}",
        eq("excess", "((x11*h1 + x12*h2)**2 + (x21*h1 + x22*h2)**2)/4"),
        Identity(
            names=N,
            means={
                "excess": lambda: (
                    risk(X22, THETA2 + vector("h", 2)) - risk(X22, THETA2) - slope(X22, THETA2).dot(vector("h", 2))
                )
            },
        ),
        "R(theta + h) - R(theta) - <grad R, h>, n = d = 2: a sum of squares.",
    ),
    claim(
        "jacobian-rank",
        "section 3.1, after eq. (3.7)",
        r"\mathrm{rank}\, J_\theta = d \text{ whenever } (u_j, v_j) \ne (0, 0) \text{ for all } j",
        eq("gram", "(u1**2 + v1**2)*(u2**2 + v2**2)"),
        Identity(names=N, means={"gram": _gram}),
        "det J J^T, d = 2, from the derivatives of u v.",
        note="The printed `coordinates of u and v are not simultaneously zero` is read coordinate by coordinate.",
    ),
    claim(
        "critical-points",
        "section 3.1, after eq. (3.7)",
        r"\nabla L = 0,\ \nabla \hat R_n \ne 0 \Rightarrow (u_j, v_j) = (0, 0) \text{ for some } j",
        eq("l1**2 + l3**2", f"(u1**2 + v1**2)*({SLOPES[0]})**2"),
        Identity(names=N, means=named("l", lambda: network_slopes(2, 2), 4)),
        "|dL/d(u_1, v_1)|^2 = (u_1^2 + v_1^2)(d_1 R)^2: where it vanishes one factor does, n = d = 2.",
        note="`Elements in the kernel of the Jacobian` is to be read: grad R is in the kernel of its transpose.",
    ),
    claim(
        "flat",
        "section 3.1, before eq. (3.8)",
        r"(u_j, v_j) = (0, 0) \Rightarrow L(u, v + \alpha e_j) = L(u, v)",
        eq("moved - still", "0"),
        Identity(names=N, means={"moved": lambda: _flat(N("alpha")), "still": lambda: _flat(Integer(0))}),
        "j = 2, n = d = 2.",
    ),
    claim(
        "flat-argument",
        "section 3.1, before eq. (3.8)",
        r"(u_j, v_j) = (0, 0)\text{: } L \text{ is flat along } u_j, v_j \text{, so the point is no extremiser}",
        Formula(left="u**2 + v**2", relation="<=", right="0"),
        Implies(
            conclusion=lambda: (N("y") - N("u") * N("v")) ** 2,
            relation=">",
            points=({"u": Rational(0), "v": Rational(0), "y": Rational(0)},),
        ),
        "n = d = 1: at u = v = 0 = y the loss is flat along both axes and the point is a global minimum (loss 0).",
        corrected=(
            r"(u_j, v_j) = (0, 0),\ \partial_j \hat R_n \ne 0 \Rightarrow \text{the point is no extremiser}",
            Formula(left="(y - u*v)**2", relation=">", right="0"),
        ),
        note="Of the points meant (grad R is not 0 there) the conclusion is right, by the Hessian (next claim); flatness does "
        "not give it: every minimum is flat along its orbit.",
    ),
    claim(
        "strict-saddles",
        "section 3.1, before eq. (3.8); proposition 1",
        r"\text{the only local extremisers of } L \text{ are global minima; other critical points are saddles}",
        eq("h11*h22 - h12**2", f"-({SLOPES[1].xreplace({U[1]: Integer(0), V[1]: Integer(0)})})**2"),
        Identity(
            names=N,
            means={
                f"h{a}{b}": (lambda a=a, b=b: coordinate_hessian(2, 2, 2)[a - 1, b - 1])
                for a, b in ((1, 1), (1, 2), (2, 2))
            },
        ),
        "The Hessian in (u_j, v_j) where both vanish has determinant -(d_j R)^2: a strict saddle unless d_j R = 0; if all "
        "d_j R vanish the point is a global minimum.  j = n = d = 2.",
    ),
    claim(
        "minimisers-product",
        "eqs. (3.8), (3.12), inclusion",
        r"\mathrm{sign}(\theta_\star)\sqrt{|\theta_\star|}\, b \cdot \sqrt{|\theta_\star|}\, b^{-1} = \theta_\star",
        eq("sign(theta)*sqrt(Abs(theta))*b*(sqrt(Abs(theta))/b)", "theta"),
        Identity(names=N),
        "One coordinate: every printed pair with b_j != 0 is a minimiser.",
    ),
    claim(
        "minimisers-all",
        "eqs. (3.8), (3.12), equality",
        r"\arg\min L = \{(\mathrm{sign}(\theta_\star)\sqrt{|\theta_\star|} \odot b, \sqrt{|\theta_\star|} \odot b^{-1})\}",
        eq("u**2 + v**2", "0"),
        OnSet(equation=lambda: N("u") * N("v"), points=({"u": Rational(1), "v": Rational(0)},)),
        "A coordinate where theta_star = 0: the minimisers have u v = 0, the printed pairs u = v = 0 for every b.",
        corrected=(r"\arg\min L = \{(u, v) : u \odot v \in \mathcal I\}", eq("(1 + u*v)**2", "1")),
        note="Minimisers with u_j = 0 != v_j, or the reverse, are missing.",
    ),
    claim(
        "network-slope-u",
        "eq. (3.9), first line",
        r"\nabla_u L = -\tfrac1n v \odot X^\top (y - X^\top (u \odot v))",
        eq("l1, l2", texts(-V.multiply_elementwise(PRINTED_FORCE))),
        Identity(names=N, means=named("l", lambda: network_slopes(2, 2), 4)),
        "L(u, v) differentiated, n = d = 2, the size for which the printed product exists.",
        corrected=(
            r"\nabla_u L = -\tfrac1n v \odot X^\top (y - X (u \odot v))",
            eq("l1, l2", texts(-V.multiply_elementwise(RIGHT_FORCE))),
        ),
        note="X^T (u v) has the wrong shape for n != d. The second forms, v grad R and u grad R, are right (chain rule).",
    ),
    claim(
        "network-slope-v",
        "eq. (3.9), second line",
        r"\nabla_v L = -\tfrac1n u \odot X^\top (y - X^\top (u \odot v))",
        eq("l3, l4", texts(-U.multiply_elementwise(PRINTED_FORCE))),
        Identity(names=N, means=named("l", lambda: network_slopes(2, 2), 4)),
        "The same for v.",
        corrected=(
            r"\nabla_v L = -\tfrac1n u \odot X^\top (y - X (u \odot v))",
            eq("l3, l4", texts(-U.multiply_elementwise(RIGHT_FORCE))),
        ),
    ),
    claim(
        "support-condition",
        "eq. (3.10), after",
        r"\nabla \hat R_n(\theta_c)_j = 0 \text{ for } j \notin \mathrm{supp}(\theta_c)",
        eq("1 + g2", "1"),
        Identity(names=N, means=named("g", constrained, 3)),
        "The saddle with theta_2 = theta_3 = 0, theta_1 the least-squares solution on its support, n = 2, d = 3.",
        corrected=(
            r"\nabla \hat R_n(\theta_c)_j = 0 \text{ for } j \in \mathrm{supp}(\theta_c)",
            eq("1 + g1", "1"),
        ),
    ),
    claim(
        "saddles-necessary",
        "eqs. (3.11), (3.13), necessary",
        r"\nabla L(u_c, v_c) = 0 \Rightarrow \theta_c \in \arg\min_{\theta_j = 0, j \notin \mathrm{supp}(\theta_c)} \hat R_n",
        eq("v1*l3", f"u1*v1*({SLOPES[0]})"),
        Identity(names=N, means=named("l", lambda: network_slopes(2, 2), 4)),
        "v_j dL/dv_j = theta_j d_j R: at a critical point d_j R = 0 on the support, and R is convex on that subspace.",
    ),
    claim(
        "saddles-sufficient",
        "eq. (3.13), proposition 1, as a characterisation",
        r"\theta_c = \theta(u_c, v_c) \in \arg\min_{\theta_j = 0, j \notin \mathrm{supp}(\theta_c)} \hat R_n \Rightarrow (u_c, v_c) \text{ is critical}",
        eq("u*v", "0"),
        Implies(
            conclusion=lambda: slope_1d("u") ** 2 + slope_1d("v") ** 2,
            relation="=",
            points=({"u": Rational(1), "v": Rational(0), "y": Rational(1)},),
        ),
        "n = d = 1, empty support: theta_c = u v = 0 satisfies (3.13); |grad L|^2 at (1, 0) is y^2.",
        corrected=(
            r"\ldots \text{ and } (u_{c,j}, v_{c,j}) = (0, 0) \text{ wherever } \partial_j \hat R_n(\theta_c) \ne 0",
            eq("u**2 + v**2", "0"),
        ),
    ),
    claim(
        "orbit-of-saddle",
        "section 3.1, after eq. (3.11)",
        r"\text{all points in the orbit of a saddle-point are saddle-points}",
        eq("b1*moved - still", "0"),
        Identity(names=N, means={"moved": _slope_on_orbit, "still": lambda: network_slopes(2, 2)[0]}),
        "d_u L at (b u, v/b) is d_u L/b, and a linear change of variables keeps the signs of the Hessian, n = d = 2.",
    ),
    claim(
        "regime-proposition",
        "proposition 1",
        r"\text{in the underspecified regime } d > d",
        Formula(left="d", relation=">", right="d"),
        Order(names=REAL, means={"d": lambda: REAL("n") + 1 + REAL("k") ** 2}),
        "A number compared with itself. The regime that the section announces, n < d, is written d = n + 1 + k^2.",
        corrected=(r"d > n", Formula(left="d", relation=">", right="n")),
        note="A misprint.",
    ),
    # -- 3.2: gradient flow ------------------------------------------------------------------------------
    claim(
        "flow-uv",
        "eqs. (3.14), (3.15)",
        r"\dot u = \tfrac1n v \odot X^\top r,\ \dot v = \tfrac1n u \odot X^\top r",
        eq("l1, l2, l3, l4", texts([*V.multiply_elementwise(RIGHT_FORCE), *U.multiply_elementwise(RIGHT_FORCE)])),
        Identity(names=N, means=named("l", lambda: -network_slopes(2, 2), 4)),
        "-grad L, n = d = 2, with the residual r = y - X(u v).",
    ),
    claim(
        "residual",
        "eq. (3.15), after",
        r"r = y - X^\top (u \odot v)",
        eq("r1, r2", texts(Y - X22.T * UV)),
        Identity(names=N, means=named("r", _residuals, 2)),
        "y_i - <u v, x_i> for n = d = 2.",
        corrected=(r"r = y - X (u \odot v)", eq("r1, r2", texts(Y - X22 * UV))),
    ),
    claim(
        "flow-theta",
        "eq. (3.16)",
        r"\dot\theta = \tfrac1n X^\top r \odot (v^2 + u^2)",
        eq("du*v + u*dv", "g*(v**2 + u**2)/n"),
        Identity(names=N, means={"du": lambda: N("v") * N("g") / N("n"), "dv": lambda: N("u") * N("g") / N("n")}),
        "d(u v)/dt with (3.14) and (3.15), g = (X^T r)_j.",
    ),
    claim(
        "law",
        "eq. (3.17)",
        r"I = (u^2 - v^2)/2 \text{ is an integral of motion}",
        says("u^2 - v^2 is conserved, and nothing else is", "proved"),
        Answers(models=(NET,), verdict=only_law),
        "The conservation laws of u v, with the proof that there is no other.",
    ),
    claim(
        "law-rate",
        "eq. (3.18)",
        r"\dot I = u \odot \dot u - v \odot \dot v = 0",
        eq("u*du - v*dv", "0"),
        Identity(names=N, means={"du": lambda: N("v") * N("g") / N("n"), "dv": lambda: N("u") * N("g") / N("n")}),
        "With (3.14) and (3.15), g = (X^T r)_j.",
    ),
    claim(
        "sum-of-squares",
        "eq. (3.19)",
        r"u^2 + v^2 = \sqrt{\theta^2 + I^2}",
        eq("total", "sqrt(theta**2 + I**2)"),
        Identity(names=N, means={"total": lambda: sum(squares_on_leaf(), Integer(0))}),
        "u^2 and v^2 solved from u v = theta and u^2 - v^2 = 2 I.",
        corrected=(r"u^2 + v^2 = 2\sqrt{\theta^2 + I^2}", eq("total", "2*sqrt(theta**2 + I**2)")),
        note="(3.20) has the factor 2.",
    ),
    claim(
        "closed-flow-sign",
        "eq. (3.20), first form",
        r"\dot\theta = -\tfrac2n X^\top r \odot \sqrt{\theta^2 + I^2}",
        eq("rate", "-2/n*g*sqrt(theta**2 + I**2)"),
        Identity(names=N, means={"rate": lambda: N("g") / N("n") * metric()}),
        "(3.16) with u^2 + v^2 as `derive` finds it on the leaf, g = (X^T r)_j.",
        corrected=(
            r"\dot\theta = \tfrac2n X^\top r \odot \sqrt{\theta^2 + I^2}",
            eq("rate", "2/n*g*sqrt(theta**2 + I**2)"),
        ),
    ),
    claim(
        "closed-flow",
        "eq. (3.20), second form",
        r"\dot\theta = -2\sqrt{\theta^2 + I^2} \odot \nabla \hat R_n",
        eq("rate", "-2*sqrt(theta**2 + I**2)*slope"),
        Identity(names=N, means={"rate": lambda: -N("slope") * metric()}),
        "d theta/dt = -M grad R with M as `derive` finds it.",
    ),
    claim(
        "potential",
        "eq. (3.21)",
        r"\phi_I = \tfrac12 \sum_j (\theta_j \sinh^{-1}(\theta_j/I_j) - \sqrt{\theta_j^2 + I_j^2} + I_j)",
        eq("Q", "(beta1*asinh(beta1/(a**2/2)) - sqrt(beta1**2 + (a**2/2)**2) + a**2/2)/2"),
        SameRegularizer(names=REG, variables=ONE, gradient=gradient_of(NET), factor=Integer(1)),
        "Compared with the potential that `derive` proves for u v from u = a, v = 0, where I = a^2/2.",
        hypotheses="I_j > 0",
    ),
    claim(
        "limit-runs",
        "section 3, after eq. (3.25)",
        r"\theta_\infty = \arg\min \phi(\theta)\ \text{s.t. } X\theta = y",
        says("the limit of the flow is the minimiser", "proved"),
        LimitIsMinimiser(
            model=architecture("hadamard").model(dimension=3), scales=(Rational(1, 10), Rational(2)), data=data_sets(3)
        ),
        "The flow to a loss of 10^-52 against the enclosed minimiser, on random, repeated, nearly parallel and single equations.",
        hypotheses="the flow converges to an interpolator; u = alpha, v = 0 at the start",
        slow=True,
    ),
    claim(
        "potential-sign",
        "eq. (3.21), with I of either sign as in eq. (3.17)",
        r"\phi_I \text{ with } I = (u_0^2 - v_0^2)/2 < 0",
        eq("Q", "(beta1*asinh(beta1/(-b**2/2)) - sqrt(beta1**2 + (b**2/2)**2) - b**2/2)/2"),
        SameRegularizer(names=REG, variables=ONE, gradient=gradient_of(REVERSED)),
        "The start u = 0, v = b has I = -b^2/2; compared with the potential that `derive` proves there.",
        corrected=(
            r"\phi_{|I|}",
            eq("Q", "(beta1*asinh(beta1/(b**2/2)) - sqrt(beta1**2 + (b**2/2)**2) + b**2/2)/2"),
        ),
        note="For I_j < 0 the gradient of the printed potential has the wrong sign and it is no potential of the flow; I_j > 0 or |I_j| is needed in (3.21)-(3.25).",
        up_to_factor=True,
    ),
    claim(
        "potential-value",
        "eq. (3.21), constant",
        r"\phi_I(\theta) = D_\phi(\theta, 0)",
        eq("D", "(theta*asinh(theta/I) - sqrt(theta**2 + I**2) + I)/2"),
        Identity(names=N, means={"D": bregman}),
        "The Bregman divergence from 0 of the derived potential: the constant I_j is right, and (3.28) with theta_0 = 0 is argmin phi.",
        hypotheses="I_j > 0",
    ),
    claim(
        "potential-gradient",
        "eq. (3.22)",
        r"\partial_{\theta_j} \phi = \sinh^{-1}(\theta_j/I_j)",
        eq("slope", "asinh(theta/I)"),
        Identity(names=N, means={"slope": lambda: bregman().diff(N("theta"))}),
        "The derived potential, which (3.21) equals, differentiated.",
        corrected=(r"\partial_{\theta_j} \phi = \tfrac12 \sinh^{-1}(\theta_j/I_j)", eq("slope", "asinh(theta/I)/2")),
        hypotheses="I_j > 0",
        note="The factor 1/2 of (3.21) is lost; (3.23) and (3.25) need it.",
    ),
    claim(
        "mirror-flow",
        "eq. (3.23)",
        r"\frac{d}{dt} \nabla\phi = -\nabla \hat R_n",
        eq("rate", "-slope"),
        Identity(names=N, means={"rate": lambda: curvature() * (-N("slope") * metric())}),
        "phi'' d theta/dt, with the potential and the dynamics of `derive`.",
        hypotheses="I_j > 0",
    ),
    claim(
        "bregman",
        "eq. (3.24)",
        r"D_\phi(\theta, \theta') = \phi(\theta) - \phi(\theta') - \langle\nabla\phi(\theta), \theta - \theta'\rangle",
        eq("D", "a**2/2 - b**2/2 - a*(a - b)"),
        Identity(names=REAL, means={"D": lambda: (REAL("a") - REAL("b")) ** 2 / 2}),
        "For phi = theta^2/2, with which the notes recover the Euclidean projection: D has to be (a - b)^2/2.",
        corrected=(
            r"D_\phi(\theta, \theta') = \phi(\theta) - \phi(\theta') - \langle\nabla\phi(\theta'), \theta - \theta'\rangle",
            eq("D", "a**2/2 - b**2/2 - b*(a - b)"),
        ),
        note="As printed it is -D(theta', theta) <= 0. The prime may have been lost in the extraction.",
    ),
    claim(
        "convex-potential",
        "eq. (3.25)",
        r"\partial_j \partial_k \phi_I = \delta_{jk}/(2\sqrt{\theta_j^2 + I_j^2})",
        eq("curvature", "1/(2*sqrt(theta**2 + I**2))"),
        Identity(names=N, means={"curvature": curvature}),
        "The derived potential, which (3.21) equals, differentiated twice.",
        hypotheses="I_j > 0",
    ),
    claim(
        "convex-potential-sign",
        "eq. (3.25), inequality",
        r"\partial_j^2 \phi_I > 0",
        Formula(left="curvature", relation=">", right="0"),
        Inequality(
            names=N,
            box={"theta": (Rational(-100), Rational(100)), "I": (Rational(1, 100), Rational(100))},
            means={"curvature": lambda: 1 / metric()},
        ),
        "1/M with M as `derive` finds it, in ball arithmetic on a box; the formula (3.25) shows it everywhere.",
        hypotheses="I_j > 0",
        note="Read as positive definite: for j != k the entry is 0.",
    ),
    claim(
        "converges",
        "section 3.2, after eq. (3.25)",
        r"\theta \to \theta_\infty \in \mathcal I,\ d > n",
        Formula(left="I**2", relation=">=", right="0"),
        Implies(
            conclusion=lambda: N("u") ** 2 + N("v") ** 2,
            relation=">",
            points=({"u": Rational(0), "v": Rational(0)},),
            means={"I": lambda: (N("u") ** 2 - N("v") ** 2) / 2},
        ),
        "d theta_j/dt = -(u_j^2 + v_j^2) d_j R: from u_j = v_j = 0 coordinate j never moves, and from u = v = 0 nothing does.",
        corrected=(
            r"\theta \to \theta_\infty \in \mathcal I \text{ if } I_j \ne 0 \text{ for all } j",
            Formula(left="I**2", relation=">", right="0"),
        ),
        note="I is conserved and u_j^2 + v_j^2 >= 2|I_j|, so dR/dt <= -(4/n) min|I_j| sigma_min(X)^2 R: R, and with it theta, "
        "converges exponentially. The machine checks u_j^2 + v_j^2 > 0; the rest is this note.",
    ),
    claim(
        "dual-span",
        "eq. (3.26)",
        r"\nabla\phi_I(\theta(t)) \in \nabla\phi_I(\theta_0) + \mathrm{span}(x_1, \ldots, x_n)",
        eq("r1*k1 + r2*k2 + r3*k3", "0"),
        Identity(names=N, means=named("r", lambda: -slope(X23, THETA3), 3) | KERNEL),
        "By (3.23) grad phi moves with -grad R, whose product with the vector orthogonal to all rows vanishes, n = 2, d = 3.",
    ),
    claim(
        "three-points",
        "eq. (3.27), equality",
        r"D(\hat\theta, \theta_0) = D(\hat\theta, \theta_\infty) + D(\theta_\infty, \theta_0) + \langle\nabla\phi(\theta_\infty) - \nabla\phi(\theta_0), \hat\theta - \theta_\infty\rangle",
        eq("Dac - Dab - Dbc", "(pb - pc)*(a - b)"),
        Identity(
            names=N,
            means={f"D{x}{y}": (lambda x=x, y=y: divergence(x, y)) for x, y in ("ac", "ab", "bc")},
        ),
        "With the corrected (3.24), for any values and slopes of phi at the three points a, b, c.",
    ),
    claim(
        "three-points-zero",
        "eq. (3.27), underbrace",
        r"\langle\nabla\phi(\theta_\infty) - \nabla\phi(\theta_0), \hat\theta - \theta_\infty\rangle = 0",
        eq("p1*k1 + p2*k2 + p3*k3", "0"),
        Identity(names=N, means=named("p", lambda: X23.T * vector("nu", 2), 3) | KERNEL),
        "X^T nu against the vector of Ker X, n = 2, d = 3.",
    ),
    claim(
        "bregman-projection",
        "eqs. (3.27), (3.28)",
        r"\theta_\infty = \arg\min_{\theta \in \mathcal I} D_\phi(\theta, \theta_0)",
        says("the flow of u v is a mirror flow of a potential with gradient 0 at the start", "proved"),
        Answers(models=GENERIC, verdict=mirror),
        "Hessian map and potential of u v from a symbolic start, one and three coordinates; with (3.25) D >= 0.",
        hypotheses="I_j != 0 for all j",
    ),
    claim(
        "euclidean",
        "section 3.2, after eq. (3.28)",
        r"\phi = \|\theta\|_2^2 \text{ recovers (2.23)}",
        eq("D", "(a - b)**2"),
        Identity(
            names=N,
            means={
                "D": lambda: divergence("a", "b").xreplace(
                    {N("fa"): N("a") ** 2, N("fb"): N("b") ** 2, N("pb"): 2 * N("b")}
                )
            },
        ),
        "The divergence of theta^2, one coordinate, with the corrected (3.24).",
    ),
    # -- role of the initialisation ----------------------------------------------------------------------
    claim(
        "start",
        "eqs. (3.29), (3.30)",
        r"u_0 = \sqrt{2\alpha}\, 1_d,\ v_0 = 0,\ I = \alpha^2 1_d",
        eq("u0", "sqrt(2*alpha)"),
        Identity(
            names=N,
            means={
                "u0": lambda: sqrt(squares_on_leaf()[0].xreplace({N("theta"): Integer(0), N("I"): N("alpha") ** 2}))
            },
        ),
        "The u at theta = 0 on the leaf I = alpha^2 (v = 0 there).",
        corrected=(r"u_0 = \sqrt2\, \alpha\, 1_d", eq("u0", "sqrt(2)*alpha")),
        note="With the printed u_0, I = alpha. The root may have grown in the extraction.",
    ),
    claim(
        "alpha-range",
        "eq. (3.29), before",
        r"\alpha \ge 0",
        Formula(left="alpha", relation=">=", right="0"),
        Implies(conclusion=lambda: 2 * REAL("alpha") ** 2, relation=">", points=({"alpha": Rational(0)},), names=REAL),
        "The speed u_0^2 + v_0^2 = 2 alpha^2 of the flow at theta = 0 has to be positive for the flow to reach an interpolator.",
        corrected=(r"\alpha > 0", Formula(left="alpha", relation=">", right="0")),
        note="From alpha = 0 the flow does not move. The text after (3.32) repeats alpha >= 0.",
    ),
    claim(
        "small-potential",
        "eq. (3.31), first",
        r"\phi_\alpha(\theta) \simeq \log(1/\alpha) \|\theta\|_1,\ \alpha \to 0^+",
        eq("Q", "log(1/alpha)*Abs(beta1)"),
        SameRegularizer(names=REG, variables=ONE, gradient=lambda: leading("alpha -> 0"), factor=Integer(1)),
        "The leading term that `derive` proves for u v from u = sqrt(2) alpha, v = 0.",
    ),
    claim(
        "small-potential-ratio",
        "eq. (3.31), first, as a ratio",
        r"\phi_\alpha(\theta) / (\log(1/\alpha) \|\theta\|_1) \to 1,\ \alpha \to 0^+",
        eq("phi", "log(1/alpha)*Abs(theta)"),
        Ratio(names=N, variable="alpha", to="0", means={"phi": lambda: bregman().xreplace({N("I"): N("alpha") ** 2})}),
        "The limit of the ratio with the closed form, at one theta.",
    ),
    claim(
        "large-potential",
        "eq. (3.31), second",
        r"\phi_\alpha(\theta) \simeq \tfrac{1}{4\alpha^2} \|\theta\|_2^2,\ \alpha \to \infty",
        eq("Q", "beta1**2/(4*alpha**2)"),
        SameRegularizer(names=REG, variables=ONE, gradient=lambda: leading("alpha -> oo"), factor=Integer(1)),
        "The leading term that `derive` proves for u v from u = sqrt(2) alpha, v = 0.",
    ),
    claim(
        "large-potential-ratio",
        "eq. (3.31), second, as a ratio",
        r"4\alpha^2 \phi_\alpha(\theta) / \|\theta\|_2^2 \to 1,\ \alpha \to \infty",
        eq("phi", "theta**2/(4*alpha**2)"),
        Ratio(names=N, variable="alpha", to="oo", means={"phi": lambda: bregman().xreplace({N("I"): N("alpha") ** 2})}),
        "The limit of the ratio with the closed form, at one theta.",
    ),
    claim(
        "small-limit",
        "eq. (3.32), first",
        r"\theta_\infty(\alpha) \to \arg\min_{\theta \in \mathcal I} \|\theta\|_1,\ \alpha \to 0^+",
        eq("Q", "Abs(beta1)"),
        SameRegularizer(names=REG, variables=ONE, gradient=lambda: leading("alpha -> 0")),
        "The leading term of the derived potential is a multiple of the l1 norm.",
        hypotheses="a single l1 minimiser",
        note="From the potential to its minimiser: convex functions that converge do so uniformly on compact sets (Pesme 2024, "
        "proposition 6, cited by the notes). Where the l1 minimiser is not unique the limit is one of them.",
        up_to_factor=True,
    ),
    claim(
        "small-limit-example",
        "eq. (3.32), first, on an example",
        r"X = (3, 2):\ \theta_\infty(\alpha) \to (y/3, 0),\ \alpha \to 0^+",
        eq("theta1", "y/3"),
        Ratio(names=N, variable="z", to="oo", means={"theta1": lambda: two_weights(1, N("z"))}),
        "The minimiser of phi_alpha in its multiplier log z, where alpha -> 0 is z -> oo; (y/3, 0) is argmin |theta|_1, "
        "and the constraint 3 theta_1 + 2 theta_2 = y gives theta_2.",
    ),
    claim(
        "large-limit",
        "eq. (3.32), second",
        r"\theta_\infty(\alpha) \to \arg\min_{\theta \in \mathcal I} \|\theta\|_2,\ \alpha \to \infty",
        eq("Q", "beta1**2"),
        SameRegularizer(names=REG, variables=ONE, gradient=lambda: leading("alpha -> oo")),
        "The leading term of the derived potential is a multiple of the square of the l2 norm.",
        note="The constraint under the second argmin was lost in the extraction.",
        up_to_factor=True,
    ),
    claim(
        "large-limit-example",
        "eq. (3.32), second, on an example",
        r"X = (3, 2):\ \theta_\infty(\alpha) \to (3y/13, 2y/13),\ \alpha \to \infty",
        eq("theta1", "3*y/13"),
        Ratio(names=N, variable="s", to="0", means={"theta1": lambda: two_weights(1, exp(N("s")))}),
        "The same minimiser as its multiplier s goes to 0, where alpha -> oo; y x/|x|^2 is argmin |theta|_2.",
    ),
    claim(
        "figure-5",
        "Figure 5",
        r"\alpha \in \{10^{-3}, 0.1, 100\}",
        eq("q", "1"),
        Undecided(reason="labels of a contour plot that states no number to compare with"),
        NOTHING,
    ),
    claim(
        "lazy",
        "remark 3",
        r"\alpha \to \infty \text{ is the kernel regime; } \alpha \to 0^+ \text{ is akin to the mean-field limit and the minimum Barron norm}",
        eq("q", "1"),
        Undecided(reason="an analogy with infinitely wide networks, stated without a formula"),
        NOTHING,
    ),
    claim(
        "generalisation",
        "remark 4",
        r"\|\theta_\star\|_0 \ll d\text{: the minimum-}\ell_1 \text{ predictor generalises better; } \|\theta_\star\|_2^2 = d\text{: the converse}",
        eq("q", "1"),
        Undecided(reason="an expectation about test error, without a data distribution or a bound"),
        NOTHING,
    ),
    # -- 4: to go further --------------------------------------------------------------------------------
    claim(
        "noise",
        "section 4.1",
        r"\alpha_{sgf} < \alpha_{gf}\text{: the stochastic flow has a smaller effective scale and sparser limits}",
        eq("q", "1"),
        Undecided(
            reason="a probabilistic theorem on a stochastic differential equation (Pesme et al. 2021), not stated in full"
        ),
        NOTHING,
        note="The extraction has `rmgf` for `gf`.",
    ),
    claim(
        "step-size",
        "section 4.1, end",
        r"\text{the role of the step-size has been studied by Nacson et al. 2022}",
        eq("q", "1"),
        Undecided(reason="a reference; the notes state no step-size condition"),
        NOTHING,
    ),
    claim(
        "logistic-margin",
        "section 4.2",
        r"\text{GD or SGD for logistic regression converge to the minimum margin interpolator}",
        Formula(left="limit", relation="<=", right="(1 - t)/sqrt(1 + t**2)"),
        Inequality(names=N, box={"t": (Rational(1, 10), Rational(9, 10))}, means={"limit": symmetric_margin}),
        "x = (1, 1), (1, -1), labels 1, start 0: by symmetry the flow stays on theta_2 = 0, direction (1, 0), whose margin is "
        "compared with that of the separating directions (1, t); t < 0 is symmetric.",
        corrected=(
            r"\text{the direction converges to that of maximum margin (on this data set)}",
            Formula(left="limit", relation=">=", right="(1 - t)/sqrt(1 + t**2)"),
        ),
        note="In general Soudry et al. 2018, theorem 3, with a bound on the step size; only the direction converges, the iterates diverge.",
    ),
    claim(
        "logistic-start",
        "section 4.2",
        r"\ldots \text{ independently of the initial condition}",
        eq("q", "1"),
        Undecided(
            reason="an asymptotic theorem for every start and data set (Soudry et al. 2018); no finite run decides it"
        ),
        NOTHING,
    ),
)
