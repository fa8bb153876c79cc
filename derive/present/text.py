"""A derivation for the terminal: aligned, at most about a hundred columns, verdicts at a glance."""

import textwrap

from sympy import ImmutableDenseMatrix, pretty, sstr

from derive.derivation import Derivation
from derive.present.steps import Formula, Step, heading, steps

WIDTH = 98
LONG = 1500


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
    if isinstance(right, ImmutableDenseMatrix) or 40 < len(flat) < LONG:
        drawn = pretty(right, use_unicode=True, num_columns=WIDTH - len(left) - 8, wrap_line=False).splitlines()
        if drawn and max(map(len, drawn)) <= WIDTH - len(left) - 8:
            middle = len(drawn) // 2
            return [
                "",
                *(
                    f"    {left + f' {formula.sign} ' if i == middle else ' ' * (len(left) + 3)}{line}"
                    for i, line in enumerate(drawn)
                ),
                "",
            ]
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
