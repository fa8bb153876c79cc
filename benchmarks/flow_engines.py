"""The flow to 10^-1700 by every engine of this toolkit, mpmath, heyoka, SciPy and normalised gradient descent.

CPU seconds, measured in one run, and ratios.  Run from the root of the repository:
`python benchmarks/flow_engines.py [DIGITS ...] [--random]` (default: 16 30; mpmath needs more than a minute at 50
digits and is left out from 100 on; `--random` adds 30 random points in 10 dimensions, which take heyoka minutes).
heyoka is an extra: `pip install ".[benchmark]"`; its multiprecision reals need a build with mppp.
Model: diagonal, depth 2, alpha = 1, exponential loss.

Everybody gets the variables that suit them best: mpmath.odefun and heyoka with multiprecision reals the parameters in
normalised time, dw/dtau = -grad L/L, in which the way is a few units long, and its end, for which they would otherwise
have to search; SciPy and heyoka in double the clock -log L, in which nothing underflows.  Normalised gradient descent
takes steps of length 1e-3 in w (Moroshko et al. 2020) until the loss is passed, and is interpolated there.
"""

import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from random import Random
from time import process_time
from typing import Any

import mpmath
import numpy as np
from flint import ctx
from scipy.integrate import solve_ivp
from sympy import Rational

from derive.catalogue import architecture
from verify.data import DataSet, load_data
from verify.decimal import parse_decimal, shown
from verify.flow.engine import Trajectory
from verify.flow.engines import ENGINES
from verify.flow.float_engine import look
from verify.flow.request import requested_field
from verify.losses import loss_named
from verify.start import scaled

UNTIL = parse_decimal("1e-1700", where="until")
GAMMA = 1700 * np.log(10)
STEP = 1e-3
# digits of a fast look, for the comparison with descent
LOOK = 6
HEYOKA = importlib.import_module("heyoka") if importlib.util.find_spec("heyoka") else None


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result, and CPU seconds."""
    begin = process_time()
    return work(), process_time() - begin


def model_for(data: DataSet):
    """The diagonal net of depth 2 from all ones."""
    return scaled(architecture("diagonal").model(depth=2, dimension=data.dimension), Rational(1))


def ours(engine: str, data: DataSet, digits: int) -> tuple[Trajectory, float]:
    """One of this toolkit's engines, from the model on."""
    run = ENGINES[engine].run
    return timed(lambda: run(model_for(data), data, loss="exponential", until=UNTIL, digits=digits))


def end_of_rescaled_time(data: DataSet) -> tuple[float, float]:
    """tau at the target, and gamma~ left to go from the start."""
    field, span = requested_field(model_for(data), data, loss_named("exponential"), UNTIL)
    before, ctx.prec = ctx.prec, 128
    try:
        return look(field, span, 5e-14).tau, float(span.last - span.first)
    finally:
        ctx.prec = before


def random_points() -> DataSet:
    """30 points in 10 dimensions, labelled by a direction."""
    random = Random(1)
    x = [[Rational(random.randint(-100, 100), 100) for _ in range(10)] for _ in range(30)]
    b = [Rational(random.randint(-100, 100), 100) for _ in range(10)]
    y = tuple(Rational(1 if sum(e * v for e, v in zip(row, b, strict=True)) > 0 else -1) for row in x)
    return DataSet(name="30 random points in 10 dimensions", X=tuple(map(tuple, x)), y=y)


# -- any precision ------------------------------------------------------------------------------------


def by_mpmath(data: DataSet, digits: int, tau: float) -> float:
    """Seconds of mpmath.odefun."""
    with mpmath.workdps(digits):
        x = [[mpmath.mpf(int(e.p)) / int(e.q) for e in row] for row in data.signed]
        d = data.dimension

        def slope(_: mpmath.mpf, w: list[mpmath.mpf]) -> list[mpmath.mpf]:
            beta = [w[2 * i] ** 2 - w[2 * i + 1] ** 2 for i in range(d)]
            weights = [mpmath.exp(-mpmath.fdot(row, beta)) for row in x]
            total = mpmath.fsum(weights)
            force = [2 * mpmath.fdot(weights, [row[i] for row in x]) / total for i in range(d)]
            return [v for i in range(d) for v in (force[i] * w[2 * i], -force[i] * w[2 * i + 1])]

        return timed(lambda: mpmath.odefun(slope, 0, [mpmath.mpf(1)] * (2 * d))(mpmath.mpf(tau)))[1]


