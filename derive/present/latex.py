"""A derivation as a complete LaTeX document, paper-ready (article, amsmath, nothing exotic).

Names follow the literature: wp1 is w_{+,1}, um2 is u_{-,2}, beta1 is beta_1.  Long sums are broken at
their terms, so that nothing runs over the margin.  Everything that comes from the user is escaped.
"""

import re

from sympy import Add, Expr, Function, ImmutableDenseMatrix, Symbol
from sympy import latex as render
from sympy.core.function import AppliedUndef

from derive.derivation import Derivation
from derive.present.steps import Formula, Step, heading, steps

_GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "rho",
    "sigma", "tau", "phi", "chi", "psi", "omega",
}  # fmt: skip
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
}
TERMS_A_LINE, LINE = 3, 90
_PREAMBLE = r"""\documentclass{article}
\usepackage[margin=2.5cm]{geometry}
\usepackage{amsmath,amssymb}
\setlength{\parindent}{0pt}\setlength{\parskip}{4pt}
\allowdisplaybreaks
"""


def latex(derivation: Derivation) -> str:
    """The whole document."""
    body = "\n".join(_step(step, derivation) for step in steps(derivation))
    title = f"\\title{{Implicit regularizer of gradient flow}}\n\\author{{}}\n\\date{{{escape(heading(derivation))}}}\n"
    return f"{_PREAMBLE}{title}\\begin{{document}}\n\\maketitle\n{body}\n\\end{{document}}\n"


def escape(text: str) -> str:
    """Text that LaTeX prints as it stands; the notation of the steps becomes mathematics."""
    escaped = "".join(_SPECIAL.get(c, c) for c in text)
    return _mathematics(escaped)


def _mathematics(text: str) -> str:
    for plain, formula in (
        (r"J [V\_i, V\_j] = 0", r"$J\,[V_i, V_j] = 0$"),
        (r"[V\_i, V\_j] = 0", r"$[V_i, V_j] = 0$"),
        (r"V\_i = grad F\_i", r"$V_i = \nabla F_i$"),
        (r"M = rho\textasciicircum{}-1 = J J\textasciicircum{}T", r"$M = \rho^{-1} = J J^\top$"),
        ("d beta/dt = -M grad L", r"$\dot\beta = -M\,\nabla L$"),
        ("Hess Q = g H", r"$\nabla^2 Q = g H$"),
        ("beta = grad Q*(s)", r"$\beta = \nabla Q^*(s)$"),
        ("s = grad Q(beta)", r"$s = \nabla Q(\beta)$"),
        ("beta = F(w)", r"$\beta = F(w)$"),
        (r"V\_i(Q\_k) = g delta\_ik", r"$V_i(Q_k) = g\,\delta_{ik}$"),
        ("g(beta)", r"$g(\beta)$"),
        (r"Hess Q = g M\textasciicircum{}-1", r"$\nabla^2 Q = g M^{-1}$"),
        (r"sigma\textasciicircum{}-1(y\_n)", r"$\sigma^{-1}(y_n)$"),
        (r"sigma(x\_n . beta)", r"$\sigma(x_n \cdot \beta)$"),
        (r"x\_n . beta", r"$x_n \cdot \beta$"),
        (r"|w - w(0)|\textasciicircum{}2", r"$|w - w(0)|^2$"),
        (r"|beta - beta(0)|**2", r"$|\beta - \beta(0)|^2$"),
        (r"|w0|/sqrt(R)", r"$|w_0|/\sqrt{R}$"),
        (r"R\textasciicircum{}d", r"$\mathbb{R}^d$"),
        ("g rho", r"$g\rho$"),
    ):
        text = text.replace(plain, formula)
    text = re.sub(r"J \[V\\_(\d+), V\\_(\d+)\]", r"$J\\,[V_{\1}, V_{\2}]$", text)
    text = re.sub(r"\[V\\_(\d+), V\\_(\d+)\]", r"$[V_{\1}, V_{\2}]$", text)
    text = re.sub(r"V\\_(\d+)\(a\\_(\d+)\)", r"$V_{\1}(a_{\2})$", text)
    text = re.sub(r"(?<![\\$\w])(alpha|beta|delta|kappa|rho|sigma)\*\*\(?(-?\d+)\)?", r"$\\\1^{\2}$", text)
    text = re.sub(r"(?<![\\$\w])(alpha|beta|delta|kappa|rho|sigma)(?![\w$}])", r"$\\\1$", text)
    text = re.sub(r"(?<!\w)oo(?!\w)", r"$\\infty$", text.replace("->", r"$\to$"))
    return "".join(
        part if k % 2 else re.sub(r"[<>|]", r"$\g<0>$", part) for k, part in enumerate(re.split(r"(\$[^$]*\$)", text))
    )


