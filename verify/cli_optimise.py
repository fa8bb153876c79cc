"""`verify optimise`: a discrete optimiser on data, and where theory says that it goes."""

import sys
from argparse import Namespace
from typing import Any

from flint import arb, ctx
from sympy import Expr, Rational, Symbol, oo

from derive.command import Commands, print_json
from derive.errors import InputError
from derive.expression import parse_equation, parse_number
from derive.request import add_model_arguments, model_from
from verify.cli_flow import checked_digits
from verify.data import load_data
from verify.decimal import parse_decimal
from verify.losses import LOSSES
from verify.optimise.catalogue import method_named, methods
from verify.optimise.method import Settings
from verify.optimise.numbers import Array
from verify.optimise.run import Descent, optimise
from verify.optimise.theory import Theory, distance, theory, unit_vector
from verify.potential import derivation_at
from verify.progress import step_reporter
from verify.start import chosen_scale, scaled

MOST_STEPS = 100_000_000
SHOWN = 17


def register(commands: Commands) -> None:
    """Add the subcommand."""
    command = commands.add_parser("optimise", help="run a discrete optimiser, and compare with what theory predicts")
    add_model_arguments(command)
    names = "; ".join(f"{m.name}: {m.summary}" for m in methods().values())
    command.add_argument("--method", required=True, metavar="NAME", help=names.replace("%", "%%"))
    command.add_argument(
        "--data", required=True, metavar="DATA", help="a CSV file (header, last column y) or a built-in name"
    )
    command.add_argument(
        "--loss", required=True, help=f"{', '.join(LOSSES)}, or an expression in the prediction f and y; averaged"
    )
    command.add_argument("--step", required=True, metavar="ETA", help="the step size, an exact number")
    command.add_argument("--iterations", type=int, default=10_000, help="steps at most (default: %(default)s)")
    command.add_argument("--until", metavar="LOSS", help="stop where the loss has fallen to this")
    command.add_argument("--scale", metavar="ALPHA", help="multiplies the model's unit start (an exact number)")
    command.add_argument("--momentum", metavar="BETA", help="beta of the momentum methods")
    command.add_argument("--lookahead", metavar="GAMMA", help="gamma of the momentum methods with two parameters")
    command.add_argument("--norm", metavar="P", help="p of steepest descent: a number of at least 1, or inf")
    command.add_argument("--batch", type=int, help="samples a step of sgd (default: 1)")
    command.add_argument("--seed", type=int, help="the order of sgd (default: 0)")
    command.add_argument(
        "--constraint", action="append", default=[], metavar="EQ", help="'beta1 + beta2 = 1' (repeatable)"
    )
    command.add_argument("--digits", type=int, help="arbitrary precision, this many digits (default: float64)")
    command.add_argument("--json", action="store_true", help="one JSON document (optimise/1) on standard output")
    command.set_defaults(run=_run)


def _run(args: Namespace) -> int:
    data = load_data(args.data)
    digits = None if args.digits is None else checked_digits(args.digits)
    method = method_named(args.method)
    if not 1 <= args.iterations <= MOST_STEPS:
        raise InputError("--iterations is out of range", expected=f"1 to {MOST_STEPS}", received=str(args.iterations))
    model = model_from(args, dimension=data.dimension)
    settings = _settings(args, [str(c) for c in model.coordinates])
    scale = chosen_scale(model, args.scale, start_given=args.start is not None)
    until = None if args.until is None else parse_decimal(args.until, where="--until")
    derivation, constants = derivation_at(model, scale=scale, mu=None)
    found = optimise(
        method, scaled(model, scale), derivation, constants, data, settings, loss=args.loss,
        iterations=args.iterations, until=until, digits=digits, progress=step_reporter(),
    )  # fmt: skip
    loss = found.problem.objective.loss
    known = theory(
        method, derivation, constants, data, settings, loss=loss.name, uses_margins=loss.uses_margins,
        digits=(digits or SHOWN) + 2,
    )  # fmt: skip
    document = optimise_document(found, known, digits)
    print_json(document) if args.json else print(_text(document))
    if found.reached is False:
        print(
            f"error: the loss did not fall to --until in {args.iterations} steps; try more --iterations",
            file=sys.stderr,
        )
        return 1
    if digits is not None and (found.digits or 0) < digits:
        print(f"error: {found.digits} of {digits} digits were established; try more --digits", file=sys.stderr)
        return 1
    return 0


