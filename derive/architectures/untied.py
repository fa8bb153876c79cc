"""Two-layer diagonal network with untied weights, `u+ v+ - u- v-` (Azulay et al. 2021, eq. 9)."""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(dimension: int) -> Model:
    """Dimension d; parameters up1, vp1, um1, vm1, ...; the unbiased start of theorem 4.1."""
    indices = range(1, dimension + 1)
    return parse_model(
        [f"up{i}*vp{i} - um{i}*vm{i}" for i in indices],
        name=f"untied(dimension={dimension})",
        start={f"{w}{s}{i}": "alpha" for i in indices for s in "pm" for w in "uv"},
        source="azulay2021",
    )


ARCHITECTURE = Architecture(
    name="untied",
    summary="untied two-layer diagonal network, up*vp - um*vm elementwise, from alpha*1",
    source="azulay2021",
    options=(Option(name="dimension", default=2, maximum=2000, help="length d of the predictor"),),
    build=build,
    dimension="dimension",
    examples=({"dimension": 1}, {"dimension": 2}),
)
