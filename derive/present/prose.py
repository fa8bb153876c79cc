r"""The sentences of a derivation, with the mathematics in them found and marked.

Reasons and labels are written in the notation of a terminal: `J [V_1, V_2] is -8/5, not 0`, `alpha -> oo: l2`.  A
sentence is cut into tokens, and a run of mathematical tokens that contains a symbol is mathematics:

    symbol      V_1   beta   rho   Q*   c1   grad   ->
    power       ^-1   **2   **(2 - D)                 belongs to a run
    operator    + - = < > | ( ) [ ] , numbers         belongs to a run, but makes none
    word        everything else                       ends a run

Punctuation and parentheses at the two ends of a run that do not belong to it go back to the words.
"""

import re
from collections.abc import Callable, Sequence

GREEK = {
    "alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi", "rho",
    "sigma", "tau", "phi", "chi", "psi", "omega",
}  # fmt: skip
FUNCTIONS = "grad Hess log min det diag exp sqrt sin cos tanh sinh cosh asinh"
_GREEK = "|".join(sorted(GREEK, key=len, reverse=True))
_SYMBOL = rf"""
    delta_ik | (?:{_GREEK}) (?:\d+(?:_\d+)*)? (?![A-Za-z])
  | (?:grad|Hess|log|min|det) (?=[ ](?:log\b|[A-Za-z]\b|[A-Z]_|{_GREEK}|\|))
  | (?:{FUNCTIONS.replace(" ", "|")}) (?=\()
  | -> | oo (?!\w) | R\^d | Q\* | Q'+ | Q_\{{[^}}]*\}}
  | [JMQHFLRVGU] (?:_(?:\d+|[ijklc]))? (?![\w-]) | [AB] (?=\(r\)) | I (?=[ ]\+)
  | [gws] (?![\w'-]) | d (?=[ ]beta) | dt (?!\w) | [dkmnprDT] (?=[ ](?:>=|<=|->|[<>=]|-[ ])) | (?<=>=[ ])[nm]\b
  | r (?=\)) | [aemxyV]_(?:\d+|[ijkn]+) (?!\w) | [a-z]{{1,3}}\d+(?:_\d+)* (?!\w) | [a-z] (?=[ ]=[ ])
  | o (?=\(1\)) | l[12p] (?!\w) | [A-Za-z]\w* (?=\*\*) | t (?=\^\d) | (?<=\d[ ])t (?!\w)
"""
_TOKEN = re.compile(
    rf"(?P<symbol>(?<![\w'])(?:{_SYMBOL})) | (?P<power>\^(?:-?\d+|[TqD])|\*\*(?:\([-+*/ \w]+\)|\w+))"
    r"| (?P<operator>>=|<=|!=|\.\.\.|[-+*/=<>|()\[\],.:;]|\d+(?:/\d+)?(?![\w.])|[ ]) | (?P<word>\w[\w'.-]*|.)",
    re.VERBOSE,
)
_STOP = {",", "."}
Run = list[tuple[str, str]]


def capital(sentence: str) -> str:
    """The sentence with a capital letter, unless it begins with a symbol."""
    word = re.match(r"\w*", sentence)
    first = "" if word is None else word.group()
    symbol = not first.isalpha() or first in GREEK or first in FUNCTIONS.split()
    return sentence if symbol else sentence[:1].upper() + sentence[1:]


def rendered(sentence: str, mathematics: Callable[[Sequence[str]], str], words: Callable[[str], str]) -> str:
    """The sentence with every run of mathematics (as tokens) and every stretch of words replaced."""
    pieces: list[str] = []
    run: Run = []
    for match in _TOKEN.finditer(sentence):
        kind = match.lastgroup or "word"
        if kind != "word" and match.group() not in {":", ";"}:
            run.append((kind, match.group()))
            continue
        pieces += [*_of_run(run, mathematics, words), words(match.group())]
        run = []
    return "".join([*pieces, *_of_run(run, mathematics, words)])


def spaced(tokens: Sequence[str], shown: Callable[[str], str], gap: str, around: str) -> str:
    """The tokens of one run, with `gap` for the space between two factors, and `around` for that beside an operator."""
    pieces = []
    for i, token in enumerate(tokens):
        if token != " ":
            pieces.append(shown(token))
        elif 0 < i < len(tokens) - 1 and _is_factor(tokens[i - 1], ")]") and _is_factor(tokens[i + 1], "(["):
            pieces.append("" if tokens[i - 1] in {*FUNCTIONS.split(), "d"} else gap)
        else:
            pieces.append(around)
    return "".join(pieces)


def _is_factor(token: str, parentheses: str) -> bool:
    return token[0].isalnum() or token[0] in parentheses or token.startswith(("^", "**")) or token in ("Q*", "|")


def _of_run(run: Run, mathematics: Callable[[Sequence[str]], str], words: Callable[[str], str]) -> list[str]:
    places = [i for i, (kind, _) in enumerate(run) if kind == "symbol"]
    tokens = [t for _, t in run]
    if not places:
        return [words("".join(tokens))]
    first, end = _bounds(tokens, places[0], places[-1])
    open_ = _unmatched(tokens[first:end])
    if open_ is not None:  # a parenthesis of the sentence begins in the run: two runs
        cut = first + open_
        return [
            *_of_run(run[:cut], mathematics, words),
            words(tokens[cut]),
            *_of_run(run[cut + 1 :], mathematics, words),
        ]
    return [words("".join(tokens[:first])), mathematics(tokens[first:end]), words("".join(tokens[end:]))]


def _bounds(tokens: Sequence[str], first: int, last: int) -> tuple[int, int]:
    """The run from its first symbol back over numbers and signs, and from its last on to where it is complete."""
    while first > 0 and tokens[first - 1] not in _STOP:
        first -= 1
    while tokens[first] in {" ", ")", "]"}:
        first += 1
    end = last + 1
    while end < len(tokens) and tokens[end] not in _STOP:
        end += 1
    while end > last + 1 and (tokens[end - 1] in {" ", "-", "("} or _balance(tokens[first:end]) < 0):
        end -= 1
    return first, end


def _balance(tokens: Sequence[str]) -> int:
    text = "".join(tokens)
    return sum(text.count(c) for c in "([") - sum(text.count(c) for c in ")]")


def _unmatched(tokens: Sequence[str]) -> int | None:
    """The place of an opening parenthesis that is not closed within the tokens."""
    open_: list[int] = []
    for i, token in enumerate(tokens):
        if token in {"(", "["}:
            open_.append(i)
        elif token in {")", "]"} and open_:
            open_.pop()
    return open_[0] if open_ else None
