"""Help for the tests of `derive`: the console script in this process, and its expressions read back."""

import io
import json
import re
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from sympy import Expr, Matrix, Symbol, sympify

from derive.__main__ import main

FUNCTIONS = frozenset(
    (
        "exp",
        "log",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "sinh",
        "cosh",
        "tanh",
        "asinh",
        "atan",
        "Abs",
        "sign",
        "oo",
        "Integral",
        "pi",
    )
)


@dataclass(frozen=True, slots=True)
class Ran:
    """Exit status, standard output and standard error of one command."""

    status: int
    out: str
    err: str


def run(*arguments: str) -> Ran:
    """`derive ARGUMENTS` without a new process."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = main(list(arguments))
    return Ran(status, out.getvalue(), err.getvalue())


def show(*arguments: str) -> dict:
    """The document of `derive show ARGUMENTS --json`; the command must succeed."""
    done = run("show", *arguments, "--json")
    assert done.status == 0, done.err
    return json.loads(done.out)


def names(text: str) -> set[str]:
    """The names in an expression that are no functions."""
    return set(re.findall(r"[A-Za-z_]\w*", text)) - FUNCTIONS


def read(text: str) -> Expr:
    """An expression of the document, by SymPy's own reader; every name is a real symbol."""
    return sympify(text, locals={name: Symbol(name, real=True) for name in names(text)})


def reads(texts: list[str]) -> list[Expr]:
    """Several expressions."""
    return [read(text) for text in texts]


def point(values: dict[str, str]) -> dict[Symbol, Expr]:
    """A witness's point or direction, or a start."""
    return {Symbol(name, real=True): read(value) for name, value in values.items()}


def model(document: dict) -> tuple[list[Symbol], Matrix, Matrix]:
    """Parameters, predictor (d x 1) and Jacobian (d x p) of a document, differentiated by SymPy."""
    parameters = [Symbol(name, real=True) for name in document["model"]["parameters"]]
    predictor = Matrix(reads(document["model"]["predictor"]))
    return parameters, predictor, predictor.jacobian(parameters)
