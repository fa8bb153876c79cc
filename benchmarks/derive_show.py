"""How long `derive show` takes, as a user feels it: whole commands, in processes of their own.

Run from the root of the repository: `python benchmarks/derive_show.py`.  The unit is the start-up of the
program itself (`derive --help`), measured in the same run; the ratio says how many start-ups a derivation costs.
"""

import subprocess
import sys
from statistics import median
from time import perf_counter

MODELS = (
    ("diagonal, D = 2", ("diagonal", "--depth", "2")),
    ("diagonal, D = 3", ("diagonal", "--depth", "3")),
    ("diagonal, D = 4", ("diagonal", "--depth", "4")),
    ("diagonal, D = 5", ("diagonal", "--depth", "5")),
    ("diagonal, D = 10", ("diagonal", "--depth", "10")),
    ("hadamard u*v", ("hadamard",)),
    ("untied u+v+ - u-v-", ("untied",)),
    ("neuron, d = 2", ("neuron", "--dimension", "2")),
    ("neuron, d = 3, delta > 0", ("a*w1, a*w2, a*w3", "--start", "a=2, w1=3/5, w2=4/5, w3=0")),
    ("neuron, d = 3, delta < 0", ("a*w1, a*w2, a*w3", "--start", "a=1, w1=3/5, w2=8/5, w3=0")),
    ("a metric", ("--metric", "1+w1**2, w1*w2; w1*w2, 1+w2**2")),
    ("U U^T, 2 x 2", ("u11**2+u12**2, u11*u21+u12*u22, u21**2+u22**2",)),
    ("U V^T, 2 x 2", ("u1*x1+u2*x2, u1*y1+u2*y2, v1*x1+v2*x2, v1*y1+v2*y2",)),
)
REPEATS = 3


def seconds(arguments: tuple[str, ...]) -> float:
    """The median wall-clock time of a whole command."""
    times = []
    for _ in range(REPEATS):
        begin = perf_counter()
        subprocess.run([sys.executable, "-m", "derive", *arguments], check=True, capture_output=True)
        times.append(perf_counter() - begin)
    return median(times)


def main() -> None:
    """Measure and print."""
    start_up = seconds(("--help",))
    print(f"{'derive --help (start-up)':<28} {start_up:6.2f} s   1.0")
    for name, arguments in MODELS:
        spent = seconds(("show", *arguments))
        print(f"{name:<28} {spent:6.2f} s  {spent / start_up:5.1f} start-ups, {spent - start_up:5.2f} s after start-up")


if __name__ == "__main__":
    main()
