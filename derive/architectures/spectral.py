"""Symmetric matrix factorisation seen through commuting measurements: `beta_k = q_k^T U U^T q_k`, q orthonormal.

The q_k are the columns of the reflection `1 - 2 v v^T / |v|^2`, v = (1, 2, ..., n): rational, and not the unit
vectors.  `F_k = |U^T q_k|^2`, whose gradients `2 q_k q_k^T U` commute and are orthogonal: `M = 4 diag(beta)` on every
leaf, and from `U = alpha 1` the potential is the entropy of the spectrum, `sum_k beta_k log(beta_k)/4` and a linear
function, whose limit for small starts is the trace, the nuclear norm of a positive semidefinite matrix (Gunasekar et
al. 2017, theorem 1).  `psd` measures all entries, which do not commute, and has no potential.
"""

from fractions import Fraction

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(size: int) -> Model:
    """Size n, square U; parameters u1_1, u1_2, ..., un_n; start U = alpha 1."""
    indices = range(1, size + 1)
    square = sum(i * i for i in indices)
    q = {(i, k): Fraction(int(i == k)) - Fraction(2 * i * k, square) for i in indices for k in indices}
    rows = {(k, j): " + ".join(f"({q[i, k]})*u{i}_{j}" for i in indices) for k in indices for j in indices}
    return parse_model(
        [" + ".join(f"({rows[k, j]})**2" for j in indices) for k in indices],
        parameters=[f"u{i}_{j}" for i in indices for j in indices],
        name=f"spectral(size={size})",
        start={f"u{i}_{j}": "alpha" if i == j else "0" for i in indices for j in indices},
        source="gunasekar2017",
    )


ARCHITECTURE = Architecture(
    name="spectral",
    summary="U U^T through commuting measurements, its spectrum in a fixed basis, from U = alpha*1",
    source="gunasekar2017",
    options=(Option(name="size", default=2, minimum=2, maximum=6, help="rows n of U"),),
    build=build,
    dimension="size",
    examples=({"size": 2},),
)
