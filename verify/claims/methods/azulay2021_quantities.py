"""Quantities of Azulay et al. 2021 (sections 2 to 4), from first principles.

Gradient flow dw/dt = -dL/dw of the parameters gives d beta/dt = M X r with M = J J^T; `g` stands for a vector
X r.  Each function returns the meaning of names of a printed formula (`Identity.means`), or an expression.
"""

from collections.abc import Callable

from sympy import Add, Expr, Matrix, Symbol, asinh, sinh

from derive.model import Model, parse_model
from verify.claims.methods.derived import derived
from verify.claims.reading import Names

Meaning = dict[str, Callable[[], Expr]]
N = Names(positive=("u", "v", "k", "x", "delta", "alpha", "rho", "eps", "a", "A", "B", "b", "y", "ell", "n"))


def fixed(values: dict[str, Expr]) -> Meaning:
    """Names with values that are already computed."""
    return {name: (lambda v=value: v) for name, value in values.items()}


def flow_of(model: Model) -> Meaning:
    """dp = dp/dt for each parameter p under gradient flow with g1, g2, ... = X r, and beta, dbeta."""
    g = [N(f"g{i + 1}") for i in range(len(model.predictor))]
    here = {p: N(str(p)) for p in model.parameters}
    predictor = [f.xreplace(here) for f in model.predictor]
    rates = {p: sum(f.diff(p) * s for f, s in zip(predictor, g, strict=True)) for p in here.values()}
    values = {f"d{p}": rate for p, rate in rates.items()}
    for i, f in enumerate(predictor, start=1):
        values[f"beta{i}"] = f
        values[f"dbeta{i}"] = sum(f.diff(p) * rate for p, rate in rates.items())
    return fixed(values)


def neurons(count: int, dimension: int) -> Model:
    """sum_i a_i w_i, `count` neurons, any leaf."""
    return parse_model(
        [" + ".join(f"a{i}*w{i}{j}" for i in range(1, count + 1)) for j in range(1, dimension + 1)],
        name=f"{count} linear neurons, dimension {dimension}",
    )


def neurons_named(a: str, dimension: int) -> Model:
    """One neuron with the parameters a, w1, w2, ..., any leaf."""
    return parse_model([f"{a}*w{i}" for i in range(1, dimension + 1)], name="one linear neuron")


# -- section 3 ----------------------------------------------------------------------------------------


def two_samples() -> Meaning:
    """-grad L for L = 1/(2N) sum (y_n - w . x_n)^2, N = 2, d = 2, and the residuals r_n = (y_n - w . x_n)/N."""
    w = (N("w1"), N("w2"))
    gaps = [N(f"y{n}") - N(f"x{n}1") * w[0] - N(f"x{n}2") * w[1] for n in (1, 2)]
    loss = Add(*(g**2 for g in gaps)) / 4
    values = {f"pull{i + 1}": -loss.diff(w[i]) for i in range(2)}
    return fixed(values | {f"r{n + 1}": g / 2 for n, g in enumerate(gaps)})


def feasible_gap() -> Meaning:
    """Q(v) - Q(w), and the Bregman distance Q(v) - Q(w) - <grad Q(w), v - w>, where grad Q(w) = nu x and
    v - w is orthogonal to x (both are feasible)."""
    x, nu, c = (N("x1"), N("x2")), N("nu"), N("c")
    step = (-c * x[1], c * x[0])
    gap = N("Qv") - N("Qw")
    return fixed({"gap": gap, "distance": gap - sum(nu * a * b for a, b in zip(x, step, strict=True))})


def mirror_rate() -> Meaning:
    """d/dt grad Q = (Hess Q) dw/dt for dw/dt = H^-1 x r and Hess Q = H, any symmetric 2 x 2 H."""
    hess = Matrix([[N("h11"), N("h12")], [N("h12"), N("h22")]])
    velocity = hess.inv() * Matrix([N("x1"), N("x2")]) * N("r")
    rate = (hess * velocity).applyfunc(lambda e: e.cancel())
    return fixed({"rate1": rate[0], "rate2": rate[1]})


def quadratic_limit() -> Meaning:
    """g = grad Q at the limit of H dw/dt = x r from w0, and g0 = grad Q at w0, for Q = (A w1^2 + B w2^2)/2.

    H (w - w0) is a multiple of x, and x . w = y at the limit.
    """
    x, w0, curvature = (N("x1"), N("x2")), (N("p"), N("q")), (N("A"), N("B"))
    reach = sum(s**2 / h for s, h in zip(x, curvature, strict=True))
    multiple = (N("y") - x[0] * w0[0] - x[1] * w0[1]) / reach
    end = [w + s * multiple / h for w, s, h in zip(w0, x, curvature, strict=True)]
    values = {f"g{i + 1}": curvature[i] * end[i] for i in range(2)}
    return fixed(values | {f"g0{i + 1}": curvature[i] * w0[i] for i in range(2)})


def third_derivatives() -> Meaning:
    """dH_12/dw_1 and dH_11/dw_2 for the Hessian H of a cubic Q (only third derivatives enter)."""
    w = (N("w1"), N("w2"))
    q = Add(*(N(f"c{m}") * w[0] ** m * w[1] ** (3 - m) for m in range(4)))
    return fixed({"dH12_dw1": q.diff(w[0], w[1], w[0]), "dH11_dw2": q.diff(w[0], w[0], w[1])})


# -- section 4 ----------------------------------------------------------------------------------------

UNTIED = parse_model(["up1*vp1 - um1*vm1"], name="untied, one coordinate",
                     start={"up1": "u", "vp1": "v", "um1": "u", "vm1": "v"})  # fmt: skip
UNTIED_TWO = parse_model(
    ["up1*vp1 - um1*vm1", "up2*vp2 - um2*vm2"], name="untied, two coordinates, unequal starts",
    start={f"{w}{s}{i}": f"{w}{i}" for i in (1, 2) for w in "uv" for s in "pm"},
)  # fmt: skip


def untied_path() -> Expr:
    """beta(s), s the integral of g: u+ + v+ = (u + v) e^s, u+ - v+ = (u - v) e^-s, and e^-s, e^s for the minus pair."""
    u, v, grow = N("u"), N("v"), Symbol("e", positive=True)
    plus = ((u + v) ** 2 * grow**2 - (u - v) ** 2 / grow**2) / 4
    minus = ((u + v) ** 2 / grow**2 - (u - v) ** 2 * grow**2) / 4
    factor = ((plus - minus) / ((grow**2 - grow**-2) / 2)).cancel()  # sinh 2s = (e^2s - e^-2s)/2
    return factor * sinh(2 * N("s"))


def untied_gradient() -> tuple[Expr, ...]:
    """s as a function of x = beta: the inverse of `untied_path`."""
    root = 2 * untied_path() / sinh(2 * N("s"))  # sqrt(k)
    return (asinh(2 * Symbol("x", real=True) / root) / 2,)


def untied_dual() -> Expr:
    """beta(s) as `derive` finds it."""
    potential = derived(UNTIED).potential
    if potential.dual_gradient is None:
        raise ValueError("no dual form")
    return potential.dual_gradient[0].xreplace({potential.dual_variables[0]: N("s")})
