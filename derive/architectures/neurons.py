"""Two-layer linear network, fully connected: `beta = sum_j a_j w_j` with k neurons.

The laws are the entries of `a a^T - W W^T` (k (k + 1) / 2 of them while k <= d).  With k >= 2 neurons and d >= 2
each neuron asks for a warp of its own, so that none serves all (Azulay et al. 2021, section 6); a strictly
balanced start, `a a^T = W W^T`, moves as one neuron (proposition 6.2).  No start: the leaf is a generic one.
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(width: int, dimension: int) -> Model:
    """Width k, dimension d; parameters a1, w1_1, ..., w1_d, a2, ... (neuron, then coordinate)."""
    units, indices = range(1, width + 1), range(1, dimension + 1)
    return parse_model(
        [" + ".join(f"a{j}*w{j}_{i}" for j in units) for i in indices],
        parameters=[name for j in units for name in (f"a{j}", *(f"w{j}_{i}" for i in indices))],
        name=f"neurons(width={width}, dimension={dimension})",
        source="azulay2021",
    )


ARCHITECTURE = Architecture(
    name="neurons",
    summary="two-layer fully connected linear network, sum of a_j*w_j, on a generic leaf",
    source="azulay2021",
    options=(
        Option(name="width", default=2, minimum=2, maximum=6, help="number of neurons k"),
        Option(name="dimension", default=2, minimum=2, maximum=20, help="length d of the predictor"),
    ),
    build=build,
    dimension="dimension",
    examples=({"width": 2, "dimension": 2}, {"width": 2, "dimension": 3}),
)
