"""Minimisers in float64: this toolkit, CVXPY with Clarabel, SciPy's SLSQP and trust-constr, in one run.

Run from the root of the repository: `python benchmarks/minimisers.py [large]`; needs the extra `benchmark`.  Model:
diagonal, depth 2, Q = sum_i q(beta_i), q' = asinh(beta / m) / 4, m = 2 alpha^2 (Woodworth et al. 2020); X Gaussian,
y from five ones and a little noise.

CVXPY is given the exponential-cone form of Q: 4 q(beta) = min over u, v > 0, u - v = beta, of sum
of relative entropies, u log(2 u / m) - u + v log(2 v / m) - v + m.  (At its minimum u v = m^2 / 4.)  SLSQP and
trust-constr are given Q with its gradient, trust-constr its Hessian too, both from beta = 0.  Errors are the largest
|beta - exact| over the largest |beta|, where `exact` is the minimiser enclosed by Krawczyk's test at 20 digits.  Times
are compared at equal accuracy: each competitor runs at tolerances from 1e-6 to 1e-16, and the fastest run whose error
is at most the goal counts, with its tolerance; where no run reaches the goal, the one with the least error is shown.
"""

import importlib
import sys
import warnings
from collections.abc import Callable
from time import perf_counter

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, minimize
from scipy.sparse import diags
from sympy import Rational, Symbol
from threadpoolctl import threadpool_limits

from derive.catalogue import architecture
from derive.pipeline import derive
from verify.data import DataSet
from verify.minimise import minimise, minimise_arrays

Solver = Callable[[np.ndarray, np.ndarray, str, Rational, float], np.ndarray]
TOLERANCES = (1e-6, 1e-8, 1e-10, 1e-12, 1e-14, 1e-16)
GOALS = (1e-8, 1e-12)


def problem(n: int, d: int, subject: str) -> tuple[np.ndarray, np.ndarray]:
    """X with entries of four decimals, so that exact and float64 data are the same, and y or labels."""
    rng = np.random.default_rng(1)
    x = np.round(rng.standard_normal((n, d)), 4)
    y = np.round(x[:, :5].sum(axis=1) + 0.01 * rng.standard_normal(n), 4)
    return x, y if subject == "interpolation" else np.sign(y)


def size(alpha: Rational) -> float:
    """m."""
    return 2 * float(alpha) ** 2


def q(beta: np.ndarray, m: float) -> tuple[float, np.ndarray]:
    """Q and its gradient."""
    slope = np.arcsinh(beta / m) / 4
    return float((beta * slope - (np.sqrt(m**2 + beta**2) - m) / 4).sum()), slope


def ours(x: np.ndarray, y: np.ndarray, subject: str, alpha: Rational, tolerance: float = 0.0) -> np.ndarray:
    """This toolkit; the derivation of one coordinate is made once, outside."""
    return minimise_arrays(ONE, x, y, subject_to=subject, constants=constants(alpha), tolerance=tolerance).beta


def by_cvxpy(x: np.ndarray, y: np.ndarray, subject: str, alpha: Rational, tolerance: float) -> np.ndarray:
    """CVXPY with Clarabel, exponential cones."""
    cp = importlib.import_module("cvxpy")
    d = x.shape[1]
    u, v = cp.Variable(d), cp.Variable(d)
    half = size(alpha) / 2 * np.ones(d)
    goal = cp.sum(cp.rel_entr(u, half) - u + cp.rel_entr(v, half) - v)
    margins = x @ (u - v)
    constraint = margins == y if subject == "interpolation" else cp.multiply(y, margins) >= 1
    with warnings.catch_warnings():
        # it says that tolerances this tight were not quite reached; the error is in the table
        warnings.simplefilter("ignore")
        cp.Problem(cp.Minimize(goal), [constraint]).solve(
            solver=cp.CLARABEL, tol_gap_abs=tolerance, tol_gap_rel=tolerance, tol_feas=tolerance
        )
    return u.value - v.value


def by_slsqp(x: np.ndarray, y: np.ndarray, subject: str, alpha: Rational, tolerance: float) -> np.ndarray:
    """SciPy's SLSQP."""
    rows, right, kind = (x, y, "eq") if subject == "interpolation" else (y[:, None] * x, np.ones(len(y)), "ineq")
    constraint = {"type": kind, "fun": lambda b: rows @ b - right, "jac": lambda b: rows}
    options = {"ftol": tolerance, "maxiter": 2000}
    return minimize(
        q, np.zeros(x.shape[1]), (size(alpha),), method="SLSQP", jac=True, constraints=constraint, options=options
    ).x


