"""Azulay et al. 2021, On the Implicit Bias of Initialization Shape: Beyond Infinitesimal Mirror Descent.

Conventions of the paper: L = 1/(2N) |X^T w - y|^2, gradient flow, X r = -grad L with r = (y - X^T w)/N.
The first-principles quantities are in `verify.claims.methods`: `azulay2021_quantities` (sections 2 to 4),
`azulay2021_neurons` (5 and 6) and `azulay2021_limits` (7 and 8).  The appendices are not part of the text at hand.
"""

from collections.abc import Callable

from sympy import Expr, Rational, log

from derive.catalogue import architecture
from derive.model import Model, parse_model
from verify.claims.methods import azulay2021_limits as limits
from verify.claims.methods import azulay2021_neurons as neurons
from verify.claims.methods import azulay2021_quantities as q
from verify.claims.methods.azulay2021_quantities import N
from verify.claims.methods.derived import Answers, derived, gradient_of
from verify.claims.methods.identity import Identity, SameRegularizer, Undecided
from verify.claims.methods.leading import Leading, Logarithmic, leading
from verify.claims.methods.limits import LimitIsMinimiser
from verify.claims.reading import Names
from verify.claims.record import Document, eq, says
from verify.systems import data_sets

claim = Document("azulay2021")
ONE = Names(positive=("u", "v", "k", "alpha"))
NET = architecture("diagonal").model(depth=2, dimension=1)
NEURON = tuple(architecture("neuron").model(dimension=d) for d in (2, 3))
SKEWED = neurons.neuron_leaf("2", ("3/5", "4/5"))
TURNED = neurons.neuron_leaf("-2", ("3/5", "4/5"))
EVEN = neurons.neuron_leaf("1", ("3/5", "4/5"))
OUTER = tuple(
    parse_model(
        [],
        parameter_metric=[[f"{int(i == j)} + w{i}*w{j}" for j in range(1, d + 1)] for i in range(1, d + 1)],
        is_metric=True,
        name=f"the metric I + w w^T, dimension {d}",
    )
    for d in (2, 3)
)

# the printed formulas that are used more than once, in x, delta or K = sqrt(k)
QK = "K/4*(1 - sqrt(1 + 4*x**2/K**2) + 2*x/K*asinh(2*x/K))"
QHAT = "(x**2 - delta/2*(delta/2 + sqrt(x**2 + delta**2/4)))*sqrt(sqrt(x**2 + delta**2/4) - delta/2)/x"
KAPPA = "(1 - s)**2/(2*(1 + s**2))"
B = {"11": f"(1 - {KAPPA}*u1**2)", "12": f"(0 - {KAPPA}*u1*u2)", "22": f"(1 - {KAPPA}*u2**2)"}


def _neuron_regularizer(delta: str, start: tuple[str, str]) -> str:
    """The printed regularizer of theorem 6.1 in two coordinates, with z from the printed formula."""
    size = f"sqrt(({start[0]})**2 + ({start[1]})**2)"
    z = f"3/2*sqrt(sqrt({size}**2 + ({delta})**2/4) - ({delta})/2)"
    radial = QHAT.replace("delta", f"({delta})").replace("x", "sqrt(beta1**2 + beta2**2)")
    return f"{radial} - {z}*(({start[0]})*beta1 + ({start[1]})*beta2)/{size}"


def _regime(model: Model, limit: str) -> Callable[[], tuple[Expr, ...]]:
    """The gradient of the derived leading term where the name of the limit ends in `limit`."""

    def compute() -> tuple[Expr, ...]:
        found = next(r for r in derived(model).regimes if limit in r.limit)
        small = {N(name): Rational(1, 100) for name in "uv"}  # where log(1/u) > 0, as it is in the limit
        leading_term = found.equivalent.xreplace(small) if found.equivalent.has(log) else found.equivalent
        return tuple(leading_term.diff(b) for b in model.coordinates)

    return compute


def _entropic() -> tuple[Expr, ...]:
    """dw/dt = w x r from v: the integral of x r is log(w/v)."""
    return (log(N("w")) - log(N("v")),)


def _slope_to_one() -> tuple[Expr, ...]:
    """The limit of (w - w(0))/sqrt(eps) as the shape goes to one."""
    found = limits.shape_to_one()
    return tuple(leading(found[name](), N("eps"), 0) for name in ("d1", "d2"))


def _along_direction(text: str) -> str:
    """The names u1, u2 and s by what they are in p and rho, for a method without `means`."""
    shape = "((rho - 1)/(rho + 1))"
    for name, value in (("u1", "((1 - p**2)/(1 + p**2))"), ("u2", "(2*p/(1 + p**2))")):
        text = text.replace(name, value)
    return text.replace("(1 - s)", f"(1 - {shape})").replace("s**2", f"{shape}**2")


