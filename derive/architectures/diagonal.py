"""Diagonal linear network with tied layers: `beta_i = wp_i^D - wm_i^D`, from alpha times one."""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(depth: int | str, dimension: int) -> Model:
    """Depth D (a number or the name of a constant), dimension d; 2 d parameters wp1, wm1, wp2, ..."""
    indices = range(1, dimension + 1)
    return parse_model(
        [f"wp{i}**{depth} - wm{i}**{depth}" for i in indices],
        parameters=[f"w{sign}{i}" for i in indices for sign in "pm"],
        name=f"diagonal(depth={depth}, dimension={dimension})",
        start={f"w{sign}{i}": "alpha" for i in indices for sign in "pm"},
        source="woodworth2020",
    )


ARCHITECTURE = Architecture(
    name="diagonal",
    summary="tied diagonal network, wp**D - wm**D elementwise, from alpha*1",
    source="woodworth2020",
    options=(
        Option(name="depth", default=2, minimum=1, maximum=64, symbol=True, help="number of layers D"),
        Option(name="dimension", default=2, minimum=1, maximum=2000, help="length d of the predictor"),
    ),
    build=build,
    dimension="dimension",
    examples=(
        {"depth": 2, "dimension": 2},
        {"depth": 3, "dimension": 1},
        {"depth": 4, "dimension": 1},
        {"depth": "D", "dimension": 2},
    ),
)
