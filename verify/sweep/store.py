"""The file of a sweep: SQLite, one row a task, written as results arrive.

One process writes (the one that the user started); workers only send results back.  Each result is one committed
transaction, so that a kill loses at most the tasks under way; the task's key is the primary key, so that none is
counted twice, whoever computed it twice.  The file is a result: any SQLite client or pandas reads it.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from derive.errors import ComputationError
from verify.sweep.task import Task

DONE, FAILED = "done", "failed"
_MARK = 0x1B1A5  # application_id: the file is one of ours
_TABLE = """CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, measure TEXT NOT NULL, inputs TEXT NOT NULL, status TEXT NOT NULL,
    result TEXT NOT NULL, seconds REAL NOT NULL, versions TEXT NOT NULL, finished TEXT NOT NULL) WITHOUT ROWID"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a task: `status` done or failed, `result` plain data (`{"error": line}` where it failed),
    `seconds` of wall clock, `versions` of the packages that computed it."""

    task: Task
    status: str
    result: Mapping[str, Any]
    seconds: float
    versions: Mapping[str, str]


class Store:
    """An open file of results.  Use as a context manager; raises `ComputationError` where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.connection = sqlite3.connect(path, isolation_level=None, timeout=20)
            (mark,) = self.connection.execute("PRAGMA application_id").fetchone()
            (tables,) = self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if tables and mark != _MARK:
                raise ComputationError(
                    "the file is a database of something else", received=str(path), hint="another -o"
                )
            self.connection.execute(f"PRAGMA application_id = {_MARK}")
            self.connection.execute("PRAGMA journal_mode = WAL")
            self.connection.execute(_TABLE)
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def add(self, outcome: Outcome) -> None:
        """Write one result; a later one replaces an earlier one of the same task."""
        row = (
            outcome.task.key,
            outcome.task.measure,
            json.dumps(dict(outcome.task.inputs)),
            outcome.status,
            json.dumps(outcome.result),
            outcome.seconds,
            json.dumps(outcome.versions),
            datetime.now(UTC).isoformat(timespec="seconds"),
        )
        try:
            self.connection.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def known(self, tasks: Sequence[Task]) -> dict[str, Outcome]:
        """The outcomes of these tasks that the file has, by key."""
        wanted = {task.key: task for task in tasks}
        try:
            with closing(self.connection.execute("SELECT key, status, result, seconds, versions FROM results")) as rows:
                return dict(_outcomes(rows, wanted))
        except sqlite3.Error as error:
            raise self._unusable(error) from None

    def _unusable(self, error: sqlite3.Error) -> ComputationError:
        return ComputationError(
            "the file of results cannot be used", received=f"{self.path}: {error}", hint="another -o"
        )


def _outcomes(rows: Iterable[tuple[Any, ...]], wanted: Mapping[str, Task]) -> Iterable[tuple[str, Outcome]]:
    for key, status, result, seconds, versions in rows:
        if key in wanted:
            yield (
                key,
                Outcome(
                    task=wanted[key],
                    status=status,
                    result=json.loads(result),
                    seconds=seconds,
                    versions=json.loads(versions),
                ),
            )
