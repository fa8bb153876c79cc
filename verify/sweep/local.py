"""The default place of work: processes on this machine, through joblib."""

from collections.abc import Iterator, Sequence

from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from derive.errors import ComputationError
from verify.sweep.store import Outcome
from verify.sweep.task import Measure, Task
from verify.sweep.worker import perform


def on_this_machine(measure: Measure, tasks: Sequence[Task], jobs: int) -> Iterator[Outcome]:
    """Outcomes as they arrive, in any order.  `jobs` processes; -1 means one a core.

    Raises `ComputationError` where a worker was killed from outside.
    """
    pool = Parallel(n_jobs=jobs, return_as="generator_unordered", batch_size=1)
    try:
        yield from pool(delayed(perform)(measure, task) for task in tasks)
    except TerminatedWorkerError:
        raise ComputationError(
            "a worker process was killed", hint="the same command again: it goes on where this one ended"
        ) from None
