"""Theorems for every dimension: the structures are recognised where they are, and nowhere else.

Hessian and warp of isotropic metrics are compared with `metric_oracle` (partial derivatives of rho, in dimensions 2 to
4), refusals by blocks with a linear system that is set up here from F; nothing is shared with the stages.
"""

from dataclasses import replace
from itertools import combinations
from random import Random

import pytest
from metric_oracle import Jet, jets, vanish
from sympy import Expr, ImmutableDenseMatrix, Matrix, Rational, Symbol, exp, eye, log, sqrt

from derive.catalogue import architectures
from derive.derivation import Derivation
from derive.everywhere.isotropic import is_isotropic
from derive.everywhere.products import every_size, refuted_by_block
from derive.everywhere.vectors import equivariant
from derive.fields.dynamics import induced_dynamics
from derive.matrices import product_of
from derive.metric.linear_metric import linear_metric
from derive.model import Model, parse_model
from derive.pipeline import derive
from derive.potentials.radial import R, radial
from derive.potentials.symbolic_powers import powers_solve

X = tuple(Symbol(f"x{i + 1}", real=True) for i in range(4))
PLACES = (
    (Rational(3, 7), Rational(-5, 11), Rational(8, 13), Rational(2, 3)),
    (Rational(-6, 5), Rational(4, 3), Rational(2, 17), Rational(1, 9)),
)
# rho = a(r^2) I + b(r^2) x x^T; Hessian maps are those with b = 2 a'
ISOTROPIC = {
    "flat": (lambda t: Rational(1), lambda t: Rational(0), True),
    "gunasekar2020": (lambda t: Rational(1), lambda t: Rational(1), False),
    "quartic": (lambda t: 1 + t, lambda t: Rational(2), True),
    "nearly quartic": (lambda t: 1 + t, lambda t: Rational(5, 2), False),
    "rational": (lambda t: 1 / (1 + t), lambda t: -2 / (1 + t) ** 2 + 3, False),
    "rational Hessian": (lambda t: 2 + t**2, lambda t: 4 * t, True),
    "exponential": (lambda t: exp(t), lambda t: 2 * exp(t), True),
    "root": (lambda t: sqrt(1 + t), lambda t: Rational(1), False),
}


def isotropic(name: str, d: int) -> Matrix:
    a, b, _ = ISOTROPIC[name]
    t = sum(x**2 for x in X[:d])
    return a(t) * eye(d) + b(t) * Matrix(X[:d]) * Matrix(X[:d]).T


def oracle(rho: Matrix, d: int) -> list[Jet]:
    return jets(rho, X[:d], PLACES)


def given(rho: Matrix) -> Model:
    rows = ImmutableDenseMatrix(rho)
    symbols = X[: rows.rows]
    return Model(name="given", parameters=symbols, predictor=symbols, parameter_metric=rows, is_metric=True)


def inline(text: str, **more: object) -> Model:
    return parse_model(text.split(","), **more)  # type: ignore[arg-type]


# -- isotropic metrics --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ISOTROPIC)
def test_the_scalar_identity_decides_isotropic_metrics_in_every_dimension(name: str) -> None:
    hessian = ISOTROPIC[name][2]
    for d in (2, 3, 4):
        found = oracle(isotropic(name, d), d)
        assert all(vanish(j.gaps) for j in found) is hessian
        assert all(vanish(j.unsolved) for j in found), "every isotropic metric has a warp"
    found = radial(isotropic(name, 2).inv().applyfunc(lambda e: e.together()).tolist(), X[:2])
    assert found is not None and found.hessian is hessian


@pytest.mark.parametrize("name", ISOTROPIC)
def test_isotropic_metrics_are_theorems_for_every_dimension(name: str) -> None:
    found = derive(given(isotropic(name, 2)))
    assert found.hessian.is_proved is ISOTROPIC[name][2] and found.warp.verdict.is_proved
    assert found.scope == "every dimension"


@pytest.mark.parametrize("name", ["gunasekar2020", "nearly quartic", "rational"])
def test_the_slope_of_the_warp_is_the_forced_one(name: str) -> None:
    """(log g)' x_k / r against the trace formula of the oracle, in three dimensions."""
    found = radial(isotropic(name, 2).inv().applyfunc(lambda e: e.together()).tolist(), X[:2])
    assert found is not None
    for jet, place in zip(oracle(isotropic(name, 3), 3), PLACES, strict=True):
        r = sqrt(sum(x**2 for x in place[:3]))
        slope = found.slope.subs(R, r)
        assert vanish([(slope * x / r - t).evalf(60) for x, t in zip(place[:3], jet.forced, strict=True)])


