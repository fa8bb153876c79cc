"""Claims: states on the way and events of a run are those of the flow, to the digits that are reported.

Checked against closed forms (one point, one weight), the definition of an event in plain mpmath, a Taylor integrator
that shares no code with the toolkit, and shorter runs with other panels.
"""

from pathlib import Path

import pytest
from flint import arb, ctx
from flow_references import THREE_POINTS_B, context, digits_shared, dot, mpf, numbers, taylor_flow
from verify_console import assert_one_line, csv, document, run

from derive.catalogue import architecture
from derive.model import parse_model
from verify.data import DataSet, load_data
from verify.decimal import parse_decimal
from verify.flow.events import Stops, ridders
from verify.flow.observe import Observed, observed
from verify.start import scaled

FLOW = ("flow", "diagonal", "--data", "three-points-b", "--loss", "exponential")
LINEAR = ("flow", "w", "--parameters", "w", "--start", "w=0", "--loss", "exponential", "--digits", "25")
ONE_POINT = "x,y\n0.7,1\n"


def decimal(text: str):
    return parse_decimal(text, where="a test")


def three(depth: int, digits: int, *, until: str | None = None, at: tuple[str, ...] = (), **stops) -> Observed:
    """three-points-b, the exponential loss, from a unit start."""
    model = scaled(architecture("diagonal").model(depth=depth, dimension=3), None)
    rules = Stops(**{k: v if v is True else decimal(v) for k, v in stops.items()})
    last = None if until is None else decimal(until)
    return observed(
        model, load_data("three-points-b"), loss="exponential", until=last, digits=digits,
        at=[decimal(e) for e in at], stops=rules,
    )  # fmt: skip


# -- states on the way ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "loss", "depth", "losses"),
    [
        ("three-points-b", "exponential", 2, ("0.9999", "1e-2", "1e-100")),
        ("three-points-b", "logistic", 3, ("0.6", "1e-200")),
        ("sparse-small", "squared", 2, ("0.3", "1e-200")),
    ],
)
def test_a_state_on_the_way_is_the_end_of_a_shorter_run(name: str, loss: str, depth: int, losses: tuple) -> None:
    """To every digit claimed, by a run with 12 more digits and other panels; log t too."""
    data = load_data(name)
    model = scaled(architecture("diagonal").model(depth=depth, dimension=data.dimension), None)

    def follow(until: str, digits: int, at: tuple[str, ...] = ()) -> Observed:
        return observed(model, data, loss=loss, until=decimal(until), digits=digits, at=[decimal(e) for e in at])

    mp = context(80)
    long = follow("1e-300", 30, losses)
    assert [s is not None and s.digits for s in long.states] == [30] * len(losses)
    for e, state in zip(losses, long.states, strict=True):
        assert state is not None
        short = follow(e, 42).trajectory
        for key in ("predictor", "parameters", "margins"):
            pairs = zip(getattr(state, key), getattr(short, key), strict=True)
            assert all(digits_shared(mp, mpf(mp, a), mpf(mp, b)) >= 30 for a, b in pairs)
        # log t is compared to the digits that are claimed for it, 30 at most being shown
        wanted = min(state.time_digits, 30)
        assert wanted >= 28
        assert digits_shared(mp, mpf(mp, state.log_time), mpf(mp, short.log_time)) >= wanted


def test_a_state_on_the_way_is_that_of_a_taylor_integrator() -> None:
    """three-points-b, depth 3, to a loss of 1e-2, as a state of a run that goes on to 1e-50."""
    mp = context(36)
    t, w = taylor_flow(mp, numbers(mp, THREE_POINTS_B), 3, [mp.mpf(1)] * 6, mp.mpf("1e-2"))
    (state,) = three(3, 25, until="1e-50", at=("1e-2",)).states
    assert state is not None and state.digits == 25
    beta = [w[i] ** 3 - w[3 + i] ** 3 for i in range(3)]
    assert all(digits_shared(mp, mpf(mp, a), b) >= 25 for a, b in zip(state.predictor, beta, strict=True))
    assert digits_shared(mp, mpf(mp, state.log_time), mp.log(t)) >= 25


def test_states_have_closed_forms_on_one_point(tmp_path: Path) -> None:
    """One point 0.7, one weight from 0: L = e^{-0.7 w}, t = (1/L - 1)/0.49."""
    mp = context(60)
    losses = ["0.9", "1e-2", "1e-77", "2.5E-1000"]
    words = ("--data", csv(tmp_path, ONE_POINT), "--until", "1e-1700", "--at", losses[0], "--at", ",".join(losses[1:]))
    found = document(*LINEAR, *words)
    for text, state in zip(losses, found["at"], strict=True):
        e = mp.mpf(text)
        assert digits_shared(mp, mp.mpf(state["predictor"][0]), -mp.log(e) / mp.mpf("0.7")) >= 24
        assert digits_shared(mp, mp.mpf(state["log10_time"]), mp.log10((1 / e - 1) / mp.mpf("0.49"))) >= 24
        assert digits_shared(mp, mp.mpf(state["loss_log10"]), mp.log10(e)) >= 24


