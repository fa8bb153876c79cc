"""What the quantities of Moroshko et al. 2020 are, from first principles.

Conventions: du/dt = -grad L(u), L = (1/N) sum exp(-y_n <u+^D - u-^D, x_n>), start alpha*1.  With
R' = (weights of the averaged loss), every coordinate is integrated by hand,

    w+- = alpha e^(+-2 x R),  D = 2;      w+- = (alpha^(2-D) -+ D (D-2) x R)^(-1/(D-2)),  D > 2,

and `s` stands for 2 x R (D = 2) or D (D-2) alpha^(D-2) x R (D > 2), so that w = alpha^D h(s).
"""

from collections.abc import Callable, Mapping

from flint import arb, ctx
from sympy import Add, Expr, Integer, Rational, Symbol, exp, log, solve, sqrt, symbols

from derive.catalogue import architecture
from derive.errors import ComputationError
from derive.model import Model
from verify.claims.methods.derived import derived
from verify.claims.methods.margins import root
from verify.claims.reading import Names

N = Names(positive=("alpha", "mu", "gamma", "gammatilde", "s", "t", "g", "k", "c", "T", "e", "best", "x1", "x2"))
Compute = Callable[[], Expr]
BITS = 256


def net(depth: int, dimension: int = 1) -> Model:
    """The network of eq. (5)."""
    return architecture("diagonal").model(depth=depth, dimension=dimension)


# -- the integrated flow ------------------------------------------------------------------------------


def weight(depth: int, sign: int, s: Expr) -> Expr:
    """w+ (sign 1) or w- (-1) at s."""
    alpha = N("alpha")
    return alpha * exp(sign * s) if depth == 2 else alpha * (1 - sign * s) ** Rational(-1, depth - 2)


def predictor(depth: int, s: Expr) -> Expr:
    """w+^D - w-^D at s."""
    return weight(depth, 1, s) ** depth - weight(depth, -1, s) ** depth


def derived_h(depth: int) -> Compute:
    """beta(s)/alpha^D of the potential that `derive` proves; s runs through (-1, 1)."""

    def compute() -> Expr:
        q = derived(net(depth)).potential
        if q.dual_gradient is None or q.dual_domain is None or not q.verdict.is_proved:
            raise ComputationError("no dual form")
        alpha = Symbol("alpha", positive=True)
        dual = q.dual_variables[0]
        return (q.dual_gradient[0].xreplace({dual: N("s") * q.dual_domain[0][1]}) / alpha**depth).expand()

    return compute


def h_at(depth: int, s: Expr) -> Expr:
    """h_D(s) of the integrated flow."""
    return (predictor(depth, s) / N("alpha") ** depth).simplify()


def width_scale(depth: int) -> Compute:
    """The scale at which one unit has the predictor of k units from alpha: (k alpha^D)^(1/D)."""

    def compute() -> Expr:
        units = N("k") * predictor(depth, N("s"))
        one = predictor(depth, N("s")) / N("alpha") ** depth
        return (units / one).simplify() ** Rational(1, depth)

    return compute


def kernel_constant(depth: int) -> Expr:
    """min over the leaf of the entry of M = J J^T: 2 D^2 alpha^(2D-2), at the start.

    M(s) = D^2 alpha^(2D-2) (f(s) + f(-s)); f'' >= 0 makes the even sum smallest at s = 0.
    """
    s = N("s")
    entry = depth**2 * (weight(depth, 1, s) ** (2 * depth - 2) + weight(depth, -1, s) ** (2 * depth - 2))
    return entry.subs(s, 0).expand()