def test_a_metric_that_is_isotropic_on_the_axis_alone_is_not_isotropic() -> None:
    x, y = X[:2]
    rho = isotropic("gunasekar2020", 2) + Matrix([[0, 0], [0, x**2 * y**2 / 100]])
    assert radial(rho.inv().tolist(), (x, y)) is None
    assert derive(given(rho)).scope == "this dimension"


def test_rotations_alone_do_not_make_a_metric_isotropic() -> None:
    """This one turns with SO(2) and not with reflections; it has no counterpart in three dimensions."""
    x, y = X[:2]
    rho = Matrix([[9 - 2 * x * y, x**2 - y**2], [x**2 - y**2, 9 + 2 * x * y]])
    turned = rho.subs({x: -y, y: x}, simultaneous=True)  # by a quarter turn
    quarter = Matrix([[0, -1], [1, 0]])
    assert turned == quarter * rho * quarter.T
    assert equivariant(given(rho)) is None and radial(rho.inv().tolist(), (x, y)) is None
    assert derive(given(rho)).scope == "this dimension"


# -- models that turn with their predictor ------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["a*w1,a*w2", "a*b*w1,a*b*w2,a*b*w3", "(a**2+w1**2+w2**2)*w1,(a**2+w1**2+w2**2)*w2", "w1*exp(a),w2*exp(a)"],
)
def test_one_vector_is_found(text: str) -> None:
    assert is_isotropic(inline(text))


@pytest.mark.parametrize(
    "text",
    [
        "u1*v1-u2*v2,u1*v2+u2*v1",  # complex numbers: M is isotropic, but for d = 2 alone
        "a*w1,a*w2+w2**3/9",
        "a*w1,b*w2",
        "a*w1**2,a*w2**2",
        "a*w1,2*a*w2",
        "(a**2+w1**2+2*w2**2)*w1,(a**2+w1**2+2*w2**2)*w2",
        "(a+w1)*w1,(a+w1)*w2",
        "a1*w1+b1*v1,a1*w2+b1*v2",  # two vectors that are not parallel
    ],
)
def test_what_only_looks_like_one_vector_is_not_taken(text: str) -> None:
    assert not is_isotropic(inline(text))


def test_a_product_of_complex_numbers_is_isotropic_and_decided_at_this_dimension_only() -> None:
    found = derive(inline("u1*v1-u2*v2,u1*v2+u2*v1"))
    assert found.scope == "this dimension"


def test_a_restriction_that_does_not_turn_is_not_taken() -> None:
    assert is_isotropic(inline("a*w1,a*w2", restrict=["a**2-w1**2-w2**2"]))
    assert not is_isotropic(inline("a*w1,a*w2", restrict=["w2"]))


def test_balanced_neurons_are_isotropic_because_their_vectors_are_parallel() -> None:
    balanced = ["a**2-u1**2-u2**2", "a*b-u1*v1-u2*v2", "b**2-v1**2-v2**2"]
    model = inline("a*u1+b*v1,a*u2+b*v2", restrict=balanced)
    assert is_isotropic(model) and not is_isotropic(replace(model, restrict=()))


@pytest.mark.parametrize(("name", "options"), [("neuron", {}), ("chain", {"depth": 3}), ("weight-normalization", {})])
def test_the_radial_functions_do_not_know_the_dimension(name: str, options: dict[str, int]) -> None:
    two, three = (derive(architectures()[name].model(dimension=d, **options)) for d in (2, 3))
    assert two.radial is not None and two.radial == three.radial
    assert two.scope == three.scope == "every dimension"


def test_the_metric_at_a_point_is_the_radial_one() -> None:
    """Four layers, followed from a balanced start by Runge-Kutta here: M = J J^T against A and lambda."""
    model = architectures()["chain"].model(depth=4, dimension=2)
    found = derive(model)
    assert found.radial is not None
    w = Matrix([Rational(6, 5).evalf(40)] * 4 + [0])
    jacobian, force = Matrix(model.predictor).jacobian(model.parameters), Matrix([Rational(1, 3), Rational(1, 2)])

    def slope(at: Matrix) -> Matrix:
        return (jacobian.T * force).subs(dict(zip(model.parameters, at, strict=True)))

    h = Rational(1, 400)
    for _ in range(40):
        k1 = slope(w)
        k2 = slope(w + h / 2 * k1)
        k3 = slope(w + h / 2 * k2)
        w = w + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(w + h * k3))
    here = dict(zip(model.parameters, w, strict=True))
    m, beta = (jacobian * jacobian.T).subs(here), Matrix(model.predictor).subs(here)
    r = sqrt(beta.dot(beta))
    a, b = (e.subs(R, r) for e in (found.radial.across, found.radial.along))
    wanted = a * eye(2) + (b - a) / r**2 * beta * beta.T
    assert abs(beta[1]) > Rational(1, 10) and all(abs(e) < Rational(1, 10**8) for e in m - wanted)


