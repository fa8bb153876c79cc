"""Defects of potentials that were found by fuzzing the derivations against independent numbers, one claim a test.

The expected values are computed here from the document's strings, by SymPy, along a flow that is integrated here.
"""

from collections.abc import Callable, Sequence

import mpmath
import pytest
from console import read, show
from regression_flows import close, follow, reals
from sympy import Abs, I, Matrix, Rational, Symbol, asinh, exp, hessian, log, nan, oo, simplify, sqrt, zoo


def real_and_finite(texts: Sequence[str | None]) -> bool:
    return not any(read(t).has(I, zoo, oo, nan) for t in texts if t is not None)


# -- results that are real and defined at the start ---------------------------------------------------


@pytest.mark.parametrize(
    ("predictor", "start", "force"),
    [
        ("u**2", "u=-1", [Rational(1, 3)]),
        ("u**2-v**2", "u=0, v=1", [Rational(1, 5)]),
        ("v, u**2", "u=-3/2, v=-1", [Rational(1, 3), Rational(-1, 4)]),
        ("2*u-u**3", "u=0", [Rational(1, 7)]),
        ("u*v+x**3", "u=1, v=-1, x=-1", [Rational(1, 9)]),
    ],
)
def test_the_parametric_gradient_is_the_dual_time_from_starts_with_negative_and_zero_entries(
    predictor: str, start: str, force: list[Rational]
) -> None:
    found = show(predictor, "--start", start)
    gradient = found["potential"]["parametric"]["gradient"]
    assert real_and_finite([*gradient, found["potential"]["value"]])
    w, z = follow(found, force, Rational(1, 2))
    assert all(close(read(y).xreplace(w), s) for y, s in zip(gradient, z, strict=True))


@pytest.mark.parametrize("predictor", ["u**3-v**3", "u**4-v**4", "u**5-v**5"])
def test_a_law_has_a_value_at_a_start_with_a_zero_entry(predictor: str) -> None:
    found = show(predictor, "--start", "u=0, v=1")
    (law,) = found["conservation_laws"]["laws"]
    at_start = {Symbol("u", real=True): Rational(0), Symbol("v", real=True): Rational(1)}
    assert real_and_finite([str(read(law).xreplace(at_start))])
    u, v = reals(["u", "v"])
    f = read(found["model"]["predictor"][0])
    assert simplify(read(law).diff(u) * f.diff(u) + read(law).diff(v) * f.diff(v)) == 0
    assert read(law).free_symbols == {u, v}


def test_the_entropy_from_a_symbolic_start_is_closed() -> None:
    found = show("u**2", "--start", "u=alpha")
    alpha, beta = reals(["alpha", "beta1"])
    assert found["potential"]["form"] == "closed"
    value = read(found["potential"]["value"])
    expected = (beta * log(beta / alpha**2) - beta + alpha**2) / 4
    point = {alpha: Rational(3, 2), beta: Rational(7, 5)}
    assert close(value.xreplace(point), expected.xreplace(point))


def test_closed_forms_use_the_real_branch_of_a_logarithm() -> None:
    found = show("softmax", "--dimension", "1")
    assert real_and_finite([found["potential"]["value"], *found["potential"]["gradient"]])
    beta = Symbol("beta1", real=True)
    value, slope = read(found["potential"]["value"]), read(found["potential"]["gradient"][0])
    point = {beta: Rational(1, 3)}
    assert close(value.diff(beta).xreplace(point), slope.xreplace(point))
    assert value.xreplace(point).evalf(20).is_real


def test_logarithms_without_a_start_are_of_absolute_values() -> None:
    found = show("u*v+x**3")
    for law in found["conservation_laws"]["laws"]:
        for logarithm in read(law).atoms(log):
            assert isinstance(logarithm.args[0], Abs), law


def test_a_start_whose_sign_is_open_gets_an_absolute_value() -> None:
    found = show("u**2", "--start", "u=alpha-1")
    gradient = read(found["potential"]["parametric"]["gradient"][0])
    for alpha in (Rational(1, 4), Rational(9, 4)):
        point = {Symbol("alpha", real=True): alpha, Symbol("u", real=True): alpha - 1}
        assert gradient.xreplace(point) == 0


