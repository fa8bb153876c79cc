"""A theorem on limits, run: where gradient flow ends on several data sets, against the derived potential's minimiser.

The theorem (Gunasekar et al. 2018, theorem 1; Azulay et al. 2021, section 5) makes the limit the minimiser where
Hess Q = g rho with g > 0 and grad Q(beta(0)) = 0, which `derive` proves.  The runs then look for what a proof
could have overlooked: random data, a repeated equation, nearly parallel rows, one equation.  All have integer
rows and right-hand sides that an integer vector solves, so that every system has an exact solution.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

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


def consistent(name: str, rows: Sequence[Sequence[int]], solution: Sequence[int], *, denominator: int = 4) -> DataSet:
    """X = rows/denominator, y = X solution/denominator."""
    x = tuple(tuple(Rational(e, denominator) for e in row) for row in rows)
    y = tuple(sum((a * Rational(b, denominator) for a, b in zip(row, solution, strict=True)), Rational(0)) for row in x)
    return DataSet(name=name, X=x, y=y)


def data_sets(d: int, seed: int = 1) -> tuple[DataSet, ...]:
    """Random, degenerate, nearly parallel and single equations in d unknowns."""
    random = Random(seed)
    row, other, solution = ([random.choice((-3, -2, -1, 1, 2, 3, 4)) for _ in range(d)] for _ in range(3))
    if sum(a * b for a, b in zip(row, solution, strict=True)) == 0:
        solution[0] += 1  # y = 0 is fitted by the usual start
    near = [100 * e + (i == 0) for i, e in enumerate(row)]
    return (
        consistent("random", [row, other][: max(1, d - 1)], solution),
        consistent("a repeated equation", [row, row], solution),
        consistent("nearly parallel rows", [[100 * e for e in row], near][: max(1, d - 1)], solution, denominator=400),
        consistent("one equation", [row], solution),
    )


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
