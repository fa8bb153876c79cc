"""What `derive` says of a model: verdicts, and derived quantities to compare with printed ones."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from sympy import Expr

from derive.derivation import Derivation
from derive.model import Model
from derive.pipeline import derive
from derive.verdict import Verdict, proved, refuted, unknown
from verify.claims.record import Formula


@cache
def derived(model: Model) -> Derivation:
    """The derivation of a model, made once."""
    return derive(model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """A question that `derive` decides: `verdict(derivation)` against the answer that the source gives.

    With several models the source's answer has to hold for each.
    """

    models: tuple[Model, ...]
    verdict: Callable[[Derivation], Verdict]

    def __call__(self, formula: Formula) -> Verdict:
        reasons: list[str] = []
        for model in self.models:
            found = self.verdict(derived(model))
            if not (found.is_proved or found.is_refuted):
                return unknown(f"{model.name}: {found.reason}")
            if found.status.value != formula.right:
                return refuted(f"{model.name}: {found.status.value}, {found.reason}", found.witness)
            reasons.append(f"{model.name}: {found.status.value}, {found.reason}")
        return proved("; ".join(reasons))


def gradient_of(model: Model) -> Callable[[], tuple[Expr, ...]]:
    """The gradient of the derived potential, proved; raises `ValueError` where there is none."""

    def compute() -> tuple[Expr, ...]:
        potential = derived(model).potential
        if potential.gradient is None or not potential.verdict.is_proved:
            raise ValueError(f"no proved potential for {model.name}")
        return tuple(potential.gradient)

    return compute
