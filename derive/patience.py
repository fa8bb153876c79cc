"""A time limit for one stage: what takes too long becomes `unknown`, never a hang.

Uses the interval timer of the main thread; elsewhere (threads, platforms without it) no limit is set.
"""

import math
import signal
import threading
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

T = TypeVar("T")
SOON = 1e-3


class OutOfTime(BaseException):
    """The stage did not finish within its limit.

    No `Exception`, so that an `except Exception` inside a library does not swallow the alarm.
    """


def within(seconds: float | None, stage: Callable[[], T], otherwise: Callable[[str], T]) -> T:
    """`stage()`, or `otherwise(reason)` where it takes longer than `seconds`.

    A limit inside another one is no longer than what the outer has left, and the outer goes on afterwards.
    """
    usable = (
        seconds is not None and hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    )
    if not usable:
        return stage()

    def stop(signum: int, frame: object) -> None:
        raise OutOfTime

    outer, begin = signal.getitimer(signal.ITIMER_REAL)[0], monotonic()
    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, min(seconds or 0, outer or math.inf))
        result = stage()
        signal.setitimer(signal.ITIMER_REAL, 0)  # here, so that a late alarm still is caught below
        return result
    except OutOfTime:
        return otherwise(f"the time limit of {seconds:g} s was reached")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer:
            signal.setitimer(signal.ITIMER_REAL, max(outer - (monotonic() - begin), SOON))
