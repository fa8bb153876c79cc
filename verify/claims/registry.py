"""The claims, found by walking the folder of sources: one module a document, each with `CLAIMS`."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

import verify.claims.sources as folder
from derive.errors import InputError
from verify.claims.record import SOURCES, Claim


@cache
def registry() -> Mapping[str, Claim]:
    """Id -> claim, in the order of the documents.  Raises `ValueError` for an id used twice (our bug)."""
    found: dict[str, Claim] = {}
    modules = {m.name for m in iter_modules(folder.__path__)}
    for source in (s for s in SOURCES if s in modules):
        for claim in import_module(f"{folder.__name__}.{source}").CLAIMS:
            if claim.id in found or claim.source != source:
                raise ValueError(f"claim {claim.id}: used twice, or in the wrong file")
            found[claim.id] = claim
    return MappingProxyType(found)


def claims_of(source: str | None) -> tuple[Claim, ...]:
    """The claims of one source, or all.  Raises `InputError` for a source that is not known."""
    if source is not None and source not in SOURCES:
        raise InputError("there is no source of that name", expected="one of: " + ", ".join(SOURCES), received=source)
    return tuple(c for c in registry().values() if source in (None, c.source))
