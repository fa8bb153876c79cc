"""The other place of work: a Dask cluster.

The scheduler gives a task that was lost with its worker to another one; results come back here as they are ready and
are written here.  A task that was computed twice has one key and is one row.
"""

from collections.abc import Iterator, Sequence

from distributed import Client, as_completed  # pyright: ignore[reportMissingImports]
from distributed.scheduler import KilledWorker  # pyright: ignore[reportMissingImports]

from derive.errors import ComputationError, InputError
from verify.sweep.store import Outcome
from verify.sweep.task import Measure, Task
from verify.sweep.worker import perform

PATIENCE = "5s"
RETRIES = 5


def on_cluster(measure: Measure, tasks: Sequence[Task], address: str) -> Iterator[Outcome]:
    """Outcomes as they arrive from the cluster at `address`.

    Raises `ComputationError` where the cluster cannot be reached, or a task keeps killing its workers; `InputError` for
    workers with several threads (precision is a setting of the whole process).
    """
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise ComputationError(
            "the Dask scheduler cannot be reached", received=f"{address}: {error}", hint="tcp://HOST:8786"
        ) from None
    with client:
        workers: dict[str, int] = dict(client.nthreads())  # type: ignore[arg-type]  # a coroutine for async clients only
        if any(threads != 1 for threads in workers.values()):
            raise InputError("the workers have several threads", expected="one", hint="dask worker --nthreads 1")
        futures = client.map(perform, [measure] * len(tasks), tasks, pure=False, retries=RETRIES)
        try:
            for _, outcome in as_completed(futures, loop=client.loop, with_results=True):
                yield outcome
        except KilledWorker as error:
            raise ComputationError("a task killed its workers again and again", received=str(error)) from None
        finally:
            client.cancel(futures)
