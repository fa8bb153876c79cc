"""An enclosure contains the exact flow, whatever the run inside it did.

The exact flow is represented by an uncertified run with at least twice the digits (which knows nothing of the
enclosure), and for one point by a closed form.  A run that was tampered with must still lie in its enclosure:
a wrong polynomial has a large defect, and the radius has to show it.
"""

from dataclasses import replace
from decimal import Decimal, localcontext
from random import Random

import pytest
from flint import acb, arb, arb_mat, ctx
from sympy import Rational

from derive.catalogue import architecture
from derive.errors import ComputationError
from derive.model import parse_model
from verify.data import DataSet, load_data
from verify.decimal import parse_decimal
from verify.flow import certified
from verify.flow.certified import certified_flow
from verify.flow.chebyshev import ball_matrices, ball_nodes, evaluate
from verify.flow.chebyshev_parity import halves
from verify.flow.defect import _logarithm_at, _turns
from verify.flow.ellipse import Ellipse
from verify.flow.engine import Trajectory, flow
from verify.flow.run import Run
from verify.start import scaled

BITS = 700


def until(text: str):
    return parse_decimal(text, where="until")


def net(depth: int, dimension: int, scale: str):
    return scaled(architecture("diagonal").model(depth=depth, dimension=dimension), Rational(scale))


def random_data(seed: int, n: int, d: int) -> DataSet:
    """Positive rows: separable by (1, ..., 1)."""
    random = Random(seed)
    rows = tuple(tuple(Rational(random.randint(1, 20), 20) for _ in range(d)) for _ in range(n))
    return DataSet(name=f"random {seed}", X=rows, y=(Rational(1),) * n)


def assert_encloses(found: Trajectory, exact: tuple[arb, ...]) -> None:
    """Every coordinate of the exact predictor lies in its ball, and the balls are not wide."""
    assert found.enclosure is not None
    ctx.prec = BITS
    try:
        for b, e in zip(found.enclosure.predictor, exact, strict=True):
            assert b.contains(e), (b, e)
    finally:
        ctx.prec = 53


@pytest.mark.parametrize(
    ("depth", "scale", "seed", "n", "d", "loss"),
    [(2, "1", 1, 3, 3, "1e-200"), (2, "1/100", 2, 2, 3, "1e-60"), (2, "10", 3, 4, 2, "1e-300"),
     (3, "1", 4, 3, 2, "1e-100"), (5, "1", 5, 2, 2, "1e-80"), (3, "1/2", 6, 5, 3, "1e-40")],
)  # fmt: skip
def test_the_enclosure_contains_a_run_with_twice_the_digits(
    depth: int, scale: str, seed: int, n: int, d: int, loss: str
) -> None:
    data, model = random_data(seed, n, d), net(depth, d, scale)
    found = certified_flow(model, data, loss="exponential", until=until(loss), digits=15)
    assert found.digits >= 13
    assert_encloses(found, flow(model, data, loss="exponential", until=until(loss), digits=60).predictor)


@pytest.mark.parametrize(
    ("depth", "scale", "seed", "n", "d", "loss"),
    [(2, "1", 1, 3, 3, "1e-200"), (3, "1/2", 2, 2, 2, "1e-30"), (4, "2", 3, 3, 2, "1e-3")],
)
def test_the_logistic_loss_is_enclosed_with_margins_and_time(
    depth: int, scale: str, seed: int, n: int, d: int, loss: str
) -> None:
    data, model = random_data(seed, n, d), net(depth, d, scale)
    found = certified_flow(model, data, loss="logistic", until=until(loss), digits=15)
    exact = flow(model, data, loss="logistic", until=until(loss), digits=60)
    assert_encloses(found, exact.predictor)
    assert found.enclosure is not None and found.digits >= 13
    with ctx.workprec(BITS):
        assert all(b.contains(e) for b, e in zip(found.enclosure.margins, exact.margins, strict=True))
        assert (found.enclosure.log_time - exact.log_time).contains(0)
        assert float(found.enclosure.log_time.rad()) < 1e-12


def test_two_logistic_margins_are_enclosed_around_their_implicit_solution() -> None:
    """One weight, one row x = 1: m + e^m = m(0) + e^m(0) + t, so t is known where log(1 + e^-m) = eps."""
    data = DataSet(name="one", X=((Rational(1),),), y=(Rational(1),))
    found = certified_flow(parse_model(["w"], parameters=["w"], start={"w": "1/3"}), data, loss="logistic",
                           until=until("1e-40"), digits=30)  # fmt: skip
    with ctx.workprec(BITS):
        m = -(arb(10) ** -40).expm1().log()
        start = arb(1) / 3
        assert found.enclosure is not None and found.enclosure.predictor[0].overlaps(m)
        assert (m + m.exp() - start - start.exp()).log().overlaps(found.enclosure.log_time)
        assert float(found.enclosure.log_time.rad()) < 1e-28


