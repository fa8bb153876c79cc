"""Claim: every engine returns the point at which the true flow has the loss asked for, to the digits that it says; and
two engines that share no discretisation agree to what both say, on models and losses at random.
"""

from dataclasses import replace
from random import Random

import mpmath
import pytest
from flint import arb
from flow_references import THREE_POINTS_B, context, digits_shared, dot, mpf, numbers, riccati, row_residual
from sympy import Rational
from verify_console import assert_one_line, document, run

from derive.catalogue import architectures
from derive.errors import ComputationError, InputError
from derive.model import Model, parse_model
from verify.data import DataSet, load_data
from verify.decimal import parse_decimal
from verify.flow.engine import Trajectory
from verify.flow.engines import ENGINES, compared, engine_named
from verify.start import scaled

OTHERS = ("taylor", "float64", "mpmath")


def follow(engine: str, model: Model, data: DataSet, loss: str, until: str, digits: int) -> Trajectory:
    found = engine_named(engine).run(
        model, data, loss=loss, until=parse_decimal(until, where="until"), digits=digits
    )  # fmt: skip
    assert found.engine.startswith(engine) and 0 < found.digits <= digits
    return found


def data_of(rows, y) -> DataSet:
    return DataSet(name="typed", X=tuple(tuple(map(Rational, r)) for r in rows), y=tuple(map(Rational, y)))


def built_in(name: str, scale: str = "1", **options: int) -> Model:
    return scaled(architectures()[name].model(**options), Rational(scale))


def assert_predictor(found: Trajectory, expected, mp) -> None:
    for got, want in zip(found.predictor, expected, strict=True):
        assert digits_shared(mp, mpf(mp, got), want) >= found.digits


# -- closed forms -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "until", "digits", "least"),
    [
        ("taylor", "1e-300", 40, 40), ("taylor", "3e-1700", 25, 25), ("float64", "1e-300", 9, 9),
        ("mpmath", "1e-2", 15, 15),
    ],
)  # fmt: skip
def test_one_point_and_one_weight(engine: str, until: str, digits: int, least: int) -> None:
    """L = exp(-x w), so w = -log(L)/x and t = (1/L - e^(x w0))/x^2."""
    mp = context(80)
    x, w0, target = mp.mpf(7) / 10, mp.mpf(1) / 3, mp.mpf(until)
    model = parse_model(["w"], parameters=["w"], start={"w": "1/3"})
    found = follow(engine, model, data_of([("7/10",)], [1]), "exponential", until, digits)
    assert found.digits >= least
    assert_predictor(found, [-mp.log(target) / x], mp)
    log_t = mp.log((1 / target - mp.exp(x * w0)) / x**2)
    assert digits_shared(mp, mpf(mp, found.log_time), log_t) >= min(digits, 30)


# m with integral of dm/(-l'(m)) equal to x^2 t/2 + const, each found by hand and differentiated back here
INTEGRALS = {
    "u + u**2/2": (lambda mp, m: mp.exp(m) - mp.log(1 + mp.exp(m)), lambda mp, m: mp.exp(-m) + mp.exp(-2 * m) / 2),
    "1/(1 + exp(m))": (lambda mp, m: mp.exp(m) - mp.exp(-m) + 2 * m, lambda mp, m: 1 / (1 + mp.exp(m))),
    "exp(-2*m)": (lambda mp, m: mp.exp(2 * m) / 4, lambda mp, m: mp.exp(-2 * m)),
    "log(1 + u)": (lambda mp, m: m + mp.exp(m), lambda mp, m: mp.log1p(mp.exp(-m))),
}


@pytest.mark.parametrize("text", INTEGRALS)
@pytest.mark.parametrize(
    ("engine", "until", "digits"),
    [("collocation", "1e-60", 25), ("taylor", "1e-60", 25), ("float64", "1e-60", 8), ("mpmath", "0.05", 12)],
)
def test_a_given_loss_on_two_orthogonal_points(text: str, engine: str, until: str, digits: int) -> None:
    """m_i' = x_i^2/2 (-l'(m_i)) decouples: I(m_i) = I(1) + x_i^2 t/2, and one t fits the averaged loss."""
    mp = context(120)
    integral, loss = INTEGRALS[text]
    for m in (mp.mpf(1), mp.mpf("2.5")):  # the integral is the right one: I' (-l') = 1
        assert abs(mp.diff(lambda v: integral(mp, v), m) * -mp.diff(lambda v: loss(mp, v), m) - 1) < mp.mpf(10) ** -30
    xs = (mp.mpf(3) / 2, mp.mpf(2) / 5)

    def margin(goal):
        """The root of I(m) = goal; I increases.  Bisection, then Newton."""
        low, high = mp.mpf(0), mp.mpf(400)
        for _ in range(60):
            mid = (low + high) / 2
            low, high = (mid, high) if integral(mp, mid) < goal else (low, mid)
        return mp.findroot(lambda m: mp.log(integral(mp, m) / goal), low, tol=mp.mpf(10) ** -200)

    def margins(log_t):
        return [margin(integral(mp, mp.mpf(1)) + x**2 / 2 * mp.exp(log_t)) for x in xs]

    def excess(log_t):
        return mp.log(sum(loss(mp, m) for m in margins(log_t)) / 2 / mp.mpf(until))

    model = parse_model(["w1", "w2"], parameters=["w1", "w2"], start={"w1": "2/3", "w2": "5/2"})
    found = follow(engine, model, data_of([("3/2", 0), (0, "2/5")], [1, 1]), text, until, digits)
    guess = mpf(mp, found.log_time)
    log_t = mp.findroot(excess, (guess, guess + mp.mpf(10) ** -6), solver="secant", tol=mp.mpf(10) ** -60)
    assert_predictor(found, [m / x for m, x in zip(margins(log_t), xs, strict=True)], mp)
    assert digits_shared(mp, guess, log_t) >= min(digits, 20) - 2