def test_digits_that_the_way_lacks_are_told_or_won_by_precision() -> None:
    """At L = 1 - 1e-25, beta is 1e-25 of what it is at the end of the panel: the run is repeated until it has them."""
    text = "0." + "9" * 25
    (state,) = three(2, 20, until="1e-10", at=(text,)).states
    assert state is not None and state.digits == 20
    mp = context(60)
    # beta = M(0) X^T p tau to first order, so its size is 1e-25; here the ratio of coordinates: sums of columns of X
    b = [mpf(mp, e) for e in state.predictor]
    assert digits_shared(mp, b[0] / b[1], mp.mpf("2.0") / mp.mpf("1.8")) >= 20


def test_the_start_itself_can_be_asked_for() -> None:
    """L = 1 at beta = 0, t = 0."""
    state = document(*FLOW, "--until", "1e-9", "--at", "1")["at"][0]
    assert state["predictor"] == ["0", "0", "0"] and state["log10_time"] is None and state["digits"] == 30


# -- events ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("time", ["1e-20", "0.3", "7", "1e300", "2.5e1700"])
def test_a_time_is_met_on_one_point(tmp_path: Path, time: str) -> None:
    """t = (1/L - 1)/0.49, so w = log(1 + 0.49 t)/0.7; nothing else bounds the run."""
    mp = context(80)
    found = document(*LINEAR, "--data", csv(tmp_path, ONE_POINT), "--until-time", time)
    assert found["event"]["rule"] == "time"
    expected = mp.log1p(mp.mpf("0.49") * mp.mpf(time)) / mp.mpf("0.7")
    assert digits_shared(mp, mp.mpf(found["predictor"][0]), expected) >= 24
    assert digits_shared(mp, mp.mpf(found["log10_time"]), mp.log10(mp.mpf(time))) >= 24


@pytest.mark.parametrize("loss", ["exponential", "logistic"])
@pytest.mark.parametrize("margin", ["1e-3", "50", "1e4"])
def test_a_margin_is_met_by_the_smallest_one(loss: str, margin: str) -> None:
    words = ("flow", "diagonal", "--data", "three-points-b", "--loss", loss, "--until-margin", margin, "--digits", "25")
    found, mp = document(*words), context(50)
    beta, goal = [mp.mpf(b) for b in found["predictor"]], mp.mpf(margin)
    assert digits_shared(mp, min(dot(row, beta) for row in numbers(mp, THREE_POINTS_B)), goal) >= 23
    # and at that point the flow is the flow: the loss that the run reports is the loss of these margins
    margins = [dot(row, beta) for row in numbers(mp, THREE_POINTS_B)]
    parts = [mp.exp(-m) if loss == "exponential" else mp.log1p(mp.exp(-m)) for m in margins]
    assert digits_shared(mp, mp.log10(sum(parts) / 3), mp.mpf(found["loss_log10"])) >= 20


def test_a_change_of_support_vector_is_met_by_two_equal_margins() -> None:
    """Depth 2: the first row has the smallest margin first, then the second; the Taylor integrator sees the same."""
    mp = context(36)
    found = three(2, 25, until="1e-100", support=True)
    assert (found.event.rule, found.event.before, found.event.after) == ("support", (0,), (1,))
    with ctx.workprec(found.trajectory.precision):
        loss = (-found.trajectory.gamma).exp()
    m = [mpf(mp, e) for e in found.trajectory.margins]
    assert digits_shared(mp, m[0], m[1]) >= 24 and m[2] > m[0]
    rows = numbers(mp, THREE_POINTS_B)
    for factor, row in ((mp.mpf("1.0001"), 0), (mp.mpf("0.9999"), 1)):
        _, w = taylor_flow(mp, rows, 2, [mp.mpf(1)] * 6, mpf(mp, loss.mid()) * factor)
        values = [dot(r, [w[i] ** 2 - w[3 + i] ** 2 for i in range(3)]) for r in rows]
        assert values.index(min(values)) == row


def test_rows_that_are_equal_are_one_support_vector(tmp_path: Path) -> None:
    """A repeated row never overtakes its twin: both of them follow the first row together."""
    rows = "a,b,c,y\n0.6,0.7,0.1,1\n0.4,0.6,0.6,1\n0.4,0.6,0.6,1\n1,0.5,0.5,1\n"
    words = ("flow", "diagonal", "--data", csv(tmp_path, rows), "--loss", "exponential", "--until", "1e-30")
    event = document(*words, "--until-support-change")["event"]
    assert (event["support_vectors_before"], event["support_vectors_after"]) == ([0], [1, 2])


