"""The claims: every verdict rests on a check that notices when its statement is broken."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

from verify.claims.record import ANSWERS, Claim, eq, mutants, says
from verify.claims.registry import registry
from verify.claims.run import attempt, decide

QUICK = [c for c in registry().values() if not c.slow]
SLOW = [c for c in registry().values() if c.slow]


def check(claim: Claim) -> None:
    """A corrected statement is confirmed; whatever was confirmed is no longer once it is broken."""
    result = decide(claim)
    if result.printed.is_refuted and result.corrected is not None:
        assert result.corrected.is_proved, result.corrected.reason
    confirmed = claim.printed if result.printed.is_proved else claim.corrected
    if confirmed is None or (confirmed is claim.corrected and not (result.corrected and result.corrected.is_proved)):
        return
    broken = list(mutants(confirmed, up_to_factor=claim.up_to_factor))
    assert broken, "nothing to break"
    for formula in broken:
        verdict = attempt(claim, formula)
        assert not verdict.is_proved, (
            f"{formula.left} {formula.relation} {formula.right} was confirmed: {verdict.reason}"
        )


@pytest.mark.parametrize("claim", QUICK, ids=lambda c: c.id)
def test_a_broken_statement_is_not_confirmed(claim: Claim) -> None:
    check(claim)


@pytest.mark.slow
@pytest.mark.parametrize("claim", SLOW, ids=lambda c: c.id)
def test_a_broken_slow_statement_is_not_confirmed(claim: Claim) -> None:
    check(claim)


@pytest.mark.parametrize("claim", registry().values(), ids=lambda c: c.id)
def test_a_claim_says_what_was_computed(claim: Claim) -> None:
    assert claim.where and claim.statement and len(claim.how) > 7 and claim.id.startswith(claim.source)


def test_mutants_break_sign_factor_exponent_and_inner_sign() -> None:
    texts = [m.right for m in mutants(eq("q", "x**2 + 1"))]
    assert texts == ["-(x**2 + 1)", "2*(x**2 + 1)", "x**3 + 1", "x**2 - 1"]
    assert [m.right for m in mutants(says("closure", ANSWERS[0]))] == [ANSWERS[1]]


def test_an_interrupt_ends_the_command_at_once_with_one_line() -> None:
    """Ctrl-C reaches the whole process group; the queue is dropped, and no worker stays or prints a traceback."""
    words = [sys.executable, "-m", "verify", "claims", "--jobs", "2"]
    with subprocess.Popen(words, stdout=-1, stderr=-1, text=True, start_new_session=True) as running:
        try:
            time.sleep(6)  # deciding everything takes minutes
            os.killpg(running.pid, signal.SIGINT)
            out, err = running.communicate(timeout=60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
    assert running.returncode == 1 and out == ""
    assert err.startswith("error: interrupted") and err.count("\n") == 1