def by_trust_constr(x: np.ndarray, y: np.ndarray, subject: str, alpha: Rational, tolerance: float) -> np.ndarray:
    """SciPy's trust-constr, with the Hessian."""
    equal = subject == "interpolation"
    rows, low, high = (x, y, y) if equal else (y[:, None] * x, np.ones(len(y)), np.full(len(y), np.inf))
    return minimize(
        q, np.zeros(x.shape[1]), (size(alpha),), method="trust-constr", jac=True,
        hess=lambda b, m: diags(0.25 / np.sqrt(m**2 + b**2)), constraints=LinearConstraint(rows, low, high),
        bounds=None if equal else Bounds(-np.inf, np.inf),
        options={"gtol": tolerance, "xtol": tolerance, "barrier_tol": tolerance, "maxiter": 300},
    ).x  # fmt: skip


def exact(x: np.ndarray, y: np.ndarray, subject: str, alpha: Rational) -> np.ndarray:
    """The enclosed minimiser, to 20 digits."""
    rows = tuple(tuple(Rational(round(float(e) * 10**4), 10**4) for e in row) for row in x)
    right = tuple(Rational(round(float(e) * 10**4), 10**4) for e in y)
    model = derive(architecture("diagonal").model(depth=2, dimension=x.shape[1]))
    data = DataSet(name="benchmark", X=rows, y=right)
    found = minimise(model, data, subject_to=subject, digits=20, constants=constants(alpha))
    return np.array([float(b.mid()) for b in found.beta])


def seconds(solver: Solver, *arguments: object) -> tuple[np.ndarray, float]:
    """The answer and the best time of the runs that fit into a third of a second (at least one)."""
    best, first = np.inf, perf_counter()
    while True:
        begin = perf_counter()
        answer = solver(*arguments)
        end = perf_counter()
        best = min(best, end - begin)
        if end - first > 1 / 3:
            return answer, best


def compare(n: int, d: int, subject: str, alpha: Rational, solvers: dict[str, Solver]) -> None:
    """Times, errors and ratios on one problem."""
    x, y = problem(n, d, subject)
    known = exact(x, y, subject, alpha)
    scale = np.abs(known).max()
    print(f"\nd = {d}, N = {n}, {subject}, alpha = {alpha}")
    own = {}
    for goal in (*GOALS, 0.0):
        answer, own[goal] = seconds(ours, x, y, subject, alpha, goal)
        error = np.abs(answer - known).max() / scale
        print(f"  this toolkit {goal:14.0e}: {own[goal] * 1e3:9.2f} ms   error {error:8.1e}")
    for name, solver in solvers.items():
        runs = []
        for tolerance in TOLERANCES:
            try:
                answer, spent = seconds(solver, x, y, subject, alpha, tolerance)
            except Exception:  # a competitor may refuse a tolerance, each with an error of its own
                continue
            runs.append((spent, float(np.abs(answer - known).max() / scale), tolerance))
        for goal in GOALS:
            reached = [run for run in runs if run[1] <= goal]
            spent, error, tolerance = min(reached) if reached else min(runs, key=lambda run: run[1])
            print(
                f"  {name:<20} {goal:7.0e}: {spent * 1e3:9.2f} ms   error {error:8.1e}   ratio {spent / own[goal]:9.1f}"
                f"   tolerance {tolerance:.0e}{'' if reached else '   (goal not reached)'}"
            )


def large(alpha: Rational) -> None:
    """d = 100,000, N = 500: this toolkit alone."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal((500, 100_000))
    found = minimise_arrays(ONE, x, x[:, :5].sum(axis=1), subject_to="interpolation", constants=constants(alpha))
    print(
        f"\nd = 100000, N = 500, interpolation: {found.seconds:.1f} s, {found.steps} Newton steps, "
        f"residual {found.kkt_residual:.1e}, last correction {found.correction:.1e}"
    )


def constants(alpha: Rational) -> dict[Symbol, Rational]:
    """The start's constant."""
    return dict.fromkeys(ONE.model.constants, alpha)


ONE = derive(architecture("diagonal").model(depth=2, dimension=1))
SOLVERS: dict[str, Solver] = {
    "CVXPY with Clarabel": by_cvxpy,
    "SciPy SLSQP": by_slsqp,
    "SciPy trust-constr": by_trust_constr,
}


def main(arguments: list[str]) -> None:
    """Measure and print."""
    # one BLAS thread for everybody: on matrices this small two threads mostly wait for each other
    with threadpool_limits(limits=1):
        measure()
    if "large" in arguments:
        large(Rational(1, 10))


def measure() -> None:
    """Every comparison."""
    few = {"CVXPY with Clarabel": by_cvxpy}
    for alpha in (Rational(1), Rational(1, 10), Rational(1, 1000)):
        for subject in ("interpolation", "margin"):
            compare(10, 100, subject, alpha, SOLVERS)
    for alpha in (Rational(1, 10), Rational(1, 1000)):
        compare(100, 1000, "interpolation", alpha, few)


if __name__ == "__main__":
    main(sys.argv[1:])