def test_a_linear_motion_is_written_without_a_pole_in_the_constants() -> None:
    found = show("u+v**3", "--start", "u=alpha-1, v=2")
    s, alpha = reals(["s1", "alpha"])
    beta = read(found["potential"]["dual_gradient"][0])
    assert beta.xreplace({alpha: Rational(1), s: Rational(0)}) == 8
    assert simplify(beta.diff(s).xreplace({alpha: Rational(1)}).xreplace({s: Rational(0)})) == 1 + 9 * 2**4


# -- the warp and the metric in beta ------------------------------------------------------------------


def test_the_warp_does_not_vanish_at_a_start_with_a_zero_entry() -> None:
    found = show("(a**2+b**2)*w1, (a**2+b**2)*w2", "--start", "a=0, b=5/2, w1=5/2, w2=1")
    start = {Symbol(k, real=True): read(v) for k, v in found["model"]["start"].items()}
    assert found["warp"]["status"] == "proved"
    assert read(found["warp"]["factor_parameters"]).xreplace(start) > 0


def test_the_metric_in_beta_holds_where_a_coordinate_changes_its_sign() -> None:
    found = show("a*w1, a*w2", "--restrict", "a**2 - w1**2 - w2**2", "--start", "a=5, w1=3, w2=4")
    w, _ = follow(found, [Rational(1, 2), Rational(-1, 10)], Rational(2))
    assert w[Symbol("w1", real=True)] < 0
    betas = {Symbol(f"beta{i + 1}", real=True): read(f).xreplace(w) for i, f in enumerate(found["model"]["predictor"])}
    for in_beta, in_w in zip(
        found["dynamics"]["inverse_metric"], found["dynamics"]["inverse_metric_parameters"], strict=True
    ):
        assert all(close(read(m).xreplace(betas), read(n).xreplace(w)) for m, n in zip(in_beta, in_w, strict=True))


# -- witnesses can be plugged in ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "potential",
    ["2*x**2 + cosh(x)", "x**4 + exp(x)", "x**2 + y**2 + exp(x + y)", "3*x**2 + sqrt(4*x**2 + 1)", "3*x**2 + sin(x)"],
)
def test_a_metric_that_is_a_hessian_of_elementary_functions_has_a_closed_potential(potential: str) -> None:
    """beta is w there, so that grad Q needs no inversion; these were parametric or a quadrature."""
    names = reals(["x", "y"] if "y" in potential else ["x"])
    rows = hessian(read(potential), names).tolist()
    text = "; ".join(", ".join(str(e) for e in row) for row in rows)
    found = show("--metric", text, "--parameters", ",".join(map(str, names)))
    assert found["potential"]["form"] == "closed" and found["hessian"]["status"] == "proved"
    betas = reals([f"beta{k + 1}" for k in range(len(names))])
    place = {b: Rational(3 + k, 7) for k, b in enumerate(betas)}
    moved = [[e.xreplace(dict(zip(names, betas, strict=True))).xreplace(place) for e in row] for row in rows]
    value, gradient = found["potential"]["value"], found["potential"]["gradient"]
    for i, b in enumerate(betas):
        for j, c in enumerate(betas):
            assert close(read(gradient[i]).diff(c).xreplace(place), moved[i][j])
        assert value is None or close(read(value).diff(b).xreplace(place), read(gradient[i]).xreplace(place))


