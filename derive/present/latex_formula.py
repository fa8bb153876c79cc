"""Formulas as LaTeX: names as the literature writes them, and lines that do not run over the margin.

wp1 is w_{+,1}, u1_2 is u_{1,2}, beta1 is beta_1.  Short formulas that follow each other share a line; long sums are
broken at their terms, long fractions at the terms of their numerators; a matrix that is too wide is written by entries.
"""

import re
from collections.abc import Iterable, Iterator

from sympy import Add, Expr, Function, ImmutableDenseMatrix, Symbol, fraction
from sympy import latex as render
from sympy.core.function import AppliedUndef

from derive.present.prose import GREEK
from derive.present.step import Formula

# widths in letters: of a line, of a formula that shares one
LINE, SHORT = 80, 32
_SIGNS = {"~": r"\sim", "!=": r"\ne"}
_GROUP = r"\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}"
_FRACTION = re.compile(rf"\\d?frac{_GROUP}{_GROUP}")
_NAME = re.compile(r"([A-Za-z]+?)([pm]?)_?(\d*(?:_\d+)*)")


def displays(formulas: Iterable[Formula], label: str) -> Iterator[str]:
    """The formulas as displayed mathematics, short neighbours joined; `label` is LaTeX that stands before the first."""
    if label:
        yield label
    line: list[str] = []
    for formula in formulas:
        left, right, sign = _left(formula.left), formula.right, _SIGNS.get(formula.sign, formula.sign)
        parts = [f"{left} {sign} {expression(right)}"] if not isinstance(right, ImmutableDenseMatrix) else []
        if parts and _width(parts[0]) <= SHORT:
            if line and sum(map(_width, line)) + 4 * len(line) + _width(parts[0]) > LINE:
                yield _joined(line)
                line = []
            line += parts
            continue
        if line:
            yield _joined(line)
            line = []
        yield _matrix(left, right, sign) if isinstance(right, ImmutableDenseMatrix) else _display(left, right, sign)
    if line:
        yield _joined(line)


def _joined(line: list[str]) -> str:
    return "\\[ " + " \\qquad ".join(line) + " \\]"


def _matrix(left: str, right: ImmutableDenseMatrix, sign: str) -> str:
    entries = [[expression(right[i, j]) for j in range(right.cols)] for i in range(right.rows)]
    wide = sum(max(_width(row[j]) for row in entries) + 3 for j in range(right.cols))
    if wide <= LINE:
        tall = any("\\frac" in e for row in entries for e in row)
        rows = " \\\\\n".join(" & ".join(e.replace("\\frac", "\\dfrac") for e in row) for row in entries)
        stretch = "\\renewcommand{\\arraystretch}{2.2}" if tall and right.rows > 1 else ""
        return f"\\[ {stretch}{left} {sign} \\begin{{bmatrix}}\n{rows}\n\\end{{bmatrix}} \\]"
    lower = [
        Formula(left=Symbol(f"{left}{i + 1}_{j + 1}"), right=right[i, j])
        for i in range(right.rows)
        for j in range(i + 1)
    ]
    return "\n".join(displays(lower, ""))


def _display(left: str, right: Expr, sign: str) -> str:
    terms = [piece for t in (right.as_ordered_terms() if isinstance(right, Add) else [right]) for piece in _pieces(t)]
    lines, current = [], ""
    for term in terms:
        joined = term if not current or term.startswith(("-", ")", r"\right")) else f"+ {term}"
        if current and _width(current + joined) > LINE - 10:
            lines.append(current)
            current = ""
        current += " " + joined
    lines.append(current)
    if len(lines) == 1:
        return f"\\[ {left} {sign} {lines[0]} \\]"
    rows = " \\\\\n".join(f"&\\quad {line}" for line in lines[1:])
    return f"\\begin{{align*}}\n{left} &{sign} {lines[0]} \\\\\n{rows}\n\\end{{align*}}"


def _pieces(term: Expr) -> list[str]:
    """A term, or where it is a fraction wider than the line 1/D times the terms of its numerator."""
    whole = expression(term)
    top, bottom = fraction(term)
    if _width(whole) <= LINE or not isinstance(top, Add) or _width(expression(bottom)) > LINE:
        return [whole]
    parts = [expression(t) for t in top.as_ordered_terms()]
    factor = "" if bottom == 1 else f"\\frac{{1}}{{{expression(bottom)}}}"
    return [f"{factor} \\bigl( {parts[0]}", *parts[1:-1], parts[-1] + " \\bigr)"]


def _width(shown: str) -> int:
    """About how many letters a formula is wide: of a fraction the wider part counts."""
    while (
        found := re.search(r"\\d?frac\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}", shown)
    ) is not None:
        shown = shown[: found.start()] + max(found.group(1), found.group(2), key=_letters) + shown[found.end() :]
    return _letters(shown)


def _letters(shown: str) -> int:
    plain = re.sub(r"\\(?:left|right|mathrm|operatorname|bigl|bigr|begin|end|quad)\b", "", shown)
    return len(re.sub(r"[{}_^\s]", "", re.sub(r"\\[A-Za-z]+", "x", plain)))


def _left(left: Expr) -> str:
    if isinstance(left, AppliedUndef):
        name, argument = str(left.func), left.args[0]
        if name == "dQ":
            return f"\\frac{{\\partial Q}}{{\\partial {expression(argument)}}}"
        shown = symbol_name(name.removesuffix("^-1")) + ("^{-1}" if name.endswith("^-1") else "")
        return f"{shown}({', '.join(expression(a) for a in left.args)})"
    return "Q^*" if str(left) == "Q_*" else expression(left)


def expression(e: Expr | ImmutableDenseMatrix) -> str:
    """The expression with names as the literature writes them."""
    symbols: set[Symbol] = e.free_symbols
    names = {s: symbol_name(str(s)) for s in symbols} | {
        f: str(f) for f in e.atoms(Function) if isinstance(f, AppliedUndef)
    }
    return render(e, symbol_names=names, inv_trig_style="full", ln_notation=False, fold_frac_powers=True)


def symbol_name(name: str) -> str:
    """wp1 -> w_{+,1}; u1_2 -> u_{1,2}; beta2 -> \\beta_{2}; anything else upright and escaped."""
    match = _NAME.fullmatch(name)
    if match is None:
        return f"\\mathrm{{{re.sub('[_^{}$&#%~]', lambda m: chr(92) + m.group(), name)}}}"
    base, sign, index = match.groups()
    if sign and len(base) != 1:
        base, sign = base + sign, ""
    if sign and not index:
        base, sign = (base + sign, "") if base + sign in GREEK or len(base) > 1 else (base, sign)
    shown = f"\\{base}" if base in GREEK else base if len(base) == 1 else f"\\mathrm{{{base}}}"
    below = ",".join(part for part in ({"p": "+", "m": "-"}.get(sign, ""), *index.split("_")) if part)
    return f"{shown}_{{{below}}}" if below else shown
