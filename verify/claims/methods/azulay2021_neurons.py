"""Quantities of Azulay et al. 2021, sections 5 and 6: the warp and linear neurons, from first principles.

One linear neuron beta = a w keeps delta = a^2 - |w|^2, so that |w| is the positive root h of
h^4 + delta h^2 = |beta|^2, and dw/dt = a X r makes w(t) - w(0) a combination of the samples: the gradient of
the regularizer is a multiple of w(t) - w(0) as a function of beta.
"""

from collections.abc import Callable, Sequence

from sympy import Add, Expr, Integer, Matrix, Rational, exp, eye, sign, sqrt

from derive.exact.balls import ball
from derive.exact.identity import is_identity
from derive.model import Model, parse_model
from verify.claims.methods.azulay2021_quantities import Meaning, N, fixed
from verify.claims.methods.derived import gradient_of


def length(x: Expr, delta: Expr) -> Expr:
    """|w| where a |w| = x and a^2 - |w|^2 = delta: |w|^2 is the positive root of h^4 + delta h^2 = x^2."""
    return sqrt(sqrt(x**2 + delta**2 / 4) - delta / 2)


def neuron_gradient(model: Model) -> Callable[[], tuple[Expr, ...]]:
    """grad Q as `derive` has it, beta_i/|a| - c_i, with 1/|a| written |w|/|beta|; raises `ValueError` if it is not.

    That (beta_i/|a|)^2 = (beta_i |w|/|beta|)^2 is checked exactly, and that the signs agree at one point; off
    beta = 0 both are continuous and do not vanish with beta_i != 0.
    """

    def compute() -> tuple[Expr, ...]:
        if model.start is None:
            raise ValueError("no start")
        a, w = model.start[0], model.start[1:]
        delta = a**2 - Add(*(e**2 for e in w))
        size = sqrt(Add(*(b**2 for b in model.coordinates)))
        written: list[Expr] = []
        for slope, beta, e in zip(gradient_of(model)(), model.coordinates, w, strict=True):
            constant = sign(a) * e
            other = beta * length(size, delta) / size
            ones = dict.fromkeys(model.coordinates, Integer(1))
            if (
                not is_identity((slope + constant) ** 2 - other**2)
                or not ball((slope + constant).xreplace(ones), 64) > 0
            ):
                raise ValueError(f"the derived gradient {slope} has another form")
            written.append(other - constant)
        return tuple(written)

    return compute


def warped_hessian() -> Meaning:
    """In the parameters (a, w1, w2): H = (a^2 I + w w^T)^-1, the Hessian of the ansatz with slope q' = 3/2 |w|, and a.

    Hess q(|beta|) = q'' t t^T + q'/|beta| (I - t t^T) with t = w/|w|, |beta| = a |w|; from h^4 + delta h^2 = x^2,
    dh/dx = x/(2 h^3 + delta h) = a/(a^2 + h^2).
    """
    a, w = N("a"), Matrix([N("w1"), N("w2")])
    square = (w.T * w)[0]
    h = (a**2 * eye(2) + w * w.T).inv()
    across = w * w.T / square
    second = Rational(3, 2) * (across * a / (a**2 + square) + (eye(2) - across) / a)
    entries = {"11": (0, 0), "12": (0, 1), "22": (1, 1)}
    values = {f"H{n}": h[ij] for n, ij in entries.items()} | {f"Q{n}": second[ij] for n, ij in entries.items()}
    return fixed(values)


def inverse_determinant() -> Expr:
    """det(a^2 I + w w^T), three coordinates, in delta and n = |w|^2 (w along the first axis)."""
    return Matrix.diag(N("delta") + 2 * N("n"), N("delta") + N("n"), N("delta") + N("n")).det()


