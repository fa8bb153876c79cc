"""Spectral metrics against an oracle of its own: rho by eigenvectors in mpmath, its derivatives by differences.

The oracle knows a kernel (a, h) and a size; the tool sees formulas in the entries of a matrix.  `metric_oracle` is used
for 2 x 2 matrices besides.
"""

from dataclasses import replace
from itertools import combinations
from random import Random

import mpmath as mp
import pytest
from document_check import check_document
from metric_oracle import has_warp, is_hessian
from sympy import (
    Add,
    Expr,
    ImmutableDenseMatrix,
    Integer,
    Matrix,
    Poly,
    Rational,
    Symbol,
    diff,
    expand,
    eye,
    hessian,
    lambdify,
    log,
    sqrt,
    symbols,
    together,
    trace,
    zeros,
)

from derive.catalogue import architectures
from derive.everywhere.spectral import spectral
from derive.everywhere.spectral_potential import in_entries
from derive.exact.field import Field
from derive.exact.linear import determinant_and_inverse
from derive.model import Model, parse_model
from derive.pipeline import derive
from derive.present.document import document

X, Y = symbols("x y", real=True)
STEP = mp.mpf(10) ** -12


def pairs(n: int) -> list[tuple[int, int]]:
    return [(i, j) for i in range(n) for j in range(i, n)]


# -- the oracle ---------------------------------------------------------------------------------------


def kernel_metric(b: mp.matrix, a, h) -> mp.matrix:  # type: ignore[no-untyped-def]
    """rho in the coordinates b_ij, i <= j: sum over eigenvectors, with a on the diagonal and h off it."""
    n = b.rows
    values, vectors = mp.eigsy(b)
    turned = []
    for i, j in pairs(n):
        e = mp.zeros(n, n)
        e[i, j] = e[j, i] = 1
        turned.append(vectors.T * e * vectors)
    weight = [[a(values[i]) if i == j else h(max(values[i], values[j]), min(values[i], values[j])) for j in range(n)]
              for i in range(n)]  # fmt: skip
    return mp.matrix(
        [[sum(weight[i][j] * p[i, j] * q[i, j] for i in range(n) for j in range(n)) for q in turned] for p in turned]
    )


def slopes(metric, b: mp.matrix) -> list[mp.matrix]:  # type: ignore[no-untyped-def]
    found = []
    for i, j in pairs(b.rows):
        e = mp.zeros(b.rows, b.rows)
        e[i, j] = e[j, i] = STEP
        found.append((metric(b + e) - metric(b - e)) / (2 * STEP))
    return found


def verdicts(n: int, a, h) -> tuple[bool, bool]:  # type: ignore[no-untyped-def]
    """(is a Hessian map, the forced theta solves the warp equations) at a positive definite matrix of size n."""
    with mp.workdps(40):
        random = Random(n)
        m = mp.matrix([[mp.mpf(random.randint(-9, 9)) / 10 for _ in range(n)] for _ in range(n)])
        b = m * m.T + mp.diag([mp.mpf(i + 1) / 2 for i in range(n)])

        def metric(c: mp.matrix) -> mp.matrix:
            return kernel_metric(c, a, h)

        rho, p = metric(b), slopes(metric, b)
        inverse, d = rho**-1, range(rho.rows)
        theta = [sum(inverse[i, j] * (p[j][i, k] - p[k][i, j]) for i in d for j in d) / (len(d) - 1) for k in d]
        scale = max(abs(e) for m in p for e in m)
        gaps = [abs(p[k][i, j] - p[j][i, k]) for i in d for j, k in combinations(d, 2)]
        left = [
            abs(theta[k] * rho[i, j] + p[k][i, j] - theta[j] * rho[i, k] - p[j][i, k])
            for i in d
            for j, k in combinations(d, 2)
        ]
        return max(gaps) < scale * mp.mpf("1e-10"), max(left) < scale * mp.mpf("1e-10")


def numeric(e: Expr, *variables: Symbol):  # type: ignore[no-untyped-def]
    return lambdify(variables, e, "mpmath")


def test_divided_differences_are_hessian_maps_at_every_size_and_others_have_no_warp() -> None:
    random = Random(5)
    for trial in range(3):
        c = [random.randint(1, 4) for _ in range(4)]
        q = c[0] * X**4 + c[1] * X**2 + c[2] * X * log(X) - c[3] * log(X)
        slope = diff(q, X)
        h = (slope - slope.subs(X, Y)) / (X - Y)
        wrong = h + Rational(random.randint(1, 5), 7) * (X - Y) ** 2
        for n in (2, 3, 4) if trial == 0 else (2, 3):
            assert verdicts(n, numeric(diff(q, X, 2), X), numeric(h, X, Y)) == (True, True)
            assert verdicts(n, numeric(diff(q, X, 2), X), numeric(wrong, X, Y)) == (False, False)


