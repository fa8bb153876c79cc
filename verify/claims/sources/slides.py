"""The lecture slides: kernel and rich regimes, the squared parametrisation, depth, logistic loss, matrices.

Conventions of the slides: L = |X beta - y|^2 (a sum, without 1/2), gradient flow dw/dt = -grad_w L, start
w+ = w- = alpha.  One coordinate and one sample x stand for all where the statement is elementwise; `s` is
the integral of the residual r = x beta - y from 0 to t.
"""

from collections.abc import Callable

from sympy import Expr, Function, Integer, Matrix, Rational, Symbol, asinh, exp, log, resultant, sqrt

from derive.catalogue import architecture
from derive.derivation import Derivation
from derive.model import Model, parse_model
from derive.verdict import Verdict, refuted, unknown
from verify.claims.methods.asymptotic import Ratio, Rounded
from verify.claims.methods.derived import Answers, derived, gradient_of
from verify.claims.methods.identity import Identity, Inequality, SameRegularizer, Undecided
from verify.claims.methods.limits import LimitIsMinimiser
from verify.claims.reading import Names
from verify.claims.record import Document, Formula, eq, says
from verify.systems import data_sets

claim = Document("slides")
N = Names(positive=("alpha", "sigma", "c", "eps", "k"))
NET = architecture("diagonal").model(depth=2, dimension=1)
NET3 = architecture("diagonal").model(depth=2, dimension=3)
PSD = parse_model(["u11**2 + u12**2", "u11*u21 + u12*u22", "u21**2 + u22**2"], name="U U^T, 2 x 2")
COMMUTING = parse_model(
    ["u1**2", "u2**2"], name="U U^T restricted to diagonal matrices", start={"u1": "alpha", "u2": "alpha"}
)
PRODUCT = parse_model(["u11*v11 + u12*v12", "u11*v21 + u12*v22", "u21*v11 + u22*v12", "u21*v21 + u22*v22"],
                      name="U V^T, 2 x 2")  # fmt: skip


# -- what the slides' quantities are, from first principles -------------------------------------------


def _parameter_slope(power: int, index: int) -> Callable[[], Expr]:
    """-dL/dw+ or -dL/dw- for L = (x (w+^D - w-^D) - y)^2, with r standing for the residual."""

    def compute() -> Expr:
        wp, wm, x, y = (N(n) for n in ("wp", "wm", "x", "y"))
        residual = x * (wp**power - wm**power) - y
        return (-(residual**2).diff((wp, wm)[index]) / residual).cancel() * N("r")

    return compute


def _tangent(power: int) -> Expr:
    """|grad_w beta|^2 in the parameters."""
    wp, wm = N("wp"), N("wm")
    beta = wp**power - wm**power
    return beta.diff(wp) ** 2 + beta.diff(wm) ** 2


def _on_branch(e: Expr) -> Expr:
    """e(w+, w-) on the leaf w+ w- = alpha^2, as a function of beta: w+ is the positive root of u^4 - beta u^2 - alpha^4."""
    beta, a = N("beta"), N("alpha")
    square = (beta + sqrt(beta**2 + 4 * a**4)) / 2
    return e.xreplace({N("wp"): sqrt(square), N("wm"): a**2 / sqrt(square)})


def _along(power: int, sign: int) -> Callable[[], Expr]:
    """w+ (sign 1) or w- (-1) as a function of s: dw/ds = -+ 2 D x w^(D-1), w(0) = alpha, integrated by hand."""

    def compute() -> Expr:
        x, s, a = N("x"), N("s"), N("alpha")
        if power == 2:
            return a * exp(-sign * 4 * x * s)
        return (a ** (2 - power) + sign * 2 * power * (power - 2) * x * s) ** Rational(1, 2 - power)

    return compute


def _beta_along(power: int) -> Callable[[], Expr]:
    return lambda: _along(power, 1)() ** power - _along(power, -1)() ** power


def _quartic() -> Expr:
    """The relation between r = min |w - 1|^2 and b = w+^2 - w-^2, by elimination of the multiplier."""
    b, r, mu = N("b"), N("r"), Symbol("mu")
    plus, minus = 1 / (1 - mu), 1 / (1 + mu)
    first = (plus**2 - minus**2 - b).together().as_numer_denom()[0]
    second = ((plus - 1) ** 2 + (minus - 1) ** 2 - r).together().as_numer_denom()[0]
    return resultant(first, second, mu).expand() / 256


def _rate(power: int) -> Callable[[], Expr]:
    """The speed of the linearised predictor from alpha, relative to alpha = 1."""
    a = N("alpha")
    return lambda: (
        _tangent(power).xreplace({N("wp"): a, N("wm"): a})
        / _tangent(power).xreplace({N("wp"): Integer(1), N("wm"): Integer(1)})
    )


def _matrix_slope(entry: tuple[int, int]) -> Callable[[], Expr]:
    """An entry of d(U V^T)/dt for dU/dt = -G V, dV/dt = -G^T U, with G = grad L: 2 x 2 symbols."""

    def compute() -> Expr:
        u, v, g = (Matrix(2, 2, lambda i, j, n=n: N(f"{n}{i + 1}{j + 1}")) for n in "uvg")
        return ((-g * v) * v.T + u * (-g.T * u).T).expand()[entry]

    return compute


