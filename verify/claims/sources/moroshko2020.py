"""Moroshko, Woodworth, Gunasekar, Lee, Srebro, Soudry 2020: initialization scale against training accuracy.

Conventions of the paper: L = (1/N) sum exp(-y_n f(u, x_n)), f(u, x) = <u+^D - u-^D, x>, du/dt = -grad L, start
alpha*1, gamma~ = -log L, gamma the smallest margin.  Statements for every depth are decided for several depths,
one claim each; what holds for one data point in closed form is proved there and left open in general.
"""

from sympy import Integer, Rational, exp, limit, log, oo

from verify.claims.methods import moroshko2020_counterexamples as counter
from verify.claims.methods import moroshko2020_quantities as q
from verify.claims.methods import printed_data as data
from verify.claims.methods.asymptotic import Ratio, Rounded
from verify.claims.methods.bounds import Comparison, Known, Range, positive_integer
from verify.claims.methods.derived import derived, gradient_of
from verify.claims.methods.identity import Identity, Inequality, SameRegularizer, Undecided
from verify.claims.methods.printed_data import Decided, Open
from verify.claims.methods.trajectories import Approach, axis_point, l1_point, l2_point, path_point
from verify.claims.reading import Names
from verify.claims.record import Claim, Document, Formula, eq, says

claim = Document("moroshko2020")
N = q.N
REG = Names(positive=("alpha",))
A3, B3 = "three-points-a", "three-points-b"
HALF = Rational(1, 2)


def at_least(left: str, right: str) -> Formula:
    return Formula(left=left, relation=">=", right=right)


def at_most(left: str, right: str) -> Formula:
    return Formula(left=left, relation="<=", right=right)


def regime(depth: int, towards: str):
    """The gradient of the leading term of the derived potential in a limit of the start."""

    def compute():
        model = q.net(depth)
        found = next(r for r in derived(model).regimes if r.limit == towards)
        return tuple(found.equivalent.diff(b) for b in model.coordinates)

    return compute


def weights(depth: int, names: tuple[str, str]) -> str:
    return f"{names[0]}**{depth} - {names[1]}**{depth}"


def h_text(depth: int) -> str:
    return f"(1 - s)**(-{depth}/{depth - 2}) - (1 + s)**(-{depth}/{depth - 2})"


def distance(identifier: str, where: str, statement: str, method: Approach, how: str, note: str = "") -> Claim:
    return claim(identifier, where, statement, eq("distance", "0"), method, how, note=note, slow=True)


