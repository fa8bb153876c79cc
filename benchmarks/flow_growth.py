"""What a flow costs as one quantity grows: digits, log10(1/eps), d, N and D, one at a time.

Run from the root of the repository: `python benchmarks/flow_growth.py [NAME ...]`, names among digits, decades, d, N, D
(default: all).  CPU seconds of this toolkit alone, the certificate beside the run.  The other quantities stay at 50
digits, 10^-1700, three-points-b and depth 2, or, for d, N and D, at 30 digits; in d and N rows are random and positive.
"""

import sys
from collections.abc import Callable
from random import Random
from time import process_time

from sympy import Rational

from derive.catalogue import architecture
from derive.errors import ToolkitError
from verify.data import DataSet, load_data
from verify.decimal import parse_decimal
from verify.flow.certified import certified_flow
from verify.flow.engine import Trajectory, flow
from verify.start import scaled


def random_rows(n: int, d: int) -> DataSet:
    """Rows that (1, ..., 1) separates."""
    random = Random(n * 1000 + d)
    rows = tuple(tuple(Rational(random.randint(1, 40), 20) for _ in range(d)) for _ in range(n))
    return DataSet(name="random", X=rows, y=(Rational(1),) * n)


def timed(solve: Callable[..., Trajectory], data: DataSet, depth: int, until: str, digits: int) -> str:
    """CPU seconds and the digits established, or why not."""
    model = scaled(architecture("diagonal").model(depth=depth, dimension=len(data.X[0])), Rational(1))
    begin = process_time()
    try:
        run = solve(model, data, loss="exponential", until=parse_decimal(until, where="until"), digits=digits)
    except ToolkitError as error:
        return f"refused: {error}"
    return f"{process_time() - begin:8.2f} s {run.digits:5d} digits {run.steps:5d} panels"


def table(name: str, entries: list[tuple[str, DataSet, int, str, int, bool]]) -> None:
    """One line an entry: the label, the run, and its certificate where that is asked for."""
    print(f"\n{name}")
    for label, data, depth, until, digits, certificate in entries:
        line = f"  {label:>10}   {timed(flow, data, depth, until, digits)}"
        if certificate:
            line += f"   certified {timed(certified_flow, data, depth, until, digits)}"
        print(line, flush=True)


def main(names: list[str]) -> None:
    """Measure and print."""
    b, far = load_data("three-points-b"), "1e-1700"
    tables = {
        "digits": [(str(n), b, 2, far, n, n <= 100) for n in (16, 30, 50, 100, 200)],
        "decades": [(str(k), b, 2, f"1e-{k}", 50, True) for k in (17, 170, 1700, 17_000, 170_000, 4_000_000)],
        "d": [(str(d), random_rows(3, d), 2, far, 30, d <= 10) for d in (3, 10, 30, 100, 300)],
        "N": [(str(n), random_rows(n, 3), 2, far, 30, n <= 30) for n in (3, 10, 30, 100)],
        "D": [(str(depth), b, depth, far, 30, True) for depth in (2, 3, 4, 6, 10)],
    }
    timed(flow, b, 2, "1e-3", 10)  # what SymPy caches belongs to no line
    for name in names or list(tables):
        table(name, tables[name])


if __name__ == "__main__":
    main(sys.argv[1:])
