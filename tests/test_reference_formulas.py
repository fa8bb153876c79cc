"""Published potentials, derived again here from the parametrisation alone, are the tool's, to 50 digits.

Nothing is taken from the tool but its answer.  For one coordinate the route is: an explicit solution of
dw/ds = grad F(w), w(0) = start, is written down and *checked by differentiation*; mirror flow with dual
variable s means grad Q(F(w(s))) = s, which decides each published formula; then the tool is compared with
it.  A mutated formula goes through the same comparison and must be rejected.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from console import read, reads, show
from sympy import Expr, Matrix, Rational, S, Symbol, asinh, cosh, exp, eye, sinh, sqrt, symbols

DIGITS = 60
CLOSE = Rational(1, 10**50)
s, beta = symbols("s beta1", real=True)
alpha = Symbol("alpha", positive=True)


@dataclass(frozen=True)
class Reference:
    """A scalar model, its flow w(s), and the published Q(beta) with the factor that time scaling leaves free."""

    arguments: tuple[str, ...]
    predictor: Callable[..., Expr]
    start: tuple[Expr, ...]
    flow: tuple[Expr, ...]
    published: Expr | None
    factor: Expr = S.One

    @property
    def path(self) -> Expr:
        return self.predictor(*self.flow)

    def normalised(self, published: Expr) -> Expr:
        """factor * Q with the linear term and the constant for which Q and grad Q vanish at beta(0)."""
        q, b0 = self.factor * published, self.predictor(*self.start)
        return q - q.subs(beta, b0) - q.diff(beta).subs(beta, b0) * (beta - b0)


def woodworth(b: Expr, scale: Expr) -> Expr:
    """Woodworth et al. 2020, theorem 1 (moroshko2020, eq. 6): alpha^2 q(beta / alpha^2) with this q."""
    z = b / scale
    return scale * (2 - sqrt(4 + z**2) + z * asinh(z / 2))


def loureiro(b: Expr, integral: Expr) -> Expr:
    """Loureiro 2025, eq. (3.21), with I = (u^2 - v^2)/2 of eq. (3.17)."""
    return (b * asinh(b / integral) - sqrt(b**2 + integral**2) + integral) / 2


def azulay(b: Expr, root_k: Expr) -> Expr:
    """Azulay et al. 2021, theorem 4.1, with sqrt(k) = 2 (u^2(0) + v^2(0))."""
    z = 2 * b / root_k
    return root_k / 4 * (1 - sqrt(1 + z**2) + z * asinh(z))


def hyperbolic(u: Expr, v: Expr) -> tuple[Expr, Expr]:
    """The flow of u v: u' = v, v' = u."""
    return u * cosh(s) + v * sinh(s), v * cosh(s) + u * sinh(s)


def tied(depth: int) -> Reference:
    """w' = D w^(D-1) from alpha gives w^(2-D) = alpha^(2-D) - D (D-2) s, and the other sign for w-."""
    step = depth * (depth - 2) * alpha ** (depth - 2) * s
    flow = tuple(alpha * (1 - sign * step) ** Rational(-1, depth - 2) for sign in (1, -1))
    return Reference(("diagonal", "--depth", str(depth), "--dimension", "1"),
                     lambda p, m: p**depth - m**depth, (alpha, alpha), flow, None)  # fmt: skip


H, T = Rational(1, 2), Rational(3, 2)
UNTIED = "up1=3/2, vp1=1/2, um1=3/2, vm1=1/2"
REFERENCES = {
    # the flow of w+^2 - w-^2 is w+- = alpha exp(+-2 s): s = asinh(beta / (2 alpha^2)) / 4, hence the factor 1/4
    "woodworth": Reference(("diagonal", "--dimension", "1"), lambda p, m: p**2 - m**2, (alpha, alpha),
                           (alpha * exp(2 * s), alpha * exp(-2 * s)), woodworth(beta, alpha**2), Rational(1, 4)),
    # u = alpha, v = 0: I = alpha^2 / 2
    "loureiro": Reference(("hadamard", "--dimension", "1"), lambda u, v: u * v, (alpha, S.Zero),
                          hyperbolic(alpha, S.Zero), loureiro(beta, alpha**2 / 2)),
    # u = 2, v = 1: I = 3/2 and beta(0) = 2, so that a linear term is needed
    "loureiro-biased": Reference(("u*v", "--start", "u=2, v=1"), lambda u, v: u * v, (S(2), S.One),
                                 hyperbolic(S(2), S.One), loureiro(beta, T)),
    # u = 3/2, v = 1/2 in both halves: sqrt(k) = 2 (9/4 + 1/4) = 5
    "azulay-4.1": Reference(("untied", "--dimension", "1", "--start", UNTIED), lambda u, v, x, y: u * v - x * y,
                            (T, H, T, H), (*hyperbolic(T, H), *(e.subs(s, -s) for e in hyperbolic(T, H))),
                            azulay(beta, S(5))),
}  # fmt: skip
MUTATIONS = {
    "woodworth": woodworth(beta, alpha),  # alpha for alpha^2
    "loureiro": 2 * loureiro(beta, alpha**2 / 2),  # the derivative as printed in (3.22), which drops the 1/2
    "loureiro-biased": loureiro(beta, S(3)),  # I without the 1/2 of (3.17)
    "azulay-4.1": azulay(beta, sqrt(5)),  # k for sqrt(k)
}
SCALES, TIMES = (Rational(2, 7), Rational(5, 3)), (S.Zero, Rational(1, 40), Rational(-1, 23), Rational(1, 11))


