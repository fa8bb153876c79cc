"""Gated groups: coordinates in groups, each a weight vector times one gate, `beta_g = a_g w_g`.

The diagonally grouped linear network of Li, Nguyen, Hegde and Wong 2023, with the gate to the first power: their
trajectory (`a_g^2 w_g`) is that of no mirror descent.  One group is one neuron, with the warp |a| (Azulay et al.
2021, theorem 6.1); two groups of two coordinates or more would need two warps at once, and have none.
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(groups: int, size: int) -> Model:
    """Groups G of size m, d = G m; parameters a1, w1_1, ..., w1_m, a2, ...; start a = alpha, w = alpha e1 in each."""
    gates, indices = range(1, groups + 1), range(1, size + 1)
    return parse_model(
        [f"a{g}*w{g}_{i}" for g in gates for i in indices],
        name=f"groups(groups={groups}, size={size})",
        start={f"a{g}": "alpha" for g in gates}
        | {f"w{g}_{i}": "alpha" if i == 1 else "0" for g in gates for i in indices},
        source="li2023",
    )


ARCHITECTURE = Architecture(
    name="groups",
    summary="gated groups, a_g*w_g group by group, from a = alpha, w = alpha*e1",
    source="li2023",
    options=(
        Option(name="groups", default=2, maximum=100, help="number of groups"),
        Option(name="size", default=2, maximum=100, help="coordinates in each group"),
    ),
    build=build,
    examples=({"groups": 2, "size": 2}, {"groups": 1, "size": 2}, {"groups": 2, "size": 1}),
)