def _symmetric_slope() -> Expr:
    """The (1,1) entry of d(W W^T)/dt for dW/dt = -grad_W of <G, W W^T>, G symmetric: W 2 x 2, in b = W W^T."""
    w = Matrix(2, 2, lambda i, j: Symbol(f"w{i}{j}"))
    g = Matrix([[N("g11"), N("g12")], [N("g12"), N("g22")]])
    loss = (g * w * w.T).trace()
    slope = Matrix(2, 2, lambda i, j: -loss.diff(w[i, j]))
    rate = (slope * w.T + w * slope.T)[0, 0].expand()
    # b11 = w00^2 + w01^2, b12 = w00 w10 + w01 w11: read the coefficients off
    g11 = rate.coeff(N("g11")) / (w[0, 0] ** 2 + w[0, 1] ** 2)
    g12 = rate.coeff(N("g12")) / (w[0, 0] * w[1, 0] + w[0, 1] * w[1, 1])
    return g11.cancel() * N("g11") * N("b11") + g12.cancel() * N("g12") * N("b12")


def _lifted_pairing() -> Expr:
    """<X~, W W^T> for X~ = [[0, X], [X^T, 0]] and W = (U; V), one row each: 2 x u v."""
    u, v, x = N("u"), N("v"), N("x")
    lifted = Matrix([[0, x], [x, 0]])
    w = Matrix([u, v])
    return (lifted * w * w.T).trace().expand()


def _norm(model: Model, limit: str) -> Callable[[], tuple[Expr, ...]]:
    """The gradient of the leading term of the derived potential in a limit of the start."""

    def compute() -> tuple[Expr, ...]:
        regime = next(r for r in derived(model).regimes if r.limit == limit)
        return tuple(regime.equivalent.diff(b) for b in model.coordinates)

    return compute


def _width_scale() -> Expr:
    """The mu of Q_mu for k pairs u_j v_j with variance sigma^2 each, as k grows; sigma^2 = alpha^2/sqrt(k).

    The gradient fields of sum_j u_j v_j commute; with A = sum (u_j + v_j)^2, B = sum (u_j - v_j)^2 at the start,
    beta = (A e^(2s) - B e^(-2s))/4 and M = (A e^(2s) + B e^(-2s))/2, so M^2 = 4 beta^2 + A B, and A, B -> 2 k sigma^2.
    The net w+^2 - w-^2 from mu has M^2 = 16 (beta^2 + 4 mu^4): equal up to a factor where 4 mu^4 = A B/4.
    """
    k, a = N("k"), N("alpha")
    a_b = (2 * k * (a**2 / sqrt(k))) ** 2
    return (a_b / 16) ** Rational(1, 4)


def _only_law(d: Derivation) -> Verdict:
    """w+ w- is the law, the only one."""
    if d.laws is None or not d.laws.verdict.is_proved:
        return unknown("the laws of the model were not established")
    laws = [str(e) for _, e in d.elimination.constants]
    return d.laws.verdict if laws == ["wm1*wp1"] else refuted(f"the laws are {laws}")


def _psi() -> Expr:
    """The printed Psi of one coordinate."""
    b, a = N("beta"), N("alpha")
    return a**2 * (-sqrt(4 + (b / a**2) ** 2) + b / a**2 * asinh(b / (2 * a**2)))


def _margin_example() -> dict[str, Callable[[], Expr]]:
    """x_1 = (1, 1), x_2 = (1, -1), labels 1: by symmetry argmin |w| with margins 1 is (1, 0) = (x_1 + x_2)/2."""
    values = {
        "what1": 1,
        "what2": 0,
        "a1": Rational(1, 2),
        "a2": Rational(1, 2),
        "x11": 1,
        "x12": 1,
        "x21": 1,
        "x22": -1,
    }
    return {name: (lambda v=value: Rational(v)) for name, value in values.items()}


def _product_entry(i: int, j: int) -> str:
    """Entry (i, j) of U U^T G + G V V^T as text."""
    left = [f"(u{i + 1}1*u{k}1 + u{i + 1}2*u{k}2)*g{k}{j + 1}" for k in (1, 2)]
    right = [f"g{i + 1}{k}*(v{k}1*v{j + 1}1 + v{k}2*v{j + 1}2)" for k in (1, 2)]
    return " + ".join([*left, *right])


def _commuting_rate() -> Expr:
    """d/dt of e^(x s) b0 e^(x s) with ds/dt = -r, in terms of b = e^(2 x s) b0."""
    t, x, b0 = Symbol("t"), N("x"), Symbol("b0")
    s = Function("s")(t)
    path = exp(x * s) * b0 * exp(x * s)
    return (path.diff(t) / path).simplify().subs(s.diff(t), -N("r")) * N("b")


def _bregman() -> Expr:
    """Psi(b) - Psi(alpha) - Psi'(alpha) (b - alpha) for Psi = b log(b/e)."""
    b, a = Symbol("b", positive=True), Symbol("alpha", positive=True)
    return b * (log(b) - 1) - a * (log(a) - 1) - log(a) * (b - a)


REG = Names(positive=("alpha",))
ONE = ("beta1",)
HALF_LINE = (Rational(1, 100), Rational(10))