# -- depth as a symbol --------------------------------------------------------------------------------


def balanced_depth() -> Derivation:
    s = "(x**2+y**2)**(1/D-2)"
    rows = [[f"{s}*(y**2+x**2/D)", f"{s}*(1/D-1)*x*y"], [f"{s}*(1/D-1)*x*y", f"{s}*(x**2+y**2/D)"]]
    return derive(parse_model([], parameter_metric=rows, parameters=["x", "y"], is_metric=True))


def test_balanced_linear_nets_are_decided_with_the_depth_as_a_symbol() -> None:
    """Q = D/(D + 1) r^(1 + 1/D) and g = r^(1 - 1/D) from M = r^(2 - 2/D) (1 + (D - 1) P), at depths of our choice."""
    found = balanced_depth()
    assert found.hessian.is_refuted and found.warp.verdict.is_proved and found.scope == "every dimension"
    assert found.potential.form == "closed" and found.warp_in_beta is not None and found.potential.value is not None
    (depth,) = found.model.constants
    b1, b2 = found.model.coordinates
    r = sqrt(b1**2 + b2**2)
    for number in (Rational(2), Rational(3), Rational(9, 2)):
        value = found.potential.value.subs(depth, number)
        ratio = value / (r ** (1 + 1 / number) * number / (number + 1))
        g = found.warp_in_beta.subs(depth, number) / r ** (1 - 1 / number)
        for at in ({b1: Rational(3, 7), b2: Rational(-2, 5)}, {b1: Rational(-4), b2: Rational(1, 9)}):
            assert abs((ratio - 1).subs(at).evalf(40)) < Rational(1, 10**30)
            assert abs((g - 1).subs(at).evalf(40)) < Rational(1, 10**30)


@pytest.mark.parametrize("number", [Rational(3), Rational(4), Rational(5, 2), Rational(3, 2), Rational(7)])
def test_the_dual_of_a_diagonal_net_is_known_with_the_depth_as_a_symbol(number: Rational) -> None:
    """beta(s) against a Runge-Kutta run of dw/ds = +-D w^(D-1), and Q* against a difference quotient of it."""
    start = {"wp": "alpha", "wm": "alpha"}
    q = derive(parse_model(["wp**D-wm**D"], parameters=["wp", "wm"], start=start)).potential
    assert q.form == "dual" and q.reason is not None and "D - 2 not 0" in q.reason
    assert q.dual_gradient is not None and q.dual_domain is not None and q.dual_value is not None
    names = {str(x): x for x in q.dual_gradient[0].free_symbols}
    alpha, s = Rational(4, 5), q.dual_variables[0]
    numbers = {names["D"]: number, names["alpha"]: alpha}
    end = (q.dual_domain[0][1].subs(numbers) * Rational(2, 5)).evalf(40)
    weights = []
    for sign in (1, -1):
        w, h = alpha.evalf(40), end / 200

        def slope(x: Expr, sign: int = sign) -> Expr:
            return sign * number * x ** (number - 1)

        for _ in range(200):
            k1 = slope(w)
            k2 = slope(w + h / 2 * k1)
            k3 = slope(w + h / 2 * k2)
            w = w + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(w + h * k3))
        weights.append(w)
    beta = q.dual_gradient[0].subs(numbers)
    assert abs(beta.subs(s, end) - (weights[0] ** number - weights[1] ** number)) < Rational(1, 10**7)
    step = Rational(1, 10**8)
    value = q.dual_value.subs(numbers)
    quotient = (value.subs(s, end + step) - value.subs(s, end - step)).evalf(60) / (2 * step)
    assert abs(quotient - beta.subs(s, end)) < Rational(1, 10**9)
    assert abs(value.subs(s, 0).evalf(40)) < Rational(1, 10**30)


