"""Powers `beta_i = w_i^k`, one weight a coordinate, positive predictors.

`M = k^2 beta^(2 - 2/k)`, so that `dQ(beta_i) = (beta_i^(2/k - 1) - alpha^(2 - k)) / (k (2 - k))`, and a quarter of
`log(beta_i / alpha^2)` for k = 2: the tempered family between gradient descent (k = 1) and beyond the
entropy (k = 2) of Amid and Warmuth 2020, "Reparameterizing mirror descent as gradient descent".
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(power: int | str, dimension: int) -> Model:
    """Power k (a number or the name of a constant), dimension d; parameters w1, ..., wd; start w = alpha."""
    names = [f"w{i}" for i in range(1, dimension + 1)]
    return parse_model(
        [f"{w}**{power}" for w in names],
        parameters=names,
        name=f"power(power={power}, dimension={dimension})",
        start=dict.fromkeys(names, "alpha"),
        source="amid2020reparameterizing",
    )


ARCHITECTURE = Architecture(
    name="power",
    summary="powers of the weights, w**k elementwise, from alpha",
    source="amid2020reparameterizing",
    options=(
        Option(name="power", default=3, maximum=64, symbol=True, help="the power k"),
        Option(name="dimension", default=2, maximum=2000, help="length d of the predictor"),
    ),
    build=build,
    dimension="dimension",
    examples=({"power": 3, "dimension": 1}, {"power": 4, "dimension": 2}, {"power": "k", "dimension": 1}),
)