def test_the_constant_that_two_eigenvalues_allow_is_forbidden_to_three() -> None:
    one, h = (lambda _: mp.mpf(1)), (lambda x, y: 1 + 1 / (x - y))
    assert verdicts(2, one, h) == (True, True)
    assert verdicts(3, one, h) == (False, False)


# -- models -------------------------------------------------------------------------------------------


def matrix(n: int, name: str = "w") -> Matrix:
    return Matrix(n, n, lambda i, j: Symbol(f"{name}{min(i, j) + 1}{max(i, j) + 1}", real=True))


def upper(b: Matrix) -> list[Expr]:
    return [b[i, j] for i, j in pairs(b.rows)]


def given(n: int, form, shuffle: int | None = None) -> Model:  # type: ignore[no-untyped-def]
    """The metric E -> form(W, E), its coordinates in any order."""
    w, e = matrix(n), matrix(n, "e")
    rho = (hessian(form(w, e), upper(e)) / 2).applyfunc(together)
    order = list(range(rho.rows))
    if shuffle is not None:
        Random(shuffle).shuffle(order)
    entries = tuple(upper(w)[i] for i in order)
    rows = ImmutableDenseMatrix(rho.rows, rho.rows, lambda i, j: rho[order[i], order[j]])
    return Model(name="given", parameters=entries, predictor=entries, parameter_metric=rows, is_metric=True)


def function_of(n: int, f: Expr, root: int = 2) -> Model:
    """beta = f(W), f a polynomial, W_ij = w_ij/sqrt(root) off the diagonal."""
    w = matrix(n)
    b = zeros(n, n)
    s = Matrix(n, n, lambda i, j: w[i, j] if i == j else w[i, j] / sqrt(root))
    for (k,), c in Poly(f, X).terms():
        b += c * s**k
    return Model(name="f(W)", parameters=tuple(upper(w)), predictor=tuple(expand(e) for e in upper(b)))


def kernel_form(h: Expr):  # type: ignore[no-untyped-def]
    """sum c_kl tr(W^k E W^l E) for h = sum c_kl x^k y^l."""
    return lambda w, e: Add(*(c * trace(w**k * e * w**m * e) for (k, m), c in Poly(h, X, Y).terms()))


def divided(q: Expr) -> Expr:
    slope = diff(q, X)
    return ((slope - slope.subs(X, Y)) / (X - Y)).cancel()


@pytest.mark.parametrize("n", [2, 3])
@pytest.mark.parametrize("seed", range(3))
def test_polynomial_kernels_are_decided_in_any_order_of_the_coordinates(n: int, seed: int) -> None:
    random = Random(seed)
    q = random.randint(1, 3) * X**4 + random.randint(-3, 3) * X**3 + random.randint(1, 5) * X**2
    h = divided(q)
    wrong = h + random.randint(1, 4) * X * Y - random.randint(5, 6) * (X + Y)
    for kernel, hessian_map in ((h, True), (wrong, False)):
        a = kernel.subs(Y, X)
        assert verdicts(n, numeric(a, X), numeric(kernel, X, Y)) == (hessian_map, hessian_map)
        found = spectral(given(n, kernel_form(kernel), shuffle=seed))
        assert found is not None and found.verdict.is_proved is hessian_map
        assert found.verdict.is_refuted is not hessian_map and found.kernel is not None
        assert expand(found.kernel.across - kernel) == 0 and expand(found.kernel.diagonal - a) == 0
        if hessian_map:
            assert found.kernel.potential is not None and expand(diff(found.kernel.potential - q, X, 2)) == 0


