"""From the words of a command line to a `Model`: the five ways of naming one.

1. a built-in architecture with its options;  2. an inline predictor;  3. a JSON file;
4. a metric given directly;  5. a Python file that defines `model()` (the one way that runs code:
the user's own, and the help says so).
"""

import re
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sympy import Symbol

from derive.catalogue import architecture, architectures
from derive.errors import InputError
from derive.expression import exponential, parse_equation, split_list
from derive.model import Model, parse_model
from derive.model_file import model_from_file
from derive.model_text import parse_assignments, parse_link, parse_rows, read_start
from derive.names import check_name

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


def guard_expressions(arguments: Sequence[str]) -> list[str]:
    """Keep argparse from reading `-a*w1` as an option: an argument with a space is never one.

    No command has an option of one dash but -o and -h, so that every other single dash is a minus.
    """
    return [" " + a if re.match(r"-(?![oh-]).", a) or re.match(r"-[^-].*[*+(/,]", a) else a for a in arguments]


def add_model_arguments(parser: ArgumentParser) -> None:
    """Add MODEL and everything that belongs to naming it."""
    group = parser.add_argument_group("the model")
    group.add_argument(
        "model",
        nargs="?",
        metavar="MODEL",
        help="a built-in name (see `derive list`), an inline predictor such as 'a*w1, a*w2', "
        "a .json file, or a .py file that defines model() (runs your own code)",
    )
    group.add_argument("--parameters", metavar="NAMES", help="the parameters and their order, 'w1,w2,a'")
    group.add_argument("--start", metavar="VALUES", help="the start, 'a=2, w1=3/5'; it picks leaf and branch")
    group.add_argument(
        "--restrict",
        metavar="EXPR",
        action="append",
        default=[],
        help="study the invariant submanifold EXPR = 0 (repeatable)",
    )
    group.add_argument("--metric", metavar="ROWS", help="rho itself instead of a predictor: '1+x**2, x; x, 1'")
    group.add_argument("--parameter-metric", metavar="ROWS", help="a metric on parameter space (default: identity)")
    group.add_argument("--link", metavar="EXPR", help="outputs are EXPR at x . beta, increasing: '(3*z + Abs(z))/4'")
    for name in sorted({option.name for a in architectures().values() for option in a.options}):
        takers = [a.name for a in architectures().values() if any(o.name == name and o.symbol for o in a.options)]
        also = f"; a name such as {name[0].upper()} makes it a constant ({', '.join(takers)})" if takers else ""
        group.add_argument(f"--{name}", type=_number_or_name, metavar="N", help=f"option of built-in models{also}")


def _number_or_name(text: str) -> int | str:
    """A whole number, or a name of one letter (and digits), so that `two` is not taken for one."""
    if re.fullmatch(r"[+-]?\d+", text.strip(), re.ASCII):
        return int(text)
    if not re.fullmatch(r"[A-Za-z]\d*", text, re.ASCII):
        raise ArgumentTypeError(f"{text!r} is no whole number, and no name of one letter such as D")
    return text


def model_from(args: Namespace, *, dimension: int | None = None) -> Model:
    """The model that the arguments name, with the link of the command line in place of its own; see `_named_model`."""
    model = _named_model(args, dimension=dimension)
    return model if args.link is None else replace(model, link=parse_link(args.link))


def _named_model(args: Namespace, *, dimension: int | None = None) -> Model:
    """The model that the arguments name.

    `dimension` is the length that a data set asks for; it fixes a built-in family whose dimension
    the user left open.  Raises `InputError`.
    """
    if args.metric is not None:
        if args.model is not None:
            raise InputError("a model and --metric exclude each other", received=args.model)
        model = parse_model(
            [],
            name="metric",
            parameters=_names(args),
            parameter_metric=parse_rows(args.metric),
            start=_start(args),
            restrict=args.restrict,
            is_metric=True,
        )
        return model
    if args.model is None:
        raise InputError("no model is named", expected="a built-in name, a predictor or a file", hint="derive list")
    text = args.model.strip()
    if text.endswith((".json", ".py")) and not re.search(r"[*+,]", text):
        _refuse_options(args, text)
        return _overridden(model_from_file(Path(text)), args)
    if text in architectures() or (_NAME.fullmatch(text) and not _is_inline(text, args)):
        return _overridden(_built_in(text, args, dimension), args)
    _refuse_options(args, text)
    return parse_model(
        split_list(text),
        parameters=_names(args),
        start=_start(args),
        restrict=args.restrict,
        parameter_metric=parse_rows(args.parameter_metric) if args.parameter_metric else None,
    )


def _is_inline(text: str, args: Namespace) -> bool:
    """A lone word is a (trivial) predictor only where the user says what its parameters are."""
    return args.parameters is not None and text in (_names(args) or ())


def _names(args: Namespace) -> list[str] | None:
    return split_list(args.parameters) if args.parameters is not None else None


def _start(args: Namespace) -> dict[str, str] | None:
    return parse_assignments(args.start) if args.start is not None else None


def _options(args: Namespace) -> dict[str, int | str]:
    names = {option.name for a in architectures().values() for option in a.options}
    return {name: value for name in names if (value := getattr(args, name.replace("-", "_"))) is not None}


def _refuse_options(args: Namespace, text: str) -> None:
    for name in _options(args):
        raise InputError(f"--{name} belongs to built-in models", received=text, hint="derive list")


def _built_in(name: str, args: Namespace, dimension: int | None) -> Model:
    family = architecture(name)
    values = _options(args)
    for option in family.options:
        value = values.get(option.name)
        if isinstance(value, str) and not option.symbol:
            raise InputError(
                f"--{option.name} of {name} is a whole number",
                expected=f"{option.minimum} to {option.maximum}",
                received=value,
                hint=f"a number; names are for {_takers()}",
            )
    if dimension is not None and family.dimension is not None:
        values.setdefault(family.dimension, dimension)
    return family.model(**values)


def _takers() -> str:
    return ", ".join(f"{a.name} --{o.name}" for a in architectures().values() for o in a.options if o.symbol)


def _overridden(model: Model, args: Namespace) -> Model:
    """The model with the start, restrictions and metric of the command line in place of its own."""
    if args.parameters is not None:
        raise InputError("--parameters belongs to inline predictors", received=args.parameters)
    symbols = {str(p): p for p in model.parameters}

    def constant(name: str) -> Symbol:
        check_name(name)
        return Symbol(name, positive=True)

    def either(name: str) -> Symbol:
        return symbols[name] if name in symbols else constant(name)

    if args.start is not None:
        start = read_start(parse_assignments(args.start), symbols, constant)
        model = replace(model, start=start)
    if args.restrict:
        more = tuple(exponential(parse_equation(text, either), model.parameters) for text in args.restrict)
        model = replace(model, restrict=model.restrict + more)
    if args.parameter_metric:
        rows = parse_rows(args.parameter_metric)
        inline = parse_model([str(f) for f in model.predictor], parameters=list(symbols), parameter_metric=rows)
        model = replace(model, parameter_metric=inline.parameter_metric)
    return model
