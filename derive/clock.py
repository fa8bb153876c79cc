"""The time of a derivation: seconds by stage, and what each stage may take."""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import TypeVar

from derive.errors import ComputationError
from derive.patience import within

T = TypeVar("T")


@dataclass(slots=True)
class Clock:
    """Seconds by stage, added up over the blocks.

    What a verdict rests on may take the whole limit.  Later stages share what is left of it, and each gets a tenth at
    least, so that a derivation ends after about twice the limit at most.
    """

    limit: float | None
    seconds: dict[str, float]

    def run(self, name: str, stage: Callable[[], T], otherwise: Callable[[str], T], *, least: float = 0) -> T:
        """`stage()` within the time that is left, else `otherwise(reason)`; its time is added to the stage's.

        What a stage cannot carry out costs the answer of that stage alone.
        """
        begin = perf_counter()
        left = None if self.limit is None else self.limit - sum(self.seconds.values())
        limit = None if self.limit is None or left is None else max(self.limit / 10, least, left)
        try:
            return within(limit, stage, otherwise)
        except ComputationError as error:
            return otherwise(str(error))
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - begin
