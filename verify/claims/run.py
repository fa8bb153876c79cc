"""Deciding claims: each in a process of its own pool, so that two cores share the work."""

import os
import signal
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from time import perf_counter

from derive.errors import ToolkitError
from derive.patience import within
from derive.verdict import Verdict, unknown
from verify.claims.record import Claim, Formula, Result
from verify.claims.registry import registry

Progress = Callable[[int, int], None]
PATIENCE = 180.0  # seconds for one formula


def decide(claim: Claim) -> Result:
    """The verdicts on one claim.  A method that gives up makes the claim unknown, with its reason."""
    begin = perf_counter()
    printed = attempt(claim, claim.printed)
    corrected = None if claim.corrected is None else attempt(claim, claim.corrected)
    return Result(claim=claim, printed=printed, corrected=corrected, seconds=perf_counter() - begin)


def attempt(claim: Claim, formula: Formula) -> Verdict:
    """One formula under the claim's method."""
    try:
        return within(PATIENCE, lambda: claim.method(formula), unknown)
    except ToolkitError as error:
        return unknown(f"the method gave up: {error}")


def decide_all(claims: Sequence[Claim], *, jobs: int | None = None, progress: Progress | None = None) -> list[Result]:
    """All verdicts, in the order of the claims; `jobs` processes (default: the cores)."""
    workers = min(jobs or os.cpu_count() or 1, max(1, len(claims)))
    if workers == 1:
        results = []
        for done, claim in enumerate(claims, start=1):
            results.append(decide(claim))
            if progress is not None:
                progress(done, len(claims))
        return results
    found: dict[str, tuple[Verdict, Verdict | None, float]] = {}
    with _workers(workers) as pool:
        with _interrupts_ignored():
            waiting = {pool.submit(_by_id, claim.id): claim.id for claim in sorted(claims, key=lambda c: not c.slow)}
        for done, future in enumerate(as_completed(waiting), start=1):
            found[waiting[future]] = future.result()
            if progress is not None:
                progress(done, len(claims))
    return [Result(claim=c, printed=found[c.id][0], corrected=found[c.id][1], seconds=found[c.id][2]) for c in claims]


@contextmanager
def _workers(count: int) -> Generator[ProcessPoolExecutor, None, None]:
    """A pool that dies with what goes wrong: by itself it would first work off all that is still queued."""
    others = set(active_children())
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in set(active_children()) - others:
                child.terminate()
            raise


@contextmanager
def _interrupts_ignored() -> Generator[None, None, None]:
    """Processes started here leave Ctrl-C, which a terminal sends to all of them, to this one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _by_id(identifier: str) -> tuple[Verdict, Verdict | None, float]:
    result = decide(registry()[identifier])
    return result.printed, result.corrected, result.seconds
