"""Progress on standard error, where somebody is watching: how far, and how much longer.

The panels of a run grow like the way behind them (`verify.flow.run`), and all cost about the same.  So the way from
the first panel's end grows by a factor r a panel, and what is left of it takes log(whole way / way so far) / log r
panels.  A second run repeats the panels of the first.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from verify.flow.run import Progress

# r is taken over so many panels, and the seconds that a panel costs
BACK = 4


@dataclass(slots=True)
class Estimate:
    """The seconds that are left of `runs` passes over the same panels."""

    runs: int = 2
    known: int = 0
    ends: list[float] = field(default_factory=list[float])
    times: list[float] = field(default_factory=list[float])

    def add(self, gamma: float, last: float, now: float) -> float | None:
        """One more panel, which ends at gamma, at `now` seconds; None while too little is known."""
        if self.ends and gamma <= self.ends[-1]:  # the next pass begins: a second run, or another first one
            self.known = len(self.ends) if self.known == 0 and self.runs > 1 else 0
            self.ends, self.times = [], self.times[-1:]
        self.ends.append(gamma)
        self.times.append(now)
        recent = self.times[-BACK - 1 :]
        if len(recent) < 2:
            return None
        each = (recent[-1] - recent[0]) / (len(recent) - 1)
        if self.known:
            return each * max(self.known - len(self.ends), 0)
        left = self._panels(last)
        return None if left is None else each * (self.runs * left + (self.runs - 1) * len(self.ends))

    def _panels(self, last: float) -> float | None:
        """How many panels are left of this pass."""
        if self.ends[-1] >= last:
            return 0.0
        way = [e - self.ends[0] for e in self.ends[1:]][-BACK - 1 :]
        if len(way) < 2:
            return None
        r = (way[-1] / way[0]) ** (1 / (len(way) - 1))
        return math.log((last - self.ends[0]) / way[-1]) / math.log(r)


def reporter(runs: int = 2) -> Progress | None:
    """Progress by gamma~ on a terminal; None elsewhere."""
    if not sys.stderr.isatty():
        return None
    begin, estimate = perf_counter(), Estimate(runs=runs)

    def report(gamma: float, last: float) -> None:
        spent = perf_counter() - begin
        left = estimate.add(gamma, last, spent)
        line = f"gamma~ {gamma:14.4f} of {last:.4f}   {spent:7.1f} s"
        line += "" if left is None else f", about {left:.0f} s left"
        end = "\n" if gamma >= last and (estimate.known or runs == 1) else ""
        print(f"\r{line:<72}", end=end, file=sys.stderr, flush=True)

    return report


def step_reporter(label: str = "") -> Callable[[int, float], None] | None:
    """Steps and loss of a discrete method, five times a second; None where nobody is watching."""
    if not sys.stderr.isatty():
        return None
    last = [perf_counter()]

    def report(count: int, loss: float) -> None:
        if perf_counter() - last[0] > 0.2:
            last[0] = perf_counter()
            print(f"\r{label}{count:10d} steps   loss {loss:12.6g}", end="", file=sys.stderr, flush=True)

    return report