@pytest.mark.parametrize("f", [X**2, X**3 - X, 2 * X**3 + X**2])
def test_functions_of_a_symmetric_matrix_have_no_warp_unless_they_are_affine(f: Expr) -> None:
    for n in (2, 3):
        found = spectral(function_of(n, f))
        assert found is not None and found.verdict.is_refuted and found.kernel is not None
    w = matrix(2)
    jacobian = Matrix(function_of(2, f).predictor).jacobian(upper(w))
    # rho = (J J^T)^-1 as a function of beta has no closed form: compare M in an eigenbasis instead
    at = dict(zip(upper(w), (Rational(5, 3), Integer(0), Rational(1, 4)), strict=True))
    m = (jacobian * jacobian.T).subs(at)
    x, y = at[w[0, 0]], at[w[1, 1]]
    ratio = (f.subs(X, x) - f.subs(X, y)) / (x - y)
    assert m[0, 0] == diff(f, X).subs(X, x) ** 2 and 2 * m[1, 1] == ratio**2
    assert found.kernel.across.subs({found.kernel.x: x, found.kernel.y: y}) == 1 / ratio**2


def test_an_affine_function_is_a_hessian_map_of_every_size() -> None:
    found = spectral(function_of(3, 3 * X - 2))
    assert found is not None and found.verdict.is_proved and found.kernel is not None


@pytest.mark.parametrize("n", [2, 3])
def test_the_flat_metric_of_the_upper_triangle_does_not_turn(n: int) -> None:
    assert spectral(function_of(n, X**2, root=1)) is None
    counted = ImmutableDenseMatrix(Matrix.diag(*[1 if i == j else 2 for i, j in pairs(n)]))
    plain = function_of(n, X**2, root=1)
    same = Model(name="f(W)", parameters=plain.parameters, predictor=plain.predictor, parameter_metric=counted)
    found = spectral(same)
    assert found is not None and found.verdict.is_refuted and found.kernel is not None


def test_what_is_almost_equivariant_is_not_recognised() -> None:
    model = given(2, kernel_form(divided(X**4 + X**2)))
    w11 = model.parameters[0]
    assert model.parameter_metric is not None
    bent = model.parameter_metric + ImmutableDenseMatrix(Matrix.diag(0, w11**2, 0)) / 1000
    changed = Model(name="bent", parameters=model.parameters, predictor=model.parameters, parameter_metric=bent,
                    is_metric=True)  # fmt: skip
    assert spectral(model) is not None and spectral(changed) is None
    assert not is_hessian(Matrix(bent), model.parameters)  # type: ignore[arg-type]


@pytest.mark.parametrize("form, hessian_map, warp", [
    (lambda w, e: trace(w) * trace(e * e) + 2 * trace(w * e) * trace(e), True, True),  # of tr B tr B^2 / 2
    (lambda w, e: trace(w) * trace(e * e) + trace(w * e) * trace(e), False, False),
    (lambda w, e: trace(e * e) / trace(w), False, True),
])  # fmt: skip
def test_coupled_eigenvalues_are_decided_at_their_own_size(form, hessian_map: bool, warp: bool) -> None:  # type: ignore[no-untyped-def]
    model = given(2, form)
    rho = Matrix(model.parameter_metric)
    assert (is_hessian(rho, model.parameters), has_warp(rho, model.parameters)) == (hessian_map, warp)  # type: ignore[arg-type]
    found = derive(model)
    assert found.hessian.is_proved is hessian_map and found.warp.verdict.is_proved is warp
    assert found.hessian.is_refuted is not hessian_map and found.warp.verdict.is_refuted is not warp
    assert found.scope == "this dimension"


# -- kernels that are no polynomials -----------------------------------------------------------------

A, B, C = symbols("a b c", real=True)
GAP = sqrt((A - C) ** 2 + 4 * B**2)
LARGE, SMALL = (A + C + GAP) / 2, (A + C - GAP) / 2


def two(a: Expr, h: Expr) -> Model:
    """The kernel on 2 x 2 matrices, by the projectors on eigenvectors."""
    w, e = Matrix([[A, B], [B, C]]), matrix(2, "e")
    p, q = (w - SMALL * eye(2)) / GAP, (LARGE * eye(2) - w) / GAP
    there = {X: LARGE, Y: SMALL}
    form = (
        a.subs(X, LARGE) * trace(p * e * p * e)
        + 2 * h.xreplace(there) * trace(p * e * q * e)
        + a.subs(X, SMALL) * trace(q * e * q * e)
    )
    rho = hessian(form, upper(e)) / 2
    return parse_model([], parameters=["a", "b", "c"], is_metric=True,
                       parameter_metric=[[str(v) for v in row] for row in rho.tolist()])  # fmt: skip