CLAIMS = (
    # -- abstract and introduction --
    claim(
        "ridiculous",
        "abstract",
        r"\text{some limits kick in at training accuracies well beyond } 10^{-100}",
        Formula(left="log10", relation="<", right="-100"),
        Inequality(means={"log10": lambda: -Integer(1000) / log(10)}),
        "log10 of exp(-alpha^2/mu) for the paper's own example alpha = 1, mu = 0.001 (section 5).",
    ),
    claim(
        "width",
        "section 1",
        r"\text{a width of } k \text{ is equivalent to a scale larger by the factor } \sqrt k,\ D = 2",
        eq("scale", "sqrt(k)*alpha"),
        Identity(names=N, means={"scale": q.width_scale(2)}),
        "k units from alpha have the predictor k alpha^D h(s); the scale of one unit with the same is (k alpha^D)^(1/D).",
    ),
    claim(
        "width-3",
        "section 1",
        r"\text{a width of } k \text{ is equivalent to a scale larger by the factor } \sqrt k,\ D = 3",
        eq("scale", "sqrt(k)*alpha"),
        Identity(names=N, means={"scale": q.width_scale(3)}),
        "The same for three layers.",
        corrected=(r"\text{by the factor } k^{1/D}", eq("scale", "k**(1/3)*alpha")),
        note="The sentence names no depth; the result that it cites is for two layers, where it is right.",
    ),
    claim(
        "rich-minimiser",
        "section 1; figure 1",
        r"\epsilon \to 0,\ \alpha \text{ fixed: the implicit bias is the least } \|w\|_{2/D},\ D = 3",
        eq("cost", "1"),
        Identity(names=N, means={"cost": lambda: 2 * HALF ** Rational(2, 3)}),
        "One data point x = (1, 1): symmetry keeps what = (1/2, 1/2) at every loss; its cost sum w_i^(2/3), against 1 for (1, 0).",
        corrected=(
            r"\hat w = (\tfrac12, \tfrac12) \text{ has } \textstyle\sum \hat w_i^{2/3} = 2^{1/3} > 1: \text{ stationary only}",
            eq("cost", "2**(1/3)"),
        ),
        note="Eq. (4) says stationary point, which is right; here it even maximises the cost on the segment of margin 1.",
    ),
    # -- section 2 --
    *(
        claim(
            f"homogeneous-{depth}",
            "section 2",
            rf"F(cu) = c^D F(u),\ D = {depth}",
            eq("F", f"c**{depth}*({weights(depth, ('a', 'b'))})"),
            Identity(names=N, means={"F": lambda depth=depth: (N("c") * N("a")) ** depth - (N("c") * N("b")) ** depth}),
            "The network of eq. (5) at c u, expanded.",
        )
        for depth in (2, 3, 5)
    ),
    claim(
        "tail",
        "section 2",
        r"\log(1 + e^{-m}) \sim e^{-m},\ m \to \infty",
        eq("log(1 + z)", "z"),
        Ratio(names=Names(positive=("z",)), variable="z", to="0", means={}),
        "The same tail of the logistic and the exponential loss: z = e^-m tends to 0.",
    ),
    claim(
        "descent",
        "section 2, eq. (1)",
        r"\dot L = -\|\nabla L\|^2 \le 0",
        eq("rate", "-(4*a**2 + 4*b**2)*exp(2*(b**2 - a**2))"),
        Identity(names=N, means={"rate": lambda: q.descent_rate()}),
        "One coordinate, x = 1, D = 2: the chain rule with du/dt = -grad L, against minus the square of the gradient.",
    ),
    claim(
        "digits",
        "section 2",
        r"\tilde\gamma = \text{the number of digits of the precision of the loss}",
        eq("digits", "gammatilde"),
        Identity(names=N, means={"digits": lambda: N("gammatilde") / log(10)}),
        "-log10 of exp(-gamma~).",
        corrected=(r"\tilde\gamma / \log 10", eq("digits", "gammatilde/log(10)")),
        note="In units of 1/log 10 decimal digits; section 5 counts decimal digits (four millions for gamma~ = 10^7).",
    ),
    *(
        claim(
            f"smoothed-{name}",
            "section 2",
            statement,
            formula,
            Range(
                quantity="gap",
                low=lambda: Integer(0),
                high=lambda: log(positive_integer("N")),
                integer="N",
                reason="gamma~ - gamma = log N - log S with S = sum exp(gamma - m_n), which takes each value in [1, N]",
            ),
            "gap = gamma~ - gamma, gamma~ = -log of the average of exp(-m_n), gamma = min m_n, for every N.",
            note="Right for the average over the data. For the sum, as in Lyu and Li, it is gamma - log N <= gamma~ <= gamma.",
        )
        for name, statement, formula in (
            ("low", r"\gamma \le \tilde\gamma", at_least("gap", "0")),
            ("high", r"\tilde\gamma \le \gamma + \log N", at_most("gap", "log(N)")),
        )
    ),
    *(
        claim(
            f"theorem-1-time-{depth}",
            "theorem 1, the horizon",
            rf"\text{{the horizon }} T \text{{ is that of Chizat et al., theorem 2.2, }} D = {depth}",
            eq("horizon", "T"),
            Identity(names=N, means={"horizon": counter.horizon_in_kernel_time(depth)}),
            "u = alpha v turns du/dt = -grad L(u) into alpha^(2D-2) times the flow of that theorem at scale alpha^D.",
            corrected=(
                r"t \in [0, T] \text{ is } [0, \alpha^{2D-2} T] \text{ there}",
                eq("horizon", f"alpha**{2 * depth - 2}*T"),
            ),
            note="A fixed T is a horizon that grows with alpha, so the theorem cited does not cover it.",
        )
        for depth in (2, 3)
    ),
    claim(
        "theorem-1",
        "theorem 1",
        r"F(u_0) = 0 \Rightarrow \lim_{\alpha\to\infty} \sup_{t \in [0,T]} |F(u(t)) - \bar F(\bar u(t))| = 0",
        eq("limit", "0"),
        Known(
            quantity="limit",
            compute=counter.lazy_gap,
            side="least",
            reason="F = (a^2 b, a c^2 + a b c) from alpha (1, 0, 0), labels 1, T = 6: an output whose gradient vanishes "
            "at u_0 grows like exp(alpha T), while its linearisation stays 0 (each alpha >= 5)",
        ),
        "An explicit 3-homogeneous model and elementary inequalities (docstring of lazy_gap), checked in exact and ball arithmetic.",
        corrected=(
            r"\text{for } F = (a^2 b,\ ac^2 + abc),\ u_0 = (1, 0, 0),\ T = 6 \text{ the limit inferior is at least } 1;"
            r"\text{ on } t \le T \alpha^{2-2D} \text{ it is the theorem cited}",
            at_least("limit", "1"),
        ),
        note="What is missing is the rescaled time, t <= T alpha^(2-2D), or a tangent kernel that is not singular at u_0; the "
        "diagonal network has such a kernel.",
    ),
    claim(
        "eq-2",
        "eq. (2)",
        r"\lim_{\alpha\to\infty} F(u(t)/\|u(t)\|) \propto \arg\min \|f\|_K, \text{ with a factor } c > 0",
        Formula(left="c", relation=">", right="0"),
        Known(
            quantity="c",
            compute=lambda: limit(counter.vanishing_scale(), N("alpha"), oo),
            side="most",
            reason="|F(u)|/|u|^2 <= log(1 + 4t (2 alpha^2 + 2t))/(2 alpha^2), which tends to 0, for D = 2, N = 1, x = 1",
        ),
        "The limit of a bound of F(u/|u|): |u| grows with alpha while F(u(t)) grows like its logarithm.",
        corrected=(
            r"\lim_{\alpha\to\infty} F(u(t)/\|u(t)\|) = 0; \text{ the limit meant is that of } F(u(t))/\|F(u(t))\|",
            at_most("c", "0"),
        ),
        note="The paper defines z ~ v as z = gamma v with gamma > 0; the normalisation by |u| kills the inner limit.",
    ),
    *(
        claim(
            f"kernel-{depth}",
            "section 2, kernel regime",
            rf"\|f\|_K \propto \|w\|_2 \text{{ for eq. (5)}},\ D = {depth}",
            eq("Q", "beta1**2"),
            SameRegularizer(names=REG, variables=("beta1",), gradient=regime(depth, "alpha -> oo")),
            "The leading term of the derived potential as alpha -> oo, which is the norm of the tangent kernel at the start.",
            up_to_factor=True,
        )
        for depth in (2, 3, 4)
    ),
    claim(
        "linear-max-margin",
        "section 2, before eq. (2)",
        r"\text{for linear models the flow tends to the max-margin direction}",
        eq("limit", "0"),
        Undecided(reason="a theorem of Soudry et al. for every separable data set, cited"),
        "Nothing; see theorem 4 for one data point.",
    ),
    claim(
        "squared-uniform",
        "section 2, after eq. (2)",
        r"\text{squared loss: } \lim_{\alpha\to\infty} \sup_{t \in [0,\infty)} |F(u(t)) - \bar F(\bar u(t))| = 0",
        eq("limit", "0"),
        Known(
            quantity="limit",
            compute=counter.squared_gap,
            side="least",
            reason="F = (ab, bc) from alpha (1, 0, 0), labels 1: the linearised second output stays 0, the other tends to 1",
        ),
        "A 2-homogeneous model with F(u_0) = 0; its conserved quantity and its stationary points, exactly.",
        corrected=(
            r"\text{for } F = (ab, bc),\ u_0 = (1, 0, 0) \text{ the supremum is at least } 1 \text{ for every } \alpha; "
            r"\text{ a tangent kernel of full rank at } u_0 \text{ is needed}",
            at_least("limit", "1"),
        ),
        note="The theorem cited has hypotheses on the rank of DF(u_0), which this sentence leaves out.",
    ),
    claim(
        "theorem-2",
        "theorem 2, eq. (3)",
        r"u(t)/\|u(t)\| \to \text{direction of a KKT point of } \min \|u\|_2,\ y_n f(u, x_n) \ge 1",
        eq("limit", "0"),
        Undecided(reason="a theorem of Lyu and Li for every homogeneous model; no decision procedure is built in"),
        "Nothing; the claims on figure 4 find limits of flows at KKT points.",
    ),
    *(
        claim(
            f"eq-4-{depth}",
            "eq. (4)",
            rf"R(w)^2 = \min \|u\|^2 = \|w\|_{{2/D}}^{{2/D}},\ D = {depth}",
            at_least(f"(1 + v**{depth})**2", "1"),
            Inequality(names=N, box={"v": (Rational(0), Rational(10))}),
            "At w = 1, u- = v >= 0: |u|^2 = (1 + v^D)^(2/D) + v^2 >= 1 = w^(2/D), attained at v = 0; homogeneity and symmetry "
            "give every w. (For odd D and v < 0 the l2 norm of (u+, v) is at least its lD norm, 1.)",
        )
        for depth in (2, 3, 4)
    ),
    *(
        claim(
            f"bridge-{depth}",
            "section 2, after eq. (4)",
            rf"p = 2/D \le 1,\ D = {depth}",
            at_most("p", "1"),
            Known(quantity="p", compute=lambda depth=depth: Rational(2, depth), side="most", reason="p = 2/D"),
            "The exponent of the claim on eq. (4).",
        )
        for depth in (2, 3)
    ),
    # -- section 3 --
    claim(
        "zero-start",
        "section 3",
        r"F(\alpha 1) = 0",
        eq("1 + start", "1"),
        Identity(
            names=N,
            means={"start": lambda: q.predictor(3, N("s")).subs(N("s"), 0) + q.predictor(2, N("s")).subs(N("s"), 0)},
        ),
        "u+^D - u-^D at the start, D = 2 and 3.",
    ),
    *(
        claim(
            f"parameters-{depth}",
            "section 3",
            rf"2dD \text{{ parameters}},\ D = {depth}",
            eq("count", f"2*d*{depth}"),
            Identity(names=N, means={"count": lambda depth=depth: 2 * N("d") + (depth - 2) * 2 * N("d") + 2 * N("d")}),
            "2d weights into the first of D - 1 hidden layers, 2d between each pair, 2d out of the last.",
        )
        for depth in (2, 4)
    ),
    claim(
        "tied",
        "section 3",
        r"\text{layers that start equal stay equal},\ D = 3",
        eq("d1, d2, d3", "u**2, u**2, u**2"),
        Identity(names=N, means=q.tied_slopes()),
        "The derivatives of u1 u2 u3 at u1 = u2 = u3 = u.",
        note="The model u^D with one parameter has the slope D u^(D-1): the tied flow is D times as fast, which is harmless.",
    ),
    claim(
        "eq-6",
        "eq. (6), D = 2",
        r"q^2(z) = 2 - \sqrt{4 + z^2} + z\, \mathrm{arcsinh}(z/2),\ \mu = \alpha^2",
        eq("Q", "2 - sqrt(4 + (beta1/alpha**2)**2) + beta1/alpha**2*asinh(beta1/(2*alpha**2))"),
        SameRegularizer(names=REG, variables=("beta1",), gradient=gradient_of(q.net(2))),
        "Compared with the potential that `derive` proves for w+^2 - w-^2 from alpha.",
        note="The root was damaged in the extraction.",
        up_to_factor=True,
    ),
    *(
        claim(
            f"eq-6-h-{depth}",
            f"eq. (6), D = {depth}",
            r"h_D(s) = (1 - s)^{-D/(D-2)} - (1 + s)^{-D/(D-2)}",
            eq("h", h_text(depth)),
            Identity(names=N, means={"h": q.derived_h(depth)}, domain=q.inside),
            "beta(s)/alpha^D of the potential that `derive` proves, the dual variable scaled to (-1, 1): grad Q inverts it, so "
            "that q' = h_D^(-1) and mu = alpha^D.",
        )
        for depth in (3, 4, 5, 6)
    ),
    *(
        claim(
            f"eq-6-convex-{depth}",
            "theorem 6, proof",
            rf"Q^D_\mu \text{{ is convex}},\ D = {depth}",
            Formula(left="slope", relation=">", right="0"),
            Inequality(
                names=N,
                box={"s": (Rational(0), Rational(99, 100))},
                means={"slope": lambda depth=depth: q.h_at(depth, N("s")).diff(N("s"))},
            ),
            "h_D is odd and increasing, so its inverse q' increases; the slope on [0, 0.99], in balls (beyond it both terms grow).",
        )
        for depth in (3, 4)
    ),
    *(
        claim(
            f"limit-{name}-{depth}",
            "section 3, after eq. (6)",
            statement.format(depth=depth),
            eq("Q", printed),
            SameRegularizer(names=REG, variables=("beta1",), gradient=regime(depth, towards)),
            "The leading term of the derived potential.",
            up_to_factor=True,
        )
        for depth in (2, 3, 4)
        for name, statement, printed, towards in (
            ("l1", r"Q^D_\mu \to \|w\|_1,\ \alpha \to 0,\ D = {depth}", "Abs(beta1)", "alpha -> 0"),
            ("l2", r"Q^D_\mu \to \|w\|_2,\ \alpha \to \infty,\ D = {depth}", "beta1**2", "alpha -> oo"),
        )
    ),
    # -- section 4 --
    *(
        claim(
            f"lemma-3-{depth}",
            "lemma 3",
            rf"L(u(t)) \le \frac{{1}}{{1 + 2 D^2 \alpha^{{2D-2}} \gamma_2^2 t}},\ D = {depth}",
            at_most("L", f"1/(1 + 2*{depth}**2*alpha**{2 * depth - 2}*g**2*t)"),
            Comparison(names=N, time="t", constant=lambda depth=depth: q.kernel_constant(depth) * N("g") ** 2),
            "L' = -<grad L, M grad L> <= -min M |grad_w L|^2, |grad_w L| >= gamma_2 L, min M = 2 D^2 alpha^(2D-2) at the start "
            "(M is even and convex in s); then the comparison principle.",
        )
        for depth in (2, 3, 4, 5)
    ),
    *(
        claim(
            f"lemma-3-kernel-{depth}",
            "lemma 3, the constant",
            rf"M \ge 2 D^2 \alpha^{{2D-2}} \text{{ along the flow}},\ D = {depth}",
            Formula(left="gap", relation=">=", right="0"),
            Inequality(names=N, box={"t": (Rational(0), Rational(10))}, means={"gap": q.kernel_ratio(depth)}),
            "M(s)/M(0) >= 1 as a polynomial inequality in s^2 = 1/(1 + t), all of whose coefficients are positive.",
        )
        for depth in (3, 4)
    ),
    *(
        claim(
            f"theorem-4-one-point-{depth}",
            "theorem 4",
            rf"\epsilon = \exp(-o(\alpha^D)) \Rightarrow \hat w = \arg\min \|w\|_2,\ D = {depth}",
            eq("ratio", "2"),
            Ratio(
                names=N,
                variable="s",
                to="0",
                means={
                    "ratio": lambda depth=depth: (
                        q.one_point(depth, HALF, N("s"))[0] / q.one_point(depth, HALF, N("s"))[1]
                    )
                },
            ),
            "what_1/what_2 of the flow in closed form as gamma~/alpha^D, which is a function of s, tends to 0.",
            hypotheses="one data point, (1, 1/2)",
        )
        for depth in (2, 3, 4)
    ),
    distance(
        "theorem-4",
        "theorem 4",
        r"\epsilon = \exp(-o(\alpha^D)) \Rightarrow \hat w = \arg\min \|w\|_2",
        Approach(
            data=A3,
            depth=2,
            stops=((Rational(10), Rational(40)), (Rational(100), Rational(400)), (Rational(1000), Rational(4000))),
            target=l2_point(A3),
            name="the l2 max-margin predictor",
        ),
        "The flow at gamma~ = 4 alpha for growing alpha, D = 2, three-points-a, against the exact predictor.",
    ),
    claim(
        "escape",
        "section 4, escaping the kernel regime",
        r"\log 1/\epsilon = \Omega(\alpha^D) \Rightarrow \hat w \ne \arg\min \|w\|_2 \text{ for every data set}",
        says("what leaves the l2 max-margin predictor, whatever the data", "proved"),
        Decided(answer=data.always_escapes),
        "The one data point (1, 1), by symmetry.",
        corrected=(
            r"\text{not for every data set: } \{(1, 1)\}",
            says("what leaves the l2 max-margin predictor, whatever the data", "refuted"),
        ),
        note="Data are needed for which the l2 max-margin predictor is not that of Q_mu as well.",
    ),
    claim(
        "escape-example",
        "section 4, escaping the kernel regime",
        r"\log 1/\epsilon = \Theta(\alpha^D) \Rightarrow \hat w \ne \arg\min \|w\|_2",
        Formula(left="ratio", relation=">", right="2"),
        Inequality(names=N, box={"s": (Rational(1, 10), Rational(10))}, means={"ratio": lambda: q.ratio_one_point()}),
        "what_1/what_2 = 2 cosh(s/2) > 2 for s > 0, D = 2; s is fixed where gamma~/alpha^2 is.",
        hypotheses="one data point, (1, 1/2)",
    ),
    claim(
        "condition-5",
        "condition 5",
        r"\forall k: y_k x_k^\top \hat w > 1,\ \forall t: L \in [\epsilon, \epsilon_*]:\ y_k x_k^\top w(t)/\gamma(t) \ge \rho_0 > 1",
        eq("rho", "1"),
        Undecided(
            reason="a definition; 'for large enough alpha there exist eps_* and rho_0' lets rho_0 depend on alpha as printed, "
            "theorem 6 needs one rho_0 for all large alpha (with rho_0 -> 1 a row can keep a weight that does not vanish)"
        ),
        "Nothing; see the claims on figure 4 for data where it fails.",
    ),
    claim(
        "condition-5-kernel",
        "section 4, after condition 5",
        r"\text{condition 5 holds for almost all data in the kernel regime}",
        eq("measure", "0"),
        Undecided(reason="a statement on almost all data sets, proved in the paper's appendix E"),
        "Nothing.",
    ),
    *(
        claim(
            f"theorem-6-one-point-{depth}",
            "theorem 6",
            rf"\hat w = \arg\min Q^D_\mu,\ \mu = \lim \alpha^D/\log(1/\epsilon),\ D = {depth}",
            eq("scale", f"alpha**{depth}/gamma"),
            Identity(names=N, means={"scale": q.scale_of(depth)}),
            "The mu for which what = mu h_D(X^T nu), which is grad Q_mu(what) = X^T nu, with the flow in closed form and gamma = log(1/eps).",
            hypotheses="one data point, (1, 1/2), where condition 5 is empty; it then holds for every alpha",
        )
        for depth in (2, 3, 4)
    ),
    *(
        claim(
            f"kkt-{name}",
            "theorem 6, KKT conditions",
            r"\nabla Q^D_\mu(\hat w) = \textstyle\sum_n \nu_n y_n x_n,\ \nu_n \ge 0,\ \nu_n (y_n x_n^\top \hat w - 1) = 0,\ D = 2",
            says("the conditions hold at the Q_mu max-margin predictor", "proved"),
            Decided(answer=data.optimality(file, HALF)),
            "The minimiser and its multipliers enclosed by Krawczyk's test, mu = 1/2, and the gradient of eq. (6) at it, in balls.",
            note="For a convex Q the conditions are sufficient, in general (previous claims: Q is convex).",
        )
        for name, file in (("a", A3), ("b", B3))
    ),
    distance(
        "theorem-6",
        "theorem 6",
        r"\hat w = \arg\min Q^D_\mu,\ \mu = \lim \alpha^D/\log(1/\epsilon)",
        Approach(
            data=A3,
            depth=2,
            stops=tuple((Rational(a), Rational(2 * a * a)) for a in (3, 10, 30, 100)),
            target=path_point(A3, 2, HALF),
            name="the Q_mu max-margin predictor, mu = 1/2",
        ),
        "The flow at gamma~ = alpha^2/mu for growing alpha, D = 2, mu = 1/2, three-points-a, against the minimiser enclosed by Krawczyk's test.",
    ),
    distance(
        "theorem-6-depth-3",
        "theorem 6, D = 3",
        r"\hat w = \arg\min Q^D_\mu,\ \mu = \lim \alpha^D/\log(1/\epsilon)",
        Approach(
            data=A3,
            depth=3,
            stops=tuple((Rational(a), Rational(2 * a**3)) for a in (2, 6, 20)),
            target=path_point(A3, 3, HALF),
            name="the Q_mu max-margin predictor, mu = 1/2",
        ),
        "The same for three layers.",
    ),
    *(
        claim(
            f"theorem-7-one-point-{depth}",
            "theorem 7",
            rf"\epsilon = \exp(-\omega(\alpha^D)) \Rightarrow \hat w = \arg\min \|w\|_1,\ D = {depth}",
            eq("1 + w2", "1"),
            Ratio(names=N, variable="e", to="0", means={"w2": lambda depth=depth: q.small_coordinate(depth)}),
            "what_2 of the flow in closed form as gamma~/alpha^D grows (e tends to 0); the l1 max-margin predictor is (1, 0).",
            hypotheses="one data point, (1, 1/2)",
        )
        for depth in (2, 3, 4)
    ),
    claim(
        "theorem-7-one",
        "theorem 7",
        r"\hat w = \arg\min \|w\|_1",
        says("argmin of the l1 norm is one predictor", "proved"),
        Decided(answer=data.l1_argmin_is_a_point),
        "The one data point (1, 1), exactly.",
        corrected=(r"\hat w \in \arg\min \|w\|_1", says("argmin of the l1 norm is one predictor", "refuted")),
        note="Figure 3(c) of the paper is such a case; so is figure 4(b).",
    ),
    distance(
        "theorem-7",
        "theorem 7",
        r"\epsilon = \exp(-\omega(\alpha^D)) \Rightarrow \hat w \in \arg\min \|w\|_1",
        Approach(
            data=A3,
            depth=2,
            stops=tuple((Rational(a), Rational(a) ** 4) for a in (3, 10, 30, 60)),
            target=l1_point(A3),
            name="the l1 max-margin predictor",
        ),
        "The flow at gamma~ = alpha^4 for growing alpha, D = 2, three-points-a, against the exact predictor (1, 0, 1/2).",
        note="The distance falls like a small power of mu: see the claims on the role of depth.",
    ),
    claim(
        "theorem-7-weak",
        "theorem 7, the weaker condition",
        r"D = 2:\ \epsilon_* = \exp(-o(\alpha^2 \log(\log(1/\epsilon)/\alpha^2)))",
        eq("limit", "0"),
        Undecided(reason="an asymptotic theorem for every data set, proved in the paper's appendix F.3"),
        "Nothing.",
    ),
    # -- role of depth --
    claim(
        "depth-loss",
        "role of depth",
        r"\epsilon(\alpha) = \exp(-\alpha^D/\mu)",
        eq("eps", "exp(-alpha**3/mu)"),
        Identity(names=N, means={"eps": lambda: q.loss_at_mu(3)}),
        "mu = alpha^D/log(1/eps) solved for eps, D = 3.",
    ),
    claim(
        "depth-2",
        "role of depth",
        r"D = 2:\ \mu = \exp(-1/\delta)",
        eq("delta*log(1/mu)", "1"),
        Ratio(names=N, variable="mu", to="0", means={"delta": lambda: q.flatness(2)}),
        "delta = relative distance of mu Q_mu/log(1/mu) from |w|_1 at w = 1; mu = exp(-1/delta) says delta log(1/mu) -> 1.",
        note="The distance of the functions, which bounds that of the minimisers for the worst data.",
    ),
    claim(
        "depth-2-loss",
        "role of depth",
        r"D = 2:\ \epsilon = \exp(-\alpha^D \exp(1/\delta))",
        eq("eps", "exp(-alpha**2*exp(1/e))"),
        Identity(names=N, means={"eps": lambda: q.loss_at_mu(2).subs(N("mu"), exp(-1 / N("e")))}),
        "exp(-alpha^2/mu) at mu = exp(-1/delta); e stands for delta.",
    ),
    *(
        claim(
            f"depth-{depth}",
            "role of depth",
            rf"1/\mu = \mathrm{{poly}}(1/\delta),\ D = {depth}",
            eq("z*delta**(D/(D - 2))".replace("D", str(depth)), f"({depth}/2)**({depth}/{depth - 2})"),
            Ratio(
                names=N,
                variable="e",
                to="0",
                means={"z": lambda depth=depth: q.h_of_e(depth), "delta": lambda depth=depth: q.flatness(depth)},
            ),
            "delta = relative distance of mu Q_mu from |w|_1 at w = 1, with 1/mu = h(1 - e); the degree is D/(D - 2), "
            "1/mu ~ (D/(2 delta))^(D/(D-2)).",
            note="The paper does not print the degree.",
        )
        for depth in (3, 4)
    ),
    claim(
        "depth-2-predictor",
        "role of depth, for the predictor",
        r"D = 2:\ \mu = \exp(-1/\delta),\ \delta = \|\hat w\|_1/\|w_{\ell_1}\|_1 - 1",
        eq("delta*log(1/mu)", "1"),
        Ratio(names=N, variable="e", to="0", means=q.fixed_data(2)),
        "The excess l1 norm of the Q_mu max-margin predictor for the one data point (1, 1/2), in closed form; e = exp(-s).",
        corrected=(r"\delta \sim \tfrac12 \mu^{1/2}: \text{ a power law for fixed data}", eq("delta/mu**(1/2)", "1/2")),
        hypotheses="one data point, (1, 1/2)",
        note="For x = (1, c) delta ~ (1 - c) mu^(1-c); the worst c for a given mu gives delta = 1/(e log(1/mu)), so exp(1/delta) is the "
        "worst case over data. The sentence is right for the regularizer as a function (previous claims).",
    ),
    claim(
        "depth-3-predictor",
        "role of depth, for the predictor",
        r"D = 3:\ 1/\mu = \mathrm{poly}(1/\delta)",
        eq("delta/mu", "104/27"),
        Ratio(names=N, variable="e", to="0", means=q.fixed_data(3)),
        "The same for D = 3: delta ~ h_3(1/2) mu/2, linear.",
        hypotheses="one data point, (1, 1/2)",
    ),
    # -- section 5 --
    claim(
        "step-size",
        "section 5",
        r"\text{learning rate below } 10^{-3}",
        eq("eta", "1/1000"),
        Undecided(reason="a setting of the paper's runs, not a statement"),
        "Nothing.",
    ),
    *(
        claim(
            f"first-step-{depth}",
            "section 5",
            rf"\dot w(0) \propto \tfrac1N \textstyle\sum_n y_n x_n,\ D = {depth}",
            eq("rate1*mean2 - rate2*mean1", "0"),
            Identity(names=N, means=q.first_step(depth)),
            "-M grad L at the start, two data points with symbols, two coordinates.",
        )
        for depth in (2, 3)
    ),
    claim(
        "loss-8700",
        "section 5",
        r"\exp(-10^4/0.5) \approx 10^{-8700}",
        eq("log10", "-8700"),
        Rounded(compute=lambda: -(Integer(100) ** 2) / HALF / log(10), significant=2),
        "log10 of exp(-alpha^2/mu) at alpha = 100, mu = 1/2.",
    ),
    claim(
        "loss-4-million",
        "section 5",
        r"\exp(-10^4/0.001) \approx 10^{-4 \cdot 10^6}",
        eq("log10", "-4*10**6"),
        Rounded(compute=lambda: -(Integer(100) ** 2) * 1000 / log(10), significant=1),
        "log10 of exp(-alpha^2/mu) at alpha = 100, mu = 0.001.",
    ),
    claim(
        "loss-434",
        "section 5",
        r"\alpha = 1: \epsilon \approx 10^{-434}",
        eq("log10", "-434"),
        Rounded(compute=lambda: -Integer(1000) / log(10), significant=3),
        "log10 of exp(-alpha^2/mu) at alpha = 1, mu = 0.001.",
    ),
    claim(
        "indistinguishable",
        "section 5, figure 3(b)",
        r"\alpha = 100 \text{ and } 10000 \text{ are indistinguishable}",
        eq("distance", "0"),
        Undecided(reason="the data of figure 3 are not printed in the text"),
        "Nothing.",
    ),
    claim(
        "mu-0",
        "section 5, figure 3(d)",
        r"\mu_0 \approx 0.04",
        eq("mu0", "1/25"),
        Open(
            reason="the data of figure 3(d) are not printed in the text; on the two data sets of figure 4 the support "
            "vectors of the Q_mu max-margin predictor, D = 2, change elsewhere (balls): at mu = ",
            numbers=data.kinks,
        ),
        "Where the set of support vectors changes along the Q_mu path of the two printed data sets.",
    ),
    *(
        claim(
            f"support-{name}",
            f"section 5, figure 4({name})",
            r"\text{the support vectors for } \ell_2 \text{ and } \ell_1 \text{ are different}",
            says("the support vectors differ", "proved"),
            Decided(answer=data.supports_differ(file)),
            "Both max-margin predictors in exact rational arithmetic, by enumeration of vertices and of KKT systems.",
            note="Said of figure 3(d); here checked on the printed data.",
        )
        for name, file in (("a", A3), ("b", B3))
    ),
    *(
        claim(
            f"condition-5-fails-{name}",
            f"section 5, figure 4({name})",
            r"\text{condition 5 does not hold uniformly},\ D = 3",
            says("a multiplier falls along the Q_mu path", "proved"),
            Decided(answer=data.supports_drop(file, 3, row, early, late)),
            "If it held, theorem 6 would make the integral of the weight of a row tend to its multiplier, at each mu; an integral of a weight "
            "cannot fall as mu does. The multipliers are enclosed by Krawczyk's test.",
        )
        for name, file, row, early, late in (
            ("a", A3, 2, Rational(1, 100), Rational(1, 1000)),
            ("b", B3, 1, Rational(1, 10), Rational(1, 100)),
        )
    ),
    *(
        claim(
            f"l1-point-{name}",
            f"section 5, figure 4({name})",
            r"Q_\mu \text{ path continues to the } \ell_1 \text{ max-margin point}",
            says("the l1 max-margin predictor is unique", "proved"),
            Decided(answer=data.unique_l1(file)),
            "All vertices of the arrangement of the margin and coordinate planes, in exact rational arithmetic.",
            corrected=None
            if name == "a"
            else (
                r"\text{the } \ell_1 \text{ max-margin predictors are a segment}",
                says("the l1 max-margin predictor is unique", "refuted"),
            ),
            note=""
            if name == "a"
            else "The path ends at (1/4, 7/6, 1/3), one end of the segment; the other end is (1/4, 3/2, 0).",
        )
        for name, file in (("a", A3), ("b", B3))
    ),
    claim(
        "stationary-a",
        "section 4, after theorem 7; figure 4(a)",
        r"\text{the } \ell_1 \text{ max-margin predictor is not a stationary point for } \ell_{2/D},\ D = 3",
        Formula(left="multiplier", relation="<", right="0"),
        Known(
            quantity="multiplier",
            compute=counter.least_multiplier(A3, 3, 0, "least"),
            side="least",
            reason="the KKT system of min |u|_2 at the l1 max-margin predictor (1, 0, 1/2) has positive multipliers",
        ),
        "(X^T lambda)_i = w_i^(2/D - 1)/D on the support of w, over the active rows: a square system, solved with balls; the smallest lambda.",
        corrected=(
            r"\text{for the first data set of figure 4 it is one}",
            Formula(left="multiplier", relation=">", right="0"),
        ),
        note="So this data set does not show the failure of condition 5 in the way described; it fails all the same (claims above).",
    ),
    claim(
        "stationary-b",
        "section 4, after theorem 7; figure 4(b)",
        r"\text{the } \ell_1 \text{ max-margin predictor is not a stationary point for } \ell_{2/D},\ D = 3",
        Formula(left="multiplier", relation="<", right="0"),
        Known(
            quantity="multiplier",
            compute=counter.least_multiplier(B3, 3, 0, "most"),
            side="most",
            reason="the KKT system of min |u|_2 at (1/4, 7/6, 1/3), where the Q_mu path ends, has one negative multiplier",
        ),
        "The same at the end of the Q_mu path on the second data set.",
        note="The other end of the segment of l1 max-margin predictors, (1/4, 3/2, 0), is a stationary point.",
    ),
    claim(
        "local-minimum",
        "section 5, figure 4(b)",
        r"\text{a local minimum at } (0, 0), \text{ the direction } e_1",
        says("e_1 is a local minimum of the l_{2/3} problem", "proved"),
        Decided(answer=data.local_minimum),
        "(5/2, 0, 0): one active row, and two zero coordinates whose cost |d|^(2/3) beats every linear term.",
    ),
    claim(
        "local-not-global",
        "section 5, figure 4(b)",
        r"\text{a local minimum which is not the } \ell_{2/3} \text{ max-margin predictor}",
        Formula(left="gap", relation=">", right="0"),
        Known(
            quantity="gap",
            compute=counter.local_minimum_gap,
            side="least",
            reason="sum |w_i|^(2/3) at (5/2, 0, 0) minus that at (0, 2, 0), which is feasible",
        ),
        "The two costs in balls.",
    ),
    distance(
        "small-alpha",
        "section 5, figure 4(b)",
        r"\text{for small } \alpha \text{ the trajectory converges to } (0, 0)",
        Approach(
            data=B3,
            depth=3,
            stops=tuple((Rational(1, 10), Rational(g)) for g in (3, 30, 300, 3000)),
            target=axis_point(Rational(5, 2), 3),
            name="(5/2, 0, 0)",
        ),
        "The flow from alpha = 0.1 at growing gamma~.",
        note="From alpha = 0.3 it turns away and tends to (1/4, 3/2, 0) instead.",
    ),
    distance(
        "large-alpha-a",
        "section 5, figure 4(a)",
        r"\text{for large } \alpha \text{ it deviates in the direction of the } \ell_{2/3} \text{ max-margin solution}",
        Approach(
            data=A3,
            depth=3,
            stops=tuple((Rational(10), Rational(10) ** k) for k in (3, 4, 5, 6, 7)),
            target=axis_point(Rational(5, 3), 3),
            name="the l2/3 max-margin predictor (5/3, 0, 0)",
        ),
        "The flow from alpha = 10 at growing gamma~.",
    ),
    distance(
        "large-alpha-b",
        "section 5, figure 4(b)",
        r"\text{for large } \alpha \text{ it deviates in the direction of the } \ell_{2/3} \text{ max-margin solution}",
        Approach(
            data=B3,
            depth=3,
            stops=tuple((Rational(4), Rational(10) ** k) for k in (2, 3, 4, 5, 6)),
            target=lambda: counter.vertex((0, 2, 0)),
            name="the l2/3 max-margin predictor (0, 2, 0)",
        ),
        "The flow from alpha = 4 at growing gamma~.",
        note="The flow tends to (1/4, 3/2, 0), a KKT point and one of the l1 max-margin predictors, not to (0, 2, 0).",
    ),
    claim(
        "excess",
        "figure 5, caption",
        r"\text{excess } \ell_1 \text{ norm} = \|w(t)\|_1/\|w_{\ell_1}\|_1 - 1",
        eq("norm/best", "1"),
        Identity(names=N, means={"norm": lambda: N("c") * N("best"), "margin": lambda: N("c")}),
        "The excess of w = c w_l1, margin c, is to be 0 for every c; as printed it is c - 1, which diverges along the flow.",
        corrected=(r"\|w(t)\|_1/(\gamma(t) \|w_{\ell_1}\|_1) - 1", eq("norm/(margin*best)", "1")),
        note="w(t) has to be normalised to margin 1.",
    ),
    claim(
        "five-percent",
        "figure 5, caption",
        r"\text{excess } 0.05 \text{ is } 5\% \text{ closeness}",
        eq("share", "5/100"),
        Identity(names=N, means={"share": lambda: Rational("0.05")}),
        "Exact decimals.",
    ),
    *(
        claim(
            f"slope-{depth}",
            "section 5, figure 5(b)",
            rf"\log\tilde\gamma = a \log\alpha^D + b,\ a = 1,\ D = {depth}",
            eq("a", "1"),
            Identity(names=N, means={"a": q.slope_of_accuracy(depth)}),
            "At a fixed excess s is fixed, and gamma~/alpha^D is a function of s: the slope, from the closed form.",
            hypotheses="one data point, (1, 1/2): then for every alpha, small or large",
            note="The data of figure 5 are not printed in the text.",
        )
        for depth in (2, 3, 10)
    ),
    *(
        claim(
            f"intercept-{first}-{second}",
            "section 5, figure 5(b)",
            rf"b_{{D={first}}} > b_{{D={second}}}",
            Formula(left="drop", relation=">", right="0"),
            Known(
                quantity="drop",
                compute=q.intercept_drop(first, second),
                side="least",
                reason="log(gamma~/alpha^D) at 5% excess, for the one data point (1, 1/2), roots enclosed by bisection",
            ),
            "gamma~/alpha^D where the excess is 5%, in balls: 92.9, 30.1, 14.3 for D = 2, 3, 10.",
            hypotheses="one data point, (1, 1/2)",
        )
        for first, second in ((2, 3), (3, 10))
    ),
    claim(
        "escape-time",
        "section 5",
        r"\text{leaving the start may take a time exponential in the depth}",
        eq("time", "1"),
        Undecided(reason="a result on other networks (Shamir 2019), cited"),
        "Nothing.",
    ),
)
