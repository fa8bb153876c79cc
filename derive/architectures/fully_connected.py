"""Deep fully connected linear network with a single output: `beta^T = W_D ... W_1`.

`W_(j+1)^T W_(j+1) - W_j W_j^T` is conserved, and from a balanced start, where it is zero, the flow on beta is the
end-to-end update of Arora, Cohen, Hazan 2018 (theorem 1): `M = r^(2 - 2/D) (I + (D - 1) P)` with r = |beta| and P the
projector on beta, whatever the widths.  Such a start has rank one in every layer, `W_j = alpha u_j u_(j-1)^T` with unit
vectors u_j, and the flow keeps the u_j of the hidden layers: it is the flow of the chain of the same depth, with the
warp `g = r^(1 - 1/D)` and `Q = r^(1 + 1/D) / (1 + 1/D)`, less its tangent at the start.  Depth 2 is proposition 6.2 of
Azulay et al. 2021, `r^(3/2)`; from a generic start its neurons ask for a warp each (`neurons`).
"""

from itertools import product

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(depth: int, width: int, dimension: int) -> Model:
    """Depth D, hidden width k, dimension d; parameters wj_r_c: row r, column c of W_j, layer by layer, row by row.

    Start: W_1 = alpha u e1^T, W_j = alpha u u^T, W_D = alpha u^T, u = (3/5, 4/5, 0, ...), or 1 for width 1.
    """
    units = range(1, width + 1)
    rows = {n: units if n < depth else range(1, 2) for n in range(1, depth + 1)}
    columns = {n: units if n > 1 else range(1, dimension + 1) for n in rows}
    direction = dict.fromkeys(units, "0") | ({1: "3/5", 2: "4/5"} if width > 1 else {1: "1"})
    start = {}
    for n in rows:
        for r, c in product(rows[n], columns[n]):
            left = direction[r] if n < depth else "1"
            right = direction[c] if n > 1 else str(int(c == 1))
            start[f"w{n}_{r}_{c}"] = "0" if "0" in (left, right) else f"alpha*({left})*({right})"
    return parse_model(
        [" + ".join(_path(i, hidden) for hidden in product(units, repeat=depth - 1)) for i in columns[1]],
        parameters=list(start),
        name=f"fully-connected(depth={depth}, width={width}, dimension={dimension})",
        start=start,
        source="arora2018",
    )


def _path(i: int, hidden: tuple[int, ...]) -> str:
    """The product of the weights from input i through one unit of each hidden layer to the output."""
    through = (i, *hidden, 1)
    return "*".join(f"w{n}_{through[n]}_{through[n - 1]}" for n in range(1, len(through)))


ARCHITECTURE = Architecture(
    name="fully-connected",
    summary="deep fully connected linear network with one output, W_D ... W_1, from a balanced start",
    source="arora2018",
    options=(
        Option(name="depth", default=3, minimum=2, maximum=5, help="number of layers D"),
        Option(name="width", default=2, maximum=4, help="units k of each hidden layer"),
        Option(name="dimension", default=2, maximum=10, help="length d of the predictor"),
    ),
    build=build,
    dimension="dimension",
    examples=({"depth": 3, "width": 2, "dimension": 2}, {"depth": 2, "width": 2, "dimension": 3}),
)