def test_the_von_neumann_entropy_is_found_from_its_metric_and_a_factor_refutes_it() -> None:
    found = spectral(two(1 / X, (log(X) - log(Y)) / (X - Y)))
    assert found is not None and found.verdict.is_proved and found.kernel is not None
    assert found.kernel.potential is not None and diff(found.kernel.potential, found.kernel.x, 2) == 1 / found.kernel.x
    wrong = spectral(two(1 / X, 2 * (log(X) - log(Y)) / (X - Y)))
    assert wrong is not None and wrong.verdict.is_refuted and wrong.kernel is not None
    for n in (2, 3):
        assert verdicts(n, lambda x: 1 / x, lambda x, y: (mp.log(x) - mp.log(y)) / (x - y)) == (True, True)
        assert verdicts(n, lambda x: 1 / x, lambda x, y: 2 * (mp.log(x) - mp.log(y)) / (x - y)) == (False, False)


def test_two_eigenvalues_with_a_constant_are_no_theorem_for_three() -> None:
    found = spectral(two(Integer(1), 1 + 1 / (X - Y)))
    assert found is not None and found.verdict.is_proved and found.kernel is None


def test_the_mean_of_eigenvalues_is_refuted_at_every_size() -> None:
    """h = 1/(x + y), the metric of U U^T and of Bures."""
    det, tr = A * C - B**2, A + C
    rows = [  # tr(E L) with BL + LB = E: the same metric without eigenvalues, nothing cancelled
        [(det + C**2) / (2 * tr * det), -B * C / (tr * det), B**2 / (2 * tr * det)],
        [-B * C / (tr * det), 2 * A * C / (tr * det), -A * B / (tr * det)],
        [B**2 / (2 * tr * det), -A * B / (tr * det), (det + A**2) / (2 * tr * det)],
    ]
    model = two(1 / (2 * X), 1 / (X + Y))
    joined = replace(model, parameter_metric=ImmutableDenseMatrix(rows))
    for given_ in (model, joined):
        found = derive(given_)
        assert found.hessian.is_refuted and found.warp.verdict.is_refuted and found.scope == "every dimension"
    for n in (2, 3):
        assert verdicts(n, lambda x: 1 / (2 * x), lambda x, y: 1 / (x + y)) == (False, False)


@pytest.mark.parametrize("q", [4 * X ** Rational(3, 2) / 3, X * log(X)])
def test_a_potential_in_the_entries_has_the_metric_of_the_oracle(q: Expr) -> None:
    slope, a = diff(q, X), diff(q, X, 2)
    h = (slope - slope.subs(X, Y)) / (X - Y)
    model = two(a, h)
    found = spectral(model)
    assert found is not None and found.verdict.is_proved
    form = in_entries(model, found)
    assert form is not None and form[0] is not None
    value, gradient = form
    point = dict(zip(model.coordinates, (Integer(2), Rational(3, 10), Integer(1)), strict=True))
    with mp.workdps(30):
        b = mp.matrix([[2, mp.mpf("0.3")], [mp.mpf("0.3"), 1]])
        rho = kernel_metric(b, numeric(a, X), numeric(h, X, Y))
        for i, p in enumerate(model.coordinates):
            assert abs(diff(value, p).subs(point).evalf(25) - gradient[i].subs(point).evalf(25)) < 1e-20
            for j, r in enumerate(model.coordinates):
                assert abs(mp.mpf(diff(value, p, r).subs(point).evalf(25)) - rho[i, j]) < mp.mpf("1e-18")


# -- the whole way ------------------------------------------------------------------------------------


def log_det(n: int) -> Model:
    return given(n, lambda w, e: trace(w.adjugate() * e * w.adjugate() * e) / w.det() ** 2)


