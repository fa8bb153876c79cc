"""The linear model `beta = w`, the reference of every other.

M is the identity, so that Q is half the squared distance from the start: from w = 0 gradient flow finds the
least l2 norm (Gunasekar et al. 2018, section 2, mirror descent with the potential |w|^2 / 2).
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(dimension: int) -> Model:
    """Dimension d; parameters w1, ..., wd; start w = 0."""
    names = [f"w{i}" for i in range(1, dimension + 1)]
    return parse_model(
        names, name=f"linear(dimension={dimension})", start=dict.fromkeys(names, "0"), source="gunasekar2018"
    )


ARCHITECTURE = Architecture(
    name="linear",
    summary="linear model, w itself, from w = 0",
    source="gunasekar2018",
    options=(Option(name="dimension", default=2, maximum=2000, help="length d of the predictor"),),
    build=build,
    dimension="dimension",
    examples=({"dimension": 1}, {"dimension": 2}),
)
