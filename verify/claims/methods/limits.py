"""A theorem on limits, run: where gradient flow ends on several data sets, against the derived potential's minimiser.

The theorem (Gunasekar et al. 2018, theorem 1; Azulay et al. 2021, section 5) makes the limit the minimiser where
Hess Q = g rho with g > 0 and grad Q(beta(0)) = 0, which `derive` proves.  The runs then look for what a proof
could have overlooked: random data, a repeated equation, nearly parallel rows, one equation.  All have integer
rows and right-hand sides that an integer vector solves, so that every system has an exact solution.
"""

from dataclasses import dataclass

from sympy import Rational

from derive.errors import ToolkitError
from derive.model import Model
from derive.verdict import Verdict, proved, refuted, unknown
from verify.claims.record import ANSWERS, Formula
from verify.data import DataSet
from verify.limit import limit
from verify.potential import derivation_at
from verify.start import scaled

LOST = 4  # digits that nearly parallel rows may cost


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitIsMinimiser:
    """The limit minimises the derived potential: for each scale and data set, to so many digits."""

    model: Model
    scales: tuple[Rational, ...]
    data: tuple[DataSet, ...]
    digits: int = 20

    def __call__(self, formula: Formula) -> Verdict:
        notes: list[str] = []
        for scale in self.scales:
            derivation, constants = derivation_at(self.model, scale=scale, mu=None)
            start = scaled(self.model, scale)
            for data in self.data:
                try:
                    found = limit(start, derivation, constants, data, digits=self.digits)
                except ToolkitError as error:
                    return unknown(f"{data.name}, alpha = {scale}: {error}")
                if found.verdict.is_refuted:
                    return self._against(formula, refuted(f"{data.name}, alpha = {scale}: {found.verdict.reason}"))
                if not found.verdict.is_proved and found.agreement < self.digits - LOST:
                    return unknown(f"{data.name}, alpha = {scale}: {found.verdict.reason}")
                notes.append(f"{data.name}, alpha = {scale}: {found.agreement}")
        return self._against(formula, proved(f"digits in which flow and minimiser agree: {'; '.join(notes)}"))

    def _against(self, formula: Formula, verdict: Verdict) -> Verdict:
        """The finding against the answer that the formula gives."""
        if formula.right == ANSWERS[0]:
            return verdict
        return proved(verdict.reason) if verdict.is_refuted else refuted(verdict.reason)
