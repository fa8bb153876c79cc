"""A claim: a statement as printed, what a machine can read of it, and the method that decides it.

The machine-readable part is a `Formula`, `left relation right`, in the grammar of user expressions
(`derive.expression`).  It is the *only* place where the printed mathematics lives: a method is given the
formula and must find out for itself whether it holds.  So a formula can be broken (`mutants`), and a
method that does not notice is a defect, which a test looks for.

A refuted claim carries its corrected formula, which the same method has to confirm.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from derive.verdict import Verdict

RELATIONS = ("=", "<=", ">=", "<", ">")
OPPOSITE = {"<=": ">", ">=": "<", "<": ">=", ">": "<="}
SOURCES = {
    "slides": "lecture slides",
    "moroshko2020": "Moroshko et al. 2020",
    "loureiro2025": "Loureiro 2025",
    "azulay2021": "Azulay et al. 2021",
    "gunasekar2018": "Gunasekar et al. 2018",
}
ANSWERS = ("proved", "refuted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """`left relation right`; both sides are texts of the expression grammar, or one of the words in ANSWERS.

    A list of expressions is written with commas.  Raises `ValueError` for an unknown relation (our bug).
    """

    left: str
    right: str
    relation: str = "="

    def __post_init__(self) -> None:
        if self.relation not in RELATIONS:
            raise ValueError(f"unknown relation {self.relation}")


def eq(left: str, right: str) -> Formula:
    """`left = right`."""
    return Formula(left=left, right=right)


def says(question: str, answer: str) -> Formula:
    """The source answers a question about a model: `proved` (it holds) or `refuted` (it does not)."""
    if answer not in ANSWERS:
        raise ValueError(f"an answer is one of {ANSWERS}, not {answer}")
    return Formula(left=question, right=answer)


Method = Callable[[Formula], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One statement of one source.

    `statement` and `corrected_statement` are LaTeX, `printed` and `corrected` what a machine reads of them.
    `method` decides a formula; `how` says in words what was computed; `note` what a reader should know, for
    example that an error is harmless.  `slow` claims are left out of the quick run.  `up_to_factor` says
    that the statement means the same when its right side is multiplied by a positive number.
    """

    id: str
    source: str
    where: str
    statement: str
    printed: Formula
    method: Method
    how: str
    corrected_statement: str | None = None
    corrected: Formula | None = None
    hypotheses: str = ""
    note: str = ""
    slow: bool = False
    up_to_factor: bool = False

    def __post_init__(self) -> None:
        if self.source not in SOURCES:
            raise ValueError(f"claim {self.id}: unknown source {self.source}")
        if (self.corrected is None) != (self.corrected_statement is None):
            raise ValueError(f"claim {self.id}: a correction needs its statement and its formula")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The verdicts on a claim: as printed, and as corrected where there is a correction."""

    claim: Claim
    printed: Verdict
    corrected: Verdict | None
    seconds: float


class Document:
    """Writes the claims of one source: `document(id, where, statement, printed, method, how, ...)`."""

    def __init__(self, source: str) -> None:
        self.source = source

    def __call__(
        self, identifier: str, where: str, statement: str, printed: Formula, method: Method, how: str, *,
        corrected: tuple[str, Formula] | None = None, hypotheses: str = "", note: str = "", slow: bool = False,
        up_to_factor: bool = False,
    ) -> Claim:  # fmt: skip
        """One claim; `corrected` is the LaTeX of the right statement and its formula."""
        text, formula = corrected or (None, None)
        return Claim(
            id=f"{self.source}-{identifier}", source=self.source, where=where, statement=statement, printed=printed,
            method=method, how=how, corrected_statement=text, corrected=formula, hypotheses=hypotheses, note=note,
            slow=slow, up_to_factor=up_to_factor,
        )  # fmt: skip


def mutants(formula: Formula, *, up_to_factor: bool = False) -> Iterator[Formula]:
    """Broken copies: another answer, the opposite relation, a sign, a factor 2, another exponent.

    An equation `f = 0` is broken on the left, inside, since 2 * 0 = 0.
    """
    if formula.right in ANSWERS:
        yield replace(formula, right=ANSWERS[1 - ANSWERS.index(formula.right)])
        return
    if formula.relation in OPPOSITE:
        yield replace(formula, relation=OPPOSITE[formula.relation])
        return
    side = "left" if formula.right.strip() == "0" else "right"
    text = getattr(formula, side)
    for broken in _broken(text, side == "left", up_to_factor):
        yield replace(formula, **{side: broken})


def _broken(text: str, vanishes: bool, up_to_factor: bool) -> Iterator[str]:
    """A text with a wrong sign, factor or exponent.  Of a list, the first entry is broken."""
    first, comma, rest = _split_first(text)
    if not vanishes:
        yield f"-({first}){comma}{rest}"
        if not up_to_factor:
            yield f"2*({first}){comma}{rest}"
    exponent = re.search(r"\*\*(\d+)(?![\d/])", first)
    if exponent:
        yield first[: exponent.start()] + f"**{int(exponent[1]) + 1}" + first[exponent.end() :] + comma + rest
    inner = re.search(r"(?<=[\w)]) ?([+-]) ?(?=[\w(])", first)
    if inner:
        flipped = "-" if inner[1] == "+" else "+"
        yield first[: inner.start()] + f" {flipped} " + first[inner.end() :] + comma + rest


def _split_first(text: str) -> tuple[str, str, str]:
    """The text up to the first comma outside parentheses, the comma, and the rest."""
    depth = 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if c == "," and depth == 0:
            return text[:i], ",", text[i + 1 :]
    return text, "", ""
