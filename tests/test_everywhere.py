"""Theorems for every size: products of matrices and what is linear in a matrix are recognised, and nothing else is.

Refusals by blocks are compared with a linear system that is set up here from F; nothing is shared with the stages.
"""

from dataclasses import replace
from itertools import combinations
from random import Random

import pytest
from everywhere_models import X, given, inline
from sympy import Expr, ImmutableDenseMatrix, Matrix, Rational, Symbol, eye, log

from derive.catalogue import architectures
from derive.everywhere.products import every_size, refuted_by_block
from derive.fields.dynamics import induced_dynamics
from derive.matrices import product_of
from derive.metric.linear_metric import linear_metric
from derive.model import Model, parse_model
from derive.pipeline import derive

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
