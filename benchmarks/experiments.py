"""One point of Azulay et al. 2021, figure 7.1: gradient descent against the minimiser of the derived potential.

Run from the root of the repository: `python benchmarks/experiments.py [--alpha 1e-3] [--shape 0] [--seconds 60]`.
Both are float64 and one thread, in one run on one machine, d = 1000, N = 100, 5 nonzeros, variance 0.01:

* the minimiser: `verify.minimise.arrays`, the derivation included;
* gradient descent on up*vp - um*vm from up = um, vp = vm of that scale and shape, until |X beta - y| falls below
  1e-6 |y| or the seconds are over.  Its steps are `fraction` of the largest that are safe: 1 over the largest
  eigenvalue of X M X^T/N, and no weight changes by more than 10%; both are looked at every 20 steps.

Steps that large descend fast, to another interpolator: only as they go to 0 does descent end where gradient flow does,
with an error in proportion to the step.  So the table shows for each fraction how far descent ended from the minimiser.
"""

import argparse
import math
from time import perf_counter

import numpy as np
from sympy import Float
from threadpoolctl import threadpool_limits

from verify.experiments.sparse_regression import ALPHA, RATIO, neuron_pair
from verify.minimise.arrays import minimise_arrays
from verify.recipes import arrays

CHANGE, REFRESH, REACHED = 0.1, 20, 1e-6
FRACTIONS = (0.5, 0.05, 0.005, 0.0005)
Descent = tuple[np.ndarray, int, float, float]


def descend(x: np.ndarray, y: np.ndarray, alpha: float, ratio: float, fraction: float, seconds: float) -> Descent:
    """(beta, steps, seconds, |X beta - y|/|y|) of gradient descent on (1/2N) |X beta - y|^2."""
    count, d = x.shape
    up = np.full(d, math.sqrt(alpha) * ratio)
    vp = np.full(d, math.sqrt(alpha) / ratio)
    um, vm = up.copy(), vp.copy()
    begin, steps, step = perf_counter(), 0, 0.0
    while True:
        beta = up * vp - um * vm
        rest = x @ beta - y
        far = float(np.linalg.norm(rest) / np.linalg.norm(y))
        if far < REACHED or perf_counter() - begin > seconds:
            return beta, steps, perf_counter() - begin, far
        slope = x.T @ rest / count
        if steps % REFRESH == 0:
            metric = up**2 + vp**2 + um**2 + vm**2
            step = fraction * count / float(np.linalg.norm((x * metric) @ x.T, 2))
            step = min(step, fraction * CHANGE / float(np.abs(slope).max()))
        slope *= step
        up, vp, um, vm = up - slope * vp, vp - slope * up, um + slope * vm, vm + slope * um
        steps += 1


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--alpha", type=float, default=1e-3)
    parser.add_argument("--shape", type=float, default=0.0)
    parser.add_argument("--seconds", type=float, default=60.0, help="for each row")
    args = parser.parse_args()
    found = arrays("sparse-regression")
    assert found is not None
    ratio = math.sqrt((1 + args.shape) / (1 - args.shape))
    constants = {ALPHA: Float(math.sqrt(args.alpha)), RATIO: Float(ratio)}
    with threadpool_limits(1):
        begin = perf_counter()
        derivation = neuron_pair()
        derived = perf_counter() - begin
        least = minimise_arrays(derivation, *found, subject_to="interpolation", constants=constants)
        print(f"alpha = {args.alpha:g}, s = {args.shape:g}, d = {found[0].shape[1]}, N = {len(found[1])}")
        print(f"derivation {derived:.2f} s, once for a whole figure")
        print(f"minimiser  {least.seconds:.3f} s, |X beta - y| <= {least.kkt_residual:.1e}")
        print("descent:   fraction    steps   seconds  |X beta - y|/|y|  from the minimiser  seconds/minimiser's")
        for fraction in FRACTIONS:
            beta, steps, spent, far = descend(*found, args.alpha, ratio, fraction, args.seconds)
            apart = float(np.abs(beta - least.beta).max() / np.abs(least.beta).max())
            bound = "" if far < REACHED else " at least"
            print(
                f"{fraction:19g} {steps:8d} {spent:9.2f} {far:17.1e} {apart:19.1e} {bound}{spent / least.seconds:12.0f}"
            )


if __name__ == "__main__":
    main()
