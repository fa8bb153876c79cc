"""Low-rank adaptation `beta = W0 + B A`: a fixed matrix and an update of small rank (Hu et al. 2022).

W0 is constant, so that fields, M and the laws `A A^T - B^T B` are those of the product: below full rank the predictor
moves on the matrices at that rank from W0, and rho is not defined on all of R^(m n).  The start of the paper, B = 0
with A at random, is where J loses rank; no start is given here, and the leaf is a generic one.
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(rows: int, columns: int, rank: int) -> Model:
    """m x n, rank r; the entries of W0 + B A, row by row, W0 with 1/(i + j - 1); parameters b1_1, ..., a1_1, ..."""
    terms, up, over = range(1, rank + 1), range(1, rows + 1), range(1, columns + 1)
    return parse_model(
        [f"1/{i + j - 1} + " + " + ".join(f"b{i}_{k}*a{k}_{j}" for k in terms) for i in up for j in over],
        parameters=[*(f"b{i}_{k}" for i in up for k in terms), *(f"a{k}_{j}" for k in terms for j in over)],
        name=f"low-rank(rows={rows}, columns={columns}, rank={rank})",
        source="hu2022",
    )


ARCHITECTURE = Architecture(
    name="low-rank",
    summary="low-rank adaptation, W0 + B A with W0 fixed, on a generic leaf",
    source="hu2022",
    options=(
        Option(name="rows", default=2, maximum=6, help="rows m of beta"),
        Option(name="columns", default=2, maximum=6, help="columns n of beta"),
        Option(name="rank", default=1, maximum=6, help="rank r of the update"),
    ),
    build=build,
    examples=({"rows": 2, "columns": 2, "rank": 1}, {"rows": 2, "columns": 2, "rank": 2}),
)
