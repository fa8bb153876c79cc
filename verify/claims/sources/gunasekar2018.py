"""Gunasekar, Lee, Soudry, Srebro 2018: implicit bias in terms of optimization geometry.

Conventions of the paper: L(w) = sum_n l(<w, x_n>, y_n) (a sum, without 1/2), l(u, y) = (u - y)^2 or exp(-u y);
the step is eta.  A theorem whose hypothesis is a bound on the step is decided at that hypothesis (`Sufficient`): does a run that is
known to go wrong satisfy it, and does it imply what the proof uses?  Limits of iterations are enclosed in balls
(`Enclosed`), the rest are exact identities.
"""

from fractions import Fraction

from flint import arb
from sympy import Integer, Rational

from verify.claims.methods import gunasekar2018_counterexamples as broken
from verify.claims.methods import gunasekar2018_iterations as runs
from verify.claims.methods import gunasekar2018_quantities as q
from verify.claims.methods import gunasekar2018_separable as sep
from verify.claims.methods.asymptotic import Ratio
from verify.claims.methods.enclosed import Enclosed, Observed
from verify.claims.methods.gunasekar2018_quantities import N
from verify.claims.methods.hypothesis import Depends, Sufficient
from verify.claims.methods.identity import Identity, Inequality, Undecided
from verify.claims.methods.stagewise import smallest_l1, stagewise_limit
from verify.claims.record import Document, Formula, eq, says

claim = Document("gunasekar2018")
LEAST_OF = "({0} + {1} - Abs({0} - {1}))/2"
LARGEST_OF = "({0} + {1} + Abs({0} - {1}))/2"
ROWS, LABELS = ((3, 2, 2), (-1, -3, 0)), (2, 1)
STEP = Sufficient(
    variable="eta",
    names=("h", "B", "L"),
    need="1 - eta*B**2*L",
    gives="L(w+) <= L(w) - eta |grad L|^2/2 for the exponential loss and the norm whose dual bounds the samples by B",
    counterexample=broken.overshoot,
)
STEP_HOW = (
    "The proof needs eta B^2 L <= 1 in each step: does the hypothesis imply it (exact algebra), and does the run with step 1 on "
    "x = (1/10, +-1) from (0, 10), which an induction shows to flip for ever, satisfy it?"
)
STEP_NOTE = (
    "The rest of the proof, by hand: L falls by eta |grad L|^2/2 a step (the segment cannot leave the sublevel set), so "
    "sum eta |grad L|^2 <= 2 L(w_0); |grad L| >= gamma L and sum eta = oo give L -> 0 and |w| -> oo; and -log L grows by at least "
    "eta |grad L|^2/L - h eta B^2 |grad L|^2/2, where |grad L|/L >= gamma and the last terms have a finite sum, while |w| "
    "grows by at most eta |grad L|."
)
UNIT = (Rational(0), Rational(1))


def box(*names: str) -> dict[str, tuple[Rational, Rational]]:
    """A range for quantities that only have to be >= 0."""
    return dict.fromkeys(names, (Rational(0), Rational(10)))


SQUARED = Identity(names=N, means=q.squared_slope())
SPAN = Identity(names=N, means=q.span_limit())
MOMENTUM = Identity(names=N, means=q.dual_momentum())
MIRROR = Identity(names=N, means=q.quadratic_steps())
SD = Identity(names=N, means=sep.quarter_norm_step())
NATURAL = Identity(names=N, means=q.natural_step())

