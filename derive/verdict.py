"""Three-valued answers, each with the evidence that it rests on.

`PROVED` means exact algebra (or a rigorous enclosure) established the statement.  `REFUTED` means
an exact witness contradicts it.  Everything else is `UNKNOWN`, with the reason why it stayed open.
A verdict cannot be built without its evidence: the constructor checks that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sympy import Expr, Symbol


class Status(StrEnum):
    """The three answers that a question about a model can have."""

    PROVED = "proved"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """An exact point of parameter space where a statement fails, and the number that shows it.

    `point` pairs each parameter with an exact value.  `value` is the quantity that would have to
    vanish, evaluated there; it is not zero.  `entry` locates it (zero-based indices), `direction`
    is a tangent vector where the statement is about one, `normal` a covector in the coordinates of beta,
    and `meaning` says in words what was evaluated.
    """

    point: tuple[tuple[Symbol, Expr], ...]
    value: str
    meaning: str
    entry: tuple[int, ...] | None = None
    direction: tuple[tuple[Symbol, Expr], ...] | None = None
    normal: tuple[tuple[Symbol, Expr], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A status with its evidence.  Raises `ValueError` where the evidence is missing (our bug)."""

    status: Status
    reason: str
    witness: Witness | None = None

    def __post_init__(self) -> None:
        if not self.reason:
            raise ValueError(f"a verdict needs a reason: {self.status}")

    @property
    def is_proved(self) -> bool:
        return self.status is Status.PROVED

    @property
    def is_refuted(self) -> bool:
        return self.status is Status.REFUTED


def proved(reason: str) -> Verdict:
    """The statement holds; `reason` names the theorem or the identity that was checked."""
    return Verdict(status=Status.PROVED, reason=reason)


def refuted(reason: str, witness: Witness | None = None) -> Verdict:
    """The statement fails; `witness` is the exact point that shows it."""
    return Verdict(status=Status.REFUTED, reason=reason, witness=witness)


def unknown(reason: str) -> Verdict:
    """Neither was established; `reason` says what stood in the way."""
    return Verdict(status=Status.UNKNOWN, reason=reason)


def conjunction(verdicts: Sequence[Verdict]) -> Verdict:
    """All hold: the first refutation, else the first that is open, else the proofs of independent blocks."""
    for verdict in verdicts:
        if verdict.is_refuted:
            return verdict
    for verdict in verdicts:
        if not verdict.is_proved:
            return verdict
    if len(verdicts) == 1:
        return verdicts[0]
    return proved(f"{len(verdicts)} independent blocks; for each: {verdicts[0].reason}")
