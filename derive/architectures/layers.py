"""Diagonal network with D untied layers: `beta_i` is the product of one weight from each layer.

The untied form of the D-homogeneous model: Moroshko et al. 2020, section 2, whose layers stay equal where they
start equal.  Every coordinate conserves the differences of its squared weights, D - 1 of them, and is a mirror
flow on every leaf, since it is alone.  From alpha in all layers but the last, and zero there, at D = 3:
`beta = alpha^3 tan(t) / cos(t)^2` with `t = alpha s`, s the dual variable of the coordinate (from
`dw3/ds = w1 w2 = alpha^2 + w3^2`).

With D the name of a constant, the D - 1 layers that start equal, and therefore stay equal, are one weight u of which
there are D - 1: `beta_i = u_i^(D-1) v_i` with the metric (D - 1) du_i^2 + dv_i^2.
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model
from derive.model_text import diagonal_rows


def build(depth: int | str, dimension: int) -> Model:
    """Depth D, dimension d; parameters w1_1, ..., wD_1, w1_2, ... (layer, then coordinate); start: alpha, the
    last layer 0, so that beta(0) = 0.  Depth as a name: parameters u1, v1, u2, ..., and a metric on them."""
    if isinstance(depth, str):
        return _of_any_depth(depth, dimension)
    indices, layers = range(1, dimension + 1), range(1, depth + 1)
    return parse_model(
        ["*".join(f"w{n}_{i}" for n in layers) for i in indices],
        name=f"layers(depth={depth}, dimension={dimension})",
        start={f"w{n}_{i}": "0" if n == depth else "alpha" for i in indices for n in layers},
        source="moroshko2020",
    )


def _of_any_depth(depth: str, dimension: int) -> Model:
    indices = range(1, dimension + 1)
    names = [f"{w}{i}" for i in indices for w in "uv"]
    return parse_model(
        [f"u{i}**({depth} - 1)*v{i}" for i in indices],
        parameters=names,
        name=f"layers(depth={depth}, dimension={dimension}), equal layers as one",
        start={n: "alpha" if n.startswith("u") else "0" for n in names},
        parameter_metric=diagonal_rows([f"{depth} - 1", "1"] * dimension),
        source="moroshko2020",
    )


ARCHITECTURE = Architecture(
    name="layers",
    summary="untied diagonal network, the product of D weights elementwise, from alpha, the last layer 0",
    source="moroshko2020",
    options=(
        Option(name="depth", default=3, minimum=2, maximum=16, symbol=True, help="number of layers D"),
        Option(name="dimension", default=2, maximum=2000, help="length d of the predictor"),
    ),
    build=build,
    dimension="dimension",
    examples=({"depth": 3, "dimension": 1}, {"depth": 3, "dimension": 2}, {"depth": "D", "dimension": 1}),
)
