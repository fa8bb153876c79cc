"""Metrics on rectangular matrices: what singular values decide, against decompositions and differences in NumPy."""

from itertools import combinations, pairwise
from random import Random

import numpy as np
import pytest
from document_check import check_document
from singular_oracle import Array, balanced_layers, conditions, drawn, inverse_metric, kernel_metric
from sympy import Expr, ImmutableDenseMatrix, Integer, Matrix, Rational, Symbol, diff, lambdify, symbols

from derive.catalogue import architectures
from derive.everywhere.balanced import balanced, kernel_of_depth
from derive.everywhere.layered import layers_of
from derive.everywhere.two_factors import every_leaf
from derive.fields.dynamics import induced_dynamics
from derive.fields.leaf import setting
from derive.model import Model
from derive.pipeline import derive
from derive.present.document import document

SIZES = [(2, 2), (2, 3), (3, 2), (3, 3)]


# -- the theorems, in numbers -------------------------------------------------------------------------


@pytest.mark.parametrize("m, n", [*SIZES, (2, 4), (3, 4)])
@pytest.mark.parametrize("seed", range(2))
def test_functions_of_singular_values_have_the_kernel_of_the_theorem_and_others_have_no_warp(
    m: int, n: int, seed: int
) -> None:
    c = np.random.default_rng(seed).uniform(0.2, 1, 4)

    def slope(x: float) -> float:  # q'
        return c[0] * x**3 + c[1] * x + c[2] * np.sqrt(x) - c[3] / (1 + x)

    def a(x: float) -> float:
        return 3 * c[0] * x**2 + c[1] + c[2] / (2 * np.sqrt(x)) + c[3] / (1 + x) ** 2

    def plus(x: float, y: float) -> float:
        return (slope(x) - slope(y)) / (x - y)

    def minus(x: float, y: float) -> float:
        return (slope(x) + slope(y)) / (x + y)

    def rest(x: float) -> float:
        return slope(x) / x

    def verdict(**changed):  # type: ignore[no-untyped-def]
        kernel = {"a": a, "plus": plus, "minus": minus, "rest": rest} | changed
        return conditions(lambda b: kernel_metric(b, **kernel), drawn(seed, m, n))

    assert verdict() == (True, True)
    assert verdict(plus=minus) == verdict(minus=plus) == (False, False)
    assert verdict(mixed=lambda x, y: 0.3 * (x - y)) == (False, False)
    assert verdict(minus=lambda x, y: minus(x, y) + 0.2 / x / y) == (False, False)
    constant = verdict(minus=lambda x, y: minus(x, y) + 0.2 / (x + y))  # a function of q' + 0.1, but for r
    assert constant == ((True, True) if m == n else (False, False))
    apart = verdict(plus=lambda x, y: plus(x, y) + 0.2 / abs(x - y))
    assert apart == ((True, True) if m == n == 2 else (False, False))
    if m != n:
        assert verdict(rest=lambda x: rest(x) + 0.1) == (False, False)


@pytest.mark.parametrize("m, n", SIZES)
def test_equal_parts_are_flat_or_have_no_warp(m: int, n: int) -> None:
    for k, flat in ((lambda x, y: 2.0, True), (lambda x, y: x * y, False), (lambda x, y: x + y, False)):
        found = conditions(
            lambda b, k=k: kernel_metric(b, lambda x: k(x, x), k, k, rest=lambda x: k(x, x)), drawn(3, m, n)
        )
        assert found == (flat, flat)


