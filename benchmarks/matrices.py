"""Minimisers over positive semidefinite matrices: this toolkit, and CVXPY with Clarabel and SCS, in one run.

Run from the root of the repository: `python benchmarks/matrices.py`; needs the extra `benchmark`.  Data: N symmetric
measurements with entries of small integers and the values of a planted U U^T, of rank 2 for the nuclear norm and
of full rank for the spectral entropy.  Errors are the largest |B - proved| over the largest |B|, where `proved` is this
toolkit's answer to 20 digits (enclosed or exact); its time includes the proof.  The spectral entropy is CVXPY's
`von_neumann_entr`, which is a quadrature of its own: its error does not fall with the tolerance.
"""

import importlib
from collections.abc import Callable
from time import perf_counter

import numpy as np
from sympy import Rational
from threadpoolctl import threadpool_limits

from verify.data import DataSet
from verify.matrices.api import minimise_matrix, parse_matrix_function
from verify.matrices.symmetric import places

ALPHA = "1/10"


def problem(k: int, n: int, rank: int) -> tuple[np.ndarray, np.ndarray]:
    """Measurements (N rows over the entries on and above the diagonal) and their values."""
    rng = np.random.default_rng(k)
    u = rng.integers(-2, 3, (k, rank))
    x = rng.integers(-3, 4, (n, k * (k + 1) // 2))
    return x, x @ np.array([(u @ u.T)[p] for p in places(k)])


def ours(x: np.ndarray, y: np.ndarray, norm: str) -> tuple[np.ndarray, str]:
    """The entries, and what proves them."""
    data = DataSet(
        name="benchmark",
        X=tuple(tuple(Rational(int(e)) for e in row) for row in x),
        y=tuple(Rational(int(e)) for e in y),
    )
    function = parse_matrix_function(norm)
    assert function is not None
    found = minimise_matrix(function, data, subject_to="interpolation", digits=20)
    return np.array([float(b.mid()) for b in found.beta]), found.how


def by_cvxpy(x: np.ndarray, y: np.ndarray, norm: str, k: int, solver: str) -> np.ndarray:
    """CVXPY, at the solver's default tolerances."""
    cp = importlib.import_module("cvxpy")
    matrix = cp.Variable((k, k), symmetric=True)
    trace = cp.trace(matrix)
    shift = 1 + 2 * np.log(float(Rational(ALPHA)))
    goal = trace if norm == "nuclear" else -cp.von_neumann_entr(matrix) - shift * trace
    entries = cp.hstack([matrix[p] for p in places(k)])
    cp.Problem(cp.Minimize(goal), [matrix >> 0, x @ entries == y]).solve(solver=solver)
    return np.array([matrix.value[p] for p in places(k)])


def timed(work: Callable[[], object]) -> tuple[object, float]:
    """The answer and the better time of two runs."""
    times = []
    for _ in range(2):
        begin = perf_counter()
        answer = work()
        times.append(perf_counter() - begin)
    return answer, min(times)


def main() -> None:
    """Measure and print."""
    with threadpool_limits(limits=1):
        for norm in ("nuclear", f"spectral-entropy:{ALPHA}"):
            for k, n in ((4, 6), (8, 12), (8, 30)):
                compare(norm, k, n)


def compare(norm: str, k: int, n: int) -> None:
    """One problem."""
    x, y = problem(k, n, 2 if norm == "nuclear" else k)
    (known, how), first = timed(lambda: ours(x, y, norm))
    print(f"\n{norm}, k = {k}, N = {n}\n  this toolkit {first * 1e3:10.1f} ms   {how}")
    for solver in ("CLARABEL", "SCS"):
        try:
            answer, spent = timed(lambda solver=solver: by_cvxpy(x, y, norm, k, solver))
        except Exception as error:  # a solver may give up, each with an error of its own
            print(f"  {solver:<12} {type(error).__name__}")
            continue
        error = np.abs(answer - known).max() / np.abs(known).max()
        print(f"  {solver:<12} {spent * 1e3:10.1f} ms   error {error:8.1e}   ratio {spent / first:7.1f}")


if __name__ == "__main__":
    main()
