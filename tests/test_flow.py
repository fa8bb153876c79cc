"""Claim: `flow` returns the point at which the true gradient flow has the loss `until`, to the digits it says.

The references are closed forms and a Taylor integrator of the plain equations (`flow_references`); they share
nothing with the engine, which works in another clock and by collocation.
"""

from dataclasses import replace

import pytest
from flint import arb, ctx
from flow_references import (
    SPARSE_RIGHT,
    SPARSE_SMALL,
    THREE_POINTS_B,
    context,
    diagonal_loss,
    digits_shared,
    dot,
    mpf,
    numbers,
    riccati,
    taylor_flow,
)
from sympy import Rational

from derive.catalogue import architectures
from derive.model import parse_model
from verify.data import DataSet, load_data
from verify.decimal import parse_decimal
from verify.flow import engine
from verify.flow.engine import Trajectory, flow
from verify.start import scaled


def run(model, data: DataSet, loss: str, until: str, digits: int) -> Trajectory:
    found = flow(model, data, loss=loss, until=parse_decimal(until, where="until"), digits=digits)
    assert found.digits == digits
    return found


def data_of(rows, y) -> DataSet:
    return DataSet(name="typed", X=tuple(tuple(map(Rational, r)) for r in rows), y=tuple(map(Rational, y)))


def diagonal(depth: int, dimension: int, scale: str = "1"):
    return scaled(architectures()["diagonal"].model(depth=depth, dimension=dimension), Rational(scale))


def linear(start: dict[str, str]):
    return parse_model(list(start), parameters=list(start), start=start)


def assert_predictor(found: Trajectory, expected, mp) -> None:
    """Every coordinate agrees to the digits that the run claims."""
    for got, want in zip(found.predictor, expected, strict=True):
        assert digits_shared(mp, mpf(mp, got), want) >= found.digits


# -- closed forms -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("until", "digits"), [("1e-5", 15), ("1e-300", 40), ("3.5e-1700", 30), ("1e-4342945", 25)])
@pytest.mark.parametrize("label", [1, -1])
def test_one_point_and_one_weight_follow_the_closed_form(until: str, digits: int, label: int) -> None:
    """L = exp(-m), m = y x w: m' = x^2 e^-m, so e^m(t) = e^m(0) + x^2 t, and L(t) = 1/(e^m(0) + x^2 t)."""
    mp = context(digits + 25)
    x, w0, target = mp.mpf(7) / 10, mp.mpf(1) / 3, mp.mpf(until)
    found = run(linear({"w": "1/3"}), data_of([("7/10",)], [label]), "exponential", until, digits)
    assert_predictor(found, [label * -mp.log(target) / x], mp)
    time = (1 / target - mp.exp(label * x * w0)) / x**2  # digits are claimed for the predictor; time is shown to 30
    assert digits_shared(mp, mpf(mp, found.log_time), mp.log(time)) >= min(digits, 30)


ORTHOGONAL = ([("3/2", 0), (0, "2/5")], [1, 1])
MARGINS_ONE = {"w1": "2/3", "w2": "5/2"}  # x_n . w(0) = 1 for both rows of ORTHOGONAL


def test_two_orthogonal_points_follow_a_rational_loss() -> None:
    """x_1 = (a, 0), x_2 = (0, b), margins 1 at first: e^{m_i} = e + x_i^2 t/2, so L = (1/(e+At) + 1/(e+Bt))/2.

    With A = a^2/2, B = b^2/2, L = l is the quadratic 2 l A B t^2 + (2 l e - 1)(A + B) t + 2 l e^2 - 2 e = 0.
    Two margins and one loss: only the true ratio of the two speeds fits both.
    """
    mp = context(2000)  # 1e-1700 and 1 meet in one formula
    a, b, target, e = mp.mpf(3) / 2, mp.mpf(2) / 5, mp.mpf("1e-1700"), mp.e
    found = run(linear(MARGINS_ONE), data_of(*ORTHOGONAL), "exponential", "1e-1700", 35)
    first, second = a**2 / 2, b**2 / 2
    p = (2 * target * e - 1) * (first + second)
    q = 2 * target * first * second
    t = (-p + mp.sqrt(p * p - 4 * q * (2 * target * e**2 - 2 * e))) / (2 * q)
    assert_predictor(found, [mp.log(e + first * t) / a, mp.log(e + second * t) / b], mp)
    assert digits_shared(mp, mpf(mp, found.log_time), mp.log(t)) >= 33