def _step(step: Step, derivation: Derivation) -> str:
    lines = [f"\\subsection*{{{escape(step.title)}}}", escape(step.text)]
    lines += [_formula(f) for f in step.formulas]
    if step.verdict is not None:
        lines.append(f"\\textbf{{{str(step.verdict.status).capitalize()}.}} {escape(_capital(step.verdict.reason))}.")
    return "\n\n".join(lines)


def _capital(reason: str) -> str:
    """A reason as a sentence, unless it begins with a symbol."""
    word = reason.split()[0].rstrip(":,")
    return reason[:1].upper() + reason[1:] if word.isalpha() and word not in ("beta", "rho") else reason


def _formula(formula: Formula) -> str:
    label = f"{escape(formula.label)}\n\n" if formula.label else ""
    left, right, sign = _left(formula.left), formula.right, {"~": r"\sim", "!=": r"\ne"}.get(formula.sign, formula.sign)
    if isinstance(right, ImmutableDenseMatrix):
        whole = _expression(right)
        if len(whole) < 900 and right.cols <= 4:
            return f"{label}\\[ {left} {sign} {whole} \\]"
        entries = [(i, j) for i in range(right.rows) for j in range(i + 1)]
        return label + "\n".join(_display(f"{left}_{{{i + 1}{j + 1}}}", right[i, j], sign) for i, j in entries)
    return label + _display(left, right, sign)


def _display(left: str, right: Expr, sign: str) -> str:
    terms = [_expression(t) for t in (right.as_ordered_terms() if isinstance(right, Add) else [right])]
    joined = [terms[0]] + [t if t.startswith("-") else f"+ {t}" for t in terms[1:]]
    lines, current = [], ""
    for term in joined:
        if current and len(re.sub(r"\\[a-z]+|[{}]", "", current + term)) > LINE:
            lines.append(current)
            current = ""
        current += " " + term
    lines.append(current)
    if len(lines) == 1:
        return f"\\[ {left} {sign} {lines[0]} \\]"
    rows = " \\\\\n".join(f"&\\quad {line}" for line in lines[1:])
    return f"\\begin{{align*}}\n{left} &{sign} {lines[0]} \\\\\n{rows}\n\\end{{align*}}"


def _left(left: Expr) -> str:
    if isinstance(left, AppliedUndef):
        name, argument = str(left.func), left.args[0]
        if name == "dQ":
            return f"\\frac{{\\partial Q}}{{\\partial {_expression(argument)}}}"
        shown = symbol_name(name.removesuffix("^-1")) + ("^{-1}" if name.endswith("^-1") else "")
        return f"{shown}({_expression(argument)})"
    return "Q^*" if str(left) == "Q_*" else _expression(left)


def _expression(expression: Expr | ImmutableDenseMatrix) -> str:
    symbols: set[Symbol] = expression.free_symbols
    names = {s: symbol_name(str(s)) for s in symbols} | {
        f: str(f) for f in expression.atoms(Function) if isinstance(f, AppliedUndef)
    }
    return render(expression, symbol_names=names, inv_trig_style="full", ln_notation=False)


def symbol_name(name: str) -> str:
    """wp1 -> w_{+,1}; beta2 -> \\beta_{2}; anything else upright and escaped."""
    match = re.fullmatch(r"([A-Za-z]+?)([pm]?)_?(\d*)", name)
    if match is None:
        return f"\\mathrm{{{''.join(_SPECIAL.get(c, c) for c in name)}}}"
    base, sign, index = match.groups()
    if sign and len(base) != 1:
        base, sign = base + sign, ""
    if sign and not index:
        base, sign = (base + sign, "") if base + sign in _GREEK or len(base) > 1 else (base, sign)
    shown = f"\\{base}" if base in _GREEK else base if len(base) == 1 else f"\\mathrm{{{base}}}"
    below = ",".join(part for part in ({"p": "+", "m": "-"}.get(sign, ""), index) if part)
    return f"{shown}_{{{below}}}" if below else shown