def heyoka_system(data: DataSet, number: Callable[[Rational], Any], clock: bool, underflows: bool) -> list[Any]:
    """The equations of the parameters, in normalised time or in the clock -log L."""
    d, exp, total = data.dimension, HEYOKA.exp, HEYOKA.sum
    plus, minus = ([HEYOKA.make_vars(f"{sign}{i}") for i in range(d)] for sign in "pm")
    x = [[number(e) for e in row] for row in data.signed]
    margins = [total([e * (p * p - m * m) for e, p, m in zip(row, plus, minus, strict=True)]) for row in x]
    if underflows:  # softmax by differences
        weights = [1 / total([exp(m - other) for other in margins]) for m in margins]
    else:
        decayed = [exp(-m) for m in margins]
        weights = [e / total(decayed) for e in decayed]
    force = [2 * total([w * row[i] for w, row in zip(weights, x, strict=True)]) for i in range(d)]
    slopes = [f * p for f, p in zip(force, plus, strict=True)] + [-f * m for f, m in zip(force, minus, strict=True)]
    if clock:
        speed = total([s * s for s in slopes])
        slopes = [s / speed for s in slopes]
    return list(zip([*plus, *minus], slopes, strict=True))


def by_heyoka(data: DataSet, digits: int, tau: float) -> tuple[float, float]:
    """Seconds of compilation and of the run, with multiprecision reals."""
    precision = int(3.33 * digits) + 40
    real = lambda text: HEYOKA.real(text, precision)
    number = lambda e: HEYOKA.expression(real(str(int(e.p))) / real(str(int(e.q))))
    build = lambda: HEYOKA.taylor_adaptive(
        heyoka_system(data, number, clock=False, underflows=False), [real("1")] * (2 * data.dimension),
        fp_type=HEYOKA.real, prec=precision, compact_mode=True, tol=real(f"1e-{digits + 6}"),
    )  # fmt: skip
    solver, compilation = timed(build)
    return compilation, timed(lambda: solver.propagate_until(real(repr(tau))))[1]


def compare_precisions(data: DataSet, digits: Sequence[int], tau: float, mpmath_up_to: int) -> None:
    """One line a competitor and precision: seconds, and how many times collocation's."""
    for n in digits:
        lines = [(name, ours(name, data, n)[1], "") for name in ("collocation", "taylor")]
        if HEYOKA is not None and hasattr(HEYOKA, "real"):
            compilation, run = by_heyoka(data, n, tau)
            lines.append(("heyoka real", compilation + run, f"{compilation:.2f} of it compilation"))
        if n <= mpmath_up_to:
            lines.append(("mpmath.odefun", by_mpmath(data, n, tau), ""))
        for name, seconds, note in lines:
            print(f"{n:>4} digits   {name:<14} {seconds:9.3f}   ratio {seconds / lines[0][1]:8.2f}   {note}")


# -- float64 ------------------------------------------------------------------------------------------


def float_slope(w: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, float, float]:
    """dw/dtau, d(-log L)/dtau and log L at w = (w+, w-) interleaved."""
    plus, minus = w[0::2], w[1::2]
    margins = x @ (plus**2 - minus**2)
    low = margins.min()
    weights = np.exp(low - margins)
    total = weights.sum()
    force = weights @ x / total
    slope = np.empty_like(w)
    slope[0::2], slope[1::2] = 2 * plus * force, -2 * minus * force
    return slope, float(slope @ slope), float(np.log(total / len(x)) - low)


def by_scipy(method: str, x: np.ndarray) -> tuple[np.ndarray, float]:
    """beta and seconds of a SciPy solver in the clock -log L."""

    def rate(_: float, w: np.ndarray) -> np.ndarray:
        slope, speed, _ = float_slope(w, x)
        return slope / speed

    w0 = np.ones(2 * x.shape[1])
    first = float_slope(w0, x)[2]
    run, spent = timed(lambda: solve_ivp(rate, (-first, GAMMA), w0, method=method, rtol=1e-10, atol=1e-13))
    return run.y[0::2, -1] ** 2 - run.y[1::2, -1] ** 2, spent


