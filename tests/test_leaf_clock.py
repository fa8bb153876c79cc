"""Products of powers have their dual time as a function of one parameter; it is the time of their flow.

The oracle is mpmath's Taylor integrator on dw/ds = grad F, which knows no conserved quantity: at w(s) the gradient of Q
must be s, and Q must be s beta(s) minus the integral of beta.  Where the clock is an elliptic integral it stays one,
and what minimises Q is compared with where a flow ends.
"""

from pathlib import Path

import mpmath
import pytest
from console import point, read, show
from flint import arb
from sympy import Expr, Integer, Integral, Rational, Symbol, lambdify, sqrt
from verify_console import csv, document

from derive.exact.balls import ball, integral_to
from derive.exact.quadrature import float_integral

TIME = "0.02"
CASES = [
    ("u**2*w", "u=1, w=0"),  # arctangent
    ("u**2*w", "u=2, w=0"),
    ("u**2*w", "u=-1, w=2"),  # logarithms
    ("u**2*w", "u=1, w=-2"),
    ("u**3*w", "u=1, w=1/2"),  # rational
    ("u**3*w", "u=-2, w=1/3"),
    ("u**4*w", "u=3/2, w=0"),
    ("u**2*w**2", "u=1, w=2"),
    ("u**2*v**3", "u=1, v=1/3"),
    ("u**2*v*w", "u=5/2, v=1, w=3/2"),  # one root, made rational
    ("u*v*w", "u=1, v=2, w=3"),  # elliptic
    ("(u*v)**2*w", "u=1, v=2, w=0"),  # SymPy's integration ends in an error of its own here
    ("u*v*w", "u=-1, v=2, w=0"),
    ("3*u*v*w*z", "u=1, v=-2, w=3, z=1/2"),
]


@pytest.mark.parametrize(("predictor", "start"), CASES)
def test_the_clock_of_a_leaf_is_the_time_of_its_flow(predictor: str, start: str) -> None:
    q = show(predictor, "--start", start)["potential"]
    assert q["status"] == "proved"
    assert q["parametric"] is not None
    begin = point(dict(pair.strip().split("=") for pair in start.split(",")))
    f = read(predictor)
    with mpmath.workdps(40):
        ends = flow(f, begin, mpmath.mpf(TIME))
        values = {k: v for k, v in ends.items() if isinstance(k, Symbol)}
        gradient, value = (number(read(t), values) for t in (q["parametric"]["gradient"][0], q["parametric"]["value"]))
        assert abs(gradient - mpmath.mpf(TIME)) < mpmath.mpf(10) ** -15
        expected = mpmath.mpf(TIME) * number(f, values) - ends["area"]
        assert abs(value - expected) < mpmath.mpf(10) ** -15


@pytest.mark.parametrize("order", ["u**2*w*v", "u**2*v*w", "w*u**2*v", "v*w*u**2"])
def test_the_gradient_is_real_where_a_flow_runs_through_zero(order: str) -> None:
    """On u^2 = 2 v^2 + 17/4, w^2 = v^2 + 5/4 a flow of u^2 v w passes v = 0, where v is no function of w or of u: in w
    the gradient had logarithms of negative numbers behind it."""
    q = show(order, "--start", "u=5/2, v=1, w=3/2")["potential"]
    behind = point({"u": "5/2", "v": "-1", "w": "3/2"})
    found = ball(read(q["parametric"]["gradient"][0]), 200, behind)
    assert found.is_finite()
    with mpmath.workdps(30):
        time = mpmath.quad(
            lambda v: 1 / ((2 * v**2 + 17 / mpmath.mpf(4)) * mpmath.sqrt(v**2 + 5 / mpmath.mpf(4))), [1, 0, -1]
        )
        assert abs(mpmath.mpf(found.mid().str(30, radius=False)) - time) < mpmath.mpf(10) ** -20


def test_two_roots_stay_an_integral() -> None:
    """u v w from unequal weights: Q' is an elliptic integral of the first kind, which has no elementary form."""
    q = show("u*v*w", "--start", "u=1, v=2, w=3")["potential"]
    assert q["form"] == "quadrature"
    with mpmath.workdps(30):
        # Byrd and Friedman 1971, 221.00: the integral of dt / sqrt((t^2 + a^2)(t^2 + b^2)) from 0 to x is F(phi, k)/a
        # with tan phi = x/b, k^2 = 1 - b^2/a^2, a > b
        a, b = mpmath.sqrt(8), mpmath.sqrt(3)
        low, high = (mpmath.ellipf(mpmath.atan(x / b), 1 - b**2 / a**2) / a for x in (1, 5))
        found = number(read(q["parametric"]["gradient"][0]), {Symbol("u", real=True): mpmath.mpf(5)})
        assert abs(found - (high - low)) < mpmath.mpf(10) ** -25


@pytest.mark.parametrize(("low", "high"), [(1, 5), (-3, 2), (2, 0), (0, 10**6)])
def test_an_enclosed_integral_contains_the_value_and_is_narrow(low: int, high: int) -> None:
    t = Symbol("t", real=True)
    e = Integral(1 / (sqrt(t**2 + 3) * sqrt(t**2 + 8) * (t**2 + Rational(1, 10**6))), (t, low, high))
    found = ball(e, 200)
    with mpmath.workdps(60):
        ends = sorted((low, high))
        scales = [mpmath.mpf(10) ** k for k in range(-4, 7)]  # mpmath does not subdivide by itself
        path = sorted({*ends, *(s * x for x in scales for s in (1, -1) if ends[0] < s * x < ends[1])})
        expected = (1 if low < high else -1) * mpmath.quad(lambdify(t, e.function, "mpmath"), path)
        assert abs(mpmath.mpf(found.mid().str(60, radius=False)) - expected) < abs(expected) * mpmath.mpf(10) ** -45
    assert found.rad() < abs(found.mid()) * arb(10) ** -50
    assert float_integral(e)(float(high)) == pytest.approx(float(expected), rel=1e-12)
    wide = integral_to(e, ball(Integer(high), 200) + arb(0, 1e-10))
    assert wide.contains(ball(Integral(e.function, (t, low, high + Rational(1, 10**11))), 200))


def test_what_minimises_an_integral_is_where_the_flow_ends(tmp_path: Path) -> None:
    data = csv(tmp_path, "x1,x2,y\n1,2,9\n")
    start = "u=1, v=2, w=3, a=1, b=2, c=0"
    found = document("limit", "u*v*w, a*b*c", "--start", start, "--data", data, "--digits", "25")
    assert found["verdict"] == "proved"
    assert found["agreement_digits"] >= 25


def flow(f: Expr, begin: dict[Symbol, Expr], time: mpmath.mpf) -> dict:
    """w(time) and the integral of F along the flow, by mpmath in 40 digits."""
    symbols = list(begin)
    field = [lambdify(symbols, f.diff(w), "mpmath") for w in symbols] + [lambdify(symbols, f, "mpmath")]
    first = [mpmath.mpf(v.p) / v.q for v in begin.values()] + [mpmath.mpf(0)]
    with mpmath.workdps(20):
        solved = mpmath.odefun(lambda _, w: [g(*w[:-1]) for g in field], 0, first)(time)
    return dict(zip([*symbols, "area"], solved, strict=True))


def number(e: Expr, values: dict[Symbol, mpmath.mpf]) -> mpmath.mpf:
    symbols = list(values)
    return lambdify(symbols, e, "mpmath")(*(values[s] for s in symbols))
