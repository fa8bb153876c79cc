"""The lines that every minimiser ends with, whatever was minimised, from its JSON document (minimiser/1)."""

from collections.abc import Mapping
from typing import Any


def multiplier_lines(d: Mapping[str, Any]) -> list[str]:
    """One line a row; none where there are no multipliers."""
    if d["multipliers"] is None:
        return []
    return ["multipliers", *(f"  nu{n + 1:<6} {v}" for n, v in enumerate(d["multipliers"]))]


def unique_line(d: Mapping[str, Any]) -> str:
    """Is it the only minimiser?"""
    face = f"no: a face of dimension {d['face_dimension']}"
    return f"unique        {({True: 'yes', False: face, None: 'not decided'})[d['unique']]}"


def closing_lines(d: Mapping[str, Any], *more: str) -> list[str]:
    """Residual, digits and what established them, active rows, `more`, seconds."""
    return [
        f"KKT residual  {d['kkt_residual']}",
        f"digits        {d['digits']}: {d['how_digits_were_established']}",
        f"active rows   {', '.join(str(n + 1) for n in d['active']) or 'none'}",
        *more,
        f"seconds       {d['seconds']}",
    ]
