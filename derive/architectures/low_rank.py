"""Low-rank adaptation `beta = W0 + b a^T`: a fixed 2 x 2 matrix and an update of rank one (Hu et al. 2022).

W0 is constant, so that fields, M and the law `|a|^2 - |b|^2` are those of the outer product: the predictor moves on
the matrices at rank one from W0, and rho is not defined on all of R^4.  The start of the paper, b = 0 with a at
random, is where J loses rank (2 in place of 3); no start is given here, and the leaf is a generic one.
"""

from derive.architecture import Architecture
from derive.model import Model, parse_model


def build() -> Model:
    """The entries of W0 + b a^T, row by row, W0 = (1, 1/2; -1/3, 2); parameters b1, b2, a1, a2."""
    return parse_model(
        ["1 + b1*a1", "1/2 + b1*a2", "-1/3 + b2*a1", "2 + b2*a2"],
        parameters=["b1", "b2", "a1", "a2"],
        name="low-rank",
        source="hu2022",
    )


ARCHITECTURE = Architecture(
    name="low-rank",
    summary="low-rank adaptation of a 2 x 2 matrix, W0 + b a^T, on a generic leaf",
    source="hu2022",
    options=(),
    build=build,
    examples=({},),
)
