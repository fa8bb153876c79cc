"""Hyperbolic sine `beta_i = sinh(w_i)`, one weight a coordinate.

A separable parametrisation commutes (Li et al. 2022), and M = 1 + beta^2 gives `dQ(beta_i) = atan(beta_i)`: the dual
variable stays below pi/2.  This is not the hypentropy of the two-layer diagonal networks, which has
M = sqrt(beta^2 + c^2) and `dQ = asinh`.
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(dimension: int) -> Model:
    """Dimension d; parameters w1, ..., wd; start w = 0, so that beta(0) = 0."""
    names = [f"w{i}" for i in range(1, dimension + 1)]
    return parse_model(
        [f"sinh({w})" for w in names],
        name=f"sinh(dimension={dimension})",
        start=dict.fromkeys(names, "0"),
        source="li2022",
    )


ARCHITECTURE = Architecture(
    name="sinh",
    summary="hyperbolic sine of the weights, sinh(w) elementwise, from w = 0",
    source="li2022",
    options=(Option(name="dimension", default=2, maximum=2000, help="length d of the predictor"),),
    build=build,
    dimension="dimension",
    examples=({"dimension": 1}, {"dimension": 2}),
)
