"""A derivation for the terminal: aligned, at most about a hundred columns, verdicts at a glance."""

import textwrap

from sympy import Eq, Expr, ImmutableDenseMatrix, Symbol, pretty, sstr

from derive.derivation import Derivation
from derive.present.step import Formula, Step
from derive.present.steps import heading, steps

WIDTH = 98
FLAT, LONG = 40, 1500
_MARK = "\N{SECTION SIGN}"


def text(derivation: Derivation) -> str:
    """The derivation as plain text."""
    title = heading(derivation)
    return "\n".join([title, "=" * len(title), *(line for step in steps(derivation) for line in _step(step))])


def _step(step: Step) -> list[str]:
    mark = f"  [{step.verdict.status}]" if step.verdict is not None else ""
    lines = ["", f"{step.title}{mark}", *_wrapped(step.text)]
    for formula in step.formulas:
        lines += [*(_wrapped(formula.label)), *_formula(formula)]
    if step.verdict is not None:
        lines += _wrapped(f"{step.verdict.status}: {step.verdict.reason}")
    return lines


def _wrapped(sentence: str) -> list[str]:
    return textwrap.wrap(sentence, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _formula(formula: Formula) -> list[str]:
    left, right = sstr(formula.left), formula.right
    flat = sstr(right)
    if isinstance(right, ImmutableDenseMatrix) or FLAT < len(flat) < LONG:
        drawn = _drawn(f"{left} {formula.sign} ", right)
        if drawn and max(map(len, drawn)) <= WIDTH:
            return ["", *drawn, ""]
    if isinstance(right, ImmutableDenseMatrix):
        rows = [f"[{i + 1},{j + 1}] {sstr(right[i, j])}" for i in range(right.rows) for j in range(i + 1)]
        return [f"    {left} {formula.sign}"] + [
            line
            for row in rows
            for line in textwrap.wrap(row, WIDTH, initial_indent="      ", subsequent_indent="          ")
        ]
    return textwrap.wrap(
        f"{left} {formula.sign} {flat}",
        WIDTH,
        initial_indent="    ",
        subsequent_indent="        ",
        break_long_words=False,
    )


def _drawn(left: str, right: Expr | ImmutableDenseMatrix) -> list[str]:
    """The formula drawn over several lines, `left` on the line of its fraction bars.

    That line is found by drawing an equation with a mark on its left side.
    """
    lines = pretty(Eq(Symbol(_MARK), right, evaluate=False), use_unicode=True, wrap_line=False).splitlines()
    middle = next((i for i, line in enumerate(lines) if line.startswith(_MARK)), None)
    if middle is None:
        return []
    prefix = len(f"{_MARK} = ")
    return [f"    {left if i == middle else ' ' * len(left)}{line[prefix:]}".rstrip() for i, line in enumerate(lines)]
