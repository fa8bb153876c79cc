"""Isotropic metrics are recognised where they are, and nowhere else, and decided as an oracle decides.

Hessian and warp are compared with `metric_oracle` (partial derivatives of rho, in dimensions 2 to 4); nothing is shared
with the stages.
"""

from dataclasses import replace

import pytest
from everywhere_models import X, given, inline
from metric_oracle import Jet, jets, vanish
from sympy import Matrix, Rational, exp, eye, sqrt

from derive.catalogue import architectures
from derive.everywhere.isotropic import is_isotropic
from derive.everywhere.vectors import equivariant
from derive.pipeline import derive
from derive.potentials.radial import R, radial

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
