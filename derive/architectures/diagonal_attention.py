"""Linear attention with one head and diagonal weights: `beta_i = v k_i q_i`, one value, a key and a query a coordinate.

For in-context regression with `d` features the head predicts with `v diag(k) diag(q)` (Zhang, Singh, Latham and Saxe
2025, separate keys and queries, here diagonal).  Conserved: `k_i^2 - q_i^2` for every i, and `v^2 - |k|^2`.  From keys
equal to queries it is `v k_i^2`.  The shared value couples the coordinates, and the fields do not commute; but every
`v f(w_i)` has the warp `g = |v|`: the own parameters of a coordinate move by `v grad f`, and `grad Q` is their clock.
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(dimension: int) -> Model:
    """Dimension d; parameters v, k1, q1, k2, q2, ...; no start: the leaf is a generic one."""
    indices = range(1, dimension + 1)
    return parse_model(
        [f"v*k{i}*q{i}" for i in indices], name=f"diagonal-attention(dimension={dimension})", source="zhang2025"
    )


ARCHITECTURE = Architecture(
    name="diagonal-attention",
    summary="linear attention, one head with diagonal weights, v*k*q elementwise, on a generic leaf",
    source="zhang2025",
    options=(Option(name="dimension", default=2, minimum=2, maximum=12, help="number of features d"),),
    build=build,
    dimension="dimension",
    examples=({"dimension": 2}, {"dimension": 3}),
)
