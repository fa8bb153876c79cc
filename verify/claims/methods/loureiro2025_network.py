"""The diagonal network in Loureiro's lecture notes (2025): theta = u v elementwise, L(u, v) = R(u v).

Gradients, critical points, the leaf of the flow, the potential, and what `derive` says of the model.
"""

from functools import cache

from sympy import Expr, Integer, Matrix, Min, solve, sqrt

from derive.derivation import Derivation
from derive.model import Model, parse_model
from derive.verdict import Verdict, proved, refuted, unknown
from verify.claims.methods.derived import derived
from verify.claims.methods.loureiro2025_quantities import N, data, risk, slope, vector


def network(dimension: int, start_u: str, start_v: str) -> Model:
    """theta = u v elementwise from u_j = start_u, v_j = start_v."""
    indices = range(1, dimension + 1)
    return parse_model(
        [f"u{j}*v{j}" for j in indices],
        name=f"u v, {dimension} coordinate{'s' if dimension > 1 else ''}, from ({start_u}, {start_v})",
        start={f"{w}{j}": value for j in indices for w, value in (("u", start_u), ("v", start_v))},
    )


NET, SCALED, REVERSED = network(1, "a", "0"), network(1, "sqrt(2)*alpha", "0"), network(1, "0", "b")
GENERIC = (network(1, "a", "b"), network(3, "a", "b"))


# -- answers of `derive` -------------------------------------------------------------------------------


def only_law(d: Derivation) -> Verdict:
    """u^2 - v^2 is the law, the only one."""
    if d.laws is None or not d.laws.verdict.is_proved:
        return unknown("the laws of the model were not established")
    laws = [str(e) for e in d.laws.laws]
    return d.laws.verdict if laws == ["u1**2 - v1**2"] else refuted(f"the laws are {laws}")


def mirror(d: Derivation) -> Verdict:
    """The metric is a Hessian map and its potential, with gradient 0 at the start, is proved."""
    for verdict in (d.hessian, d.potential.verdict):
        if not verdict.is_proved:
            return verdict
    return proved(f"{d.hessian.reason}; {d.potential.verdict.reason}")


def leading(limit: str) -> tuple[Expr, ...]:
    """The gradient of the leading term of the derived potential from u = sqrt(2) alpha, v = 0."""
    regime = next(r for r in derived(SCALED).regimes if r.limit == limit)
    return tuple(regime.equivalent.diff(b) for b in SCALED.coordinates)


# -- gradients and critical points ---------------------------------------------------------------------


@cache
def network_slopes(rows: int, columns: int) -> Matrix:
    """grad_u L and grad_v L (one below the other) of L(u, v) = R(u v), by differentiation."""
    u, v = vector("u", columns), vector("v", columns)
    loss = risk(data(rows, columns), u.multiply_elementwise(v))
    return Matrix([loss.diff(w) for w in (*u, *v)])


def on_product(e: Expr, columns: int) -> Expr:
    """theta -> u v in an expression."""
    return e.subs({N(f"theta{j + 1}"): N(f"u{j + 1}") * N(f"v{j + 1}") for j in range(columns)}, simultaneous=True)


def coordinate_hessian(rows: int, columns: int, j: int) -> Matrix:
    """The Hessian of L in (u_j, v_j) at a point with u_j = v_j = 0 (j from 1)."""
    names = (N(f"u{j}"), N(f"v{j}"))
    slopes = network_slopes(rows, columns)
    pair = (slopes[j - 1], slopes[columns + j - 1])
    at = dict.fromkeys(names, Integer(0))
    return Matrix(2, 2, lambda a, b: pair[a].diff(names[b]).xreplace(at))


def saddle() -> tuple[Expr, Expr]:
    """The critical point (u, v) of (y - u v)^2/2 that is no minimum: y - u v is divided out of the gradient."""
    u, v, y = N("u"), N("v"), N("y")
    factors = [(slope_1d(w) / (y - u * v)).cancel() for w in "uv"]
    (solution,) = solve(factors, [u, v], dict=True)
    return solution[u], solution[v]