@pytest.mark.parametrize("depth", [2, 3])
def test_margins_of_size_ten_to_the_seven_that_differ_by_two_are_told_apart(depth: int) -> None:
    """alpha = 100: once refused, since the difference drowned in the balls over an arc."""
    data, model, target = load_data("three-points-b"), net(depth, 3, "100"), until("1e-43429")
    found = certified_flow(model, data, loss="exponential", until=target, digits=15)
    assert found.digits == 15
    assert_encloses(found, flow(model, data, loss="exponential", until=target, digits=60).predictor)


def test_one_point_and_one_weight_are_enclosed_around_the_closed_form() -> None:
    """L = exp(-x w): at L = eps the weight is -log(eps)/x, exactly."""
    data = DataSet(name="one", X=((Rational(7, 10),),), y=(Rational(1),))
    found = certified_flow(parse_model(["w"], parameters=["w"], start={"w": "1/3"}), data, loss="exponential",
                           until=until("1e-500"), digits=40)  # fmt: skip
    ctx.prec = BITS
    exact = 500 * arb(10).log() / (arb(7) / 10)
    assert found.digits == 40
    assert found.enclosure is not None and found.enclosure.predictor[0].overlaps(exact)
    assert float(found.enclosure.predictor[0].rad()) < 1e-35


