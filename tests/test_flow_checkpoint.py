"""Claims: a run with a checkpoint survives whatever ends its process, and goes on to the same digits, all of them.

Processes are killed with SIGKILL while they write; a file is torn at every byte of its last lines; damage and files
of other runs are told in one line, and the file is left as it was.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import Outcome
from verify_console import assert_one_line, csv, document, run

FLOW = ("flow", "diagonal", "--depth", "3", "--data", "three-points-b", "--loss", "exponential")
SHORT = (*FLOW, "--until", "1e-30", "--digits", "15")
PATIENCE = 120


def same(first: dict, second: dict) -> bool:
    """Equal documents but for the seconds."""
    return first | {"seconds": 0} == second | {"seconds": 0}


def stopped(words: tuple[str, ...], file: Path, lines: int, how: int) -> Outcome | None:
    """Run the command in a process and stop it once the file has so many lines; None if it ended before."""
    process = subprocess.Popen(
        [sys.executable, "-m", "verify", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        if file.exists() and file.read_bytes().count(b"\n") >= lines:
            process.send_signal(how)
            break
        time.sleep(0.002)
    out, err = process.communicate(timeout=PATIENCE)
    return None if process.returncode == 0 else Outcome(process.returncode, out, err)


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_digits(tmp_path: Path) -> None:
    """Killed in the first run, at its end, in the second run; what is written stays, and the end is the same."""
    file = tmp_path / "run"
    words = (*FLOW, "--until", "1e-1700", "--digits", "60")
    plain = document(*words)
    before = b""
    for lines in (4, plain["steps"] // 2 + 1, plain["steps"] - 4):
        done = stopped((*words, "--checkpoint", str(file)), file, lines, signal.SIGKILL)
        assert done is not None and done.status == -signal.SIGKILL and done.out == ""
        content = file.read_bytes()
        assert content.startswith(before[: before.rfind(b"\n") + 1]) and content.count(b"\n") >= lines
        before = content
    assert same(document(*words, "--checkpoint", str(file)), plain)


@pytest.mark.slow
def test_an_interrupt_is_answered_in_one_line_that_says_how_to_go_on(tmp_path: Path) -> None:
    file = tmp_path / "run"
    words = (*FLOW, "--until", "1e-1700", "--digits", "60", "--checkpoint", str(file))
    done = stopped(words, file, 3, signal.SIGINT)
    assert done is not None
    assert_one_line(done, 1)
    assert str(file) in done.err and file.read_bytes().count(b"\n") >= 3


def test_a_finished_checkpoint_answers_at_once_and_other_questions_too(tmp_path: Path) -> None:
    """States and events are read off the panels that are written: the file does not grow."""
    file = tmp_path / "run"
    words = (*SHORT, "--checkpoint", str(file))
    plain = document(*SHORT)
    assert same(document(*words), plain)
    size = file.stat().st_size
    assert same(document(*words), plain)
    more = ("--at", "1e-2", "--until-margin", "20")
    assert same(document(*words, *more), document(*SHORT, *more))
    assert file.stat().st_size == size


def test_a_file_that_is_torn_anywhere_goes_on_to_the_same_digits(tmp_path: Path) -> None:
    """Cut in the first line, after it, in the middle of a panel, before and after a line end."""
    file = tmp_path / "run"
    words = (*SHORT, "--checkpoint", str(file))
    plain = document(*words)
    content = file.read_bytes()
    ends = [i for i, byte in enumerate(content) if byte == 10]
    cuts = [0, 1, ends[0], ends[0] + 1, ends[1] - 1, ends[1], ends[3] + 7, ends[-2] + 1, len(content) - 1]
    for cut in cuts:
        file.write_bytes(content[:cut])
        assert same(document(*words), plain)
        assert file.read_bytes() == content


@pytest.mark.parametrize(
    "change",
    [
        ("--digits", "16"),
        ("--until", "1e-31"),
        ("--loss", "logistic"),
        ("--data", "three-points-a"),
        ("--depth", "2"),
        ("--scale", "2"),
    ],
)
def test_the_checkpoint_of_another_run_is_refused_and_left_alone(tmp_path: Path, change: tuple[str, str]) -> None:
    file = tmp_path / "run"
    words = [*SHORT, "--checkpoint", str(file)]
    document(*words)
    content = file.read_bytes()
    assert_one_line(run(*words, *change), 2)
    assert file.read_bytes() == content


@pytest.mark.parametrize("content", [b"x,y\n1,1\n", b"\x00\xff", b"{}\n", b'{"sum":1,"of":[]}\n', b"\n", b"{" * 5000])
def test_a_file_that_is_no_checkpoint_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "precious"
    file.write_bytes(content)
    assert_one_line(run(*SHORT, "--checkpoint", str(file)), 2)
    assert file.read_bytes() == content


def test_damage_within_a_checkpoint_is_told_and_left_alone(tmp_path: Path) -> None:
    """One digit of one number: it would be another flow, and is refused."""
    file = tmp_path / "run"
    words = (*SHORT, "--checkpoint", str(file))
    document(*words)
    content = bytearray(file.read_bytes())
    place = content.index(b'"states"', content.index(b"\n") + 1) + 40
    content[place] = ord("0") if content[place] != ord("0") else ord("1")
    file.write_bytes(content)
    done = run(*words)
    assert_one_line(done, 2)
    assert "line 2" in done.err and file.read_bytes() == bytes(content)


@pytest.mark.parametrize("name", ["", "/", "/dev/null", "nowhere/run", "a\0b"])
def test_a_checkpoint_that_cannot_be_opened_is_told_in_one_line(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name) if name.startswith("nowhere") else name
    assert_one_line(run(*SHORT, "--checkpoint", path), 2)


def test_a_pipe_is_no_checkpoint_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert_one_line(run(*SHORT, "--checkpoint", str(tmp_path / "pipe")), 2)


def test_two_processes_do_not_write_the_same_checkpoint(tmp_path: Path) -> None:
    """A lock on the open file: it needs no process of its own to be seen."""
    fcntl = pytest.importorskip("fcntl")
    with open(tmp_path / "run", "ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        done = run(*SHORT, "--checkpoint", str(tmp_path / "run"))
    assert_one_line(done, 2)
    assert "another process" in done.err
    assert run(*SHORT, "--checkpoint", str(tmp_path / "run")).status == 0


def test_a_certificate_has_no_checkpoint(tmp_path: Path) -> None:
    assert_one_line(run(*SHORT, "--checkpoint", str(tmp_path / "run"), "--certify"), 2)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("flow", "diagonal", "--data", "sparse-small", "--loss", "squared", "--until", "1e-12", "--digits", "10"),
        ("flow", "w", "--parameters", "w", "--start", "w=1/4", "--loss", "logistic", "--until", "1e-50"),
    ],
    ids=["scaled-residuals", "one-weight"],
)
def test_other_states_go_on_too(tmp_path: Path, words: tuple[str, ...]) -> None:
    if "--data" not in words:
        words = (*words, "--data", csv(tmp_path, "x,y\n0.7,1\n"))
    file = tmp_path / "run"
    plain = document(*words, "--checkpoint", str(file))
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])
    assert same(document(*words, "--checkpoint", str(file)), plain)
