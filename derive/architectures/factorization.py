"""Matrix factorisation `beta = U V^T`, its entries row by row.

`U^T U - V^T V` is conserved, and `dbeta/dt = -(U U^T grad L + grad L V V^T)` (Gunasekar et al. 2017; slides).  The
gradient fields do not commute (Li et al. 2022), and on a generic leaf `U U^T` is not a function of beta.  With
rank below the size beta stays on the matrices of that rank, and rho is not defined on all of R^d; rank 1 is
the outer product `u v^T`.  No start: the leaf is a generic one.  There is no warp from any start, and from a balanced
one the dynamics close (docs/derivations/singular.md, theorems 4 and 6).
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(rows: int, columns: int, rank: int) -> Model:
    """m rows, n columns, rank r; beta is the m x n product, parameters u1_1, ..., um_r, v1_1, ..., vn_r."""
    terms = range(1, rank + 1)
    return parse_model(
        [" + ".join(f"u{i}_{k}*v{j}_{k}" for k in terms) for i in range(1, rows + 1) for j in range(1, columns + 1)],
        parameters=[
            f"{w}{i}_{k}" for w, size in (("u", rows), ("v", columns)) for i in range(1, size + 1) for k in terms
        ],
        name=f"factorization(rows={rows}, columns={columns}, rank={rank})",
        source="gunasekar2017",
    )


ARCHITECTURE = Architecture(
    name="factorization",
    summary="matrix factorisation, U V^T entry by entry, on a generic leaf",
    source="gunasekar2017",
    options=(
        Option(name="rows", default=2, maximum=6, help="rows m of beta"),
        Option(name="columns", default=2, maximum=6, help="columns n of beta"),
        Option(name="rank", default=2, maximum=6, help="columns r of U and V"),
    ),
    build=build,
    examples=({"rows": 2, "columns": 2, "rank": 2}, {"rows": 2, "columns": 2, "rank": 1}),
)
