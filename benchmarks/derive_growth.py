"""How the time of `derive` grows with the dimension, the depth and the number of parameters.

Run from the root of the repository: `python benchmarks/derive_growth.py` (a minute or more).  Processor time, in
one process, after one run to warm up; the ratio is to the smallest member of the family.  A stage that meets the
time limit is named: its answer is `unknown`, or left out, and the time printed is that of the limit.
"""

from statistics import median
from time import process_time

from derive.catalogue import architecture
from derive.derivation import Derivation
from derive.pipeline import derive

LIMIT = 20.0
REPEATS = 3
FAMILIES: tuple[tuple[str, str, dict[str, int], str, tuple[int, ...]], ...] = (
    ("separable: equal blocks once", "diagonal", {"depth": 2}, "dimension", (1, 10, 100, 200)),
    ("one block of d coordinates", "neuron", {}, "dimension", (2, 3, 4, 5)),
    ("square root in F", "weight-normalization", {}, "dimension", (2, 3, 4)),
    ("exponentials in F", "softmax", {}, "dimension", (1, 2, 3)),
    ("circular convolution", "convolution", {}, "dimension", (2, 3, 4)),
    ("depth, one coordinate, tied", "diagonal", {"dimension": 1}, "depth", (2, 3, 4, 8, 16)),
    ("depth, one coordinate, untied", "layers", {"dimension": 1}, "depth", (2, 3, 4, 5, 6)),
    ("depth, two coordinates", "chain", {"dimension": 2}, "depth", (2, 3, 4, 5)),
    ("parameters, one coordinate", "wide", {"dimension": 1}, "width", (1, 2, 3, 4)),
    ("neurons of two coordinates", "neurons", {"dimension": 2}, "width", (2, 3, 4)),
    ("balanced from the start", "fully-connected", {"width": 2, "dimension": 2}, "depth", (2, 3, 4)),
    ("functions of a symmetric matrix", "matrix-power", {}, "size", (2, 3)),
    ("columns of U, 2 x 2", "psd", {"size": 2}, "rank", (1, 2, 3)),
)


def seconds(name: str, options: dict[str, int]) -> tuple[float, Derivation]:
    """The median processor time of `derive`, one run where it is long, and the last result."""
    times: list[float] = []
    while True:
        model = architecture(name).model(**options)
        begin = process_time()
        found = derive(model, time_limit=LIMIT)
        times.append(process_time() - begin)
        if len(times) == REPEATS or times[0] > 2:
            return median(times), found


def main() -> None:
    """Measure and print."""
    derive(architecture("neuron").model())
    for title, name, fixed, option, values in FAMILIES:
        given = ", ".join(f"{k} {v}" for k, v in fixed.items())
        print(f"{title}: {name} {given}".rstrip())
        smallest = 0.0
        for value in values:
            spent, found = seconds(name, fixed | {option: value})
            smallest = smallest or spent
            cut = ", ".join(stage for stage, t in found.seconds if t >= LIMIT)
            size = f"p = {len(found.model.parameters)}, d = {len(found.model.predictor)}"
            note = f"  limit reached: {cut}" if cut else ""
            print(f"  {option} {value:<5} {size:<18} {spent:7.2f} s {spent / smallest:8.1f}{note}", flush=True)


if __name__ == "__main__":
    main()
