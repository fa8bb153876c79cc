"""Models whose metric is isotropic in every dimension: equivariant, their vectors parallel where they are studied.

At a point where all vectors w^k lie on one line e the rotations about e fix the point, so M, which turns with it, has
one eigenvalue along e and one across.  The leaf is swept by the radial curve of (a, lengths) and the rotations: it has
dimension d, beta is a coordinate system on it, and M = A(r) I + B(r) beta beta^T with A and B from the curve, which
does not know d (docs/derivations/scope.md, theorem 6).  One vector is always on a line; several are, where a
restriction says so, or the invariant subspace of the start: their 2 x 2 minors vanish.
"""

from collections.abc import Sequence
from itertools import combinations

from sympy import Expr, Symbol

from derive.everywhere.exchangeable import family, member
from derive.everywhere.vectors import Vectors, equivariant
from derive.fields.dynamics import induced_dynamics
from derive.fields.leaf import Question, setting
from derive.model import Model

MAX_DIMENSION = 12


def is_isotropic(model: Model, subspace: Sequence[tuple[Symbol, Expr]] = ()) -> bool:
    """True only where the hypotheses of the theorem are proved for the model, on the `subspace` of its start."""
    small = _smallest(model)
    if len(small.predictor) > MAX_DIMENSION:
        return False
    found = equivariant(small)
    return found is not None and (len(found.vectors) == 1 or _parallel(small, found, dict(subspace)))


def _smallest(model: Model) -> Model:
    """An exchangeable model with one own parameter a coordinate is equivariant iff its member with d = 2 is."""
    structure = family(model)
    return member(structure, 2) if structure is not None and len(structure.own[0]) == 1 else model


def _parallel(model: Model, found: Vectors, images: dict[Symbol, Expr]) -> bool:
    """Do all 2 x 2 minors of the vectors vanish in the setting of the model?"""
    pairs = list(combinations(range(len(model.predictor)), 2))
    minors = [u[i] * v[j] - u[j] * v[i] for u, v in combinations(found.vectors, 2) for i, j in pairs]
    if images:
        return all(m.xreplace(images).expand().is_zero for m in minors)
    if not model.restrict:
        return False
    leaf = setting(induced_dynamics(model))
    questions = [Question(element=leaf.dynamics.field.convert(m), meaning="a minor of the vectors") for m in minors]
    return leaf.holds(questions, "the vectors are parallel").is_proved
