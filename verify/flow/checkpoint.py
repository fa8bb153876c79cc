"""A run that is written down as it goes, panel by panel, and goes on from what is written.

The file is text, one JSON document a line.  The first line says what is computed, in full: model, data, loss, last
loss, digits; a file that begins otherwise is left alone.  Each further line is one panel of one run: the state at the
nodes and the rates as exact numbers, `mantissa p exponent` in hexadecimal, and where the run stands after it.  All
else follows from these, so that a run which goes on from a file computes what it would have computed: the same
digits, all of them, on the same machine and versions.

A line is appended by one write and forced to the disk before the run goes on.  Whatever ends the process, the file
then holds whole lines and at most one torn line at its end, which is known by its missing line end and is
overwritten.  Every line carries its checksum (SHA-256, 16 digits): damage elsewhere is told and nothing is touched.
A lock keeps two processes from writing the same file.
"""

import json
import os
import stat
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from flint import arb, arb_mat, ctx, fmpz

from derive.errors import ComputationError, InputError
from derive.model import Model
from verify.data import DataSet
from verify.decimal import Decimal
from verify.flow.chebyshev_parity import halves
from verify.flow.collocation import Panel
from verify.flow.run import Mark, Plan

try:
    import fcntl
except ImportError:  # no locks of this kind: two processes on one file are the user's care
    fcntl = None

SCHEMA = "checkpoint/2"
LONGEST = 200


class Checkpoint:
    """A `verify.flow.run.Journal` in a file.  Raises `InputError` where the file belongs to something else.

    A context manager: leaving it closes the file, which stays.
    """

    def __init__(self, path: str, identity: dict[str, Any]) -> None:
        self.path = path
        self.panels: dict[str, list[dict[str, Any]]] = {}
        self.reached = ""
        try:
            self.file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        except (OSError, ValueError) as error:  # a name with a null byte is a ValueError
            what = error.strerror if isinstance(error, OSError) else error
            raise InputError("the checkpoint cannot be opened", received=f"{path!r}: {what}") from None
        try:
            self._lock()
            self._read(_line({"schema": SCHEMA, **identity}))
        except BaseException:
            os.close(self.file)
            raise

    def __enter__(self) -> "Checkpoint":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.file)

    def written(self, p: Plan, order: int) -> list[tuple[Panel, Mark]]:
        """The panels of a run that the file holds."""
        return [_panel(e, p) for e in self.panels.get(_key(p, order), [])]

    def write(self, p: Plan, order: int, panel: Panel, mark: Mark) -> None:
        """Append one panel.  Raises `ComputationError` where the disk does not take it."""
        self.reached = f"{float(mark.right):.6g}"
        self._append(_line({"run": _key(p, order), **_document(panel, mark)}))

    def _append(self, line: bytes) -> None:
        try:
            if os.write(self.file, line) != len(line):
                raise OSError(0, "the disk is full")
            os.fsync(self.file)
        except OSError as error:
            raise ComputationError(
                "the checkpoint cannot be written",
                received=f"{self.path}: {error.strerror}",
                hint="the same command again, which goes on from what is written",
            ) from None

    def _lock(self) -> None:
        if not stat.S_ISREG(os.fstat(self.file).st_mode):
            raise InputError("the checkpoint is not a file", received=self.path)
        try:
            if fcntl is not None:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError("another process is writing this checkpoint", received=self.path) from None

    def _read(self, header: bytes) -> None:
        try:
            with open(os.dup(self.file), "rb") as file:
                file.seek(0)
                content = file.read()
        except OSError as error:
            raise InputError("the checkpoint cannot be read", received=f"{self.path}: {error.strerror}") from None
        if header.startswith(content):  # new, or torn within its first line
            os.ftruncate(self.file, 0)
            self._append(header)
            return
        whole, _, torn = content.rpartition(b"\n")
        lines = whole.split(b"\n") if whole else []
        if not lines or lines[0] + b"\n" != header:
            raise InputError(
                "the checkpoint is not one of this run",
                expected="the same model, data, loss, target and digits, or a new file",
                received=_difference(content, header, self.path),
            )
        for number, line in enumerate(lines[1:], start=2):
            self._take(line, number)
        if torn:
            os.ftruncate(self.file, len(whole) + 1)

    def _take(self, line: bytes, number: int) -> None:
        document = _checked(line)
        if document is None:
            raise InputError(
                f"line {number} of the checkpoint is damaged", received=self.path, hint="the lines before it alone"
            )
        self.panels.setdefault(document["run"], []).append(document)
        self.reached = f"{float(_number(document['right'])):.6g}"


