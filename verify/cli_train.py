"""`verify train`: training with small steps against the minimiser of the potential derived from the same module."""

from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

from sympy import Expr

from derive.command import Commands, print_json
from derive.errors import InputError
from derive.expression import parse_number, split_list
from derive.model import Model
from derive.pipeline import derive
from derive.request import add_model_arguments, model_from
from verify.data import DataSet, check_dimension, load_data
from verify.decimal import parse_decimal
from verify.progress import step_reporter
from verify.start import chosen_scale, scaled
from verify.train.descent import Plan, Row, train_model, train_module
from verify.train.judge import Judgement, Reference, judge, reference
from verify.train.plot import plot
from verify.train.source import module_from_file

STEPS = "1e-1,1e-2,1e-3"
MOST_STEPS = 100_000_000


def register(commands: Commands) -> None:
    """Add the subcommand."""
    command = commands.add_parser(
        "train", help="train a PyTorch module (a .py file that defines module()) or a MODEL, and compare with theory"
    )
    add_model_arguments(command)
    command.add_argument(
        "--data", required=True, metavar="DATA", help="a CSV file (header, last column y) or a built-in name"
    )
    command.add_argument("--loss", required=True, choices=["squared"], help="averaged over the data")
    command.add_argument(
        "--step-sizes", "--steps-sizes", default=STEPS, metavar="LIST", help="two or more (default: %(default)s)"
    )
    command.add_argument("--until", default="1e-24", metavar="LOSS", help="converged (default: %(default)s)")
    command.add_argument("--iterations", type=int, default=1_000_000, help="steps at most (default: %(default)s)")
    command.add_argument("--scale", metavar="ALPHA", help="the scale alpha of a MODEL's start (an exact number)")
    command.add_argument("--plot", metavar="FILE", help="draw the errors (needs matplotlib)")
    command.add_argument("--json", action="store_true", help="one JSON document (train/1) on standard output")
    command.set_defaults(run=_run)


def _run(args: Namespace) -> int:
    begin = perf_counter()
    data = load_data(args.data)
    steps = _steps(args.step_sizes)
    if not 1 <= args.iterations <= MOST_STEPS:
        raise InputError("--iterations is out of range", expected=f"1 to {MOST_STEPS}", received=str(args.iterations))
    plan = Plan(data=data, until=parse_decimal(args.until, where="--until"), iterations=args.iterations)
    if not 1e-300 < plan.target < 1:
        raise InputError("--until is out of range", expected="between 1e-300 and 1", received=args.until)
    model, train = _trainer(args, data, plan)
    check_dimension(data, len(model.predictor))
    derivation = derive(model)
    known = reference(model, derivation, data)
    found = judge([train(derivation, step) for step in steps], known, data)
    document = train_document(model, known, found, perf_counter() - begin)
    print_json(document) if args.json else print(_text(document))
    if args.plot is not None:
        plot(found, model.name, Path(args.plot))
    return 0


def _trainer(args: Namespace, data: DataSet, plan: Plan) -> tuple[Model, Callable[[Any, Expr], Row]]:
    """The model, and how a step size becomes a run: PyTorch's training of a module, or NumPy's of a model."""
    path = (args.model or "").strip()
    module = module_from_file(Path(path)) if path.endswith(".py") else None
    if module is None:
        model = model_from(args, dimension=data.dimension)
        model = scaled(model, chosen_scale(model, args.scale, start_given=args.start is not None))
        return model, lambda derivation, step: train_model(
            model, derivation, step, plan, step_reporter(f"step {float(step):9.3g} ")
        )
    if args.start is not None or args.scale is not None or args.restrict:
        raise InputError("a module starts where module() leaves it", received="--start, --scale or --restrict")
    frontend = import_module("derive.frontends.torch")
    model = frontend.model_from_module(module.double(), data.dimension)
    return model, lambda derivation, step: train_module(module, step, plan, step_reporter(f"step {float(step):9.3g} "))


def _steps(text: str) -> list[Expr]:
    """Falling step sizes.  Raises `InputError`."""
    steps = sorted({parse_number(t, where="--step-sizes", positive=True) for t in split_list(text)}, reverse=True)
    if len(steps) < 2:
        raise InputError("--step-sizes needs two different steps or more", received=text, hint=STEPS)
    return steps


def train_document(model: Model, known: Reference, found: Judgement, seconds: float) -> dict[str, Any]:
    """The JSON document train/1."""
    return {
        "schema": "train/1",
        "model": {
            "name": model.name,
            "parameters": [str(p) for p in model.parameters],
            "predictor": [str(f) for f in model.predictor],
        },
        "reference": {
            "kind": known.kind,
            "reason": known.reason,
            "predictor": [f"{b:.15g}" for b in known.predictor],
        },
        "runs": [
            {
                "step": str(row.step),
                "iterations": row.iterations,
                "loss": f"{row.loss:.3g}",
                "converged": row.converged,
                "predictor": None if row.predictor is None else [f"{b:.15g}" for b in row.predictor],
                "error": None if error is None else f"{error:.6g}",
            }
            for row, error in zip(found.rows, found.errors, strict=True)
        ],
        "orders": [f"{v:.4f}" for v in found.orders],
        "extrapolated_error": None if found.extrapolated is None else f"{found.extrapolated:.6g}",
        "floor": f"{found.floor:.3g}",
        "verdict": found.outcome,
        "reason": found.reason,
        "seconds": round(seconds, 4),
    }


def _text(d: dict[str, Any]) -> str:
    """The same for people."""
    known = d["reference"]
    lines = [f"{d['model']['name']}: gradient descent against the {known['kind']}", ""]
    last = next((r["predictor"] for r in reversed(d["runs"]) if r["predictor"]), [])
    for i, (f, b) in enumerate(zip(d["model"]["predictor"], known["predictor"], strict=True)):
        lines.append(f"  beta{i + 1:<4} {b:>20}   trained {last[i] if last else 'nothing':>20}   = {_clipped(f)}")
    lines += ["", "  step          steps        loss   error"]
    for run in d["runs"]:
        state = run["error"] if run["error"] is not None else "diverges"
        note = "" if run["converged"] or run["error"] is None else "   (not converged)"
        lines.append(f"  {run['step']:<12} {run['iterations']:>6} {run['loss']:>11}   {state}{note}")
    if d["extrapolated_error"] is not None:
        lines.append(f"  extrapolated to 0                 {d['extrapolated_error']}")
    lines += [
        "",
        f"order    {', '.join(d['orders']) or 'none'}",
        f"verdict  {d['verdict']}: {d['reason']}",
        f"theory   {known['kind']}: {known['reason']}",
        f"seconds  {d['seconds']}",
    ]
    return "\n".join(lines)


def _clipped(text: str, most: int = 50) -> str:
    return text if len(text) <= most else text[: most - 3] + "..."
