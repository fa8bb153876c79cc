"""Progress on standard error, where somebody is watching: how far, and how much longer.

The panels of a run grow geometrically with gamma~, all cost about the same, and a second run repeats them.  With the
last panel of width w, each wider than the one before by the factor r, what is left of the way takes n panels with

    w (r + r^2 + ... + r^n) = rest,     n = log(1 + rest (r - 1)/(w r)) / log r.
"""

import math
import sys
from dataclasses import dataclass, field
from time import perf_counter

from verify.flow.run import Progress

# growth is taken over so many panels
BACK = 3


@dataclass(slots=True)
class Estimate:
    """The seconds that are left, from the panels so far; `runs` passes over the same panels."""

    runs: int = 2
    known: int = 0
    begun: float = 0.0
    latest: float = 0.0
    ends: list[float] = field(default_factory=list[float])

    def add(self, gamma: float, last: float, now: float) -> float:
        """One more panel, which ends at gamma; `now` in seconds since the start."""
        if self.ends and gamma <= self.ends[-1]:  # the next pass
            self.known = len(self.ends) if self.known == 0 else 0
            self.begun, self.ends = self.latest, []
        self.ends.append(gamma)
        self.latest = now
        done = len(self.ends)
        each = (now - self.begun) / done
        if self.known:
            return each * max(self.known - done, 0)
        total = done + self._left(last - gamma)
        return each * (self.runs * total - done)

    def _left(self, rest: float) -> float:
        if rest <= 0:
            return 0.0
        widths = [b - a for a, b in zip([0.0, *self.ends], self.ends, strict=False)][-BACK:]
        if widths[-1] <= 0:
            return 1.0
        r = max(1.0, (widths[-1] / widths[0]) ** (1 / max(len(widths) - 1, 1))) if widths[0] > 0 else 1.0
        if r < 1.0001:
            return rest / widths[-1]
        return math.log1p(rest * (r - 1) / (widths[-1] * r)) / math.log(r)


def reporter(runs: int = 2) -> Progress | None:
    """Progress by gamma~ on a terminal; None elsewhere."""
    if not sys.stderr.isatty():
        return None
    begin, estimate = perf_counter(), Estimate(runs=runs)

    def report(gamma: float, last: float) -> None:
        spent = perf_counter() - begin
        left = estimate.add(gamma, last, spent)
        end = "\n" if gamma >= last and left <= 0 else ""
        line = f"gamma~ {gamma:14.4f} of {last:.4f}   {spent:7.1f} s, about {left:.0f} s left"
        print(f"\r{line:<72}", end=end, file=sys.stderr, flush=True)

    return report
