"""Squared weights `beta_i = w_i^2`, positive predictors.

M = 4 beta, so that Q is a quarter of the relative entropy: `dQ(beta_i) = log(beta_i / alpha^2) / 4`.  Gradient flow on
w is the continuous limit of unnormalised exponentiated gradient on beta (Amid and Warmuth 2020,
"Reparameterizing mirror descent as gradient descent"; for `w^2 / 4` without the factor).
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(dimension: int) -> Model:
    """Dimension d; parameters w1, ..., wd; start w = alpha."""
    names = [f"w{i}" for i in range(1, dimension + 1)]
    return parse_model(
        [f"{w}**2" for w in names],
        name=f"squared(dimension={dimension})",
        start=dict.fromkeys(names, "alpha"),
        source="amid2020reparameterizing",
    )


ARCHITECTURE = Architecture(
    name="squared",
    summary="squared weights, w**2 elementwise, from alpha",
    source="amid2020reparameterizing",
    options=(Option(name="dimension", default=2, maximum=2000, help="length d of the predictor"),),
    build=build,
    dimension="dimension",
    examples=({"dimension": 1}, {"dimension": 2}),
)
