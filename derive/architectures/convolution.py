"""Linear convolutional network, two layers, one channel, full width: `beta_k = sum_(i+j=k mod d) u_i v_j`.

In frequencies it is a diagonal network, `hat u hat v` up to a constant (Gunasekar et al. 2018, "Implicit bias of
gradient descent on linear convolutional networks", whose limit is an l_(2/D) penalty on the frequencies).  The
real frequencies (one for odd d, two for even d) are real pairs; every other is a complex pair, whose fields do not
commute, so that the model is a mirror flow for d <= 2 and has no warp for d >= 3.  Conserved: `|hat u|^2 -
|hat v|^2` at each of the floor(d/2) + 1 frequencies.
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(dimension: int) -> Model:
    """Dimension d; parameters u1, ..., ud, v1, ..., vd; start u = alpha e1 (every frequency alike), v = 0."""
    indices = range(dimension)
    return parse_model(
        [" + ".join(f"u{i + 1}*v{(k - i) % dimension + 1}" for i in indices) for k in indices],
        parameters=[f"{w}{i + 1}" for w in "uv" for i in indices],
        name=f"convolution(dimension={dimension})",
        start={f"{w}{i + 1}": "alpha" if w == "u" and i == 0 else "0" for w in "uv" for i in indices},
        source="gunasekar2018convolutional",
    )


ARCHITECTURE = Architecture(
    name="convolution",
    summary="two-layer circular convolution of full width, u * v, from u = alpha*e1, v = 0",
    source="gunasekar2018convolutional",
    options=(Option(name="dimension", default=2, minimum=2, maximum=12, help="length d of the predictor"),),
    build=build,
    dimension="dimension",
    examples=({"dimension": 2}, {"dimension": 3}),
)
