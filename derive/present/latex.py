"""A derivation as a complete LaTeX document, paper-ready (article, amsmath, nothing exotic).

Everything that comes from the user is escaped; the mathematics in sentences is found by `derive.present.prose`.
"""

import re
from collections.abc import Sequence
from itertools import groupby

from derive.derivation import Derivation
from derive.present.latex_formula import displays, symbol_name
from derive.present.prose import GREEK, capital, rendered, spaced
from derive.present.step import Formula, Step
from derive.present.steps import heading, steps

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    "\N{MINUS SIGN}": "$-$",
}
_TOKENS = {
    "grad": r"\nabla ", "Hess": r"\nabla^2 ", "log": r"\log ", "exp": r"\exp", "min": r"\min ", "det": r"\det ",
    "diag": r"\operatorname{diag}", "sin": r"\sin", "cos": r"\cos", "tanh": r"\tanh", "->": r"\to ", "oo": r"\infty",
    ">=": r"\ge ", "<=": r"\le ", "!=": r"\ne ", "R^d": r"\mathbb{R}^d", "Q*": "Q^*", "...": r"\dots", "*": r"\,",
    "l1": r"\ell_1", "l2": r"\ell_2", "lp": r"\ell_p", ".": r"\cdot ", ",": r",\ ",
    "delta_ik": r"\delta_{ik}", "sqrt": r"\surd", "dt": "dt",
}  # fmt: skip
_PREAMBLE = r"""\documentclass{article}
\usepackage[margin=2.5cm]{geometry}
\usepackage{amsmath,amssymb}
\setlength{\parindent}{0pt}\setlength{\parskip}{4pt}
\allowdisplaybreaks
"""


def latex(derivation: Derivation) -> str:
    """The whole document."""
    body = "\n".join(_step(step) for step in steps(derivation))
    title = f"\\title{{Implicit regularizer of gradient flow}}\n\\author{{}}\n\\date{{{escape(heading(derivation))}}}\n"
    return f"{_PREAMBLE}{title}\\begin{{document}}\n\\maketitle\n{body}\n\\end{{document}}\n"


def escape(text: str) -> str:
    """Text that LaTeX prints as it stands; the notation of the steps becomes mathematics."""
    return rendered(text, _mathematics, _words)


def _words(text: str) -> str:
    signed = re.sub(r"(?<!\w)-(?=\d)", "\N{MINUS SIGN}", text)
    return "".join(_SPECIAL.get(c, c) for c in signed)


def _mathematics(tokens: Sequence[str]) -> str:
    inside = spaced(tokens, _token, r"\,", "").replace(r"\surd(R)", r"\sqrt{R}")
    return f"${inside.strip()}$"


def _token(token: str) -> str:
    if token in _TOKENS:
        return _TOKENS[token]
    if token.startswith(("^", "**")):
        power = token.lstrip("^*").strip("()").replace("*", "")
        return rf"^{{{chr(92)}top}}" if power == "T" else f"^{{{power}}}"
    if match := re.fullmatch(r"([A-Za-z])_(\w|\d+)", token):
        return f"{match.group(1)}_{{{match.group(2)}}}"
    if match := re.fullmatch(r"Q_\{(\w+) (\w+)\}", token):
        return f"Q_{{{symbol_name(match.group(1))} {match.group(2)}}}"
    if re.fullmatch(r"[A-Za-z]\w*", token) and (len(token) > 1 or token in GREEK):
        return symbol_name(token) + (" " if token in GREEK else "")
    return token


def _step(step: Step) -> str:
    lines = [f"\\subsection*{{{escape(step.title)}}}", escape(step.text)]
    for label, group in _labelled(step):
        lines += displays(group, label)
    if step.verdict is not None:
        lines.append(f"\\textbf{{{str(step.verdict.status).capitalize()}.}} {escape(capital(step.verdict.reason))}.")
    return "\n\n".join(lines)


def _labelled(step: Step) -> list[tuple[str, list[Formula]]]:
    """The formulas in stretches: a label begins one."""
    places = [0]
    for formula in step.formulas:
        places.append(places[-1] + bool(formula.label))
    groups = groupby(zip(places[1:], step.formulas, strict=True), key=lambda pair: pair[0])
    found = [[f for _, f in group] for _, group in groups]
    return [(escape(group[0].label), group) for group in found]
