"""A model from a file: a JSON document, or a Python file that defines `model()`.

JSON is data: every number in it is read as text and parsed by the grammar of `derive.expression`, so that 0.1 is 1/10;
a key that is unknown or given twice is refused.  A Python file is the one way of naming a model that runs code, the
user's own, and what goes wrong in it is told in one line.
"""

import json
import runpy
from pathlib import Path

from derive.errors import InputError
from derive.model import Model, parse_model

# bytes: a thousand times what the largest models take
_MAX_FILE = 1_000_000


def model_from_file(path: Path) -> Model:
    """The model that a .json or .py file describes.  Raises `InputError`."""
    if not path.is_file():
        raise InputError("the model file does not exist", received=str(path))
    if path.suffix == ".py":
        result = _run_python(path)
        if not isinstance(result, Model):
            raise InputError("the Python file does not define model() that returns a Model", received=str(path))
        return result
    if path.stat().st_size > _MAX_FILE:
        raise InputError("the model file is too large", expected=f"at most {_MAX_FILE} bytes", received=str(path))
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_float=str, parse_int=str, object_pairs_hook=_once)
    except InputError:
        raise
    except (ValueError, RecursionError, OSError) as error:
        raise InputError("the model file is not JSON", received=f"{path}: {error}") from None
    return model_from_document(document)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """A JSON object, in which no key may be given twice."""
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InputError("the model file gives a key twice", received=twice, hint="one of them")
    return result


def _run_python(path: Path) -> object:
    """What the user's own `model()` returns; whatever goes wrong in it is told in one line."""
    try:
        made = runpy.run_path(str(path)).get("model")
        return made() if callable(made) else None
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        raise InputError(
            "the Python file failed", received=f"{path}: {type(error).__name__}: {error}", hint=f"python {path}"
        ) from None


def model_from_document(document: object) -> Model:
    """The model of a parsed JSON document (all numbers as text).  Raises `InputError`."""
    if not isinstance(document, dict):
        raise InputError("the model file is not a JSON object", expected='{"predictor": [...]}')
    known = {"name", "parameters", "predictor", "start", "restrict", "parameter_metric", "metric", "source", "link"}
    for key in document:
        if key not in known:
            raise InputError(f"the model file has an unknown key {key!r}", expected=", ".join(sorted(known)))
    for key in ("name", "source", "link"):
        if not isinstance(document.get(key, ""), str):
            raise InputError(f"{key} is not text", expected='"my model"', received=str(document[key]))
    metric = document.get("metric")
    if ("predictor" in document) == (metric is not None):
        raise InputError(
            "the model file needs either a predictor or a metric",
            received="the keys " + (", ".join(document) or "(none)"),
            hint='{"predictor": ["a*w1", "a*w2"]}',
        )
    rows = metric if metric is not None else document.get("parameter_metric")
    start = document.get("start")
    if start is not None and not (isinstance(start, dict) and all(isinstance(v, str) for v in start.values())):
        raise InputError("start is not an object of expressions", expected='{"a": "2"}', received=str(start))
    return parse_model(
        _strings(document.get("predictor", []), "predictor"),
        name=document.get("name", "inline"),
        parameters=_strings(document["parameters"], "parameters") if "parameters" in document else None,
        start=start,
        restrict=_strings(document.get("restrict", []), "restrict"),
        parameter_metric=None if rows is None else _rows(rows),
        is_metric=metric is not None,
        source=document.get("source", ""),
        link=document.get("link"),
    )


def _rows(value: object) -> list[list[str]]:
    if not isinstance(value, list):
        raise InputError("the metric is not a list of rows", expected='[["1", "0"], ["0", "1"]]', received=str(value))
    return [_strings(row, "a row of the metric") for row in value]


def _strings(value: object, key: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"{key} is not a list of expressions", expected='["a*w1", "a*w2"]', received=str(value))
    return value
