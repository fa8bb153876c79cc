"""Special leaves: a start whose leaf has fewer dimensions than those around it.

Functions that stay zero along the flow and vanish at the start cut out an invariant set that contains the leaf:

* conserved quantities less their values, h - h(w0) (from a balanced start they are singular or dependent);
* linear forms w_i and w_i - s w_j, s rational, that are zero at the start and stay zero: V_k(l) vanishes wherever all
  the forms that are kept do.  Those for which it does not are dropped, until none is (a layer at zero, two equal
  layers, a neuron that is a multiple of another).

Equations that follow from the forms are left out: exact points are easier to find on few equations.

The leaf is then studied modulo the ideal of that set, as if `--restrict` had named it.  This is done only where it
settles the dimension of the leaf: the rank of the fields at the start meets the dimension of the set, less the laws
that are left on it.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, islice

from flint import fmpq
from sympy import Expr, Symbol

from derive.exact.points import Point, Undefined, rational_value, sample_points
from derive.exact.signs import is_defined
from derive.fields.dynamics import InducedDynamics, Vector, induced_dynamics, rank_of_values
from derive.fields.leaf import Leaf, setting
from derive.laws.conservation import ConservationLaws, conservation_laws
from derive.model import Model

MAX_PARAMETERS, SAMPLES = 12, 3


def special_leaf(leaf: Leaf, laws: ConservationLaws) -> tuple[Leaf, ConservationLaws]:
    """The setting and the laws of the start's own leaf where it is a special one that was understood; else as given."""
    model, dynamics = leaf.dynamics.model, leaf.dynamics
    if leaf.start is None or model.restrict or not laws.tangent or len(model.parameters) > MAX_PARAMETERS:
        return leaf, laws
    rank = _rank_at_start(laws.tangent, model)
    if rank is None or rank == len(laws.tangent):
        return leaf, laws
    forms = _invariant_forms(dynamics)
    equations = [*_left(_level_set(leaf, laws.laws), forms), *(p - image for p, image in _images(forms).items())]
    if not equations:
        return leaf, laws
    own = setting(induced_dynamics(replace(model, restrict=tuple(equations))))
    found = conservation_laws(own)
    settled = found.verdict.is_proved and _rank_at_start(found.tangent, model) == len(found.tangent)
    return (own, found) if settled else (leaf, laws)


def described(leaf: Leaf) -> str:
    """In words: which invariant set the leaf of the start was studied on."""
    return "on the leaf of the start, where " + " = ".join(map(str, leaf.dynamics.model.restrict)) + " = 0"


def _rank_at_start(vectors: Sequence[Vector], model: Model) -> int | None:
    """The rank at the start, for several values of its constants, lest one of them be special; None where it varies."""
    ranks = set()
    for constants in islice(sample_points((), model.constants), 0, 1 + 10 * SAMPLES if model.constants else 1, 10):
        point = {p: v.xreplace(constants) for p, v in model.start_map().items()} | constants
        ranks.add(_exact_rank(vectors, point))
    return ranks.pop() if len(ranks) == 1 else None


def _exact_rank(vectors: Sequence[Vector], point: Point) -> int | None:
    """The rank at a point where everything is rational; None elsewhere."""
    try:
        rows: list[list[fmpq]] = [[rational_value(e, point) for e in v] for v in vectors]
    except Undefined:
        return None
    return rank_of_values(rows)


def _level_set(leaf: Leaf, laws: Sequence[Expr]) -> list[Expr]:
    """Numerators of h - h(w0), for laws that are rational."""
    model = leaf.dynamics.model
    symbols = (*model.parameters, *model.constants)
    found = []
    for law in laws:
        there = law.xreplace(model.start_map())
        if is_defined(there) and law.is_rational_function(*symbols) and there.is_rational_function(*symbols):
            found.append((law - there).together().as_numer_denom()[0].expand())
    return [e for e in found if not e.is_zero]


def _left(equations: Sequence[Expr], forms: Sequence[tuple[Symbol, Expr]]) -> list[Expr]:
    """What the equations say where all the forms vanish; multiples of one another once."""
    images, left = _images(forms), []
    for equation in equations:
        rest = equation.xreplace(images).expand()
        if not rest.is_zero and not any((rest / other).cancel().is_Rational for other in left):
            left.append(rest)
    return left


def _invariant_forms(dynamics: InducedDynamics) -> list[tuple[Symbol, Expr]]:
    """Linear forms that vanish at the start and stay zero, as the module's head says."""
    start = dynamics.model.start_map()
    zero = [p for p in dynamics.model.parameters if start[p].is_zero]
    forms: list[tuple[Symbol, Expr]] = [(p, p - p) for p in zero]
    for a, b in combinations([p for p in dynamics.model.parameters if p not in zero], 2):
        ratio = (start[b] / start[a]).cancel()
        forms += [(b, ratio * a)] if ratio.is_Rational else []
    while True:
        images = _images(forms)
        kept = [f for f in forms if _stays(dynamics, f, images)]
        if kept == forms:
            return forms
        forms = kept


def _images(forms: Sequence[tuple[Symbol, Expr]]) -> dict[Symbol, Expr]:
    """Each parameter through the first of its class: the forms are solved."""
    images: dict[Symbol, Expr] = {}
    for symbol, image in forms:
        images.setdefault(symbol, image.xreplace(images))
    return images


def _stays(dynamics: InducedDynamics, form: tuple[Symbol, Expr], images: dict[Symbol, Expr]) -> bool:
    """Is V_k(l) zero as a formula wherever all the forms are?"""
    element = dynamics.field.convert(form[0] - form[1])
    slopes = (dynamics.along(v, element).expression().xreplace(images) for v in dynamics.gradients)
    return all(is_defined(s) and s.together().expand().is_zero for s in slopes)
