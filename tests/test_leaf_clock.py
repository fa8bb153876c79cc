"""Products of powers have their dual time as a function of one parameter; it is the time of their flow.

The oracle is mpmath's Taylor integrator on dw/ds = grad F, which knows no conserved quantity: at w(s) the gradient of Q
must be s, and Q must be s beta(s) minus the integral of beta.
"""

import mpmath
import pytest
from console import point, read, show
from sympy import Expr, Symbol, lambdify

TIME = "0.05"
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
