"""Claim: the flow in the dual variables of the rows is the flow in those of the coordinates and in the parameters.

The three fields share the engine but no state: r, d and p numbers.  The last reference is a Taylor integrator of the
plain equations in the parameters, which shares no code at all (`flow_references`).
"""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from flow_references import context, digits_shared, mpf, taylor_flow
from sympy import Matrix, Rational
from verify_console import csv, document

from derive.catalogue import architectures
from derive.model import Model
from verify.data import DataSet, load_data
from verify.decimal import parse_decimal
from verify.flow import engine
from verify.flow.dual_variables import dual_field
from verify.flow.engine import Trajectory, flow
from verify.flow.events import Stops
from verify.flow.field import FlowField, flow_field
from verify.flow.observe import observed
from verify.flow.span import independent_rows, spanned_field, state_field
from verify.losses import loss_named
from verify.start import scaled

Fields = Callable[..., FlowField | None]
THREE = [("1", "2", "-1/2", "3/10", "1/7"), ("2/3", "1/2", "1", "-1", "4/5"), ("0", "1", "1/3", "2", "-3/2")]


def data_of(rows, y) -> DataSet:
    return DataSet(name="typed", X=tuple(tuple(map(Rational, r)) for r in rows), y=tuple(map(Rational, y)))


def positive(coefficients) -> DataSet:
    """Rows that are these combinations of THREE; with coefficients that are not negative THREE separates them too."""
    X = Matrix(coefficients) * Matrix([[Rational(e) for e in row] for row in THREE])
    return DataSet(name="typed", X=tuple(map(tuple, X.tolist())), y=(Rational(1),) * X.rows)


INDEPENDENT = data_of(THREE, (1, -1, 1))
DEPENDENT = positive([(1, 0, 0), (0, 1, 0), (1, 1, 0), (Rational(1, 2), 0, 0), (2, 3, 0)])
COPIES = data_of([THREE[0]] * 4, (1, 1, 1, 1))


def built(name: str, dimension: int, **options: int) -> Model:
    return scaled(architectures()[name].model(dimension=dimension, **options), None)


def followed(monkeypatch: pytest.MonkeyPatch, field: Fields, model: Model, data: DataSet, loss: str) -> Trajectory:
    with monkeypatch.context() as patch:
        patch.setattr(engine, "state_field", field)
        return flow(model, data, loss=loss, until=parse_decimal("1e-40", where="a test"), digits=22)


def shared(first: Trajectory, second: Trajectory) -> int:
    """The digits that two runs share in the predictor, the parameters, the margins and log t."""
    mp = context(80)
    pairs = [(first.log_time, second.log_time)]
    for key in ("predictor", "parameters", "margins"):
        pairs += zip(getattr(first, key), getattr(second, key), strict=True)
    return min(digits_shared(mp, mpf(mp, a), mpf(mp, b)) for a, b in pairs)


@pytest.mark.parametrize(
    ("model", "data", "loss", "rank"),
    [
        (built("diagonal", 5, depth=2), INDEPENDENT, "exponential", 3),
        (built("diagonal", 5, depth=2), DEPENDENT, "exponential", 2),
        (built("diagonal", 5, depth=2), DEPENDENT, "logistic", 2),
        (built("diagonal", 5, depth=2), COPIES, "exponential", 1),
        (built("hadamard", 5), INDEPENDENT, "exponential", 3),
        (built("diagonal", 6, depth=2), load_data("sparse-small"), "squared", 3),
        (built("diagonal", 5, depth=2), data_of([*THREE[:2], THREE[0]], (1, 2, 1)), "squared", 2),
    ],
    ids=["independent", "dependent", "logistic", "copies", "hadamard", "squared", "squared-copy"],
)
def test_rows_coordinates_and_parameters_follow_one_flow(monkeypatch, model, data, loss: str, rank: int) -> None:
    field = state_field(model, data, loss_named(loss))
    assert field.span is not None and field.size == rank
    fields = (state_field, dual_field, flow_field)
    rows, coordinates, parameters = (followed(monkeypatch, f, model, data, loss) for f in fields)
    assert [rows.digits, coordinates.digits, parameters.digits] == [22] * 3
    assert [len(t.panels[0].coefficients) for t in (rows, coordinates)] == [
        n + len(data.y) * (loss == "squared") for n in (rank, len(model.predictor))
    ]
    assert shared(rows, coordinates) >= 22
    assert shared(rows, parameters) >= 22


