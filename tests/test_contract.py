"""Laws that every architecture must keep, found by walking the folder of architectures.

The numbers are computed here, with mpmath at 60 digits, from F alone: nothing is shared with the stages.
"""

import pickle
from random import Random

import pytest
from mpmath import MPContext
from sympy import Expr, Matrix, Rational, Symbol, exp, eye, srepr

from derive.catalogue import architectures
from derive.derivation import Derivation
from derive.model import Model
from derive.pipeline import derive

EXAMPLES = [(name, dict(example)) for name, a in architectures().items() for example in a.examples]
NAMES = [f"{name}-{'-'.join(map(str, example.values()))}" for name, example in EXAMPLES]
DIGITS = 60


@pytest.fixture(scope="module", params=EXAMPLES, ids=NAMES)
def derivation(request: pytest.FixtureRequest) -> Derivation:
    name, options = request.param
    return derive(architectures()[name].model(**options))


def point_on_the_flow(model: Model, seed: int) -> dict[Symbol, Expr]:
    """A point of the start's leaf: V_1, V_2, ... followed by RK4 at 60 digits."""
    random = Random(seed)
    constants = {c: Rational(random.randint(2, 9), 7) for c in model.constants}
    w = [v.xreplace(constants).evalf(DIGITS) for v in (model.start or ())]
    jacobian = Matrix(model.predictor).jacobian(Matrix(model.parameters)).subs(constants)
    weights = [Rational(random.randint(-5, 5), 40) for _ in model.predictor]
    jacobian = jacobian * inverse_of_parameter_metric(model).subs(constants)
    field = [sum(c * jacobian[i, k] for i, c in enumerate(weights)) for k in range(len(w))]

    def slope(at):
        values = dict(zip(model.parameters, at, strict=True))
        return [f.evalf(DIGITS, subs=values) if f.free_symbols else f.evalf(DIGITS) for f in map(_expression, field)]

    steps, h = 40, Rational(1, 40).evalf(DIGITS)
    for _ in range(steps):
        k1 = slope(w)
        k2 = slope([a + h / 2 * b for a, b in zip(w, k1, strict=True)])
        k3 = slope([a + h / 2 * b for a, b in zip(w, k2, strict=True)])
        k4 = slope([a + h * b for a, b in zip(w, k3, strict=True)])
        w = [a + h / 6 * (p + 2 * q + 2 * r + s) for a, p, q, r, s in zip(w, k1, k2, k3, k4, strict=True)]
    return dict(zip(model.parameters, w, strict=True)) | constants


def inverse_of_parameter_metric(model: Model) -> Matrix:
    return eye(len(model.parameters)) if model.parameter_metric is None else Matrix(model.parameter_metric).inv()


def _expression(value) -> Expr:
    return value if isinstance(value, Expr) else Rational(value)


def test_laws_are_conserved_exactly(derivation: Derivation) -> None:
    model = derivation.model
    jacobian = Matrix(model.predictor).jacobian(Matrix(model.parameters))
    for law in derivation.laws.laws if derivation.laws and not model.restrict else ():
        gradient = Matrix([law]).jacobian(Matrix(model.parameters)).T
        assert all(e.simplify() == 0 for e in jacobian * inverse_of_parameter_metric(model) * gradient), law


def test_the_metric_is_jacobian_times_its_transpose(derivation: Derivation) -> None:
    model = derivation.model
    jacobian = Matrix(model.predictor).jacobian(Matrix(model.parameters))
    expected = (jacobian * inverse_of_parameter_metric(model) * jacobian.T).expand()
    found = Matrix([list(row) for row in derivation.inverse_metric_parameters])
    assert (found - expected).applyfunc(lambda e: e.rewrite(exp).simplify()) == Matrix.zeros(*expected.shape)


def test_the_gradient_of_q_follows_the_flow(derivation: Derivation) -> None:
    """d(grad Q)/dt must be -g grad L: along V = sum c_i V_i, grad Q moves by the integral of g c."""
    q, model = derivation.potential, derivation.model
    if q.form not in ("closed", "dual") or derivation.warp.factor != 1 or model.start is None or model.restrict:
        pytest.skip("no potential with g = 1 in beta")
    random = Random(3)
    point = point_on_the_flow(model, 3)
    constants = {c: point[c] for c in model.constants}
    random = Random(3)
    for _ in model.constants:
        random.randint(2, 9)
    weights = [Rational(random.randint(-5, 5), 40) for _ in model.predictor]
    beta = [f.evalf(DIGITS, subs=point) for f in model.predictor]
    if q.gradient is not None:
        at = dict(zip(q.variables, beta, strict=True)) | constants
        found = [g.evalf(DIGITS, subs=at) for g in q.gradient]
        assert all(abs(a - b) < 1e-7 for a, b in zip(found, weights, strict=True))
    if q.dual_gradient is not None:
        at = dict(zip(q.dual_variables, weights, strict=True)) | constants
        image = [g.subs(at).evalf(DIGITS) for g in q.dual_gradient]
        assert all(abs(a - b) < 1e-7 * (1 + abs(b)) for a, b in zip(image, beta, strict=True))


def test_the_gradient_vanishes_at_the_start(derivation: Derivation) -> None:
    q, model = derivation.potential, derivation.model
    if q.gradient is None or model.start is None:
        pytest.skip("no gradient in beta")
    context = MPContext()
    context.dps = DIGITS
    start = {b: f.xreplace(model.start_map()) for b, f in zip(q.variables, model.predictor, strict=True)}
    numbers = {c: Rational(7, 5) for c in model.constants}
    for g in q.gradient:
        assert abs(g.subs(start).subs(numbers).evalf(DIGITS)) < context.mpf(10) ** (10 - DIGITS)


def test_records_survive_pickling_and_hashing(derivation: Derivation) -> None:
    again = pickle.loads(pickle.dumps(derivation.model))
    assert again == derivation.model and hash(again) == hash(derivation.model)
    assert srepr(again.predictor[0]) == srepr(derivation.model.predictor[0])
    assert pickle.loads(pickle.dumps(derivation.potential)) == derivation.potential
