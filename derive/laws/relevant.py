"""Which laws can help to eliminate the parameters?

Elimination looks for algebraic relations.  A law that contains a logarithm (or another transcendental generator) which
nothing else contains takes part in none: the relation would make that logarithm algebraic over the rest.  Leaving such
laws out keeps the field small.  Generators may be dependent unnoticed (log w and log w^2); then a relation is missed.
"""

from collections import Counter
from collections.abc import Sequence

from sympy import Expr

from derive.exact.field import Field
from derive.exact.kernels import Generator


def algebraic_laws(laws: Sequence[Expr], field: Field) -> tuple[Expr, ...]:
    """The laws without those that have a transcendental generator of their own; the field is that of the model."""
    own = {law: {g for g in Field([law], field.symbols).generators if _is_transcendental(g)} for law in laws}
    known = set(field.generators)
    while True:
        uses = Counter(g for generators in own.values() for g in generators - known)
        left = {law: generators for law, generators in own.items() if all(uses[g] != 1 for g in generators - known)}
        if len(left) == len(own):
            return tuple(left)
        own = left


def _is_transcendental(g: Generator) -> bool:
    return g.kind in ("log", "atan", "asinh", "cos", "sin") or (
        g.kind == "power" and (g.base is None or g.monomial != 1)
    )
