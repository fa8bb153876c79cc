"""A sweep: what the file does not have is measured, and written as it arrives.

Results are written by this process alone, one transaction each.  So an interrupted sweep resumes by being asked
again, from any place of work, and a sweep that grows (more values on an axis) pays for the new points only.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from tqdm import tqdm

from verify.sweep.store import DONE, FAILED, Outcome, Store
from verify.sweep.task import Measure, Task

# a place of work: outcomes of tasks, as they arrive
Place = Callable[[Measure, Sequence[Task]], Iterator[Outcome]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """All outcomes, in the order of the tasks; `reused` of them were in the file before."""

    path: Path
    outcomes: tuple[Outcome, ...]
    reused: int
    seconds: float

    @property
    def failed(self) -> int:
        return sum(o.status == FAILED for o in self.outcomes)


def sweep(measure: Measure, tasks: Sequence[Task], path: Path, place: Place, *, retry_failed: bool = False) -> Sweep:
    """Measure all tasks, those that `path` knows apart.  Raises what the place of work and the store raise."""
    begin = perf_counter()
    with Store(path) as store:
        known = store.known(tasks)
        if retry_failed:
            known = {key: o for key, o in known.items() if o.status == DONE}
        open_tasks = [task for task in tasks if task.key not in known]
        with tqdm(total=len(tasks), initial=len(known), unit="task", disable=None) as bar:
            for outcome in place(measure, open_tasks) if open_tasks else ():
                store.add(outcome)
                known[outcome.task.key] = outcome
                bar.update()
    return Sweep(
        path=path,
        outcomes=tuple(known[task.key] for task in tasks),
        reused=len(tasks) - len(open_tasks),
        seconds=perf_counter() - begin,
    )