CLAIMS = (
    # -- 1, 2: losses with a unique finite root --
    claim(
        "minimum-norm",
        "section 1",
        r"\text{gradient descent converges to the minimum Euclidean norm solution}",
        eq("limit1, limit2", "1/5, 2/5"),
        SPAN,
        "x = (1, 2), y = 1, from any start (p, q): the global minimum in (p, q) + span(x), against the one of least norm.",
        corrected=(
            r"\text{gradient descent converges to the solution closest to } w_{(0)}",
            eq("limit1, limit2", "closest1, closest2"),
        ),
        note="The hypothesis w(0) = 0 (or in the span of the data) is missing here; section 2.1 has the statement in full.",
    ),
    claim(
        "same-minima",
        "section 2, after eq. (1)",
        r"\mathcal G \text{ is the same for any loss with a unique finite root, including the Huber loss}",
        Formula(left="loss", relation=">", right="0"),
        Inequality(
            names=N, means=q.huber(), box={"c": (Rational(1, 10), Rational(10)), "k": (Rational(0), Rational(10))}
        ),
        "Huber's loss at a residual c + k beyond its threshold c is positive, so that it vanishes where the residual does only.",
        note="The set is the same if it is not empty, which is assumed.",
    ),
    claim(
        "gradient",
        "section 2.1",
        r"\nabla L(w) = \sum_n \ell'(\langle w, x_n\rangle, y_n) x_n",
        eq("slope1, slope2", "2*r1*x11 + 2*r2*x21, 2*r1*x12 + 2*r2*x22"),
        SQUARED,
        "Eq. (1) for two samples and the squared loss, differentiated.",
    ),
    claim(
        "gradient-descent",
        "section 2.1",
        r"w_{(t)} \to \arg\min_{w \in \mathcal G} \|w - w_{(0)}\|_2",
        eq("limit1, limit2", "closest1, closest2"),
        SPAN,
        "x = (1, 2), y = 1: the minimum in (p, q) + span(x), and the minimiser of the distance on the line G, for all p, q.",
    ),
    claim(
        "stochastic",
        "eq. (2)",
        r"\tilde\nabla L(w_{(t)}) = \sum_{n \in S_t} \nabla_w \ell(\langle w_{(t)}, x_n\rangle, y_n)",
        eq("z0, z1", "p0 + s*x0, p1 + s*x1"),
        Identity(names=N, means=q.dual_momentum()),
        "One step from (p, q) + span(x), with a gradient that is any multiple of the sample x, stays in that set.",
        note="Printed with the set [n] where [N] is meant, and x_{n_t} where x_n is.",
    ),
    *(
        claim(
            f"momentum-{name}",
            "eq. (3)",
            rf"w_{{(t+1)}} = w_{{(t)}} + \beta_t \Delta w_{{(t-1)}} - \eta_t \nabla L(w_{{(t)}} + \gamma_t \Delta w_{{(t-1)}}),\ {parameter}",
            eq("next", f"w + beta*(w - wp) - eta*k*(w + ({gamma})*(w - wp))"),
            Identity(names=N, means=q.momentum_step(name)),
            f"{title} for L = k w^2/2, written from its own definition, is eq. (3) with {words}.",
        )
        for name, parameter, gamma, title, words in (
            ("nesterov", r"\gamma_t = \beta_t", "beta", "Nesterov's step from the look-ahead point", "gamma = beta"),
            ("polyak", r"\gamma_t = 0", "0", "Polyak's heavy ball", "gamma = 0"),
        )
    ),
    # -- 2.2: mirror descent --
    claim(
        "mirror-step",
        "eqs. (4), (5)",
        r"\nabla\psi(w_{(t+1)}) = \nabla\psi(w_{(t)}) - \eta_t \nabla L(w_{(t)})",
        eq("dual", "log(v1) - eta*g"),
        Identity(names=N, means=q.mirror_step()),
        "argmin_w eta w g + D(w, w_t) for the entropy, D from its definition, solved for w; grad psi = log.",
    ),
    claim(
        "entropy-strongly-convex",
        "section 2.2, examples of strongly convex potentials",
        r"\psi(w) = \sum_i w[i] \log w[i] - w[i] \text{ is strongly convex}",
        Formula(left="curvature", relation=">=", right="m"),
        Inequality(
            names=N,
            means=q.entropy_curvature_at(lambda m: 2 / m),
            box={"m": (Rational(1, 1000), Rational(1000))},
        ),
        "The second derivative is 1/w, which at w = 2/m is below m, for every modulus m > 0.",
        corrected=(
            r"\psi \text{ is strictly convex (and strongly convex on bounded sets)}",
            Formula(left="curvature", relation=">", right="0"),
        ),
        note="The same holds of the spectral entropy. Theorem 1 is not affected: its proof uses strict convexity, and for the "
        "entropy it holds up to the boundary of the orthant.",
    ),
    *(
        claim(
            f"norm-strongly-convex-{name}",
            "section 2.2, examples of strongly convex potentials",
            r"\text{the squared } \ell_p \text{ norm is strongly convex for } p \in (1, 2],\ p = 4/3",
            Formula(left=name, relation=">", right="0"),
            Inequality(names=N, means=q.quarter_norm_hessian(), box={"b": box_b}),
            f"The {words} of Hessian - I/3 of |w|^2/2 at (1, b^3), b in (0, 1] (scale, sign and order lose nothing): "
            "with both positive the Hessian is at least I/3 = (p - 1) I.",
        )
        for name, words, box_b in (
            ("first", "first diagonal entry", (Rational(0), Rational(1))),
            ("det", "determinant, times b^2,", (Rational(0), Rational(1))),
        )
    ),
    claim(
        "theorem-1",
        "theorem 1, eq. (6)",
        r"w_\infty = \arg\min_{w : \forall n, \langle w, x_n\rangle = y_n} D_\psi(w, w_{(0)})",
        eq("D", "Dinf + Drest"),
        Identity(names=N, means=q.bregman_split(constraint=False)),
        "D(w, w_0) = D(w_oo, w_0) + D(w, w_oo) for w in G, identically in psi and grad psi, d = 3, two samples: the iterates keep "
        "grad psi(w_oo) - grad psi(w_0) in the span of the data. D >= 0 does the rest.",
        hypotheses="grad psi continuous at the limit, or the entropy",
    ),
    claim(
        "theorem-1-minimum",
        "theorem 1",
        r"w_{(0)} = \arg\min \psi \Rightarrow w_\infty = \arg\min_{w \in \mathcal G} \psi(w)",
        eq("D", "psi - psi0"),
        Identity(
            names=N,
            means={
                "D": lambda: q.bregman_split(constraint=False)["D"]().subs({N(f"p{i}"): Integer(0) for i in range(3)})
            },
        ),
        "With grad psi(w_0) = 0 the divergence differs from psi by a constant.",
    ),
    claim(
        "theorem-1a",
        "theorem 1a",
        r"w_\infty = \arg\min_{w \in \mathcal G \cap W} D_\psi(w, w_{(0)})",
        eq("D", "Dinf + Drest"),
        Identity(names=N, means=q.bregman_split(constraint=True)),
        "The same with a row of the constraint in place of the second sample: a constrained step moves grad psi in the span "
        "of the data and of the rows of the constraint.",
    ),
    claim(
        "maximum-entropy",
        "theorem 1a, exponentiated gradient",
        r"w_\infty = \arg\min_{w \in \mathcal G} \sum_i w[i] \log w[i]",
        eq("dual1, dual2", "dual3/3, 2*dual3/3"),
        Identity(names=N, means=q.simplex_limit()),
        "x = (1, 2, 3), y = 17/7, uniform start on the simplex: w_oo = (1, 2, 4)/7. Over G alone the gradient log w + 1 would have to "
        "be a multiple of x; over G and the simplex, affine in x.",
        corrected=(
            r"w_\infty = \arg\min_{w \in \mathcal G \cap W} \sum_i w[i] \log w[i]",
            eq("dual2", "(dual1 + dual3)/2"),
        ),
        note="The simplex is left out in print.",
    ),
    claim(
        "momentum-names",
        "eqs. (7), (8)",
        r"\Delta z, \Delta w \text{ are the momentum terms in the primal and dual space, respectively}",
        eq("dz", "w - v1"),
        Identity(names=N, means={"dz": q.mirror_step_difference}),
        "The printed Delta z = grad psi(w) - grad psi(w') for the entropy, against the primal difference.",
        corrected=(r"\ldots\text{ in the dual and primal space, respectively}", eq("dz", "log(w) - log(v1)")),
        note="The two words are exchanged.",
    ),
    claim(
        "theorem-1b",
        "theorem 1b",
        r"\nabla\psi(w_{(t)}) \text{ with dual momentum remains in the data manifold}",
        eq("z0, z1", "p0 + s*x0, p1 + s*x1"),
        MOMENTUM,
        "One step of eq. (7) from two dual iterates p + a x: again p + s x. Then as in theorem 1.",
        note="This holds for every start, not only for argmin psi, since the first momentum term is 0.",
    ),
    claim(
        "remark-1",
        "remark 1",
        r"\text{theorems 1--1b hold with stochastic gradients}",
        eq("z0 - s*x0, z1 - s*x1", "p0, p1"),
        MOMENTUM,
        "The same step with the gradient any multiple of a sample.",
    ),
    claim(
        "example-2",
        "example 2, figure 1a",
        r"\text{different choices of momentum } \{\beta_t, \gamma_t\} \text{ change the limit point}",
        Formula(left="Abs(w1 - v1)", relation=">", right="0"),
        Enclosed(
            means={
                "w1": runs.momentum_limit(Fraction(1, 2), Fraction(9, 10)),
                "v1": runs.momentum_limit(Fraction(1, 4), Fraction(9, 10)),
            }
        ),
        "beta_1 = 1/2 and 1/4 after the same first step to (9/10, 81/100): the first entries of the limits, in balls.",
    ),
    claim(
        "proposition-2a",
        "proposition 2a",
        r"\text{for any } \beta_1 > 0 \text{ there are } \{\eta_t\} \text{ with a limit} \ne \arg\min_{w \in \mathcal G} \psi(w)",
        eq("off", "-beta*(1 + beta)*(1 - q)**2"),
        Identity(names=N, means=q.primal_momentum()),
        "After a first step to (q, q^2), 0 < q < 1, the momentum point (a, b) has b - a^2 = -beta (1 + beta) (1 - q)^2, not 0: it is off "
        "the curve w_2 = w_1^2 through argmin psi = (1/2, 1/4), and later steps only move along (a s, b s^2).",
        hypotheses="q^2 > beta/(1 + beta), so that the momentum point is positive: a short first step",
    ),
    # -- 2.3: natural gradient descent --
    claim(
        "metric-of-potential",
        "section 2.3",
        r"H(w) = \nabla^2 \psi(P_w) \text{ for the KL divergence between } P_w",
        eq("metric", "hessian"),
        Identity(names=N, means=q.bernoulli()),
        "P_w = (s, 1 - s), s = 1/(1 + e^-w): the Fisher information, against the second derivative of the entropy of P_w.",
        corrected=(r"H(w) = J^\top \nabla^2\psi(P_w) J,\ J = \partial P_w/\partial w", eq("metric", "pulled")),
        note="Right where P_w is affine in w.",
    ),
    claim(
        "metric-notation",
        "section 2.3, connection to mirror descent",
        r"H(w) = \nabla\psi^2(w)",
        eq("curvature", "log(m)**2"),
        Identity(names=N, means=q.entropy_curvature_at(lambda m: m)),
        "For the entropy at w = m: the square of the gradient is log(m)^2, the Hessian 1/m.",
        corrected=(r"H(w) = \nabla^2\psi(w)", eq("curvature", "1/m")),
        note="A misprint; example 3 has it right.",
    ),
    claim(
        "continuous",
        "eq. (10)",
        r"\frac{d\nabla\psi(w)}{dt} = -\nabla L \Rightarrow \frac{dw}{dt} = -\nabla^2\psi(w)^{-1} \nabla L",
        eq("velocity", "-l/(1/w)"),
        Identity(names=N, means=q.chain_rule()),
        "The chain rule for the entropy, solved for dw/dt.",
    ),
    claim(
        "approximation",
        "section 2.3",
        r"\text{(9) is an approximation of the mirror descent update}",
        eq("gap", "eta**2*g**2/2"),
        Ratio(names=N, variable="eta", to="0", means=q.mirror_minus_natural()),
        "A mirror step less a natural step, entropy, w = 1: of second order in the step, so that the paths meet as eta -> 0.",
    ),
    claim(
        "quadratic-potential",
        "section 2.3",
        r"\psi = \tfrac12\|w\|_D^2: \text{ natural gradient descent is mirror descent}",
        eq("natural", "mirror"),
        MIRROR,
        "Both steps for a diagonal D.",
    ),
    claim(
        "caption",
        "figure 1, caption",
        r"\psi(w_{(0)}) = \arg\min_w \psi(w),\ w_{(0)} = [1, 1]",
        eq("value", "1"),
        Identity(names=N, means=q.entropy_minimum()),
        "psi(1, 1) = -2, and argmin psi has the entries 1.",
        corrected=(r"w_{(0)} = \arg\min_w \psi(w)", eq("place", "1")),
        note="The caption also has argmin over psi in G, twice, where w in G is meant.",
    ),
    claim(
        "off-manifold",
        "section 2.3",
        r"\text{for any initialization, a finite } \eta_1 > 0 \text{ leads off the data manifold}",
        Formula(left="Abs(stationary)", relation=">", right="0"),
        Enclosed(
            means={
                "stationary": runs.dual_offset(Fraction(1, 3), Fraction(1, 20)),
                "example": runs.dual_offset(Fraction(1), Fraction(1, 20)),
            }
        ),
        "The dual change of a natural step (entropy, x = (1, 2), y = 1, step 1/20), off the span of x: from (1/3, 1/3), a point of G, "
        "it is 0; from (1, 1) it is not.",
        corrected=(
            r"\text{for initializations that are no global minima, such as } w_{(0)} = [1, 1], \ldots",
            Formula(left="Abs(example)", relation=">", right="0"),
        ),
        note="Any start with L(w_0) = 0 stays where it is.",
    ),
    claim(
        "example-3",
        "example 3, figure 1b",
        r"\text{natural gradient descent with different step--sizes converges to different global minima}",
        Formula(left="Abs(w1 - v1)", relation=">", right="0"),
        Enclosed(
            means={"w1": runs.natural_limit(Fraction(1, 20)), "v1": runs.natural_limit(Fraction(1, 40))},
        ),
        "Steps 1/20 and 1/40: the first entries of the limits in balls, the tail of the iteration bounded.",
    ),
    claim(
        "proposition-3a-domain",
        "proposition 3a",
        r"\text{for almost all } \eta_1 > 0",
        Formula(left="eta", relation="<", right="h"),
        Sufficient(
            variable="eta",
            names=("h",),
            need="1 - 8*eta",
            gives="that w(1) = (1 - 4 eta, 1 - 8 eta) stays in the domain of the entropy",
            counterexample=lambda: (
                {"eta": arb(1) / 4, "h": arb(1)},
                "w(1) = (1 - 4 eta, 1 - 8 eta) = (0, -1) is outside the domain of psi, so that neither D(w, w(1)) nor the path (10) exist",
            ),
        ),
        "w(1) of example 3 in closed form; `almost all` is read as no bound h on the step.",
        corrected=(r"\text{for all } 0 < \eta_1 < 1/8", Formula(left="eta", relation="<", right="1/8")),
        note="Within the domain every step counts, not only almost every one (next claim). The caption of the figure has the proviso.",
    ),
    claim(
        "proposition-3a",
        "proposition 3a",
        r"\arg\min_{w \in \mathcal G} D_\psi(w, w_{(1)}) \ne \arg\min_{w \in \mathcal G} D_\psi(w, w_{(0)})",
        eq("off", "-16*eta**2"),
        NATURAL,
        "w(1) has w_2 - w_1^2 = -16 eta^2, not 0, so that it is off the curve w_2 = w_1^2 on which (10) would lead to the right side.",
    ),
    claim(
        "example-3-step",
        "example 3",
        r"w_{(1)} = w_{(0)} - \eta_1 H^{-1} \nabla L = (1 - 4\eta_1, 1 - 8\eta_1)",
        eq("first, second", "1 - 4*eta, 1 - 8*eta"),
        NATURAL,
        "Eq. (9) with the Hessian of the entropy; not printed, used by the two claims above.",
    ),
    # -- 2.4: steepest descent --
    claim(
        "subgradient",
        "section 2.4, after eq. (11)",
        r"-\nabla L(w_{(t)}) \in \partial \|\Delta w_{(t)}\|^2",
        eq("whole", "-g"),
        Identity(names=N, means=sep.subgradient()),
        "The Euclidean step, -g, and the derivative of the squared norm there.",
        corrected=(r"-\nabla L(w_{(t)}) \in \partial \tfrac12 \|\Delta w_{(t)}\|^2", eq("half", "-g")),
        note="The half of eq. (11) is missing.",
    ),
    claim(
        "steepest-pairing",
        "eq. (12)",
        r"\langle \Delta w_{(t)}, -\nabla L(w_{(t)})\rangle = \|\Delta w_{(t)}\|^2",
        eq("pairing", "moved"),
        SD,
        "The step for the norm l_{4/3}, two entries, -grad L = g > 0: g^3/|g|_4^2.",
    ),
    claim(
        "steepest-dual",
        "eq. (12)",
        r"\|\Delta w_{(t)}\|^2 = \|\nabla L(w_{(t)})\|_\star^2",
        eq("moved", "sqrt(g1**4 + g2**4)"),
        SD,
        "The same; the dual norm is l_4.",
    ),
    claim(
        "quadratic-norm",
        "section 2.4",
        r"\|v\|_D = \sqrt{v^\top D v}: \text{ (11) is mirror descent with } \psi = \tfrac12\|w\|_D^2",
        eq("steepest", "mirror"),
        MIRROR,
        "Both steps for a diagonal D; D = I is gradient descent.",
    ),
    claim(
        "smooth",
        "example 4",
        r"\|.\|_p^2 \text{ is smooth and strongly convex},\ p = 4/3",
        Formula(left="curvature", relation="<=", right="m"),
        Inequality(names=N, means=q.quarter_norm_slope(), box={"m": (Rational(1), Rational(1000))}),
        "The second derivative of |w|^2/2 in w_2 at (1, 1/(27 m^(3/2))) exceeds m, for every m >= 1: the gradient is not Lipschitz.",
        corrected=(
            r"\|.\|_p^2 \text{ is differentiable and strongly convex, not smooth}",
            Formula(left="curvature", relation=">", right="m"),
        ),
        note="Right if `smooth` means differentiable. For no p other than 2 is the squared l_p norm both smooth and strongly convex.",
    ),
    claim(
        "example-4-step",
        "example 4, figure 1c",
        r"\text{steepest descent w.r.t. } \ell_{4/3} \text{ converges to a global minimum that depends on the step--size}",
        Formula(left="Abs(w2 - v2)", relation=">", right="0"),
        Enclosed(
            means={"w2": runs.steepest_limit(Fraction(1, 15)), "v2": runs.steepest_limit(Fraction(1, 40))},
        ),
        "Steps 1/15 and 1/40 from 0: the second entries of the limits in balls, the tail bounded by the decrease of the loss.",
        note="The second sample is printed with the index 1 of the first.",
    ),
    claim(
        "example-4-flow",
        "example 4, figure 1c",
        r"\text{even for } \eta \to 0,\ w_{(t)} \text{ does not converge to } \arg\min_{w \in \mathcal G} \|w - w_{(0)}\|",
        Formula(left="Abs(flow - nearest)", relation=">", right="0"),
        Enclosed(means={"flow": runs.steepest_flow_limit, "nearest": runs.smallest_norm}),
        "The second entry of the limit of the continuous path from 0, integrated in intervals, and that of the minimum of the l_{4/3} norm.",
    ),
    claim(
        "coordinate-descent",
        "section 2.4, coordinate descent",
        r"\Delta w_{(t+1)} \in \mathrm{conv}\{-\eta_t \tfrac{\partial L(w)}{\partial w[j_t]} e_{j_t}\}",
        eq("move", "-eta*l1"),
        Identity(names=N, means=sep.coordinate_step()),
        "Eq. (11) for the l1 norm where one entry l1 of the gradient is the largest: v = -l1 e_1.",
        corrected=(
            r"\Delta w_{(t)} \in \mathrm{conv}\{-\tfrac{\partial L(w)}{\partial w[j_t]} e_{j_t}\}",
            eq("move", "-l1"),
        ),
        note="The step is already in eq. (11), w(t+1) = w(t) + eta Delta w(t); the index is t, too.",
    ),
    claim(
        "stagewise",
        "section 2.4, coordinate descent",
        r"\text{forward stage-wise can converge to solutions with sub-optimal } \ell_1 \text{ norm}",
        Formula(left="stagewise", relation=">", right="least"),
        Enclosed(
            means={
                "stagewise": lambda: runs.exact(sum(map(abs, stagewise_limit(ROWS, LABELS)), Fraction(0))),
                "least": lambda: runs.exact(smallest_l1(ROWS, LABELS)),
            }
        ),
        "x = (3, 2, 2), (-1, -3, 0), y = 2, 1: infinitesimal coordinate descent from 0 in rationals ends at (1/4, -5/12, 25/24).",
    ),
    claim(
        "stagewise-monotone",
        "section 2.4, coordinate descent",
        r"\text{if the } \ell_1 \text{ path is monotone, it is a coordinate descent path}",
        eq("stagewise", "path"),
        Undecided(reason="a theorem of Efron et al. 2004 that is only quoted; no proof of it is built in"),
        "Nothing.",
    ),
    # -- 3: strictly monotone losses --
    claim(
        "property-2",
        "property 2",
        r"\forall y,\ \ell(\hat y, y) \text{ is strictly monotonically decreasing in } \hat y",
        Formula(left="slope", relation="<", right="0"),
        Inequality(
            names=N, means=sep.exponential_slopes_in_prediction(), box={"prediction": (Rational(-2), Rational(2))}
        ),
        "The derivative of exp(-u y) in u at y = -1 (printed), and in the margin u y (corrected).",
        corrected=(
            r"\ell \text{ is strictly decreasing in } \hat y y",
            Formula(left="marginslope", relation="<", right="0"),
        ),
        note="As printed the property excludes the losses that the section is about, for y = -1.",
    ),
    *(
        claim(
            f"tail-{name}",
            "section 3",
            rf"\text{{the {name} loss has a tight exponential tail}}",
            eq(text, "m"),
            Ratio(names=N, variable="m", to="0", means={}),
            "The loss over e^-u as u -> oo, with m = e^-u.",
        )
        for name, text in (("logistic", "log(1 + m)"), ("sigmoid", "m/(1 + m)"))
    ),
    claim(
        "gradient-descent-step",
        "section 3.1",
        r"\text{gradient descent with any bounded step--size converges in direction to the maximum margin separator}",
        Formula(left="eta", relation="<=", right="h"),
        STEP,
        STEP_HOW,
        corrected=(
            r"\eta_t \le \min\{\eta_+, 1/(B^2 L(w_{(t)}))\} \text{ (and } \textstyle\sum \eta_t = \infty)",
            Formula(left="eta", relation="<=", right=LEAST_OF.format("h", "1/(B**2*L)")),
        ),
        note=STEP_NOTE + " The formula prints w(t) under the argmax where w is meant.",
    ),
    claim(
        "gradient-descent-summable",
        "section 3.1",
        r"\text{any bounded step--size}",
        Formula(left="w/sqrt(w**2 + 1)", relation=">=", right="1"),
        Inequality(names=N, box={"w": UNIT}),
        "One sample x = (1, 0), y = 1, from (0, 1), steps 2^-(t+1), which are bounded: every gradient is at most 1 long, so the limit is "
        "(w, 1) with w in [0, 1], whose margin per norm is printed to be 1, the largest possible.",
        corrected=(
            r"\text{bounded steps with } \textstyle\sum \eta_t = \infty \text{ (else the margin may stay below the largest)}",
            Formula(left="w/sqrt(w**2 + 1)", relation="<", right="1"),
        ),
        note="Steps that are bounded below, as the quoted theorem means them, are not summable.",
    ),
    # -- 3.2: steepest descent --
    claim(
        "theorem-5-step",
        "theorem 5",
        r"\eta_t \le \max\{\eta_+, \tfrac{1}{B^2 L(w_{(t)})}\}",
        Formula(left="eta", relation="<=", right=LARGEST_OF.format("h", "1/(B**2*L)")),
        STEP,
        STEP_HOW,
        corrected=(
            r"\eta_t \le \min\{\eta_+, \tfrac{1}{B^2 L(w_{(t)})}\}",
            Formula(left="eta", relation="<=", right=LEAST_OF.format("h", "1/(B**2*L)")),
        ),
        note="With the maximum any bounded step is admitted. " + STEP_NOTE,
    ),
    claim(
        "theorem-5-summable",
        "theorem 5",
        r"\text{all bounded step--sizes satisfying } \ldots:\ \lim_t \min_n \frac{y_n \langle w_{(t)}, x_n\rangle}{\|w_{(t)}\|} = \max",
        Formula(left="w/sqrt(w**2 + 1)", relation=">=", right="1"),
        Inequality(names=N, box={"w": UNIT}),
        "As in section 3.1: x = (1, 0), from (0, 1), steps 2^-(t+1)/L(w_0) satisfy eta <= 1/(B^2 L), but the iterates stay bounded.",
        corrected=(
            r"\text{additionally } \textstyle\sum \eta_t = \infty",
            Formula(left="w/sqrt(w**2 + 1)", relation="<", right="1"),
        ),
        note="The formula compares the margin per norm of the limit (w, 1), w in [0, 1], with the largest, 1.",
    ),
    claim(
        "margin-duality",
        "section 3.2",
        r"\|\nabla L(w)\|_\star \ge \gamma L(w)",
        Formula(left="pairing", relation=">=", right="gam*L"),
        Inequality(names=N, means=sep.pairing_with_separator(), box=box("e1", "e2", "gam", "k1", "k2")),
        "-<grad L, u> for a separator u of norm 1 with margins gamma + k_n, k_n >= 0, and losses e_n >= 0; it bounds the dual norm from below.",
    ),
    claim(
        "regularization-path",
        "section 3.2",
        r"\lim_{c \to \infty} \hat w(c) = w^\star_{\|.\|_p},\ \hat w(c) = \arg\min_{\|w\|_p \le c} L",
        eq("path", "1"),
        Identity(names=N, means={"path": lambda: N("c")}),
        "One sample x = 1: w(c) = c, and the separator of norm 1 is 1.",
        corrected=(r"\lim_{c \to \infty} \hat w(c)/c = w^\star_{\|.\|_p}", eq("path/c", "1")),
        note="The convergence is in direction, as the sentence says; its formula has L(w(t)) for L(w), too.",
    ),
    claim(
        "monotone-path",
        "section 3.2",
        r"\text{for monotone losses the } \ell_p \text{ path converges in direction to the maximum margin separator}",
        eq("cube", "2**3"),
        Identity(names=N, means=sep.path_direction()),
        "l(u) = 1/(1 + u), x = (2, 0), (0, 1), l2: (w_2/w_1)^3 along the path as c -> oo; the maximum margin separator has w_2 = 2 w_1.",
        corrected=(
            r"\text{for } \ell = 1/(1 + u) \text{ the direction is } (1, 2^{1/3}); \text{ an exponential tail is needed}",
            eq("cube", "2"),
        ),
        note="Rosset et al. assume that l(u (1 - eps))/l(u) grows without bound.",
    ),
    claim(
        "line-search",
        "section 3.2",
        r"\text{coordinate descent with exact line search can converge in a direction that is not max-}\ell_1\text{-margin}",
        says("line search fails", "proved"),
        Undecided(
            reason="an example of Rudin et al. 2004 that is only quoted, with a matrix that the text does not print"
        ),
        "Nothing.",
    ),
    # -- 3.3: AdaGrad --
    claim(
        "adagrad-depends",
        "section 3.3",
        r"\text{if } G_{(t)} \text{ converges, the limit direction will necessarily depend on the initial conditions}",
        says("the steps of AdaGrad with eq. (14) on one sample turn with the history S", "proved"),
        Depends(compute=sep.adagrad_ratio(extra=False)["ratio"], on=N("S")),
        "One sample x = (1, 2), G from eq. (14): the two entries of every step have the same ratio 1, whatever the history S, so the "
        "limit direction is (1, 1)/sqrt(2) for every start and step.",
        corrected=(
            r"\text{the limit direction need not depend on the initial conditions}",
            says("the steps of AdaGrad with eq. (14) on one sample turn with the history S", "refuted"),
        ),
        note="Under eq. (14) alone; the next claim shows a dependence where G is preset.",
    ),
    claim(
        "adagrad-may-depend",
        "section 3.3",
        r"\text{the implicit bias of AdaGrad does indeed depend on the initial conditions}",
        Formula(left="ratio", relation="<", right="1"),
        Inequality(
            names=N,
            means=sep.adagrad_ratio(extra=True),
            box={"c": (Rational(25), Rational(26)), "S": (Rational(0), Rational(8))},
        ),
        "One sample x = (1, 2), G preset to c I: the ratio of the entries of a step is below 1 for a history S <= 8, and stays away from 1, the "
        "value that it has without the preset.",
        note="For w_0 = 0, eta = 1, c = 25 theorem 6 (as corrected) applies with L(w_0) = 1, and its bound sqrt(25 + 4 S) <= 5 + 2 keeps S "
        "below 8. S increases to a limit, and w diverges in the direction that the ratio has there.",
    ),
    claim(
        "theorem-6",
        "theorem 6",
        r"\eta^2 L(w_{(0)}) < 1,\ \|G_{(0)}^{-1/4} x_n\|_2 \le 1 \Rightarrow \forall t: G_{(t)}[i, i] < \infty",
        Formula(left="eta**2*L", relation="<", right="1"),
        Sufficient(
            variable="eta",
            names=("L",),
            need="2 - eta*L",
            gives="L(w+) <= L(w) - eta (1 - eta L/2) |G^(-1/4) grad L|^2, and so sqrt(G_ii) <= sqrt(G_ii(0)) + L(w_0)/(eta (1 - eta L(w_0)/2))",
        ),
        "The second-order term of a step is at most eta^2 L |G^(-1/4) grad L|^2/2: the loss falls if eta L < 2. Does the hypothesis "
        "imply it? Then g^2/sqrt(G) has a finite sum and bounds the growth of sqrt(G).",
        corrected=(
            r"\eta L(w_{(0)}) < 1 \ldots \Rightarrow \sup_t G_{(t)}[i, i] < \infty",
            Formula(left="eta*L", relation="<", right="1"),
        ),
        note="For eta >= 1/2 the printed hypothesis implies eta L < 2; for short steps it admits a large eta L, where the loss may rise at "
        "first. The conclusion as printed is empty (each G_(t) is a finite sum); what is meant is a bound for all t. Eq. (14) fixes G_(0) by w_(0), which the theorem lets one choose. Runs are in the next claim.",
    ),
    claim(
        "theorem-6-runs",
        "theorem 6",
        r"\eta^2 L(w_{(0)}) < 1 < \eta L(w_{(0)}): \sup_t G_{(t)}[i, i] < \infty",
        says("G is bounded", "proved"),
        Observed(run=broken.adagrad_run),
        "AdaGrad on two samples with eta = 1/10, L(w_0) = 98.5, G preset to (1, 2).",
        slow=True,
    ),
    # -- 4: factorization --
    claim(
        "matrix-loss",
        "eq. (15)",
        r"\min_W L(W) = \ell(\langle W, X_n\rangle, y_n)",
        eq("loss", "(p1 - y1)**2"),
        Identity(names=N, means=sep.two_sample_loss()),
        "The same setting as eq. (1), two samples: the sum over n.",
        corrected=(r"\min_W L(W) = \sum_n \ell(\langle W, X_n\rangle, y_n)", eq("loss", "(p1 - y1)**2 + (p2 - y2)**2")),
        note="The sum is missing; eqs. (16) and (17) have it.",
    ),
    claim(
        "lifted-pairing",
        "section 4, after eq. (17)",
        r"\tilde X_n = \begin{pmatrix} 0 & X_n \\ X_n^\top & 0 \end{pmatrix}: \text{ the objective of (16) is that of (17)}",
        eq("lifted", "pairing"),
        Identity(names=N, means=sep.lifted(Integer(1)) | {"half": sep.lifted(Rational(1, 2))["lifted"]}),
        "<U~ U~^T, X~> and <U V^T, X> for 2 x 2 symbols.",
        corrected=(
            r"\tilde X_n = \tfrac12 \begin{pmatrix} 0 & X_n \\ X_n^\top & 0 \end{pmatrix}",
            eq("half", "pairing"),
        ),
        note="Without the half the predictions are doubled, which is a factor of y for the squared loss.",
    ),
    claim(
        "factorized-step",
        "eqs. (18), (19)",
        r"W_{(t+1)} = W_{(t)} - \eta_t [\nabla L\, W_{(t)} + W_{(t)} \nabla L] + \eta_t^2 \nabla L\, W_{(t)} \nabla L",
        eq("after", "w - eta*anti + eta**2*sandwich"),
        Identity(names=N, means=sep.factorized_step()),
        "Entry (0, 0) of U+ U+^T with U+ = U - eta grad_U L(U U^T), 2 x 2 symbols, L linear with a symmetric gradient.",
        corrected=(
            r"W_{(t+1)} = W_{(t)} - 2\eta_t [\nabla L\, W_{(t)} + W_{(t)} \nabla L] + 4\eta_t^2 \nabla L\, W_{(t)} \nabla L",
            eq("after", "w - 2*eta*anti + 4*eta**2*sandwich"),
        ),
        note="Harmless: eta stands for twice the step. For data that are not symmetric, grad L has to be symmetrized.",
    ),
    claim(
        "zero-saddle",
        "section 4",
        r"\text{zero is a saddle point for eq. (17)}",
        Formula(left="relative", relation="<", right="1"),
        Inequality(names=N, means=sep.saddle(), box={"s": (Rational(1, 100), Rational(1))}),
        "Squared loss, realizable data: along s U with U U^T a solution, the loss over that at 0 is below 1. (The gradient at 0 vanishes, since "
        "L depends on U U^T.)",
        note="A stationary point that is no minimum; for X = I it is a maximum.",
    ),
    claim(
        "nuclear-conjecture",
        "section 4",
        r"\text{gradient descent on the factorization converges to the minimum nuclear norm global minimum}",
        says("minimum nuclear norm", "proved"),
        Undecided(reason="a conjecture that is quoted; the text does not commit itself to it"),
        "Nothing.",
    ),
    claim(
        "theorem-7-step",
        "theorem 7",
        r"\eta_t < \infty \text{ is smaller than the local Lipschitz at } W_{(t)}",
        Formula(left="eta", relation="<", right="Lip"),
        Sufficient(
            variable="eta",
            names=("Lip", "lam", "k", "beta"),
            means={"beta": "2*lam + k"},
            need="1 - 2*eta*lam",
            gives="that I - 2 eta grad L(W) is not singular, lam the largest eigenvalue of grad L(W), so that U keeps its full rank",
            counterexample=broken.lost_rank,
        ),
        "beta, the Lipschitz constant of the gradient of L(U U^T), is at least 2 lam: does the hypothesis keep I - 2 eta grad L(W) regular? And does "
        "a step that makes one row of U vanish for ever satisfy it, with Lip the Lipschitz constant |grad L(U U^T)| at U?",
        corrected=(
            r"\eta_t \text{ is smaller than } 1/\beta,\ \beta \text{ the local Lipschitz constant of the gradient}",
            Formula(left="eta", relation="<", right="1/beta"),
        ),
        note="The theorem also says `sufficiently small`, which the bound is to make precise, and does not say of what the Lipschitz constant is; the counterexample takes it of L(U U^T). The corrected bound excludes the loss of rank; "
        "whether it is enough for the theorem, see the next claim.",
    ),
    claim(
        "theorem-7",
        "theorem 7",
        r"\bar W_\infty = \arg\max_{W \succeq 0} \min_n y_n \langle W, X_n\rangle \text{ s.t. } \|W\|_* \le 1",
        says("maximum margin", "proved"),
        Observed(run=broken.factorized_run),
        "Gradient descent on diagonal data, step 1/100: the least margin at nuclear norm 1, which approaches the largest like 1/log t.",
        note="The text has W < 0 for W psd, a damage of the extraction.",
        slow=True,
    ),
    claim(
        "key-property",
        "section 4, key property",
        r"\nabla L(W_{(t)}) = \sum_n e^{-g(t) y_n \langle \bar W_\infty, X_n\rangle} e^{-y_n \langle \rho(t), X_n\rangle} y_n X_n",
        eq(
            "slope",
            "exp(-g*y1*(d1*x11 + d2*x12))*exp(-y1*(rho1*x11 + rho2*x12))*y1*x11"
            " + exp(-g*y2*(d1*x21 + d2*x22))*exp(-y2*(rho1*x21 + rho2*x22))*y2*x21",
        ),
        Identity(names=N, means=sep.exponential_slope()),
        "The first entry of the gradient of two exponential losses at g wbar + rho.",
        corrected=(
            r"-\nabla L(W_{(t)}) = \sum_n \ldots",
            eq(
                "-slope",
                "exp(-g*y1*(d1*x11 + d2*x12))*exp(-y1*(rho1*x11 + rho2*x12))*y1*x11"
                " + exp(-g*y2*(d1*x21 + d2*x22))*exp(-y2*(rho1*x21 + rho2*x22))*y2*x21",
            ),
        ),
        note="The sign is missing (the extraction may have lost it); lemma 8 has it.",
    ),
    claim(
        "lemma-8",
        "lemma 8",
        r"z_\infty = \sum_{n \in S} \alpha_n y_n x_n,\ \alpha_n \ge 0",
        Formula(left="logshare", relation="<=", right="-delta/2"),
        Inequality(names=N, means=sep.share_of_others(), box=box("e", "f", "k")),
        "w = g wbar + rho, rho = o(g): once the terms of rho are at most delta/4, delta = g times the gap of the margins, a sample off the least "
        "margin weighs at most e^(-delta/2) of one on it, which tends to 0.",
        note="The rest, by hand: a separator bounds the sum over S from below by gamma times its weights, and the cone of the "
        "support vectors is closed. This needs no `almost all`: every separable data set will do.",
    ),
)
