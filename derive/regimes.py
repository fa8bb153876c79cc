"""Stage 8, regimes: what the potential becomes for small and for large starts."""

from dataclasses import dataclass

from sympy import Expr

from derive.model import Model
from derive.potential import Potential


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """`limit` in words (`alpha -> 0`), the leading term of Q there, and the norm it amounts to."""

    limit: str
    equivalent: Expr
    norm: str | None


def regimes(model: Model, potential: Potential) -> tuple[Regime, ...]:
    """Limits of Q in the positive constants of the start."""
    return ()
