"""An experiment as data: a measurement, the grid on which it is taken, and the picture of the results.

A new experiment is one file in `verify/experiments/` that binds `EXPERIMENTS`; `verify figure` finds it by walking
the folder.  The grid and the fixed settings are those of the paper's figure where it prints them; a user may replace
any of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

import verify.experiments as folder
from derive.errors import InputError
from verify.sweep.task import Measure, Task, tasks

FRAME = {"experiment"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """`axes` span the grid, `fixed` holds the other settings (all text), `measure` takes both.

    `picture` is the module of `verify.pictures` whose `draw(experiment, outcomes)` returns a matplotlib figure;
    `source` names paper and figure; `caveat` says what the paper does not print and was chosen here.
    """

    name: str
    summary: str
    source: str
    measure: Measure
    axes: Mapping[str, Sequence[str]]
    fixed: Mapping[str, str]
    picture: str
    caveat: str = ""

    def tasks(self) -> tuple[Task, ...]:
        """One task a point of the grid, the last axis fastest."""
        return tasks(self.name, self.fixed, self.axes)

    def changed(self, given: Mapping[str, Sequence[str]]) -> "Experiment":
        """The experiment with other values for axes or settings; a setting with several values becomes an axis.

        Raises `InputError` for a name that the experiment does not have.
        """
        for name in given:
            if name not in self.axes and name not in self.fixed:
                expected = ", ".join((*self.axes, *self.fixed))
                raise InputError(f"{self.name} has no setting of that name", expected=expected, received=name)
        axes = {**self.axes, **{n: v for n, v in given.items() if n in self.axes or len(v) > 1}}
        fixed = {n: given[n][0] if n in given else v for n, v in self.fixed.items() if n not in axes}
        return replace(self, axes=axes, fixed=fixed)


@cache
def experiments() -> Mapping[str, Experiment]:
    """Name -> experiment, in alphabetical order."""
    modules = [m.name for m in iter_modules(folder.__path__) if m.name not in FRAME]
    found = [e for m in modules for e in getattr(import_module(f"{folder.__name__}.{m}"), "EXPERIMENTS", ())]
    return MappingProxyType({e.name: e for e in sorted(found, key=lambda e: e.name)})
