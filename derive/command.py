"""What both console scripts share: one-line errors, exit statuses, JSON on standard output."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from typing import NoReturn, Protocol

from derive.errors import InputError, ToolkitError
from derive.request import guard_expressions


class Commands(Protocol):
    """What `ArgumentParser.add_subparsers` returns, as far as subcommands register themselves in it."""

    def add_parser(self, name: str, *, help: str) -> ArgumentParser: ...


class OneLineParser(ArgumentParser):
    """An argument parser whose complaints are one line, with exit status 2."""

    def error(self, message: str) -> NoReturn:
        raise InputError(_one_line(message), hint=f"{self.prog} --help")


def run(parser: Callable[[], ArgumentParser], arguments: Sequence[str] | None) -> int:
    """Parse, dispatch to `args.run`, and turn every failure into one line and a status."""
    try:
        given = list(sys.argv[1:] if arguments is None else arguments)
        args: Namespace = parser().parse_args(guard_expressions(given))
        return int(args.run(args))
    except ToolkitError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("error: interrupted; nothing was written", file=sys.stderr)
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except RecursionError:
        print("error: the expression is nested too deeply; try a simpler one", file=sys.stderr)
        return 2
    except MemoryError:
        print("error: out of memory; try a smaller model or --time-limit", file=sys.stderr)
        return 1
    except ValueError as error:
        if "integer string conversion" not in str(error):  # Python prints no integer beyond its limit
            return _defect(error)
        print("error: a number in the result is too long to print; try a constant, such as alpha", file=sys.stderr)
        return 1
    except Exception as error:
        return _defect(error)


def _defect(error: Exception) -> int:
    """A defect of ours: one line for the user, the traceback on request."""
    if os.environ.get("IMPLICIT_BIAS_TRACEBACK"):
        raise error
    print(
        f"error: an internal error, please report it: {type(error).__name__}: {_one_line(error)}; "
        "try IMPLICIT_BIAS_TRACEBACK=1 for the traceback",
        file=sys.stderr,
    )
    return 1


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:300]


def print_json(document: object) -> None:
    """One JSON document on standard output."""
    print(json.dumps(document, indent=2, ensure_ascii=False))