def by_descent(x: np.ndarray) -> tuple[np.ndarray, float, int]:
    """beta, seconds and steps of normalised gradient descent."""

    def descend() -> tuple[np.ndarray, int]:
        w, steps = np.ones(2 * x.shape[1]), 0
        slope, speed, log_loss = float_slope(w, x)
        while True:
            ahead = w + STEP / np.sqrt(speed) * slope
            before, (slope, speed, log_loss) = log_loss, float_slope(ahead, x)
            steps += 1
            if log_loss <= -GAMMA:
                return w + (ahead - w) * (before + GAMMA) / (before - log_loss), steps
            w = ahead

    (w, steps), spent = timed(descend)
    return w[0::2] ** 2 - w[1::2] ** 2, spent, steps


def by_heyoka_double(data: DataSet, length: float) -> tuple[np.ndarray, float, float]:
    """beta, seconds of compilation and of the run."""
    number = lambda e: HEYOKA.expression(float(e))
    system = lambda: heyoka_system(data, number, clock=True, underflows=True)
    solver, compilation = timed(lambda: HEYOKA.taylor_adaptive(system(), [1.0] * (2 * data.dimension)))
    _, run = timed(lambda: solver.propagate_until(length))
    w = np.array(solver.state)
    return w[: data.dimension] ** 2 - w[data.dimension :] ** 2, compilation, run


def compare_floats(data: DataSet, exact: np.ndarray, length: float) -> None:
    """Seconds and relative errors, and the requirement on the float64 engine."""
    x = np.array([[float(e) for e in row] for row in data.signed])
    error = lambda beta: float(np.abs(beta / exact - 1).max())
    print()
    for digits in (15, LOOK):
        run, spent = ours("float64", data, digits)
        own = error(np.array([float(shown(b, 17)) for b in run.predictor]))
        note = f"({run.digits} of {digits} digits claimed)"
        print(f"float64       this toolkit    {spent:8.3f}   relative error {own:.1e}   {note}")
    for method in ("LSODA", "Radau"):
        beta, seconds = by_scipy(method, x)
        print(f"float64       SciPy {method:<9} {seconds:8.3f}   relative error {error(beta):.1e}")
    if HEYOKA is not None:
        beta, compilation, seconds = by_heyoka_double(data, length)
        note = f"relative error {error(beta):.1e}   ({compilation:.2f} of it compilation)"
        print(f"float64       heyoka          {compilation + seconds:8.3f}   {note}")
    beta, seconds, steps = by_descent(x)
    print(
        f"float64       descent         {seconds:8.3f}   relative error {error(beta):.1e}   ({steps} steps of {STEP:g})"
    )
    faster, closer = seconds / spent, error(beta) / own
    met = "met" if faster >= 30 and closer >= 1000 else "MISSED"
    print(
        f"\nfloat64 engine, {LOOK} digits, against descent: {faster:.0f} times faster (30 wanted), {closer:.0f} times",
        end=" ",
    )
    print(f"less error (1000 wanted): {met}")


def main(arguments: list[str]) -> None:
    """Measure and print."""
    digits = [int(a) for a in arguments if a.isdigit()] or [16, 30]
    data = load_data("three-points-b")
    tau, length = end_of_rescaled_time(data)
    print(f"flow to 10^-1700 (rescaled time {tau:.4f}); CPU seconds, and times those of collocation\n")
    compare_precisions(data, digits, tau, mpmath_up_to=50)
    reference, _ = ours("collocation", data, 25)
    compare_floats(data, np.array([float(shown(b, 17)) for b in reference.predictor]), length)
    if "--random" in arguments:
        points = random_points()
        tau, _ = end_of_rescaled_time(points)
        print(f"\n{points.name} (rescaled time {tau:.4f})\n")
        compare_precisions(points, [50], tau, mpmath_up_to=0)


if __name__ == "__main__":
    main(sys.argv[1:])
