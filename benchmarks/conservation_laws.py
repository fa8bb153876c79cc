"""Counts of conserved quantities of networks against the notebook of Marcotte, Gribonval, Peyre (NeurIPS 2023).

    python benchmarks/conservation_laws.py [COUNT]

The notebook (github.com/sibyllema/Conservation_laws, main.ipynb, sections C and D) reports 41.26 s for a random linear
network and 135.84 s for a random ReLU network, means over 50 networks, on 64 threads of SageMath 9.8, by floating-point
ranks, and it is told the number of laws that it is to find.  Here the same distributions of sizes are drawn: 2 to 4
layers, widths 2 to 5 (linear) and 2 to 9 (ReLU, biases with probability 1/2); a model is built, and its laws are
counted from both sides in exact arithmetic, on one thread, without being told.  Building is not timed.
"""

import sys
from collections.abc import Sequence
from itertools import product
from random import Random
from time import perf_counter

from sympy import Add, Mul, Symbol

from derive.laws.count import count_laws
from derive.model import Model

PUBLISHED = {"linear": 41.26, "relu": 135.84}


def weights(sizes: Sequence[int]) -> list[list[list[Symbol]]]:
    """One matrix a layer: entry [i][j] leads from unit j of the layer below to unit i."""
    return [
        [[Symbol(f"w{k}_{i}_{j}", real=True) for j in range(sizes[k + 1])] for i in range(sizes[k])]
        for k in range(len(sizes) - 1)
    ]


def path(matrices: Sequence[list[list[Symbol]]], units: Sequence[int]) -> list[Symbol]:
    """The weights along a path."""
    return [matrix[units[k]][units[k + 1]] for k, matrix in enumerate(matrices[: len(units) - 1])]


def linear(sizes: Sequence[int]) -> Model:
    """beta: the entries of the product of all matrices."""
    matrices = weights(sizes)
    hidden = [range(n) for n in sizes[1:-1]]
    entries = [
        Add(*(Mul(*path(matrices, (i, *between, j))) for between in product(*hidden)))
        for i in range(sizes[0])
        for j in range(sizes[-1])
    ]
    parameters = tuple(s for matrix in matrices for row in matrix for s in row)
    return Model(name=f"linear{list(sizes)}", parameters=parameters, predictor=tuple(entries))


def relu(sizes: Sequence[int], *, biases: bool) -> Model:
    """beta: the products of weights along paths, as the gates of a ReLU network combine them; biases end a path."""
    matrices = weights(sizes)
    parameters = [s for matrix in matrices for row in matrix for s in row]
    entries = [Mul(*path(matrices, units)) for units in product(*(range(n) for n in sizes))]
    if biases:
        offsets = [[Symbol(f"b{k}_{i}", real=True) for i in range(n)] for k, n in enumerate(sizes)]
        for k in range(1, len(sizes) - 1):
            parameters += offsets[k]
            for units in product(*(range(n) for n in sizes[: k + 1])):
                entries.append(Mul(*path(matrices, units), offsets[k][units[-1]]))
    return Model(name=f"relu{list(sizes)}", parameters=tuple(parameters), predictor=tuple(entries))


def draw(kind: str, random: Random) -> tuple[Model, int]:
    """A network and the number of laws in the literature, which the count is not told."""
    sizes = [random.randint(2, 5 if kind == "linear" else 9) for _ in range(random.randint(2, 4) + 1)]
    if kind == "relu":
        return relu(sizes, biases=random.random() < 0.5), sum(sizes[1:-1])
    return linear(sizes), -1


def main(count: int) -> None:
    for kind, published in PUBLISHED.items():
        random, seconds, counted, slowest = Random(0), [], 0, ("", 0.0)
        for _ in range(count):
            model, known = draw(kind, random)
            begin = perf_counter()
            found = count_laws(model)
            seconds.append(perf_counter() - begin)
            counted += found.verdict.is_proved and known in (-1, found.lower)
            slowest = max(slowest, (model.name, seconds[-1]), key=lambda pair: pair[1])
        mean = sum(seconds) / count
        print(
            f"{kind:7} {count} networks, {counted} counts proved; mean {mean:7.3f} s, published {published:6.2f} s, "
            f"{published / mean:6.0f} times; slowest {slowest[0]} {slowest[1]:.2f} s",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
