"""Sweeps: every task once, whatever happens: asked again, grown, killed, interrupted, or spread over a cluster."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from verify_console import assert_one_line, run

from derive.errors import ComputationError, InputError
from verify.sweep.command import filled, inputs_of, run_command
from verify.sweep.local import on_this_machine
from verify.sweep.run import sweep
from verify.sweep.store import DONE, FAILED, Outcome, Store
from verify.sweep.task import Measure, Task, parse_axis, tasks
from verify.sweep.worker import perform

SHOW = ("show", "{first}*w1, a*w2", "--start", "a={a}, w1=1, w2=0", "--parameters", "a,w1,w2")


def squares(inputs: Mapping[str, str]) -> Mapping[str, int]:
    """A cheap measurement; it refuses the number 3 in the way the toolkit refuses."""
    if inputs["n"] == "3":
        raise ComputationError("three is not computable")
    return {"square": int(inputs["n"]) ** 2}


def here(measure: Measure, listed: Sequence[Task]) -> Iterator[Outcome]:
    """A place of work in this process."""
    return (perform(measure, task) for task in listed)


def grid(count: int) -> tuple[Task, ...]:
    return tasks("squares", {}, {"n": [str(n) for n in range(count)]})


def rows(path: Path) -> list[tuple]:
    with sqlite3.connect(path) as connection:
        return connection.execute("SELECT key, status, result, finished FROM results ORDER BY key").fetchall()


def test_every_task_is_measured_once_and_failures_are_results(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    found = sweep(squares, grid(5), path, here)
    assert [o.result.get("square") for o in found.outcomes] == [0, 1, 4, None, 16]
    assert (found.failed, found.reused) == (1, 0)
    assert found.outcomes[3].result == {"error": "three is not computable"}
    before = rows(path)
    again = sweep(squares, grid(7), path, here)
    assert (again.reused, len(rows(path))) == (5, 7)
    assert set(before) <= set(rows(path)), "what was known is not written again"
    assert sweep(squares, grid(7), path, here, retry_failed=True).reused == 6


def test_an_interrupt_loses_only_what_is_under_way(tmp_path: Path) -> None:
    def interrupted(measure: Measure, listed: Sequence[Task]) -> Iterator[Outcome]:
        yield from (perform(measure, task) for task in listed[:2])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(squares, grid(4), tmp_path / "r.sqlite", interrupted)
    assert sweep(squares, grid(4), tmp_path / "r.sqlite", here).reused == 2


def test_a_task_that_comes_twice_is_one_row(tmp_path: Path) -> None:
    def twice(measure: Measure, listed: Sequence[Task]) -> Iterator[Outcome]:
        return (perform(measure, task) for task in (*listed, *listed))

    sweep(squares, grid(4), tmp_path / "r.sqlite", twice)
    assert len(rows(tmp_path / "r.sqlite")) == 4


def test_a_result_records_inputs_versions_and_time(tmp_path: Path) -> None:
    sweep(squares, grid(2), tmp_path / "r.sqlite", here)
    with sqlite3.connect(tmp_path / "r.sqlite") as connection:
        found = connection.execute("SELECT measure, inputs, versions, seconds, finished FROM results").fetchall()
    assert {json.loads(inputs)["n"] for _, inputs, *_ in found} == {"0", "1"}
    assert all(measure == "squares" and "sympy" in json.loads(v) and s >= 0 and t for measure, _, v, s, t in found)


def test_a_defect_is_recorded_where_it_happened(tmp_path: Path) -> None:
    found = sweep(lambda inputs: {"x": 1 // (int(inputs["n"]) - 1)}, grid(3), tmp_path / "r.sqlite", here)
    assert [o.status for o in found.outcomes] == [DONE, FAILED, DONE]
    assert "ZeroDivisionError" in found.outcomes[1].result["error"]


def test_a_killed_worker_is_one_line_and_loses_nothing(tmp_path: Path) -> None:
    with pytest.raises(ComputationError, match="a worker process was killed"):
        sweep(kill_at_three, grid(6), tmp_path / "r.sqlite", lambda m, t: on_this_machine(m, t, 2))
    with Store(tmp_path / "r.sqlite") as store:
        known = store.known(grid(6))
    assert all(o.result == {"n": dict(o.task.inputs)["n"]} for o in known.values())


def kill_at_three(inputs: Mapping[str, str]) -> Mapping[str, str]:
    if inputs["n"] == "3":
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)
    return dict(inputs)


def test_a_file_of_something_else_is_not_touched(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (x)")
    (tmp_path / "text.sqlite").write_text("not a database, but long enough to look like one" * 20)
    for name in ("other.sqlite", "text.sqlite"):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(ComputationError):
            Store(tmp_path / name)
        assert (tmp_path / name).read_bytes() == before


@pytest.mark.parametrize(
    ("text", "values"), [("a=1,2", ("1", "2")), ("s=0..3", ("0", "1", "2", "3")), ("x=1/10, 5..6", ("1/10", "5", "6"))]
)
def test_an_axis_is_a_list_or_a_range(text: str, values: tuple[str, ...]) -> None:
    assert parse_axis(text)[1] == values


@pytest.mark.parametrize("text", ["a", "a=", "=1", "a=1,,2", "a=3..1", "1a=2", "a=1,1", "a=0..9999999"])
def test_a_malformed_axis_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        parse_axis(text)


def test_braces_are_filled_and_nothing_else_is() -> None:
    inputs = inputs_of(["limit", "x{a}", "{b}{a}"]) | {"a": "1", "b": "{a}"}
    assert filled(inputs) == ["limit", "x1", "{a}1"]


def test_a_command_gives_the_document_that_it_prints() -> None:
    words = ["limit", "linear", "--data", "sparse-small", "--digits", "10"]
    assert run_command(inputs_of(words))["schema"] == "limit/1"
    with pytest.raises(ComputationError, match="no built-in model"):
        run_command(inputs_of(["show", "no-such-model"]))


def test_the_command_sweeps_a_grid_and_goes_on_where_it_ended(tmp_path: Path) -> None:
    line = ("sweep", "-o", str(tmp_path / "r.sqlite"), "--vary", "a=1,2", "--jobs", "2")
    first = run(*line, "--vary", "first=a", "--json", "--", *SHOW)
    assert first.status == 0 and first.json["tasks"] == 2 and first.json["failed"] == 0
    assert {r["inputs"]["a"]: r["result"]["model"]["start"]["a"] for r in first.json["results"]} == {"1": "1", "2": "2"}
    again = run(*line, "--vary", "first=a,3*a,b*(", "--", *SHOW)
    assert again.status == 0 and "6 tasks, 2 known before, 2 failed" in again.out


def test_a_sweep_killed_in_the_middle_resumes(tmp_path: Path) -> None:
    path = tmp_path / "r.sqlite"
    line = [sys.executable, "-m", "verify", "sweep", "-o", str(path), "--vary", "a=1..6", "--vary", "first=a", "--jobs",
            "1", "--json", "--", *SHOW]  # fmt: skip
    victim = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    deadline = time.monotonic() + 120
    while not (path.exists() and _count(path)) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait()
    survived = _count(path)
    assert 1 <= survived < 6
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert (found["tasks"], found["reused"], found["failed"]) == (6, survived, 0)
    assert _count(path) == 6


def _count(path: Path) -> int:
    try:
        return len(rows(path))
    except sqlite3.Error:
        return 0


@pytest.mark.parametrize(
    "words",
    [
        ("-o", "{tmp}/r.sqlite"),
        ("-o", "{tmp}/r.sqlite", "--vary", "a=1", "--", "limit", "diagonal"),
        ("-o", "{tmp}/r.sqlite", "--", "limit", "diagonal", "--scale", "{scale}"),
        ("-o", "{tmp}/r.sqlite", "--vary", "a", "--", "limit", "{a}"),
        ("-o", "{tmp}/r.sqlite", "--jobs", "0", "--", "steer", "linear"),
        ("-o", "{tmp}/no/such/r.sqlite", "--", "steer", "linear"),
        ("-o", "{tmp}/r.sqlite", "--dask", "tcp://127.0.0.1:1", "--", "steer", "linear"),
        ("-o", "{tmp}", "--", "steer", "linear"),
        ("-o", "{tmp}/r.sqlite", "--", "sweep", "linear"),
        ("--", "steer", "linear"),
    ],
)
def test_bad_requests_get_one_line(words: tuple[str, ...], tmp_path: Path) -> None:
    assert_one_line(run("sweep", *(w.replace("{tmp}", str(tmp_path)) for w in words)), 1, 2)


@pytest.mark.extra
def test_a_cluster_that_loses_a_worker_loses_no_task(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    cluster = pytest.importorskip("verify.sweep.cluster")
    path = tmp_path / "r.sqlite"
    listed = tasks("command", inputs_of(SHOW), {"a": [str(n) for n in range(1, 9)], "first": ["a"]})
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as local:
        victims = [w.pid for w in local.workers.values()]

        def place(measure: Measure, tasks: Sequence[Task]) -> Iterator[Outcome]:
            for n, outcome in enumerate(cluster.on_cluster(measure, tasks, local.scheduler_address)):
                if n == 1:
                    os.kill(victims[0], signal.SIGKILL)
                yield outcome

        found = sweep(run_command, listed, path, place)
    assert [o.status for o in found.outcomes] == [DONE] * 8
    assert len(rows(path)) == 8