@pytest.mark.parametrize("damage", ["force", "span"])
def test_a_field_with_a_wrong_map_is_told_apart(monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    """Forces that belong to other rows, or rows of which one is not that of the data: the comparison above fails."""
    model = built("diagonal", 5, depth=2)
    right = state_field(model, INDEPENDENT, loss_named("exponential"))
    assert right.span is not None and right.force is not None
    if damage == "force":
        wrong = replace(right, force=right.force[::-1])
    else:
        bent = replace(dual_of(model), rows=(tuple(2 * e for e in right.rows[0]), *right.rows[1:]))
        other = spanned_field(bent)
        assert other is not None
        wrong = replace(other, rows=right.rows)
    bad = followed(monkeypatch, lambda *_: wrong, model, INDEPENDENT, "exponential")
    assert shared(bad, followed(monkeypatch, dual_field, model, INDEPENDENT, "exponential")) < 3


def dual_of(model: Model) -> FlowField:
    field = dual_field(model, INDEPENDENT, loss_named("exponential"))
    assert field is not None
    return field


def test_two_rows_agree_with_a_taylor_integrator_of_the_plain_equations() -> None:
    mp = context(30)
    rows = [[mp.mpf(Fraction(e).numerator) / Fraction(e).denominator for e in row] for row in THREE[:2]]
    t, state = taylor_flow(mp, rows, 2, [mp.mpf(1)] * 10, mp.mpf("1e-2"))
    model, data = built("diagonal", 5, depth=2), data_of(THREE[:2], (1, 1))
    found = flow(model, data, loss="exponential", until=parse_decimal("1e-2", where="a test"), digits=20)
    assert found.digits == 20 and found.field.size == 2
    beta = [state[i] ** 2 - state[5 + i] ** 2 for i in range(5)]
    assert all(digits_shared(mp, mpf(mp, a), b) >= 20 for a, b in zip(found.predictor, beta, strict=True))
    assert digits_shared(mp, mpf(mp, found.log_time), mp.log(t)) >= 20


@pytest.mark.parametrize("name", ["linear", "exponential"])
def test_flows_whose_states_are_not_fewer_keep_them(name: str) -> None:
    """As many rows as coordinates, or no dual variables that exist for ever."""
    data = INDEPENDENT if name == "exponential" else data_of([row[:3] for row in THREE], (1, 1, 1))
    model = built(name, data.dimension)
    assert state_field(model, data, loss_named("exponential")).span is None


@pytest.mark.parametrize(
    "data", [INDEPENDENT, DEPENDENT, COPIES, positive([(i % 7, i % 5, i % 3) for i in range(1, 60)])]
)
def test_independent_rows_are_as_many_as_the_rank_and_span_the_others(data: DataSet) -> None:
    """Rank and product by SymPy, exactly."""
    chosen, coefficients = independent_rows(data.X)
    assert len(chosen) == Matrix(data.X).rank()
    assert Matrix(coefficients) * Matrix([data.X[n] for n in chosen]) == Matrix(data.X)


def test_three_hundred_rows_of_rank_one_are_one_state() -> None:
    rows = [[Rational(n, 100) * Rational(e) for e in THREE[0]] for n in range(100, 400)]
    data, model = data_of(rows, [1] * 300), built("diagonal", 5, depth=2)
    found = flow(model, data, loss="exponential", until=parse_decimal("1e-300", where="a test"), digits=20)
    assert found.digits == 20 and found.field.size == 1


def test_states_on_the_way_and_events_are_those_of_a_run_in_coordinates(monkeypatch: pytest.MonkeyPatch) -> None:
    mp = context(60)
    model = built("diagonal", 5, depth=2)

    def end(field: Fields):
        with monkeypatch.context() as patch:
            patch.setattr(engine, "state_field", field)
            return observed(
                model, INDEPENDENT, loss="exponential", until=parse_decimal("1e-90", where="a test"), digits=20,
                at=[parse_decimal("1e-9", where="a test")], stops=Stops(margin=parse_decimal("88", where="a test")),
            )  # fmt: skip

    found, expected = end(state_field), end(dual_field)
    assert found.event.rule == expected.event.rule == "margin"
    assert found.digits == expected.digits == 20
    assert shared(found.trajectory, expected.trajectory) >= 20
    (here,), (there,) = found.states, expected.states
    assert here is not None and there is not None
    for key in ("predictor", "parameters", "margins"):
        pairs = zip(getattr(here, key), getattr(there, key), strict=True)
        assert all(digits_shared(mp, mpf(mp, a), mpf(mp, b)) >= 20 for a, b in pairs)
    inside = found.trajectory.at(here.gamma)
    assert all(digits_shared(mp, mpf(mp, a), mpf(mp, b)) >= 20 for a, b in zip(inside, there.parameters, strict=True))


def test_a_run_in_fewer_states_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    data = csv(tmp_path, "a,b,c,y\n1,2,-1,1\n0.5,1,3,1\n")
    words = ("flow", "diagonal", "--data", data, "--loss", "exponential", "--until", "1e-100", "--digits", "20")
    file = tmp_path / "run"
    plain = document(*words, "--checkpoint", str(file))
    assert "of the rows" in plain["engine"]
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    again = document(*words, "--checkpoint", str(file))
    assert {k: v for k, v in again.items() if k != "seconds"} == {k: v for k, v in plain.items() if k != "seconds"}
