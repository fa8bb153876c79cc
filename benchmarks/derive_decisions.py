"""How long the decisions take (laws, leaf, closure, Hessian map, warp) where leaves are large.

Run from the root of the repository: `python benchmarks/derive_decisions.py`.  Processor time of one process, after one
run to warm up, without a time limit.
"""

from time import process_time

from derive.catalogue import architecture
from derive.fields.dynamics import induced_dynamics
from derive.fields.leaf import setting
from derive.laws.conservation import conservation_laws
from derive.laws.special import special_leaf
from derive.metric.closure import Closure, closure
from derive.metric.hessian import hessian
from derive.metric.warp import Warp, warp
from derive.model import Model, parse_model

BUILT_IN: tuple[tuple[str, dict[str, int]], ...] = (
    ("psd", {"size": 2, "rank": 2}),
    ("psd", {"size": 3, "rank": 3}),
    ("psd", {"size": 2, "rank": 3}),
    ("factorization", {"rows": 3}),
    ("factorization", {"rows": 3, "columns": 3, "rank": 3}),
    ("convolution", {"dimension": 3}),
    ("convolution", {"dimension": 5}),
    ("neurons", {"width": 3, "dimension": 3}),
    ("neurons", {"width": 4, "dimension": 3}),
)
PRODUCT = ["u1*v1+u2*v2", "u1*v3+u2*v4", "u3*v1+u4*v2", "u3*v3+u4*v4"]
IDENTITY = {name: "1" if name[1] in "14" else "0" for name in ("u1", "u2", "u3", "u4", "v1", "v2", "v3", "v4")}
BALANCED = {"a": "5", "w1": "3", "w2": "4", "b": "-10", "v1": "-6", "v2": "-8"}


def models() -> list[Model]:
    """The cases, smallest first within a family."""
    inline = [
        parse_model(PRODUCT, start=IDENTITY, parameters=list(IDENTITY), name="U V^T from U = V = 1"),
        parse_model(["a*w1+b*v1", "a*w2+b*v2"], start=BALANCED, parameters=list(BALANCED), name="balanced neurons"),
    ]
    return [*(architecture(name).model(**options) for name, options in BUILT_IN), *inline]


def decide(model: Model) -> tuple[Closure, Warp]:
    """The stages from the model to the warp."""
    leaf = setting(induced_dynamics(model))
    laws = conservation_laws(leaf)
    leaf, laws = special_leaf(leaf, laws)
    leaf = leaf.with_laws(laws.laws)
    closed = closure(leaf, laws)
    return closed, warp(leaf, laws, closed, hessian(leaf, laws, closed))


def main() -> None:
    """Measure and print."""
    decide(architecture("neuron").model())
    for model in models():
        begin = process_time()
        closed, warped = decide(model)
        print(
            f"{model.name:42} p = {len(model.parameters):2}   closure {closed.verdict.status!s:8} "
            f"warp {warped.verdict.status!s:8} {process_time() - begin:7.2f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
