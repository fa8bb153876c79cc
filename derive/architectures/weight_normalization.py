"""Weight normalisation `beta = g v / |v|` (Salimans and Kingma 2016).

`|v|` is conserved, and `M = P + (|beta| / |v|)^2 (1 - P)` with P the projector on beta.  For d >= 2 that is no Hessian
map; from `Q'' / Q' = |beta| / |v|^2` a warp exists on every leaf: with n = |v|, `grad Q` is
`exp(|beta|^2 / (2 n^2)) beta / |beta|`, less its value at the start, and `|g| exp(g^2 / (2 n^2))` is the warp, up
to one constant.  The start is the unit vector with scale alpha: beta = 0 is a corner of the parametrisation.
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(dimension: int) -> Model:
    """Dimension d; parameters g, v1, ..., vd; start g = alpha, v = e1."""
    indices = range(1, dimension + 1)
    norm = "sqrt(" + " + ".join(f"v{i}**2" for i in indices) + ")"
    return parse_model(
        [f"g*v{i}/{norm}" for i in indices],
        parameters=["g", *(f"v{i}" for i in indices)],
        name=f"weight-normalization(dimension={dimension})",
        start={"g": "alpha"} | {f"v{i}": "1" if i == 1 else "0" for i in indices},
        source="salimans2016",
    )


ARCHITECTURE = Architecture(
    name="weight-normalization",
    summary="weight normalisation, g*v/|v|, from g = alpha, v = e1",
    source="salimans2016",
    options=(Option(name="dimension", default=2, minimum=2, maximum=20, help="length d of the predictor"),),
    build=build,
    dimension="dimension",
    examples=({"dimension": 2}, {"dimension": 3}),
)