def test_a_wrong_path_of_symbolic_powers_is_not_a_solution() -> None:
    s, w, d = Symbol("s", real=True), Symbol("w", real=True), Symbol("D", positive=True)
    alpha = Symbol("alpha", positive=True)
    velocity = d * w ** (d - 1)
    base = 1 - d * (d - 2) * alpha ** (d - 2) * s
    assert powers_solve({w: alpha * base ** (-1 / (d - 2))}, [velocity], {w: alpha}, s)
    for wrong in (
        alpha * base ** (-1 / (d - 1)),
        2 * alpha * base ** (-1 / (d - 2)),
        alpha * (1 - d * (d - 1) * alpha ** (d - 2) * s) ** (-1 / (d - 2)),
        alpha * (1 + d * (d - 2) * alpha ** (d - 2) * s) ** (-1 / (d - 2)),
    ):
        assert not powers_solve({w: wrong}, [velocity], {w: alpha}, s)


# -- products of matrices -----------------------------------------------------------------------------


def shuffled(model: Model, seed: int) -> Model:
    """The same coordinates and parameters in another order."""
    random = Random(seed)
    parameters, predictor = list(model.parameters), list(model.predictor)
    random.shuffle(parameters)
    random.shuffle(predictor)
    return replace(model, parameters=tuple(parameters), predictor=tuple(predictor))


PRODUCTS = [
    ("psd", {"size": 2, "rank": 2}, "U U^T"),
    ("psd", {"size": 3, "rank": 4}, "U U^T"),
    ("factorization", {"rows": 2, "columns": 3, "rank": 2}, "U V^T"),
    ("factorization", {"rows": 3, "columns": 3, "rank": 3}, "U V^T"),
    ("neurons", {"width": 3, "dimension": 4}, "sum_k a_k w_k"),
]


@pytest.mark.parametrize(("name", "options", "family"), PRODUCTS)
def test_products_are_recognised_in_any_order_and_refuted_at_every_size(
    name: str, options: dict[str, int], family: str
) -> None:
    model = shuffled(replace(architectures()[name].model(**options), start=None), 5)
    assert (every_size(model) or "").startswith(family)
    verdict = refuted_by_block(model)
    assert verdict is not None and verdict.witness is not None
    assert not solvable(model, dict(verdict.witness.point))


def solvable(model: Model, point: dict[Symbol, Expr]) -> bool:
    """Have all warp equations a solution at the point?  From F and its derivatives, by rank over Q."""
    w, d = list(model.parameters), len(model.predictor)
    jacobian = Matrix(model.predictor).jacobian(w).subs(point)
    second = [Matrix(w).jacobian(w) * 0 + Matrix([f]).jacobian(w).T.jacobian(w) for f in model.predictor]
    curved = [h.subs(point) for h in second]
    m = jacobian * jacobian.T
    assert m.rank() == d
    rows, right = [], []
    for i, j in combinations(range(d), 2):
        image = jacobian * (curved[j] * jacobian.row(i).T - curved[i] * jacobian.row(j).T)
        for k in range(d):
            row = [0] * d
            row[i], row[j] = m[k, j], -m[k, i]
            rows.append(row)
            right.append(image[k])
    matrix = Matrix(rows)
    return matrix.rank() == Matrix.hstack(matrix, Matrix(right)).rank()


@pytest.mark.parametrize(
    "text",
    [
        "u*v+x*y,u*w+x*y",
        "u**2+v**2,u*x+v*y,x**2+2*y**2",
        "a*x+b*y,c*x+d*y,a*z+b*t,d*z+c*t",
        "u1*v1-u2*v2,u1*v2+u2*v1",
        "u*v,x*y",
        "u**2+v**2,u*x+v*y,x**2+y**2+x",
    ],
)
def test_what_is_no_product_of_matrices_is_not_taken_for_one(text: str) -> None:
    assert product_of(inline(text)) is None


def test_a_product_is_not_refuted_where_the_theorem_does_not_reach() -> None:
    """Inner size below the rank of the space, a start, a restriction, or another metric on the parameters."""
    psd = architectures()["psd"]
    assert every_size(psd.model(size=3, rank=2)) is None
    model = psd.model(size=2, rank=2)
    u = model.parameters
    assert every_size(model) is not None
    assert every_size(replace(model, start=(Rational(1), Rational(0), Rational(0), Rational(1)))) is None
    assert every_size(replace(model, restrict=(u[1] - u[2],))) is None
    assert every_size(replace(model, parameter_metric=ImmutableDenseMatrix(2 * eye(4)))) is None


