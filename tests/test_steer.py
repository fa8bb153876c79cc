"""Steering agrees with `derive`: weights move no limit where a potential is proved, and one where it is refuted."""

from dataclasses import replace
from itertools import count

import pytest
from flint import arb
from sympy import Rational

from derive.catalogue import architecture
from derive.model import Model, parse_model
from derive.pipeline import derive
from verify import steer as steering
from verify.flow.engine import flow
from verify.start import scaled
from verify.steer import steer, weightings
from verify.systems import data_sets

TWO_NEURONS = parse_model(
    [f"a1*w{i} + a2*v{i}" for i in (1, 2, 3)],
    start={"a1": "1", "a2": "1/2", "w1": "1/2", "w2": "1/5", "w3": "1/3", "v1": "-1/3", "v2": "1", "v3": "1/4"},
)
SQUARE = parse_model(
    ["u11**2 + u12**2", "u11*u21 + u12*u22", "u21**2 + u22**2"], start={"u11": "1", "u12": "0", "u21": "0", "u22": "1"}
)
DIAGONAL = scaled(architecture("diagonal").model(depth=2, dimension=3), Rational(1, 2))
DEEP = scaled(architecture("diagonal").model(depth=3, dimension=3), Rational(1))
NEURON = scaled(architecture("neuron").model(dimension=3), Rational(1))


@pytest.mark.parametrize("model", [DIAGONAL, DEEP, NEURON, TWO_NEURONS, SQUARE], ids=lambda m: m.name)
def test_the_falsifier_and_derive_never_contradict_each_other(model: Model) -> None:
    found = steer(model, data_sets(3)[0], count=4, digits=12)
    potential = derive(model).potential.verdict
    assert found.verdict.is_refuted == potential.is_refuted
    assert found.verdict.is_refuted or (potential.is_proved and found.agreement >= 11)


@pytest.mark.parametrize(
    "name",
    [
        "chain",
        "convolution",
        "groups",
        "hadamard",
        "layers",
        "linear",
        "sinh",
        "untied",
        "weight-normalization",
        "wide",
    ],
)
def test_the_falsifier_agrees_with_derive_on_architectures_that_fit_any_data(name: str) -> None:
    family = architecture(name)
    model = scaled(family.model(**({family.dimension: 3} if family.dimension else {})), None)
    found = steer(model, data_sets(len(model.predictor))[0], count=4, digits=10)
    assert found.verdict.is_refuted == derive(model).potential.verdict.is_refuted
    assert found.verdict.is_refuted or found.agreement >= 9


def test_a_potential_that_ends_at_an_event_may_be_steered_past_it() -> None:
    """Two equal neurons with a^2 < |w|^2: the warp is |a|, a passes through 0, and `derive` says that Q ends there."""
    model = scaled(architecture("neurons").model(dimension=3), None)
    potential = derive(model).potential
    assert potential.verdict.is_proved and any(str(event.expression) == "a1" for event in potential.validity.events)
    assert steer(model, data_sets(3)[0], count=4, digits=10).verdict.is_refuted


def test_weightings_favour_each_row_once_and_are_reproducible() -> None:
    assert weightings(2, 3) == ((1, 1), (4, 1), (1, 4))
    assert weightings(2, 6) == weightings(2, 6) and len(set(weightings(2, 6))) == 6


def test_the_command_prints_the_schema_and_refuses_one_equation(command) -> None:
    words = ("verify", "steer", "a*w1, a*w2, a*w3", "--start", "a=1, w1=1, w2=0, w3=0")
    document = command(*words, "--runs", "3", "--digits", "10", "--json").json
    assert document["schema"] == "steer/1" and document["verdict"] == "unknown" and len(document["ends"]) == 3
    refused = command("verify", "steer", "a*w1, a*w2", "--start", "a=1, w1=1, w2=0")
    assert refused.status == 2 and refused.err.count("\n") == 1 and "two equations" in refused.err


def test_runs_with_few_digits_refute_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """End points of the diagonal network that are wrong in digit 4, and say so, are no evidence."""
    runs = count()

    def vague(*arguments, **options):
        found = flow(*arguments, **options)
        beta = tuple(b * (1 + arb(next(runs)) / 10**5) for b in found.predictor)
        return replace(found, predictor=beta, digits=3)

    monkeypatch.setattr(steering, "flow", vague)
    found = steering.steer(DIAGONAL, data_sets(3)[0], count=3, digits=15)
    assert not found.verdict.is_refuted and found.agreement <= 3