def test_the_flow_may_start_at_the_origin() -> None:
    """One row x = (1, 2), w(0) = 0: w stays on the line through x, and x . w = -log L, so w = -log(L) x / |x|^2."""
    mp = context(60)
    found = run(linear({"w1": "0", "w2": "0"}), data_of([(1, 2)], [1]), "exponential", "1e-30", 20)
    m = 30 * mp.log(10)
    assert_predictor(found, [m / 5, 2 * m / 5], mp)


@pytest.mark.parametrize("until", ["1e-2", "1e-12", "1e-200"])
def test_the_logistic_flow_follows_its_implicit_solution(until: str) -> None:
    """m_i' = x_i^2 / (2 (1 + e^{m_i})), so m_i + e^{m_i} = 1 + e + x_i^2 t/2 from m_i(0) = 1."""
    mp = context(260)
    xs = (mp.mpf(3) / 2, mp.mpf(2) / 5)

    def margin(c):
        """The root of m + e^m = c, c >= 1, by Newton from above (the left side is convex)."""
        m = mp.log(c)
        for _ in range(200):
            step = (m + mp.exp(m) - c) / (1 + mp.exp(m))
            m -= step
            if abs(step) < mp.mpf(10) ** (8 - mp.dps):
                break
        return m

    def log_loss(log_t):
        margins = [margin(1 + mp.e + x**2 / 2 * mp.exp(log_t)) for x in xs]
        return mp.log(sum(mp.log1p(mp.exp(-m)) for m in margins) / 2)

    goal = mp.log(mp.mpf(until))
    log_t = mp.findroot(lambda u: log_loss(u) - goal, (-goal, 2 - goal), solver="secant", tol=mp.mpf(10) ** -200)
    found = run(linear(MARGINS_ONE), data_of(*ORTHOGONAL), "logistic", until, 30)
    expected = [margin(1 + mp.e + x**2 / 2 * mp.exp(log_t)) / x for x in xs]
    assert_predictor(found, expected, mp)
    assert digits_shared(mp, mpf(mp, found.log_time), log_t) >= 28


@pytest.mark.parametrize(("x", "y"), [("3/2", "2"), ("3/2", "-7/5")])
def test_depth_two_on_one_sample_solves_a_riccati_equation(x: str, y: str) -> None:
    """L = r^2/2 with r = y - x beta; the state at the time that the run reports must have the loss 1e-40."""
    mp = context(120)
    alpha, (xm, ym) = mp.mpf(1) / 2, (mp.mpf(Rational(v).p) / Rational(v).q for v in (x, y))
    found = run(diagonal(2, 1, "1/2"), data_of([(x,)], [y]), "squared", "1e-40", 30)
    at = riccati(mp, alpha, xm, ym, 1)
    t = mp.findroot(
        lambda t: mp.log(((ym - xm * (at(t)[0] ** 2 - at(t)[1] ** 2)) ** 2) / 2) + 40 * mp.log(10),
        mp.exp(mpf(mp, found.log_time)),
        tol=mp.mpf(10) ** -150,
    )
    p, m = at(t)
    assert_predictor(found, [p * p - m * m], mp)
    assert digits_shared(mp, mpf(mp, found.log_time), mp.log(t)) >= 30
    assert [digits_shared(mp, mpf(mp, g), w) >= 30 for g, w in zip(found.parameters, (p, m), strict=True)] == [True] * 2


