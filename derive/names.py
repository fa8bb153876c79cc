"""Which names may a parameter or a constant have?

The results are text that SymPy reads.  A keyword of Python (`lambda`) cannot be read back at all, and `beta1`, `beta2`,
... are the predictor's coordinates, whatever the model.  Conserved values are called c1, c2, ... and dual variables s1,
s2, ... unless the model has such names itself: then C1 and sigma1, and so on; `numbered` chooses, the records say.

A name that SymPy knows as something else (`S`, `gamma`) is allowed: whoever reads the text gives SymPy the model's
names, `sympify(text, locals={"gamma": Symbol("gamma")})`.  A name that SymPy reads as a number (`pi`, `E`, `I`) is
refused: who writes `pi*w` does not mean a parameter.
"""

import re
from collections.abc import Iterable
from keyword import iskeyword
from typing import Literal

from sympy import Symbol

from derive.errors import InputError

_NUMBERS = ("pi", "E", "I", "oo", "zoo", "nan")
_STEMS = {
    "c": ("c", "C", "const"),
    "s": ("s", "sigma", "dual"),
    "h": ("h", "H", "law"),
    "R": ("R", "dist"),
    "mu": ("mu", "nu"),
    "z": ("z", "Z", "mixed"),
    "zeta": ("zeta", "Zeta", "root"),
}


def numbered(
    kind: Literal["c", "s", "h", "R", "mu", "z", "zeta"], length: int, taken: Iterable[Symbol]
) -> tuple[Symbol, ...]:
    """Symbols of conserved values ("c"), laws ("h"), dual variables ("s"), distances ("R"), multipliers ("mu") or
    mixtures of parameters ("z"), or roots of equations ("zeta").

    Another stem where `taken` has such names.
    """
    used = {re.sub(r"\d+$", "", s.name) for s in taken if s.name[-1].isdigit()}
    stems = (*_STEMS[kind], *(f"{kind}{'_' * n}" for n in range(1, len(used) + 2)))
    stem = next(s for s in stems if s not in used)
    return tuple(Symbol(f"{stem}{i + 1}", real=True) for i in range(length))


def fresh(name: str, taken: Iterable[Symbol]) -> Symbol:
    """A symbol of this name, longer where `taken` has it."""
    used = {s.name for s in taken}
    while name in used:
        name += "_"
    return Symbol(name, real=True)


def check_name(name: str, *, coordinate: bool = False) -> None:
    """Raise `InputError` for a name that is no identifier, is reserved, or is read as something else.

    `coordinate`: the coordinates of a metric are those of the predictor, and may be called so.
    """
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise InputError("a parameter name is not usable", expected="letters, digits, _", received=name)
    if re.fullmatch(r"beta\d+", name) and not coordinate:
        raise InputError(f"{name} is reserved for the predictor's coordinates", hint="another name, such as w1")
    if iskeyword(name):
        raise InputError(f"{name} is a keyword of Python, which SymPy cannot read", received=name, hint=f"{name}_")
    if name in _NUMBERS:
        raise InputError(f"{name} is a number for SymPy, and no name here", received=name, hint=f"{name}_")
