"""Diagonal network of width k: `beta = diag(U V^T)`, that is `beta_i = sum_j u_ij v_ij` (slides, "width").

Each coordinate conserves `2 k - 1` quadratics.  From `u = alpha, v = 0` it moves as one pair of weights of
scale `sqrt(k) alpha`: `beta_i = (k alpha^2 / 2) sinh(2 s_i)` and `dQ(beta_i) = asinh(2 beta_i / (k alpha^2)) / 2`,
so that width acts through the scale of the start alone.

With k the name of a constant, the k units of a coordinate, equal at the start and therefore always, are one pair of
which there are k: `beta_i = k u_i v_i` with the metric k (du_i^2 + dv_i^2).
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model
from derive.model_text import diagonal_rows


def build(dimension: int, width: int | str) -> Model:
    """Dimension d, width k; parameters u1_1, v1_1, u1_2, ... (coordinate, then unit); start u = alpha, v = 0.

    Width as a name: parameters u1, v1, u2, ..., and a metric on them.
    """
    if isinstance(width, str):
        return _of_any_width(dimension, width)
    indices, units = range(1, dimension + 1), range(1, width + 1)
    pairs = {i: [(f"u{i}_{j}", f"v{i}_{j}") for j in units] for i in indices}
    return parse_model(
        [" + ".join(f"{u}*{v}" for u, v in pairs[i]) for i in indices],
        name=f"wide(dimension={dimension}, width={width})",
        start={n: value for i in indices for u, v in pairs[i] for n, value in ((u, "alpha"), (v, "0"))},
        source="slides",
    )


def _of_any_width(dimension: int, width: str) -> Model:
    indices = range(1, dimension + 1)
    names = [f"{w}{i}" for i in indices for w in "uv"]
    return parse_model(
        [f"{width}*u{i}*v{i}" for i in indices],
        parameters=names,
        name=f"wide(dimension={dimension}, width={width}), equal units as one",
        start={n: "alpha" if n.startswith("u") else "0" for n in names},
        parameter_metric=diagonal_rows([width, width] * dimension),
        source="slides",
    )


ARCHITECTURE = Architecture(
    name="wide",
    summary="diagonal network of width k, diag(U V^T), from U = alpha, V = 0",
    source="slides",
    options=(
        Option(name="dimension", default=2, maximum=2000, help="length d of the predictor"),
        Option(name="width", default=2, maximum=8, symbol=True, help="units a coordinate, k"),
    ),
    build=build,
    dimension="dimension",
    examples=({"dimension": 1, "width": 2}, {"dimension": 2, "width": 2}, {"width": "k", "dimension": 1}),
)