# -- absolute values near a start ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("predictor", "start", "force"),
    [
        ("a*(w1+Abs(w1)/2), a*(w2+Abs(w2)/2)", "a=1, w1=-1, w2=1", [Rational(1, 9), Rational(-1, 7)]),
        ("(u+Abs(u))*v, (u-Abs(u))*x + y", "u=1, v=2, x=1, y=1", [Rational(1, 9), Rational(-1, 7)]),
        ("sign(u)*u**2 - sign(v)*v**2", "u=1, v=-1", [Rational(1, 9)]),
        ("Abs(u*v), x*u", "u=-1, v=2, x=1", [Rational(1, 9), Rational(1, 7)]),
        ("Abs(Abs(u)-2)*v", "u=-1, v=1", [Rational(1, 9)]),
    ],
)
def test_absolute_values_are_those_of_the_start(predictor: str, start: str, force: list[Rational]) -> None:
    """In the second model beta1 (beta2 - y) = 0, with u - |u| = 0 on the side of the start: M_11 came out as 0."""
    found = show(predictor, "--start", start)
    w, z = follow(found, force, Rational(1, 2))
    place = {Symbol(f"beta{i + 1}", real=True): read(f).xreplace(w) for i, f in enumerate(found["model"]["predictor"])}
    constants = found["dynamics"]["constants"]
    place |= {Symbol(c, real=True): read(law).xreplace(w) for c, law in constants.items()}
    assert all(close(read(y).xreplace(place), s) for y, s in zip(found["potential"]["gradient"], z, strict=True))
    in_beta, in_w = found["dynamics"]["inverse_metric"], found["dynamics"]["inverse_metric_parameters"]
    for left, right in zip(in_beta, in_w, strict=True):
        assert all(close(read(m).xreplace(place), read(n).xreplace(w)) for m, n in zip(left, right, strict=True))


def test_a_kink_still_ends_the_statement_unless_it_cannot_be_reached() -> None:
    found = show("a*(w1+Abs(w1)/2), a*(w2+Abs(w2)/2)", "--start", "a=1, w1=-1, w2=1")
    ends = [event for event in found["potential"]["valid_until"] if "kink" in event]
    assert len(ends) == 2 and ends[0].startswith("w1 = 0") and ends[1].startswith("w2 = 0")
    squares = show("sign(u)*u**2 - sign(v)*v**2", "--start", "u=1, v=-1")  # u' is a multiple of u
    assert not any("kink" in event for event in squares["potential"]["valid_until"])


# -- signs without a start ----------------------------------------------------------------------------


@pytest.mark.parametrize("predictor", ["a*w1, a*w2", "a**3*w1, a**3*w2", "a*w1**2, a*w2**2"])
def test_a_parametric_gradient_without_a_start_goes_with_a_positive_warp_on_both_sides(predictor: str) -> None:
    """With g = |a| it was the one of g = a: for negative a the gradient of -Q."""
    found = show(predictor)
    names = reals(found["model"]["parameters"])
    jacobian = Matrix([read(f) for f in found["model"]["predictor"]]).jacobian(names)
    gradient = Matrix([read(y) for y in found["potential"]["parametric"]["gradient"]])
    for sign in (1, -1):
        place = {p: Rational(3 + k, 5) for k, p in enumerate(names)} | {names[0]: Rational(sign * 7, 4)}
        moved = (jacobian * gradient.jacobian(names).T).xreplace(place).doit()
        g = read(found["warp"]["factor_parameters"]).xreplace(place)
        assert g > 0
        assert all(close(moved[i, j].simplify(), g if i == j else Rational(0)) for i in range(2) for j in range(2))


# -- warps and gradients of isotropic models ----------------------------------------------------------


@pytest.mark.parametrize(
    ("predictor", "start"),
    [
        ("w1*(1+w1**2+w2**2), w2*(1+w1**2+w2**2)", "w1=1, w2=2"),  # g = (1+s)/(1+3s)^(1/3): 1+3s is in det M alone
        ("w1*exp(w1**2+w2**2), w2*exp(w1**2+w2**2)", "w1=1, w2=0"),
        ("(a**2+b**2)*w1, (a**2+b**2)*w2", "a=1, b=2, w1=1, w2=1"),
        ("u*v, u+v", "u=1, v=2"),
    ],
)
def test_the_warp_and_its_dual_time_are_closed_where_beta_is_not_inverted(predictor: str, start: str) -> None:
    found = show(predictor, "--start", start)
    w, z = follow(found, [Rational(1, 99), Rational(-1, 85)], Rational(1, 4))
    gradient = found["potential"]["parametric"]["gradient"]
    assert all(close(read(y).xreplace(w), s) for y, s in zip(gradient, z, strict=True))


