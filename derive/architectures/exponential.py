"""Exponential weights `beta_i = exp(w_i)`, positive predictors.

M = beta^2, so that Q is the Burg entropy: `dQ(beta_i) = 1 - 1/beta_i` from beta = 1 (Amid and Warmuth 2020,
"Reparameterizing mirror descent as gradient descent").  The entropy of exponentiated gradient, whose metric
is 1/beta, belongs to `beta = w^2` instead: see `squared`.
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(dimension: int) -> Model:
    """Dimension d; parameters w1, ..., wd; start w = 0, so that beta(0) = 1."""
    names = [f"w{i}" for i in range(1, dimension + 1)]
    return parse_model(
        [f"exp({w})" for w in names],
        name=f"exponential(dimension={dimension})",
        start=dict.fromkeys(names, "0"),
        source="amid2020reparameterizing",
    )


ARCHITECTURE = Architecture(
    name="exponential",
    summary="exponential weights, exp(w) elementwise, from w = 0",
    source="amid2020reparameterizing",
    options=(Option(name="dimension", default=2, maximum=2000, help="length d of the predictor"),),
    build=build,
    dimension="dimension",
    examples=({"dimension": 1}, {"dimension": 2}),
)
