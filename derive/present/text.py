"""Placeholder written with the pipeline; the report stage replaces it in the next commit."""

from derive.derivation import Derivation


def text(derivation: Derivation) -> str:
    """The derivation, as its main formulas."""
    q = derivation.potential
    return f"{derivation.model.name}: hessian {derivation.hessian.status}, warp {derivation.warp.verdict.status}, Q = {q.value}"
