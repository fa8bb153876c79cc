"""Linear attention with scalar weights: `beta = sum_h v_h k_h q_h`, value, key and query of each head.

The one-dimensional form of linear attention with separate keys and queries (Zhang, Singh, Latham and Saxe 2025,
"Training dynamics of in-context learning in linear attention"); `v_h^2 - k_h^2` and `v_h^2 - q_h^2` are conserved.
One coordinate is always a mirror flow on its leaf.  With one head it is a diagonal network of depth 3 with
untied layers.
"""

from derive.architecture import Architecture, Option
from derive.model import Model, parse_model


def build(heads: int) -> Model:
    """H heads, one coordinate; parameters v1, k1, q1, v2, ...; start k = q = alpha, v = 0, so that beta(0) = 0."""
    indices = range(1, heads + 1)
    return parse_model(
        [" + ".join(f"v{h}*k{h}*q{h}" for h in indices)],
        name=f"attention(heads={heads})",
        start={f"{w}{h}": "0" if w == "v" else "alpha" for h in indices for w in "vkq"},
        source="zhang2025",
    )


ARCHITECTURE = Architecture(
    name="attention",
    summary="linear attention with scalar weights, sum of v*k*q, from k = q = alpha, v = 0",
    source="zhang2025",
    options=(Option(name="heads", default=1, maximum=8, help="number of heads"),),
    build=build,
    examples=({"heads": 1}, {"heads": 2}),
)
