"""Diagonal network with D untied layers: `beta_i` is the product of one weight from each layer.

The untied form of the D-homogeneous model: Moroshko et al. 2020, section 2, whose layers stay equal where they
start equal.  Every coordinate conserves the differences of its squared weights, D - 1 of them, and is a mirror
flow on every leaf, since it is alone.  From alpha in all layers but the last, and zero there, at D = 3:
`beta = alpha^3 tan(t) / cos(t)^2` with `t = alpha s`, s the dual variable of the coordinate (from
`dw3/ds = w1 w2 = alpha^2 + w3^2`).
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(depth: int, dimension: int) -> Model:
    """Depth D, dimension d; parameters w1_1, ..., wD_1, w1_2, ... (layer, then coordinate); start: alpha, the
    last layer 0, so that beta(0) = 0."""
    indices, layers = range(1, dimension + 1), range(1, depth + 1)
    return parse_model(
        ["*".join(f"w{n}_{i}" for n in layers) for i in indices],
        name=f"layers(depth={depth}, dimension={dimension})",
        start={f"w{n}_{i}": "0" if n == depth else "alpha" for i in indices for n in layers},
        source="moroshko2020",
    )


ARCHITECTURE = Architecture(
    name="layers",
    summary="untied diagonal network, the product of D weights elementwise, from alpha, the last layer 0",
    source="moroshko2020",
    options=(
        Option(name="depth", default=3, minimum=2, maximum=16, help="number of layers D"),
        Option(name="dimension", default=2, maximum=2000, help="length d of the predictor"),
    ),
    build=build,
    dimension="dimension",
    examples=({"depth": 3, "dimension": 1}, {"depth": 3, "dimension": 2}),
)
