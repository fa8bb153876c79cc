"""Claims: progress is for terminals alone, and the time that is left is right for a run as the engine makes them."""

import os
import pty
import subprocess
import sys

import pytest

from verify.progress import BACK, Estimate, reporter

WORDS = ("flow", "diagonal", "--data", "three-points-b", "--loss", "exponential", "--until", "1e-30", "--digits", "15")


@pytest.mark.parametrize("factor", [1.3, 2.0, 5.0])
@pytest.mark.parametrize("seconds", [0.1, 7.0])
def test_panels_that_grow_geometrically_at_one_price_are_foretold(factor: float, seconds: float) -> None:
    """20 panels whose ends are 1 + factor^k, twice: after BACK panels the estimate is what is left, exactly."""
    ends = [1.0] + [1.0 + factor**k for k in range(19)]
    estimate, now = Estimate(runs=2), 0.0
    for run in range(2):
        for k, end in enumerate(ends):
            now += seconds
            left = estimate.add(end, ends[-1], now)
            if run == 1 or k > BACK + 1:
                assert left == pytest.approx((40 - 20 * run - k - 1) * seconds, abs=0.01 * seconds)


def test_one_run_counts_once() -> None:
    estimate = Estimate(runs=1)
    ends = [1.0, *(1.0 + 2.0**k for k in range(9))]
    left = [estimate.add(end, ends[-1], float(k)) for k, end in enumerate(ends)]
    assert left[0] is None and left[5] == pytest.approx(4.0) and left[-1] == 0.0


def test_nothing_is_reported_where_nobody_watches() -> None:
    """Tests run without a terminal on standard error."""
    assert sys.stderr.isatty() or reporter() is None


def test_a_terminal_sees_gamma_and_the_seconds_left_and_standard_output_the_result_alone() -> None:
    master, slave = pty.openpty()
    done = subprocess.Popen([sys.executable, "-m", "verify", *WORDS, "--json"], stdout=subprocess.PIPE, stderr=slave)
    os.close(slave)
    out, _ = done.communicate(timeout=120)
    seen = os.read(master, 100_000).decode()
    os.close(master)
    assert done.returncode == 0 and out.startswith(b"{") and out.rstrip().endswith(b"}") and b"gamma~" not in out
    assert "gamma~" in seen and "s left" in seen and f"of {30 * 2.302585092994046:.4f}" in seen