CLAIMS = (
    # -- homogeneity and the kernel regime --
    claim(
        "homogeneous-factorization",
        "homogeneous models",
        r"F(cU, cV) = c^2 F(U, V)",
        eq("F", "c**2*(u*v)"),
        Identity(names=N, means={"F": lambda: (N("c") * N("u")) * (N("c") * N("v"))}),
        "One entry of the product, expanded.",
    ),
    claim(
        "time-scale",
        "kernel regime and scale of init",
        r"w_\alpha(t/\alpha^{D-1}) \to w_K(t),\ D = 3",
        eq("speed", "alpha**2"),
        Identity(names=N, means={"speed": _rate(3)}),
        "The linearised flow runs at the speed K = |grad_w beta|^2 at the start; its dependence on alpha, D = 3, sets the time scale.",
        corrected=(r"w_\alpha(t/\alpha^{2(D-1)}) \to w_K(t)", eq("speed", "alpha**4")),
        note="The kernel is quadratic in the gradients, so time scales by alpha^(2(D-1)). Harmless for the limit t -> oo.",
    ),
    claim(
        "ntk",
        "diagonal net, kernel regime",
        r"K_0(x, x') = 4 \langle x, x' \rangle",
        eq("K", "4"),
        Identity(names=N, means={"K": lambda: _tangent(2).xreplace({N("wp"): Integer(1), N("wm"): Integer(1)})}),
        "K = sum of squares of the derivatives of w+^2 - w-^2 at w = 1: 4 from w+ and 4 from w-.",
        corrected=(r"K_0(x, x') = 8 \langle x, x' \rangle", eq("K", "8")),
        note="Harmless: the kernel norm is the same.",
    ),
    # -- the squared parametrisation, solved --
    claim(
        "slope-plus",
        "squared parametrisation",
        r"\dot w_+ = -2 X^\top r \circ 2 w_+",
        eq("slope", "-2*x*r*2*wp"),
        Identity(names=N, means={"slope": _parameter_slope(2, 0)}),
        "-dL/dw+ for L = (x(w+^2 - w-^2) - y)^2.",
    ),
    claim(
        "slope-minus",
        "squared parametrisation",
        r"\dot w_- = +2 X^\top r \circ 2 w_-",
        eq("slope", "2*x*r*2*wm"),
        Identity(names=N, means={"slope": _parameter_slope(2, 1)}),
        "-dL/dw- for L = (x(w+^2 - w-^2) - y)^2.",
    ),
    claim(
        "w-plus",
        "squared parametrisation",
        r"w_+(t) = w_+(0) \circ \exp(-2 X^\top \int_0^t r)",
        eq("wp", "alpha*exp(-2*x*s)"),
        Identity(names=N, means={"wp": _along(2, 1)}),
        "dw+/ds = -4 x w+ (the slide's own equation) integrated.",
        corrected=(r"w_+(t) = w_+(0) \circ \exp(-4 X^\top \int_0^t r)", eq("wp", "alpha*exp(-4*x*s)")),
    ),
    claim(
        "w-minus",
        "squared parametrisation",
        r"w_-(t) = w_-(0) \circ \exp(+2 X^\top \int_0^t r)",
        eq("wm", "alpha*exp(2*x*s)"),
        Identity(names=N, means={"wm": _along(2, -1)}),
        "dw-/ds = +4 x w- (the slide's own equation) integrated.",
        corrected=(r"w_-(t) = w_-(0) \circ \exp(+4 X^\top \int_0^t r)", eq("wm", "alpha*exp(4*x*s)")),
    ),
    claim(
        "beta-path",
        "squared parametrisation",
        r"\beta(t) = \alpha^2 (e^{-4 X^\top \int r} - e^{4 X^\top \int r})",
        eq("beta", "alpha**2*(exp(-4*x*s) - exp(4*x*s))"),
        Identity(names=N, means={"beta": _beta_along(2)}),
        "w+^2 - w-^2 with both integrated.",
        corrected=(
            r"\beta(t) = \alpha^2 (e^{-8 X^\top \int r} - e^{8 X^\top \int r})",
            eq("beta", "alpha**2*(exp(-8*x*s) - exp(8*x*s))"),
        ),
        note="Harmless: a multiple of the integral of r is a vector nu all the same.",
    ),
    claim(
        "sinh-sign",
        "squared parametrisation",
        r"\alpha^2 (e^{-X^\top s} - e^{X^\top s}) = 2 \alpha^2 \sinh X^\top s",
        eq("alpha**2*(exp(-x*s) - exp(x*s))", "2*alpha**2*sinh(x*s)"),
        Identity(names=N),
        "Both sides as exponentials.",
        corrected=(
            r"\alpha^2 (e^{-X^\top s} - e^{X^\top s}) = -2 \alpha^2 \sinh X^\top s",
            eq("alpha**2*(exp(-x*s) - exp(x*s))", "-2*alpha**2*sinh(x*s)"),
        ),
        note="Harmless: s can have either sign.",
    ),
    claim(
        "gradient",
        "squared parametrisation",
        r"\nabla Q(\beta) = \sinh^{-1}(\beta/2\alpha^2)",
        eq("2*alpha**2*sinh(z)", "beta"),
        Identity(names=N, means={"z": lambda: gradient_of(NET)()[0].xreplace({N("beta1"): N("beta")}) * 4}),
        "The gradient of the derived potential, times 4 (the slides' scale), inverts 2 alpha^2 sinh.",
    ),
    claim(
        "potential",
        "squared parametrisation",
        r"Q(\beta) = \alpha^2 \sum_i \frac{\beta_i}{\alpha^2} \sinh^{-1} \frac{\beta_i}{2\alpha^2} - \sqrt{4 + (\beta_i/\alpha^2)^2}",
        eq("Q", "alpha**2*(beta1/alpha**2*asinh(beta1/(2*alpha**2)) - sqrt(4 + (beta1/alpha**2)**2))"),
        SameRegularizer(names=REG, variables=ONE, gradient=gradient_of(NET), factor=Integer(4)),
        "Compared with the potential that `derive` proves for w+^2 - w-^2 from alpha.",
    ),
    claim(
        "potential-q",
        "squared parametrisation",
        r"q(b) = 2 - \sqrt{4 + b^2} + b \sinh^{-1}(b/2)",
        eq("Q", "2 - sqrt(4 + (beta1/alpha**2)**2) + beta1/alpha**2*asinh(beta1/(2*alpha**2))"),
        SameRegularizer(names=REG, variables=ONE, gradient=gradient_of(NET)),
        "q(beta/alpha^2), compared with the potential that `derive` proves.",
        up_to_factor=True,
    ),
    claim(
        "limit-runs",
        "squared parametrisation",
        r"\beta_\alpha(\infty) = \arg\min_{X\beta = y} Q_\alpha(\beta)",
        says("the limit of the flow is the minimiser", "proved"),
        LimitIsMinimiser(model=NET3, scales=(Rational(1, 10), Rational(1)), data=data_sets(3)),
        "The flow to a loss of 10^-52 against the enclosed minimiser, on random, repeated, nearly parallel and single equations.",
        hypotheses="the flow converges to an interpolator",
        slow=True,
    ),
    claim(
        "kernel-limit",
        "squared parametrisation",
        r"\beta_\alpha(\infty) \to \arg\min \|\beta\|_2,\ \alpha \to \infty",
        eq("Q", "beta1**2"),
        SameRegularizer(names=REG, variables=ONE, gradient=_norm(NET, "alpha -> oo")),
        "The leading term of the derived potential as alpha -> oo.",
        up_to_factor=True,
    ),
    claim(
        "rich-limit",
        "squared parametrisation",
        r"\beta_\alpha(\infty) \to \arg\min \|\beta\|_1,\ \alpha \to 0",
        eq("Q", "Abs(beta1)"),
        SameRegularizer(names=REG, variables=ONE, gradient=_norm(NET, "alpha -> 0")),
        "The leading term of the derived potential as alpha -> 0.",
        up_to_factor=True,
    ),
    # -- the induced dynamics --
    claim(
        "flow-sign",
        "induced dynamics",
        r"\dot w = \nabla_w L(\beta)",
        eq("slope", "2*x*r*2*wp"),
        Identity(names=N, means={"slope": _parameter_slope(2, 0)}),
        "Gradient flow descends: dw+/dt = -dL/dw+.",
        corrected=(r"\dot w = -\nabla_w L(\beta)", eq("slope", "-2*x*r*2*wp")),
        note="The minus sign may have been lost in the extraction.",
    ),
    claim(
        "jacobian",
        "induced dynamics",
        r"\nabla F^\top = [\mathrm{diag}\, w_+\ \mathrm{diag}\, w_-]",
        eq("dplus, dminus", "wp, wm"),
        Identity(
            names=N,
            means={
                "dplus": lambda: (N("wp") ** 2 - N("wm") ** 2).diff(N("wp")),
                "dminus": lambda: (N("wp") ** 2 - N("wm") ** 2).diff(N("wm")),
            },
        ),
        "The derivatives of w+^2 - w-^2.",
        corrected=(
            r"\nabla F^\top = [2\,\mathrm{diag}\, w_+\ -2\,\mathrm{diag}\, w_-]",
            eq("dplus, dminus", "2*wp, -2*wm"),
        ),
    ),
    claim(
        "inverse-metric",
        "induced dynamics",
        r"\rho^{-1} = \mathrm{diag}(w_+^2 + w_-^2)",
        eq("M", "wp**2 + wm**2"),
        Identity(names=N, means={"M": lambda: _tangent(2)}),
        "J J^T from the derivatives.",
        corrected=(r"\rho^{-1} = 4\, \mathrm{diag}(w_+^2 + w_-^2)", eq("M", "4*(wp**2 + wm**2)")),
        note="Harmless: a constant factor of time.",
    ),
    claim(
        "law",
        "induced dynamics",
        r"\frac{d}{dt} w_+ w_- = 0",
        says("w+ w- is conserved, and nothing else is", "proved"),
        Answers(models=(NET,), verdict=_only_law),
        "The conservation laws of the model, with the proof that there is no other.",
    ),
    claim(
        "law-factor",
        "induced dynamics",
        r"\frac{d}{dt} w_+ w_- = -2 X^\top r (w_+ w_- - w_- w_+)",
        eq("coefficient", "-2"),
        Identity(
            names=N,
            means={
                "coefficient": lambda: (
                    _parameter_slope(2, 0)() * N("wm") / (N("x") * N("r") * N("wp") * N("wm"))
                ).cancel()
            },
        ),
        "The coefficient of w+ w- in (dw+/dt) w-: with dw+/dt = -4 x r w+ it is -4.",
        corrected=(r"\frac{d}{dt} w_+ w_- = -4 X^\top r (w_+ w_- - w_- w_+)", eq("coefficient", "-4")),
        note="Harmless: it multiplies zero.",
    ),
    claim(
        "w-of-beta",
        "induced dynamics",
        r"w_\pm^2 = (\sqrt{\beta^2 + 4\alpha^4} \pm \beta)/2",
        eq("plus*minus, plus - minus", "alpha**4, beta"),
        Identity(
            names=N,
            means={
                "plus": lambda: (sqrt(N("beta") ** 2 + 4 * N("alpha") ** 4) + N("beta")) / 2,
                "minus": lambda: (sqrt(N("beta") ** 2 + 4 * N("alpha") ** 4) - N("beta")) / 2,
            },
        ),
        "The two printed squares have product alpha^4 and difference beta, which determines them.",
    ),
    claim(
        "metric-beta",
        "induced dynamics",
        r"w_+^2 + w_-^2 = \sqrt{\beta^2 + 4\alpha^4}",
        eq("sum", "sqrt(beta**2 + 4*alpha**4)"),
        Identity(names=N, means={"sum": lambda: _on_branch(N("wp") ** 2 + N("wm") ** 2)}),
        "On the leaf w+ w- = alpha^2.",
    ),
    claim(
        "dynamics",
        "induced dynamics",
        r"\dot\beta = -\sqrt{\beta^2 + 4\alpha^4} \odot \nabla L(\beta)",
        eq("M", "sqrt(beta**2 + 4*alpha**4)"),
        Identity(names=N, means={"M": lambda: _on_branch(_tangent(2))}),
        "J J^T on the leaf, written in beta.",
        corrected=(
            r"\dot\beta = -4 \sqrt{\beta^2 + 4\alpha^4} \odot \nabla L(\beta)",
            eq("M", "4*sqrt(beta**2 + 4*alpha**4)"),
        ),
        note="Harmless: a constant factor of time.",
    ),
    claim(
        "hessian-map",
        "induced dynamics",
        r"\rho = \mathrm{diag}(\beta^2 + 4\alpha^4)^{-1/2}\ \text{is a Hessian map}",
        says("Hessian map", "proved"),
        Answers(models=(NET, architecture("diagonal").model(depth=2, dimension=3)), verdict=lambda d: d.hessian),
        "Decided for one and three coordinates.",
    ),
    claim(
        "psi",
        "induced dynamics",
        r"\Psi = \alpha^2 \sum_i \mathrm{const} - \sqrt{4 + (\beta/\alpha^2)^2} + \frac{\beta}{\alpha^2} \sinh^{-1} \frac{\beta}{2\alpha^2}",
        eq("psi2", "1/sqrt(beta**2 + 4*alpha**4)"),
        Identity(names=N, means={"psi2": lambda: _psi().diff(N("beta"), 2)}),
        "The printed Psi, differentiated twice, against (beta^2 + 4 alpha^4)^(-1/2).",
    ),
    # -- width --
    claim(
        "width-variance",
        "width and scale",
        r"\sigma^2 = \alpha^2/k \Rightarrow \mathrm{Var}\, \beta(0)_i = \alpha^2",
        eq("variance", "alpha**2"),
        Identity(names=N, means={"variance": lambda: N("k") * (N("alpha") ** 2 / N("k")) ** 2}),
        "The variance of a sum of k independent products u v is k sigma^4.",
        corrected=(
            r"\sigma^2 = \alpha^2/k \Rightarrow \mathrm{Var}\, \beta(0)_i = \alpha^4/k",
            eq("variance", "alpha**4/k"),
        ),
        note="If sigma^2 = alpha^2/sqrt(k) was printed and the root was lost in the extraction, the variance is alpha^4, not alpha^2.",
    ),
    claim(
        "width-variance-root",
        "width and scale",
        r"\sigma^2 = \alpha^2/\sqrt k \Rightarrow \mathrm{Var}\, \beta(0)_i = \alpha^2",
        eq("variance", "alpha**2"),
        Identity(names=N, means={"variance": lambda: N("k") * (N("alpha") ** 2 / sqrt(N("k"))) ** 2}),
        "The same with the reading that agrees with mu = lim sigma sqrt(k).",
        corrected=(
            r"\sigma^2 = \alpha^2/\sqrt k \Rightarrow \mathrm{Var}\, \beta(0)_i = \alpha^4",
            eq("variance", "alpha**4"),
        ),
    ),
    claim(
        "width-gram",
        "width and scale",
        r"W W^\top \approx k \alpha^2 I",
        eq("gram", "k*alpha**2"),
        Identity(names=N, means={"gram": lambda: N("k") * N("alpha") ** 2 / sqrt(N("k"))}),
        "A diagonal entry is a sum of k squares of variance sigma^2 = alpha^2/sqrt(k).",
        corrected=(r"W W^\top \approx \sqrt k\, \alpha^2 I", eq("gram", "sqrt(k)*alpha**2")),
        note="The root may have been lost in the extraction.",
    ),
    claim(
        "width-mu-sigma",
        "width and scale",
        r"\alpha \sqrt[4]{k} = \sigma \sqrt k",
        eq("sigma*sqrt(k)", "alpha*k**(1/4)"),
        Identity(names=N, means={"sigma": lambda: N("alpha") / N("k") ** Rational(1, 4)}),
        "With sigma^2 = alpha^2/sqrt(k).",
    ),
    claim(
        "width-limit",
        "width and scale",
        r"\beta(\infty) \to \arg\min Q_\mu,\ \mu = \lim \alpha \sqrt[4]{k}",
        eq("mu", "alpha*k**(1/4)"),
        Identity(names=N, means={"mu": _width_scale}),
        "The metric of sum_j u_j v_j on the leaf of a random start of variance sigma^2, compared with that of w+^2 - w-^2 from mu.",
        corrected=(r"\mu = \lim \alpha \sqrt[4]{k} / \sqrt 2", eq("mu", "alpha*k**(1/4)/sqrt(2)")),
        note="Off by the square root of two; the orders of magnitude stand.",
    ),
    claim(
        "width-kernel",
        "width and scale",
        r"k \alpha^2 \to 0 \text{ leads to the kernel regime}",
        eq("Q", "Abs(beta1)"),
        SameRegularizer(names=REG, variables=ONE, gradient=_norm(NET, "alpha -> oo")),
        "In the kernel regime Q is quadratic. mu -> 0, which sqrt(k) alpha^2 = mu^2 -> 0 means, makes Q the l1 norm instead.",
        corrected=(r"\sqrt k\, \alpha^2 \to \infty \text{ leads to the kernel regime}", eq("Q", "beta1**2")),
        up_to_factor=True,
    ),
    # -- the explicit regularizer --
    claim(
        "quartic",
        "explicit regularization",
        r"r^4 - 6r^3 + (12 - 2b^2) r^2 - (8 + 10b^2) r + b^2 + b^4 = 0",
        eq("quartic", "r**4 - 6*r**3 + (12 - 2*b**2)*r**2 - (8 + 10*b**2)*r + b**2 + b**4"),
        Identity(names=N, means={"quartic": _quartic}),
        "min |w - 1|^2 over w+^2 - w-^2 = b: the multiplier eliminated by a resultant.",
    ),
    claim(
        "explicit-limit",
        "deep diagonal nets",
        r"R_\alpha(\beta) \to \|\beta\|_{2/D}^{2/D},\ D = 3",
        Formula(left="(1 + v**3)**2", relation=">=", right="1"),
        Inequality(names=N, box={"v": (Rational(0), Rational(10))}),
        "At alpha = 0, beta = 1: |w|^2 = (1 + v^3)^(2/3) + v^2 >= (1 + v^3)^(2/3) >= 1 = beta^(2/D) with v = w-, attained at "
        "v = 0 (v > 10 costs more than 100); homogeneity and symmetry give every beta.",
    ),
    # -- depth --
    claim(
        "deep-path",
        "deep diagonal nets",
        r"\beta(t) = \alpha^D ((1 + \alpha^{D-2} D(D-2) X^\top \textstyle\int r)^{-1/(D-2)} - \ldots),\ D = 3",
        eq("beta", "alpha**3*((1 + 3*alpha*x*s)**(-1) - (1 - 3*alpha*x*s)**(-1))"),
        Identity(names=N, means={"beta": _beta_along(3)}),
        "dw/ds = -+ 2 D x w^(D-1) from alpha, integrated, D = 3.",
        corrected=(
            r"\beta(t) = \alpha^D ((1 + 2\alpha^{D-2} D(D-2) X^\top \textstyle\int r)^{-D/(D-2)} - \ldots)",
            eq("beta", "alpha**3*((1 + 6*alpha*x*s)**(-3) - (1 - 6*alpha*x*s)**(-3))"),
        ),
        note="The exponent is -D/(D-2), since beta is a D-th power. The factor 2 belongs to L = |X beta - y|^2; it is harmless.",
    ),
    claim(
        "deep-path-4",
        "deep diagonal nets",
        r"\beta(t) = \alpha^D ((1 + \alpha^{D-2} D(D-2) X^\top \textstyle\int r)^{-1/(D-2)} - \ldots),\ D = 4",
        eq("beta", "alpha**4*((1 + 8*alpha**2*x*s)**(-1/2) - (1 - 8*alpha**2*x*s)**(-1/2))"),
        Identity(names=N, means={"beta": _beta_along(4)}),
        "The same for D = 4.",
        corrected=(
            r"\beta(t) = \alpha^D ((1 + 2\alpha^{D-2} D(D-2) X^\top \textstyle\int r)^{-D/(D-2)} - \ldots)",
            eq("beta", "alpha**4*((1 + 16*alpha**2*x*s)**(-2) - (1 - 16*alpha**2*x*s)**(-2))"),
        ),
    ),
    claim(
        "deep-h",
        "deep diagonal nets",
        r"\beta(\infty) = \alpha^D h_D(X^\top s),\ h_D(z) = \alpha^D((1 + \ldots z)^{-1/(D-2)} - \ldots),\ D = 3",
        eq("beta", "alpha**3*alpha**3*((1 + 3*alpha*z)**(-1) - (1 - 3*alpha*z)**(-1))"),
        Identity(names=N, means={"beta": lambda: _beta_along(3)().xreplace({N("s"): -N("z") / (2 * N("x"))})}),
        "alpha^D h_D with the printed h_D, against the integrated path with z = -2 x s (the sign that makes h_D increase).",
        corrected=(
            r"h_D(z) = (1 - \alpha^{D-2} D(D-2) z)^{-D/(D-2)} - (1 + \alpha^{D-2} D(D-2) z)^{-D/(D-2)}",
            eq("beta", "alpha**3*((1 - 3*alpha*z)**(-3) - (1 + 3*alpha*z)**(-3))"),
        ),
        note="The factor alpha^D is printed twice, the exponent lacks D, and the sign makes h_D decrease.",
    ),
    *(
        claim(
            f"deep-rich-{depth}",
            "deep diagonal nets",
            rf"\beta(\infty) \to \arg\min \|\beta\|_1,\ \alpha \to 0,\ D = {depth}",
            eq("Q", "Abs(beta1)"),
            SameRegularizer(
                names=REG,
                variables=ONE,
                gradient=_norm(architecture("diagonal").model(depth=depth, dimension=1), "alpha -> 0"),
            ),
            "The leading term of the derived potential as alpha -> 0.",
            up_to_factor=True,
        )
        for depth in (3, 4, 5)
    ),
    # -- logistic loss --
    claim(
        "support-expansion",
        "logistic regression, proof sketch",
        r"\hat w = \sum_i \alpha_i w_i",
        eq("what2, what1", "a1*w12 + a2*w22, a1*w11 + a2*w21"),
        Identity(names=N, means=_margin_example()),
        "The hard-margin problem with x = (1, 1), (1, -1): w = (1, 0) = (x_1 + x_2)/2 by symmetry; the vectors w_i are read as the one vector w there is.",
        corrected=(r"\hat w = \sum_i \alpha_i x_i", eq("what1, what2", "a1*x11 + a2*x21, a1*x12 + a2*x22")),
    ),
    claim(
        "log-t",
        "logistic regression, theorem",
        r"w(t) = \hat w \log t + \rho(t),\ \rho \text{ bounded}",
        eq("w", "log(t)/x"),
        Ratio(
            names=Names(positive=("t", "x")),
            variable="t",
            to="oo",
            means={
                "w": lambda: (
                    log(1 + Symbol("x", positive=True) ** 2 * Symbol("t", positive=True)) / Symbol("x", positive=True)
                )
            },
        ),
        "One point x > 0, exponential loss, w(0) = 0: L = 1/(1 + x^2 t) gives w(t) = log(1 + x^2 t)/x, and the max-margin "
        "vector is 1/x. The ratio to log(t)/x tends to 1.",
        hypotheses="one data point; the theorem for every separable data set is Soudry et al. 2018",
    ),
    claim(
        "homogeneous-fosp",
        "homogeneous models, theorem",
        r"w_\infty \propto \text{first order stationary point of } \arg\min \|w\|_2\ \text{s.t. } y_i f(w, x_i) \ge 1",
        eq("stationary", "1"),
        Undecided(reason="a theorem of Nacson et al. 2019 and Lyu, Li 2019 for every homogeneous model, cited"),
        "Nothing.",
    ),
    claim(
        "function-space-norm",
        "homogeneous models",
        r"R_F(h) = \arg\min_{F(w) = h} \|w\|^2",
        eq("R", "sqrt(beta)"),
        Identity(names=Names(positive=("beta",)), means={"R": lambda: Symbol("beta", positive=True)}),
        "For F = w+^2 - w-^2, h = beta > 0: the minimiser is w+ = sqrt(beta), w- = 0, the minimum is beta.",
        corrected=(r"R_F(h) = \min_{F(w) = h} \|w\|^2", eq("R", "beta")),
        note="R_F is used as a number in the next line; arg min is the vector.",
    ),
    claim(
        "first-loss",
        "order of limits",
        r"L_S(\beta(t)) \text{ decreases from } 1 \text{ to } 0 \text{ (logistic loss)}",
        eq("L0", "1"),
        Identity(names=N, means={"L0": lambda: log(1 + exp(Integer(0)))}),
        "The logistic loss at beta = 0.",
        corrected=(r"\text{decreases from } \log 2 \text{ to } 0", eq("L0", "log(2)")),
        note="1 is right for the averaged exponential loss.",
    ),
    claim(
        "all-scales-l1",
        "order of limits",
        r"\forall\alpha\ \lim_{\epsilon \to 0} \beta(\epsilon)/\|\beta(\epsilon)\| \propto \arg\min \|\beta\|_1\ \text{s.t. margins}",
        eq("limit", "1"),
        Undecided(
            reason="a theorem for every data set; its instances are followed to 10^-1700 under Moroshko et al. 2020"
        ),
        "Nothing here; see moroshko2020-theorem-7 and its neighbours.",
    ),
    claim(
        "distance-8700",
        "order of limits",
        r"\epsilon = e^{-\Theta(\alpha^2)}:\ \alpha = 100, \mu = 1/2",
        eq("log10", "-8700"),
        Rounded(compute=lambda: -(Integer(100) ** 2) / Rational(1, 2) / log(10), significant=2),
        "log10 of exp(-alpha^2/mu); the same number is quoted by Moroshko et al. 2020.",
    ),
    claim(
        "loss-1700",
        "order of limits, figure",
        r"\epsilon = 10^{-1700}",
        eq("log10", "-1700"),
        Undecided(reason="a label in a figure, without its data set, scale or criterion"),
        "Nothing: the flow itself is followed to this loss by `verify flow`.",
    ),
    claim(
        "loss-4300",
        "logistic loss vs squared loss, figure",
        r"\epsilon = 10^{-4300},\ D = 3",
        eq("log10", "-4300"),
        Undecided(reason="a label in a figure, without its data set, scale or criterion"),
        "Nothing: the flow itself is followed to this loss by `verify flow`.",
    ),
    claim(
        "step-size",
        "logistic regression",
        r"\text{for any } \eta \le 2",
        eq("eta", "2"),
        Undecided(reason="the bound depends on the norm of the data, which the slide does not state"),
        "Nothing: the theorem of Soudry et al. 2018 has eta < 2/(beta sigma_max(X)^2).",
    ),
    claim(
        "steering",
        "matrix factorization, non-commuting",
        r"\text{arbitrary steering reaches any psd matrix}",
        eq("reachable", "1"),
        Undecided(reason="a statement on reachable sets for random measurements; no decision procedure is built in"),
        "Nothing.",
    ),
    # -- matrices --
    *(
        claim(
            f"product-flow-{i + 1}{j + 1}",
            "matrix factorization",
            r"\dot\beta = -(U U^\top \nabla L + \nabla L\, V V^\top)",
            eq("rate", "-(" + _product_entry(i, j) + ")"),
            Identity(names=N, means={"rate": _matrix_slope((i, j))}),
            f"Entry ({i + 1}, {j + 1}) for 2 x 2 symbols.",
        )
        for i in range(2)
        for j in range(2)
    ),
    claim(
        "lifted-flow",
        "matrix factorization",
        r"\dot{\tilde\beta} = -(\tilde\beta \nabla L + \nabla L \tilde\beta)",
        eq("rate", "-(2*g11*b11 + 2*g12*b12)"),
        Identity(names=N, means={"rate": _symmetric_slope}),
        "Entry (1, 1) of d(W W^T)/dt for dW/dt = -grad_W L(W W^T), 2 x 2, G = grad L symmetric.",
        corrected=(
            r"\dot{\tilde\beta} = -2(\tilde\beta \nabla L + \nabla L \tilde\beta)",
            eq("rate", "-2*(2*g11*b11 + 2*g12*b12)"),
        ),
        note="Harmless: a constant factor of time.",
    ),
    claim(
        "lifted-measurement",
        "matrix factorization",
        r"\langle \tilde X, \tilde\beta \rangle = \langle X, \beta \rangle,\ \tilde X = \begin{pmatrix} 0 & X \\ X^\top & 0 \end{pmatrix}",
        eq("pairing", "x*u*v"),
        Identity(names=N, means={"pairing": _lifted_pairing}),
        "The trace for one row each.",
        corrected=(r"\langle \tilde X, \tilde\beta \rangle = 2 \langle X, \beta \rangle", eq("pairing", "2*x*u*v")),
        note="The earlier slide on width has the factor 1/2 in the lifted measurement, which repairs it.",
    ),
    claim(
        "commuting-solution",
        "matrix factorization, commuting",
        r"\beta(t) = e^{X^*(s)} \beta_0 e^{X^*(s)},\ s = -\textstyle\int r",
        eq("rate", "-b*x*r - x*r*b"),
        Identity(names=N, means={"rate": _commuting_rate}),
        "Differentiated in t on a joint eigenvector, ds/dt = -r, for the printed equation of motion.",
    ),
    claim(
        "commuting-hessian",
        "matrix factorization, commuting",
        r"\rho(\beta)\ \text{restricted to a joint diagonalization is a Hessian map}",
        says("Hessian map", "proved"),
        Answers(models=(COMMUTING,), verdict=lambda d: d.hessian),
        "Decided for diagonal 2 x 2 matrices.",
    ),
    claim(
        "commuting-psi",
        "matrix factorization, commuting",
        r"\Psi(\beta) = \sum_i \beta_i \log(\beta_i/e),\ \nabla^2\Psi = \rho = \tfrac12 \beta^{-1}",
        eq("rho", "1/b"),
        Identity(names=Names(positive=("b",)), means={"rho": lambda: 1 / (2 * Symbol("b", positive=True))}),
        "The second derivative of b log(b/e) is 1/b; rho is 1/(2b) for the printed equation of motion.",
        corrected=(r"\Psi(\beta) = \tfrac12 \sum_i \beta_i \log(\beta_i/e)", eq("rho", "1/(2*b)")),
        note="Harmless: a factor.",
    ),
    claim(
        "commuting-bregman",
        "matrix factorization, commuting",
        r"D_\Psi(\beta | \alpha I) = \sum_i \beta_i \log\tfrac{1}{e\alpha} + \beta_i",
        eq("D", "b*(-1 - log(alpha)) + b"),
        Identity(names=Names(positive=("b", "alpha")), means={"D": _bregman}),
        "The Bregman divergence of b log(b/e), from its definition.",
        corrected=(
            r"D_\Psi(\beta | \alpha I) = \sum_i \beta_i \log\tfrac{\beta_i}{e\alpha} + \alpha",
            eq("D", "b*(log(b) - log(alpha) - 1) + alpha"),
        ),
        note="Part of the formula may have been lost in the extraction.",
    ),
    claim(
        "noncommuting",
        "matrix factorization, non-commuting",
        r"\rho(\beta) = (A \mapsto \beta A + A \beta)^{-1}\ \text{is not a Hessian map}",
        says("Hessian map", "refuted"),
        Answers(models=(PSD,), verdict=lambda d: d.hessian),
        "Decided for U U^T, 2 x 2, with an exact witness.",
    ),
    claim(
        "noncommuting-warp",
        "matrix factorization, non-commuting",
        r"\text{nor is it one after a time warp}",
        says("warp", "refuted"),
        Answers(models=(PSD,), verdict=lambda d: d.warp.verdict),
        "Decided for U U^T, 2 x 2; the slides do not ask, the refusal is this toolkit's.",
    ),
)
