"""One linear neuron, `beta = a w` (Azulay et al. 2021, theorem 6.1)."""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(dimension: int) -> Model:
    """Dimension d; parameters a, w1, ..., wd; start a = alpha, w = alpha e1 (delta = 0)."""
    indices = range(1, dimension + 1)
    return parse_model(
        [f"a*w{i}" for i in indices],
        name=f"neuron(dimension={dimension})",
        start={"a": "alpha"} | {f"w{i}": "alpha" if i == 1 else "0" for i in indices},
        source="azulay2021",
    )


ARCHITECTURE = Architecture(
    name="neuron",
    summary="one linear neuron with two layers, a*w, from a = alpha, w = alpha*e1",
    source="azulay2021",
    options=(Option(name="dimension", default=2, maximum=500, help="length d of the predictor"),),
    build=build,
    dimension="dimension",
    examples=({"dimension": 2}, {"dimension": 3}),
)