@pytest.mark.parametrize("depth, m, n, widths", [
    (2, 2, 2, (2,)), (2, 2, 3, (4,)), (3, 3, 2, (2, 3)), (3, 2, 2, (3, 2)), (4, 2, 3, (2, 2, 2)),
    (5, 2, 2, (2, 2, 2, 2)),
])  # fmt: skip
def test_balanced_layers_have_the_kernel_of_their_depth_and_no_warp(
    depth: int, m: int, n: int, widths: tuple[int, ...]
) -> None:
    k = kernel_of_depth(depth)
    assert k.rest is not None and k.potential is not None
    assert (diff(k.potential, k.x, 2) / k.diagonal).simplify() == 1
    a, rest = (lambdify(k.x, e) for e in (k.diagonal, k.rest))
    across = lambdify((k.x, k.y), k.plus)

    def metric(b: Array) -> Array:
        return kernel_metric(b, a, across, lambdify((k.x, k.y), k.minus), rest=rest)

    b = drawn(depth, m, n)
    layers = balanced_layers(b, depth, widths, seed=1)
    for before, after in pairwise(layers):
        assert np.allclose(after.T @ after, before @ before.T)
    assert np.allclose(np.linalg.inv(metric(b)), inverse_metric(layers))
    assert conditions(metric, b) == (False, False)


# -- recognition --------------------------------------------------------------------------------------


def net(sizes: tuple[int, ...], shuffle: int | None = None) -> tuple[Model, list[Matrix]]:
    """W_D ... W_1 with these sizes, its coordinates and parameters in any order."""
    ws = [
        Matrix(sizes[j + 1], sizes[j], lambda r, c, j=j: Symbol(f"w{j + 1}_{r + 1}_{c + 1}", real=True))
        for j in range(len(sizes) - 1)
    ]
    b = ws[0]
    for w in ws[1:]:
        b = w * b
    entries, parameters = [e.expand() for e in b], [p for w in ws for p in w]
    if shuffle is not None:
        Random(shuffle).shuffle(entries)
        Random(shuffle + 1).shuffle(parameters)
    return Model(name="net", parameters=tuple(parameters), predictor=tuple(entries)), ws


def started(model: Model, ws: list[Matrix], values: list[Matrix]) -> Model:
    table = {p: Integer(0) + v for w, u in zip(ws, values, strict=True) for p, v in zip(w, u, strict=True)}
    start = tuple(table[p] for p in model.parameters)
    return Model(name="net", parameters=model.parameters, predictor=model.predictor, start=start)


def diagonal(ws: list[Matrix], values: list[Expr]) -> list[Matrix]:
    return [Matrix(w.rows, w.cols, lambda r, c: values[r] if r == c and r < len(values) else Integer(0)) for w in ws]


@pytest.mark.parametrize("sizes", [(2, 2, 2), (3, 2, 2), (2, 3, 4), (2, 2, 2, 2), (3, 4, 2, 3), (2, 3, 2, 3, 2)])
@pytest.mark.parametrize("shuffle", [None, 1, 2])
def test_products_are_found_in_any_order(sizes: tuple[int, ...], shuffle: int | None) -> None:
    model, _ = net(sizes, shuffle)
    found = layers_of(model)
    assert found is not None
    assert found.shape in ((sizes[-1], sizes[0]), (sizes[0], sizes[-1]))
    assert found.widths in (sizes[1:-1], sizes[-2:0:-1])
    total = Matrix(found.factors[0])
    for w in found.factors[1:]:
        total = Matrix(w) * total
    shown = Matrix(*found.shape, lambda i, k: model.predictor[found.place[i][k]])
    assert (total - shown).applyfunc(lambda e: e.expand()).is_zero_matrix


@pytest.mark.parametrize("sizes", [(2, 2, 2), (3, 2, 3), (2, 2, 2, 2)])
def test_what_is_almost_a_product_is_not_recognised(sizes: tuple[int, ...]) -> None:
    model, _ = net(sizes)
    p, q = model.parameters[0], model.parameters[-1]
    first = model.predictor[0]
    changes = [first + p * q, 2 * first, first - 2 * first.args[0], first + p**2, first - first.args[0], first**2]
    for changed in changes:
        bent = Model(name="bent", parameters=model.parameters, predictor=(changed.expand(), *model.predictor[1:]))
        assert layers_of(bent) is None
    tied = {q: p}
    bent = Model(
        name="tied", parameters=model.parameters[:-1], predictor=tuple(f.xreplace(tied) for f in model.predictor)
    )
    assert layers_of(bent) is None
    assert layers_of(net((2, 2, 1))[0]) is None and layers_of(net((2, 1, 2))[0]) is None