def kernel_ratio(depth: int) -> Compute:
    """M(s)/M(0) - 1 times positive factors, as a polynomial in t, where s^2 = 1/(1 + t); D = 3 and 4."""

    def compute() -> Expr:
        r, k = Symbol("r"), Rational(2 * depth - 2, depth - 2)
        top = sum(
            (2 * _binomial(k, 2 * j) * r**j for j in range(int(k) // 2 + 1)),
            Integer(0),
        )
        gap = ((top - 2 * (1 - r) ** k).expand() / r).expand()
        z = N("t")
        return (gap.subs(r, 1 / (1 + z)) * (1 + z) ** k).cancel().expand()

    return compute


def _binomial(k: Expr, j: int) -> Expr:
    value = Integer(1)
    for i in range(j):
        value = value * (k - i) / (i + 1)
    return value


# -- one data point: everything in closed form --------------------------------------------------------


def one_point(depth: int, c: Rational, s: Expr) -> tuple[Expr, Expr]:
    """The predictor with margin 1 for the one data point (1, c): (w1, w2)/gamma at s for the first coordinate."""
    first, second = h_at(depth, s), h_at(depth, c * s)
    margin = first + c * second
    return first / margin, second / margin


def scale_of(depth: int) -> Compute:
    """The mu with what = mu h(s), for the one data point (1, 1/2), where gamma = <x, w>: alpha^D/gamma."""

    def compute() -> Expr:
        s, c = N("s"), Rational(1, 2)
        margin = predictor(depth, s) + c * predictor(depth, c * s)
        mu = (predictor(depth, s) / margin) / h_at(depth, s)
        return (mu * margin / N("gamma")).simplify()

    return compute


def excess(depth: int, s: Expr) -> Expr:
    """|what|_1/|w_l1|_1 - 1 for the data point (1, 1/2): |w_l1|_1 = 1."""
    first, second = one_point(depth, Rational(1, 2), s)
    return first + second - 1


def needed_accuracy(depth: int) -> arb:
    """gamma~/alpha^D at which the excess l1 norm is 5%, for the data point (1, 1/2): a ball."""
    with ctx.workprec(BITS):
        half, twentieth = arb(1) / 2, arb(1) / 20

        def h(s: arb) -> arb:
            if depth == 2:
                return 2 * s.sinh()
            k = -arb(depth) / (depth - 2)
            return (1 - s) ** k - (1 + s) ** k

        def gap(s: arb) -> arb:
            return (h(s) + h(s / 2)) / (h(s) + half * h(s / 2)) - 1 - twentieth

        low, high = (arb(1), arb(20)) if depth == 2 else (arb(1) / 10, 1 - arb(10) ** -9)
        s = root(gap, low, high)
        return h(s) + half * h(s / 2)


def intercept_drop(first: int, second: int) -> Compute:
    """b_first - b_second, b = log(gamma~/alpha^D) at 5%, bounded below by a rational."""

    def compute() -> Expr:
        low = (needed_accuracy(first).log() - needed_accuracy(second).log()).lower()
        return Rational(int((low * 1000).floor().unique_fmpz() or 0), 1000)

    return compute


def slope_of_accuracy(depth: int) -> Compute:
    """d log(gamma~) / d log(alpha^D) along a fixed excess: s, hence gamma~/alpha^D, is fixed."""

    def compute() -> Expr:
        alpha, s = N("alpha"), N("s")
        gamma = predictor(depth, s) + predictor(depth, s / 2) / 2
        return 1 + (alpha * gamma.diff(alpha) - depth * gamma).expand() / (depth * gamma)

    return compute


def ratio_one_point() -> Expr:
    """what_1/what_2 for (1, 1/2), D = 2: sinh(s)/sinh(s/2) = 2 cosh(s/2), written with exponentials."""
    s = N("s")
    return exp(s / 2) + exp(-s / 2)


def small_coordinate(depth: int) -> Expr:
    """what_2 for (1, 1/2), with s = 1 - e (D > 2) or s = 1/e (D = 2)."""
    s = 1 / N("e") if depth == 2 else 1 - N("e")
    return one_point(depth, Rational(1, 2), s)[1]


def fixed_data(depth: int) -> dict[str, Compute]:
    """delta (excess l1 norm) and mu for (1, 1/2), as functions of e = exp(-s/2) (D = 2) or e = 1 - s (D > 2)."""
    e = N("e")
    if depth == 2:
        first, second = e**-2 - e**2, 1 / e - e
    else:
        first, second = h_of_e(depth), (h_at(depth, (1 - e) / 2)).together()
    margin = first + second / 2
    return {"delta": lambda: (first + second) / margin - 1, "mu": lambda: 1 / margin}


def loss_at_mu(depth: int) -> Expr:
    """The loss eps with alpha^D/log(1/eps) = mu."""
    size = Symbol("l", positive=True)
    (found,) = solve(N("alpha") ** depth / size - N("mu"), size)
    return exp(-found)


def first_step(depth: int) -> dict[str, Compute]:
    """dw_i/dt at the start for two data points (a1, a2), (b1, b2), and their mean."""
    w, margins_ = [Symbol(f"w{i}") for i in (1, 2)], []
    points = [[N(f"{name}{i}") for i in (1, 2)] for name in "ab"]
    margins_ = [Add(*(x * v for x, v in zip(row, w, strict=True))) for row in points]
    loss = Add(*(exp(-m) for m in margins_)) / 2
    rates = [(-kernel_constant(depth) * loss.diff(v)).subs({w[0]: 0, w[1]: 0}) for v in w]
    found: dict[str, Compute] = {f"rate{i + 1}": (lambda r=r: r) for i, r in enumerate(rates)}
    means = [(points[0][i] + points[1][i]) / 2 for i in range(2)]
    return found | {f"mean{i + 1}": (lambda m=m: m) for i, m in enumerate(means)}


def tied_slopes() -> dict[str, Compute]:
    """The derivatives of u1 u2 u3 where all are u."""
    layers = symbols("u1 u2 u3")
    product = layers[0] * layers[1] * layers[2]
    values = {v: N("u") for v in layers}
    return {f"d{i + 1}": (lambda v=v: product.diff(v).subs(values)) for i, v in enumerate(layers)}


def descent_rate() -> Expr:
    """dL/dt for L = exp(-(a^2 - b^2)) and (a, b)' = -grad L."""
    a, b = N("a"), N("b")
    loss = exp(b**2 - a**2)
    return Add(*(loss.diff(v) * -loss.diff(v) for v in (a, b))).expand()


def inside(point: Mapping[str, Rational]) -> bool:
    """s lies in (0, 1)."""
    return all(0 < v < 1 for name, v in point.items() if name == "s")


# -- q near the l1 limit ------------------------------------------------------------------------------


def flatness(depth: int) -> Expr:
    """delta = 1 - mu q(1/mu)/norm in one coordinate, with 1/mu = h(1 - e) for D > 2 (norm 1), exact.

    For D = 2 the norm is log(1/mu), since q(z) grows like z log z.  Legendre: q(h(s)) = s h(s) - int_0^s h.
    """
    e, mu = N("e"), N("mu")
    if depth == 2:
        q = 2 - sqrt(4 + mu**-2) + log(1 / (2 * mu) + sqrt(1 + 1 / (4 * mu**2))) / mu
        return 1 - mu * q / log(1 / mu)
    s, k = 1 - e, Rational(2, depth - 2)
    area = ((1 - s) ** -k + (1 + s) ** -k - 2) / k
    return 1 - (s * h_of_e(depth) - area) / h_of_e(depth)


def h_of_e(depth: int) -> Expr:
    """h_D(1 - e)."""
    e, k = N("e"), Rational(depth, depth - 2)
    return e**-k - (2 - e) ** -k
