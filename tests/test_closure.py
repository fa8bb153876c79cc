"""Closure on leaves that have more dimensions than beta has coordinates: verdicts are those of `leaf_oracle`."""

from functools import cache
from random import Random

import pytest
from console import model as model_of
from console import point, read, show
from leaf_oracle import Oracle, Truth
from mpmath import mpf
from sympy import Matrix, Rational, zeros

from derive.catalogue import architectures
from derive.fields.dynamics import induced_dynamics
from derive.fields.leaf import setting
from derive.laws.conservation import conservation_laws
from derive.laws.special import special_leaf
from derive.metric.closure import closure
from derive.model import Model, parse_model
from derive.verdict import Verdict

PRODUCT = ["u1*v1+u2*v2", "u1*v3+u2*v4", "u3*v1+u4*v2", "u3*v3+u4*v4"]
NAMES = ("u1", "u2", "u3", "u4", "v1", "v2", "v3", "v4")


def built_in(name: str, **options: int) -> Model:
    return architectures()[name].model(**options)


def factorization(start: str | None) -> Model:
    values = None if start is None else dict(zip(NAMES, start.split(), strict=True))
    return parse_model(PRODUCT, parameters=NAMES, start=values)


MODELS = {
    "U U^T, 3 x 3": built_in("psd", size=3, rank=3),
    "U U^T, 2 x 3": built_in("psd", size=2, rank=3),
    "U U^T, 3 x 1": parse_model([f"u{i}*u{j}" for i in (1, 2) for j in (1, 2) if i <= j]),
    "convolution, 3": built_in("convolution", dimension=3),
    "convolution, 5": built_in("convolution", dimension=5),
    "U V^T": factorization(None),
    "U V^T from U = V = 1": factorization("1 0 0 1 1 0 0 1"),
    "U V^T from a balanced start": factorization("2 1 0 1 1 1 1 0"),
    "U V^T from an unbalanced start": factorization("2 1 0 1 1 1 1 3"),
    "two neurons": built_in("neurons", width=2, dimension=2),
    "radius and angle": parse_model(["(a**2+b**2)*w1", "(a**2+b**2)*w2"]),
    "a norm that turns": parse_model(["a*w1+b*w2", "a*w2-b*w1"]),
}


@cache
def decided(name: str) -> Verdict:
    """Closure by the stages alone: what comes after takes longer."""
    leaf = setting(induced_dynamics(MODELS[name]))
    laws = conservation_laws(leaf)
    leaf, laws = special_leaf(leaf, laws)
    return closure(leaf.with_laws(laws.laws), laws).verdict


@cache
def truth(name: str) -> Truth:
    model, random = MODELS[name], Random(3)
    oracle = Oracle(model.predictor, model.parameters)
    if model.start is None:
        points = [[mpf(random.randint(-30, 30)) / 7 for _ in model.parameters] for _ in range(2)]
        return oracle.judge(points, mpf(10) ** -25)
    values = [v.xreplace(dict.fromkeys(model.constants, Rational(3, 2))) for v in model.start]
    start = [mpf(int(v.p)) / int(v.q) for v in values]
    return oracle.judge([start, oracle.flow(start, random)], mpf(10) ** -8)


@pytest.mark.parametrize("name", MODELS)
def test_closure_is_what_the_oracle_finds(name: str) -> None:
    assert str(decided(name).status) == ("proved" if truth(name).closure else "refuted")


def test_both_answers_occur_and_each_way_of_proving_is_used() -> None:
    """Otherwise the comparison above would say little."""
    reasons = [decided(name).reason for name in MODELS if decided(name).is_proved]
    assert len(reasons) < len(MODELS)
    for way in ("coordinate system", "a linear function of beta", "symmetries"):
        assert any(way in reason for reason in reasons), way


def test_the_oracle_sees_a_metric_that_moves() -> None:
    """One coordinate of the two neurons alone: its fibres have five dimensions, its leaves one."""
    model = MODELS["two neurons"]
    oracle = Oracle(model.predictor[:1], model.parameters)
    assert oracle.judge([[mpf(n + 2) / 3 for n in range(6)]], mpf(10) ** -25).closure
    assert not truth("U V^T").closure and truth("U U^T, 2 x 3").closure


WITH_FUNCTIONS = (
    ("sin(u*v**3-u*v), 2*w*u**2+2*w*v-u**3", "u=-1, v=-3/2, w=-1"),
    ("b*b+2*a*c, 2*b*c", "a=0, b=0, c=-3/2"),  # the brackets that come first are dependent at this start
    ("a*w1+tanh(b)*v1, a*w2+tanh(b)*v2", None),
)


@pytest.mark.parametrize(("predictor", "start"), WITH_FUNCTIONS)
def test_a_witness_moves_the_metric_and_not_beta(predictor: str, start: str | None) -> None:
    """Differentiated here; entries that are no rationals carry 30 digits."""
    found = show(predictor, *(() if start is None else ("--start", start)))
    witness = found["closure"]["witness"]
    parameters, _, jacobian = model_of(found)
    at, u = point(witness["point"]), Matrix([point(witness["direction"])[p] for p in parameters])
    still = (jacobian * u).subs(at).evalf(40)
    assert all(abs(e) < Rational(1, 10**25) for e in still) and any(abs(e) > Rational(1, 100) for e in u)
    moved = sum((c * (jacobian * jacobian.T).diff(p) for c, p in zip(u, parameters, strict=True)), zeros(2, 2))
    assert any(abs(e.subs(at).evalf(40) - read(witness["value"])) < Rational(1, 10**8) for e in moved)
    assert abs(read(witness["value"])) > Rational(1, 10**3)