@pytest.mark.parametrize("n", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_log_det_is_found_as_the_potential_of_its_second_derivative(n: int) -> None:
    found = derive(log_det(n))
    assert found.hessian.is_proved and found.scope == "every dimension" and found.potential.form == "closed"
    value = found.potential.value
    assert value is not None
    b = matrix(n, "b").subs(dict(zip(upper(matrix(n, "b")), found.potential.variables, strict=True)))
    at = dict(zip(found.potential.variables, [2 if i == j else Rational(1, 3) for i, j in pairs(n)], strict=True))
    difference = value + log(b.det())
    assert all(diff(difference, p, q).subs(at) == 0 for p in at for q in at)


@pytest.mark.parametrize("power", [1, 2])
def test_functions_of_u_ut_have_no_warp(power: int) -> None:
    u = Matrix(2, 2, lambda i, j: Symbol(f"u{i + 1}{j + 1}", real=True))
    product = ((u * u.T) ** power).applyfunc(expand)
    model = Model(name="u", parameters=tuple(u), predictor=tuple(upper(product)))
    found = spectral(model)
    assert found is not None and found.verdict.is_refuted and found.kernel is not None
    document_ = document(derive(model))
    assert document_["hessian"]["status"] == document_["warp"]["status"] == "refuted"
    assert document_["scope"] == "every dimension"
    # rho on beta by hand: M = J J^T at U = diag(u, v)
    at = {u[0, 0]: Integer(3), u[1, 1]: Integer(2), u[0, 1]: Integer(0), u[1, 0]: Integer(0)}
    j = Matrix(model.predictor).jacobian(list(u)).subs(at)
    rho = (j * j.T).inv()
    there = {found.kernel.x: 3, found.kernel.y: 2}
    assert rho[0, 0] == found.kernel.diagonal.subs(there) and rho[1, 1] == 2 * found.kernel.across.subs(there)


def test_a_witness_is_a_point_without_a_solution() -> None:
    """J [V_i, V_j] = a_i M e_j - a_j M e_i, by SymPy at the point that the tool names."""
    model = function_of(2, X**3)
    found = derive(model)
    witness = found.warp.verdict.witness
    assert witness is not None and found.hessian.is_refuted
    ps = model.parameters
    jacobian = Matrix(model.predictor).jacobian(ps)
    fields = [jacobian.row(i).T for i in range(3)]
    rows = []
    for i, j in combinations(range(3), 2):
        bracket = fields[j].jacobian(ps) * fields[i] - fields[i].jacobian(ps) * fields[j]
        image, m = jacobian * bracket, jacobian * jacobian.T
        for k in range(3):
            row = [Integer(0)] * 3
            row[i], row[j] = m[k, j], -m[k, i]
            rows.append([*row, image[k]])
    there = Matrix(rows).subs(dict(witness.point))
    assert there[:, :3].rank() == 3 and there.rank() == 4


def test_the_document_shows_the_functions_of_the_eigenvalues() -> None:
    found = document(derive(log_det(2)))
    check_document(found)
    assert found["spectral"] == {
        "size": 2,
        "variables": ["x", "y"],
        "eigenvalue": "x",
        "along": "x**(-2)",
        "between": "1/(x*y)",
        "potential_of_eigenvalue": "-log(x)",
    }


# -- starts, and the algebra below --------------------------------------------------------------------


@pytest.mark.parametrize("start", [(1, 0, 1), (2, Rational(1, 3), -1)])
def test_with_a_start_the_witness_lies_near_it(start: tuple[Expr, ...]) -> None:
    model = function_of(2, X**2)
    at = tuple(Integer(1) * s for s in start)
    found = derive(Model(name="f(W)", parameters=model.parameters, predictor=model.predictor, start=at))
    witness = found.warp.verdict.witness
    assert found.warp.verdict.is_refuted and witness is not None and found.scope == "every dimension"
    there = dict(witness.point)
    assert all(abs(there[p] - s) < Rational(1, 10) for p, s in zip(model.parameters, at, strict=True))


def test_commuting_measurements_are_a_family() -> None:
    found = derive(architectures()["spectral"].model(size=2))
    assert found.hessian.is_proved and found.scope == "every dimension" and "separable" in found.scope_reason
    unequal = parse_model([], parameters=["x", "y"], parameter_metric=[["1/x", "0"], ["0", "2/y"]], is_metric=True)
    assert derive(unequal).scope == "this dimension"


def test_inverses_over_the_field_are_those_of_sympy() -> None:
    random, (p, q) = Random(3), symbols("p q", real=True)
    for size in (1, 2, 3, 4):
        pool = [p, q, p * q + 1, 1 / (p + q), p / q, Integer(0), Integer(2), p**2 - q]
        rows = Matrix(size, size, [random.choice(pool) for _ in range(size**2)]) + 3 * eye(size)
        field = Field(list(rows), (p, q))
        found = determinant_and_inverse(field, [[field.convert(e) for e in row] for row in rows.tolist()])
        assert found is not None and together(found[0].expression() - rows.det()).cancel() == 0
        inverse = Matrix([[e.expression() for e in row] for row in found[1]])
        assert (inverse * rows - eye(size)).applyfunc(lambda e: e.together().cancel()).is_zero_matrix
    singular = Matrix([[p, q], [p * q, q**2]])
    field = Field(list(singular), (p, q))
    assert determinant_and_inverse(field, [[field.convert(e) for e in row] for row in singular.tolist()]) is None