@pytest.mark.parametrize("until", ["1e-1", "1e-9"])
def test_depth_two_on_two_orthogonal_samples_solves_two_riccati_equations(until: str) -> None:
    """Averaging gives each sample the rate 1/2; only the true ratio of the two speeds fits both at once."""
    mp = context(150)
    xs, ys = (mp.mpf(3) / 2, mp.mpf(4) / 5), (mp.mpf(2), mp.mpf(-1))
    found = run(diagonal(2, 2, "1/2"), data_of([("3/2", 0), (0, "4/5")], [2, -1]), "squared", until, 30)
    ats = [riccati(mp, mp.mpf(1) / 2, x, y, mp.mpf(1) / 2) for x, y in zip(xs, ys, strict=True)]

    def betas(t):
        return [p * p - m * m for p, m in (at(t) for at in ats)]

    def excess(t):
        return mp.log(sum((y - x * b) ** 2 for x, y, b in zip(xs, ys, betas(t), strict=True)) / 4 / mp.mpf(until))

    t = mp.exp(mpf(mp, found.log_time))
    t = mp.findroot(excess, (t, t * (1 + mp.mpf(10) ** -9)), solver="secant", tol=mp.mpf(10) ** -180)
    assert_predictor(found, betas(t), mp)
    assert digits_shared(mp, mpf(mp, found.log_time), mp.log(t)) >= 28


def test_a_fast_mode_does_not_multiply_the_panels() -> None:
    """The two Riccati equations above decay at different rates; from 1e-12 to 1e-18 the panels must grow with -log L,
    not by a factor of ten (at 1e-30 the run would not end)."""
    data = data_of([("3/2", 0), (0, "4/5")], [2, -1])
    near, far = (run(diagonal(2, 2, "1/2"), data, "squared", until, 30) for until in ("1e-12", "1e-18"))
    assert far.steps <= 2 * near.steps


# -- the plain equations, integrated by Taylor series --------------------------------------------------


@pytest.mark.parametrize("depth", [2, 3])
def test_the_engine_agrees_with_a_taylor_integrator_of_the_plain_equations(depth: int) -> None:
    """three-points-b to a loss of 1e-6: predictor, parameters and time, to 25 digits."""
    mp = context(36)
    t, state = taylor_flow(mp, numbers(mp, THREE_POINTS_B), depth, [mp.mpf(1)] * 6, mp.mpf("1e-6"))
    found = run(diagonal(depth, 3), load_data("three-points-b"), "exponential", "1e-6", 25)
    plus_minus = [mpf(mp, found.parameters[k]) for k in (0, 2, 4, 1, 3, 5)]  # the model lists wp1, wm1, wp2, ...
    assert [str(p) for p in found.model.parameters] == ["wp1", "wm1", "wp2", "wm2", "wp3", "wm3"]
    assert_predictor(found, [state[i] ** depth - state[3 + i] ** depth for i in range(3)], mp)
    assert all(digits_shared(mp, a, b) >= 25 for a, b in zip(plus_minus, state, strict=True))
    assert digits_shared(mp, mpf(mp, found.log_time), mp.log(t)) >= 25


# -- the run against itself and against the definition of the loss -------------------------------------


@pytest.mark.parametrize("depth", [2, 3])
def test_twenty_digits_are_the_first_twenty_of_forty(depth: int) -> None:
    mp = context(60)
    few, many = (run(diagonal(depth, 3), load_data("three-points-b"), "exponential", "1e-300", n) for n in (20, 40))
    assert_predictor(few, [mpf(mp, b) for b in many.predictor], mp)


@pytest.mark.parametrize(
    ("depth", "until", "digits"), [(2, "1e-300", 20), (3, "7e-1700", 30), (2, "0.1", 30), (4, "1e-50", 30)]
)
def test_the_loss_of_the_returned_parameters_is_the_one_asked_for(depth: int, until: str, digits: int) -> None:
    """Relative to -log L, since that is what the digits of the margins determine."""
    mp = context(80)
    found = run(diagonal(depth, 3), load_data("three-points-b"), "exponential", until, digits)
    state = [mpf(mp, found.parameters[k]) for k in (0, 2, 4, 1, 3, 5)]
    rows = numbers(mp, THREE_POINTS_B)
    loss, goal = diagonal_loss(mp, rows, depth, state), mp.mpf(until)
    assert abs(mp.log(loss) - mp.log(goal)) < mp.mpf(10) ** -digits * abs(mp.log(goal))
    beta = [state[i] ** depth - state[3 + i] ** depth for i in range(3)]
    assert_predictor(found, beta, mp)
    assert all(digits_shared(mp, mpf(mp, m), dot(r, beta)) >= digits for m, r in zip(found.margins, rows, strict=True))


