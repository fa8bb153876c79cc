"""One leaky-ReLU neuron, `a sigma(w.x) = sigma(x.beta)` with `beta = a w`, a > 0 (Azulay et al. 2021, theorem 8.1)."""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(dimension: int, leak: int) -> Model:
    """Dimension d; sigma(z) = z for z > 0 and z/leak for z < 0; start a = alpha, w = alpha e1."""
    indices = range(1, dimension + 1)
    return parse_model(
        [f"a*w{i}" for i in indices],
        name=f"leaky-neuron(dimension={dimension}, leak={leak})",
        start={"a": "alpha"} | {f"w{i}": "alpha" if i == 1 else "0" for i in indices},
        source="azulay2021",
        link=f"({leak + 1}*z + {leak - 1}*Abs(z))/{2 * leak}",
    )


ARCHITECTURE = Architecture(
    name="leaky-neuron",
    summary="one leaky-ReLU neuron, a*sigma(w.x) with a > 0, from a = alpha, w = alpha*e1",
    source="azulay2021",
    options=(
        Option(name="dimension", default=2, maximum=500, help="length d of the predictor"),
        Option(name="leak", default=10, maximum=1000, help="the link is z/leak for negative z"),
    ),
    build=build,
    dimension="dimension",
    examples=({"dimension": 2}, {"dimension": 3, "leak": 3}),
)
