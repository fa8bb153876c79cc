"""`verify figure`: the papers' figures, computed anew and drawn."""

from argparse import Namespace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from derive.command import Commands, print_json
from derive.errors import ComputationError, InputError
from derive.extras import optional
from verify.cli_sweep import add_place_arguments, axes_from, outcome_document, place_from
from verify.experiments.experiment import Experiment, experiments
from verify.sweep.run import Sweep, sweep

FORMATS = (".png", ".pdf", ".svg")


def register(commands: Commands) -> None:
    """Add the subcommand."""
    command = commands.add_parser(
        "figure", help="a figure of one of the papers, computed at the paper's size, and drawn"
    )
    command.add_argument("name", metavar="NAME", help="'list' shows all")
    command.add_argument("-o", "--output", metavar="FILE", help="the picture: .png, .pdf or .svg")
    command.add_argument("--results", metavar="FILE", help="the SQLite file of its numbers (default: NAME.sqlite)")
    add_place_arguments(command)
    command.add_argument("--json", action="store_true", help="one JSON document (figure/1) on standard output")
    command.set_defaults(run=_run)


def _run(args: Namespace) -> int:
    if args.name == "list":
        for e in experiments().values():
            print(f"{e.name:<18} {e.summary} [{e.source}]")
        return 0
    experiment = _named(args.name).changed(axes_from(args.vary))
    path = None if args.output is None else Path(args.output)
    if path is not None and (path.suffix not in FORMATS or not path.parent.is_dir()):
        raise InputError("the picture cannot be written there", expected=" or ".join(FORMATS), received=str(path))
    # asked for before the work begins, in case it is not installed
    picture = None if path is None else optional(f"verify.pictures.{experiment.picture}", "figure")
    results = Path(args.results or f"{experiment.name}.sqlite")
    place = place_from(args)
    found = sweep(experiment.measure, experiment.tasks(), results, place, retry_failed=args.retry_failed)
    if picture is not None and path is not None:
        if found.failed == len(found.outcomes):
            raise ComputationError("no point could be computed", received=str(found.outcomes[0].result["error"]))
        try:
            picture.draw(experiment, found.outcomes).savefig(path, dpi=160)
        except OSError as error:
            raise ComputationError("the picture cannot be written", received=f"{path}: {error.strerror}") from None
    document = figure_document(experiment, found, path)
    print_json(document) if args.json else print(figure_text(document))
    return 0


def _named(name: str) -> Experiment:
    known = experiments()
    if name not in known:
        near = get_close_matches(name, known, n=2)
        raise InputError("there is no figure of that name", expected=", ".join(known), received=name,
                         hint=" or ".join(near) or "verify figure list")  # fmt: skip
    return known[name]


def figure_document(experiment: Experiment, found: Sweep, path: Path | None) -> dict[str, Any]:
    """The JSON document figure/1."""
    return {
        "schema": "figure/1",
        "name": experiment.name,
        "summary": experiment.summary,
        "source": experiment.source,
        "caveat": experiment.caveat,
        "picture": None if path is None else str(path),
        "file": str(found.path),
        "tasks": len(found.outcomes),
        "reused": found.reused,
        "failed": found.failed,
        "results": [outcome_document(o) for o in found.outcomes],
        "seconds": round(found.seconds, 4),
    }


def figure_text(d: dict[str, Any]) -> str:
    """The same for people."""
    lines = [f"{d['name']}: {d['summary']}", f"source   {d['source']}"]
    lines += [f"caveat   {d['caveat']}"] if d["caveat"] else []
    lines += [f"picture  {d['picture']}"] if d["picture"] else []
    lines += [f"numbers  {d['file']}: {d['tasks']} points, {d['reused']} known before, {d['failed']} failed"]
    failures = {r["result"]["error"] for r in d["results"] if r["status"] == "failed"}
    return "\n".join([*lines, *(f"failed   {line}" for line in sorted(failures)[:3])])