def test_without_a_change_the_loss_ends_the_run(tmp_path: Path) -> None:
    found = document(*LINEAR, "--data", csv(tmp_path, ONE_POINT), "--until", "1e-9", "--until-support-change")
    assert found["event"]["rule"] == "loss" and float(found["loss_log10"]) == -9


def test_the_first_of_several_events_ends_the_run() -> None:
    margin = document(*FLOW, "--until-margin", "20", "--until-time", "1e300", "--until", "1e-400")
    time = document(*FLOW, "--until-margin", "2000", "--until-time", "1e3", "--until", "1e-400")
    loss = document(*FLOW, "--until-margin", "2000", "--until-time", "1e300", "--until", "1e-4")
    assert [d["event"]["rule"] for d in (margin, time, loss)] == ["margin", "time", "loss"]


def test_a_state_after_the_event_is_not_shown() -> None:
    found = document(*FLOW, "--until-margin", "20", "--until", "1e-300", "--at", "1e-2,1e-200")
    assert [s is None for s in found["at"]] == [False, True]


def test_a_margin_of_a_model_without_closed_dual_variables() -> None:
    """u v from (1, 0) on the one point 1: u v = 12.5 at the event, and u^2 - v^2 = 1 is conserved."""
    mp = context(60)
    data = DataSet(name="one", X=((load_data("three-points-b").X[2][0],),), y=(load_data("three-points-b").y[0],))
    model = scaled(parse_model(["u*v"], start={"u": "1", "v": "0"}), None)
    stops = Stops(margin=decimal("12.5"))
    found = observed(model, data, loss="exponential", until=None, digits=30, stops=stops)
    u, v = (mpf(mp, e) for e in found.trajectory.parameters)
    assert digits_shared(mp, u * v, mp.mpf("12.5")) >= 30
    assert digits_shared(mp, u * u - v * v, mp.mpf(1)) >= 28


@pytest.mark.parametrize("precision", [60, 200, 2000])
def test_ridders_finds_simple_multiple_and_kinked_zeros(precision: int) -> None:
    with ctx.workprec(precision + 40):
        third = arb(1) / 3
        functions = (
            (lambda x: x.exp() - third.exp(), 1),
            (lambda x: (x - third) ** 3, 3),
            (lambda x: min(x - third, 5 * (x - third), key=lambda e: e.mid()), 1),
        )
        for function, order in functions:
            x = ridders(lambda x, f=function: f(x).mid(), arb(-1), arb(1), precision)
            assert abs(x - third) < arb(2) ** (12 - precision // order)


# -- requests that cannot be served ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--at", "1e-3"),
        ("--until-support-change",),
        ("--until-time", "0"),
        ("--until-time", "soon"),
        ("--until-margin", "-1"),
        ("--until-margin", "1e99"),
        ("--until-time", "1e999999999999"),
        ("--until", "1e-5", "--at", "1e-6"),
        ("--until", "1e-5", "--at", "1.5"),
        ("--until", "1e-5", "--at", "1e-3,,1e-4"),
        ("--until", "1e-5", "--at", ""),
        ("--until", "1e-5", "--certify", "--at", "1e-3"),
        ("--until", "1e-5", "--certify", "--until-margin", "3"),
    ],
)
def test_a_malformed_stopping_rule_is_refused_in_one_line(words: tuple[str, ...]) -> None:
    assert_one_line(run(*FLOW, *words), 2)


def test_a_margin_that_the_start_has_is_refused_in_one_line(tmp_path: Path) -> None:
    words = [w.replace("w=0", "w=10") for w in LINEAR]
    done = run(*words, "--data", csv(tmp_path, ONE_POINT), "--until-margin", "2")
    assert_one_line(done, 2)


@pytest.mark.parametrize("words", [("--until-time", "2"), ("--until-margin", "1"), ("--until-support-change",)])
def test_the_squared_loss_has_times_but_needs_a_bound(words: tuple[str, ...]) -> None:
    squared = ("flow", "diagonal", "--data", "sparse-small", "--loss", "squared")
    assert_one_line(run(*squared, *words), 2)
    if words[0] == "--until-time":
        found = document(*squared, *words, "--until", "1e-30")
        assert found["event"]["rule"] == "time"
        assert digits_shared(context(40), context(40).mpf(10) ** context(40).mpf(found["log10_time"]), 2) >= 25
    else:
        assert_one_line(run(*squared, *words, "--until", "1e-30"), 2)