def test_the_squared_loss_of_the_returned_parameters_is_the_one_asked_for() -> None:
    """(1/2N) sum (y - x . beta)^2 = 1e-50 to 10 digits: beta is then known to 1e-40 or better absolutely."""
    mp = context(120)
    found = run(diagonal(2, 6), load_data("sparse-small"), "squared", "1e-50", 40)
    w = [mpf(mp, p) for p in found.parameters]
    beta = [w[2 * i] ** 2 - w[2 * i + 1] ** 2 for i in range(6)]
    rows, y = numbers(mp, SPARSE_SMALL), numbers(mp, [SPARSE_RIGHT])[0]
    loss = sum((b - dot(row, beta)) ** 2 for row, b in zip(rows, y, strict=True)) / 6
    assert digits_shared(mp, loss, mp.mpf("1e-50")) >= 10


@pytest.mark.parametrize(("depth", "digits"), [(2, 20), (2, 50), (3, 30)])
def test_conserved_quantities_drift_below_the_digits_claimed(depth: int, digits: int) -> None:
    """D = 2: p m;  D > 2: p^(2-D) + m^(2-D), because p' = D p^(D-1) v and m' = -D m^(D-1) v.  All start at 1 or 2."""
    mp = context(90)
    found = run(diagonal(depth, 3), load_data("three-points-b"), "exponential", "1e-300", digits)
    w = [mpf(mp, e) for e in found.parameters]
    pairs = [(w[2 * i], w[2 * i + 1]) for i in range(3)]
    laws = [p * m - 1 if depth == 2 else (p ** (2 - depth) + m ** (2 - depth)) / 2 - 1 for p, m in pairs]
    assert max(map(abs, laws)) < mp.mpf(10) ** -digits
    assert found.drift is not None and mpf(mp, found.drift) < mp.mpf(10) ** -digits


def test_dense_output_passes_through_the_same_flow() -> None:
    """`at(gamma)` is the end of a shorter run: two runs with different panels meet there."""
    mp = context(60)
    long = run(diagonal(2, 3), load_data("three-points-b"), "exponential", "1e-300", 25)
    short = run(diagonal(2, 3), load_data("three-points-b"), "exponential", "1e-20", 25)
    with ctx.workprec(long.precision):
        there = long.at(short.gamma)
    assert all(digits_shared(mp, mpf(mp, a), mpf(mp, b)) >= 25 for a, b in zip(there, short.parameters, strict=True))


def test_digits_are_capped_by_the_drift_where_both_runs_agree_on_a_wrong_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """One parameter of both runs is wrong by 2e-12, relative: they agree, the laws do not, and digits follow these."""
    push = 1 + 2 * arb(10) ** -12

    def pushed(original):
        def wrong(field, *arguments):
            found = original(field, *arguments)
            return replace(found, end=(found.end[0] * push, *found.end[1:]))

        return wrong

    model = parse_model(["a*b + b*c/7"], start={"a": "1", "b": "1/2", "c": "1/3"})  # no dual variables here
    data = load_data("three-points-b")
    data = replace(data, X=tuple(row[:1] for row in data.X))
    honest = flow(model, data, loss="exponential", until=parse_decimal("1e-40", where="test"), digits=25)
    assert honest.digits == 25 and honest.drift is not None and honest.drift < arb(10) ** -25
    monkeypatch.setattr(engine, "first_run", pushed(engine.first_run))
    monkeypatch.setattr(engine, "second_run", pushed(engine.second_run))
    found = flow(model, data, loss="exponential", until=parse_decimal("1e-40", where="test"), digits=25)
    assert found.digits <= 12 and "drift by" in found.how and "which leaves" in found.how
