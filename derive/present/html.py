"""A derivation as one self-contained HTML page: inline style, MathML, no network, prints well."""

from html import escape

from sympy import Expr, ImmutableDenseMatrix, Symbol
from sympy.core.function import AppliedUndef
from sympy.printing.mathml import mathml

from derive.derivation import Derivation
from derive.present.steps import Formula, Step, heading, steps

_STYLE = """
body{font:17px/1.55 Georgia,serif;max-width:52rem;margin:2.5rem auto;padding:0 1.2rem;color:#1c1c1c;background:#fdfdfb}
h1{font-size:1.5rem;margin-bottom:.2rem} h2{font-size:1.1rem;margin:1.8rem 0 .3rem}
.formula{overflow-x:auto;overflow-y:hidden;padding:.15rem 0;margin:.6rem 0 .6rem 1.5rem}
.verdict{font:600 .8rem/1 sans-serif;padding:.2rem .5rem;border-radius:.6rem;margin-left:.5rem}
.proved{background:#dff2e1;color:#14532d}.refuted{background:#fbe3e1;color:#7f1d1d}.unknown{background:#ececec;color:#444}
.label{margin:.7rem 0 .2rem}.reason{color:#555;font-size:.92rem} math{font-size:1.05rem;math-style:normal}
@media print{body{margin:0;max-width:none}}
"""


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
    reason = f'<p class="reason">{escape(why[:1].upper() + why[1:])}.</p>' if why else ""
    formulas = "\n".join(f'<div class="formula">{_formula(f)}</div>' for f in step.formulas)
    return f"<section><h2>{escape(step.title)}{badge}</h2>\n<p>{escape(step.text)}</p>\n{formulas}\n{reason}</section>"


def _formula(formula: Formula) -> str:
    label = f'<p class="label">{escape(formula.label)}</p>' if formula.label else ""
    sign = escape({"~": "∼", "!=": "≠"}.get(formula.sign, formula.sign))
    return f"{label}<math><mrow>{_left(formula.left)}<mo>{sign}</mo>{_mathml(formula.right)}</mrow></math>"


def _left(left: Expr) -> str:
    if isinstance(left, AppliedUndef):
        name, argument = str(left.func), left.args[0]
        if name == "dQ":
            return f"<mfrac><mrow><mo>∂</mo><mi>Q</mi></mrow><mrow><mo>∂</mo>{_mathml(argument)}</mrow></mfrac>"
        shown = _mathml(Symbol(name.removesuffix("^-1")))
        shown = f"<msup>{shown}<mn>-1</mn></msup>" if name.endswith("^-1") else shown
        return f"<mrow>{shown}<mo>(</mo>{_mathml(argument)}<mo>)</mo></mrow>"
    return "<msup><mi>Q</mi><mo>*</mo></msup>" if str(left) == "Q_*" else _mathml(left)


def _mathml(expression: Expr | ImmutableDenseMatrix) -> str:
    return mathml(expression, printer="presentation")