def solves_the_flow(reference: Reference, flow: tuple[Expr, ...]) -> bool:
    """dw/ds = grad F(w) and w(0) = start, exactly."""
    w = symbols(f"w:{len(flow)}", positive=True)
    field = [reference.predictor(*w).diff(x).subs(dict(zip(w, flow, strict=True)), simultaneous=True) for x in w]
    slopes = [(f.diff(s) - v).rewrite(exp).simplify() for f, v in zip(flow, field, strict=True)]
    starts = [(f.subs(s, 0) - a).simplify() for f, a in zip(flow, reference.start, strict=True)]
    return not any(slopes) and not any(starts)


def inverts_the_path(reference: Reference, q: Expr) -> bool:
    """Q'(beta(s)) = s."""
    return all(
        abs((q.diff(beta).subs(beta, reference.path.subs(s, t)).subs(alpha, a) - t).evalf(DIGITS)) < CLOSE
        for a in SCALES
        for t in TIMES
    )


def agree(left: Expr, right: Expr, variables: list[Symbol], points: list[tuple[Expr, ...]]) -> bool:
    """Two expressions have one value to 50 digits, at every point and scale."""
    gap = left.xreplace({Symbol("alpha", real=True): alpha}) - right
    moved = [gap.subs(alpha, a).subs(dict(zip(variables, p, strict=True))) for a in SCALES for p in points]
    return all(abs(g.evalf(DIGITS)) < CLOSE for g in moved)


LINE = [(Rational(n, 13),) for n in (-31, -4, 1, 17, 90)]


@pytest.mark.parametrize("reference", [*REFERENCES.values(), tied(3), tied(4), tied(5)], ids=lambda r: r.arguments[0])
def test_the_flow_written_down_here_solves_the_gradient_field(reference: Reference) -> None:
    assert solves_the_flow(reference, reference.flow)
    assert not solves_the_flow(reference, tuple(f.subs(s, 2 * s) for f in reference.flow))


@pytest.mark.parametrize("name", REFERENCES)
def test_the_published_potential_inverts_the_path(name: str) -> None:
    reference = REFERENCES[name]
    assert inverts_the_path(reference, reference.normalised(reference.published))
    assert not inverts_the_path(reference, reference.normalised(MUTATIONS[name]))


@pytest.mark.parametrize("name", REFERENCES)
def test_the_tool_returns_the_published_potential(name: str) -> None:
    reference = REFERENCES[name]
    found = show(*reference.arguments)["potential"]
    assert (found["form"], found["status"]) == ("closed", "proved")
    value, gradient = read(found["value"]), read(found["gradient"][0])
    published, mutated = reference.normalised(reference.published), reference.normalised(MUTATIONS[name])
    assert agree(value, published, [beta], LINE) and agree(gradient, published.diff(beta), [beta], LINE)
    assert not agree(value, mutated, [beta], LINE) and not agree(gradient, mutated.diff(beta), [beta], LINE)
    assert agree(gradient, S.Zero, [beta], [(reference.predictor(*reference.start),)])


@pytest.mark.parametrize("depth", [3, 4, 5])
def test_the_tool_returns_the_dual_map_of_deep_tied_networks(depth: int) -> None:
    """beta = alpha^D [(1 - z)^(-D/(D-2)) - (1 + z)^(-D/(D-2))], z = D (D-2) alpha^(D-2) s, which is F(w(s))."""
    reference, s1 = tied(depth), Symbol("s1", real=True)
    found = show(*reference.arguments)["potential"]
    # |z| < 1 on all of these: D (D-2) alpha^(D-2) < 15 * 5 for the scales used
    points = [(Rational(n, 100),) for n in (-1, 0, 1)]
    dual, path = read(found["dual_gradient"][0]), reference.path.subs(s, s1)
    assert agree(dual, path, [s1], points)
    assert agree(read(found["dual_value"]).diff(s1), path, [s1], points)
    assert not agree(dual, tied(depth + 1).path.subs(s, s1), [s1], points)


