"""From a command line's model and scale to a derivation and numbers for its constants."""

from sympy import Expr, Poly, Rational, Symbol

from derive.derivation import Derivation
from derive.errors import InputError
from derive.model import Model
from derive.pipeline import derive
from verify.start import scaled


def derivation_at(
    model: Model, *, scale: Rational | None, mu: Rational | None
) -> tuple[Derivation, dict[Symbol, Expr]]:
    """The derivation, and the values of the start's constants.

    With `mu` the constant alpha of the start is mu^(1/D), D the degree of homogeneity of the predictor
    (Moroshko et al. 2020, eq. 6 with mu = alpha^D).  Raises `InputError` where the model has no alpha.
    """
    constants = sorted({c for v in model.start or () for c in v.free_symbols}, key=str)
    alpha = next((c for c in constants if str(c) == "alpha"), None)
    if alpha is None or len(constants) > 1:
        if mu is not None:
            raise InputError("--mu needs a start in the constant alpha alone", received=model.name, hint="--scale")
        return derive(scaled(model, scale)), {}
    if mu is not None:
        return derive(model), {alpha: mu ** Rational(1, degree(model))}
    return derive(model), {alpha: Rational(1) if scale is None else scale}


def degree(model: Model) -> int:
    """The degree of homogeneity of the predictor.  Raises `InputError` where it has none."""
    found = set()
    for f in model.predictor:
        if not f.is_polynomial(*model.parameters):
            found.add(None)
            continue
        polynomial = Poly(f, *model.parameters)
        found.add(polynomial.total_degree() if polynomial.is_homogeneous else None)
    if len(found) != 1 or None in found:
        raise InputError("--mu needs a homogeneous model", received=model.name, hint="--scale")
    return int(found.pop() or 1)