def test_the_dual_value_of_a_barrier_is_real() -> None:
    """It was -log(s1 - 1) + I*pi on s1 < 1."""
    q = show("--metric", "1/x**2", "--start", "x=1")["potential"]
    assert real_and_finite([q["dual_value"], *q["dual_gradient"]])
    s = Symbol("s1", real=True)
    place = {s: Rational(1, 8)}
    assert close(read(q["dual_value"]).diff(s).xreplace(place), read(q["dual_gradient"][0]).xreplace(place))


def test_a_metric_of_log_sum_exp_has_a_closed_potential() -> None:
    x, y = reals(["x1", "x2"])
    metric = hessian(2 * x**2 + 2 * y**2 + log(exp(x) + exp(y)), [x, y])
    text = "; ".join(", ".join(str(e) for e in row) for row in metric.tolist())
    found = show("--metric", text, "--start", "x1=-2/3, x2=2")
    assert found["potential"]["form"] == "closed" and found["potential"]["value"] is not None
    betas = reals(["beta1", "beta2"])
    moved = hessian(read(found["potential"]["value"]), betas)
    place = {betas[0]: Rational(1, 3), betas[1]: Rational(-1, 2)}
    here = {x: Rational(1, 3), y: Rational(-1, 2)}
    assert all(close(moved[i, j].xreplace(place), metric[i, j].xreplace(here)) for i in range(2) for j in range(2))


@pytest.mark.parametrize(("predictor", "sign", "shift"), [("u*v", 1, 0), ("u*v", -1, 0), ("u*v + u", 1, 1)])
def test_two_scales_of_unknown_order_have_one_closed_form(predictor: str, sign: int, shift: int) -> None:
    """u v from (a, +-b): M = sqrt(4 beta^2 + (a^2 - b^2)^2), whose constant may be zero.  Q'' = 1/M by quadrature.

    u (v + 1) is the same model with b + 1 for b.
    """
    found = show(predictor, "--start", f"u=a, v={sign}*b")
    assert found["potential"]["form"] == "closed"
    slope, value = read(found["potential"]["gradient"][0]), read(found["potential"]["value"])
    a, b, beta = reals(["a", "b", "beta1"])
    for scales in ((2, 1), (1, 2), (3, 3), (3, 2)):
        at = sign * mpmath.mpf("0.7")
        gap = scales[0] ** 2 - (scales[1] + shift) ** 2
        start = sign * scales[0] * (scales[1] + shift)

        def curvature(t: mpmath.mpf, gap: int = gap) -> mpmath.mpf:
            return 1 / mpmath.sqrt(4 * t**2 + gap**2)

        def moment(t: mpmath.mpf, at: mpmath.mpf = at, curvature: Callable = curvature) -> mpmath.mpf:
            return (at - t) * curvature(t)

        point = {a: scales[0], b: scales[1], beta: Rational(7 * sign, 10)}
        assert mpmath.almosteq(mpmath.mpmathify(slope.xreplace(point).evalf(20)), mpmath.quad(curvature, [start, at]))
        assert mpmath.almosteq(mpmath.mpmathify(value.xreplace(point).evalf(20)), mpmath.quad(moment, [start, at]))


def test_the_closed_form_of_two_scales_goes_on_to_one_of_them() -> None:
    found, (b, beta) = show("u*v", "--start", "u=a, v=b"), reals(["b", "beta1"])
    (small,) = [read(r["equivalent"]) for r in found["regimes"] if r["limit"] == "a -> 0 (b fixed)"]
    for side in (2, -2):
        expected = Rational(1, 4) + side * asinh(2 * side) / 2 - sqrt(17) / 4  # the hypentropy of u = 0, v = +-1
        assert close(small.xreplace({b: Rational(1), beta: Rational(side)}), expected)


def test_no_closed_form_is_claimed_where_the_side_of_the_start_is_open() -> None:
    """u (v - 1) from (a, b) starts on either side of beta = 0: the logarithm of one side is wrong on the other."""
    assert show("u*v - u", "--start", "u=a, v=b")["potential"]["form"] != "closed"