@pytest.mark.parametrize("size", ["1e-12", "1e-9"])
def test_a_tampered_run_still_lies_in_its_enclosure(monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    """One coefficient of one panel is changed: the radius must grow to at least that, and still contain the truth."""
    data, model = load_data("three-points-b"), net(2, 3, "1")
    exact = flow(model, data, loss="exponential", until=until("1e-50"), digits=40).predictor
    honest = certified.first_run

    def tampered(*arguments) -> Run:
        run = honest(*arguments)
        panel = run.panels[1]
        first = (*panel.coefficients[0][:2], panel.coefficients[0][2] + arb(size), *panel.coefficients[0][3:])
        broken = replace(panel, coefficients=(first, *panel.coefficients[1:]))
        return replace(run, panels=(run.panels[0], broken, *run.panels[2:]))

    monkeypatch.setattr(certified, "first_run", tampered)
    try:
        found = certified_flow(model, data, loss="exponential", until=until("1e-50"), digits=20)
    except ComputationError:
        return  # refusing is sound too
    assert_encloses(found, exact)
    assert found.digits < 20 and found.enclosure is not None and float(found.enclosure.radius) > float(size)


def assert_printed_balls_hold(document: dict, exact: dict) -> None:
    """Every printed number lies within its printed radius of the exact one: decimals, as a user reads them."""
    balls = document["enclosure"]
    with localcontext() as context:
        context.prec = 60
        for key, radii in (("predictor", balls["radii"]), ("margins", balls["margins_radii"])):
            for printed, true, radius in zip(document[key], exact[key], radii, strict=True):
                assert abs(Decimal(printed) - Decimal(true)) <= Decimal(radius)
        pairs = zip(document["parameters"], exact["parameters"], strict=True)
        distance = sum((Decimal(a) - Decimal(b)) ** 2 for a, b in pairs).sqrt()
        assert distance <= Decimal(balls["parameters_radius"])
        time = abs(Decimal(document["log10_time"]) - Decimal(exact["log10_time"]))
        assert time <= Decimal(balls["log10_time_radius"])
        assert max(map(Decimal, balls["radii"])) == Decimal(balls["radius"])


def test_the_command_reports_the_radius_and_other_losses_are_refused(command) -> None:
    words = (
        "verify",
        "flow",
        "diagonal",
        "--data",
        "three-points-b",
        "--until",
        "1e-30",
        "--digits",
        "20",
        "--certify",
    )
    document = command(*words, "--loss", "exponential", "--json").json
    assert float(document["enclosure"]["radius"]) < 1e-18
    assert "rigorous" in document["how_digits_were_established"]
    exact = command(
        *(("45" if w == "20" else w) for w in words if w != "--certify"), "--loss", "exponential", "--json"
    ).json
    assert_printed_balls_hold(document, exact)
    refused = command("verify", "flow", "diagonal", "--depth", "2", "--data", "sparse-small", "--until", "1e-9",
                      "--digits", "9", "--certify", "--loss", "squared")  # fmt: skip
    assert refused.status == 1 and refused.err.count("\n") == 1 and "exponential" in refused.err


@pytest.mark.parametrize(
    "first",
    [
        "w1/(1 + w2**2)",
        "tanh(w1) + w1",
        "sqrt(w1)",
        "log(w1)",
        "asinh(w1)",
        "Abs(w1)",
        "2**sqrt(w1)",
        "w1**w2",
        "atan(w1) + w1",
    ],
)
def test_a_predictor_with_a_complex_singularity_gets_no_enclosure(first: str) -> None:
    """The maximum principle needs D analytic inside the ellipse; a pole of F there is not seen from the boundary, and
    cancels a zero of the normaliser in the winding number.  Such models once were given `rigorous` digits."""
    model = parse_model([first, "w2", "w3"], parameters=["w1", "w2", "w3"], start={"w1": "1", "w2": "1", "w3": "1"})
    with pytest.raises(ComputationError, match="no enclosure is available"):
        certified_flow(model, load_data("three-points-b"), loss="exponential", until=until("1e-5"), digits=10)


@pytest.mark.parametrize("first", ["w1**3 + w2", "exp(w1*w2)", "sinh(w1) + w2", "2**w1", "cos(w2) + 2*w1"])
def test_an_entire_predictor_is_enclosed(first: str) -> None:
    model = parse_model([first, "w2", "w3"], parameters=["w1", "w2", "w3"], start={"w1": "1", "w2": "1", "w3": "1"})
    data = load_data("three-points-b")
    found = certified_flow(model, data, loss="exponential", until=until("1e-5"), digits=10)
    assert_encloses(found, flow(model, data, loss="exponential", until=until("1e-5"), digits=40).predictor)


@pytest.mark.parametrize(("zeros", "turns"), [((3.0,), 0), ((0.2,), 1), ((0.2, -0.4), 2), ((-0.9,), 1)])
def test_the_argument_turns_once_on_the_upper_half_for_each_zero_inside(zeros: tuple[float, ...], turns: int) -> None:
    """S(z) = prod (z - zero) on the unit circle, whose upper half it turns by pi for each zero inside."""
    points = [acb(0, arb.pi() * (2 * j + 1) / 64).exp() for j in range(32)]
    values = [acb(1)] * 32
    for zero in zeros:
        values = [v * (z - zero) for v, z in zip(values, points, strict=True)]
    assert abs(float(_turns(values)) - turns * 3.14159265) < 1e-6


def test_the_logarithm_is_refused_near_its_cut_and_right_elsewhere() -> None:
    near = acb(arb(-2, "0.1"), arb(0, "0.1"))
    assert not _logarithm_at(near).is_finite()
    for x in (acb("1e-9", "1e-9"), acb(-2, 3), acb(5, -1)):
        assert _logarithm_at(x).overlaps((1 + x).log() / x) and _logarithm_at(x).is_finite()
    tiny = acb("1e-30")
    assert _logarithm_at(tiny).overlaps(acb(1)) and float(_logarithm_at(tiny).abs_upper()) < 1 + 1e-6


@pytest.mark.parametrize("total", [3, 16])
def test_a_series_on_an_arc_lies_in_its_ball(total: int) -> None:
    """sum c_k T_k by Clenshaw at random points of the arcs of an ellipse, and the derivative by differences."""
    random = Random(1)
    series = [arb(random.uniform(-1, 1)) / 3**k for k in range(12)]
    (arc,) = Ellipse([series], 0.7, 128).arcs(total, range(total))
    ctx.prec = 128
    try:
        for j, (ball, slope) in enumerate(zip(arc.values, arc.slopes, strict=True)):
            for _ in range(8):
                phi = arb.pi() * (j + arb(random.random())) / total
                values = [evaluate(series, _point(0.7, phi + h)) for h in (arb(0), arb("1e-12"))]
                assert ball.overlaps(values[0])
                assert (slope + acb(arb(0, "1e-6"), arb(0, "1e-6"))).overlaps((values[1] - values[0]) * arb(10) ** 12)
    finally:
        ctx.prec = 53


def _point(log_rho: float, phi: arb) -> acb:
    turn = acb(log_rho, phi).exp()
    return (turn + 1 / turn) / 2


@pytest.mark.parametrize("n", [4, 18])
def test_halves_are_the_full_matrices(n: int) -> None:
    rows = [[((k + 1) * x).exp().mid() for x in ball_nodes(n, 200)] for k in range(2)]
    with ctx.workprec(200):
        full, half = ball_matrices(n, 200), halves(n, 200)
        values = arb_mat(rows).transpose()
        for matrix, images in ((full.coefficients, half.coefficients(rows)), (full.integration, half.integrals(rows))):
            wanted = (matrix * values).transpose().tolist()
            assert all(
                float(abs(a - b)) < 1e-55
                for x, y in zip(wanted, images, strict=True)
                for a, b in zip(x, y, strict=True)
            )