@pytest.mark.parametrize(("engine", "digits"), [("taylor", 30), ("float64", 9), ("mpmath", 14)])
def test_depth_two_on_one_sample_solves_a_riccati_equation(engine: str, digits: int) -> None:
    """The squared loss: the state at the time that the run reports is that of the closed form, and has the loss."""
    mp = context(120)
    alpha, x, y, until = mp.mpf(1) / 2, mp.mpf(3) / 2, mp.mpf(-7) / 5, "1e-8"
    data = data_of([("3/2",)], ["-7/5"])
    found = follow(engine, built_in("diagonal", "1/2", depth=2, dimension=1), data, "squared", until, digits)
    at = riccati(mp, alpha, x, y, 1)

    def excess(t):
        p, m = at(t)
        return mp.log((y - x * (p * p - m * m)) ** 2 / 2 / mp.mpf(until))

    t = mp.findroot(excess, mp.exp(mpf(mp, found.log_time)), tol=mp.mpf(10) ** -100)
    p, m = at(t)
    assert_predictor(found, [p * p - m * m], mp)
    assert digits_shared(mp, mpf(mp, found.log_time), mp.log(t)) >= digits - 1


@pytest.mark.parametrize(("engine", "digits"), [("taylor", 30), ("float64", 8)])
def test_the_dual_variable_of_depth_two_lies_in_the_row_span(engine: str, digits: int) -> None:
    """beta_i = 2 alpha^2 sinh(4 s_i) with s in the span of the rows: asinh(beta/2)/4 leaves no residual."""
    mp = context(80)
    two = DataSet(name="two", X=load_data("three-points-b").X[:2], y=load_data("three-points-b").y[:2])
    found = follow(engine, built_in("diagonal", depth=2, dimension=3), two, "exponential", "1e-200", digits)
    dual = [mp.asinh(mpf(mp, b) / 2) / 4 for b in found.predictor]
    rows = numbers(mp, THREE_POINTS_B[:2])
    assert row_residual(mp, rows, dual) < mp.mpf(10) ** -found.digits
    loss = sum(mp.exp(-dot(row, [mpf(mp, b) for b in found.predictor])) for row in rows) / 2
    assert abs(mp.log10(loss) + 200) < 400 * mp.mpf(10) ** -found.digits


# -- engines against each other -----------------------------------------------------------------------

MODELS = (
    ("diagonal", {"depth": 2, "dimension": 2}), ("diagonal", {"depth": 3, "dimension": 2}),
    ("hadamard", {"dimension": 3}), ("neuron", {"dimension": 2}), ("psd", {}),
)  # fmt: skip
LOSSES = ("exponential", "logistic", "squared", "1 - exp(-u)")
SCALES = ("1/1000", "1/10", "1", "3", "10")


def problem(seed: int) -> tuple[Model, DataSet, str, str]:
    """A model, one or two rows that some direction separates or fits, a loss, and a target below the first loss."""
    random = Random(seed)
    name, options = MODELS[seed % len(MODELS)]
    scale, loss = random.choice(SCALES), LOSSES[seed % len(LOSSES)]
    model = built_in(name, scale, **options)
    if name in ("neuron", "psd"):  # no zero gradient at the start
        start = tuple(Rational(random.randint(3, 9), 7) * Rational(scale) for _ in model.parameters)
        model = replace(model, start=start)
    d = len(model.predictor)
    rows = [[Rational(random.randint(1, 9), 10) for _ in range(d)] for _ in range(random.randint(1, 2))]
    y = [random.choice((1, -1)) if loss != "squared" else random.randint(1, 3) for _ in rows[:1]] * len(rows)
    return model, data_of(rows, y), loss, "1e-12" if loss == "squared" else "1e-60"


@pytest.mark.parametrize("seed", range(20))
def test_taylor_and_float64_agree_with_collocation(seed: int) -> None:
    model, data, loss, until = problem(seed)
    try:
        exact = follow("collocation", model, data, loss, until, 22)
    except (InputError, ComputationError) as error:  # a start that fits, a target that is passed: one answer for all
        for other in ("taylor", "float64"):
            with pytest.raises(type(error)):
                follow(other, model, data, loss, until, 22)
        return
    for other, least in (("taylor", 22), ("float64", 5)):
        found = follow(other, model, data, loss, until, 22)
        check = compared(exact, found)
        assert found.digits >= least and check.consistent and check.digits >= found.digits, (other, check.digits)


