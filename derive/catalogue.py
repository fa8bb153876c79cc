"""The built-in architectures, found by walking their folder."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

import derive.architectures as folder
from derive.architecture import Architecture
from derive.errors import InputError


@cache
def architectures() -> Mapping[str, Architecture]:
    """Name -> architecture, in alphabetical order."""
    found: dict[str, Architecture] = {}
    for module in sorted(iter_modules(folder.__path__), key=lambda m: m.name):
        architecture = import_module(f"{folder.__name__}.{module.name}").ARCHITECTURE
        found[architecture.name] = architecture
    return MappingProxyType(dict(sorted(found.items())))


def architecture(name: str) -> Architecture:
    """The architecture of that name.  Raises `InputError` with the nearest names."""
    known = architectures()
    if name not in known:
        near = get_close_matches(name, known, n=2) or list(known)
        raise InputError(
            "there is no built-in model of that name",
            expected="one of: " + ", ".join(known),
            received=name,
            hint=" or ".join(near[:2]) + ', or an inline predictor such as "a*w1, a*w2"',
        )
    return known[name]
