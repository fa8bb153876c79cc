"""Conservation laws of many parameters, where the exact count finds that all of them are quadratic.

`derive.laws.count` bounds the number of laws from both sides in milliseconds for networks of hundreds of parameters.
Where the bounds meet, its quadratic laws are all there are.  The fields that it evaluated are numbers modulo a prime,
so that nothing about tangent spaces comes with the answer: it serves where laws are reported and no later stage needs
them.
"""

from sympy import Add, Expr

from derive.errors import ComputationError
from derive.laws.conservation import ConservationLaws
from derive.laws.count import count_laws
from derive.model import Model


def counted_laws(model: Model) -> ConservationLaws | None:
    """All laws of a polynomial model with the flat metric; None where they are not shown to be quadratic."""
    try:
        found = count_laws(model)
    except ComputationError:
        return None
    if not found.verdict.is_proved:
        return None
    w = model.parameters
    laws = [_signed(Add(*(c * w[a] * w[b] for (a, b), c in law))) for law in found.laws]
    return ConservationLaws(
        verdict=found.verdict,
        laws=tuple(sorted(laws, key=lambda h: (h.count_ops(), str(h)))),
        count=found.lower,
        upper_bound=found.upper,
        tangent=(),
    )


def _signed(law: Expr) -> Expr:
    return -law if law.could_extract_minus_sign() else law