# -- the whole way ------------------------------------------------------------------------------------


def has_no_solution(model: Model, point: dict[Symbol, Expr]) -> bool:
    """J [V_i, V_j] = a_i M e_j - a_j M e_i, by SymPy at the point, with M invertible."""
    ps, d = model.parameters, len(model.predictor)
    jacobian = Matrix(model.predictor).jacobian(ps)
    there = jacobian.subs(point)
    hessians = [jacobian.row(i).jacobian(ps).subs(point) for i in range(d)]
    m, rows = there * there.T, []
    for i, j in combinations(range(d), 2):
        image = there * (hessians[j] * there.row(i).T - hessians[i] * there.row(j).T)
        for k in range(d):
            row = [Integer(0)] * d
            row[i], row[j] = m[k, j], -m[k, i]
            rows.append([*row, image[k]])
    full = Matrix(rows)
    return m.rank() == d and full[:, :d].rank() == d and full.rank() == d + 1


@pytest.mark.parametrize("sizes, values", [
    ((2, 2, 2), [3, 2]), ((2, 2, 2), [1, 1]), ((3, 2, 2), [1, 2]), ((2, 3, 2), [2, 1]), ((2, 2, 2, 2), [1, -1]),
])  # fmt: skip
def test_a_balanced_start_is_refused_at_every_size(sizes: tuple[int, ...], values: list[int]) -> None:
    model, ws = net(sizes)
    found = derive(started(model, ws, diagonal(ws, [Integer(v) for v in values])))
    assert found.closure is not None and found.closure.verdict.is_proved
    assert found.commuting.is_refuted and found.hessian.is_refuted and found.warp.verdict.is_refuted
    assert found.scope == "every dimension" and found.singular is not None and found.singular.kernel is not None
    witness = found.warp.verdict.witness
    assert witness is not None and has_no_solution(model, dict(witness.point))
    shown = document(found)
    check_document(shown)
    assert shown["singular"]["rows"] == sizes[-1] and shown["singular"]["columns"] == sizes[0]


def test_turned_layers_are_balanced_and_almost_balanced_ones_are_not() -> None:
    turn, other = Matrix([[3, -4], [4, 3]]) / 5, Matrix([[5, 12], [-12, 5]]) / 13
    model, ws = net((2, 2, 2, 2), shuffle=4)
    flat = diagonal(ws, [Integer(2), Integer(1)])
    layers = [turn * flat[0] * other, other * flat[1] * turn.T, turn * flat[2] * other.T]
    found = derive(started(model, ws, layers))
    assert found.scope == "every dimension" and found.warp.verdict.is_refuted
    layers[1] = layers[1] + Matrix([[Rational(1, 100), 0], [0, 0]])
    found = derive(started(model, ws, layers), time_limit=5)
    assert found.scope == "this dimension" and found.singular is None and found.warp.verdict.is_refuted
    witness = found.warp.verdict.witness
    assert witness is not None


def test_a_restriction_to_balanced_layers_is_a_balanced_start() -> None:
    model, (w1, w2) = net((2, 2, 2))
    gap = w2.T * w2 - w1 * w1.T
    equations = (gap[0, 0] + gap[0, 1], gap[1, 1], 3 * gap[0, 1])
    own = Model(name="net", parameters=model.parameters, predictor=model.predictor, restrict=equations)
    found = derive(own)
    assert found.closure is not None and found.closure.verdict.is_proved
    assert found.warp.verdict.is_refuted and found.scope == "every dimension" and found.singular is not None


