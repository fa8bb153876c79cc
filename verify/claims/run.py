"""Deciding claims: each in a process of its own pool, so that two cores share the work."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
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
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_by_id, claim.id): claim.id for claim in sorted(claims, key=lambda c: not c.slow)}
        for done, future in enumerate(as_completed(waiting), start=1):
            found[waiting[future]] = future.result()
            if progress is not None:
                progress(done, len(claims))
    return [Result(claim=c, printed=found[c.id][0], corrected=found[c.id][1], seconds=found[c.id][2]) for c in claims]


def _by_id(identifier: str) -> tuple[Verdict, Verdict | None, float]:
    result = decide(registry()[identifier])
    return result.printed, result.corrected, result.seconds
