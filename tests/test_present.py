"""What a reader is shown: mathematics in sentences, formulas in their shortest form, lines that fit the page."""

import random
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
import sympy
from mpmath import mp

from derive.catalogue import architecture
from derive.derivation import Derivation
from derive.model import parse_model
from derive.pipeline import derive
from derive.present.html import html
from derive.present.latex import escape, latex
from derive.present.text import WIDTH, text
from derive.present.tidy import tidy

SENTENCES = [
    ("component 1 of J [V_1, V_2] is -8/5, not 0", r"component 1 of $J\,[V_{1},\ V_{2}]$ is $-$8/5, not 0"),
    ("beta -> beta(0), and for alpha -> oo: l2", r"$\beta \to \beta (0)$, and for $\alpha \to \infty$: $\ell_2$"),
    ("relative order alpha**(-4) at fixed beta", r"relative order $\alpha ^{-4}$ at fixed $\beta$"),
    ("alpha -> oo (delta fixed)", r"$\alpha \to \infty$ ($\delta$ fixed)"),
    ("V_i(Q_k) = g delta_ik, identically", r"$V_{i}(Q_{k})=g\,\delta_{ik}$, identically"),
    ("M = rho^-1 = J J^T in the parameters", r"$M=\rho ^{-1}=J\,J^{\top}$ in the parameters"),
    ("a model of wp1_x & 100%", r"a model of wp1\_x \& 100\%"),
    ("a gradient, 2 laws; it has rank 3", "a gradient, 2 laws; it has rank 3"),
]


@pytest.mark.parametrize(("sentence", "expected"), SENTENCES, ids=[s for s, _ in SENTENCES])
def test_mathematics_in_a_sentence_is_found_and_words_are_left_alone(sentence: str, expected: str) -> None:
    assert escape(sentence) == expected


def test_what_is_tidied_is_equal_to_what_was_derived() -> None:
    x, y, z = sympy.symbols("x y z", real=True)
    a = sympy.Symbol("a", positive=True)
    s = x**2 + y**2 + z**2
    written = [
        x**2 / sympy.sqrt(s) + y**2 / sympy.sqrt(s) + z**2 / sympy.sqrt(s) - a * x,
        sympy.sqrt(2) * x**2 / (4 * s) ** sympy.Rational(1, 4) - (4 * s) ** sympy.Rational(3, 4) / 12,
        (-(x**2) * y**2 - x**2 * a - y**4) / (-(x**2) * a - y**2 * a),
        sympy.exp(x) * sympy.exp(y) / (sympy.exp(2 * x) + 2 * sympy.exp(x) * sympy.exp(y) + sympy.exp(2 * y)),
        x / (x + a) + y / (x + a),
        (x**3 * y + x * y**3) / sympy.sqrt(x**2 + y**2),
        sympy.sqrt(6 * x**2 + 4 * a) + sympy.sqrt(-x - y + 20),
        sympy.asinh(x / (2 * a**2)) / 4,
    ]
    chance = random.Random(6)
    for e in written:
        found = tidy(e)
        assert len(str(found)) <= len(str(e))
        for _ in range(5):
            point = {v: sympy.Rational(chance.randint(1, 90), 11) for v in (x, y, z, a)}
            with mp.workdps(40):
                values = [mp.mpmathify(u.evalf(40, subs=point)) for u in (e, found)]
                assert abs(values[0] - values[1]) < mp.mpf(10) ** -30 * (1 + abs(values[0]))
    assert tidy(written[0]) == sympy.sqrt(s) - a * x and tidy(written[1]).has(s ** sympy.Rational(3, 4))


@cache
def derived(name: str) -> Derivation:
    """An architecture at its default size, derived once for all pages that show it."""
    return derive(architecture(name).model())


@pytest.mark.parametrize("name", ["softmax", "factorization", "convolution"])
def test_the_terminal_shows_no_line_that_is_too_long(name: str) -> None:
    assert max(map(len, text(derived(name)).splitlines())) <= WIDTH


def test_the_equals_sign_stands_beside_the_fraction_bar() -> None:
    shown = text(derived("weight-normalization"))
    (line,) = [line for line in shown.splitlines() if "dQ(beta1) =" in line]
    assert "\N{BOX DRAWINGS LIGHT HORIZONTAL}" * 5 in line


def test_a_parameter_with_the_name_of_the_warp_is_told_apart() -> None:
    shown = text(derived("weight-normalization"))
    assert "g(w) = exp(g**2/2)*Abs(g)" in shown and "\n    g = exp" not in shown


def test_signs_and_letters_of_a_page_are_those_of_mathematics() -> None:
    page = html(derive(parse_model(["exp(u) - v"], start={"u": "0", "v": "alpha"})))
    body = page.split("<body>")[1]
    assert "<mo>-</mo>" not in body and "ExponentialE" not in body and "grad " not in body and "rho" not in body


def test_a_function_of_two_eigenvalues_shows_both() -> None:
    found = derive(architecture("matrix-power").model())
    assert "h(x, y)" in latex(found) and "h(x, y) = " in text(found)
    assert "<mi>x</mi><mo>,</mo><mi>y</mi><mo>)</mo>" in html(found).replace("<mrow>", "").replace("</mrow>", "")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
@pytest.mark.parametrize("name", ["softmax", "spectral", "factorization", "convolution", "wide"])
def test_the_document_compiles_and_nothing_runs_over_the_margin(name: str, tmp_path: Path) -> None:
    (tmp_path / "out.tex").write_text(latex(derived(name)), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "out.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Overfull" not in done.stdout