def identity(model: Model, data: DataSet, *, loss: str, until: Decimal, digits: int) -> dict[str, Any]:
    """What a run is determined by, as a document; data and long lists by their checksums."""
    metric = model.parameter_metric
    return {
        "model": {
            "parameters": _short([str(p) for p in model.parameters]),
            "predictor": _short([str(f) for f in model.predictor]),
            "start": _short([str(v) for v in model.start or ()]),
            "restrict": _short([str(e) for e in model.restrict]),
            "metric": None if metric is None else _short([str(e) for e in metric]),
        },
        "data": _short([str([str(e) for e in (*row, y)]) for row, y in zip(data.X, data.y, strict=True)]),
        "loss": loss,
        "until": str(until),
        "digits": digits,
    }


def _short(values: Sequence[str]) -> str:
    text = ", ".join(values)
    return text if len(text) <= LONGEST else f"{len(values)} values, sha256 {sha256(text.encode()).hexdigest()}"


def _difference(content: bytes, header: bytes, path: str) -> str:
    """In what the first line of a file differs from the one expected."""
    found = _checked(content.split(b"\n", 1)[0])
    if found is None or found.get("schema") != SCHEMA:
        return f"{path}, which is no checkpoint"
    wanted = _checked(header.rstrip()) or {}
    flat = [{**d, **(d.get("model") or {})} for d in (found, wanted)]
    names = sorted(k for k in flat[1] if k != "model" and flat[0].get(k) != flat[1][k])
    return f"{path} with another {' and '.join(names)}"


def _line(document: dict[str, Any]) -> bytes:
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    return f'{{"sum":"{sha256(text.encode()).hexdigest()[:16]}","of":{text}}}\n'.encode()


def _checked(line: bytes) -> dict[str, Any] | None:
    """The document of a line; None where the line is not what was written."""
    try:
        document = json.loads(line)["of"]
        return document if isinstance(document, dict) and _line(document) == line + b"\n" else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _key(p: Plan, order: int) -> str:
    return f"{order}: {p.wanted} digits, {p.nodes} nodes, {p.precision} bits"


def _document(panel: Panel, mark: Mark) -> dict[str, Any]:
    return {
        "left": _text(panel.left),
        "width": _text(panel.half),
        "states": [[_text(e) for e in row] for row in panel.values.tolist()],
        "rates": [_text(e) for e in panel.rates],
        "tail": panel.tail.hex(),
        "rounds": panel.rounds,
        "right": _text(mark.right),
        "next": mark.half.hex(),
        "rejected": mark.rejected,
        "narrow": mark.narrow,
    }


def _panel(e: dict[str, Any], p: Plan) -> tuple[Panel, Mark]:
    with ctx.workprec(p.precision):
        values = arb_mat([[_number(v) for v in row] for row in e["states"]])
        coefficients = halves(p.nodes, p.precision).coefficients(values.transpose().tolist())
    panel = Panel(
        _number(e["left"]), _number(e["width"]), values, tuple(_number(v) for v in e["rates"]),
        tuple(tuple(row) for row in coefficients), float.fromhex(e["tail"]), e["rounds"],
    )  # fmt: skip
    return panel, Mark(_number(e["right"]), float.fromhex(e["next"]), e["rejected"], e["narrow"])


def _text(value: arb) -> str:
    """An exact number: hexadecimal mantissa, p, decimal exponent of two."""
    mantissa, exponent = value.man_exp()
    return f"{int(mantissa):x}p{int(exponent)}"


def _number(text: str) -> arb:
    mantissa, exponent = text.split("p")
    # exact at any precision: no rounding in either factor
    return arb((fmpz(int(mantissa, 16)), fmpz(int(exponent))))