@pytest.mark.parametrize("seed", [2, 5])
def test_mpmath_agrees_with_taylor(seed: int) -> None:
    model, data, loss, _ = problem(seed)
    first, second = (follow(e, model, data, loss, "1e-3", 13) for e in ("mpmath", "taylor"))
    assert first.digits == second.digits == 13 and compared(first, second).consistent


# -- what the digits are worth ------------------------------------------------------------------------


def test_a_difference_in_the_last_digit_established_is_seen() -> None:
    model, data = built_in("diagonal", depth=2, dimension=3), load_data("three-points-b")
    first = follow("taylor", model, data, "exponential", "1e-9", 20)
    moved = replace(first, predictor=(first.predictor[0] * (1 + arb(10) ** -18), *first.predictor[1:]))
    assert compared(first, first).consistent
    assert not compared(first, moved).consistent and compared(first, moved).digits == 17


WORDS = ("flow", "diagonal", "--data", "three-points-b", "--loss", "exponential", "--until", "1e-20", "--digits", "20")


def test_the_cross_check_is_reported() -> None:
    found = document(*WORDS, "--cross-check", "taylor")
    check = found["cross_check"]
    assert found["engine"].startswith("collocation") and check["engine"] == "taylor" and check["consistent"]
    assert check["digits"] >= 20 == check["digits_established"] and check["predictor"] == found["predictor"]


def test_engines_that_disagree_are_one_line_and_status_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second engine is made to stop at another loss."""
    honest = ENGINES["taylor"].run
    broken = lambda *a, until, **k: honest(*a, until=parse_decimal("1.000000001e-20", where="until"), **k)
    monkeypatch.setitem(ENGINES, "taylor", replace(ENGINES["taylor"], run=broken))
    done = run(*WORDS, "--cross-check", "taylor", "--json")
    assert done.status == 1 and done.err.count("\n") == 1 and "digits only" in done.err
    assert not done.json["cross_check"]["consistent"] and done.json["cross_check"]["digits"] < 12


@pytest.mark.parametrize(
    ("engine", "clock"), [("taylor", "-log L"), ("float64", "-log L"), ("mpmath", "normalised time")]
)
def test_engine_and_clock_are_reported(engine: str, clock: str) -> None:
    words = [*WORDS[:-3], "0.05", "--digits", "8"]
    found = document(*words, "--engine", engine)
    assert (found["engine"], found["clock"], found["digits"]) == (engine, clock, 8)
    assert found["predictor"] == document(*words)["predictor"]


def test_float64_says_that_it_has_fewer_digits() -> None:
    done = run(*WORDS, "--engine", "float64", "--json")
    assert done.status == 1 and done.err.count("\n") == 1 and "of 20 digits" in done.err
    assert 8 <= done.json["digits"] <= 15


def test_a_horizon_that_would_take_too_long_is_refused_after_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """The budget is cut to what the first of many steps takes."""
    monkeypatch.setattr("verify.flow.slow.BUDGET", 0.05)
    words = [*WORDS[:-3], "1e-300", "--digits", "15", "--engine", "mpmath"]
    done = run(*words)
    assert_one_line(done, 1)
    assert "short horizons" in done.err


def test_a_flow_that_is_too_stiff_for_explicit_steps_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verify.flow.taylor.MAX_STEPS", 5)
    done = run(*WORDS, "--engine", "taylor")
    assert_one_line(done, 1)
    assert "too stiff" in done.err


def test_no_precision_leaks() -> None:
    before = mpmath.mp.prec
    mpmath.mp.dps = 17
    try:
        follow("mpmath", built_in("diagonal", depth=2, dimension=3), load_data("three-points-b"), "logistic", "0.3", 12)
        assert mpmath.mp.dps == 17
    finally:
        mpmath.mp.prec = before


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "words",
    [
        ("--loss", "exponential", "--until", "2"),
        ("--loss", "exponential", "--until", "1e-5", "--start", "wp1=0,wm1=0,wp2=0,wm2=0,wp3=0,wm3=0"),
        ("--loss", "u - u**2", "--until", "1e-5"),
    ],
)
def test_every_engine_refuses_a_bad_request_in_one_line(engine: str, words: tuple[str, ...]) -> None:
    assert_one_line(run("flow", "diagonal", "--data", "three-points-b", *words, "--engine", engine, "--digits", "9"), 2)


def test_only_collocation_certifies() -> None:
    assert_one_line(run(*WORDS, "--engine", "taylor", "--certify"), 2)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("engine", ["float64", "collocation"])
def test_a_given_loss_that_leaves_float64_is_refused_in_one_line(engine: str) -> None:
    """u = exp(-m) = exp(2025) at the start."""
    words = ("--data", "three-points-b", "--loss", "u + u**2/2", "--until", "1e-5", "--digits", "9", "--engine", engine)
    start = ", ".join(f"wp{i}=1, wm{i}=40" for i in (1, 2, 3))
    assert_one_line(run("flow", "diagonal", *words, "--start", start), 1)
