"""The methods, found by walking their folder."""

from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

import verify.optimise.methods as folder
from derive.errors import InputError
from verify.optimise.method import Method


@cache
def methods() -> Mapping[str, Method]:
    """Name -> method, in alphabetical order."""
    modules = (import_module(f"{folder.__name__}.{m.name}") for m in iter_modules(folder.__path__))
    found = {module.METHOD.name: module.METHOD for module in modules}
    return MappingProxyType(dict(sorted(found.items())))


def method_named(name: str) -> Method:
    """The method of that name.  Raises `InputError` with the nearest names."""
    known = methods()
    if name not in known:
        near = get_close_matches(name, known, n=2)
        raise InputError(
            "there is no method of that name", expected=", ".join(known), received=name, hint=" or ".join(near)
        )
    return known[name]
