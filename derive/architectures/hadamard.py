"""Two-layer diagonal network `beta_i = u_i v_i` (Loureiro 2025, section 3), any start."""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(dimension: int) -> Model:
    """Dimension d; parameters u1, v1, u2, ...; start u = alpha, v = 0, so that beta(0) = 0."""
    indices = range(1, dimension + 1)
    return parse_model(
        [f"u{i}*v{i}" for i in indices],
        name=f"hadamard(dimension={dimension})",
        start={name: value for i in indices for name, value in ((f"u{i}", "alpha"), (f"v{i}", "0"))},
        source="loureiro2025",
    )


ARCHITECTURE = Architecture(
    name="hadamard",
    summary="two-layer diagonal network, u*v elementwise, from u = alpha, v = 0",
    source="loureiro2025",
    options=(Option(name="dimension", default=2, maximum=2000, help="length d of the predictor"),),
    build=build,
    dimension="dimension",
    examples=({"dimension": 1}, {"dimension": 2}),
)