def _settings(args: Namespace, coordinates: list[str]) -> Settings:
    def number(name: str) -> Expr | None:
        text = getattr(args, name)
        return None if text is None else parse_number(text, where=f"--{name}")

    for name in ("batch", "seed"):
        value = getattr(args, name)
        if value is not None and value < (1 if name == "batch" else 0):
            raise InputError(f"--{name} is out of range", received=str(value))
    norm = oo if args.norm is not None and args.norm.strip() in ("inf", "oo") else number("norm")
    return Settings(
        step=parse_number(args.step, where="--step", positive=True),
        momentum=number("momentum"),
        lookahead=number("lookahead"),
        norm=norm,
        batch=args.batch,
        seed=args.seed,
        constraints=tuple(_constraint(text, coordinates) for text in args.constraint),
    )


def _constraint(text: str, coordinates: list[str]) -> tuple[tuple[Expr, ...], Expr]:
    """Row and right-hand side of an affine equation in beta1, ..., betad.  Raises `InputError`."""
    symbols = {name: Symbol(name, real=True) for name in coordinates}

    def symbol(name: str) -> Symbol:
        if name not in symbols:
            raise InputError("--constraint names no coordinate", expected=", ".join(coordinates), received=name)
        return symbols[name]

    difference = parse_equation(text, symbol, where="--constraint").expand()
    row = tuple(difference.coeff(b) for b in symbols.values())
    rest = (difference - sum(a * b for a, b in zip(row, symbols.values(), strict=True))).expand()
    if not isinstance(rest, Rational) or any(not isinstance(a, Rational) for a in row) or not any(row):
        raise InputError("--constraint is not an affine equation", expected="'beta1 + beta2 = 1'", received=text)
    return row, -rest


def optimise_document(found: Descent, known: Theory, digits: int | None) -> dict[str, Any]:
    """The JSON document optimise/1."""
    numbers, many = found.numbers, SHOWN if digits is None else max(1, found.digits or 1)

    def listed(values: Array) -> list[str]:
        return [numbers.shown(v, many) for v in values]

    return {
        "schema": "optimise/1",
        "method": found.method.name,
        "source": found.method.source,
        "loss_function": found.problem.objective.loss.name,
        "step": str(found.problem.settings.step),
        "iterations": found.state.count,
        "stopped_by": "loss" if found.reached else "iterations",
        "predictor": listed(found.beta),
        "parameters": listed(found.state.w) if found.method.space == "parameters" else None,
        "loss": numbers.shown(found.loss, min(many, SHOWN)),
        "margins": listed(found.margins),
        "theory": _theory_document(found, known, many),
        "digits_requested": digits,
        "digits": found.digits,
        "how_digits_were_established": found.how,
        "seconds": round(found.seconds, 4),
    }


def _theory_document(found: Descent, known: Theory, many: int) -> dict[str, Any]:
    with ctx.workprec(int(3.4 * many) + 64):
        return _compared(found, known, many)


def _compared(found: Descent, known: Theory, many: int) -> dict[str, Any]:
    beta = [arb(found.numbers.shown(b, many + 5)) for b in found.beta]
    gap = distance(known, beta)
    margin = None
    if known.direction is not None:
        rows = found.problem.objective.y[:, None] * found.problem.objective.X
        margin = float(min(rows.astype(float) @ unit_vector(beta, known.p)))
    limit = known.predictor
    return {
        "holds_for": known.holds,
        "statement": known.statement,
        "source": known.source,
        "predictor": None if limit is None else [_shown(b, many) for b in limit],
        "direction": None if known.direction is None else [f"{v:.10g}" for v in known.direction],
        "distance": None if gap is None else gap.str(3, radius=False),
        "margin": None if margin is None else f"{margin:.10g}",
        "largest_margin": None if known.margin is None else f"{known.margin:.10g}",
    }


def _shown(value: Any, many: int) -> str:
    return value.mid().str(many, radius=False) if isinstance(value, arb) else f"{value:.10g}"


def _text(d: dict[str, Any]) -> str:
    """The same for people."""
    known = d["theory"]
    lines = [f"{d['method']} on the {d['loss_function']} loss, step {d['step']}: {d['iterations']} steps", ""]
    limit = known["predictor"] or known["direction"]
    title = "direction" if known["direction"] else "theory"
    for i, b in enumerate(d["predictor"]):
        lines.append(f"  beta{i + 1:<4} {b}" + (f"   {title} {limit[i]}" if limit else ""))
    lines += [
        "",
        f"loss      {d['loss']}",
        f"theory    {known['holds_for']}: {known['statement']}" + (f" ({known['source']})" if known["source"] else ""),
    ]
    if known["distance"] is not None:
        lines.append(f"distance  {known['distance']}")
    if known["margin"] is not None:
        lines.append(f"margin    {known['margin']} of {known['largest_margin']} for a unit vector")
    if d["digits"] is not None:
        lines.append(f"digits    {d['digits']} of {d['digits_requested']}: {d['how_digits_were_established']}")
    return "\n".join([*lines, f"seconds   {d['seconds']}"])