@pytest.mark.parametrize("m, n, r, seed", [(2, 2, 2, 0), (2, 2, 3, 1), (2, 3, 2, 2), (3, 2, 2, 3), (2, 2, 2, 4)])
def test_two_factors_are_refused_on_every_leaf_and_the_witness_lies_on_it(m: int, n: int, r: int, seed: int) -> None:
    random = Random(seed)
    model, (w1, w2) = net((n, r, m), shuffle=seed)
    v = Matrix(n, r, lambda i, j: random.randint(-2, 2)) if seed else Matrix.zeros(n, r)
    u = Matrix(m, r, lambda i, j: int(i == j) if m <= n else random.randint(-1, 1))
    if m > n:
        v = Matrix(n, r, lambda i, j: int(i == j))
    own = started(model, [w1, w2], [v.T, u])
    if r == m == n == 2:
        whole = derive(own)
        assert whole.hessian.is_refuted and whole.warp.verdict.is_refuted and whole.scope == "every dimension"
    found = every_leaf(setting(induced_dynamics(own)))
    assert found is not None and found.verdict.witness is not None
    point = dict(found.verdict.witness.point)
    assert has_no_solution(model, point)
    first, second = Matrix(w1).subs(point), Matrix(w2).subs(point)
    assert second.T * second - first * first.T == u.T * u - v.T * v


def test_a_start_in_a_plane_is_refused_as_part_of_the_whole() -> None:
    """The rows span a plane of three hidden units: the model on the hull has another metric, and is no product."""
    model, ws = net((2, 3, 2))
    u, v = Matrix([[1, 1, 1], [1, 0, -1]]), Matrix([[2, 1, 0], [0, 0, 0]])
    found = derive(started(model, ws, [v.T, u]), time_limit=10)
    assert found.subspace and found.hessian.is_refuted and found.warp.verdict.is_refuted
    assert found.scope == "every dimension" and found.potential.verdict.is_refuted
    check_document(document(found))


def test_every_start_at_which_two_factors_move_freely_is_covered_and_no_other() -> None:
    """M is invertible iff the rows of U or those of V are independent."""
    model, ws = net((2, 2, 2))
    random = Random(2)
    for _ in range(30):
        entries = [random.randint(0, 1) for _ in range(8)]
        u, v = Matrix(2, 2, entries[:4]), Matrix(2, 2, entries[4:])
        point = {p: Integer(e) for w, t in zip(ws, (v.T, u), strict=True) for p, e in zip(w, t, strict=True)}
        jacobian = Matrix(model.predictor).jacobian(model.parameters).subs(point)
        assert ((jacobian * jacobian.T).rank() == 4) is (u.rank() == 2 or v.rank() == 2)


@pytest.mark.parametrize("sizes", [(2, 2, 2, 2), (3, 2, 2, 2)])
def test_deep_products_are_refused_on_generic_leaves_at_every_size(sizes: tuple[int, ...]) -> None:
    model, _ = net(sizes)
    found = derive(model, time_limit=5)
    assert found.hessian.is_refuted and found.warp.verdict.is_refuted and found.scope == "every dimension"
    assert "W_3 ... W_1" in found.scope_reason


def test_starts_of_lower_rank_and_other_metrics_are_left_to_other_stages() -> None:
    model, ws = net((2, 2, 2))
    thin = derive(started(model, ws, diagonal(ws, [Integer(1)])))
    assert thin.singular is None and thin.subspace and "normal of it turns" in thin.warp.verdict.reason  # rank one
    weighted = Model(
        name="weighted",
        parameters=model.parameters,
        predictor=model.predictor,
        parameter_metric=ImmutableDenseMatrix(Matrix.diag(*range(1, 9))),
        start=started(model, ws, diagonal(ws, [Integer(1), Integer(2)])).start,
    )
    single = architectures()["fully-connected"].model(depth=2, width=2, dimension=2)
    for other in (weighted, single):
        leaf = setting(induced_dynamics(other))
        assert balanced(leaf) is None and every_leaf(leaf) is None


def test_the_constants_of_a_start_are_any_positive_numbers() -> None:
    model, ws = net((2, 2, 2))
    alpha, gamma = symbols("alpha gamma", positive=True)
    found = derive(started(model, ws, diagonal(ws, [alpha, gamma])))
    assert found.scope == "every dimension" and found.warp.verdict.is_refuted
    # alpha = gamma makes B singular: nothing is claimed for all constants
    bent = [Matrix([[alpha, gamma], [gamma, alpha]])] * 2
    leaf = setting(induced_dynamics(started(model, ws, bent)))
    assert balanced(leaf) is None and every_leaf(leaf) is None
