"""Softmax, `p_i = exp(w_i) / sum_j exp(w_j)`: beta is all of p but the last entry, which makes the sum one.

`sum_i w_i` is conserved.  `J = diag(p) - p p^T` is symmetric, so that `dp/dt = -J^2 grad L`, where exponentiated
gradient has J (the policy gradient of Mei et al. 2020).  For d >= 2 that is no mirror flow in plain time, and one
with a warp: `dw_i / p_i = -Z d(exp(-w_i))` with Z the sum of exponentials gives `g = 1/Z`, and Q is minus the
number of entries times their geometric mean, less its tangent at the start.
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(dimension: int) -> Model:
    """Dimension d; parameters w1, ..., w(d+1); start w = 0, the uniform distribution on d + 1 entries."""
    names = [f"w{i}" for i in range(1, dimension + 2)]
    total = "(" + " + ".join(f"exp({w})" for w in names) + ")"
    return parse_model(
        [f"exp({w})/{total}" for w in names[:-1]],
        parameters=names,
        name=f"softmax(dimension={dimension})",
        start=dict.fromkeys(names, "0"),
        source="mei2020",
    )


ARCHITECTURE = Architecture(
    name="softmax",
    summary="softmax of d + 1 weights, all entries but the last, from w = 0",
    source="mei2020",
    options=(Option(name="dimension", default=2, maximum=20, help="length d of the predictor"),),
    build=build,
    dimension="dimension",
    examples=({"dimension": 1}, {"dimension": 2}),
)
