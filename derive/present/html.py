"""A derivation as one self-contained HTML page: inline style, MathML, no network, prints well."""

import re
from collections.abc import Sequence
from html import escape

from sympy import Expr, ImmutableDenseMatrix, Symbol
from sympy.core.function import AppliedUndef
from sympy.printing.mathml import mathml

from derive.derivation import Derivation
from derive.present.prose import GREEK, capital, rendered, spaced
from derive.present.step import Formula, Step
from derive.present.steps import heading, steps

_STYLE = """
body{font:17px/1.55 Georgia,serif;max-width:52rem;margin:2.5rem auto;padding:0 1.2rem;color:#1c1c1c;background:#fdfdfb}
h1{font-size:1.5rem;margin-bottom:.2rem} h2{font-size:1.1rem;margin:1.8rem 0 .3rem} p{margin:.4rem 0}
.formulas{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 2.4rem;margin:.6rem 0 .6rem 1.5rem}
.formula{max-width:100%;overflow-x:auto;overflow-y:hidden;padding:.15rem 0}
.label{flex-basis:100%;margin:.5rem 0 0 -1.5rem}
.verdict{font:600 .8rem/1 sans-serif;padding:.2rem .5rem;border-radius:.6rem;margin-left:.5rem}
.proved{background:#dff2e1;color:#14532d}.refuted{background:#fbe3e1;color:#7f1d1d}.unknown{background:#ececec;color:#444}
.reason{color:#555;font-size:.92rem}
math{font-size:1.05rem;math-style:normal} mtable{math-style:normal}
mtd{padding:.3em .5em} sup,sub{line-height:0}
@media print{body{margin:0;max-width:none} section{break-inside:avoid}}
"""
_SIGNS = {"~": "∼", "!=": "≠", ">=": "≥", "<=": "≤", "->": "→", "oo": "∞", "...": "…", "-": "−", ".": "·", "*": " "}
_WORDS = {
    "grad": "∇",
    "Hess": "∇<sup>2</sup>",
    "R^d": "ℝ<sup><i>d</i></sup>",
    "Q*": "<i>Q</i><sup>∗</sup>",
    "sqrt": "√",
}
_UPRIGHT = {"exp", "diag", "sin", "cos", "tanh"}
_GREEK = dict(zip(sorted(GREEK), "αβχδεηγκλμνωφψρστθξζ", strict=True))


def html(derivation: Derivation) -> str:
    """The whole page."""
    title = escape(heading(derivation))
    body = "\n".join(_step(step) for step in steps(derivation))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n{body}\n</body></html>\n"
    )


def _step(step: Step) -> str:
    badge = "" if step.verdict is None else f'<span class="verdict {step.verdict.status}">{step.verdict.status}</span>'
    why = "" if step.verdict is None else step.verdict.reason
    reason = f'<p class="reason">{_sentence(capital(why))}.</p>' if why else ""
    formulas = "\n".join(_formula(f) for f in step.formulas)
    block = f'<div class="formulas">{formulas}</div>' if formulas else ""
    return f"<section><h2>{escape(step.title)}{badge}</h2>\n<p>{_sentence(step.text)}</p>\n{block}\n{reason}</section>"


def _sentence(text: str) -> str:
    return rendered(text, _mathematics, lambda words: escape(re.sub(r"(?<!\w)-(?=\d)", "−", words)))


def _mathematics(tokens: Sequence[str]) -> str:
    return spaced(tokens, _token, " ", " ")


def _token(token: str) -> str:
    if token in _SIGNS or token in _WORDS:
        return _SIGNS.get(token) or _WORDS[token]
    if token.startswith(("^", "**")):
        power = token.lstrip("^*").strip("()").replace("-", "−").replace("*", "")
        return f"<sup>{'⊤' if power == 'T' else power}</sup>"
    if match := re.fullmatch(r"l([12p])", token):
        return f"ℓ<sub>{match.group(1)}</sub>"
    if token in {"log", "min", "det"}:
        return token + "\N{THIN SPACE}"
    if token in _UPRIGHT or not token[0].isalpha():
        return escape(token)
    base, below = _name(token)
    below = f"<i>{below}</i>" if below.isalpha() else below
    return f"<i>{base}</i>" + (f"<sub>{below}</sub>" if below else "")


def _name(name: str) -> tuple[str, str]:
    """A name and its index, both as they are shown: wp1 is w with +,1."""
    match = re.fullmatch(r"([A-Za-z]+?)([pm]?)_?(\d*(?:_\d+)*)", name)
    if match is None:
        base, _, below = name.partition("_")
        return _GREEK.get(base, base), below
    base, sign, index = match.groups()
    if sign and (len(base) != 1 or not index):
        base, sign = base + sign, ""
    below = ",".join(part for part in ({"p": "+", "m": "−"}.get(sign, ""), *index.split("_")) if part)
    return _GREEK.get(base, base), below


def _formula(formula: Formula) -> str:
    label = f'<p class="label">{_sentence(formula.label)}</p>' if formula.label else ""
    sign = escape(_SIGNS.get(formula.sign, formula.sign))
    inside = f"<mrow>{_left(formula.left)}<mo>{sign}</mo>{_mathml(formula.right)}</mrow>"
    return f'{label}<div class="formula"><math>{inside}</math></div>'


def _left(left: Expr) -> str:
    if isinstance(left, AppliedUndef):
        name, argument = str(left.func), left.args[0]
        if name == "dQ":
            return f"<mfrac><mrow><mo>∂</mo><mi>Q</mi></mrow><mrow><mo>∂</mo>{_mathml(argument)}</mrow></mfrac>"
        shown = _mathml(Symbol(name.removesuffix("^-1")))
        shown = f"<msup>{shown}<mn>-1</mn></msup>" if name.endswith("^-1") else shown
        arguments = "<mo>,</mo>".join(_mathml(a) for a in left.args)
        return f"<mrow>{shown}<mo>(</mo>{arguments}<mo>)</mo></mrow>"
    return "<msup><mi>Q</mi><mo>*</mo></msup>" if str(left) == "Q_*" else _mathml(left)


def _mathml(expression: Expr | ImmutableDenseMatrix) -> str:
    """MathML in which a name is a letter with its index, as it is in sentences."""
    symbols: set[Symbol] = expression.free_symbols
    shown = {s: Symbol("_".join(part for part in _name(str(s)) if part), **s.assumptions0) for s in symbols}
    found = mathml(expression.xreplace(shown), printer="presentation", fold_frac_powers=True)
    return found.replace("&ExponentialE;", "e").replace("<mo>-</mo>", "<mo>−</mo>")