def test_a_spectral_metric_with_a_planted_warp_is_proved_and_not_refuted() -> None:
    """rho = Hess(-log det) / g on symmetric 2 x 2 matrices turns with conjugation; g is recovered up to a factor."""
    x, y, z = X[:3]
    g = 1 + (x + z) ** 2
    potential = -log(x * z - y**2)
    rho = Matrix(3, 3, lambda i, j: potential.diff(X[i], X[j]).together() / g)
    model = replace(given(rho), start=(Rational(2), Rational(1, 2), Rational(3)))
    found = derive(model)
    assert found.warp.verdict.is_proved and found.hessian.is_refuted and found.scope == "this dimension"
    assert found.warp.factor is not None
    ratio = found.warp.factor / g
    values = [ratio.subs(dict(zip(X, at, strict=False))) for at in ((3, 1, 2), (1, Rational(1, 3), 5), (7, -2, 1))]
    assert all((v / values[0] - 1).simplify() == 0 for v in values)


# -- linear and diagonal metrics ----------------------------------------------------------------------


@pytest.mark.parametrize(("size", "rank"), [(2, 2), (3, 2), (3, 3), (4, 2)])
def test_the_metric_of_a_square_is_linear_in_it_at_every_size(size: int, rank: int) -> None:
    model = architectures()["psd"].model(size=size, rank=rank)
    found = linear_metric(induced_dynamics(model))
    assert found is not None
    jacobian = Matrix(model.predictor).jacobian(model.parameters)
    here = dict(zip(model.coordinates, model.predictor, strict=True))
    assert (Matrix(found).subs(here) - jacobian * jacobian.T).expand().is_zero_matrix


@pytest.mark.parametrize("text", ["a*w1,a*w2", "u*v+x*y,u*z+x*t", "u**3,u*v", "sinh(u),u*v"])
def test_other_metrics_are_not_linear(text: str) -> None:
    assert linear_metric(induced_dynamics(inline(text))) is None


def test_a_rational_function_of_the_coordinates_is_not_linear_in_them() -> None:
    """M = diag(u^2 + v^2, 1), where u^2 + v^2 is F_1^2 / v^2 + v^2."""
    assert linear_metric(induced_dynamics(inline("u*v,x"))) is None
    assert linear_metric(induced_dynamics(inline("u**2,v"))) is not None


def test_commuting_measurements_have_the_entropy_of_the_spectrum_for_potential() -> None:
    """grad Q by a Runge-Kutta run of dw/ds = V_1 s_1 + V_2 s_2: beta(s) = alpha^2 exp(4 s), and l1 for small starts."""
    found = derive(architectures()["spectral"].model(size=2))
    q, model = found.potential, found.model
    assert found.commuting.is_proved and q.form == "closed" and q.gradient is not None and q.dual_gradient is not None
    assert any(r.limit == "alpha -> 0" and r.norm == "l1" for r in found.regimes)
    (alpha,) = model.constants
    number, force = Rational(7, 6), Matrix([Rational(1, 5), Rational(-1, 3)])
    jacobian = Matrix(model.predictor).jacobian(model.parameters)
    w = Matrix([v.subs(alpha, number).evalf(40) for v in model.start or ()])

    def slope(at: Matrix) -> Matrix:
        return (jacobian.T * force).subs(dict(zip(model.parameters, at, strict=True)))

    h = Rational(1, 60)
    for _ in range(60):
        k1 = slope(w)
        k2 = slope(w + h / 2 * k1)
        k3 = slope(w + h / 2 * k2)
        w = w + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(w + h * k3))
    beta = Matrix(model.predictor).subs(dict(zip(model.parameters, w, strict=True)))
    at = dict(zip(q.variables, beta, strict=True)) | {alpha: number}
    assert all(abs(g.subs(at).evalf(30) - s) < Rational(1, 10**6) for g, s in zip(q.gradient, force, strict=True))
    dual = dict(zip(q.dual_variables, force, strict=True)) | {alpha: number}
    assert all(abs(g.subs(dual).evalf(30) - b) < Rational(1, 10**6) for g, b in zip(q.dual_gradient, beta, strict=True))


@pytest.mark.parametrize("function", ["k*q", "k**2+q", "k*q**2", "sinh(k)+q"])
def test_a_shared_factor_is_the_warp_whatever_it_multiplies(function: str) -> None:
    texts = [function.replace("k", f"k{i}").replace("q", f"q{i}") for i in (1, 2)]
    found = derive(parse_model([f"v*({t})" for t in texts], parameters=["v", "k1", "q1", "k2", "q2"]))
    assert found.warp.verdict.is_proved and found.hessian.is_refuted and found.scope == "every dimension"
    assert str(found.warp.factor) == "Abs(v)"