# -- one neuron, a w: Azulay et al. 2021, theorem 6.1 ------------------------------------------------------

b1, b2 = symbols("beta1 beta2", real=True)
PLANE = [(Rational(x, 7), Rational(y, 5)) for x, y in ((3, 4), (-9, 2), (1, -11), (-2, -3))]
NEURONS = {  # delta = a^2 - |w|^2: 4 - 1, 1/4 - 1, 1 - 1; and the mirror image (-a, -w) of the first
    "delta > 0": ("2", "3/5", "4/5"), "delta < 0": ("1/2", "3/5", "4/5"),
    "delta = 0": ("1", "3/5", "4/5"), "a < 0": ("-2", "-3/5", "-4/5"),
}  # fmt: skip


def theorem_6_1(delta: Expr, beta0: Matrix) -> Expr:
    """q^(|beta|) + z.beta, as printed."""
    x = sqrt(b1**2 + b2**2)
    root = sqrt(x**2 + delta**2 / 4)
    q = (x**2 - delta / 2 * (delta / 2 + root)) * sqrt(root - delta / 2) / x
    size = sqrt(beta0.dot(beta0))
    z = -Rational(3, 2) * sqrt(sqrt(size**2 + delta**2 / 4) - delta / 2) * beta0 / size
    return q + z[0] * b1 + z[1] * b2


def is_a_potential(q: Expr, delta: Expr, factor: Expr) -> bool:
    """Hess Q M = factor |a| I with M = a^2 I + w w^T, a^2 = (delta + sqrt(delta^2 + 4 |beta|^2)) / 2, w = beta / a."""
    found = q.diff(b1, 2), q.diff(b1, b2), q.diff(b2, 2)
    for p in PLANE:
        at = dict(zip((b1, b2), p, strict=True))
        hess = Matrix([[found[0], found[1]], [found[1], found[2]]]).subs(at).evalf(DIGITS)
        square = ((delta + sqrt(delta**2 + 4 * (p[0] ** 2 + p[1] ** 2))) / 2).evalf(DIGITS)
        metric = square * eye(2) + Matrix(p) * Matrix(p).T / square
        if any(abs(e) > CLOSE for e in hess * metric - factor * sqrt(square) * eye(2)):
            return False
    return True


def test_the_flow_of_the_neuron_integrates_to_w() -> None:
    """V_i(w_k) = a delta_ik and V_i(a^2 - |w|^2) = 0: Q_k = w_k - w_k(0) and g = |a|, by hand."""
    a, w1, w2 = symbols("a w1 w2")
    jacobian = Matrix([a * w1, a * w2]).jacobian([a, w1, w2])
    assert jacobian * Matrix([w1, w2]).jacobian([a, w1, w2]).T == a * eye(2)
    assert (jacobian * Matrix([[2 * a], [-2 * w1], [-2 * w2]])).expand() == Matrix([0, 0])


@pytest.mark.parametrize("name", NEURONS)
def test_the_tool_returns_theorem_6_1_up_to_the_factor_two_thirds(name: str) -> None:
    """Printed for delta >= 0; the same formula is the potential for delta < 0 on the branch of the start."""
    a, w1, w2 = map(Rational, NEURONS[name])
    delta, beta0 = a**2 - w1**2 - w2**2, Matrix([a * w1, a * w2])
    published = theorem_6_1(delta, beta0)
    at_start = {b1: beta0[0], b2: beta0[1]}
    normalised = Rational(2, 3) * (published - published.subs(at_start))
    start = "a={}, w1={}, w2={}".format(*NEURONS[name])
    found = show("a*w1, a*w2", "--start", start)["potential"]
    assert found["form"] == "closed", found["reason"]
    value, gradient = read(found["value"]), reads(found["gradient"])
    assert is_a_potential(published, delta, Rational(3, 2)) and is_a_potential(value, delta, S.One)
    assert agree(value, normalised, [b1, b2], PLANE)
    assert all(agree(g, normalised.diff(b), [b1, b2], PLANE) for g, b in zip(gradient, (b1, b2), strict=True))
    assert all(abs(g.subs(at_start).evalf(DIGITS)) < CLOSE for g in gradient)
    # the same formula with another delta is not the potential
    mutated = theorem_6_1(1 - delta, beta0)
    assert not is_a_potential(mutated, delta, Rational(3, 2)) and not agree(value, mutated, [b1, b2], PLANE)
