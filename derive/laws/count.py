"""How many conserved quantities has a network?  A count from both sides that needs no field arithmetic.

For polynomial predictors of many parameters (linear and ReLU networks, whose F lists the products along paths):

*From above.*  Gradients, brackets [V_i, V_j] and brackets of these at one integer point are taken modulo a prime q
(`derive.laws.modular`).  A minor that is not zero modulo q is not zero: the rank modulo q is a lower bound of the rank
over Q, and p less that rank an upper bound of the number of laws.  Nothing here is likely; a bad point only gives a
weaker bound.

*From below.*  Quadratic laws, exactly (`derive.laws.quadratic`), counted by the rank of their differentials modulo q, a
lower bound again.

Where the bounds meet, the number is proved (theorem 3 of docs/derivations/conservation.md).
"""

from dataclasses import dataclass
from random import Random

from derive.errors import ComputationError
from derive.laws.modular import PRIME, rank_modulo, rank_of_brackets
from derive.laws.quadratic import Pair, differential, quadratic_laws
from derive.laws.terms import integral_terms
from derive.model import Model
from derive.verdict import Verdict, proved, unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class LawCount:
    """Bounds of the number of conserved quantities, and quadratic laws sum c w_a w_b as ((a, b), c), ... of indices."""

    verdict: Verdict
    lower: int
    upper: int
    laws: tuple[tuple[tuple[Pair, int], ...], ...]


def count_laws(model: Model) -> LawCount:
    """Bound the number of laws of a polynomial model with the identity for parameter metric.

    Raises `ComputationError` for other models.
    """
    if model.parameter_metric is not None or model.restrict:
        raise ComputationError(
            "laws are counted for plain gradient flow only", received=model.name, hint="derive show MODEL"
        )
    index = {p: i for i, p in enumerate(model.parameters)}
    polynomials = [integral_terms(f, index) for f in model.predictor]
    random = Random(5)
    point = [random.randrange(1, PRIME) for _ in model.parameters]
    laws = quadratic_laws(polynomials, len(index), random)
    lower = rank_modulo([differential(h, point) for h in laws])
    upper = len(index) - rank_of_brackets(polynomials, point, len(index) - lower, random)
    if lower == upper:
        verdict = proved(f"{lower} independent quadratic laws, and rank {len(index) - upper} modulo {PRIME} at a point")
    else:
        verdict = unknown(f"{lower} quadratic laws; at most {upper}")
    return LawCount(verdict=verdict, lower=lower, upper=upper, laws=tuple(tuple(sorted(h.items())) for h in laws))