def start_vector() -> Meaning:
    """-q'(|beta(0)|) beta(0)/|beta(0)| for q' = 3/2 |w|, which makes grad Q(beta(0)) = 0."""
    start = (N("b1"), N("b2"))
    size = sqrt(start[0] ** 2 + start[1] ** 2)
    return fixed({f"z{i + 1}": -Rational(3, 2) * length(size, N("delta")) * b / size for i, b in enumerate(start)})


def neuron_leaf(a: str, w: Sequence[str]) -> Model:
    """One neuron from a numeric start."""
    return parse_model([f"a*w{i + 1}" for i in range(len(w))], name=f"a neuron from a = {a}, w = ({', '.join(w)})",
                       start={"a": a} | {f"w{i + 1}": e for i, e in enumerate(w)})  # fmt: skip


BALANCED = parse_model(
    ["a1*w11 + a2*w21", "a1*w12 + a2*w22"],
    name="2 linear neurons, dimension 2, strictly balanced",
    restrict=["a1**2 - w11**2 - w12**2", "a2**2 - w21**2 - w22**2", "a1*a2 - w11*w21 - w12*w22"],
)


def balanced_metric() -> Meaning:
    """M = sum_i (a_i^2 I + w_i w_i^T) where w_i = a_i t, t a unit vector; m = |beta| and t = beta/|beta| there.

    Delta = 0 means w_i . w_j = a_i a_j: the w_i/a_i are unit vectors with products 1, hence one vector t.
    """
    p, one = N("p"), Integer(1)
    t = Matrix([(one - p**2) / (one + p**2), 2 * p / (one + p**2)])
    a = (N("a1"), N("a2"))
    vectors = [s * t for s in a]
    total, beta = Matrix.zeros(2, 2), Matrix.zeros(2, 1)
    for s, w in zip(a, vectors, strict=True):
        total += s**2 * eye(2) + w * w.T
        beta += s * w
    m = (beta.T * t)[0].cancel()
    values = {"M11": total[0, 0], "M12": total[0, 1], "M22": total[1, 1], "m": m, "t1": t[0], "t2": t[1]}
    return fixed(values)


def balance() -> Meaning:
    """|a|^4, |beta|^2 and Delta = a a^T - W^T W for two neurons in two dimensions."""
    a = Matrix([N("a1"), N("a2")])
    w = Matrix(2, 2, lambda i, j: N(f"w{j + 1}{i + 1}"))  # column j is neuron j
    delta, beta = a * a.T - w.T * w, w * a
    return fixed({"a4": (a.T * a)[0] ** 2, "beta2": (beta.T * beta)[0],
                  "D11": delta[0, 0], "D12": delta[0, 1], "D22": delta[1, 1]})  # fmt: skip


def missed() -> Meaning:
    """The part of beta(oo) off the data, two neurons from a_i = eps, w_i = (0, b), one sample x = (1, 0), label y.

    Both neurons move alike: w_i2 = b for ever, a^2 - w_i1^2 = eps^2, and 2 a w_i1 = y at the end, so that
    a^4 - eps^2 a^2 = y^2/4.  The loss does go to zero, since a >= eps all along.
    """
    eps = N("eps")
    a = sqrt((eps**2 + sqrt(eps**4 + N("y") ** 2)) / 2)
    return fixed({"off": 2 * a * N("b")})


# -- time -----------------------------------------------------------------------------------------------


def warped_rate() -> Meaning:
    """w' = f(w) = -w^2 from c at the time tau(t) = t + t^2: the rate of w(tau(t)), tau', and f there."""
    t, c = N("t"), N("b")
    tau = t + t**2
    path = c / (1 + c * tau)
    return fixed({"rate": path.diff(t), "slope": tau.diff(t), "f": -(path**2)})


def needed_slope() -> Expr:
    """tau' for which W(t) = w(tau(t)) solves dW/dt = -g(W) W, where w = e^-tau solves (16) and g(w) = 1 + w^2."""
    tau = N("tau")
    w = exp(-tau)
    return (-(1 + w**2) * w / w.diff(tau)).expand()