CLAIMS = (
    # -- section 3: infinitesimal mirror descent --
    claim(
        "kkt",
        "eqs. (1), (2)",
        r"\nabla Q(\tilde w) = X\nu,\ X^\top \tilde w = y \text{ is sufficient for a global minimum if } Q \text{ is strictly convex}",
        eq("gap", "distance"),
        Identity(names=N, means=q.feasible_gap()),
        "One sample x, d = 2, v - w orthogonal to x, grad Q(w) = nu x: Q(v) - Q(w) is the Bregman distance, which is > 0 for strictly convex Q.",
    ),
    claim(
        "loss-gradient",
        "eqs. (3) and (8)",
        r"-\nabla\mathcal L(\tilde w) = X r",
        eq("pull1, pull2", "x11*r1 + x21*r2, x12*r1 + x22*r2"),
        Identity(names=N, means=q.two_samples()),
        "-grad of 1/(2N) sum (y_n - w.x_n)^2 for N = 2, d = 2, with r_n = (y_n - w.x_n)/N; this makes eqs. (3) and (8) the same equation.",
    ),
    claim(
        "dynamics-neuron",
        "eqs. (3), (4)",
        r"H(\tilde w)\, \frac{d\tilde w}{dt} = X r \text{ for a linear neuron}",
        eq("H11*dbeta1 + H12*dbeta2, H12*dbeta1 + H22*dbeta2", "g1, g2"),
        Identity(names=N, means=neurons.warped_hessian() | q.flow_of(q.neurons_named("a", 2))),
        "d(a w)/dt from gradient flow of a and w, d = 2, multiplied by H = (a^2 I + w w^T)^-1; g = X r.",
    ),
    claim(
        "mirror",
        "eqs. (4) to (6)",
        r"\frac{d}{dt} \nabla Q(\tilde w(t)) = X r(t)",
        eq("rate1, rate2", "x1*r, x2*r"),
        Identity(names=N, means=q.mirror_rate()),
        "(Hess Q) H^-1 x r for Hess Q = H, a general symmetric 2 x 2 matrix; integrated it is grad Q(w(t)) - grad Q(w(0)) = X nu(t).",
    ),
    claim(
        "lemma-3.1",
        "lemma 3.1",
        r"\tilde w(t) \to \tilde w(\infty) \text{ under (3), (5)} \Rightarrow \exists \nu:\ \nabla Q(\tilde w(\infty)) = X\nu",
        eq("g1*x2 - g2*x1", "0"),
        Identity(names=N, means=q.quadratic_limit()),
        "Q = (A w1^2 + B w2^2)/2, one sample x, start (p, q), label y: the limit of H dw/dt = x r in closed form; grad Q there is a multiple of x iff the 2 x 2 determinant vanishes.",
        corrected=(
            r"\exists \nu:\ \nabla Q(\tilde w(\infty)) - \nabla Q(\tilde w(0)) = X\nu; \text{ hence the lemma if } \nabla Q(\tilde w(0)) = 0",
            eq("(g1 - g01)*x2 - (g2 - g02)*x1", "0"),
        ),
        hypotheses="dynamics (3) with (5), convergence to a global minimum, grad Q finite where w is",
        note="The lemma does not state grad Q(w(0)) = 0, which the sentence before it assumes; (5) fixes Q only up to an affine function. "
        "With it the lemma holds: grad Q(w(t)) - grad Q(w(0)) stays in the range of X, which is closed, by eq. (4). The first part, |w(oo)| < oo, is part of `converges`.",
    ),
    claim(
        "hessian-condition",
        "eq. (7)",
        r"\frac{\partial H_{ij}}{\partial w_k} = \frac{\partial H_{ik}}{\partial w_j}",
        eq("dH12_dw1", "dH11_dw2"),
        Identity(names=N, means=q.third_derivatives()),
        "H = Hess Q for a general cubic Q in two variables, i = k = 1, j = 2 (only third derivatives of Q enter). The other indices follow by symmetry.",
    ),
    claim(
        "outer-metric",
        "footnote 3",
        r"w \mapsto I + w w^\top \text{ is not the Hessian of any function}",
        says("Hessian map", "refuted"),
        Answers(models=OUTER, verdict=lambda d: d.hessian),
        "The condition (7) decided for d = 2 and d = 3, with an exact witness.",
        hypotheses="d >= 2; in one dimension 1 + w^2 is a second derivative",
    ),
    claim(
        "bregman",
        "section 3.1, after eq. (8)",
        r"\tilde w(\infty) = \arg\min D_\psi(w, w(0)),\ D_\psi(w, w') = \psi(w) - \psi(w') - \langle \nabla\psi(w'), w - w' \rangle",
        eq("D", "(w*log(w) - w) - (v*log(v) - v) - log(v)*(w - v)"),
        SameRegularizer(names=N, variables=("w",), gradient=_entropic, factor=Rational(1)),
        "psi = w log w - w, so that (8) is dw/dt = w x r, solved by log w - log w(0) = integral of x r: this is the gradient of the printed D, which is therefore in the range of X.",
    ),
    # -- section 4: diagonal networks --
    claim(
        "untied-path",
        "theorem 4.1",
        r"\sqrt{k_i} = 2(u_{+,i}^2(0) + v_{+,i}^2(0)) \text{ in } \tilde w = \tfrac{\sqrt k}{2} \sinh 2s,\ s = \textstyle\int (Xr)_i",
        eq("beta", "2*(u**2 + v**2)/2*sinh(2*s)"),
        Identity(names=N, means={"beta": q.untied_dual}),
        "beta(s) as `derive` solves the gradient field from an unbiased start (u, v); its inverse, asinh(2x/sqrt(k))/2, is the slope of q_k.",
    ),
    claim(
        "untied-slope",
        "theorem 4.1",
        r"q_k(x) = \tfrac12 \int_0^x \operatorname{arcsinh}(2z/\sqrt k)\, dz",
        eq("slope", "asinh(2*x/(2*(u**2 + v**2)))/2"),
        Identity(names=ONE, means={"slope": lambda: q.untied_gradient()[0]}),
        "The inverse of the path of u+ v+ - u- v- solved by hand: u+ + v+ and u- - v- grow like e^s, the others decay like e^-s.",
    ),
    claim(
        "theorem-4.1",
        "theorem 4.1, eq. (10)",
        r"q_k(x) = \tfrac{\sqrt k}{4} [1 - \sqrt{1 + 4x^2/k} + \tfrac{2x}{\sqrt k} \operatorname{arcsinh} \tfrac{2x}{\sqrt k}],\ \sqrt k = 2(u_+^2(0) + v_+^2(0))",
        eq("Q", QK.replace("K", "(2*(u**2 + v**2))")),
        SameRegularizer(names=ONE, variables=("x",), gradient=q.untied_gradient, factor=Rational(1)),
        "The printed q_k with the printed k, differentiated, against the integral of X r along the flow as a function of x.",
        note="The root over k and over the second term is read as in the integral. For u(0) = v(0) = 0 in a coordinate k = 0 and q_k is not defined (that coordinate does not move).",
    ),
    claim(
        "theorem-4.1-convex",
        "theorem 4.1",
        r"q_k \text{ is strictly convex},\ q_k'(0) = 0",
        eq("curvature", "1/sqrt(4*x**2 + (2*(u**2 + v**2))**2)"),
        Identity(names=ONE, means={"curvature": lambda: q.untied_gradient()[0].diff(ONE("x"))}),
        "The second derivative is 1/sqrt(k + 4x^2) > 0; so (2) is sufficient and the argmin unique. The slope asinh(2x/sqrt(k))/2 vanishes at 0, the start.",
    ),
    claim(
        "theorem-4.1-runs",
        "theorem 4.1",
        r"\tilde w(\infty) = \arg\min Q_k(w)\ \text{s.t. } X^\top w = y",
        says("the limit of the flow is the minimiser", "proved"),
        LimitIsMinimiser(
            model=architecture("untied").model(dimension=3), scales=(Rational(1, 10), Rational(1)), data=data_sets(3)
        ),
        "The flow to a loss of 10^-52 against the enclosed minimiser, on random, repeated, nearly parallel and single equations.",
        hypotheses="the flow converges to an interpolator",
        slow=True,
    ),
    claim(
        "theorem-6.1-runs",
        "theorem 6.1",
        r"\tilde w(\infty) = \arg\min q(\|w\|) + z^\top w\ \text{s.t. } X^\top w = y",
        says("the limit of the flow is the minimiser", "proved"),
        LimitIsMinimiser(
            model=parse_model(
                ["a*w1", "a*w2", "a*w3"], name="neuron", start={"a": "2", "w1": "3/5", "w2": "4/5", "w3": "0"}
            ),
            scales=(Rational(1),),
            data=data_sets(3),
        ),
        "The same for one neuron from a(0) = 2, w(0) = (3/5, 4/5, 0): a warped potential, delta = 3.",
        hypotheses="the flow converges to an interpolator",
        slow=True,
    ),
    claim(
        "theorem-4.1-sum",
        "theorem 4.1, eq. (10)",
        r"Q_k(w) = \sum_i q_{k_i}(w_i)",
        says("there is a potential for unequal k_i, coordinate by coordinate", "proved"),
        Answers(models=(q.UNTIED_TWO,), verdict=lambda d: d.potential.verdict),
        "Decided for two coordinates with starts (u1, v1), (u2, v2); eq. (9) is the model.",
    ),
    claim(
        "tied-model",
        "section 4, previous results",
        r"u_+ = v_+, u_- = v_-:\ f = (u_+^2 - u_-^2)^\top x",
        eq("beta1", "up**2 - um**2"),
        Identity(
            names=N,
            means={
                "beta1": lambda: q.UNTIED.predictor[0].xreplace({N(f"{w}{s}1"): N(f"u{s}") for w in "uv" for s in "pm"})
            },
        ),
        "u+ v+ - u- v- with v = u.",
    ),
    claim(
        "woodworth",
        "section 4, after theorem 4.1",
        r"\text{Eq. (10) reduces to Woodworth et al. (2020) for } u_+(0) = v_+(0),\ u_-(0) = v_-(0)",
        eq("Q", QK.replace("K", "(4*alpha**2)").replace("x", "beta1")),
        SameRegularizer(names=ONE, variables=("beta1",), gradient=gradient_of(NET), factor=Rational(2)),
        "(10) with sqrt(k) = 4 alpha^2 is twice the potential derived for w+^2 - w-^2 from alpha (whose flow is twice as fast).",
    ),
    claim(
        "woodworth-large",
        "section 4, previous results",
        r"\alpha \text{ large: the minimum } \ell_2 \text{-norm solution}",
        eq("Q", "beta1**2"),
        SameRegularizer(names=ONE, variables=("beta1",), gradient=_regime(NET, "-> oo")),
        "The leading term of the derived potential of w+^2 - w-^2 as alpha -> oo.",
        up_to_factor=True,
    ),
    claim(
        "woodworth-small",
        "section 4, previous results",
        r"\alpha \text{ small: the minimum } \ell_1 \text{-norm solution}",
        eq("Q", "Abs(beta1)"),
        SameRegularizer(names=ONE, variables=("beta1",), gradient=_regime(NET, "-> 0")),
        "The leading term of the derived potential of w+^2 - w-^2 as alpha -> 0.",
        up_to_factor=True,
    ),
    # -- section 5: the warp --
    claim(
        "warp-exists",
        "section 5, eq. (11)",
        r"g(w) H(w) = \nabla^2 Q(w) \text{ can have a solution even when } H(w) = \nabla^2 Q(w) \text{ does not}",
        says("warp", "proved"),
        Answers(models=(*NEURON, SKEWED), verdict=lambda d: d.warp.verdict),
        "Decided for the linear neuron with delta = 0 and delta > 0, d = 2 and 3: g = |a| up to a constant factor, and it is the only scalar warp.",
        note="For delta = 0 this g vanishes at w~ = 0, where H is not defined either; the printed g: R^d -> (0, oo) is then one on R^d without the origin, which the flow of theorem 6.1 never leaves.",
    ),
    claim(
        "ansatz",
        "section 5, eqs. (11), (13)",
        r"g H = \nabla^2 Q,\ Q = \hat q(\|\tilde w\|) + z^\top \tilde w",
        eq("Q11, Q12, Q22", "3/2*a*H11, 3/2*a*H12, 3/2*a*H22"),
        Identity(names=N, means=neurons.warped_hessian()),
        "The Hessian of the ansatz with q' = 3/2 |w| (theorem 6.1) and g = 3/2 a, d = 2, as functions of (a, w).",
        note="g itself is not printed; 3/2 a is the g that belongs to the q of theorem 6.1.",
    ),
    claim(
        "warped-mirror",
        "section 5, eq. (12)",
        r"\frac{d}{dt} \nabla Q(\tilde w(t)) = g(\tilde w(t)) X r(t)",
        eq("3/2*dw1, 3/2*dw2", "3/2*a*g1, 3/2*a*g2"),
        Identity(names=N, means=q.flow_of(q.neurons_named("a", 2))),
        "For theorem 6.1: grad Q is 3/2 (w - w(0)) for a > 0, differentiated along the flow, against g X r with g = 3/2 a; integrated, grad Q(w(t)) - grad Q(w(0)) = X nu.",
    ),
    claim(
        "time-warp",
        "section 5, eqs. (14), (15)",
        r"\frac{d}{dt} w(\tau(t)) = \tau'(t) f(w(\tau(t)))",
        eq("rate", "slope*f"),
        Identity(names=N, means=neurons.warped_rate()),
        "The chain rule, on w' = -w^2 and tau = t + t^2.",
        note="The condition lim tau = oo follows from tau' > c > 0.",
    ),
    claim(
        "warp-time",
        "section 5, after eq. (16)",
        r"\tilde w(\tau) \text{ solves (16)} \Rightarrow \tilde w(\tau(t)) \text{ solves (12) for } \tau(t) = \int_0^t g(\tilde w(t'))\, dt'",
        eq("slope", "1 + exp(-2*t)"),
        Identity(names=N, means={"slope": neurons.needed_slope}),
        "(16) solved by w~(tau) = e^-tau (r = -w~), g(w) = 1 + w^2: the tau' for which w~(tau(t)) solves (12), against the derivative g(w~(t)) of the printed tau.",
        corrected=(
            r"\tau(t) = \int_0^t g(\tilde w(\tau(t')))\, dt'",
            eq("slope", "1 + exp(-2*tau)"),
        ),
        note="Right as printed if w~(t') inside the integral means the solution of (12), not that of (16) which the sentence names. Harmless: such a tau exists either way.",
    ),
    # -- section 6: fully connected networks --
    claim(
        "not-hessian",
        "section 6",
        r"\text{for fully connected linear networks the Hessian-map condition (7) does not hold}",
        says("Hessian map", "refuted"),
        Answers(models=(*NEURON, SKEWED, q.neurons(2, 2)), verdict=lambda d: d.hessian),
        "Decided for one neuron, d = 2 and 3, delta = 0 and 3, and for two neurons, d = 2 (there is no metric in beta at all).",
        hypotheses="d >= 2",
    ),
    claim(
        "no-global-warp",
        "section 6",
        r"\text{for a multi-neuron network the time warping cannot be used globally}",
        says("warp", "refuted"),
        Answers(models=(q.neurons(2, 2),), verdict=lambda d: d.warp.verdict),
        "Decided for two neurons, d = 2: rho^-1 moves while beta and every conserved quantity stand still.",
    ),
    claim(
        "balanced-norms",
        "section 6, theorem 2.1 of Du et al.",
        r"a_i^2(t) - \|w_i(t)\|^2 = a_i^2(0) - \|w_i(0)\|^2",
        eq("2*a2*da2 - 2*(w21*dw21 + w22*dw22)", "0"),
        Identity(names=N, means=q.flow_of(q.neurons(2, 2))),
        "The rate along the flow of two neurons, d = 2, second neuron.",
    ),
    claim(
        "balanced-matrix",
        "section 6, theorem 2.2 of Du et al.",
        r"a a^\top - W^\top W = \mathrm{const}",
        eq("da1*a2 + a1*da2 - (dw11*w21 + w11*dw21 + dw12*w22 + w12*dw22)", "0"),
        Identity(names=N, means=q.flow_of(q.neurons(2, 2))),
        "The rate of the entry (1, 2) along the flow of two neurons, d = 2; the diagonal is theorem 2.1.",
    ),
    claim(
        "invertible",
        "section 6",
        r"\delta \ge 0 \text{ ensures the form (4) with invertible } H",
        eq("det", "(delta + n)**2*(delta + 2*n)"),
        Identity(names=N, means={"det": neurons.inverse_determinant}),
        "det(a^2 I + w w^T) for d = 3 in delta and n = |w|^2: a polynomial with coefficients >= 0, positive for delta >= 0, n > 0.",
    ),
    claim(
        "theorem-6.1-q",
        "theorem 6.1",
        r"\hat q_\delta(x) = \frac{(x^2 - \frac\delta2(\frac\delta2 + \sqrt{x^2 + \frac{\delta^2}{4}})) \sqrt{\sqrt{x^2 + \frac{\delta^2}{4}} - \frac\delta2}}{x}",
        eq("Q", QHAT),
        SameRegularizer(
            names=N, variables=("x",), gradient=lambda: (neurons.length(N("x"), N("delta")),), factor=Rational(3, 2)
        ),
        "Its derivative is 3/2 |w|, where a |w| = x and a^2 - |w|^2 = delta; w(t) - w(0) is a combination of the samples, by dw/dt = a X r.",
        note="At x = 0 the printed quotient is 0/0; the limit is -delta^(3/2)/2.",
    ),
    claim(
        "theorem-6.1-z",
        "theorem 6.1",
        r"z = -\tfrac32 \sqrt{\sqrt{\|\tilde w(0)\|^2 + \frac{\delta^2}{4}} - \frac\delta2}\ \frac{\tilde w(0)}{\|\tilde w(0)\|}",
        eq(
            "z1, z2",
            ", ".join(
                f"-3/2*sqrt(sqrt(b1**2 + b2**2 + delta**2/4) - delta/2)*b{i}/sqrt(b1**2 + b2**2)" for i in (1, 2)
            ),
        ),
        Identity(names=N, means=neurons.start_vector()),
        "grad Q(w~(0)) = 0 with q' = 3/2 |w|: z = -3/2 |w(0)| w~(0)/|w~(0)|, for w~(0) = (b1, b2). It puts the minimum of q at w~(0), the red dots of figure 7.2.",
    ),
    *(
        claim(
            f"theorem-6.1-{name}",
            f"theorem 6.1, from a(0) = {a}, w(0) = (3/5, 4/5)",
            r"q_{\delta, \tilde w(0)}(w) = \hat q_\delta(\|w\|) + z^\top w",
            eq("Q", _neuron_regularizer(delta, start)),
            SameRegularizer(
                names=ONE, variables=("beta1", "beta2"), gradient=neurons.neuron_gradient(model), factor=Rational(3, 2)
            ),
            "The printed regularizer for this start, in two coordinates, is 3/2 of the potential that `derive` proves.",
        )
        for name, model, a, delta, start in (
            ("delta-3", SKEWED, "2", "3", ("6/5", "8/5")),
            ("delta-0", EVEN, "1", "0", ("3/5", "4/5")),
            ("negative", TURNED, "-2", "3", ("-6/5", "-8/5")),
        )
    ),
    claim(
        "proposition-6.2-metric",
        "proposition 6.2",
        r"\Delta = 0:\ H^{-1} = \|\tilde w\| (I + \tfrac{\tilde w \tilde w^\top}{\|\tilde w\|^2}), \text{ as for one neuron}",
        eq("M11, M12, M22", "m*(1 + t1**2), m*t1*t2, m*(1 + t2**2)"),
        Identity(names=N, means=neurons.balanced_metric()),
        "Two neurons, d = 2, w_i = a_i t with |t| = 1, which is Delta = 0: sum (a_i^2 I + w_i w_i^T) in terms of |w~| and t. One neuron (a1 alone) gives the same function, so that the two have the same Q.",
        note="The step of the proof that makes the proposition follow from theorem 6.1 with delta = 0.",
    ),
    claim(
        "proposition-6.2-warp",
        "proposition 6.2",
        r"\Delta = 0: \text{ the warped metric is a Hessian map}",
        says("warp", "proved"),
        Answers(models=(neurons.BALANCED,), verdict=lambda d: d.warp.verdict),
        "Decided for two neurons, d = 2, on the submanifold Delta = 0.",
    ),
    claim(
        "proposition-6.2",
        "proposition 6.2",
        r"\|w\|^{3/2} - \tfrac32 \|\tilde w(0)\|^{-1/2} \tilde w(0)^\top w",
        eq("Q", "(beta1**2 + beta2**2)**(3/4) - 3/2*1**(-1/2)*(3/5*beta1 + 4/5*beta2)"),
        SameRegularizer(names=ONE, variables=("beta1", "beta2"), gradient=gradient_of(EVEN)),
        "w~(0) = (3/5, 4/5): against the potential that `derive` proves for one neuron with delta = 0, which has the same metric.",
        up_to_factor=True,
    ),
    claim(
        "proposition-6.2-scale",
        "proposition 6.2",
        r"\|w\|^{3/2} - \tfrac32 \|\tilde w(0)\|^{-1/2} \tilde w(0)^\top w,\ \|\tilde w(0)\| = 4",
        eq("Q", "(beta1**2 + beta2**2)**(3/4) - 3/2*4**(-1/2)*(12/5*beta1 + 16/5*beta2)"),
        SameRegularizer(
            names=ONE, variables=("beta1", "beta2"), gradient=gradient_of(neurons.neuron_leaf("2", ("6/5", "8/5")))
        ),
        "The same from w~(0) = (12/5, 16/5), to see the power of |w~(0)|.",
        up_to_factor=True,
    ),
    claim(
        "theorem-6.3",
        "theorem 6.3",
        r"\|\tilde w_i(0)\| \to 0,\ X^\top \tilde w(\infty) = y \Rightarrow \tilde w(\infty) = \arg\min \|w\| \text{ s.t. } X^\top w = y",
        eq("off", "0"),
        Leading(names=N, variable="eps", means=neurons.missed()),
        "Two neurons, d = 2, x = (1, 0), label y > 0, a_i(0) = eps, w_i(0) = (0, b): the part of w~(oo) off x in closed form, eps -> 0. w~_i(0) = (0, eps b) -> 0 and is not 0.",
        corrected=(
            r"\text{the same if } a_i(0) \to 0 \text{ and } w_i(0) \to 0; \text{ in the example } \tilde w_\perp(\infty) \to \sqrt{2y}\, b,\ b = \lim w_\perp(0)",
            eq("off", "sqrt(2*y)*b"),
        ),
        hypotheses="0 != |w~_i(0)| -> 0, which does not make w_i(0) small",
        note="The product a_i w_i is small also where a_i(0) -> 0 and w_i(0) stays (delta_i < 0), and then w_i keeps its part off the data. "
        "With w_i(0) -> 0 and a(0) bounded the theorem holds: w~(oo) = W(0) a(oo) + an element of range X, and a(oo) is bounded by `theorem-6.3-bound`.",
    ),
    claim(
        "theorem-6.3-bound",
        "theorem 6.3, what repairs it",
        r"\|a\|^4 = \|\tilde w\|^2 + a^\top \Delta a",
        eq("a4", "beta2 + a1**2*D11 + 2*a1*a2*D12 + a2**2*D22"),
        Identity(names=N, means=neurons.balance()),
        "Two neurons, d = 2, expanded. Delta is conserved, so |a(oo)|^2 <= |w~(oo)| + |Delta|; with w~ = w* + W_perp(0) a, w* the minimum norm solution, a(oo) stays bounded and W_perp(0) a(oo) -> 0 as W(0) -> 0.",
        note="Not printed; a step of the proof of the corrected theorem 6.3.",
    ),
    # -- section 7.1: scale and shape of diagonal networks --
    claim(
        "diagonal-k",
        "section 7.1",
        r"\sqrt{k_i} = 4\alpha_i \frac{1 + s_i^2}{1 - s_i^2}",
        eq("rootk", "4*alpha*(1 + s**2)/(1 - s**2)"),
        Identity(names=N, means=limits.diagonal_shape()),
        "s = (v/u - 1)/(v/u + 1), alpha = u v for u, v > 0, against 2(u^2 + v^2).",
    ),
    claim(
        "diagonal-khat",
        "section 7.1",
        r"\hat k_i = \frac{\alpha_i}{1 - s_i^2} \text{ is the factor controlling the transition}",
        eq("rootk", "4*khat*(1 + s**2)"),
        Identity(names=N, means=limits.diagonal_shape()),
        "sqrt(k) = 4 khat (1 + s^2), and 1 <= 1 + s^2 < 2 for -1 < s < 1: 4 khat <= sqrt(k) < 8 khat.",
    ),
    claim(
        "diagonal-large",
        "section 7.1, k -> oo",
        r"Q(w) = \sum_i \frac{1}{2(u_{+,i}^2(0) + v_{+,i}^2(0))} w_i^2",
        eq("Q", "x**2/(2*(u**2 + v**2))"),
        Leading(names=N, variable="eps", order=2, means=limits.wide_start()),
        "q_k(x) from (u, v)/sqrt(eps), eps -> 0, to leading order (an exact Taylor coefficient).",
        corrected=(
            r"Q(w) \simeq \sum_i \frac{1}{4(u_{+,i}^2(0) + v_{+,i}^2(0))} w_i^2",
            eq("Q", "x**2/(4*(u**2 + v**2))"),
        ),
        note="Off by a factor 2 with q_k as in (10). Harmless for the argmin.",
    ),
    claim(
        "diagonal-kernel",
        "section 7.1, k -> oo",
        r"\sum_i \frac{w_i^2}{2(u_{+,i}^2(0) + v_{+,i}^2(0))} \text{ is the RKHS norm of the NTK at initialization}",
        eq("norm", "x**2/(2*(u**2 + v**2))"),
        Identity(names=N, means={"norm": limits.kernel_norm}),
        "The kernel at the start is x^T diag(M) x', M = u+^2 + v+^2 + u-^2 + v-^2; the squared norm of w is w^T diag(M)^-1 w.",
    ),
    claim(
        "diagonal-ntk",
        "section 7.1, k -> oo",
        r"k \to \infty \text{ leads to the NTK regime}",
        eq("Q", "beta1**2/(2*(u1**2 + v1**2)) + beta2**2/(2*(u2**2 + v2**2))"),
        SameRegularizer(
            names=Names(positive=("u1", "u2", "v1", "v2")),
            variables=("beta1", "beta2"),
            gradient=_regime(q.UNTIED_TWO, "-> oo"),
        ),
        "The printed quadratic form against the leading term of the derived potential, two coordinates, up to a constant factor.",
        up_to_factor=True,
    ),
    claim(
        "diagonal-small",
        "section 7.1, k -> 0",
        r"Q(w) = \sum_i |w_i| = \|w\|_1",
        eq("Q", "x"),
        Logarithmic(names=N, variable="eps", logarithm="ell", means=limits.narrow_start()),
        "q_k(x), x > 0, as eps = sqrt(k) -> 0, with log(1/eps) carried as a symbol: (x/2) log(1/eps) + O(1).",
        corrected=(
            r"Q(w) \simeq \tfrac12 \log\tfrac{1}{\sqrt k} \sum_i |w_i|",
            eq("Q", "x/2*ell"),
        ),
        note="Q itself tends to infinity; divided by log(1/sqrt(k))/2 it tends to the l1 norm. Harmless for the argmin.",
    ),
    claim(
        "diagonal-rich",
        "section 7.1, k -> 0",
        r"k \to 0 \text{ leads to the rich regime: } \|w\|_1",
        eq("Q", "Abs(beta1)"),
        SameRegularizer(names=ONE, variables=("beta1",), gradient=_regime(q.UNTIED, "-> 0")),
        "The leading term of the derived potential for u, v -> 0 with fixed ratio, up to a constant factor.",
        up_to_factor=True,
    ),
    claim(
        "diagonal-joint",
        "section 7.1, joint limit",
        r"\hat k^* = \lim \frac{\alpha}{1 - s^2}:\ 0 \text{ if } \alpha \to 0 \text{ faster},\ \infty \text{ if } s \to 1 \text{ faster}",
        eq("together, alpha_first, shape_first", "b/2, 0, 0"),
        Leading(names=N, variable="eps", means=limits.joint_paths()),
        "alpha = b e, 1 - s = e gives b/2; alpha = b e^2 gives 0; 1 - s = e^2 gives oo (its inverse tends to 0).",
    ),
    claim(
        "diagonal-intermediate",
        "section 7.1, joint limit",
        r"0 < \hat k^* < \infty: \text{ the } Q \text{ of Eq. (10)},\ \sqrt k \to 8 \hat k^*",
        eq("rootk", "8*(b/2)"),
        Leading(names=N, variable="eps", means=limits.joint_paths()),
        "sqrt(k) along alpha = b e, 1 - s = e, where khat* = b/2: it has a finite positive limit, so that (10) stays as it is.",
        note="The value 8 khat* is not printed.",
    ),
    claim(
        "diagonal-shape-one",
        "section 7.1",
        r"|s| \to 1 \text{ pushes towards the NTK regime}",
        eq("inverse", "1/(4*alpha)"),
        Leading(names=N, variable="eps", order=1, means=limits.extreme_shape()),
        "1/sqrt(k) for s = 1 - eps at fixed alpha is eps/(4 alpha) to leading order: k -> oo.",
        note="The rate is not printed.",
    ),
    claim(
        "figure-7.1",
        "figure 7.1, section 9",
        r"\text{as } s \to 1 \text{ the model converges to a solution in the NTK regime even for small scales}",
        eq("regime", "1"),
        Undecided(
            reason="a picture of population errors for random data (N = 100, d = 1000) without its seeds or values; the limits behind it are the other claims of section 7.1"
        ),
        "Nothing.",
    ),
    # -- section 7.2: scale, shape and orientation of a neuron --
    claim(
        "neuron-delta",
        "section 7.2",
        r"\text{theorem 6.1 is correct for } 0 \le s < 1 \text{ and any } \alpha > 0",
        eq("delta", "4*alpha*s/(1 - s**2)"),
        Identity(names=N, means=limits.neuron_shape()),
        "delta = a(0)^2 - |w(0)|^2 in alpha and s, |s| < 1: it has the sign of s, and delta >= 0 is the hypothesis of theorem 6.1.",
    ),
    claim(
        "neuron-slope",
        "section 7.2 (theorem 6.1 in another form)",
        r"\hat q_\delta = |a| (a^2 - \tfrac32 \delta),\ \hat q_\delta' = \tfrac32 \|w\|",
        eq("slope*a, w**2*a**2", "3/2*x, x**2"),
        Identity(names=N, means=limits.potential_slope()),
        "The form that is regular at x = 0, used for the limits below: its derivative is 3/2 x/|a|, and x = |a| |w|.",
        note="Not printed.",
    ),
    claim(
        "neuron-small",
        "section 7.2, alpha -> 0",
        r"\alpha \to 0 \text{ at fixed } 0 \le s < 1: \text{ the minimum } \ell_2 \text{-norm predictor}",
        eq("qhat, z1, z2", "x**(3/2), 0, 0"),
        Leading(names=N, variable="eps", means=limits.small_neuron()),
        "alpha = eps^2, delta = alpha (rho - 1/rho): q tends to |w|^(3/2) and z to 0, at every fixed w; |w|^(3/2) has the minimisers of |w|.",
    ),
    claim(
        "neuron-large",
        "section 7.2, alpha -> oo",
        r"q(\tilde w) \propto (\tilde w - \tilde w(0))^\top B (\tilde w - \tilde w(0)),\ B = I - \frac{(1-s)^2}{2(1+s^2)} u u^\top",
        eq("Q", _along_direction(f"{B['11']}*e1**2 + 2*{B['12']}*e1*e2 + {B['22']}*e2**2")),
        SameRegularizer(names=N, variables=("e1", "e2"), gradient=limits.large_neuron),
        "The gradient 3/2 (w - w(0)) at w~(0) + e as alpha -> oo with s and e fixed, to leading order (an exact Taylor coefficient), d = 2.",
        up_to_factor=True,
        note="At fixed displacement e; what that says about w~(oo) is `neuron-ntk`.",
    ),
    claim(
        "neuron-kernel",
        "section 7.2, alpha -> oo",
        r"K(x, x') = x^\top B^{-1} x'",
        eq(
            f"K11*{B['11']} + K12*{B['12']}, K11*{B['12']} + K12*{B['22']}, K12*{B['12']} + K22*{B['22']}",
            "1, 0, 1",
        ),
        Identity(names=N, means=limits.start_kernel()),
        "K = a(0)^2 I + w(0) w(0)^T times the printed B, d = 2.",
        corrected=(
            r"K(x, x') = a(0)^2\, x^\top B^{-1} x' = \alpha \tfrac{1 + s}{1 - s} x^\top B^{-1} x'",
            eq(
                f"K11*{B['11']} + K12*{B['12']}, K11*{B['12']} + K12*{B['22']}, K12*{B['12']} + K22*{B['22']}",
                "alpha*(1 + s)/(1 - s), 0, alpha*(1 + s)/(1 - s)",
            ),
        ),
        note="The factor a(0)^2 is missing. Harmless: the minimum norm solution is the same.",
    ),
    claim(
        "neuron-lazy",
        "section 7.2, alpha -> oo",
        r"\alpha \to \infty: \text{ the tangent kernel is fixed during training}",
        eq("kernel", "1"),
        Leading(names=N, variable="eps", means=limits.large_limit()),
        "x = (1, 0), w(0) along (c, p), label y, rho = (1 + s)/(1 - s) > 1: a(oo)^2/a(0)^2 from the conserved quantities, alpha = 1/eps -> oo. It is the ratio of the second diagonal entries of K off w w^T.",
        corrected=(
            r"\frac{a(\infty)^2}{a(0)^2} \to 1 - (x^\top u)^2 \Big(\frac{1 - s}{1 + s}\Big)^2; \text{ fixed if } X^\top \tilde w(0) \text{ stays bounded}",
            eq("kernel", "1 - c**2*((1 - s)/(1 + s))**2"),
        ),
        note="The outputs X^T w~(0) = alpha X^T u grow with alpha, so that the predictor has to move by a distance of order alpha = |w~(0)|. For u orthogonal to the data see `neuron-quiet`.",
    ),
    claim(
        "neuron-ntk",
        "section 7.2, alpha -> oo",
        r"\alpha \to \infty: \text{ the implicit bias is given by the minimum RKHS norm, } \arg\min (\tilde w - \tilde w(0))^\top B (\tilde w - \tilde w(0))",
        eq(f"(1 - {KAPPA}*p**2)*(off - p) + {KAPPA}*p*c*c", "0"),
        Leading(names=N, variable="eps", means=limits.large_limit()),
        "The same example: off = lim w~_2(oo)/alpha against the condition B_21 (w~ - w~(0))_1 + B_22 (w~ - w~(0))_2 = 0 of the printed quadratic under w~_1 = y.",
        corrected=(
            r"\tilde w_\perp(\infty)/\alpha \to p \sqrt{1 - c^2 \big(\tfrac{1 - s}{1 + s}\big)^2},\ u = (c, p); \text{ the statement holds if } X^\top \tilde w(0) \text{ stays bounded}",
            eq("off**2 - p**2*(1 - c**2*((1 - s)/(1 + s))**2)", "0"),
        ),
        note="By homogeneity w~(oo)/alpha tends to the minimiser of q_{delta/alpha, u} under X^T w = 0, which is not quadratic. For s = 0, u = (0.6, 0.8): 0.64 alpha, not 0.588 alpha.",
    ),
    claim(
        "neuron-quiet",
        "section 7.2, alpha -> oo",
        r"\alpha \to \infty,\ X^\top \tilde w(0) = 0:\ \tilde w(\infty) - \tilde w(0) \to \arg\min e^\top B e \text{ s.t. } X^\top e = y",
        eq("d1, d2", "y, 0"),
        Leading(names=N, variable="eps", means=limits.quiet_limit()),
        "x = (1, 0), u = (0, 1), where B is diagonal: the displacement in closed form, alpha = 1/eps. The case in which the statement on alpha -> oo holds.",
    ),
    claim(
        "neuron-b-limit",
        "section 7.2, s near 1",
        r"s \approx 1:\ B \approx I",
        eq(f"{B['11']}, {B['12']}, {B['22']}", "1, 0, 1"),
        Leading(names=N, variable="eps", means={"s": lambda: 1 - N("eps")}),
        "The printed B with s = 1 - eps, eps -> 0.",
    ),
    claim(
        "neuron-shape-one",
        "section 7.2, s -> 1",
        r"s \to 1 \text{ at fixed } \alpha:\ \arg\min \|\tilde w - \tilde w(0)\|",
        eq("Q", _along_direction("(e1 - alpha*u1)**2 + (e2 - alpha*u2)**2")),
        SameRegularizer(names=N, variables=("e1", "e2"), gradient=_slope_to_one),
        "The gradient 3/2 (w - w(0)) at w~ = (e1, e2) for rho = 1/eps -> oo and alpha fixed, divided by sqrt(eps): an exact limit, d = 2.",
        up_to_factor=True,
    ),
    claim(
        "figure-7.2",
        "figure 7.2",
        r"\tilde w(0) = \alpha \cdot [0.6, 0.8]",
        eq("scale**2", "alpha**2"),
        Identity(
            names=N, means={"scale": lambda: (Rational(36, 100) + Rational(64, 100)) ** Rational(1, 2) * N("alpha")}
        ),
        "|alpha (0.6, 0.8)|: the scale of the caption is that of section 7.2, |a(0)| |w(0)| = |w~(0)|.",
    ),
    # -- section 8: leaky ReLU --
    claim(
        "relu-balance",
        "section 8, proof of theorem 8.1",
        r"\delta \ge 0,\ a(0) w(0) \ne 0 \Rightarrow a(t) \text{ does not change sign}",
        eq("a*da - w*dw", "0"),
        Identity(names=N, means=limits.relu_rates()),
        "One input, either side of the kink (slope h): a^2 - w^2 is conserved. For delta > 0 a never vanishes; for delta = 0 it could only vanish with w, at a point of rest.",
    ),
    claim(
        "relu-reduction",
        "section 8, proof of theorem 8.1",
        r"\text{the model is a linear network } \tilde w^\top x \text{ up to the residuals}",
        eq("dw, da", "a*x1*(h*(y1 - a*h*w*x1)), w*x1*(h*(y1 - a*h*w*x1))"),
        Identity(names=N, means=limits.relu_rates()),
        "dw = a X r', da = w.X r' with r' = sigma'(w x)(y - f): the equations of theorem 6.1 with other residuals, and the proof of theorem 6.1 uses no more.",
    ),
    claim(
        "relu-labels",
        "section 8, proof of theorem 8.1",
        r"a < 0: \text{ the linear network regresses to } -\sigma^{-1}(-y)",
        eq("plus, minus", "y, -y"),
        Identity(names=N, means=limits.relu_labels()),
        "-sigma(-z) at z = -sigma^-1(-label) for a positive label y and a negative label -y, slope rho < 1.",
    ),
    claim(
        "theorem-8.1",
        "theorem 8.1",
        r"a(\infty) w(\infty) = \arg\min_{\tilde w = a w} q_\delta(\tilde w) \text{ s.t. } a \sigma(X^\top w) = y",
        eq("limit", "both"),
        Identity(names=N, means=limits.relu_counterexample()),
        "One coordinate, x = 1, y > 0, slope rho = 1/(1 + b) < 1, a(0) > 0, w~(0) = y/rho: the limit of the flow against the minimiser over all feasible (a, w), in which a may have either sign.",
        corrected=(
            r"\text{the same with } \operatorname{sign} a = \operatorname{sign} a(0), \text{ i.e. s.t. } X^\top \tilde w = \sigma^{-1}(y) \text{ for } a(0) > 0,\ -\sigma^{-1}(-y) \text{ for } a(0) < 0",
            eq("limit", "same"),
        ),
        note="With a < 0 the predictor y/rho is feasible too, and it is w~(0), the global minimum of q. The proof shows the corrected statement: a does not change its sign.",
    ),
    # -- section 9 --
    claim(
        "sample-complexity",
        "section 9",
        r"\ell_1: N = \Omega(r^* \log d),\ \ell_2: N = \Omega(d)",
        eq("N", "1"),
        Undecided(
            reason="orders of magnitude of statistical theory, quoted from Woodworth et al. 2020, for random data"
        ),
        "Nothing.",
    ),
)
