"""Deep linear network with one unit in every hidden layer: `beta = a1 ... a(D-1) w` (depth D, scalar output).

From the balanced start every layer keeps one norm and, for d >= 2 and D >= 2, the flow on beta is no gradient
flow of a changed loss (Arora, Cohen, Hazan 2018): it is no mirror flow in plain time.  A warp exists on every
leaf: w itself moves by `dw/dt = -A grad L` with `A = a1 ... a(D-1)`, so that `grad Q = w - w(0)` and `g = |A|`
(depth 2 is one neuron, Azulay et al. 2021, theorem 6.1).  Balanced: `w = beta / |beta|^(1 - 1/D)` and Q is
`|beta|^(1 + 1/D) / (1 + 1/D)`, less its tangent at the start.

With D the name of a constant, the D - 1 scalars, equal at the start and therefore always, are one parameter a of which
there are D - 1: `beta = a^(D-1) w` with |dw|^2 = (D - 1) da^2 + |dw|^2.
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model
from derive.model_text import diagonal_rows


def build(depth: int | str, dimension: int) -> Model:
    """Depth D, dimension d; parameters a1, ..., a(D-1), w1, ..., wd; the balanced start a = alpha, w = alpha e1.

    Depth as a name: parameters a, w1, ..., wd, and a metric on them.
    """
    if isinstance(depth, str):
        return _of_any_depth(depth, dimension)
    scalars, indices = [f"a{n}" for n in range(1, depth)], range(1, dimension + 1)
    return parse_model(
        ["*".join([*scalars, f"w{i}"]) for i in indices],
        parameters=[*scalars, *(f"w{i}" for i in indices)],
        name=f"chain(depth={depth}, dimension={dimension})",
        start=dict.fromkeys(scalars, "alpha") | {f"w{i}": "alpha" if i == 1 else "0" for i in indices},
        source="arora2018",
    )


def _of_any_depth(depth: str, dimension: int) -> Model:
    names = ["a", *(f"w{i}" for i in range(1, dimension + 1))]
    return parse_model(
        [f"a**({depth} - 1)*{w}" for w in names[1:]],
        parameters=names,
        name=f"chain(depth={depth}, dimension={dimension}), hidden layers as one",
        start={n: "alpha" if n in ("a", "w1") else "0" for n in names},
        parameter_metric=diagonal_rows([f"{depth} - 1", *["1"] * dimension]),
        source="arora2018",
    )


ARCHITECTURE = Architecture(
    name="chain",
    summary="deep linear network with hidden layers of one unit, a1...a(D-1)*w, from the balanced alpha, alpha*e1",
    source="arora2018",
    options=(
        Option(name="depth", default=3, minimum=2, maximum=16, symbol=True, help="number of layers D"),
        Option(name="dimension", default=2, maximum=500, help="length d of the predictor"),
    ),
    build=build,
    dimension="dimension",
    examples=(
        {"depth": 3, "dimension": 2},
        {"depth": 3, "dimension": 3},
        {"depth": 4, "dimension": 2},
        {"depth": "D", "dimension": 2},
    ),
)