def constrained() -> Matrix:
    """grad R at the minimiser of R on theta_2 = theta_3 = 0: n = 2, d = 3."""
    x, y = data(2, 3), vector("y", 2)
    first = x[:, 0].dot(y) / x[:, 0].dot(x[:, 0])
    return slope(x, Matrix([first, 0, 0])).applyfunc(lambda e: e.cancel())


# -- the flow on a leaf and its potential --------------------------------------------------------------


def squares_on_leaf() -> tuple[Expr, Expr]:
    """u^2 and v^2 in (theta, I): z = u^2 is the root >= 0 of z^2 - 2 I z - theta^2 = 0, and v^2 = u^2 - 2 I."""
    theta, invariant = N("theta"), N("I")
    z = invariant + sqrt(invariant**2 + theta**2)
    return z, z - 2 * invariant


def bregman() -> Expr:
    """Q(theta) - Q(0) - Q'(0) theta for the derived potential Q from u = a, v = 0, a^2 = 2 I."""
    q = derived(NET).potential.value
    if q is None:
        raise ValueError("no closed potential for u v")
    (beta,) = NET.coordinates
    at = q - q.xreplace({beta: Integer(0)}) - q.diff(beta).xreplace({beta: Integer(0)}) * beta
    (a,) = at.free_symbols - {beta}
    return at.xreplace({beta: N("theta"), a: sqrt(2 * N("I"))})


def two_weights(which: int, z: Expr) -> Expr:
    """theta_1 or theta_2 of argmin phi_alpha under 3 theta_1 + 2 theta_2 = y, with z = e^s, s the multiplier.

    asinh(theta_j/alpha^2) = s x_j at the minimiser, so theta_j/y = sinh(s x_j)/sum_k x_k sinh(s x_k), where
    alpha -> 0 is s -> oo (z -> oo) and alpha -> oo is s -> 0.
    """
    sinh1, sinh2 = (z**k - z**-k for k in (3, 2))
    return N("y") * (sinh1, sinh2)[which - 1] / (3 * sinh1 + 2 * sinh2)


def curvature() -> Expr:
    """Q'' of the derived potential in (theta, I)."""
    return bregman().diff(N("theta"), 2)


def metric() -> Expr:
    """u^2 + v^2 on the leaf as `derive` finds it, sqrt(4 theta^2 + c1^2) with c1 = u^2 - v^2 = 2 I."""
    found = derived(NET).elimination.inverse_metric
    if found is None:
        raise ValueError("no metric in beta for u v")
    names = {"beta1": N("theta"), "c1": 2 * N("I")}
    return found[0][0].xreplace({s: names[str(s)] for s in found[0][0].free_symbols})


def divergence(x: str, y: str) -> Expr:
    """phi(x) - phi(y) - phi'(y) (x - y), with fx, fy for the values and py for the slope."""
    return N(f"f{x}") - N(f"f{y}") - N(f"p{y}") * (N(x) - N(y))


def symmetric_margin() -> Expr:
    """min_i <x_i, w>/|w| for w = (1, 0) and x = (1, 1), (1, -1), labels 1.

    The logistic loss is symmetric under theta_2 -> -theta_2, so that the flow from 0 keeps theta_2 = 0, and
    d theta_1/dt > 0 always: its direction is w.
    """
    points, w = (Matrix([1, 1]), Matrix([1, -1])), Matrix([1, 0])
    return Min(*(x.dot(w) for x in points)) / sqrt(w.dot(w))


# -- one coordinate ------------------------------------------------------------------------------------


def loss_1d() -> Expr:
    """(y - u v)^2/2, the case n = d = 1 with x = 1."""
    return (N("y") - N("u") * N("v")) ** 2 / 2


def slope_1d(which: str) -> Expr:
    return loss_1d().diff(N(which))


def hessian_at_origin() -> Expr:
    """det of the Hessian of the loss of one coordinate, at u = v = 0."""
    u, v = N("u"), N("v")
    det = loss_1d().diff(u, 2) * loss_1d().diff(v, 2) - loss_1d().diff(u, v) ** 2
    return det.xreplace({u: Integer(0), v: Integer(0)})
