"""The flow to a loss of 10^-1700 by this toolkit, by mpmath, and by SciPy in float64: times in one run, and ratios.

Run from the root of the repository: `python benchmarks/flow_engines.py [DIGITS ...]` (default: 16 30; mpmath
needs more than a minute at 50).  Model and data: diagonal, depth 2, alpha = 1, three-points-b, exponential loss.

mpmath.odefun is given its best variables: time rescaled by the loss, dw/dtau = -grad L/L, in which the whole
way is a few units long, and the end tau, which it would otherwise have to search for.  SciPy's solvers run in
the clock -log L, in float64; their error is measured against the arbitrary-precision result.
"""

import sys
from time import perf_counter

import mpmath
import numpy as np
from scipy.integrate import solve_ivp
from sympy import Rational

from derive.catalogue import architecture
from verify.data import load_data
from verify.decimal import parse_decimal, shown
from verify.flow.engine import Trajectory, flow
from verify.start import scaled

UNTIL = "1e-1700"
GAMMA = 1700 * np.log(10)


def ours(digits: int) -> tuple[Trajectory, float]:
    """This toolkit, from reading the data on."""
    begin = perf_counter()
    model = scaled(architecture("diagonal").model(depth=2, dimension=3), Rational(1))
    run = flow(
        model, load_data("three-points-b"), loss="exponential", until=parse_decimal(UNTIL, where="until"), digits=digits
    )
    return run, perf_counter() - begin


def rows() -> list[list[Rational]]:
    """The labelled points."""
    return [list(r) for r in load_data("three-points-b").signed]


def float_slope(w: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, float]:
    """dw/dtau and d(-log L)/dtau at w = (w+, w-) interleaved, in float64."""
    plus, minus = w[0::2], w[1::2]
    margins = x @ (plus**2 - minus**2)
    weights = np.exp(margins.min() - margins)
    force = weights @ x / weights.sum()
    slope = np.empty_like(w)
    slope[0::2], slope[1::2] = 2 * plus * force, -2 * minus * force
    return slope, float(slope @ slope)


def end_of_rescaled_time() -> float:
    """tau at the target: the integral of 1/|dw/dtau|^2 over -log L."""
    x = np.array([[float(e) for e in r] for r in rows()])

    def rate(_: float, state: np.ndarray) -> np.ndarray:
        slope, speed = float_slope(state[:-1], x)
        return np.append(slope, 1.0) / speed

    run = solve_ivp(rate, (0.0, GAMMA), np.append(np.ones(6), 0.0), method="LSODA", rtol=1e-12, atol=1e-14)
    return float(run.y[-1, -1])


def by_mpmath(digits: int, tau: float) -> float:
    """Seconds of mpmath.odefun over the same range."""
    with mpmath.workdps(digits):
        x = [[mpmath.mpf(int(e.p)) / int(e.q) for e in r] for r in rows()]

        def slope(_: mpmath.mpf, w: list[mpmath.mpf]) -> list[mpmath.mpf]:
            beta = [w[2 * i] ** 2 - w[2 * i + 1] ** 2 for i in range(3)]
            margins = [mpmath.fdot(r, beta) for r in x]
            low = min(margins)
            weights = [mpmath.exp(low - m) for m in margins]
            total = mpmath.fsum(weights)
            force = [2 * mpmath.fdot(weights, [r[i] for r in x]) / total for i in range(3)]
            return [v for i in range(3) for v in (force[i] * w[2 * i], -force[i] * w[2 * i + 1])]

        begin = perf_counter()
        mpmath.odefun(slope, 0, [mpmath.mpf(1)] * 6)(mpmath.mpf(tau))
        return perf_counter() - begin


def by_scipy(method: str, exact: np.ndarray) -> tuple[float, float]:
    """Seconds and relative error of a SciPy solver in the clock -log L."""
    x = np.array([[float(e) for e in r] for r in rows()])

    def rate(_: float, w: np.ndarray) -> np.ndarray:
        slope, speed = float_slope(w, x)
        return slope / speed

    begin = perf_counter()
    run = solve_ivp(rate, (0.0, GAMMA), np.ones(6), method=method, rtol=1e-10, atol=1e-13)
    spent = perf_counter() - begin
    beta = run.y[0::2, -1] ** 2 - run.y[1::2, -1] ** 2
    return spent, float(np.abs(beta / exact - 1).max())


def main(arguments: list[str]) -> None:
    """Measure and print."""
    tau = end_of_rescaled_time()
    print(f"flow to 10^-1700 (rescaled time {tau:.4f}); seconds, and times slower than this toolkit\n")
    exact = np.ones(3)
    for digits in [int(a) for a in arguments] or [16, 30]:
        run, spent = ours(digits)
        exact = np.array([float(shown(b, 17)) for b in run.predictor])
        peer = by_mpmath(digits, tau)
        print(f"{digits:>3} digits   this toolkit {spent:7.2f}   mpmath.odefun {peer:8.2f}   ratio {peer / spent:7.1f}")
    for method in ("LSODA", "Radau"):
        spent, error = by_scipy(method, exact)
        print(f"float64      {method:<12} {spent:7.2f}   relative error {error:.1e}")


if __name__ == "__main__":
    main(sys.argv[1:])
