"""A power of a symmetric matrix, `beta = W^k`: the entries on and above the diagonal, in the Frobenius geometry of W.

The parameters are coordinates in which |dW|^2 is the flat metric: the diagonal entries, and sqrt(2) times those above
the diagonal.  `M` has the eigenvalue `((x^k - y^k)/(x - y))^2` between eigenvectors of W for x and y (Bhatia 1997,
theorem V.3.3).  For k > 1 there is no warp at any size: by the inequality of Cauchy and Schwarz no function of a
symmetric matrix but an affine one has a Hessian metric (docs/derivations/spectral.md, theorem 5).  No start: the leaf
is a generic one.
"""

from sympy import Expr, Matrix, Symbol, sqrt

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(size: int, power: int) -> Model:
    """Size n, power k; parameters w1_1, w1_2, ..., wn_n with W_ij = w_ij/sqrt(2) above the diagonal."""
    places = [(i, j) for i in range(size) for j in range(i, size)]
    names = {(i, j): f"w{i + 1}_{j + 1}" for i, j in places}

    def entry(i: int, j: int) -> Expr:
        symbol = Symbol(names[min(i, j), max(i, j)])
        return symbol if i == j else sqrt(2) * symbol / 2

    product = (Matrix(size, size, entry) ** power).expand()
    return parse_model(
        [str(product[i, j]) for i, j in places],
        parameters=[names[place] for place in places],
        name=f"matrix_power(size={size}, power={power})",
        source="bhatia1997",
    )


ARCHITECTURE = Architecture(
    name="matrix-power",
    summary="a power of a symmetric matrix, W^k on and above the diagonal, on a generic leaf",
    source="bhatia1997",
    options=(
        Option(name="size", default=2, minimum=2, maximum=4, help="rows n of W"),
        Option(name="power", default=2, minimum=2, maximum=4, help="the power k"),
    ),
    build=build,
    examples=({"size": 2, "power": 2}, {"size": 2, "power": 3}, {"size": 3, "power": 2}),
)
