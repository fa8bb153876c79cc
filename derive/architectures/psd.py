"""Symmetric matrix factorisation `beta = U U^T`, the entries on and above the diagonal.

`dbeta/dt = -(S beta + beta S)` with S the symmetric gradient of the loss, so that M is a function of beta on every
leaf (Gunasekar et al. 2017).  The fields generate all `U -> A U`: n^2 of them, so that `n (r - n)`
quantities are conserved for r >= n and none for r <= n.  They do not commute (Li et al. 2022); where the
measurements do, the flow is a mirror flow with the entropy of the eigenvalues for potential, whose limit for small
starts is the nuclear norm (Gunasekar et al. 2017, theorem 1).  No start: the leaf is a generic one.
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(size: int, rank: int) -> Model:
    """Size n, rank r; beta is the upper triangle of the n x n product, n (n + 1) / 2 entries, row by row."""
    indices, terms = range(1, size + 1), range(1, rank + 1)
    return parse_model(
        [" + ".join(f"u{i}_{k}*u{j}_{k}" for k in terms) for i in indices for j in indices if i <= j],
        parameters=[f"u{i}_{k}" for i in indices for k in terms],
        name=f"psd(size={size}, rank={rank})",
        source="gunasekar2017",
    )


ARCHITECTURE = Architecture(
    name="psd",
    summary="symmetric matrix factorisation, U U^T on and above the diagonal, on a generic leaf",
    source="gunasekar2017",
    options=(
        Option(name="size", default=2, maximum=6, help="rows n of beta"),
        Option(name="rank", default=2, maximum=6, help="columns r of U"),
    ),
    build=build,
    examples=({"size": 2, "rank": 2}, {"size": 2, "rank": 1}, {"size": 2, "rank": 3}),
)
