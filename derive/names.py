"""Which names may a parameter or a constant have?

The results are text that SymPy reads.  A keyword of Python (`lambda`) cannot be read back at all, and `beta1`, `s1`,
`c1` name coordinates, dual variables and conserved values.  A name that SymPy knows as something else (`S`, `gamma`) is
allowed: whoever reads the text gives SymPy the model's names, `sympify(text, locals={"gamma": Symbol("gamma")})`.
A name that SymPy reads as a number (`pi`, `E`, `I`) is refused: who writes `pi*w` does not mean a parameter.
"""

import re
from keyword import iskeyword

from derive.errors import InputError

_NUMBERS = ("pi", "E", "I", "oo", "zoo", "nan")
_RESERVED = {"beta": "the predictor's coordinates", "s": "the dual variables", "c": "the conserved quantities"}


def check_name(name: str, *, coordinate: bool = False) -> None:
    """Raise `InputError` for a name that is no identifier, is reserved, or is read as something else.

    `coordinate`: the coordinates of a metric are those of the predictor, and may be called so.
    """
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise InputError("a parameter name is not usable", expected="letters, digits, _", received=name)
    stem = re.sub(r"\d+$", "", name)
    if stem != name and stem in _RESERVED and not (coordinate and stem == "beta"):
        raise InputError(f"{name} is reserved for {_RESERVED[stem]}", hint="another name, such as w1")
    if iskeyword(name):
        raise InputError(f"{name} is a keyword of Python, which SymPy cannot read", received=name, hint=f"{name}_")
    if name in _NUMBERS:
        raise InputError(f"{name} is a number for SymPy, and no name here", received=name, hint=f"{name}_")
